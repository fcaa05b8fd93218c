import { derivative, evaluate, parametersOf, type Bindings } from '../circuit/angle.ts';
import type { GateOperation, UnitaryStep } from '../circuit/circuit.ts';
import { adjoint, matrixOf } from '../circuit/gate-table.ts';
import { applyMatrix, realOverlap, type Amplitudes } from './cpu-kernels.ts';
import { gateDerivative } from './gate-derivative.ts';

/**
 * Adjoint differentiation (Jones, Gacon 2020, arXiv:2009.02823): 2 Re <lambda| d psi / d parameter> for every parameter.
 * `psi` is the state after all steps, `lambda` the observable applied to it (or a cotangent). Walks the steps backwards,
 * undoing each on both states; both are used up. Angles that depend on several parameters follow the chain rule.
 * `pause` may give the thread away before a step.
 */
export async function adjointSweep(
  psi: Amplitudes,
  lambda: Amplitudes,
  steps: readonly UnitaryStep[],
  parameters: readonly string[],
  values: Bindings,
  pause: (step: number) => Promise<void> | null,
): Promise<Float64Array> {
  const gradient = new Float64Array(parameters.length);
  const position = new Map(parameters.map((name, i) => [name, i]));
  for (let i = steps.length - 1; i >= 0; i--) {
    const pausing = pause(i);
    if (pausing !== null) await pausing;
    const step = steps[i] as UnitaryStep;
    const undo = adjoint(matrixOf(step, values));
    applyMatrix(psi, undo, step.targets, step.controls);
    if (step.kind === 'gate') addStep(gradient, position, step, psi, lambda, values);
    applyMatrix(lambda, undo, step.targets, step.controls);
  }
  return gradient;
}

/** `psi` is the state before the step, `lambda` the co-state after it. */
function addStep(
  gradient: Float64Array,
  position: ReadonlyMap<string, number>,
  step: GateOperation,
  psi: Amplitudes,
  lambda: Amplitudes,
  values: Bindings,
): void {
  const { name, params, targets, controls } = step;
  if (params.every((angle) => typeof angle === 'number')) return;
  const angles = params.map((angle) => evaluate(angle, values));
  for (const [which, angle] of params.entries()) {
    const names = parametersOf(angle);
    if (names.size === 0) continue;
    const slope = 2 * realOverlap(lambda, psi, gateDerivative(name, angles, which), targets, controls);
    for (const parameter of names) {
      const to = position.get(parameter) as number;
      gradient[to] = (gradient[to] as number) + slope * derivative(angle, values, parameter);
    }
  }
}
