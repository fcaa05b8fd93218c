import type { PauliSum, PauliTerm } from '../../core/quantum/engine/pauli.ts';
import type { Precision } from '../../core/quantum/engine/engine.ts';
import type { AmplitudeView } from './amplitudes.ts';
import { BLOCK_UNITS, UNIT_BYTES } from './layout.ts';
import type { EngineMemory } from './memory.ts';
import type { EngineExports } from './tile-runner.ts';
import { parity } from './tile-map.ts';

/**
 * Diagonal terms (no X, no Y) of an observable read the same probabilities: they share one walk, in groups.
 * A walk costs about a nanosecond an amplitude and term.
 */
export function expectationValues(view: AmplitudeView, observable: PauliSum): Float64Array {
  const out = new Float64Array(observable.terms.length);
  const diagonal: number[] = [];
  for (const [i, term] of observable.terms.entries()) {
    if (term.x === 0) diagonal.push(i);
    else out[i] = term.coefficient * flippedValue(view, term);
  }
  if (diagonal.length > 0) addDiagonal(view, observable, diagonal, out);
  return out;
}

/** Blocks of 2^12 amplitudes: low bits of every mask are summed inside, high bits give one sign a block. */
const BLOCK_BITS = 12;

/** Sums of |psi|^2 with signs. Inside a block, terms with the same low mask share their sum. */
function addDiagonal(view: AmplitudeView, { terms }: PauliSum, which: readonly number[], out: Float64Array): void {
  const { numbers, lanes, count } = view;
  const block = Math.min(count, 2 ** BLOCK_BITS);
  const byLow = new Map<number, number[]>();
  for (const i of which) {
    const low = (terms[i] as PauliTerm).z & (block - 1);
    byLow.set(low, [...(byLow.get(low) ?? []), i]);
  }
  const weights = new Float64Array(block);
  for (let base = 0; base < count; base += block) {
    for (let i = 0; i < block; i++) {
      const at = view.at(base + i);
      weights[i] = (numbers[at] as number) ** 2 + (numbers[at + lanes] as number) ** 2;
    }
    for (const [low, members] of byLow) {
      let sum = 0;
      for (let i = 0; i < block; i++) sum += parity(i & low) === 0 ? (weights[i] as number) : -(weights[i] as number);
      for (const i of members) {
        const { z, coefficient } = terms[i] as PauliTerm;
        // Masks may use bit 31; the product of unsigned halves keeps them apart.
        const negative = parity((base & z) >>> 0) === 1;
        out[i] = (out[i] as number) + (negative ? -coefficient : coefficient) * sum;
      }
    }
  }
}

/** Re of the sum over j of conj(psi_(j xor x)) i^(number of Y) (-1)^(bits of j under z) psi_j, over pairs. */
function flippedValue(view: AmplitudeView, { x, z }: PauliTerm): number {
  const { numbers, lanes, count } = view;
  const highest = 2 ** (31 - Math.clz32(x));
  const turns = countBits(x & z) % 4;
  // The partner's term is the conjugate times (-1)^(number of Y) i^(2 x number of Y): pairs give twice the real part.
  let sum = 0;
  let piece = 0;
  for (let index = 0; index < count; index++) {
    if ((index & highest) !== 0) continue;
    const own = view.at(index);
    const other = view.at((index ^ x) >>> 0);
    const [pr, pi] = [numbers[own] as number, numbers[own + lanes] as number];
    const [cr, ci] = [numbers[other] as number, numbers[other + lanes] as number];
    const value = turns % 2 === 0 ? cr * pr + ci * pi : cr * pi - ci * pr;
    piece += parity(index & z) === 0 ? value : -value;
    if ((index & 4095) !== 4095) continue;
    sum += piece;
    piece = 0;
  }
  const total = 2 * (sum + piece);
  // Re(i^turns (re + i im)).
  return turns === 0 || turns === 3 ? total : -total;
}

interface Image {
  readonly out: number;
  readonly psi: number;
  /** In memory. */
  readonly qubits: number;
}

/** Constants of a walk: 32 bytes a term, in the 60 KiB below the program. */
const WALK_TERMS_MAX = 1024;

/**
 * out += (sum of terms) psi, by the kernels. P|j> = i^(number of Y) (-1)^(bits of j under z) |j xor x>. Terms that flip the same
 * qubits are one walk: their signs make one coefficient a unit.
 */
export function addObservable(
  memory: EngineMemory,
  exports: EngineExports,
  precision: Precision,
  image: Image,
  { terms }: PauliSum,
): void {
  const walks = new Map<string, PauliTerm[]>();
  for (const term of terms) {
    const key = `${term.x} ${countBits(term.x & term.z) % 2}`;
    walks.set(key, [...(walks.get(key) ?? []), term]);
  }
  for (const walk of walks.values())
    for (let from = 0; from < walk.length; from += WALK_TERMS_MAX)
      addWalk(memory, exports, precision, image, walk.slice(from, from + WALK_TERMS_MAX));
}

function addWalk(
  memory: EngineMemory,
  exports: EngineExports,
  precision: Precision,
  { out, psi, qubits }: Image,
  terms: readonly PauliTerm[],
): void {
  const lanes = precision === 'f32' ? 4 : 2;
  const laneBits = Math.log2(lanes);
  const x = terms[0]?.x ?? 0;
  const at = memory.constants;
  const shuffle = new Uint8Array(memory.buffer, at, 16);
  const size = 16 / lanes;
  for (let lane = 0; lane < lanes; lane++) {
    const source = lane ^ (x & (lanes - 1));
    for (let byte = 0; byte < size; byte++) shuffle[lane * size + byte] = source * size + byte;
  }
  // Bits above the lanes as bits of byte offsets; at most 2^32.
  const toBytes = (mask: number): number => (mask >>> laneBits) * UNIT_BYTES;
  let odd = false;
  // Bits of units inside a block: the others give one sign a block.
  const inBlock = ({ z }: PauliTerm): boolean => ((z >>> laneBits) & (BLOCK_UNITS - 1)) !== 0;
  const ordered = [...terms.filter((term) => !inBlock(term)), ...terms.filter(inBlock)];
  const blockTerms = ordered.findIndex(inBlock);
  const counts = new Int32Array(memory.buffer, at + 16, 2);
  counts[0] = blockTerms < 0 ? ordered.length : blockTerms;
  counts[1] = ordered.length - (counts[0] ?? 0);
  for (const [i, { coefficient, z }] of ordered.entries()) {
    const entry = at + 32 + 32 * i;
    const turns = countBits(x & z) % 4;
    odd = turns % 2 === 1;
    const numbers = memory.numbers(entry, lanes, precision);
    for (let lane = 0; lane < lanes; lane++) {
      const source = lane ^ (x & (lanes - 1));
      const c = turns < 2 ? coefficient : -coefficient;
      numbers[lane] = parity(source & z) === 0 ? c : -c;
    }
    new Int32Array(memory.buffer, entry + 16, 1)[0] = toBytes(z);
  }
  const bytes = 2 ** (qubits - laneBits) * UNIT_BYTES;
  const kernel = odd ? exports.add_pauli_i : exports.add_pauli;
  kernel(out, psi, bytes, toBytes(x), at);
}

function countBits(value: number): number {
  let count = 0;
  for (let left = value >>> 0; left !== 0; left &= left - 1) count += 1;
  return count;
}
