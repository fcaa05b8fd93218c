import type { Precision } from '../../core/quantum/engine/engine.ts';
import { WEIGHTS_BYTES } from './emit/overlap-kernels.ts';
import { BLOCK_UNITS, UNIT_BYTES } from './layout.ts';
import type { EngineMemory } from './memory.ts';
import type { Overlaps } from './probes.ts';
import type { EngineExports } from './tile-runner.ts';

interface States {
  readonly psi: number;
  readonly lambda: number;
  /** Qubits in memory. */
  readonly qubits: number;
  readonly precision: Precision;
  /** Room for WEIGHTS_BYTES a block of a state. */
  readonly scratch: number;
}

export function weightsBytes(qubits: number, laneBits: number): number {
  return (2 ** (qubits - laneBits) / BLOCK_UNITS) * WEIGHTS_BYTES;
}

/** The overlaps of two states at one boundary; each is computed when it is first asked for. */
export function overlapsOf(memory: EngineMemory, exports: EngineExports, states: States): Overlaps {
  const { psi, lambda, qubits, precision, scratch } = states;
  const laneBits = precision === 'f32' ? 2 : 1;
  const bytes = 2 ** (qubits - laneBits) * UNIT_BYTES;
  const planes = new Map<number, readonly [x: number, y: number]>();
  let sums: BlockSums | null = null;
  const blocks = (): BlockSums => {
    if (sums === null) {
      exports.weights(psi, lambda, bytes, scratch);
      sums = new BlockSums(memory.buffer, scratch, qubits, laneBits, precision);
    }
    return sums;
  };
  const plane = (qubit: number): readonly [x: number, y: number] => {
    const known = planes.get(qubit);
    if (known !== undefined) return known;
    const out = memory.constants;
    if (qubit < laneBits) {
      const lanes = 2 ** laneBits;
      const signs = memory.numbers(out + 32, lanes, precision);
      for (let lane = 0; lane < lanes; lane++) signs[lane] = ((lane >>> qubit) & 1) === 1 ? 1 : -1;
      const overlap = qubit === 0 ? exports.overlap_lane_0 : exports.overlap_lane_1;
      overlap?.(psi, lambda, bytes, out + 32, out);
    } else exports.overlap_xy(psi, lambda, bytes, UNIT_BYTES * 2 ** (qubit - laneBits), out);
    const [x0, x1, y0, y1] = memory.numbers(out, 4, 'f64') as unknown as readonly [number, number, number, number];
    const value = [x0 + x1, y0 + y1] as const;
    planes.set(qubit, value);
    return value;
  };
  return {
    whole: () => blocks().ones([]),
    ones: (wanted) => {
      const inside = blocks().ones(wanted);
      return Number.isNaN(inside) ? allOnes(memory, states, laneBits, wanted) : inside;
    },
    x: (qubit) => plane(qubit)[0],
    y: (qubit) => plane(qubit)[1],
  };
}

/** Sums of Im(conj(lambda) psi) from what the weights kernel leaves for every block. */
class BlockSums {
  readonly #inBlock: number;
  /** Where one qubit is 1. */
  readonly #single: Float64Array;
  readonly #totals: Float64Array;
  readonly #whole: number;

  constructor(buffer: ArrayBufferLike, from: number, qubits: number, laneBits: number, precision: Precision) {
    const lanes = 2 ** laneBits;
    this.#inBlock = laneBits + Math.log2(BLOCK_UNITS);
    const row = 6 * lanes;
    const count = 2 ** (qubits - this.#inBlock);
    const numbers =
      precision === 'f32' ? new Float32Array(buffer, from, count * row) : new Float64Array(buffer, from, count * row);
    this.#single = new Float64Array(qubits);
    this.#totals = new Float64Array(count);
    const sums = new Float64Array(row);
    for (let block = 0; block < count; block++) {
      const at = block * row;
      let total = 0;
      for (let i = 0; i < row; i++) {
        const value = numbers[at + i] as number;
        sums[i] = (sums[i] as number) + value;
        if (i < lanes) total += value;
      }
      this.#totals[block] = total;
    }
    this.#whole = this.#fold();
    for (let q = 0; q < this.#inBlock; q++)
      for (let lane = 0; lane < lanes; lane++) {
        const inside = q < laneBits ? ((lane >>> q) & 1) === 1 : true;
        const list = q < laneBits ? 0 : 1 + q - laneBits;
        if (inside) this.#single[q] = (this.#single[q] as number) + (sums[list * lanes + lane] as number);
      }
  }

  /** Sums of the upper halves, bit by bit from the highest, over ever shorter lists. Returns the sum of all. */
  #fold(): number {
    let list = this.#totals;
    for (let bit = Math.log2(list.length) - 1; bit >= 0; bit--) {
      const half = list.length / 2;
      const folded = new Float64Array(half);
      let upper = 0;
      for (let i = 0; i < half; i++) {
        const value = list[half + i] as number;
        upper += value;
        folded[i] = (list[i] as number) + value;
      }
      this.#single[this.#inBlock + bit] = upper;
      list = folded;
    }
    return list[0] as number;
  }

  /** NaN where several qubits are 1 together and one of them is inside the blocks: that sum was not kept. */
  ones(qubits: readonly number[]): number {
    const [first] = qubits;
    if (first === undefined) return this.#whole;
    if (qubits.length === 1) return this.#single[first] as number;
    if (qubits.some((q) => q < this.#inBlock)) return Number.NaN;
    const mask = qubits.reduce((all, q) => all | (1 << (q - this.#inBlock)), 0);
    let sum = 0;
    for (let block = 0; block < this.#totals.length; block++)
      if ((block & mask) === mask) sum += this.#totals[block] as number;
    return sum;
  }
}

/** Im of the sum of conj(lambda) psi where all the qubits are 1, amplitude by amplitude. */
function allOnes(
  memory: EngineMemory,
  { psi, lambda, qubits, precision }: States,
  laneBits: number,
  wanted: readonly number[],
): number {
  const length = 2 * 2 ** qubits;
  const [p, l] = [memory.numbers(psi, length, precision), memory.numbers(lambda, length, precision)];
  const lanes = 2 ** laneBits;
  const mask = wanted.reduce((all, q) => all | (1 << q), 0);
  let sum = 0;
  for (let index = 0; index < 2 ** qubits; index++) {
    if ((index & mask) !== mask) continue;
    const lane = index & (lanes - 1);
    const at = 2 * (index - lane) + lane;
    sum += (l[at] as number) * (p[at + lanes] as number) - (l[at + lanes] as number) * (p[at] as number);
  }
  return sum;
}
