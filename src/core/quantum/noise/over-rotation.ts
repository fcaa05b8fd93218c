import { at } from '../../lib/assert.ts';
import { fail, ok, type Result } from '../../lib/result.ts';
import type { UnitaryStep } from '../circuit/circuit.ts';
import { matrixOf, type Matrix } from '../circuit/gate-table.ts';
import { parametersOf } from '../circuit/angle.ts';
import { gateName, type NoiseFailure } from './device-noise.ts';

const FREE_AXES: ReadonlyMap<string, readonly [number, number, number]> = new Map([
  ['rx', [1, 0, 0]],
  ['ry', [0, 1, 0]],
  ['rz', [0, 0, 1]],
  ['p', [0, 0, 1]],
]);

/**
 * The rotation by `angle` more about the gate's own axis, or null where there is none (angle 0, two qubits, identity). With a
 * free parameter the sign of the rotation is not known: the axis is then the positive one. Failure QUANTUM_NOISE for `u` and
 * other gates whose axis depends on a free parameter.
 */
export function overRotationOf(step: UnitaryStep, angle: number): Result<UnitaryStep | null, NoiseFailure> {
  const target = step.targets[0];
  if (angle === 0 || target === undefined || step.targets.length + step.controls.length !== 1) return ok(null);
  const free = step.kind === 'gate' && step.params.some((param) => parametersOf(param).size > 0);
  const known = step.kind === 'gate' && free ? FREE_AXES.get(step.name) : undefined;
  if (free && known === undefined)
    return fail(
      'QUANTUM_NOISE',
      `the axis of ${gateName(step)} on qubit ${target} depends on a free parameter, so it has no over-rotation; bind the parameters first`,
    );
  const axis = known ?? axisOf(matrixOf(step, new Map()));
  if (axis === null) return ok(null);
  return ok({
    kind: 'unitary',
    label: 'over-rotation',
    matrix: rotation(axis, angle),
    targets: [target],
    controls: [],
  });
}

/**
 * Unit vector n of U = e^(i alpha) exp(-i phi/2 n.sigma) with 0 < phi <= pi. For phi = pi both directions are the same gate;
 * the one whose first non-zero component is positive is taken. Null for a multiple of the identity.
 */
function axisOf(u: Matrix): readonly [number, number, number] | null {
  // Divide by a square root of the determinant to get into SU(2), where the vector part is -i sin(phi/2) n.
  const [ar, ai, br, bi, cr, ci, dr, di] = Array.from(u) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const half = Math.atan2(ar * di + ai * dr - br * ci - bi * cr, ar * dr - ai * di - br * cr + bi * ci) / 2;
  const [pr, pi] = [Math.cos(half), -Math.sin(half)];
  const re = (x: number, y: number): number => x * pr - y * pi;
  const im = (x: number, y: number): number => x * pi + y * pr;
  const cosine = (re(ar, ai) + re(dr, di)) / 2;
  const vector = [
    -(im(br, bi) + im(cr, ci)) / 2,
    (re(cr, ci) - re(br, bi)) / 2,
    (im(dr, di) - im(ar, ai)) / 2,
  ] as const;
  const sine = Math.hypot(...vector);
  // Angles below 1e-9 have no direction that float64 could still tell.
  if (sine < 1e-9) return null;
  const first = vector.find((value) => Math.abs(value) > 1e-9 * sine) ?? 1;
  const sign = Math.abs(cosine) > 1e-12 ? Math.sign(cosine) : Math.sign(first);
  return [(sign * at(vector, 0)) / sine, (sign * at(vector, 1)) / sine, (sign * at(vector, 2)) / sine];
}

/** exp(-i angle/2 n.sigma). */
function rotation([x, y, z]: readonly [number, number, number], angle: number): Matrix {
  const [c, s] = [Math.cos(angle / 2), Math.sin(angle / 2)];
  return Float64Array.of(c, -s * z, -s * y, -s * x, s * y, -s * x, c, s * z);
}
