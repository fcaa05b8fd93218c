import { describe, expect, it } from 'vitest';
import { at } from '../../lib/assert.ts';
import { Prng } from '../../lib/prng.ts';
import { unwrap } from '../../lib/result.ts';
import { adjoint, multiply, unitarityError, type Matrix } from '../circuit/gate-table.ts';
import { hermiticityError, hermitianEigen } from './hermitian-eigen.ts';
import { randomUnitary } from './testing/random-matrices.ts';

function diagonalOf(values: ArrayLike<number>): Matrix {
  const n = values.length;
  const out = new Float64Array(2 * n * n);
  for (let i = 0; i < n; i++) out[2 * (i * n + i)] = at(values, i);
  return out;
}

describe('hermitianEigen', () => {
  it.each([1, 2, 3, 5, 16, 33, 64])('finds the spectrum that a matrix of %d rows was made with', (n) => {
    const prng = new Prng(n);
    for (const spectrum of [
      Array.from({ length: n }, () => prng.normal()),
      // Degenerate, rank deficient, and over 12 orders of magnitude.
      Array.from({ length: n }, (_, i) => (i % 3 === 0 ? 0 : 1)),
      Array.from({ length: n }, (_, i) => 10 ** (-12 * (i / n))),
    ]) {
      const u = randomUnitary(prng, n);
      const matrix = multiply(multiply(u, diagonalOf(spectrum)), adjoint(u));
      const { values, vectors } = unwrap(hermitianEigen(matrix));
      const sorted = [...spectrum].sort((a, b) => a - b);
      for (let i = 0; i < n; i++) expect(Math.abs(at(values, i) - at(sorted, i))).toBeLessThan(1e-13 * Math.sqrt(n));
      expect(unitarityError(vectors)).toBeLessThan(1e-13);
      // A v = lambda v, with the kets as rows.
      const kets = adjoint(vectors.map((x, i) => (i % 2 === 1 ? -x : x)));
      const left = multiply(matrix, kets);
      const right = multiply(kets, diagonalOf(values));
      for (let i = 0; i < left.length; i++) expect(Math.abs(at(left, i) - at(right, i))).toBeLessThan(1e-12);
    }
  });

  it('Pauli Y has the eigenvectors (1, -+i)/sqrt 2', () => {
    const { values, vectors } = unwrap(hermitianEigen(Float64Array.of(0, 0, 0, -1, 0, 1, 0, 0)));
    expect(at(values, 0)).toBeCloseTo(-1, 15);
    expect(at(values, 1)).toBeCloseTo(1, 15);
    // The ratio of the second to the first component is i for +1.
    const [ar, ai, br, bi] = Array.from(vectors.subarray(4)) as [number, number, number, number];
    expect(br * ar + bi * ai).toBeCloseTo(0, 15);
    expect(bi * ar - br * ai).toBeCloseTo(0.5, 15);
  });

  it('the zero matrix and a diagonal one need nothing', () => {
    expect([...unwrap(hermitianEigen(new Float64Array(18))).values]).toEqual([0, 0, 0]);
    expect([...unwrap(hermitianEigen(diagonalOf([3, -1, 2]))).values]).toEqual([-1, 2, 3]);
  });

  it('takes 256 rows within seconds', () => {
    const prng = new Prng(256);
    const matrix = new Float64Array(2 * 256 * 256);
    for (let row = 0; row < 256; row++)
      for (let column = 0; column <= row; column++) {
        const [re, im] = [prng.normal(), row === column ? 0 : prng.normal()];
        matrix.set([re, im], 2 * (row * 256 + column));
        matrix.set([re, -im], 2 * (column * 256 + row));
      }
    const started = performance.now();
    const { values } = unwrap(hermitianEigen(matrix));
    const trace = Array.from({ length: 256 }, (_, i) => at(matrix, 2 * (i * 256 + i))).reduce((sum, x) => sum + x, 0);
    expect(values.reduce((sum, x) => sum + x, 0)).toBeCloseTo(trace, 10);
    const squares = matrix.reduce((sum, x) => sum + x * x, 0);
    expect(values.reduce((sum, x) => sum + x * x, 0) / squares).toBeCloseTo(1, 12);
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  it('refuses what is not Hermitian, not square, too large or not finite', () => {
    for (const matrix of [
      Float64Array.of(1, 0, 2, 0, 3, 0, 1, 0),
      Float64Array.of(1, 0.5, 0, 0, 0, 0, 1, 0),
      new Float64Array(6),
      new Float64Array(0),
      new Float64Array(2 * 257 * 257),
      Float64Array.of(1, 0, Number.NaN, 0, 0, 0, 1, 0),
      Float64Array.of(Infinity, 0, 0, 0, 0, 0, 1, 0),
    ])
      expect(hermitianEigen(matrix)).toMatchObject({ error: { code: 'QUANTUM_MATRIX' } });
    expect(hermiticityError(Float64Array.of(1, 0, 2, 1, 2, -1, 1, 0))).toBe(0);
    expect(hermiticityError(Float64Array.of(1, 0, 2, 1, 2, 1, 1, 0))).toBe(2);
  });
});
