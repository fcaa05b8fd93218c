import { fail, ok, type Failure, type Result } from '../../lib/result.ts';
import { Prng } from '../../lib/prng.ts';
import type { MeasureOperation } from '../circuit/circuit.ts';
import { OUTCOMES_MAX } from './limits.ts';

/** Where the characters of a count key come from. */
export interface Reading {
  /** Length of a key. */
  readonly bits: number;
  /** Bit `clbit` of the key is the value of `qubit`, read wrongly with probability `flip[value]`. */
  readonly sources: readonly MeasureOperation[];
}

/** Of a circuit without measurements: every qubit, the highest first. */
export function readingOfAll(qubits: number): Reading {
  return { bits: qubits, sources: Array.from({ length: qubits }, (_, q) => ({ kind: 'measure', qubit: q, clbit: q })) };
}

/** 16 MiB of counters; beyond, a map of the outcomes that occur. */
const COUNTER_BITS_MAX = 22;
/** A double holds a key of this many bits as a number. */
const EXACT_BITS = 53;
const NO_COUNTERS = new Uint32Array(0);

/** Counts by key, highest bit first. Failure QUANTUM_SIZE where there are more different outcomes than anybody can use. */
export class Tally {
  readonly #reading: Reading;
  readonly #mask: number;
  readonly #noisy: boolean;
  /** Bit k of every key is qubit k, as most circuits have it. */
  readonly #straight: boolean;
  readonly #prng: Prng;
  /** Basis states, reduced to the qubits that are read, before they become keys: by index, or by value where that is too much. */
  readonly #counters: Uint32Array | null;
  #counted = 0;
  readonly #states = new Map<number, number>();
  readonly #keys = new Map<string, number>();

  /** `seed` is of readout errors. */
  constructor(reading: Reading, seed: number) {
    this.#reading = reading;
    this.#mask = reading.sources.reduce((mask, { qubit }) => mask | (1 << qubit), 0);
    this.#noisy = reading.sources.some(({ flip }) => flip !== undefined && flip.some((p) => p > 0));
    this.#straight = reading.sources.every(({ qubit, clbit }) => qubit === clbit);
    this.#prng = new Prng(seed);
    const width = 32 - Math.clz32(this.#mask);
    this.#counters = width <= COUNTER_BITS_MAX && !this.#noisy ? new Uint32Array(2 ** width) : null;
  }

  /** Basis states: bit q is qubit q, at most 31 qubits. */
  addStates(states: ArrayLike<number>): void {
    if (this.#noisy) {
      for (let i = 0; i < states.length; i++) this.addShot(states[i] as number, null);
      return;
    }
    const counters = this.#counters;
    const seen = this.#states;
    const mask = this.#mask;
    for (let i = 0; i < states.length; i++) {
      const state = (states[i] as number) & mask;
      if (counters === null) seen.set(state, (seen.get(state) ?? 0) + 1);
      else if ((counters[state] as number)++ === 0) this.#counted += 1;
    }
  }

  /** One shot: the classical bits of the run, overwritten by the final measurements of `state`. */
  addShot(state: number, clbits: Uint8Array | null): void {
    const bits = new Uint8Array(this.#reading.bits);
    if (clbits !== null) bits.set(clbits.subarray(0, bits.length));
    this.#read(state, bits);
    this.#count(bits, 1);
  }

  get outcomes(): number {
    return this.#counted + this.#states.size + this.#keys.size;
  }

  check(): Result<null, Failure<'QUANTUM_SIZE'>> {
    if (this.outcomes <= OUTCOMES_MAX) return ok(null);
    return fail(
      'QUANTUM_SIZE',
      `more than ${OUTCOMES_MAX} different outcomes; take fewer shots or measure fewer qubits`,
    );
  }

  /** Ascending by key. */
  counts(): Readonly<Record<string, number>> {
    const { bits } = this.#reading;
    if (this.#keys.size > 0) return Object.fromEntries([...this.#keys].sort(([a], [b]) => (a < b ? -1 : 1)));
    if (bits > EXACT_BITS) {
      for (const [state, count] of this.#entries()) {
        const key = new Uint8Array(bits);
        this.#read(state, key);
        this.#count(key, count);
      }
      return this.counts();
    }
    // Different states are different keys here, because every bit of the mask is read by something.
    const values = new Float64Array(this.outcomes);
    const byValue = new Map<number, number>();
    for (const [state, count] of this.#entries()) {
      const value = this.#valueOf(state);
      values[byValue.size] = value;
      byValue.set(value, count);
    }
    const counts: Record<string, number> = {};
    for (const value of values.sort())
      counts[bits === 0 ? '' : value.toString(2).padStart(bits, '0')] = byValue.get(value) ?? 0;
    return counts;
  }

  *#entries(): Generator<readonly [state: number, count: number]> {
    yield* this.#states;
    const counters = this.#counters ?? NO_COUNTERS;
    for (let state = 0; state < counters.length; state++)
      if (counters[state] !== 0) yield [state, counters[state] as number];
  }

  /** The key as a number. */
  #valueOf(state: number): number {
    if (this.#straight) return state;
    let value = 0;
    for (const { qubit, clbit } of this.#reading.sources) if ((state >>> qubit) & 1) value += 2 ** clbit;
    return value;
  }

  #read(state: number, bits: Uint8Array): void {
    for (const { qubit, clbit, flip } of this.#reading.sources) {
      const value = (state >>> qubit) & 1;
      const wrong = this.#noisy && flip !== undefined && this.#prng.float() < (flip[value] ?? 0);
      bits[clbit] = wrong ? 1 - value : value;
    }
  }

  #count(bits: Uint8Array, count: number): void {
    let key = '';
    for (let i = bits.length - 1; i >= 0; i--) key += bits[i] === 0 ? '0' : '1';
    this.#keys.set(key, (this.#keys.get(key) ?? 0) + count);
  }
}
