import type { GateCounts } from '../../contracts/circuit-service.ts';
import { fail, ok, type Failure, type Result } from '../../lib/result.ts';
import type { Clock, Millis } from '../../lib/world.ts';
import { checkCircuit, type CircuitFailure } from '../circuit/check.ts';
import { isUnitaryStep, type Circuit, type IfOperation, type Operation, type UnitaryStep } from '../circuit/circuit.ts';
import type { Stop } from './cancel.ts';
import type { ErrorRates, Objective } from './cost.ts';
import { countGates } from './count.ts';
import { improve } from './improve.ts';
import { optimiseStretch, type Improve, type StretchResult } from './stretch.ts';

export type { ErrorRates, Objective } from './cost.ts';

export interface OptimiseOptions {
  /** Default: gates. `noise` needs a device. */
  readonly objective?: Objective;
  readonly device?: ErrorRates;
  readonly clock: Clock;
  /**
   * The search stops after this long (default BUDGET_MS and a little per gate) and the check of its result after as long again;
   * what is not checked by then is not returned. With time enough the result depends on the circuit and the options alone.
   */
  readonly budgetMs?: Millis;
  /** Length of the search: 1 (default) is up to a second, 0 leaves it out. The other passes always run. */
  readonly effort?: number;
  readonly signal?: AbortSignal;
}

export interface Optimised {
  readonly circuit: Circuit;
  /** CCX and CCZ expanded, see count.ts. */
  readonly before: GateCounts;
  readonly after: GateCounts;
  /** Where each input qubit ended up: always the identity, absorbed swaps are written out. */
  readonly permutation: readonly number[];
  readonly equivalence: {
    /** False where a check failed or could not be made: the operations concerned are then those of the input. */
    readonly checked: boolean;
    readonly method: string;
    /** Largest distance between the states compared, see equivalence.ts; null where none were. */
    readonly error: number | null;
  };
  /** False: the input is returned. */
  readonly changed: boolean;
}

export type OptimiseFailure = CircuitFailure | Failure<'QUANTUM_OBJECTIVE' | 'QUANTUM_ABORTED'>;

/** The search takes up to a second on one core of a desktop; with the check a circuit of some hundred gates stays below two. */
export const BUDGET_MS = 1_500;
/** The fixed passes over tens of thousands of gates take longer. */
const BUDGET_MS_PER_GATE = 0.3;
const BUDGET_MS_MAX = 30_000;
/** Every pass keeps a few bytes per qubit and gate; more qubits than any device has for years. */
const QUBITS_MAX = 10_000;

/**
 * A cheaper circuit for the same unitary, up to global phase. Works on the stretches of unitary steps between measurements,
 * resets, conditionals, channels and barriers, which nothing crosses; branches of conditionals are stretches of their own.
 * Symbolic angles stay symbolic. The passes (improve.ts): cancellation and merging of gates carried past others, senses of
 * Toffolis, single-qubit and two-qubit resynthesis, Clifford and phase-polynomial resynthesis, fewer T by the third-order tensor,
 * and simulated annealing. Each result is compared with the input (equivalence.ts) before it is returned; where nothing cheaper
 * was found or a check fails, the input is returned. Failures: those of checkCircuit, QUANTUM_OBJECTIVE, QUANTUM_ABORTED.
 */
export function optimise(circuit: Circuit, options: OptimiseOptions): Result<Optimised, OptimiseFailure> {
  return optimiseWith(circuit, options, improve);
}

/** `optimise` with the passes given, so that tests can break them. */
export function optimiseWith(
  circuit: Circuit,
  options: OptimiseOptions,
  passes: Improve,
): Result<Optimised, OptimiseFailure> {
  const { objective = 'gates', device = null, clock, effort = 1, signal } = options;
  const checked = checkCircuit(circuit, QUBITS_MAX, 'the optimiser keeps tables of that size');
  if (!checked.ok) return checked;
  if (objective === 'noise' && device === null)
    return fail(
      'QUANTUM_OBJECTIVE',
      'the objective noise got no error rates, expected a device; give one or choose another objective',
    );
  const gates = countSteps(circuit.operations);
  const budgetMs = options.budgetMs ?? Math.min(BUDGET_MS_MAX, BUDGET_MS + BUDGET_MS_PER_GATE * gates);
  const start = clock.monotonic();
  const late =
    (limit: Millis): Stop =>
    () =>
      signal?.aborted === true || !(clock.monotonic() - start <= limit);
  const results: StretchResult[] = [];
  const operations = rewritten(circuit.operations, (steps) => {
    const result = optimiseStretch(steps, {
      qubits: circuit.qubits,
      objective,
      device,
      share: (effort * steps.length) / gates,
      improve: passes,
      stop: late(budgetMs),
      giveUp: late(2 * budgetMs),
    });
    results.push(result);
    return result.steps;
  });
  if (signal?.aborted === true)
    return fail('QUANTUM_ABORTED', 'the optimisation was cancelled before it ended; the circuit is as it was', true);
  return ok(summed(circuit, operations, results));
}

function summed(circuit: Circuit, operations: readonly Operation[], results: readonly StretchResult[]): Optimised {
  const before = countGates(circuit);
  const permutation = Array.from({ length: circuit.qubits }, (_, q) => q);
  const wrong = results.find(({ verdict }) => verdict === 'different');
  if (wrong !== undefined) {
    const method = `the check failed, so the input is returned: ${wrong.method}`;
    return {
      circuit,
      before,
      after: before,
      permutation,
      equivalence: { checked: false, method, error: wrong.error },
      changed: false,
    };
  }
  const changes = results.filter(({ changed }) => changed);
  const unknown = results.filter(({ verdict }) => verdict === 'unknown');
  const methods = [...new Set(changes.map(({ method }) => method))];
  for (const { method } of unknown)
    methods.push(`a part is as in the input, as its cheaper form could not be checked: ${method}`);
  if (methods.length === 0) methods.push('nothing was changed');
  const worst = changes.reduce((most, { error }) => Math.max(most, error ?? 0), 0);
  const equivalence = {
    checked: unknown.length === 0,
    method: methods.join('; '),
    error: unknown.length > 0 && changes.length === 0 ? null : worst,
  };
  if (changes.length === 0) return { circuit, before, after: before, permutation, equivalence, changed: false };
  const better = { ...circuit, operations };
  return { circuit: better, before, after: countGates(better), permutation, equivalence, changed: true };
}

function countSteps(operations: readonly Operation[]): number {
  let count = 0;
  for (const operation of operations)
    count +=
      operation.kind === 'if'
        ? countSteps(operation.then) + countSteps(operation.otherwise)
        : isUnitaryStep(operation)
          ? 1
          : 0;
  return count;
}

/** Maps every maximal stretch of unitary steps; what lies between stays where it is. */
function rewritten(
  operations: readonly Operation[],
  stretch: (steps: readonly UnitaryStep[]) => readonly UnitaryStep[],
): Operation[] {
  const out: Operation[] = [];
  let steps: UnitaryStep[] = [];
  const flush = (): void => {
    if (steps.length === 0) return;
    for (const step of stretch(steps)) out.push(step);
    steps = [];
  };
  const inside = (branch: IfOperation): IfOperation => ({
    ...branch,
    then: rewritten(branch.then, stretch),
    otherwise: rewritten(branch.otherwise, stretch),
  });
  for (const operation of operations) {
    if (isUnitaryStep(operation)) {
      steps.push(operation);
      continue;
    }
    flush();
    out.push(operation.kind === 'if' ? inside(operation) : operation);
  }
  flush();
  return out;
}
