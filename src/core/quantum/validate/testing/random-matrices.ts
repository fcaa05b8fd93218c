import { at } from '../../../lib/assert.ts';
import type { Prng } from '../../../lib/prng.ts';
import { adjoint, multiply, type Matrix } from '../../circuit/gate-table.ts';

/** Haar-random up to row phases: Gram-Schmidt, twice for orthogonality, on a complex Gaussian matrix. */
export function randomUnitary(prng: Prng, n: number): Matrix {
  const m = Float64Array.from({ length: 2 * n * n }, () => prng.normal());
  for (let row = 0; row < n; row++)
    for (let again = 0; again < 2; again++) {
      const v = m.subarray(2 * row * n, 2 * (row + 1) * n);
      for (let other = 0; other < row; other++) {
        const w = m.subarray(2 * other * n, 2 * (other + 1) * n);
        let [re, im] = [0, 0];
        for (let k = 0; k < 2 * n; k += 2) {
          re += at(w, k) * at(v, k) + at(w, k + 1) * at(v, k + 1);
          im += at(w, k) * at(v, k + 1) - at(w, k + 1) * at(v, k);
        }
        for (let k = 0; k < 2 * n; k += 2) {
          const [wr, wi] = [at(w, k), at(w, k + 1)];
          v[k] = at(v, k) - (re * wr - im * wi);
          v[k + 1] = at(v, k + 1) - (re * wi + im * wr);
        }
      }
      const norm = Math.sqrt(v.reduce((sum, x) => sum + x * x, 0));
      for (let k = 0; k < 2 * n; k++) v[k] = at(v, k) / norm;
    }
  return m;
}

export function randomPure(prng: Prng, n: number): Float64Array {
  const v = Float64Array.from({ length: 2 * n }, () => prng.normal());
  const norm = Math.sqrt(v.reduce((sum, x) => sum + x * x, 0));
  return v.map((x) => x / norm);
}

/** |psi><psi|. */
export function projector(psi: Float64Array): Matrix {
  const n = psi.length / 2;
  const out = new Float64Array(2 * n * n);
  for (let row = 0; row < n; row++)
    for (let column = 0; column < n; column++) {
      const [ar, ai, br, bi] = [at(psi, 2 * row), at(psi, 2 * row + 1), at(psi, 2 * column), at(psi, 2 * column + 1)];
      out[2 * (row * n + column)] = ar * br + ai * bi;
      out[2 * (row * n + column) + 1] = ai * br - ar * bi;
    }
  return out;
}

/** With the given eigenvalues in a random basis. */
export function densityWith(prng: Prng, spectrum: readonly number[]): Matrix {
  const n = spectrum.length;
  const u = randomUnitary(prng, n);
  const d = new Float64Array(2 * n * n);
  for (const [i, value] of spectrum.entries()) d[2 * (i * n + i)] = value;
  return multiply(multiply(u, d), adjoint(u));
}
