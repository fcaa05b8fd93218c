import { assert } from '../../lib/assert.ts';
import type { Bindings } from '../circuit/angle.ts';
import type { Matrix } from '../circuit/gate-table.ts';
import { applyMatrix } from '../engine/cpu-kernels.ts';
import type { Elementary } from './elementary.ts';
import { productOf } from './lower.ts';
import type { StartBlock } from './start.ts';

/** Interleaved amplitudes of the product of blocks that cover the qubits [from, to) exactly. Float64. */
export function startVector(
  blocks: readonly StartBlock[],
  from: number,
  to: number,
  values: Bindings,
): Float64Array<ArrayBuffer> {
  let vector: Float64Array<ArrayBuffer> = Float64Array.of(1, 0);
  const order: number[] = [];
  for (const block of blocks) {
    vector = kronecker(blockState(block, values), vector);
    order.push(...block.qubits);
  }
  assert(order.length === to - from, `blocks cover ${order.length} qubits of ${to - from}`);
  return inOrder(vector, order, from);
}

function blockState({ qubits, operations }: StartBlock, values: Bindings): Float64Array {
  const state = new Float64Array(2 * 2 ** qubits.length);
  state[0] = 1;
  const place = new Map(qubits.map((q, i) => [q, i]));
  const on = (list: readonly number[]): number[] => list.map((q) => place.get(q) as number);
  for (const operation of operations) {
    const [matrix, targets, controls] = asMatrix(operation, values);
    applyMatrix(state, matrix, on(targets), on(controls));
  }
  return state;
}

function asMatrix(
  operation: Elementary,
  values: Bindings,
): readonly [matrix: Matrix, targets: readonly number[], controls: readonly number[]] {
  switch (operation.kind) {
    case 'turn':
    case 'local':
      return [productOf(operation.parts, values), [operation.qubit], []];
    case 'sign':
      return [phaseMatrix(Math.PI), [operation.a], [operation.b]];
    case 'phase': {
      const [first, ...others] = operation.qubits;
      return [phaseMatrix(operation.angle.at(values)), [first as number], others];
    }
    case 'dense':
      return [operation.at(values), operation.targets, operation.controls];
    default:
      operation satisfies { kind: 'exchange' };
      return [EXCHANGE, [operation.a, operation.b], []];
  }
}

const EXCHANGE: Matrix = Float64Array.from([1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1].flatMap((re) => [re, 0]));

/** diag(1, e^(i angle)); exact at pi. */
function phaseMatrix(angle: number): Matrix {
  if (angle === Math.PI) return Float64Array.of(1, 0, 0, 0, 0, 0, -1, 0);
  return Float64Array.of(1, 0, 0, 0, 0, 0, Math.cos(angle), Math.sin(angle));
}

/** Entry (i << bits of low) + j is high[i] low[j]. */
function kronecker(high: Float64Array, low: Float64Array): Float64Array<ArrayBuffer> {
  const out = new Float64Array((high.length * low.length) / 2);
  let to = 0;
  for (let i = 0; i < high.length; i += 2) {
    const [hr, hi] = [high[i] as number, high[i + 1] as number];
    for (let j = 0; j < low.length; j += 2) {
      const [lr, li] = [low[j] as number, low[j + 1] as number];
      out[to++] = hr * lr - hi * li;
      out[to++] = hr * li + hi * lr;
    }
  }
  return out;
}

/** Moves bit k of every index to bit order[k] - from. */
function inOrder(vector: Float64Array<ArrayBuffer>, order: readonly number[], from: number): Float64Array<ArrayBuffer> {
  if (order.every((qubit, k) => qubit === from + k)) return vector;
  const count = vector.length / 2;
  const place = new Int32Array(count);
  for (const [k, qubit] of order.entries()) {
    const half = 2 ** k;
    for (let i = 0; i < half; i++) place[i + half] = (place[i] as number) + 2 ** (qubit - from);
  }
  const out = new Float64Array(vector.length);
  for (let i = 0; i < count; i++) {
    const to = 2 * (place[i] as number);
    out[to] = vector[2 * i] as number;
    out[to + 1] = vector[2 * i + 1] as number;
  }
  return out;
}
