import { fail, ok, type Result } from '../../lib/result.ts';
import { adjoint, multiply, type Matrix } from '../circuit/gate-table.ts';
import { hermitianEigen, type MatrixFailure } from './hermitian-eigen.ts';

/**
 * Numbers that describe density matrices (row-major, interleaved) and pure states (interleaved amplitudes). Fidelities are
 * squared overlaps, F = |<a|b>|^2 for pure states (Jozsa's convention); entropies are in bits. Inputs of different sizes
 * give QUANTUM_MATRIX. Eigenvalues below 0 by rounding count as 0.
 */

/** |<a|b>|^2 / (<a|a><b|b>): float32 norms do not matter. Absolute error 1e-15 sqrt(2^n). */
export function fidelityOfPure(a: ArrayLike<number>, b: ArrayLike<number>): Result<number, MatrixFailure> {
  if (a.length !== b.length) return sizes(a, b);
  let [re, im, normA, normB] = [0, 0, 0, 0];
  for (let i = 0; i < a.length; i += 2) {
    const [ar, ai] = [a[i] as number, a[i + 1] as number];
    const [br, bi] = [b[i] as number, b[i + 1] as number];
    re += ar * br + ai * bi;
    im += ar * bi - ai * br;
    normA += ar * ar + ai * ai;
    normB += br * br + bi * bi;
  }
  return ok((re * re + im * im) / (normA * normB));
}

/** <psi|rho|psi>. */
export function fidelityWithPure(rho: Matrix, psi: ArrayLike<number>): Result<number, MatrixFailure> {
  const size = psi.length / 2;
  if (rho.length !== 2 * size * size) return sizes(rho, psi);
  let sum = 0;
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++) {
      const at = 2 * (row * size + column);
      // Re(conj(psi_row) rho psi_column); the imaginary parts cancel in pairs.
      const re =
        (psi[2 * row] as number) * (psi[2 * column] as number) +
        (psi[2 * row + 1] as number) * (psi[2 * column + 1] as number);
      const im =
        (psi[2 * row] as number) * (psi[2 * column + 1] as number) -
        (psi[2 * row + 1] as number) * (psi[2 * column] as number);
      sum += (rho[at] as number) * re - (rho[at + 1] as number) * im;
    }
  return ok(sum);
}

/** Uhlmann: (Tr sqrt(sqrt(rho) sigma sqrt(rho)))^2. Absolute error up to 1e-7 where eigenvalues are 0 (a square root of rounding). */
export function fidelityOfMixed(rho: Matrix, sigma: Matrix): Result<number, MatrixFailure> {
  const values = sandwichedEigenvalues(rho, sigma);
  if (!values.ok) return values;
  return ok(values.value.reduce((sum, value) => sum + Math.sqrt(Math.max(0, value)), 0) ** 2);
}

/** Eigenvalues of sqrt(rho) sigma sqrt(rho), which are those of rho sigma; ascending. */
export function sandwichedEigenvalues(rho: Matrix, sigma: Matrix): Result<Float64Array, MatrixFailure> {
  if (rho.length !== sigma.length) return sizes(rho, sigma);
  const eigen = hermitianEigen(rho);
  if (!eigen.ok) return eigen;
  const { values, vectors } = eigen.value;
  const size = values.length;
  // Rows of `vectors` are kets; as a matrix of bras each entry is conjugated.
  const bras = vectors.map((value, i) => (i % 2 === 1 ? -value : value));
  const inner = multiply(multiply(bras, sigma), adjoint(bras));
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++) {
      const factor = Math.sqrt(Math.max(0, values[row] as number) * Math.max(0, values[column] as number));
      const at = 2 * (row * size + column);
      inner[at] = (inner[at] as number) * factor;
      inner[at + 1] = (inner[at + 1] as number) * factor;
    }
  const found = hermitianEigen(inner);
  return found.ok ? ok(found.value.values) : found;
}

/** Tr(rho^2): 1 for a pure state, 2^-n for noise. */
export function purity(rho: Matrix): number {
  return rho.reduce((sum, value) => sum + value * value, 0);
}

/** Sum of the absolute off-diagonal entries, 0 to 2^n - 1 (Baumgratz, Cramer, Plenio, PRL 113, 2014). */
export function l1Coherence(rho: Matrix): number {
  const size = Math.sqrt(rho.length / 2);
  let sum = 0;
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++) {
      const at = 2 * (row * size + column);
      if (row !== column) sum += Math.hypot(rho[at] as number, rho[at + 1] as number);
    }
  return sum;
}

/** -Tr(rho log2 rho). */
export function vonNeumannEntropy(rho: Matrix): Result<number, MatrixFailure> {
  const eigen = hermitianEigen(rho);
  return eigen.ok ? ok(shannonEntropy(eigen.value.values)) : eigen;
}

/** S(diagonal of rho) - S(rho), in bits; the same source as `l1Coherence`. */
export function relativeEntropyOfCoherence(rho: Matrix): Result<number, MatrixFailure> {
  const mixed = vonNeumannEntropy(rho);
  if (!mixed.ok) return mixed;
  const size = Math.sqrt(rho.length / 2);
  const diagonal = Array.from({ length: size }, (_, i) => rho[2 * (i * size + i)] as number);
  return ok(Math.max(0, shannonEntropy(diagonal) - mixed.value));
}

/** -sum p log2 p. */
export function shannonEntropy(probabilities: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < probabilities.length; i++) {
    const p = probabilities[i] as number;
    if (p > 0) sum -= p * Math.log2(p);
  }
  return Math.max(0, sum);
}

function sizes(a: ArrayLike<number>, b: ArrayLike<number>): ReturnType<typeof fail<'QUANTUM_MATRIX'>> {
  return fail('QUANTUM_MATRIX', `got ${a.length} and ${b.length} numbers, which are not of the same number of qubits`);
}
