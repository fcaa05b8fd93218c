import { assert } from '../../lib/assert.ts';
import { fail, ok, type Failure, type Result } from '../../lib/result.ts';
import type { Matrix } from '../circuit/gate-table.ts';

export type MatrixFailure = Failure<'QUANTUM_MATRIX'>;

export interface Eigen {
  /** Ascending. */
  readonly values: Float64Array;
  /** Row j is the eigenvector of values[j], interleaved; orthonormal within 1e-13. */
  readonly vectors: Float64Array;
}

/** 8 qubits. A sweep is 2 n^3 complex products: some seconds in all at 256. */
export const EIGEN_SIZE_MAX = 256;
/** Relative to the largest entry: above it the matrix was not meant to be Hermitian. */
const HERMITIAN_MAX = 1e-6;
/** Cyclic Jacobi converges quadratically; 10 sweeps are usual for 256, 40 would be a bug. */
const SWEEPS_MAX = 40;
/** Off-diagonal entries below this part of the norm are rounding. */
const NEGLIGIBLE = 1e-17;

/**
 * All eigenvalues and eigenvectors of a Hermitian matrix (row-major, interleaved) by the cyclic Jacobi method (Golub and Van
 * Loan, section 8.5; the complex case turns one basis vector by a phase first). Absolute error of the eigenvalues about
 * 1e-15 times the norm. Failure QUANTUM_MATRIX: not square, over 256, not finite, not Hermitian.
 */
export function hermitianEigen(matrix: Matrix): Result<Eigen, MatrixFailure> {
  const size = Math.sqrt(matrix.length / 2);
  if (!Number.isInteger(size) || size < 1 || size > EIGEN_SIZE_MAX)
    return fail(
      'QUANTUM_MATRIX',
      `${matrix.length} numbers are no complex square matrix of 1 to ${EIGEN_SIZE_MAX} rows`,
    );
  const off = hermiticityError(matrix);
  const scale = matrix.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (!(off <= HERMITIAN_MAX * scale))
    return fail(
      'QUANTUM_MATRIX',
      `the matrix is not Hermitian: entries differ by up to ${off.toExponential(1)} from their mirrored conjugates`,
    );
  const work = new Jacobi(matrix, size);
  for (let sweep = 0; sweep < SWEEPS_MAX; sweep++) if (work.sweep() === 0) return ok(work.result());
  assert(false, `Jacobi did not converge in ${SWEEPS_MAX} sweeps`);
}

/** Largest |a_ij - conj(a_ji)|, over real and imaginary parts; NaN where an entry is no finite number. */
export function hermiticityError(matrix: Matrix): number {
  const size = Math.sqrt(matrix.length / 2);
  let worst = 0;
  for (let row = 0; row < size; row++)
    for (let column = 0; column <= row; column++) {
      const a = 2 * (row * size + column);
      const b = 2 * (column * size + row);
      const re = Math.abs((matrix[a] as number) - (matrix[b] as number));
      const im = Math.abs((matrix[a + 1] as number) + (matrix[b + 1] as number));
      if (!Number.isFinite(re + im)) return Number.NaN;
      worst = Math.max(worst, re, im);
    }
  return worst;
}

class Jacobi {
  readonly #n: number;
  readonly #re: Float64Array;
  readonly #im: Float64Array;
  /** Rows are the columns of the accumulated unitary. */
  readonly #vre: Float64Array;
  readonly #vim: Float64Array;
  readonly #negligible: number;

  constructor(matrix: Matrix, size: number) {
    this.#n = size;
    this.#re = new Float64Array(size * size);
    this.#im = new Float64Array(size * size);
    this.#vre = new Float64Array(size * size);
    this.#vim = new Float64Array(size * size);
    let squares = 0;
    for (let row = 0; row < size; row++) {
      this.#vre[row * size + row] = 1;
      for (let column = 0; column < size; column++) {
        const a = 2 * (row * size + column);
        const b = 2 * (column * size + row);
        const re = ((matrix[a] as number) + (matrix[b] as number)) / 2;
        const im = ((matrix[a + 1] as number) - (matrix[b + 1] as number)) / 2;
        this.#re[row * size + column] = re;
        this.#im[row * size + column] = im;
        squares += re * re + im * im;
      }
    }
    this.#negligible = NEGLIGIBLE * Math.sqrt(squares);
  }

  /** The number of rotations that were needed. */
  sweep(): number {
    let rotations = 0;
    for (let p = 0; p < this.#n - 1; p++)
      for (let q = p + 1; q < this.#n; q++) {
        const size = Math.hypot(this.#re[p * this.#n + q] as number, this.#im[p * this.#n + q] as number);
        if (size <= this.#negligible) continue;
        this.#rotate(p, q, size);
        rotations++;
      }
    return rotations;
  }

  /** Makes entry (p, q), of absolute value `size`, zero: p' = c p - s e^(-i phi) q, q' = s p + c e^(-i phi) q. */
  #rotate(p: number, q: number, size: number): void {
    const n = this.#n;
    const re = this.#re;
    const im = this.#im;
    const fr = (re[p * n + q] as number) / size;
    const fi = (im[p * n + q] as number) / size;
    const app = re[p * n + p] as number;
    const aqq = re[q * n + q] as number;
    const theta = (aqq - app) / (2 * size);
    const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.hypot(theta, 1));
    const c = 1 / Math.hypot(t, 1);
    const s = t * c;
    // Rows of the matrix are bras, so they take the conjugate phase of the vectors.
    mixRows(re, im, p * n, q * n, n, c, s, fr, fi);
    mixRows(this.#vre, this.#vim, p * n, q * n, n, c, s, fr, -fi);
    for (let k = 0; k < n; k++) {
      re[k * n + p] = re[p * n + k] as number;
      im[k * n + p] = -(im[p * n + k] as number);
      re[k * n + q] = re[q * n + k] as number;
      im[k * n + q] = -(im[q * n + k] as number);
    }
    re[p * n + p] = app - t * size;
    re[q * n + q] = aqq + t * size;
    for (const i of [p * n + p, q * n + q, p * n + q, q * n + p]) im[i] = 0;
    re[p * n + q] = 0;
    re[q * n + p] = 0;
  }

  result(): Eigen {
    const n = this.#n;
    const order = Array.from({ length: n }, (_, i) => i).sort(
      (a, b) => (this.#re[a * n + a] as number) - (this.#re[b * n + b] as number),
    );
    const vectors = new Float64Array(2 * n * n);
    for (const [j, from] of order.entries())
      for (let k = 0; k < n; k++) {
        vectors[2 * (j * n + k)] = this.#vre[from * n + k] as number;
        vectors[2 * (j * n + k) + 1] = this.#vim[from * n + k] as number;
      }
    return { values: Float64Array.from(order, (i) => this.#re[i * n + i] as number), vectors };
  }
}

/** Row p becomes c p - s f q, row q becomes s p + c f q, with f = fr + i fi of absolute value 1. */
function mixRows(
  re: Float64Array,
  im: Float64Array,
  p: number,
  q: number,
  n: number,
  c: number,
  s: number,
  fr: number,
  fi: number,
): void {
  for (let k = 0; k < n; k++) {
    const pr = re[p + k] as number;
    const pi = im[p + k] as number;
    const qr = re[q + k] as number;
    const qi = im[q + k] as number;
    const tr = fr * qr - fi * qi;
    const ti = fr * qi + fi * qr;
    re[p + k] = c * pr - s * tr;
    im[p + k] = c * pi - s * ti;
    re[q + k] = s * pr + c * tr;
    im[q + k] = s * pi + c * ti;
  }
}
