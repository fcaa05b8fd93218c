import { adjoint, multiply, type Matrix } from '../circuit/gate-table.ts';
import { diagonalise } from './jacobi.ts';

/**
 * U = (left0 x left1) exp(i (x XX + y YY + z ZZ)) (right0 x right1) up to global phase; factors are 2 x 2, index 0 acts on the
 * low bit. The Cartan (KAK) form of Kraus and Cirac (arXiv:quant-ph/0011050), found in the magic basis.
 */
export interface Kak {
  readonly left: readonly [Matrix, Matrix];
  readonly right: readonly [Matrix, Matrix];
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

const R = Math.SQRT1_2;
/** Columns: 00 + 11, i (01 + 10), 01 - 10, i (00 - 11), each over sqrt 2. In it local unitaries are real orthogonal. */
const MAGIC: Matrix = Float64Array.of(
  ...[R, 0, 0, 0, 0, 0, 0, R],
  ...[0, 0, 0, R, R, 0, 0, 0],
  ...[0, 0, 0, R, -R, 0, 0, 0],
  ...[R, 0, 0, 0, 0, 0, 0, -R],
);
const MAGIC_ADJOINT = adjoint(MAGIC);
/** A factor further than this from real or from a tensor product means that the numerics failed. */
const ERROR_MAX = 1e-9;

/** Null where rounding spoils the form (a matrix that is not unitary). */
export function kakOf(u: Matrix): Kak | null {
  const m = multiply(multiply(MAGIC_ADJOINT, scaled(u, ...unitDeterminant(u))), MAGIC);
  const square = multiply(transpose(m), m);
  const p = diagonalise(square);
  if (p === null) return null;
  const turned = multiply(multiply(transpose(p), square), p);
  const thetas = [0, 1, 2, 3].map((k) => Math.atan2(turned[10 * k + 1] as number, turned[10 * k] as number) / 2);
  let k1 = columnsTurned(multiply(m, p), thetas);
  if (determinant(k1) < 0) {
    thetas[0] = (thetas[0] as number) + Math.PI;
    k1 = columnsTurned(multiply(m, p), thetas);
  }
  for (let i = 1; i < 32; i += 2) if (Math.abs(k1[i] as number) > ERROR_MAX) return null;
  const left = factors(multiply(multiply(MAGIC, k1), MAGIC_ADJOINT));
  const right = factors(multiply(multiply(MAGIC, transpose(p)), MAGIC_ADJOINT));
  if (left === null || right === null) return null;
  const [a, b, c, d] = thetas as [number, number, number, number];
  return { left, right, x: (a + b - c - d) / 4, y: (b + d - a - c) / 4, z: (a + d - b - c) / 4 };
}

/** The factor e^(-i phase/4) that makes the determinant 1. */
function unitDeterminant(u: Matrix): readonly [number, number] {
  const [re, im] = complexDeterminant(u);
  const angle = -Math.atan2(im, re) / 4;
  return [Math.cos(angle), Math.sin(angle)];
}

function scaled(m: Matrix, re: number, im: number): Matrix {
  const out = new Float64Array(m.length);
  for (let i = 0; i < m.length; i += 2) {
    const a = m[i] as number;
    const b = m[i + 1] as number;
    out[i] = a * re - b * im;
    out[i + 1] = a * im + b * re;
  }
  return out;
}

function transpose(m: Matrix): Matrix {
  const out = new Float64Array(32);
  for (let row = 0; row < 4; row++)
    for (let column = 0; column < 4; column++) {
      out[8 * column + 2 * row] = m[8 * row + 2 * column] as number;
      out[8 * column + 2 * row + 1] = m[8 * row + 2 * column + 1] as number;
    }
  return out;
}

/** Column k times e^(-i theta_k). */
function columnsTurned(m: Matrix, thetas: readonly number[]): Matrix {
  const out = m.slice();
  for (const [k, theta] of thetas.entries()) {
    const [c, s] = [Math.cos(theta), Math.sin(theta)];
    for (let row = 0; row < 4; row++) {
      const i = 8 * row + 2 * k;
      const re = m[i] as number;
      const im = m[i + 1] as number;
      out[i] = re * c + im * s;
      out[i + 1] = im * c - re * s;
    }
  }
  return out;
}

const determinant = (m: Matrix): number => complexDeterminant(m)[0];

/** By Gaussian elimination with pivots. */
function complexDeterminant(matrix: Matrix): readonly [number, number] {
  const m = matrix.slice();
  let re = 1;
  let im = 0;
  for (let k = 0; k < 4; k++) {
    let pivot = k;
    const size = (row: number): number => Math.hypot(m[8 * row + 2 * k] as number, m[8 * row + 2 * k + 1] as number);
    for (let row = k + 1; row < 4; row++) if (size(row) > size(pivot)) pivot = row;
    if (size(pivot) === 0) return [0, 0];
    if (pivot !== k) {
      for (let i = 0; i < 8; i++)
        [m[8 * k + i], m[8 * pivot + i]] = [m[8 * pivot + i] as number, m[8 * k + i] as number];
      re = -re;
      im = -im;
    }
    const a = m[10 * k] as number;
    const b = m[10 * k + 1] as number;
    [re, im] = [re * a - im * b, re * b + im * a];
    const norm = a * a + b * b;
    for (let row = k + 1; row < 4; row++) {
      const x = m[8 * row + 2 * k] as number;
      const y = m[8 * row + 2 * k + 1] as number;
      const fr = (x * a + y * b) / norm;
      const fi = (y * a - x * b) / norm;
      for (let column = k; column < 4; column++) {
        const p = m[8 * k + 2 * column] as number;
        const q = m[8 * k + 2 * column + 1] as number;
        const to = 8 * row + 2 * column;
        m[to] = (m[to] as number) - (fr * p - fi * q);
        m[to + 1] = (m[to + 1] as number) - (fr * q + fi * p);
      }
    }
  }
  return [re, im];
}

/** A tensor product of two 2 x 2 unitaries: factor 0 on the low bit; null where it is none. */
function factors(m: Matrix): readonly [Matrix, Matrix] | null {
  // The largest entry names the block of the high factor that is best to divide by.
  let best = 0;
  const size = (i: number): number => Math.hypot(m[i] as number, m[i + 1] as number);
  for (let i = 0; i < 32; i += 2) if (size(i) > size(best)) best = i;
  const [row, column] = [best >> 3, (best >> 1) & 3];
  const entry = (r: number, c: number): readonly [number, number] => [
    m[8 * r + 2 * c] as number,
    m[8 * r + 2 * c + 1] as number,
  ];
  const low = new Float64Array(8);
  const high = new Float64Array(8);
  for (let r = 0; r < 2; r++)
    for (let c = 0; c < 2; c++) {
      low.set(entry((row & 2) | r, (column & 2) | c), 4 * r + 2 * c);
      high.set(entry((r << 1) | (row & 1), (c << 1) | (column & 1)), 4 * r + 2 * c);
    }
  const [a, b] = [normalised(low), normalised(high)];
  return tensorError(a, b, m) <= ERROR_MAX ? [a, b] : null;
}

/** Scaled to a unitary. */
function normalised(m: Matrix): Matrix {
  const norm = Math.hypot(m[0] as number, m[1] as number, m[2] as number, m[3] as number);
  return m.map((value) => value / norm);
}

/** Largest entry of m - e^(i phi) (low x high), phi the phase between them. */
function tensorError(low: Matrix, high: Matrix, m: Matrix): number {
  const product = new Float64Array(32);
  let re = 0;
  let im = 0;
  for (let r = 0; r < 4; r++)
    for (let c = 0; c < 4; c++) {
      const l = 4 * (r & 1) + 2 * (c & 1);
      const h = 4 * (r >> 1) + 2 * (c >> 1);
      const [lr, li, hr, hi] = [low[l] as number, low[l + 1] as number, high[h] as number, high[h + 1] as number];
      const i = 8 * r + 2 * c;
      const [tr, ti] = [lr * hr - li * hi, lr * hi + li * hr];
      product[i] = tr;
      product[i + 1] = ti;
      const [mr, mi] = [m[i] as number, m[i + 1] as number];
      re += tr * mr + ti * mi;
      im += tr * mi - ti * mr;
    }
  const size = Math.hypot(re, im);
  if (size === 0) return Infinity;
  let worst = 0;
  for (let i = 0; i < 32; i += 2) {
    const [tr, ti] = [product[i] as number, product[i + 1] as number];
    const x = (m[i] as number) - (tr * re - ti * im) / size;
    const y = (m[i + 1] as number) - (tr * im + ti * re) / size;
    worst = Math.max(worst, Math.hypot(x, y));
  }
  return worst;
}
