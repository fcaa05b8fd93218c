import { ok, type Result } from '../../lib/result.ts';
import {
  isUnitaryStep,
  type ChannelOperation,
  type Circuit,
  type IfOperation,
  type MeasureOperation,
  type Operation,
  type ResetOperation,
  type UnitaryStep,
} from '../circuit/circuit.ts';
import type { DevicePlan, StateDevice } from './device.ts';
import type { PlanStats } from './engine.ts';

/** A circuit as the simulator runs it: planned unitary sequences, and between them what depends on chance or on classical bits. */
export type Stage<Plan> = UnitaryStage<Plan> | MeasureOperation | ResetOperation | ChannelOperation | BranchStage<Plan>;

export interface UnitaryStage<Plan> {
  readonly kind: 'unitary';
  readonly steps: readonly UnitaryStep[];
  /** Planned for a start from any state, or (the first one) from |0...0>. */
  readonly plan: Plan;
}

export interface BranchStage<Plan> {
  readonly kind: 'if';
  readonly clbits: IfOperation['clbits'];
  readonly equals: number;
  readonly taken: readonly Stage<Plan>[];
  readonly otherwise: readonly Stage<Plan>[];
}

/** `fromZero`: the stages will start from |0...0>. Barriers do nothing to a state and do not split a sequence. */
export function planStages<State, Plan extends DevicePlan>(
  device: StateDevice<State, Plan>,
  circuit: Circuit,
  operations: readonly Operation[],
  fromZero: boolean,
): Result<readonly Stage<Plan>[]> {
  const stages: Stage<Plan>[] = [];
  let steps: UnitaryStep[] = [];
  const flush = (): Result<null> => {
    if (steps.length === 0) return ok(null);
    const { qubits, parameters } = circuit;
    const planned = device.plan({ qubits, steps, parameters, fromZero: fromZero && stages.length === 0 });
    if (!planned.ok) return planned;
    stages.push({ kind: 'unitary', steps, plan: planned.value });
    steps = [];
    return ok(null);
  };
  for (const operation of operations) {
    if (operation.kind === 'barrier') continue;
    if (isUnitaryStep(operation)) {
      steps.push(operation);
      continue;
    }
    const flushed = flush();
    if (!flushed.ok) return flushed;
    if (operation.kind !== 'if') {
      stages.push(operation);
      continue;
    }
    const { clbits, equals } = operation;
    const taken = planStages(device, circuit, operation.then, false);
    if (!taken.ok) return taken;
    const otherwise = planStages(device, circuit, operation.otherwise, false);
    if (!otherwise.ok) return otherwise;
    stages.push({ kind: 'if', clbits, equals, taken: taken.value, otherwise: otherwise.value });
  }
  const flushed = flush();
  return flushed.ok ? ok(stages) : flushed;
}

const NOTHING: PlanStats = { gates: 0, passes: 0, bytes: 0, dispatches: 0 };

/** Of the unitary stages; of the two branches of a condition the dearer one counts. */
export function statsOf(stages: readonly Stage<DevicePlan>[]): PlanStats {
  return stages.map(stageStats).reduce(
    (sum, stats) => ({
      gates: sum.gates + stats.gates,
      passes: sum.passes + stats.passes,
      bytes: sum.bytes + stats.bytes,
      dispatches: sum.dispatches + stats.dispatches,
    }),
    NOTHING,
  );
}

function stageStats(stage: Stage<DevicePlan>): PlanStats {
  if (stage.kind === 'unitary') return stage.plan.stats;
  if (stage.kind !== 'if') return NOTHING;
  const taken = statsOf(stage.taken);
  const otherwise = statsOf(stage.otherwise);
  return otherwise.bytes > taken.bytes ? otherwise : taken;
}
