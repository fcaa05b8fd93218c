import { assert } from '../../../core/lib/assert.ts';
import type { Bindings } from '../../../core/quantum/circuit/angle.ts';
import { matrixOf, multiply, type Matrix } from '../../../core/quantum/circuit/gate-table.ts';
import type { Factor, MatrixBlock } from './blocks.ts';

/** A part of a unitary's entry below this is rounding of the product in float64, and far below what float32 holds. */
const ZERO = 1e-12;

/** All factors of a block, 2x2 or 4x4 with the block's first target as the lower bit. */
export function productOf({ factors, targets }: MatrixBlock, values: Bindings): Matrix {
  let product: Matrix | null = null;
  for (const { step, on } of factors) {
    const own = onTargets(matrixOf(step, values), on, targets.length);
    product = product === null ? own : multiply(own, product);
  }
  assert(product !== null, 'a block without factors');
  return product;
}

export function onTargets(matrix: Matrix, on: Factor['on'], targets: number): Matrix {
  if (targets === 1 || on === 'both') return matrix;
  if (on === 'reversed') return reversed(matrix);
  const wide = new Float64Array(32);
  const bit = on === 'first' ? 1 : 2;
  for (let row = 0; row < 4; row++)
    for (let own = 0; own < 2; own++) {
      const column = (row & ~bit) | (own * bit);
      const from = 2 * (2 * ((row & bit) === 0 ? 0 : 1) + own);
      wide[2 * (4 * row + column)] = matrix[from] as number;
      wide[2 * (4 * row + column) + 1] = matrix[from + 1] as number;
    }
  return wide;
}

/** A 4x4 matrix with its two bits exchanged. */
export function reversed(matrix: Matrix): Matrix {
  const swap = [0, 2, 1, 3] as const;
  const out = new Float64Array(32);
  for (const row of swap.keys())
    for (const column of swap.keys()) {
      const from = 2 * (4 * (swap[row] as number) + (swap[column] as number));
      out[2 * (4 * row + column)] = matrix[from] as number;
      out[2 * (4 * row + column) + 1] = matrix[from + 1] as number;
    }
  return out;
}

/** Logarithm of the factor by which a unitary grows when its entries are rounded to float32. */
export function gainOf(entries: ArrayLike<number>, size: number): number {
  let squares = 0;
  for (let i = 0; i < entries.length; i++) squares += Math.fround(entries[i] as number) ** 2;
  return Math.log(squares / size) / 2;
}

export const isFlip = (m: Matrix): boolean => m[2] === 1 && m[4] === 1 && [0, 1, 3, 5, 6, 7].every((i) => m[i] === 0);

export function turned(matrix: ArrayLike<number>, [c, s]: readonly [number, number]): Float64Array {
  const out = new Float64Array(matrix.length);
  for (let i = 0; i < out.length; i += 2) {
    const re = matrix[i] as number;
    const im = matrix[i + 1] as number;
    out[i] = c * re - s * im;
    out[i + 1] = c * im + s * re;
  }
  return out;
}

/** exp(i phase) times a matrix of four real numbers, of which the off-diagonal ones may be imaginary; null where it is neither. */
export function simplify(matrix: Matrix): {
  readonly phase: number;
  readonly imaginary: boolean;
  readonly entries: readonly [number, number, number, number];
} | null {
  const m = matrix as unknown as readonly number[];
  const pivot = Math.hypot(m[0] as number, m[1] as number) > 0.5 ? 0 : 2;
  const phase = Math.atan2(m[pivot + 1] as number, m[pivot] as number);
  const t = turned(matrix, [Math.cos(phase), -Math.sin(phase)]) as unknown as readonly [
    ...[number, number, number, number],
    ...[number, number, number, number],
  ];
  const none = (...values: readonly number[]): boolean => values.every((value) => Math.abs(value) < ZERO);
  if (none(t[1], t[3], t[5], t[7])) return { phase, imaginary: false, entries: [t[0], t[2], t[4], t[6]] };
  if (none(t[1], t[2], t[4], t[7])) return { phase, imaginary: true, entries: [t[0], t[3], t[5], t[6]] };
  return null;
}
