import { describe, expect, it } from 'vitest';
import { Prng } from '../../lib/prng.ts';
import { adjoint, GATES, multiply, unitarityError, type Matrix } from '../circuit/gate-table.ts';
import { randomUnitary } from '../engine/testing/random-circuits.ts';
import { distance } from '../engine/testing/suite.ts';
import { eigenOfUnitary } from './eigen.ts';

/** V diag(e^(i phases)) V^dagger. */
function rebuilt(m: Matrix): Matrix {
  const { vectors, phases } = eigenOfUnitary(m);
  const [a, b] = phases;
  const middle = Float64Array.of(Math.cos(a), Math.sin(a), 0, 0, 0, 0, Math.cos(b), Math.sin(b));
  return multiply(multiply(vectors, middle), adjoint(vectors));
}

function expectEigen(m: Matrix, what: string): void {
  expect(unitarityError(eigenOfUnitary(m).vectors), `vectors of ${what}`).toBeLessThan(1e-14);
  expect(distance(rebuilt(m), m), what).toBeLessThan(1e-14);
}

describe('eigenvectors of 2x2 unitaries', () => {
  it('gives back every one-qubit gate of the table', () => {
    let seen = 0;
    for (const [name, { targets, params, matrix }] of Object.entries(GATES)) {
      if (targets !== 1) continue;
      for (const angle of [0, 1e-16, 1e-12, 1e-7, 0.3, Math.PI / 2, Math.PI - 1e-12, Math.PI, 3, 2 * Math.PI, -40]) {
        const angles = params.map((_, i) => angle * (1 + i / 3));
        expectEigen(matrix(angles), `${name}(${angles.join(', ')})`);
        seen += 1;
      }
    }
    expect(seen).toBeGreaterThan(100);
  });

  // oxlint-disable-next-line vitest/expect-expect -- expectEigen does
  it('gives back random unitaries and their neighbourhood of the identity', () => {
    const prng = new Prng('eigen');
    for (let round = 0; round < 500; round++) {
      const m = randomUnitary(prng, 1);
      expectEigen(m, `random ${round}`);
      // Conjugated diagonals whose eigenvalues nearly agree: the vectors are free, the product is not.
      const near = 10 ** -(4 + (round % 13));
      const phases = Float64Array.of(Math.cos(1), Math.sin(1), 0, 0, 0, 0, Math.cos(1 + near), Math.sin(1 + near));
      expectEigen(multiply(multiply(m, phases), adjoint(m)), `eigenvalues ${near} apart, ${round}`);
    }
  });

  it('turns the determinant and the trace into phases', () => {
    const prng = new Prng('eigen phases');
    for (let round = 0; round < 100; round++) {
      const m = randomUnitary(prng, 1);
      const [a, b] = eigenOfUnitary(m).phases;
      const [ar, ai, br, bi, cr, ci, dr, di] = Array.from(m) as [
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
      ];
      expect(Math.cos(a) + Math.cos(b)).toBeCloseTo(ar + dr, 13);
      expect(Math.sin(a) + Math.sin(b)).toBeCloseTo(ai + di, 13);
      expect(Math.cos(a + b)).toBeCloseTo(ar * dr - ai * di - br * cr + bi * ci, 13);
      expect(Math.sin(a + b)).toBeCloseTo(ar * di + ai * dr - br * ci - bi * cr, 13);
    }
  });
});
