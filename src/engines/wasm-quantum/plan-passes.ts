import type { UnitarySequence } from '../../core/quantum/engine/device.ts';
import type { PlanStats } from '../../core/quantum/engine/engine.ts';
import { at } from '../../core/lib/assert.ts';
import type { Elementary, Lowered } from '../../core/quantum/plan/elementary.ts';
import { lower } from '../../core/quantum/plan/lower.ts';
import { masksOf, splitIntoPasses } from '../../core/quantum/plan/passes.ts';
import { schedulePass, type Visit } from '../../core/quantum/plan/schedule.ts';
import { absorbStart, type StartState } from '../../core/quantum/plan/start.ts';
import { ENTRY_TABLE_BYTES, UNIT_BYTES } from './layout.ts';
import { PROGRAM_WINDOW_BYTES } from './memory.ts';
import { TileMap } from './tile-map.ts';

/** States have at least this many qubits in memory: 2^10 amplitudes are one block of every kernel and cost nothing. */
export const QUBITS_PADDED = 10;

export interface TilePass {
  readonly map: TileMap;
  readonly visits: readonly Visit[];
}

/** What apply-plan.ts runs. */
export interface RunnablePlan {
  readonly lowered: Lowered;
  /** What the first pass writes where the plan starts from |0...0>; null where it takes what is there. */
  readonly start: StartState | null;
  readonly passes: readonly TilePass[];
}

export interface WasmPlan extends RunnablePlan {
  /** Before the start took some of its operations. */
  readonly whole: Lowered;
  readonly stats: PlanStats;
  readonly sequence: UnitarySequence;
}

export interface PlanShape {
  readonly laneBits: number;
  /** log2 of the amplitudes of a tile: what the second-level cache of one core holds. */
  readonly tileBits: number;
  readonly threads: number;
  /** Lowest qubits that are in every tile: contiguous bytes in memory. */
  readonly lowBits: number;
}

/** Splits a sequence into passes and visits. Independent of parameter values. */
export function planSequence(sequence: UnitarySequence, shape: PlanShape): WasmPlan {
  const qubits = Math.max(QUBITS_PADDED, sequence.qubits);
  const lowered = lower({ ...sequence, qubits });
  const plan = planLowered(lowered, sequence.fromZero, shape);
  const passes = plan.passes.length;
  const bytes = 2 * passes * 2 ** (qubits - shape.laneBits) * UNIT_BYTES;
  return { ...plan, whole: lowered, stats: { gates: sequence.steps.length, passes, bytes, dispatches: 0 }, sequence };
}

/** Passes over a lowered sequence; at least one. */
export function planLowered(lowered: Lowered, fromZero: boolean, shape: PlanShape): RunnablePlan {
  const { qubits } = lowered;
  const { start, operations } = fromZero ? absorbStart(lowered) : { start: null, operations: lowered.operations };
  const tileBits = tileBitsFor(qubits, shape);
  const masks = masksOf(operations);
  const cut = splitIntoPasses(operations, { qubits, tileBits, lowBits: shape.lowBits });
  const passes = cut.flatMap((pass): readonly TilePass[] => {
    const map = new TileMap(qubits, pass.tile, shape.laneBits);
    return cutVisits(schedulePass(operations, masks, pass.operations, shape.laneBits), operations, map);
  });
  if (passes.length === 0) passes.push({ map: new TileMap(qubits, 2 ** tileBits - 1, shape.laneBits), visits: [] });
  return { lowered: { ...lowered, operations }, start, passes };
}

/** log2 of the tiles that every thread should find in a pass, so that all end at about the same time. */
const TILES_PER_THREAD_BITS = 4;

/** Smaller tiles where threads share a small state; never below what is worth a thread. */
function tileBitsFor(qubits: number, { tileBits, threads }: PlanShape): number {
  if (threads === 1) return Math.min(qubits, tileBits);
  const share = qubits - Math.ceil(Math.log2(threads)) - TILES_PER_THREAD_BITS;
  return Math.min(qubits, tileBits, Math.max(share, SHARED_TILE_BITS_MIN));
}

/** A tile of 2^13 amplitudes takes tens of microseconds: less is lost in handing it out. */
const SHARED_TILE_BITS_MIN = 13;

/** A pass whose program does not fit its window goes over the state more than once. */
function cutVisits(visits: readonly Visit[], operations: readonly Elementary[], map: TileMap): readonly TilePass[] {
  const phases = operations.some(({ kind }) => kind === 'phase');
  // A table of signed coefficients a turn; a twiddle before it where phases of pairs can be pending: low vectors and block factors.
  const turn = 512 + ENTRY_TABLE_BYTES + (phases ? 2 * (4096 + 16 * map.blocks) : 0);
  const passes: TilePass[] = [];
  let from = 0;
  let bytes = 0;
  for (const [i, visit] of visits.entries()) {
    const size = visit.kind === 'other' ? sizeOf(at(operations, visit.index), turn) : turn;
    if (bytes + size > PROGRAM_WINDOW_BYTES / 2 && i > from) {
      passes.push({ map, visits: visits.slice(from, i) });
      from = i;
      bytes = 0;
    }
    bytes += size;
  }
  passes.push({ map, visits: visits.slice(from) });
  return passes;
}

function sizeOf(operation: Elementary, turn: number): number {
  if (operation.kind !== 'dense') return operation.kind === 'sign' || operation.kind === 'local' ? 0 : turn;
  const rows = 2 ** operation.targets.length;
  return rows * rows * UNIT_BYTES + (2 * operation.targets.length + 1) * turn;
}
