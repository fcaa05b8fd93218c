import { depthOf } from './count.ts';
import type { UnitaryStep } from '../circuit/circuit.ts';
import { CX, OPAQUE, opaqueGate, RZ, type Gate } from './gates.ts';
import { lower } from './lower.ts';
import { isClifford } from './phase.ts';

/** What the optimiser makes small: a sum over gates, and a weight times the depth. */
export interface Cost {
  of(gates: readonly Gate[]): number;
  gate(gate: Gate): number;
  /** The weight of the depth. */
  readonly depth: number;
  /** T gates count more than anything else. */
  readonly fewT: boolean;
  /** The same for every qubit and pair. */
  readonly uniform: boolean;
  /** The cost of a typical gate: the scale of the search's temperature. */
  readonly unit: number;
}

/** Of steps instead of gates: each as the one gate that it is, CCX and CCZ in Clifford+T. */
export function costOfSteps(steps: readonly UnitaryStep[], cost: Cost): number {
  let sum = 0;
  for (const step of steps) {
    if (step.targets.length + step.controls.length > 2) sum += cost.of(lower([step], 'toffoli'));
    else if (step.targets.length + step.controls.length > 0) sum += cost.gate(opaqueGate(step, false));
  }
  return sum;
}

export type Objective = 'gates' | 'two-qubit' | 't' | 'depth' | 'noise';

/** Error probabilities of a device, 0 to 1. */
export interface ErrorRates {
  /** Per qubit, of any one-qubit gate. */
  readonly oneQubit: readonly number[];
  /** Of a two-qubit gate between two qubits, in either order; undefined where the device has no such edge. */
  readonly twoQubit: { get(a: number, b: number): number | undefined };
}

/** Weights are per gate; ties on the objective are broken by the other counts. */
interface Weights {
  /** The scale of the search's temperature. */
  readonly unit: number;
  readonly oneQubit: number;
  /** Rotations that are no Clifford gates, T among them. */
  readonly nonClifford: number;
  readonly twoQubit: number;
  readonly depth: number;
}

const WEIGHTS: Readonly<Record<Exclude<Objective, 'noise'>, Weights>> = {
  gates: { unit: 1, oneQubit: 1, nonClifford: 1.001, twoQubit: 1.01, depth: 0 },
  'two-qubit': { unit: 1, oneQubit: 0.3, nonClifford: 0.3, twoQubit: 1, depth: 0 },
  t: { unit: 0.21, oneQubit: 0.2, nonClifford: 20, twoQubit: 0.21, depth: 0 },
  depth: { unit: 0.6, oneQubit: 0.05, nonClifford: 0.051, twoQubit: 0.06, depth: 1 },
};

export function costOf(objective: Objective, qubits: number, device: ErrorRates | null): Cost {
  if (objective === 'noise' && device !== null) return noiseCost(device, qubits);
  return weightedCost(WEIGHTS[objective === 'noise' ? 'two-qubit' : objective], qubits);
}

function weightedCost(weights: Weights, qubits: number): Cost {
  const gate = ({ op, phase, qubits: { length } }: Gate): number => {
    if (op === CX) return weights.twoQubit;
    if (op === OPAQUE) return weights.twoQubit * Math.max(1, length - 1);
    return op === RZ && !isClifford(phase) ? weights.nonClifford : weights.oneQubit;
  };
  return {
    ...additive(gate, weights.unit, weights.depth, qubits),
    fewT: weights.nonClifford > 10,
  };
}

function additive(gate: (gate: Gate) => number, unit: number, depth: number, qubits: number): Cost {
  const of = (gates: readonly Gate[]): number => {
    let sum = 0;
    for (const one of gates) sum += gate(one);
    return depth === 0 ? sum : sum + depth * depthOf(gates, qubits);
  };
  return { of, gate, depth, unit, fewT: false, uniform: true };
}

/** A gate that always fails still has a finite cost: fewer such gates are better. */
const ERROR_MAX = 1 - 1e-6;
/** Gates without error still cost a little, so that useless ones go. */
const COST_MIN = 1e-9;
/** An edge that the device lacks is worse than any that it has. */
const MISSING_EDGE = 0.5;

/** Sum of -log(1 - error) over the gates: minus the logarithm of the probability that none fails. */
function noiseCost(device: ErrorRates, qubits: number): Cost {
  const cost = (error: number): number => Math.max(COST_MIN, -Math.log1p(-Math.min(error, ERROR_MAX)));
  const singles = Float64Array.from({ length: qubits }, (_, q) => cost(device.oneQubit[q] ?? 0));
  const edges = new Map<number, number>();
  const edge = (a: number, b: number): number => {
    const key = a * qubits + b;
    const known = edges.get(key);
    if (known !== undefined) return known;
    const value = cost(device.twoQubit.get(a, b) ?? device.twoQubit.get(b, a) ?? MISSING_EDGE);
    edges.set(key, value);
    return value;
  };
  const gateCost = ({ op, q, t, qubits: on }: Gate): number => {
    if (op === CX) return edge(q, t);
    if (op !== OPAQUE) return singles[q] as number;
    if (on.length === 1) return singles[on[0] as number] as number;
    // A step on more qubits is as bad as a chain over them.
    let sum = 0;
    for (let k = 1; k < on.length; k++) sum += edge(on[k - 1] as number, on[k] as number);
    return sum;
  };
  return { ...additive(gateCost, typicalEdge(device, qubits, edge), 0, qubits), uniform: false };
}

/** Pairs looked at for the mean. */
const PAIRS_MAX = 2_000;

/** Mean cost of the edges that the device has. */
function typicalEdge(device: ErrorRates, qubits: number, edge: (a: number, b: number) => number): number {
  let sum = 0;
  let count = 0;
  let pairs = 0;
  for (let a = 0; a < qubits && pairs < PAIRS_MAX; a++)
    for (let b = a + 1; b < qubits && pairs < PAIRS_MAX; b++) {
      pairs++;
      if ((device.twoQubit.get(a, b) ?? device.twoQubit.get(b, a)) === undefined) continue;
      sum += edge(a, b);
      count++;
    }
  return Math.max(COST_MIN, count === 0 ? COST_MIN : sum / count);
}
