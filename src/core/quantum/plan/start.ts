import { at } from '../../lib/assert.ts';
import type { Elementary, Lowered } from './elementary.ts';
import { bits, qubitMask } from './passes.ts';

/** Qubits that are entangled with each other and with nothing else, and what made them so from |0...0>. */
export interface StartBlock {
  /** Ascending. */
  readonly qubits: readonly number[];
  readonly operations: readonly Elementary[];
}

/**
 * A product state to start from: amplitude i is high[i >> cut] low[i & (2^cut - 1)], each of them a product over its
 * blocks. It is written in one go, so what the blocks contain costs nothing per amplitude.
 */
export interface StartState {
  /** Qubits below it are in `low`. */
  readonly cut: number;
  readonly low: readonly StartBlock[];
  readonly high: readonly StartBlock[];
}

/** Blocks larger than this are no longer small against a tile. */
const BLOCK_QUBITS_MAX = 8;
/** Amplitude updates of all blocks of a start: a fraction of a millisecond when it is bound. */
const WORK_MAX = 2 ** 15;
/** Low parts of 2^6 to 2^14 amplitudes, high parts of at most 2^16: tables that are written once a run. */
const CUT_MIN = 6;
const CUT_MAX = 14;
const HIGH_BITS_MAX = 16;

/**
 * Takes as many operations as possible into a product state: the start turns, then everything that stays inside blocks of
 * few qubits on either side of a cut. The cut that takes most turns wins.
 */
export function absorbStart(lowered: Lowered): {
  readonly start: StartState;
  readonly operations: readonly Elementary[];
} {
  const { qubits } = lowered;
  const first = Math.min(qubits, Math.max(CUT_MIN, qubits - HIGH_BITS_MAX));
  let best: Absorbed | null = null;
  for (let cut = first; cut <= Math.min(qubits, CUT_MAX); cut++) {
    const absorbed = absorbAt(lowered, cut);
    if (best === null || absorbed.turns > best.turns) best = absorbed;
  }
  const { start, rest } = best as Absorbed;
  return { start, operations: rest };
}

interface Absorbed {
  readonly start: StartState;
  readonly rest: readonly Elementary[];
  readonly turns: number;
}

function absorbAt({ qubits, start, operations }: Lowered, cut: number): Absorbed {
  const side = 2 ** cut - 1;
  const all = 2 ** qubits - 1;
  const blockOf = Int32Array.from({ length: qubits }, (_, q) => 1 << q);
  const lists = new Map<number, Elementary[]>();
  for (let q = 0; q < qubits; q++) lists.set(1 << q, startTurn(start, q));
  const rest: Elementary[] = [];
  let stopTurns = 0;
  let stopDiagonals = 0;
  let turns = 0;
  let work = 0;
  for (const operation of operations) {
    const mask = qubitMask(operation);
    const moves = operation.kind !== 'sign' && operation.kind !== 'phase' && operation.kind !== 'local';
    const free = (mask & (moves ? stopTurns : stopDiagonals)) === 0;
    const joined = free ? joinedMask(blockOf, mask, side) : 0;
    const cost = joined === 0 ? 0 : 2 ** bits(joined).length;
    if (joined === 0 || work + cost > WORK_MAX) {
      rest.push(operation);
      stopTurns |= mask;
      if (moves) stopDiagonals |= mask;
      // Nothing can follow any more.
      if (stopDiagonals === all) break;
      continue;
    }
    work += cost;
    if (operation.kind === 'turn') turns += 1;
    join(blockOf, lists, joined).push(operation);
  }
  const taken = rest.length + countOf(lists) - startCount(start);
  for (let i = taken; i < operations.length; i++) rest.push(at(operations, i));
  const blocks = Array.from(lists, ([mask, list]): StartBlock => ({ qubits: bits(mask), operations: list }));
  const low = blocks.filter((block) => at(block.qubits, 0) < cut);
  return { start: { cut, low, high: blocks.filter((block) => !low.includes(block)) }, rest, turns };
}

function startTurn(start: Lowered['start'], qubit: number): Elementary[] {
  const parts = start[qubit] ?? [];
  return parts.length > 0 ? [{ kind: 'turn', qubit, parts }] : [];
}

const startCount = (start: Lowered['start']): number => start.filter((parts) => parts.length > 0).length;
const countOf = (lists: ReadonlyMap<number, readonly Elementary[]>): number =>
  [...lists.values()].reduce((sum, list) => sum + list.length, 0);

/** The block that an operation would make, or 0 where it may not: too large, or on both sides of the cut. */
function joinedMask(blockOf: Int32Array, mask: number, side: number): number {
  let joined = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) joined |= at(blockOf, 31 - Math.clz32(rest & -rest));
  const one = (joined & side) === joined || (joined & side) === 0;
  return one && bits(joined).length <= BLOCK_QUBITS_MAX ? joined : 0;
}

/** Makes one block of those inside `joined`; returns its list. */
function join(blockOf: Int32Array, lists: Map<number, Elementary[]>, joined: number): Elementary[] {
  const known = lists.get(joined);
  if (known !== undefined) return known;
  const merged: Elementary[] = [];
  for (const q of bits(joined)) {
    const mask = at(blockOf, q);
    const list = lists.get(mask);
    if (list === undefined) continue;
    merged.push(...list);
    lists.delete(mask);
  }
  for (const q of bits(joined)) blockOf[q] = joined;
  lists.set(joined, merged);
  return merged;
}
