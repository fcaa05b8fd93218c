import type { Bindings } from '../../core/quantum/circuit/angle.ts';
import { adjoint } from '../../core/quantum/circuit/gate-table.ts';
import type { Lowered } from '../../core/quantum/plan/elementary.ts';
import { inverseOperations, sliceForGradient, type Probe } from '../../core/quantum/plan/slices.ts';
import { planLowered, type PlanShape, type RunnablePlan } from './plan-passes.ts';

/** A slice of a circuit that runs forwards, is read at its end, and runs backwards. */
export interface GradientSlice {
  readonly forward: RunnablePlan;
  readonly backward: RunnablePlan;
  readonly probes: readonly Probe[];
}

export interface GradientPlan {
  readonly slices: readonly GradientSlice[];
  /** Diagonals and the global phase after the last slice, and their inverse; null where there are none. */
  readonly closing: { readonly forward: RunnablePlan; readonly backward: RunnablePlan } | null;
}

/** Plans every slice of a sequence that starts from |0...0>. */
export function planGradient(lowered: Lowered, shape: PlanShape): GradientPlan {
  const bare = { ...lowered, start: [], tail: lowered.tail.map(() => []), globalPhase: [] };
  const runnable = (part: Lowered, fromZero: boolean): RunnablePlan => planLowered(part, fromZero, shape);
  const slices = sliceForGradient(lowered).map(({ operations, probes }, index): GradientSlice => {
    const first = index === 0;
    return {
      forward: runnable({ ...bare, operations }, first),
      backward: runnable({ ...bare, operations: inverseOperations(operations) }, false),
      probes,
    };
  });
  const { tail, globalPhase } = lowered;
  if (globalPhase.length === 0 && tail.every((parts) => parts.length === 0)) return { slices, closing: null };
  const undone = tail.map((parts) =>
    parts.map((part) => ({ ...part, at: (values: Bindings) => adjoint(part.at(values)), slope: null })),
  );
  const opposite = globalPhase.map((angle) => ({ ...angle, at: (values: Bindings) => -angle.at(values) }));
  return {
    slices,
    closing: {
      forward: runnable({ ...bare, operations: [], tail, globalPhase }, false),
      backward: runnable({ ...bare, operations: [], tail: undone, globalPhase: opposite }, false),
    },
  };
}
