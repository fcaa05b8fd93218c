import { at } from '../../../lib/assert.ts';
import type { Prng } from '../../../lib/prng.ts';
import { unwrap } from '../../../lib/result.ts';
import type { Bindings } from '../../circuit/angle.ts';
import type { UnitaryStep } from '../../circuit/circuit.ts';
import type { Matrix } from '../../circuit/gate-table.ts';
import { createCpuDevice } from '../../engine/cpu-device.ts';
import { randomAngle, randomOrder, randomUnitary } from '../../engine/testing/random-circuits.ts';
import type { Elementary, Lowered, Part, PhaseAngle } from '../elementary.ts';

/** Elementary operations one at a time over interleaved float64 amplitudes: the definitions and nothing else. */
export function applyElementary(state: Float64Array, operation: Elementary, values: Bindings): void {
  switch (operation.kind) {
    case 'turn':
    case 'local':
      for (const part of operation.parts) applyDense(state, part.at(values), [operation.qubit], []);
      return;
    case 'sign':
      multiplyWhereOnes(state, [operation.a, operation.b], Math.PI);
      return;
    case 'phase':
      multiplyWhereOnes(state, operation.qubits, operation.angle.at(values));
      return;
    case 'dense':
      applyDense(state, operation.at(values), operation.targets, operation.controls);
      return;
    default: {
      operation satisfies { kind: 'exchange' };
      const before = state.slice();
      for (let index = 0; index < state.length / 2; index++) {
        const [a, b] = [bitOf(index, operation.a), bitOf(index, operation.b)];
        const from = index + (b - a) * 2 ** operation.a + (a - b) * 2 ** operation.b;
        state.set(before.subarray(2 * from, 2 * from + 2), 2 * index);
      }
    }
  }
}

const bitOf = (index: number, qubit: number): number => Math.floor(index / 2 ** qubit) % 2;

function multiplyWhereOnes(state: Float64Array, qubits: readonly number[], angle: number): void {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  for (let index = 0; index < state.length / 2; index++) {
    if (!qubits.every((q) => bitOf(index, q) === 1)) continue;
    const [re, im] = [at(state, 2 * index), at(state, 2 * index + 1)];
    state[2 * index] = re * c - im * s;
    state[2 * index + 1] = re * s + im * c;
  }
}

/** Every row is one sum over the columns, out of place. */
function applyDense(
  state: Float64Array,
  matrix: Matrix,
  targets: readonly number[],
  controls: readonly number[],
): void {
  const before = state.slice();
  const size = 2 ** targets.length;
  for (let index = 0; index < state.length / 2; index++) {
    if (!controls.every((q) => bitOf(index, q) === 1)) continue;
    const row = targets.reduce((sum, q, j) => sum + bitOf(index, q) * 2 ** j, 0);
    const base = targets.reduce((rest, q) => rest - bitOf(index, q) * 2 ** q, index);
    let [re, im] = [0, 0];
    for (let column = 0; column < size; column++) {
      const from = 2 * targets.reduce((sum, q, j) => sum + bitOf(column, j) * 2 ** q, base);
      const entry = 2 * (row * size + column);
      const [mr, mi, vr, vi] = [at(matrix, entry), at(matrix, entry + 1), at(before, from), at(before, from + 1)];
      re += mr * vr - mi * vi;
      im += mr * vi + mi * vr;
    }
    state[2 * index] = re;
    state[2 * index + 1] = im;
  }
}

/** The whole of a lowered sequence: start, operations, tail, global phase. */
export function runLowered(lowered: Lowered, values: Bindings, from: Float64Array): Float64Array {
  const state = from.slice();
  for (const [qubit, parts] of lowered.start.entries()) applyElementary(state, { kind: 'turn', qubit, parts }, values);
  for (const operation of lowered.operations) applyElementary(state, operation, values);
  for (const [qubit, parts] of lowered.tail.entries()) applyElementary(state, { kind: 'local', qubit, parts }, values);
  for (const angle of lowered.globalPhase) multiplyWhereOnes(state, [], angle.at(values));
  return state;
}

/** The same steps on the float64 oracle. */
export async function oracleState(
  qubits: number,
  steps: readonly UnitaryStep[],
  values: Bindings,
  from: Float64Array,
): Promise<Float64Array> {
  const device = createCpuDevice();
  const plan = unwrap(device.plan({ qubits, steps, parameters: [...values.keys()], fromZero: false }));
  const state = unwrap(await device.load(qubits, from));
  unwrap(await device.apply(state, plan, values, { signal: undefined, onProgress: () => {} }));
  return unwrap(await device.read(state, 0, 2 ** qubits));
}

export function zeroState(qubits: number): Float64Array {
  const state = new Float64Array(2 * 2 ** qubits);
  state[0] = 1;
  return state;
}

/** Of norm 1, no symmetry. */
export function randomState(prng: Prng, qubits: number): Float64Array {
  const state = Float64Array.from({ length: 2 * 2 ** qubits }, () => prng.normal());
  const norm = Math.hypot(...state);
  return state.map((value) => value / norm);
}

export function qubitsOf(operation: Elementary): readonly number[] {
  switch (operation.kind) {
    case 'turn':
    case 'local':
      return [operation.qubit];
    case 'sign':
    case 'exchange':
      return [operation.a, operation.b];
    case 'phase':
      return operation.qubits;
    default:
      return [...operation.targets, ...operation.controls];
  }
}

export const isDiagonal = ({ kind }: Elementary): boolean => kind === 'local' || kind === 'sign' || kind === 'phase';

/** Diagonals commute with each other; everything else only where it shares no qubit. */
export function commute(a: Elementary, b: Elementary): boolean {
  if (isDiagonal(a) && isDiagonal(b)) return true;
  const mine = qubitsOf(a);
  return !qubitsOf(b).some((q) => mine.includes(q));
}

/** What is wrong with `order` (indices of `operations`) as an order of execution, every pair looked at; null where nothing is. */
export function orderProblem(operations: readonly Elementary[], order: readonly number[]): string | null {
  const place = new Map(order.map((index, i) => [index, i]));
  if (order.length !== operations.length || place.size !== operations.length)
    return `${order.length} places, ${place.size} different, for ${operations.length} operations`;
  for (let later = 0; later < operations.length; later++) {
    const mine = place.get(later);
    if (mine === undefined) return `operation ${later} is missing`;
    for (let earlier = 0; earlier < later; earlier++)
      if ((place.get(earlier) ?? 0) > mine && !commute(at(operations, earlier), at(operations, later)))
        return `${at(operations, later).kind} ${later} overtakes ${at(operations, earlier).kind} ${earlier}`;
  }
  return null;
}

export const fixedPart = (matrix: Matrix, diagonal = false): Part => ({
  at: () => matrix,
  fixed: true,
  diagonal,
  slope: null,
});

export const fixedAngle = (angle: number): PhaseAngle => ({ at: () => angle, parameters: [], slope: () => 0 });

const diagonalMatrix = (zero: number, one: number): Matrix =>
  Float64Array.of(Math.cos(zero), Math.sin(zero), 0, 0, 0, 0, Math.cos(one), Math.sin(one));

export interface ElementaryMix {
  /** Widest dense matrix, controls included. */
  readonly wide?: number;
  /** Without exchanges, as from |0...0>. */
  readonly exchanges?: boolean;
}

/** Any elementary operations in any order; mostly turns and pairs, as in real circuits. */
export function randomOperations(
  prng: Prng,
  qubits: number,
  count: number,
  { wide = 4, exchanges = true }: ElementaryMix = {},
): Elementary[] {
  return Array.from({ length: count }, (): Elementary => {
    const order = randomOrder(prng, qubits);
    const [qubit, other] = [at(order, 0), at(order, 1)];
    switch (prng.below(exchanges ? 10 : 9)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return { kind: 'turn', qubit, parts: [fixedPart(randomUnitary(prng, 1))] };
      case 4:
      case 5:
        return { kind: 'sign', a: qubit, b: other };
      case 6: {
        const size = 2 + prng.below(Math.min(3, qubits - 1));
        return { kind: 'phase', qubits: order.slice(0, size), angle: fixedAngle(randomAngle(prng)) };
      }
      case 7:
        return {
          kind: 'local',
          qubit,
          parts: [fixedPart(diagonalMatrix(randomAngle(prng), randomAngle(prng)), true)],
        };
      case 8: {
        const size = 2 + prng.below(Math.min(wide, qubits) - 1);
        const targets = 1 + prng.below(Math.min(size, 2));
        const matrix = randomUnitary(prng, targets);
        return {
          kind: 'dense',
          targets: order.slice(0, targets),
          controls: order.slice(targets, size),
          at: () => matrix,
        };
      }
      default:
        return { kind: 'exchange', a: qubit, b: other };
    }
  });
}
