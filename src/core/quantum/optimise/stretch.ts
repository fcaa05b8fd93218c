import { circuitOf } from '../circuit/builder.ts';
import type { UnitaryStep } from '../circuit/circuit.ts';
import type { Stop } from './cancel.ts';
import { costOf, costOfSteps, type ErrorRates, type Objective } from './cost.ts';
import { countGates } from './count.ts';
import { emit, vocabularyOf } from './emit.ts';
import { compare, isSimulable, type Equivalence } from './equivalence.ts';
import { OPAQUE, type Gate } from './gates.ts';
import type { ImproveOptions } from './improve.ts';
import { lower } from './lower.ts';

/** The passes: equivalent gates of at most the same cost. */
export type Improve = (gates: readonly Gate[], qubits: number, options: ImproveOptions) => Gate[];

export interface StretchOptions {
  /** Of the whole circuit. */
  readonly qubits: number;
  readonly objective: Objective;
  readonly device: ErrorRates | null;
  /** Share of the search, see improve.ts. */
  readonly share: number;
  readonly improve: Improve;
  /** Ends the search. */
  readonly stop: Stop;
  /** Ends the check. */
  readonly giveUp: Stop;
}

export interface StretchResult extends Equivalence {
  readonly steps: readonly UnitaryStep[];
  readonly changed: boolean;
}

/** One stretch of unitary steps: every candidate that is cheaper than the input, the cheapest first, until one passes the check. */
export function optimiseStretch(input: readonly UnitaryStep[], options: StretchOptions): StretchResult {
  const { giveUp } = options;
  const used = qubitsInUse(input, options);
  const index = new Map(used.map((q, k) => [q, k]));
  const steps = input.map((step) => moved(step, (q) => index.get(q) ?? 0));
  let unknown: Equivalence | null = null;
  for (const candidate of candidates(steps, used, options)) {
    const check = compare(steps, candidate, used.length, giveUp);
    if (check.verdict === 'different') return { ...check, steps: input, changed: false };
    if (check.verdict === 'equal')
      return { ...check, steps: candidate.map((step) => moved(step, (k) => used[k] ?? 0)), changed: true };
    unknown = check;
  }
  if (unknown !== null) return { ...unknown, steps: input, changed: false };
  return { verdict: 'equal', method: 'nothing was changed', error: 0, steps: input, changed: false };
}

/** Idle qubits lend their edges to detours on a noisy device of at most so many. */
const LENT_QUBITS_MAX = 20;

/** Only the qubits in use count: for the passes and above all for the check by simulation. */
function qubitsInUse(steps: readonly UnitaryStep[], { objective, qubits }: StretchOptions): readonly number[] {
  if (objective === 'noise' && qubits <= LENT_QUBITS_MAX) return Array.from({ length: qubits }, (_, q) => q);
  return [...new Set(steps.flatMap(({ targets, controls }) => [...targets, ...controls]))].toSorted((a, b) => a - b);
}

function moved(step: UnitaryStep, to: (q: number) => number): UnitaryStep {
  return { ...step, targets: step.targets.map(to), controls: step.controls.map(to) };
}

/** Cheaper than the input, cheapest first. */
function candidates(
  steps: readonly UnitaryStep[],
  used: readonly number[],
  options: StretchOptions,
): readonly UnitaryStep[][] {
  const { objective, device, share, improve, stop } = options;
  const words = vocabularyOf(steps);
  const rates = device === null ? null : localRates(device, used);
  const cost = costOf(objective, used.length, rates);
  const whole = lower(steps, 'toffoli');
  // Where nothing stayed opaque, taking more apart gives the same gates.
  const starts = whole.some(({ op }) => op === OPAQUE) ? [whole, lower(steps, 'all')] : [whole];
  const provable = !isSimulable(steps, used.length);
  const judged = (candidate: readonly UnitaryStep[]): Judged => judge(candidate, used.length, objective, rates);
  const input = judged(steps);
  return starts
    .flatMap((gates) =>
      emit(improve(gates, used.length, { cost, share: share / starts.length, provable, stop }), used.length, words),
    )
    .map((candidate) => ({ candidate, ...judged(candidate) }))
    .filter(({ score, t }) => isLess(score, input.score) && t <= input.t)
    .toSorted((a, b) => (isLess(a.score, b.score) ? -1 : isLess(b.score, a.score) ? 1 : 0))
    .map(({ candidate }) => candidate);
}

interface Judged {
  /** Compared entry by entry: the objective first, then what breaks ties. */
  readonly score: readonly number[];
  /** Must not rise, whatever the objective: taking a controlled gate apart may add some. */
  readonly t: number;
}

/** The device as seen from the qubits of the stretch. */
function localRates(device: ErrorRates, used: readonly number[]): ErrorRates {
  const at = (k: number): number => used[k] ?? 0;
  return {
    oneQubit: used.map((q) => device.oneQubit[q] ?? 0),
    twoQubit: { get: (a, b) => device.twoQubit.get(at(a), at(b)) },
  };
}

function judge(steps: readonly UnitaryStep[], qubits: number, objective: Objective, rates: ErrorRates | null): Judged {
  const { total, t, twoQubit, depth } = countGates(circuitOf(qubits, steps));
  switch (objective) {
    case 'gates':
      return { score: [total, twoQubit, t, depth], t };
    case 'two-qubit':
      return { score: [twoQubit, total, t, depth], t };
    case 't':
      return { score: [t, total, twoQubit, depth], t };
    case 'depth':
      return { score: [depth, twoQubit, total, t], t };
    default:
      objective satisfies 'noise';
      // Rounded, so that the order of a sum decides nothing.
      return { score: [Math.round(1e9 * costOfSteps(steps, costOf(objective, qubits, rates))), total, twoQubit, t], t };
  }
}

function isLess(a: readonly number[], b: readonly number[]): boolean {
  for (const [k, value] of a.entries()) {
    const other = b[k] ?? 0;
    if (value !== other) return value < other;
  }
  return false;
}
