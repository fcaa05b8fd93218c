import { at } from '../../lib/assert.ts';
import { combine } from '../circuit/angle.ts';
import type { GateName, UnitaryStep } from '../circuit/circuit.ts';
import { adjoint, matrixOf, multiply, type Matrix } from '../circuit/gate-table.ts';
import { matrixOn } from './dense.ts';
import { GateProblem } from './failure.ts';
import { diagonalise } from './hermitian.ts';

/** Turns whose power is the turn by a part of the angle, as long as the angle is within the principal branch. */
const TURNS: ReadonlyMap<GateName, number> = new Map<GateName, number>([
  ['gphase', Math.PI],
  ['p', Math.PI],
  ['rx', 2 * Math.PI],
  ['ry', 2 * Math.PI],
  ['rz', 2 * Math.PI],
  ['rxx', 2 * Math.PI],
  ['ryy', 2 * Math.PI],
  ['rzz', 2 * Math.PI],
  ['rzx', 2 * Math.PI],
  ['xxplusyy', 2 * Math.PI],
]);

/** Fixed gates that are phases: their powers are phases, too. */
const PHASES: ReadonlyMap<GateName, number> = new Map<GateName, number>([
  ['z', Math.PI],
  ['s', Math.PI / 2],
  ['t', Math.PI / 4],
  ['sdg', -Math.PI / 2],
  ['tdg', -Math.PI / 4],
]);

/** The matrix of a power of a whole gate: 64 x 64 is diagonalised in tens of milliseconds. */
const QUBITS_MAX = 6;

/**
 * The principal power: every eigenvalue e^(i a), -pi < a <= pi, becomes e^(i a k) (OpenQASM 3, "pow(k) @").
 * Turns by a known angle stay turns; a symbolic angle is taken to be within the principal branch. Others become matrices.
 */
export function fractionalPower(steps: readonly UnitaryStep[], exponent: number, name: string): readonly UnitaryStep[] {
  const [only] = steps;
  if (only === undefined) return [];
  if (steps.length === 1 && only.kind === 'gate') {
    const turned = turn(only, exponent);
    if (turned !== null) return [turned];
  }
  // A power leaves the part without controls alone, so that one step keeps its controls.
  const places =
    steps.length === 1 ? only.targets : [...new Set(steps.flatMap((step) => [...step.controls, ...step.targets]))];
  if (places.length > QUBITS_MAX)
    throw new GateProblem(
      'QASM_LIMIT',
      `a power of a gate on at most ${QUBITS_MAX} qubits, ${name} is on ${places.length}`,
    );
  const matrix = steps.length === 1 ? matrixOf(only, new Map()) : matrixOn(steps, places);
  if (!matrix.every(Number.isFinite))
    throw new GateProblem(
      'QASM_UNSUPPORTED',
      `a whole power, since ${name} has an angle that is not known before the run`,
    );
  const controls = steps.length === 1 ? only.controls : [];
  return [
    { kind: 'unitary', label: `${name}^${exponent}`, matrix: power(matrix, exponent), targets: places, controls },
  ];
}

function turn(step: UnitaryStep & { readonly kind: 'gate' }, exponent: number): UnitaryStep | null {
  const { name, params } = step;
  const phase = PHASES.get(name);
  if (phase !== undefined) return { ...step, name: 'p', params: [phase * exponent] };
  if (name === 'id') return step;
  if (name === 'x' && Math.abs(exponent) === 0.5) return { ...step, name: exponent > 0 ? 'sx' : 'sxdg' };
  const limit = TURNS.get(name);
  if (limit === undefined) return null;
  const [angle = Number.NaN, ...others] = params;
  if (typeof angle === 'number' && !(Math.abs(angle) < limit)) return null;
  return { ...step, params: [combine('multiply', angle, exponent), ...others] };
}

/**
 * The power of a unitary by its eigenvectors. A unitary is H1 + i H2 with commuting Hermitian H1 and H2; the eigenvectors of
 * a mixture of both are those of the unitary, unless two eigenvalues happen to mix to the same number: then another mixture.
 */
export function power(unitary: Matrix, exponent: number): Matrix {
  const size = Math.sqrt(unitary.length / 2);
  let best: { readonly vectors: Matrix; readonly values: Matrix; readonly error: number } | null = null;
  for (const angle of [0.7318, 1.9127, 2.5441, 0.2093, 1.2345]) {
    const { vectors } = diagonalise(mixture(unitary, Math.cos(angle), Math.sin(angle)));
    const values = multiply(adjoint(vectors), multiply(unitary, vectors));
    const error = offDiagonal(values, size);
    if (best === null || error < best.error) best = { vectors, values, error };
    if (error < 1e-13) break;
  }
  if (best === null || best.error > 1e-9)
    throw new GateProblem('QASM_UNSUPPORTED', 'a gate whose power can be computed');
  const { vectors, values } = best;
  const powers = new Float64Array(unitary.length);
  for (let i = 0; i < size; i++) {
    const place = 2 * (i * size + i);
    let angle = Math.atan2(at(values, place + 1), at(values, place));
    // Rounding must not turn the eigenvalue -1 of a reflection into one just below the branch cut.
    if (angle < 1e-12 - Math.PI) angle = Math.PI;
    powers[place] = Math.cos(angle * exponent);
    powers[place + 1] = Math.sin(angle * exponent);
  }
  return multiply(vectors, multiply(powers, adjoint(vectors)));
}

/** c (U + U^dagger)/2 + s (U - U^dagger)/2i. */
function mixture(unitary: Matrix, c: number, s: number): Matrix {
  const other = adjoint(unitary);
  const out = new Float64Array(unitary.length);
  for (let i = 0; i < out.length; i += 2) {
    const [re, im] = [at(unitary, i), at(unitary, i + 1)];
    const [ore, oim] = [at(other, i), at(other, i + 1)];
    out[i] = (c * (re + ore) + s * (im - oim)) / 2;
    out[i + 1] = (c * (im + oim) - s * (re - ore)) / 2;
  }
  return out;
}

function offDiagonal(a: Matrix, size: number): number {
  let worst = 0;
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++)
      if (row !== column)
        worst = Math.max(
          worst,
          Math.abs(at(a, 2 * (row * size + column))),
          Math.abs(at(a, 2 * (row * size + column) + 1)),
        );
  return worst;
}
