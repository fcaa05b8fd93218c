import { describe, expect, it } from 'vitest';
import { Prng } from '../../../core/lib/prng.ts';
import { unwrap } from '../../../core/lib/result.ts';
import { parameter } from '../../../core/quantum/circuit/angle.ts';
import { gate } from '../../../core/quantum/circuit/builder.ts';
import type { UnitaryStep } from '../../../core/quantum/circuit/circuit.ts';
import { matrixOf } from '../../../core/quantum/circuit/gate-table.ts';
import { createCpuDevice } from '../../../core/quantum/engine/cpu-device.ts';
import { applyMatrix } from '../../../core/quantum/engine/cpu-kernels.ts';
import { randomStep } from '../../../core/quantum/engine/testing/random-circuits.ts';
import { interpretBackward } from '../testing/interpret.ts';
import { addGradient, encodeBackward } from './encode-backward.ts';
import type { TileShape } from './passes.ts';
import { makePlan } from './plan.ts';

const SHAPE: TileShape = { tile: 11, registers: 3, low: 4 };
const PARAMETERS = ['a', 'b', 'c'] as const;
const VALUES = new Map<string, number>([
  ['a', 0.4],
  ['b', -2.3],
  ['c', 1.1],
]);

/** Gradients of the backward program and of one gate after the other, for a cotangent without symmetry. */
async function gradients(
  qubits: number,
  steps: readonly UnitaryStep[],
): Promise<readonly [Float64Array, Float64Array]> {
  const sequence = { qubits, steps, parameters: PARAMETERS, fromZero: true };
  const plan = unwrap(makePlan(sequence, { shape: SHAPE, fuse: true, submissionWork: 2 ** 40 }));
  const psi = new Float64Array(2 * 2 ** qubits);
  psi[0] = 1;
  for (const step of steps) applyMatrix(psi, matrixOf(step, VALUES), step.targets, step.controls);
  const prng = new Prng(7);
  const lambda = psi.map(() => prng.normal() / 2 ** (qubits / 2));
  const program = encodeBackward(plan.fused, SHAPE, VALUES);
  const sums = interpretBackward(psi.slice(), lambda.slice(), program, SHAPE.registers);
  const got = new Float64Array(PARAMETERS.length);
  for (const [i, { measurements, slots }] of program.passes.entries()) {
    expect(slots % 4).toBe(0);
    for (const measurement of measurements)
      addGradient(measurement, sums[i]!, VALUES, (name, slope) => {
        got[PARAMETERS.indexOf(name as 'a')]! += slope;
      });
  }
  const cpu = createCpuDevice();
  const [finalState, cotangent] = [unwrap(await cpu.load(qubits, psi)), unwrap(await cpu.load(qubits, lambda))];
  return [got, unwrap(await cpu.backward(finalState, cotangent, unwrap(cpu.plan(sequence)), VALUES))];
}

/** Largest deviation, as a part of the largest derivative. */
function deviation([got, wanted]: readonly [Float64Array, Float64Array]): number {
  const size = Math.max(...wanted.map(Math.abs));
  expect(size, 'a gradient that is not zero').toBeGreaterThan(1e-3);
  return Math.max(...got.map((value, i) => Math.abs(value - wanted[i]!))) / size;
}

describe('backward program', () => {
  it.each([1, 2, 3, 7, 12, 13])('gives the gradient of any circuit of %d qubits', async (qubits) => {
    const seed = 300 + qubits;
    const prng = new Prng(seed);
    const steps = Array.from({ length: 20 + 5 * qubits }, () => randomStep(prng, qubits, { parameters: PARAMETERS }));
    expect(deviation(await gradients(qubits, steps)), `seed ${seed}`).toBeLessThan(1e-5);
  });

  const angle = parameter('a');
  const corners: readonly (readonly [string, readonly UnitaryStep[]])[] = [
    ['a global phase', [gate('h', [0]), gate('gphase', [], [angle])]],
    ['a controlled global phase', [gate('h', [0]), gate('h', [1]), gate('gphase', [], [angle], [0, 1])]],
    [
      'phases that differ by many controls',
      [gate('h', [0]), gate('rz', [1], [angle], [0]), gate('rzz', [2, 0], [angle])],
    ],
    [
      'a pair named from high to low',
      [gate('h', [0]), gate('xxplusyy', [2, 0], [angle, angle]), gate('rzx', [0, 2], [angle])],
    ],
    ['gates merged into one block', [gate('ry', [1], [angle]), gate('rz', [1], [angle]), gate('rxx', [1, 0], [angle])]],
    [
      'swaps before and after',
      [gate('swap', [0, 2]), gate('ry', [0], [angle]), gate('swap', [1, 0]), gate('rx', [1], [angle])],
    ],
  ];
  it.each(corners)('%s', async (_, steps) => {
    expect(deviation(await gradients(3, steps))).toBeLessThan(1e-5);
  });

  it('stops at the first pass that has parameters', () => {
    const steps = [gate('ry', [0], [parameter('a')]), ...Array.from({ length: 13 }, (_, q) => gate('h', [q]))];
    const sequence = { qubits: 13, steps: [...steps, gate('x', [12])], parameters: PARAMETERS, fromZero: true };
    const plan = unwrap(makePlan(sequence, { shape: SHAPE, fuse: true, submissionWork: 2 ** 40 }));
    const without = { ...sequence, steps: steps.slice(1) };
    const empty = unwrap(makePlan(without, { shape: SHAPE, fuse: true, submissionWork: 2 ** 40 }));
    expect(encodeBackward(empty.fused, SHAPE, VALUES).passes).toHaveLength(0);
    const { passes } = encodeBackward(plan.fused, SHAPE, VALUES);
    expect(passes.length).toBeGreaterThan(0);
    expect(passes.at(-1)?.measurements).toHaveLength(1);
  });
});
