import type { Matrix } from '../circuit/gate-table.ts';

/** Jacobi converges quadratically: 64 x 64 takes below ten sweeps. */
const SWEEPS_MAX = 60;

/**
 * Eigenvectors (the columns of `vectors`) of a Hermitian matrix by cyclic complex Jacobi rotations
 * (Golub, Van Loan, Matrix Computations, 4th ed., 8.5). `values` is the matrix after the rotations, diagonal to rounding.
 */
export function diagonalise(hermitian: Matrix): { readonly vectors: Matrix; readonly values: Matrix } {
  const size = Math.sqrt(hermitian.length / 2);
  const a = Float64Array.from(hermitian);
  const v = new Float64Array(a.length);
  for (let i = 0; i < size; i++) v[2 * (i * size + i)] = 1;
  for (let sweep = 0; sweep < SWEEPS_MAX; sweep++) {
    let turned = false;
    for (let p = 0; p < size; p++) for (let q = p + 1; q < size; q++) turned = rotate(a, v, size, p, q) || turned;
    if (!turned) break;
  }
  return { vectors: v, values: a };
}

/** Makes a[p, q] zero; false where it is already below rounding. */
function rotate(a: Float64Array, v: Float64Array, size: number, p: number, q: number): boolean {
  const pq = 2 * (p * size + q);
  const [re, im] = [a[pq] as number, a[pq + 1] as number];
  const r = Math.hypot(re, im);
  const difference = (a[2 * (q * size + q)] as number) - (a[2 * (p * size + p)] as number);
  if (r < 1e-17) return false;
  const theta = difference / (2 * r);
  const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.hypot(theta, 1));
  const c = 1 / Math.hypot(t, 1);
  const s = t * c;
  // Column q turns by the phase of a[p, q], so that the rest is a real rotation.
  const [fr, fi] = [re / r, im / r];
  for (const m of [a, v])
    for (let row = 0; row < size; row++) {
      const i = 2 * (row * size + p);
      const j = 2 * (row * size + q);
      const [xr, xi] = [m[i] as number, m[i + 1] as number];
      // y e^(-i arg)
      const yr = (m[j] as number) * fr + (m[j + 1] as number) * fi;
      const yi = (m[j + 1] as number) * fr - (m[j] as number) * fi;
      m[i] = c * xr - s * yr;
      m[i + 1] = c * xi - s * yi;
      m[j] = s * xr + c * yr;
      m[j + 1] = s * xi + c * yi;
    }
  for (let column = 0; column < size; column++) {
    const i = 2 * (p * size + column);
    const j = 2 * (q * size + column);
    const [xr, xi] = [a[i] as number, a[i + 1] as number];
    const yr = (a[j] as number) * fr - (a[j + 1] as number) * fi;
    const yi = (a[j + 1] as number) * fr + (a[j] as number) * fi;
    a[i] = c * xr - s * yr;
    a[i + 1] = c * xi - s * yi;
    a[j] = s * xr + c * yr;
    a[j + 1] = s * xi + c * yi;
  }
  return true;
}
