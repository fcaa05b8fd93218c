import type { Matrix } from '../circuit/gate-table.ts';

/** Off-diagonal entries that count as zero. */
const OFF_MAX = 1e-11;
/** Real and imaginary part share their eigenvectors; one mix of them may have equal eigenvalues where they differ, another not. */
const MIXES: readonly (readonly [number, number])[] = [
  [1, 0],
  [0, 1],
  [0.8372, 0.5469],
  [0.3121, -0.9501],
  [-0.6618, 0.7497],
  [0.5, 0.866],
];
const SWEEPS_MAX = 60;

/**
 * A real rotation P (4 x 4, determinant 1, interleaved with zero imaginary parts) with P^T m P diagonal, for a symmetric unitary
 * m; null where none is found.
 */
export function diagonalise(m: Matrix): Matrix | null {
  for (const [a, b] of MIXES) {
    const mix = Array.from({ length: 16 }, (_, i) => a * (m[2 * i] as number) + b * (m[2 * i + 1] as number));
    // Symmetric up to rounding; Jacobi needs it exactly.
    for (let r = 0; r < 4; r++)
      for (let c = 0; c < r; c++) {
        const mean = ((mix[4 * r + c] as number) + (mix[4 * c + r] as number)) / 2;
        mix[4 * r + c] = mean;
        mix[4 * c + r] = mean;
      }
    const p = eigenvectors(mix);
    if (offDiagonal(m, p) <= OFF_MAX) return interleaved(p);
  }
  return null;
}

/** Cyclic Jacobi rotations (Golub, Van Loan, Matrix Computations, 8.5). Columns of the result are eigenvectors, determinant 1. */
function eigenvectors(a: number[]): number[] {
  const p = Array.from({ length: 16 }, (_, i) => (i % 5 === 0 ? 1 : 0));
  for (let sweep = 0; sweep < SWEEPS_MAX; sweep++) {
    let off = 0;
    for (let r = 0; r < 3; r++)
      for (let c = r + 1; c < 4; c++) {
        const x = a[4 * r + c] as number;
        off = Math.max(off, Math.abs(x));
        if (x === 0) continue;
        const tau = ((a[5 * c] as number) - (a[5 * r] as number)) / (2 * x);
        const t = (tau >= 0 ? 1 : -1) / (Math.abs(tau) + Math.hypot(1, tau));
        const cos = 1 / Math.hypot(1, t);
        rotate(a, p, r, c, cos, t * cos);
      }
    if (off < 1e-17) break;
  }
  return p;
}

function rotate(a: number[], p: number[], r: number, c: number, cos: number, sin: number): void {
  const turn = (m: number[], i: number, j: number): void => {
    const x = m[i] as number;
    const y = m[j] as number;
    m[i] = cos * x - sin * y;
    m[j] = sin * x + cos * y;
  };
  for (let k = 0; k < 4; k++) turn(a, 4 * k + r, 4 * k + c);
  for (let k = 0; k < 4; k++) turn(a, 4 * r + k, 4 * c + k);
  for (let k = 0; k < 4; k++) turn(p, 4 * k + r, 4 * k + c);
}

/** Largest off-diagonal entry of P^T m P, real and imaginary. */
function offDiagonal(m: Matrix, p: readonly number[]): number {
  let worst = 0;
  for (let r = 0; r < 4; r++)
    for (let c = 0; c < 4; c++) {
      if (r === c) continue;
      let re = 0;
      let im = 0;
      for (let i = 0; i < 4; i++)
        for (let j = 0; j < 4; j++) {
          const weight = (p[4 * i + r] as number) * (p[4 * j + c] as number);
          re += weight * (m[8 * i + 2 * j] as number);
          im += weight * (m[8 * i + 2 * j + 1] as number);
        }
      worst = Math.max(worst, Math.abs(re), Math.abs(im));
    }
  return worst;
}

function interleaved(p: readonly number[]): Matrix {
  const out = new Float64Array(32);
  for (const [i, value] of p.entries()) out[2 * i] = value;
  return out;
}
