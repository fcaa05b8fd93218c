import { Prng } from '../../lib/prng.ts';
import type { Bindings } from '../circuit/angle.ts';
import { evaluate, parametersOf } from '../circuit/angle.ts';
import type { UnitaryStep } from '../circuit/circuit.ts';
import type { Stop } from './cancel.ts';
import { lower } from './lower.ts';
import { inverseGates, isIdentity, isPlain } from './pauli-form.ts';
import { applySteps } from './simulate.ts';

export interface Equivalence {
  /** 'unknown': no method reaches circuits of this size and kind, or the time was up. */
  readonly verdict: 'equal' | 'different' | 'unknown';
  /** For people. */
  readonly method: string;
  /**
   * Largest distance |U psi - e^(i phi) V psi| over the normalised states that were tried, the same phi for all; 0 where the proof
   * is symbolic. Null where nothing was compared.
   */
  readonly error: number | null;
}

/**
 * Above what snapping a thousand angles to multiples of pi/4 and float64 rounding add up to (1e-11 each), far below what one
 * wrong gate does to a random state: 2^(1 - n/2) or more, 1e-2 at 16 qubits.
 */
const DISTANCE_MAX = 1e-8;
/** Up to here the check is by simulation alone. */
const EXACT_QUBITS_MAX = 12;
/** Amplitudes updated for all basis states together: tenths of a second. */
const FULL_WORK_MAX = 2e7;
/** Above this a random state takes too long (seconds) or too much memory (2^20 amplitudes are 16 MiB). */
const RANDOM_QUBITS_MAX = 20;
const RANDOM_WORK_MAX = 6e8;
/** Random states up to EXACT_QUBITS_MAX; one alone tells two unitaries apart unless they agree on it, which has probability 0. */
const STATES = 3;

/**
 * Are two sequences of steps the same unitary up to one global phase? Symbolic parameters get random values. Up to 12 qubits all
 * basis states, or random states where those are too many, are run through both. Above, parts that share no qubit are compared
 * apart; of each the Pauli-rotation form of one sequence followed by the inverse of the other must vanish, or else a random state
 * decides up to 20 qubits.
 */
export function compare(a: readonly UnitaryStep[], b: readonly UnitaryStep[], qubits: number, stop: Stop): Equivalence {
  const prng = new Prng('equivalence');
  const values = randomValues([...a, ...b], prng);
  if (qubits <= EXACT_QUBITS_MAX) return compareWhole(a, b, qubits, values, prng, stop);
  let whole: Equivalence = { verdict: 'equal', method: '', error: 0 };
  const methods = new Set<string>();
  for (const part of partsOf(a, b, qubits)) {
    const found = compareWhole(part.a, part.b, part.qubits, values, prng, stop);
    if (found.verdict !== 'equal') return found;
    methods.add(found.method);
    whole = { ...found, error: Math.max(whole.error ?? 0, found.error ?? 0) };
  }
  return { ...whole, method: [...methods].join('; ') };
}

/** Whether a simulation can decide about these steps and about as many others on the same qubits. */
export function isSimulable(steps: readonly UnitaryStep[], qubits: number): boolean {
  return qubits <= EXACT_QUBITS_MAX || partsOf(steps, [], qubits).every((part) => fits(part.qubits, 2 * part.a.length));
}

interface Part {
  readonly a: readonly UnitaryStep[];
  readonly b: readonly UnitaryStep[];
  readonly qubits: number;
}

/** Sets of qubits that no step of either sequence joins, with the steps on them, renumbered. */
function partsOf(a: readonly UnitaryStep[], b: readonly UnitaryStep[], qubits: number): readonly Part[] {
  const parent = Array.from({ length: qubits }, (_, q) => q);
  const root = (q: number): number => {
    let top = q;
    while (parent[top] !== top) top = parent[top] as number;
    parent[q] = top;
    return top;
  };
  const on = (step: UnitaryStep): readonly number[] => [...step.targets, ...step.controls];
  for (const step of [...a, ...b]) for (const q of on(step)) parent[root(q)] = root(on(step)[0] as number);
  const members = new Map<number, number[]>();
  for (let q = 0; q < qubits; q++) members.set(root(q), [...(members.get(root(q)) ?? []), q]);
  const byRoot = new Map(
    [...members].map(([top, list]) => [top, { a: [] as UnitaryStep[], b: [] as UnitaryStep[], qubits: list.length }]),
  );
  const index = new Map([...members.values()].flatMap((list) => list.map((q, k) => [q, k] as const)));
  const renumbered = (q: number): number => index.get(q) as number;
  for (const [steps, key] of [
    [a, 'a'],
    [b, 'b'],
  ] as const)
    for (const step of steps) {
      const first = on(step)[0];
      if (first === undefined) continue;
      const part = byRoot.get(root(first));
      part?.[key].push({ ...step, targets: step.targets.map(renumbered), controls: step.controls.map(renumbered) });
    }
  return [...byRoot.values()].filter((part) => part.a.length + part.b.length > 0);
}

function compareWhole(
  a: readonly UnitaryStep[],
  b: readonly UnitaryStep[],
  qubits: number,
  values: Bindings,
  prng: Prng,
  stop: Stop,
): Equivalence {
  const steps = a.length + b.length;
  if (qubits <= EXACT_QUBITS_MAX) {
    const all = 4 ** qubits * steps <= FULL_WORK_MAX;
    const count = 2 ** qubits * steps * STATES <= RANDOM_WORK_MAX ? STATES : 1;
    const states = all ? basisStates(qubits) : randomStates(qubits, count, prng);
    const method = all
      ? `all ${2 ** qubits} basis states simulated in float64 (exact)`
      : `${count} random ${count === 1 ? 'state' : 'states'} of ${qubits} qubits simulated in float64`;
    return simulated(a, b, states, values, method, stop);
  }
  if (provedEqual(a, b, qubits, values, stop))
    return { verdict: 'equal', method: 'Pauli-rotation form reduced to the identity (proof)', error: 0 };
  if (!fits(qubits, steps))
    return {
      verdict: 'unknown',
      method: `not provable by Pauli rotations and too large to simulate (${qubits} qubits)`,
      error: null,
    };
  return simulated(
    a,
    b,
    randomStates(qubits, 1, prng),
    values,
    `a random state of ${qubits} qubits simulated in float64`,
    stop,
  );
}

const fits = (qubits: number, steps: number): boolean =>
  qubits <= EXACT_QUBITS_MAX || (qubits <= RANDOM_QUBITS_MAX && 2 ** qubits * steps <= RANDOM_WORK_MAX);

/** Values far from special angles, so that an equation between expressions does not hold by accident. */
function randomValues(steps: readonly UnitaryStep[], prng: Prng): Bindings {
  const names = new Set<string>();
  for (const step of steps) if (step.kind === 'gate') for (const angle of step.params) parametersOf(angle, names);
  return new Map([...names].map((name) => [name, 0.1 + 2.9 * prng.float()]));
}

function provedEqual(
  a: readonly UnitaryStep[],
  b: readonly UnitaryStep[],
  qubits: number,
  values: Bindings,
  stop: Stop,
): boolean {
  const [first, second] = [a, b].map((steps) =>
    lower(
      steps.map((step) => bound(step, values)),
      'all',
    ),
  ) as [never, never];
  return isPlain(first) && isPlain(second) && isIdentity([...(first as []), ...inverseGates(second)], qubits, stop);
}

const bound = (step: UnitaryStep, values: Bindings): UnitaryStep =>
  step.kind === 'gate' ? { ...step, params: step.params.map((angle) => evaluate(angle, values)) } : step;

function* basisStates(qubits: number): Generator<Float64Array> {
  for (let k = 0; k < 2 ** qubits; k++) {
    const state = new Float64Array(2 * 2 ** qubits);
    state[2 * k] = 1;
    yield state;
  }
}

function* randomStates(qubits: number, count: number, prng: Prng): Generator<Float64Array> {
  for (let k = 0; k < count; k++) {
    const state = new Float64Array(2 * 2 ** qubits);
    let norm = 0;
    for (let i = 0; i < state.length; i++) {
      const value = prng.normal();
      state[i] = value;
      norm += value * value;
    }
    const scale = 1 / Math.sqrt(norm);
    for (let i = 0; i < state.length; i++) state[i] = (state[i] as number) * scale;
    yield state;
  }
}

function simulated(
  a: readonly UnitaryStep[],
  b: readonly UnitaryStep[],
  states: Iterable<Float64Array>,
  values: Bindings,
  method: string,
  stop: Stop,
): Equivalence {
  let phase: readonly [number, number] | null = null;
  let worst = 0;
  for (const state of states) {
    if (stop()) return { verdict: 'unknown', method: `${method}: out of time`, error: null };
    const other = state.slice();
    if (!applySteps(state, a, values, stop) || !applySteps(other, b, values, stop))
      return { verdict: 'unknown', method: `${method}: out of time`, error: null };
    phase ??= phaseBetween(state, other);
    const distance = distanceUpTo(phase, state, other);
    // An angle that is no number for these values compares as nothing.
    if (!(distance <= worst)) worst = distance;
    if (Number.isNaN(distance))
      return { verdict: 'unknown', method: `${method}: an angle is not a number`, error: null };
  }
  return { verdict: worst <= DISTANCE_MAX ? 'equal' : 'different', method, error: worst };
}

/** e^(i phi) of <other|state>. */
function phaseBetween(state: Float64Array, other: Float64Array): readonly [number, number] {
  let re = 0;
  let im = 0;
  for (let i = 0; i < state.length; i += 2) {
    const [ar, ai, br, bi] = [state[i] as number, state[i + 1] as number, other[i] as number, other[i + 1] as number];
    re += br * ar + bi * ai;
    im += br * ai - bi * ar;
  }
  const size = Math.hypot(re, im);
  return size < 1e-12 ? [1, 0] : [re / size, im / size];
}

function distanceUpTo([re, im]: readonly [number, number], state: Float64Array, other: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < state.length; i += 2) {
    const br = other[i] as number;
    const bi = other[i + 1] as number;
    sum += ((state[i] as number) - (re * br - im * bi)) ** 2 + ((state[i + 1] as number) - (re * bi + im * br)) ** 2;
  }
  return Math.sqrt(sum);
}
