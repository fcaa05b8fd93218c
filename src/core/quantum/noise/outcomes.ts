import { assert, at } from '../../lib/assert.ts';
import { Prng } from '../../lib/prng.ts';
import { fail, ok, type Failure, type Result } from '../../lib/result.ts';

/** A counted outcome needs some 100 bytes; more than this many at once is data for a file, not for a report. */
export const OUTCOMES_MAX = 2 ** 20;
/** The number of shots that a report may ask for; a hundred million take some ten seconds. */
export const SHOTS_MAX = 100_000_000;

/** One way in which the classical bits came out, and the joint distribution of those that are read at the very end. */
export interface OutcomeBranch {
  /** 0 or 1 by classical bit; those in `OutcomeTable.places` are not set. */
  readonly clbits: Uint8Array;
  /** Unnormalised over the branches: sums to this branch's weight. Bit j is the classical bit `places[j]`. */
  readonly distribution: Float64Array;
}

/** The distribution of a circuit's classical bits, readout errors included. */
export class OutcomeTable {
  readonly #places: readonly number[];
  readonly #branches: readonly OutcomeBranch[];

  constructor(places: readonly number[], branches: readonly OutcomeBranch[]) {
    this.#places = places;
    this.#branches = branches;
  }

  /** Probabilities by key, highest classical bit first; zeroes are left out. Failure QUANTUM_SIZE above 2^20 outcomes. */
  distribution(): Result<Map<string, number>, Failure<'QUANTUM_SIZE'>> {
    const entries = this.#branches.reduce((sum, { distribution }) => sum + distribution.length, 0);
    if (entries > OUTCOMES_MAX)
      return fail('QUANTUM_SIZE', `${entries} outcomes, at most ${OUTCOMES_MAX} are listed; take counts`);
    const out = new Map<string, number>();
    for (const branch of this.#branches)
      for (const [value, p] of branch.distribution.entries()) {
        if (p === 0) continue;
        const key = this.#key(branch, value);
        out.set(key, (out.get(key) ?? 0) + p);
      }
    return ok(out);
  }

  /** Independent draws. Failure QUANTUM_SHOTS unless `shots` is a whole number from 0 to 100 million. */
  counts(shots: number, seed: number): Result<Map<string, number>, Failure<'QUANTUM_SHOTS'>> {
    const wrong = shotsProblem(shots);
    if (wrong !== null) return wrong;
    const starts = this.#branches.map(() => 0);
    let size = 0;
    for (const [b, { distribution }] of this.#branches.entries()) {
      starts[b] = size;
      size += distribution.length;
    }
    const cumulative = new Float64Array(size);
    let sum = 0;
    let last = 0;
    for (const [b, { distribution }] of this.#branches.entries())
      for (let i = 0; i < distribution.length; i++) {
        sum += distribution[i] as number;
        cumulative[at(starts, b) + i] = sum;
        if ((distribution[i] as number) > 0) last = at(starts, b) + i;
      }
    assert(sum > 0, 'a distribution without weight');
    const drawn = new Float64Array(size);
    const prng = new Prng(seed);
    for (let shot = 0; shot < shots; shot++) {
      const index = Math.min(last, firstAbove(cumulative, prng.float() * sum));
      drawn[index] = (drawn[index] as number) + 1;
    }
    const out = new Map<string, number>();
    for (const [b, branch] of this.#branches.entries())
      for (let i = 0; i < branch.distribution.length; i++) {
        const count = drawn[at(starts, b) + i] as number;
        if (count === 0) continue;
        const key = this.#key(branch, i);
        out.set(key, (out.get(key) ?? 0) + count);
      }
    return ok(out);
  }

  #key(branch: OutcomeBranch, value: number): string {
    const bits = Uint8Array.from(branch.clbits);
    for (const [j, place] of this.#places.entries()) bits[place] = (value >> j) & 1;
    return keyOf(bits);
  }
}

export function shotsProblem(shots: number): ReturnType<typeof fail<'QUANTUM_SHOTS'>> | null {
  if (Number.isInteger(shots) && shots >= 0 && shots <= SHOTS_MAX) return null;
  return fail('QUANTUM_SHOTS', `got ${shots} shots, expected a whole number from 0 to ${SHOTS_MAX}`);
}

/** Highest bit first. */
export function keyOf(bits: ArrayLike<number>): string {
  let key = '';
  for (let i = bits.length - 1; i >= 0; i--) key += bits[i] === 1 ? '1' : '0';
  return key;
}

/** Smallest index whose entry is above `value`. */
function firstAbove(cumulative: Float64Array, value: number): number {
  let low = 0;
  let high = cumulative.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((cumulative[middle] as number) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Readout errors on bit j of a distribution: mixes the halves where it is 0 and 1. `flip` as in MeasureOperation. */
export function confuse(distribution: Float64Array, j: number, [zero, one]: readonly [number, number]): void {
  const step = 2 ** j;
  for (let block = 0; block < distribution.length; block += 2 * step)
    for (let i = block; i < block + step; i++) {
      const a = distribution[i] as number;
      const b = distribution[i + step] as number;
      distribution[i] = (1 - zero) * a + one * b;
      distribution[i + step] = zero * a + (1 - one) * b;
    }
}
