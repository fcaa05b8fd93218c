import { ok, type Result } from '../../core/lib/result.ts';
import type { Bindings } from '../../core/quantum/circuit/angle.ts';
import { adjointSweep } from '../../core/quantum/engine/cpu-backward.ts';
import type { AmplitudeView } from './amplitudes.ts';
import type { GradientPlan, GradientSlice } from './gradient-plan.ts';
import type { RunnablePlan, WasmPlan } from './plan-passes.ts';
import { addProbe, type Overlaps } from './probes.ts';

/** What a sweep needs of the device. */
export interface SweepHost<State> {
  zero(): Promise<Result<State>>;
  clone(state: State): Promise<Result<State>>;
  free(state: State): void;
  run(state: State, plan: RunnablePlan): Promise<Result<null>>;
  overlaps(psi: State, lambda: State): Overlaps;
}

type CoState<State> = (psi: State) => Promise<Result<State>>;

/**
 * Adjoint differentiation (Jones, Gacon 2020, arXiv:2009.02823) slice by slice: psi is kept at the end of every slice on the
 * way forward, so only the co-state has to go back. 2 Re <lambda| d psi / d parameter> for every parameter.
 */
export async function sweepSlices<State>(
  host: SweepHost<State>,
  gradientPlan: GradientPlan,
  plan: WasmPlan,
  values: Bindings,
  coState: CoState<State>,
): Promise<Result<Float64Array>> {
  const held: State[] = [];
  const forward = await runForward(host, gradientPlan, held);
  const lambda = forward.ok ? await coState(forward.value.end) : forward;
  if (lambda.ok) held.push(lambda.value);
  const gradient =
    forward.ok && lambda.ok
      ? await readBackward(host, gradientPlan, plan, values, forward.value.boundaries, lambda.value)
      : lambda;
  for (const state of held) host.free(state);
  return gradient as Result<Float64Array>;
}

interface Forward<State> {
  /** psi at the end of every slice. */
  readonly boundaries: readonly State[];
  readonly end: State;
}

async function runForward<State>(
  host: SweepHost<State>,
  { slices, closing }: GradientPlan,
  held: State[],
): Promise<Result<Forward<State>>> {
  const started = await host.zero();
  if (!started.ok) return started;
  let psi = started.value;
  held.push(psi);
  const boundaries: State[] = [];
  const parts = slices.map(({ forward }) => forward);
  if (closing !== null) parts.push(closing.forward);
  for (const [i, part] of parts.entries()) {
    const ran = await host.run(psi, part);
    if (!ran.ok) return ran;
    if (i < slices.length) boundaries.push(psi);
    if (i === parts.length - 1) break;
    const next = await host.clone(psi);
    if (!next.ok) return next;
    psi = next.value;
    held.push(psi);
  }
  return ok({ boundaries, end: psi });
}

async function readBackward<State>(
  host: SweepHost<State>,
  { slices, closing }: GradientPlan,
  { sequence, lowered }: WasmPlan,
  values: Bindings,
  boundaries: readonly State[],
  lambda: State,
): Promise<Result<Float64Array>> {
  const position = new Map(sequence.parameters.map((name, i) => [name, i]));
  const gradient = new Float64Array(sequence.parameters.length);
  const add = (parameter: string, value: number): void => {
    const to = position.get(parameter) as number;
    gradient[to] = (gradient[to] as number) + value;
  };
  if (closing !== null) {
    const undone = await host.run(lambda, closing.backward);
    if (!undone.ok) return undone;
  }
  for (let i = slices.length - 1; i >= 0; i--) {
    const { probes, backward } = slices[i] as GradientSlice;
    const overlaps = host.overlaps(boundaries[i] as State, lambda);
    for (const probe of probes) addProbe(probe, values, overlaps, add);
    if (i === slices.length - 1)
      for (const angle of lowered.globalPhase)
        for (const parameter of angle.parameters)
          add(parameter, -2 * angle.slope(values, parameter) * overlaps.whole());
    if (i === 0) break;
    const undone = await host.run(lambda, backward);
    if (!undone.ok) return undone;
  }
  return ok(gradient);
}

/** The same gate by gate in float64, on copies: for circuits whose slices do not fit the memory, or without written slopes. */
export async function sweepGates<State>(
  host: SweepHost<State>,
  plan: WasmPlan,
  coState: CoState<State>,
  backward: (psi: State, lambda: State) => Promise<Result<Float64Array>>,
): Promise<Result<Float64Array>> {
  const started = await host.zero();
  if (!started.ok) return started;
  const psi = started.value;
  const ran = await host.run(psi, plan);
  const lambda = ran.ok ? await coState(psi) : ran;
  const gradient = lambda.ok ? await backward(psi, lambda.value) : lambda;
  host.free(psi);
  if (lambda.ok) host.free(lambda.value);
  return gradient;
}

export async function backwardSweep(
  psi: AmplitudeView,
  lambda: AmplitudeView,
  { sequence }: WasmPlan,
  values: Bindings,
): Promise<Result<Float64Array>> {
  const [a, b] = [psi.read(0, psi.count), lambda.read(0, lambda.count)];
  return ok(await adjointSweep(a, b, sequence.steps, sequence.parameters, values, () => null));
}
