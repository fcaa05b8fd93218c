import { evaluate, type Bindings } from '../../../core/quantum/circuit/angle.ts';
import type { UnitaryStep } from '../../../core/quantum/circuit/circuit.ts';
import { matrixOf } from '../../../core/quantum/circuit/gate-table.ts';

/**
 * A diagonal matrix as a sum of terms: the amplitude turns by `angle` wherever all bits of `mask` are 1. Terms of
 * several gates add up; adding angles in float64 is exact enough for any number of gates.
 */
export type Phases = Map<number, number>;

const TURN = 2 * Math.PI;

/** Adds a diagonal step to `into`; its targets are the bits of the masks in `bits`, its controls those of `controls`. */
export function addPhases(
  into: Phases,
  step: UnitaryStep,
  bits: readonly number[],
  controls: number,
  values: Bindings,
): void {
  const add = (mask: number, angle: number): void => {
    if (angle !== 0) into.set(mask, ((into.get(mask) ?? 0) + angle) % TURN);
  };
  const own = angleOf(step, values);
  if (own !== null) {
    const { constant, ones } = own;
    add(controls, constant);
    add(controls | maskOfAll(bits), ones);
    return;
  }
  // Moebius transform over the subsets of the targets: the angle of a term is what its subsets leave over.
  const matrix = matrixOf(step, values);
  const size = 2 ** bits.length;
  const angles = Array.from({ length: size }, (_, i) =>
    Math.atan2(matrix[2 * i * (size + 1) + 1] as number, matrix[2 * i * (size + 1)] as number),
  );
  for (let bit = 1; bit < size; bit *= 2)
    for (let i = 0; i < size; i++) if ((i & bit) !== 0) angles[i] = (angles[i] as number) - (angles[i ^ bit] as number);
  for (const [i, angle] of angles.entries()) {
    const mask = bits.reduce((sum, bitMask, j) => (((i >> j) & 1) === 1 ? sum | bitMask : sum), controls);
    add(mask, angle);
  }
}

const maskOfAll = (bits: readonly number[]): number => bits.reduce((mask, bit) => mask | bit, 0);

/** One-target gates in closed form: exp(i constant) diag(1, exp(i ones)). Exact for the quarter turns. */
function angleOf(step: UnitaryStep, values: Bindings): { readonly constant: number; readonly ones: number } | null {
  if (step.kind !== 'gate') return null;
  const angle = (): number => evaluate(step.params[0] ?? Number.NaN, values);
  switch (step.name) {
    case 'id':
      return { constant: 0, ones: 0 };
    case 'gphase':
      return { constant: angle(), ones: 0 };
    case 'z':
      return { constant: 0, ones: Math.PI };
    case 's':
      return { constant: 0, ones: Math.PI / 2 };
    case 'sdg':
      return { constant: 0, ones: -Math.PI / 2 };
    case 't':
      return { constant: 0, ones: Math.PI / 4 };
    case 'tdg':
      return { constant: 0, ones: -Math.PI / 4 };
    case 'p':
      return { constant: 0, ones: angle() };
    case 'rz': {
      const theta = angle();
      return { constant: -theta / 2, ones: theta };
    }
    default:
      return null;
  }
}
