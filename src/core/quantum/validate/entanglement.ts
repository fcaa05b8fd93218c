import { fail, ok, type Result } from '../../lib/result.ts';
import { kron, PAULIS } from '../noise/kraus.ts';
import { multiply, type Matrix } from '../circuit/gate-table.ts';
import type { QuantumState } from '../engine/engine.ts';
import { judged, type Check } from './checks.ts';
import { sandwichedEigenvalues, shannonEntropy } from './density-measures.ts';
import { hermitianEigen, type MatrixFailure } from './hermitian-eigen.ts';

/** Reduced density matrices are read out up to 8 qubits. */
const SIDE_MAX = 8;

/**
 * Eigenvalues of the reduced density matrix of `qubits` (their complement's where that is smaller: the non-zero ones are the
 * same for a pure state), largest first, normalised to sum 1. Failures: QUANTUM_QUBITS where both sides have more than 8
 * qubits or one is no set of qubits; those of the state.
 */
export async function entanglementSpectrum(
  state: QuantumState,
  qubits: readonly number[],
): Promise<Result<Float64Array>> {
  const wrong = qubits.find((q, i) => !Number.isInteger(q) || q < 0 || q >= state.qubits || qubits.indexOf(q) !== i);
  if (wrong !== undefined)
    return fail('QUANTUM_QUBITS', `qubit ${wrong}: expected different qubits from 0 to ${state.qubits - 1}`);
  const others = Array.from({ length: state.qubits }, (_, q) => q).filter((q) => !qubits.includes(q));
  const side = qubits.length <= others.length ? qubits : others;
  if (side.length > SIDE_MAX)
    return fail('QUANTUM_QUBITS', `both sides of the cut have more than ${SIDE_MAX} qubits; choose a smaller part`);
  if (side.length === 0) return ok(Float64Array.of(1));
  const reduced = await state.reducedDensityMatrix(side);
  if (!reduced.ok) return reduced;
  const eigen = hermitianEigen(reduced.value);
  if (!eigen.ok) return eigen;
  const values = eigen.value.values.map((value) => Math.max(0, value)).reverse();
  const sum = values.reduce((total, value) => total + value, 0);
  return ok(values.map((value) => value / sum));
}

/** Von Neumann entropy of one side of a pure state, in bits: 0 for a product, k at most for k qubits. Error about 1e-5 in float32. */
export async function entanglementEntropy(state: QuantumState, qubits: readonly number[]): Promise<Result<number>> {
  const spectrum = await entanglementSpectrum(state, qubits);
  return spectrum.ok ? ok(shannonEntropy(spectrum.value)) : spectrum;
}

/**
 * Unitaries on the two sides of a cut leave the whole spectrum alone. The error is the largest change of an eigenvalue; the
 * tolerance 1e-10 (float64) is far above its rounding (see TOLERANCES; no false alarm observed), float32 states need 1e-5.
 */
export async function checkEntanglementConserved(
  before: QuantumState,
  after: QuantumState,
  qubits: readonly number[],
  tolerance = 1e-10,
): Promise<Result<Check>> {
  if (before.qubits !== after.qubits)
    return fail(
      'QUANTUM_QUBITS',
      `got states of ${before.qubits} and ${after.qubits} qubits, expected the same number`,
    );
  const a = await entanglementSpectrum(before, qubits);
  if (!a.ok) return a;
  const b = await entanglementSpectrum(after, qubits);
  if (!b.ok) return b;
  const error = a.value.reduce((worst, value, i) => Math.max(worst, Math.abs(value - (b.value[i] ?? Number.NaN))), 0);
  return ok(judged(error, tolerance, 'the entanglement spectrum changed'));
}

/** Wootters' concurrence of two qubits, 0 to 1 (PRL 80, 1998). Absolute error up to 1e-7 for pure states. */
export function concurrence(rho: Matrix): Result<number, MatrixFailure> {
  if (rho.length !== 32)
    return fail('QUANTUM_MATRIX', `concurrence of ${rho.length} numbers, expected the 32 of two qubits`);
  const yy = kron(PAULIS[2], PAULIS[2]);
  const conjugate = rho.map((value, i) => (i % 2 === 1 ? -value : value));
  const values = sandwichedEigenvalues(rho, multiply(multiply(yy, conjugate), yy));
  if (!values.ok) return values;
  const roots = Array.from(values.value, (value) => Math.sqrt(Math.max(0, value)));
  const largest = roots.pop() ?? 0;
  return ok(
    Math.max(
      0,
      roots.reduce((left, root) => left - root, largest),
    ),
  );
}

/** Sum of the absolute negative eigenvalues of the partial transpose on `qubits` (bits of the index); 1/2 for a Bell pair. */
export function negativity(rho: Matrix, qubits: readonly number[]): Result<number, MatrixFailure> {
  const size = Math.sqrt(rho.length / 2);
  const mask = qubits.reduce((bits, qubit) => bits | (1 << qubit), 0);
  const transposed = new Float64Array(rho.length);
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++) {
      const swapped = (row ^ column) & mask;
      const from = 2 * (row * size + column);
      const to = 2 * ((row ^ swapped) * size + (column ^ swapped));
      transposed[to] = rho[from] as number;
      transposed[to + 1] = rho[from + 1] as number;
    }
  const eigen = hermitianEigen(transposed);
  return eigen.ok ? ok(eigen.value.values.reduce((sum, value) => sum + Math.max(0, -value), 0)) : eigen;
}
