import { phaseSlot, registerPairs, TILE_CODES } from '../../../../shaders/tile-operations.ts';
import type { Matrix } from '../../../core/quantum/circuit/gate-table.ts';
import { gainOf, isFlip, reversed, simplify, turned } from './block-matrix.ts';
import type { TileOperation, TileShape } from './passes.ts';
import type { Phases } from './phases.ts';
import type { Round } from './rounds.ts';

/** Angles that differ from 0 or pi by less are signs; float32 cannot tell them apart. */
const SIGN_TOLERANCE = 1e-12;
/** Half a unit in the last place of float32: less cannot be put right. */
const GAIN_KEPT = 2 ** -25;
/** The kernel may read the matrix of an operation that has none: a few words past the end. */
const SPARE_WORDS = 64;

/** A 2x2 matrix that acts on the whole state, where the overall phase can still go. */
interface PhaseCarrier {
  readonly at: number;
  readonly register: number;
  readonly matrix: Matrix;
}

/**
 * Writes programs for the tile kernels: rounds of operations, four words at a time (the layout of each operation is in
 * shaders/tile-operations.ts).
 */
export class ProgramWriter {
  readonly #shape: TileShape;
  #words = new Uint32Array(1 << 14);
  #floats = new Float32Array(this.#words.buffer);
  #length = 0;
  #lastHeader = 0;
  /** Phase taken out of matrices to make them real or imaginary; an overall factor of the state. */
  #phase = 0;
  #carrier: PhaseCarrier | null = null;
  /**
   * By how much the rounding of the matrices to float32 scales the state, as a logarithm. 1/sqrt 2 is always rounded the
   * same way, which would cost a deep circuit 1e-8 of its norm a gate.
   */
  #gain = 0;

  constructor(shape: TileShape) {
    this.#shape = shape;
  }

  words(): Uint32Array<ArrayBuffer> {
    return this.#words.slice(0, this.#length + SPARE_WORDS);
  }

  /** Where the next pass starts, in vec4. */
  get position(): number {
    return this.#length / 4;
  }

  /** Logarithm of the scale that rounding has given to the state so far. */
  get gain(): number {
    return this.#gain;
  }

  /** `body` writes the operations and returns how many they are. */
  round(round: Round, body: () => number): void {
    const header = this.#length;
    this.#lastHeader = header;
    this.#put(nibbles(round.threads), nibbles(round.registers), 0, 0);
    // First the body: it may replace the array by a larger one.
    const count = body();
    this.#words[header + 2] = count;
  }

  /** A 2x2 or 4x4 matrix on the bits of an operation, under its controls. */
  matrix({ bits, controls }: Pick<TileOperation, 'bits' | 'controls'>, matrix: Matrix, round: Round): number {
    const { mask, pattern } = this.#condition(controls, round);
    const register = round.registers.indexOf(bits[0] as number);
    if (bits.length === 2) {
      if (controls === 0) this.#gain += gainOf(matrix, 4);
      const { pair, ordered } = this.#ordered(bits, matrix, round);
      this.#put(TILE_CODES.pair + pair, 9, mask, pattern);
      this.#putFloats(ordered);
    } else if (controls === 0) this.#single(matrix, register);
    else if (isFlip(matrix)) this.#put(TILE_CODES.flip + register, 1, mask, pattern);
    else {
      this.#put(TILE_CODES.controlled + register, 3, mask, pattern);
      this.#putFloats(matrix);
    }
    return 1;
  }

  /** The sums that the derivative of such a matrix needs, into 4 or 16 slots from `slot` on. */
  measure({ bits, controls }: Pick<TileOperation, 'bits' | 'controls'>, round: Round, slot: number): number {
    const { mask, pattern } = this.#condition(controls, round);
    const code =
      bits.length === 2
        ? TILE_CODES.measurePair + this.#pairOf(bits, round)
        : TILE_CODES.measure + round.registers.indexOf(bits[0] as number);
    this.#put(code, 2, mask, pattern);
    this.#put(slot, 0, 0, 0);
    return 1;
  }

  /** The sums over the amplitudes that have all bits of a mask, one slot a mask (rounded up to four). */
  measureTerms(masks: readonly number[], round: Round, slot: number): number {
    for (let i = 0; i < masks.length; i += 4) {
      this.#put(TILE_CODES.measureTerms, 3, slot + i, 0);
      for (let j = i; j < i + 4; j += 2) {
        const [a, b] = [masks[j], masks[j + 1]].map((mask) =>
          mask === undefined ? { mask: 0, pattern: 0 } : this.#condition(mask, round),
        ) as [Condition, Condition];
        this.#put(a.mask, a.pattern, b.mask, b.pattern);
      }
    }
    return Math.ceil(masks.length / 4);
  }

  #single(matrix: Matrix, register: number): void {
    const simple = simplify(matrix);
    const at = this.#length;
    if (simple === null) {
      this.#carrier = { at, register, matrix };
      this.#gain += gainOf(matrix, 2);
      this.#put(TILE_CODES.general + register, 3, 0, 0);
      this.#putFloats(matrix);
      return;
    }
    this.#phase += simple.phase;
    this.#gain += gainOf(simple.entries, 2);
    // Room for the complex form, in case that the phase has to go here.
    this.#put((simple.imaginary ? TILE_CODES.imaginary : TILE_CODES.real) + register, 3, 0, 0);
    this.#putFloats([...simple.entries, 0, 0, 0, 0]);
    const [a, b, c, d] = simple.entries;
    const complex = simple.imaginary ? [a, 0, 0, b, 0, c, d, 0] : [a, 0, b, 0, c, 0, d, 0];
    this.#carrier ??= { at, register, matrix: Float64Array.from(complex) };
  }

  #pairOf(bits: readonly number[], round: Round): number {
    const [low, high] = bits.map((bit) => round.registers.indexOf(bit)).toSorted((a, b) => a - b);
    return registerPairs(this.#shape.registers).findIndex(([a, b]) => a === low && b === high);
  }

  #ordered(bits: readonly number[], matrix: Matrix, round: Round): { readonly pair: number; readonly ordered: Matrix } {
    return { pair: this.#pairOf(bits, round), ordered: inOrder(bits) ? matrix : reversed(matrix) };
  }

  /** Terms by masks of index bits, applied at once. */
  diagonals(terms: Phases, round: Round): number {
    const phases = new Map(terms);
    this.#phase += phases.get(0) ?? 0;
    phases.delete(0);
    const signs: Term[] = [];
    const turns: Term[] = [];
    for (const [mask, angle] of phases) {
      const turn = Math.atan2(Math.sin(angle), Math.cos(angle));
      if (Math.abs(turn) < SIGN_TOLERANCE) continue;
      const term = { ...this.#condition(mask, round), bits: registersIn(mask, round), turn };
      (Math.abs(turn) > Math.PI - SIGN_TOLERANCE ? signs : turns).push(term);
    }
    return this.#turns(turns, signs) + this.#signs(turns.length === 0 ? signs : signs.filter(isWide));
  }

  /** One operation for all terms of at most two register bits (signs ride along), one each for the others. */
  #turns(turns: readonly Term[], signs: readonly Term[]): number {
    if (turns.length === 0) return 0;
    const narrow = [...turns, ...signs].filter((term) => !isWide(term));
    const wide = turns.filter(isWide);
    for (const { mask, pattern, turn } of wide) {
      this.#put(TILE_CODES.phase, 2, mask, pattern);
      this.#putFloats([Math.cos(turn), Math.sin(turn), 0, 0]);
    }
    if (narrow.length === 0) return wide.length;
    this.#put(TILE_CODES.phases, 1 + narrow.length, 0, 0);
    for (const { mask, bits, turn } of narrow) {
      this.#put(mask, phaseSlot(this.#shape.registers, bits), 0, 0);
      this.#floats[this.#length - 2] = Math.cos(turn);
      this.#floats[this.#length - 1] = Math.sin(turn);
    }
    return wide.length + 1;
  }

  #signs(signs: readonly Term[]): number {
    if (signs.length === 0) return 0;
    this.#put(TILE_CODES.signs, 1 + Math.ceil(signs.length / 2), 0, 0);
    for (let i = 0; i < signs.length; i += 2) {
      const [a, b] = [signs[i], signs[i + 1]];
      // A pattern of no registers does nothing.
      this.#put(a?.mask ?? 0, a?.pattern ?? 0, b?.mask ?? 0, b?.pattern ?? 0);
    }
    return 1;
  }

  /** Splits a condition into bits of the index that are no registers, and the registers that fulfil the rest. */
  #condition(mask: number, { registers }: Round): Condition {
    let outside = mask;
    let inside = 0;
    for (const [register, bit] of registers.entries()) {
      if (((mask >>> bit) & 1) === 0) continue;
      outside ^= 1 << bit;
      inside |= 1 << register;
    }
    let pattern = 0;
    for (let k = 0; k < 2 ** this.#shape.registers; k++) if ((k & inside) === inside) pattern |= 1 << k;
    return { mask: outside, pattern };
  }

  /** The phase and the scale taken out of the matrices go back into one of them, or into an operation of its own. */
  settle(): void {
    const phase = Math.atan2(Math.sin(this.#phase), Math.cos(this.#phase));
    if (Math.abs(phase) < SIGN_TOLERANCE && Math.abs(this.#gain) < GAIN_KEPT) return;
    const scale = Math.exp(-this.#gain);
    const factor = [scale * Math.cos(phase), scale * Math.sin(phase)] as const;
    const carrier = this.#carrier;
    if (carrier !== null) {
      this.#words[carrier.at] = TILE_CODES.general + carrier.register;
      this.#floats.set(turned(carrier.matrix, factor), carrier.at + 4);
      return;
    }
    this.#put(TILE_CODES.phase, 2, 0, 2 ** (2 ** this.#shape.registers) - 1);
    this.#putFloats([...factor, 0, 0]);
    this.#words[this.#lastHeader + 2] = (this.#words[this.#lastHeader + 2] as number) + 1;
  }

  #put(a: number, b: number, c: number, d: number): void {
    this.#reserve(4);
    const words = this.#words;
    words[this.#length++] = a;
    words[this.#length++] = b;
    words[this.#length++] = c;
    words[this.#length++] = d;
  }

  /** A multiple of four. */
  #putFloats(values: ArrayLike<number>): void {
    this.#reserve(values.length);
    this.#floats.set(values, this.#length);
    this.#length += values.length;
  }

  #reserve(words: number): void {
    if (this.#length + words + SPARE_WORDS <= this.#words.length) return;
    const grown = new Uint32Array(2 * (this.#words.length + words));
    grown.set(this.#words);
    this.#words = grown;
    this.#floats = new Float32Array(grown.buffer);
  }
}

interface Condition {
  /** Bits of the index that are no registers. */
  readonly mask: number;
  /** Bit k: register k fulfils the rest. */
  readonly pattern: number;
}

interface Term extends Condition {
  /** Registers of the condition. */
  readonly bits: readonly number[];
  readonly turn: number;
}

/** Registers are in ascending order of their bits, so the lower bit has the lower register. */
export const inOrder = ([a, b]: readonly number[]): boolean => (a as number) < (b as number);

const isWide = ({ bits }: Term): boolean => bits.length > 2;

function registersIn(mask: number, { registers }: Round): readonly number[] {
  return [...registers.keys()].filter((register) => ((mask >>> (registers[register] as number)) & 1) === 1);
}

/** Eight or fewer bit numbers below 16, four bits each. */
const nibbles = (bits: readonly number[]): number => bits.reduce((word, bit, i) => (word | (bit << (4 * i))) >>> 0, 0);
