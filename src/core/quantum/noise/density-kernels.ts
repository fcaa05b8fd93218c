import type { Matrix } from '../circuit/gate-table.ts';
import type { TransferMatrix } from './transfer-matrix.ts';

/**
 * Kernels over the Pauli vector of a density matrix (see density-state.ts): 4^n real numbers, two bits of the index a qubit.
 * All in place.
 */

/** A map on one qubit. */
export function applyTransfer1(vector: Float64Array, qubit: number, m: TransferMatrix): void {
  if (isDiagonal(m, 4)) return applyDiagonal1(vector, qubit, m);
  const [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, ma, mb, mc, md, me, mf] = m as unknown as number[] & { length: 16 };
  const step = 4 ** qubit;
  for (let block = 0; block < vector.length; block += 4 * step)
    for (let i = block; i < block + step; i++) {
      const a = vector[i] as number;
      const b = vector[i + step] as number;
      const c = vector[i + 2 * step] as number;
      const d = vector[i + 3 * step] as number;
      vector[i] = m0! * a + m1! * b + m2! * c + m3! * d;
      vector[i + step] = m4! * a + m5! * b + m6! * c + m7! * d;
      vector[i + 2 * step] = m8! * a + m9! * b + ma! * c + mb! * d;
      vector[i + 3 * step] = mc! * a + md! * b + me! * c + mf! * d;
    }
}

function applyDiagonal1(vector: Float64Array, qubit: number, m: TransferMatrix): void {
  const step = 4 ** qubit;
  for (let digit = 0; digit < 4; digit++) {
    const factor = m[5 * digit] as number;
    if (factor === 1) continue;
    for (let block = digit * step; block < vector.length; block += 4 * step)
      for (let i = block; i < block + step; i++) vector[i] = (vector[i] as number) * factor;
  }
}

function isDiagonal(m: TransferMatrix, size: number): boolean {
  for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) if (i !== j && m[i * size + j] !== 0) return false;
  return true;
}

/** The rows of a 16 x 16 map that change anything, with their non-zero entries: Cliffords have one, Pauli channels too. */
interface SparseRows {
  readonly rows: Int32Array;
  /** Entries of row k of `rows` are [starts[k], starts[k + 1]). */
  readonly starts: Int32Array;
  readonly columns: Int32Array;
  readonly values: Float64Array;
}

function sparseRows(m: TransferMatrix): SparseRows {
  const rows: number[] = [];
  const starts: number[] = [0];
  const columns: number[] = [];
  const values: number[] = [];
  for (let i = 0; i < 16; i++) {
    const used = Array.from({ length: 16 }, (_, j) => j).filter((j) => m[16 * i + j] !== 0);
    if (used.length === 1 && used[0] === i && m[17 * i] === 1) continue;
    rows.push(i);
    columns.push(...used);
    values.push(...used.map((j) => m[16 * i + j] as number));
    starts.push(columns.length);
  }
  return {
    rows: Int32Array.from(rows),
    starts: Int32Array.from(starts),
    columns: Int32Array.from(columns),
    values: Float64Array.from(values),
  };
}

/** A map on two qubits; targets[0] is the low digit of the map's index. */
export function applyTransfer2(vector: Float64Array, targets: readonly [number, number], m: TransferMatrix): void {
  const { rows, starts, columns, values } = sparseRows(m);
  const [first, second] = [4 ** targets[0], 4 ** targets[1]];
  const [low, high] = [Math.min(first, second), Math.max(first, second)];
  const offsets = Int32Array.from({ length: 16 }, (_, i) => (i % 4) * first + (i >> 2) * second);
  const local = new Float64Array(16);
  for (let outer = 0; outer < vector.length; outer += 4 * high)
    for (let middle = outer; middle < outer + high; middle += 4 * low)
      for (let base = middle; base < middle + low; base++) {
        for (let i = 0; i < 16; i++) local[i] = vector[base + (offsets[i] as number)] as number;
        for (let r = 0; r < rows.length; r++) {
          let sum = 0;
          const end = starts[r + 1] as number;
          for (let e = starts[r] as number; e < end; e++)
            sum += (values[e] as number) * (local[columns[e] as number] as number);
          vector[base + (offsets[rows[r] as number] as number)] = sum;
        }
      }
}

/** Adds the bits of `value` at twice their distance: 0b101 becomes 0b010001. */
export function spread(value: number): number {
  let out = 0;
  for (let bit = 0; value >> bit !== 0; bit++) out |= ((value >> bit) & 1) << (2 * bit);
  return out;
}

/**
 * Any number of targets and controls: every block of the involved qubits is turned into a matrix, conjugated with the
 * controlled unitary, and turned back. Needs 2 * 4^k numbers of scratch for k = targets + controls.
 */
export function applyWide(
  vector: Float64Array,
  qubits: number,
  matrix: Matrix,
  targets: readonly number[],
  controls: readonly number[],
): void {
  const involved = [...targets, ...controls];
  const k = involved.length;
  const rest = Array.from({ length: qubits }, (_, q) => q).filter((q) => !involved.includes(q));
  const offsets = Int32Array.from({ length: 4 ** k }, (_, i) => deposit(i, involved));
  const re = new Float64Array(4 ** k);
  const im = new Float64Array(4 ** k);
  for (let block = 0; block < 4 ** rest.length; block++) {
    const base = deposit(block, rest);
    for (let i = 0; i < offsets.length; i++) re[i] = vector[base + (offsets[i] as number)] as number;
    im.fill(0);
    for (let q = 0; q < k; q++) toMatrixUnits(re, im, q);
    conjugate(re, im, matrix, targets.length, controls.length);
    for (let q = 0; q < k; q++) toPaulis(re, im, q);
    for (let i = 0; i < offsets.length; i++) vector[base + (offsets[i] as number)] = re[i] as number;
  }
}

/** Base-4 digit j of `value` becomes the digit of qubit places[j]. */
function deposit(value: number, places: readonly number[]): number {
  let out = 0;
  for (let j = 0; j < places.length; j++) out += ((value >> (2 * j)) & 3) * 4 ** (places[j] as number);
  return out;
}

/**
 * One qubit from (I, X, Z, Y) coefficients to matrix entries (0|.|0), (0|.|1), (1|.|0), (1|.|1): afterwards the low bit of
 * the digit is the column, the high bit the row.
 */
export function toMatrixUnits(re: Float64Array, im: Float64Array, qubit: number): void {
  const step = 4 ** qubit;
  for (let block = 0; block < re.length; block += 4 * step)
    for (let i = block; i < block + step; i++) {
      const [x, z, y] = [i + step, i + 2 * step, i + 3 * step];
      const ir = re[i] as number;
      const ii = im[i] as number;
      const xr = re[x] as number;
      const xi = im[x] as number;
      const zr = re[z] as number;
      const zi = im[z] as number;
      const yr = re[y] as number;
      const yi = im[y] as number;
      re[i] = (ir + zr) / 2;
      im[i] = (ii + zi) / 2;
      re[x] = (xr + yi) / 2;
      im[x] = (xi - yr) / 2;
      re[z] = (xr - yi) / 2;
      im[z] = (xi + yr) / 2;
      re[y] = (ir - zr) / 2;
      im[y] = (ii - zi) / 2;
    }
}

/** The inverse of `toMatrixUnits`. */
export function toPaulis(re: Float64Array, im: Float64Array, qubit: number): void {
  const step = 4 ** qubit;
  for (let block = 0; block < re.length; block += 4 * step)
    for (let i = block; i < block + step; i++) {
      const [b, c, d] = [i + step, i + 2 * step, i + 3 * step];
      const ar = re[i] as number;
      const ai = im[i] as number;
      const br = re[b] as number;
      const bi = im[b] as number;
      const cr = re[c] as number;
      const ci = im[c] as number;
      const dr = re[d] as number;
      const di = im[d] as number;
      re[i] = ar + dr;
      im[i] = ai + di;
      re[b] = br + cr;
      im[b] = bi + ci;
      re[c] = ar - dr;
      im[c] = ai - di;
      // Y = i(|1><0| - |0><1|), so its coefficient is Tr(Y rho) = i (rho01 - rho10).
      re[d] = ci - bi;
      im[d] = br - cr;
    }
}

/** U B U^dagger on the rows and columns whose control bits are all 1; local qubits are the targets, then the controls. */
function conjugate(re: Float64Array, im: Float64Array, matrix: Matrix, targets: number, controls: number): void {
  const dimension = 2 ** (targets + controls);
  const size = 2 ** targets;
  const first = dimension - size;
  const columns = Int32Array.from({ length: dimension }, (_, c) => spread(c));
  const vr = new Float64Array(size);
  const vi = new Float64Array(size);
  // Rows with the matrix, then columns with its conjugate.
  for (const [along, across, sign] of [
    [2, 1, 1],
    [1, 2, -1],
  ] as const) {
    for (let c = 0; c < dimension; c++) {
      const base = across * (columns[c] as number);
      for (let j = 0; j < size; j++) {
        vr[j] = re[base + along * (columns[first + j] as number)] as number;
        vi[j] = im[base + along * (columns[first + j] as number)] as number;
      }
      for (let i = 0; i < size; i++) {
        let sr = 0;
        let si = 0;
        for (let j = 0; j < size; j++) {
          const mr = matrix[2 * (i * size + j)] as number;
          const mi = sign * (matrix[2 * (i * size + j) + 1] as number);
          sr += mr * (vr[j] as number) - mi * (vi[j] as number);
          si += mr * (vi[j] as number) + mi * (vr[j] as number);
        }
        re[base + along * (columns[first + i] as number)] = sr;
        im[base + along * (columns[first + i] as number)] = si;
      }
    }
  }
}
