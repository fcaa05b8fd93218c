import { describe, expect, it } from 'vitest';
import { Prng } from '../../lib/prng.ts';
import { GATES, type Matrix } from '../circuit/gate-table.ts';
import { matrixOn } from './dense.ts';
import { distance, GATE_NAMES, randomAngle, randomUnitary } from './testing/random-circuit.ts';
import { eulerAngles, twoLevelSteps } from './two-level.ts';

const stepsOf = (
  matrix: Matrix,
  targets: readonly number[],
  controls: readonly number[] = [],
): ReturnType<typeof twoLevelSteps> => twoLevelSteps({ kind: 'unitary', label: '', matrix, targets, controls });

/** No matrix that is left, no gate on two targets but rotations. */
const GATES_ALLOWED = new Set(['gphase', 'p', 'u', 'x', 'rxx', 'ryy', 'rzz']);

describe('a dense unitary as gates', () => {
  it.each([1, 2, 3, 4])('random ones on %d qubits', (qubits) => {
    const rng = new Prng(`levels ${qubits}`);
    for (let i = 0; i < 5; i++) {
      const matrix = randomUnitary(rng, qubits);
      const targets = rng.shuffle(Array.from({ length: qubits }, (_, k) => k));
      const steps = stepsOf(matrix, targets);
      expect(steps.every((step) => step.kind === 'gate' && GATES_ALLOWED.has(step.name))).toBe(true);
      expect(distance(matrixOn(steps, targets), matrix)).toBeLessThan(1e-12);
      const under = matrixOn(stepsOf(matrix, targets, [qubits]), [...targets, qubits]);
      const wanted = matrixOn(
        [{ kind: 'unitary', label: '', matrix, targets, controls: [qubits] }],
        [...targets, qubits],
      );
      expect(distance(under, wanted)).toBeLessThan(1e-12);
    }
  });

  it('those of all gates, with their zeros and equal eigenvalues', () => {
    const rng = new Prng('table');
    for (const name of GATE_NAMES.filter((one) => GATES[one].targets > 0)) {
      const matrix = GATES[name].matrix(GATES[name].params.map(() => randomAngle(rng)));
      const targets = [0, 1].slice(0, GATES[name].targets);
      expect(distance(matrixOn(stepsOf(matrix, targets), targets), matrix)).toBeLessThan(1e-13);
    }
  });

  it('three rotations for two qubits', () => {
    const steps = stepsOf(randomUnitary(new Prng('kak'), 2), [0, 1]);
    expect(steps.filter(({ targets }) => targets.length === 2).length).toBe(3);
    expect(steps.length).toBe(8);
  });

  it('permutations, whose rows only change places', () => {
    const rng = new Prng('permutations');
    const order = rng.shuffle([0, 1, 2, 3, 4, 5, 6, 7]);
    const matrix = new Float64Array(128);
    for (const [row, column] of order.entries()) matrix[2 * (8 * row + column)] = 1;
    expect(distance(matrixOn(stepsOf(matrix, [0, 1, 2]), [0, 1, 2]), matrix)).toBeLessThan(1e-14);
  });
});

it('angles of one qubit, near the poles too', () => {
  for (const theta of [0, 1e-15, 1e-9, 1, Math.PI - 1e-9, Math.PI - 1e-15, Math.PI]) {
    const matrix = GATES.u.matrix([theta, 0.4, -2]);
    const { gamma, ...angles } = eulerAngles(matrix);
    expect(Math.abs(Math.sin(gamma))).toBeLessThan(1);
    const steps = stepsOf(matrix, [0]);
    expect(Math.abs(angles.theta - theta)).toBeLessThan(1e-8);
    expect(distance(matrixOn(steps, [0]), matrix)).toBeLessThan(1e-14);
  }
});
