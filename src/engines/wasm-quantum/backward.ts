import { ok, type Result } from '../../core/lib/result.ts';
import type { Bindings } from '../../core/quantum/circuit/angle.ts';
import { adjointSweep } from '../../core/quantum/engine/cpu-backward.ts';
import type { AmplitudeView } from './amplitudes.ts';
import type { WasmPlan } from './plan-passes.ts';

/** Adjoint differentiation gate by gate in float64, on copies. */
export async function backwardSweep(
  psi: AmplitudeView,
  lambda: AmplitudeView,
  { sequence }: WasmPlan,
  values: Bindings,
): Promise<Result<Float64Array>> {
  const [a, b] = [psi.read(0, psi.count), lambda.read(0, lambda.count)];
  return ok(await adjointSweep(a, b, sequence.steps, sequence.parameters, values, () => null));
}
