import type { Prng } from '../../../lib/prng.ts';
import { combine, parameter, type Angle } from '../../circuit/angle.ts';
import { circuitOf } from '../../circuit/builder.ts';
import type { Circuit, GateName, UnitaryStep } from '../../circuit/circuit.ts';
import { GATES } from '../../circuit/gate-table.ts';

export const GATE_NAMES = Object.keys(GATES) as readonly GateName[];

/** Quarter turns and small multiples are where kernels take shortcuts, so they come up often. */
export function randomAngle(prng: Prng): number {
  return prng.below(4) === 0 ? (Math.PI / 2) * (prng.below(17) - 8) : 4 * Math.PI * (prng.float() - 0.5);
}

export function randomOrder(prng: Prng, qubits: number): number[] {
  return prng.shuffle(Array.from({ length: qubits }, (_, i) => i));
}

/** Haar-distributed: Gram-Schmidt over complex normal rows (Mezzadri 2007, arXiv:math-ph/0609050). Row-major, interleaved. */
export function randomUnitary(prng: Prng, k: number): Float64Array {
  const size = 2 ** k;
  const out = new Float64Array(2 * size * size);
  const row = (r: number): Float64Array => out.subarray(2 * size * r, 2 * size * (r + 1));
  for (let r = 0; r < size; r++) {
    const mine = row(r);
    for (let i = 0; i < mine.length; i++) mine[i] = prng.normal();
    // Twice, so that rounding leaves no trace of the other rows.
    for (let repeat = 0; repeat < 2; repeat++) for (let other = 0; other < r; other++) removePart(mine, row(other));
    const length = Math.sqrt(mine.reduce((total, v) => total + v * v, 0));
    for (let i = 0; i < mine.length; i++) mine[i] = mine[i]! / length;
  }
  return out;
}

/** a -= <b|a> b. */
function removePart(a: Float64Array, b: Float64Array): void {
  let re = 0;
  let im = 0;
  for (let i = 0; i < a.length; i += 2) {
    re += b[i]! * a[i]! + b[i + 1]! * a[i + 1]!;
    im += b[i]! * a[i + 1]! - b[i + 1]! * a[i]!;
  }
  for (let i = 0; i < a.length; i += 2) {
    a[i] = a[i]! - (re * b[i]! - im * b[i + 1]!);
    a[i + 1] = a[i + 1]! - (re * b[i + 1]! + im * b[i]!);
  }
}

export interface RandomOptions {
  /** Of every gate at most this many controls. */
  readonly controls?: number;
  /** Names of parameters that some angles are made of. */
  readonly parameters?: readonly string[];
  /** Dense unitaries on up to this many qubits; 0 for none. */
  readonly unitary?: number;
}

/** One step of any kind that fits on the qubits. */
export function randomStep(prng: Prng, qubits: number, options: RandomOptions = {}): UnitaryStep {
  const { controls: most = 3, parameters = [], unitary = 3 } = options;
  const order = randomOrder(prng, qubits);
  if (unitary > 0 && qubits > 0 && prng.below(8) === 0) {
    const k = 1 + prng.below(Math.min(unitary, qubits));
    const controls = order.slice(k, k + prng.below(Math.min(most, qubits - k) + 1));
    return {
      kind: 'unitary',
      label: `random ${k}`,
      matrix: randomUnitary(prng, k),
      targets: order.slice(0, k),
      controls,
    };
  }
  const name = prng.pick(GATE_NAMES.filter((name) => GATES[name].targets <= qubits));
  const { targets, params } = GATES[name];
  // Half of all gates without controls, as in real circuits.
  const count = prng.below(2) === 0 ? 0 : prng.below(Math.min(most, qubits - targets) + 1);
  return {
    kind: 'gate',
    name,
    params: params.map(() => angleOf(prng, parameters)),
    targets: order.slice(0, targets),
    controls: order.slice(targets, targets + count),
  };
}

function angleOf(prng: Prng, parameters: readonly string[]): Angle {
  if (parameters.length === 0 || prng.below(2) === 0) return randomAngle(prng);
  const angle = parameter(prng.pick(parameters));
  return prng.below(2) === 0 ? angle : combine('add', combine('multiply', prng.normal(), angle), prng.float());
}

export function randomCircuit(prng: Prng, qubits: number, count: number, options: RandomOptions = {}): Circuit {
  return circuitOf(
    qubits,
    Array.from({ length: count }, () => randomStep(prng, qubits, options)),
  );
}

/** A state without symmetry: a random turn of every qubit and entanglement between all neighbours. */
export function scramble(prng: Prng, qubits: number): UnitaryStep[] {
  const turn = (q: number): UnitaryStep => ({
    kind: 'gate',
    name: 'u',
    params: [randomAngle(prng) + 0.1, randomAngle(prng) + 0.2, randomAngle(prng) + 0.3],
    targets: [q],
    controls: [],
  });
  const all = Array.from({ length: qubits }, (_, q) => q);
  const cx = (q: number): UnitaryStep => ({ kind: 'gate', name: 'x', params: [], targets: [q], controls: [q - 1] });
  return [...all.map(turn), ...all.slice(1).map(cx), ...all.map(turn)];
}
