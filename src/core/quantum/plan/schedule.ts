import { at } from '../../lib/assert.ts';
import type { Elementary } from './elementary.ts';

/** One visit of the tile, or a diagonal that only joins what is pending. Numbers are indices of elementary operations. */
export type Visit =
  | { readonly kind: 'pair'; readonly a: number; readonly b: number }
  | { readonly kind: 'single'; readonly a: number }
  /** Turns on the lowest qubits, inside the vectors; -1 where there is none. */
  | { readonly kind: 'lanes'; readonly turns: readonly number[] }
  | { readonly kind: 'other'; readonly index: number };

/**
 * Orders the operations of one pass so that turns come in pairs: layer by layer, every turn that nothing holds back.
 * Turns of one layer act on different qubits. `masks`: qubits of every operation. `laneBits`: so many of the lowest qubits are lanes of the vectors.
 */
export function schedulePass(
  operations: readonly Elementary[],
  masks: Int32Array,
  taken: readonly number[],
  laneBits: number,
): readonly Visit[] {
  const visits: Visit[] = [];
  let remaining = taken;
  while (remaining.length > 0) {
    const layer = takeLayer(operations, masks, remaining, laneBits);
    for (const index of layer.others) visits.push({ kind: 'other', index });
    visits.push(...pairUp(operations, layer.turns, laneBits));
    remaining = layer.left;
  }
  return visits;
}

interface Layer {
  readonly turns: number[];
  readonly others: number[];
  readonly left: number[];
}

function takeLayer(
  operations: readonly Elementary[],
  masks: Int32Array,
  remaining: readonly number[],
  laneBits: number,
): Layer {
  const layer: Layer = { turns: [], others: [], left: [] };
  // Bits of qubits that something left behind holds: diagonals may not pass turns, turns may pass nothing.
  let stopTurns = 0;
  let stopDiagonals = 0;
  let lastWide = -1;
  let wide = 0;
  for (const index of remaining) {
    const operation = operations[index] as Elementary;
    const mask = masks[index] as number;
    const turn = operation.kind === 'turn';
    const moves = turn || operation.kind === 'dense' || operation.kind === 'exchange';
    if ((mask & (moves ? stopTurns : stopDiagonals)) !== 0) {
      layer.left.push(index);
      stopTurns |= mask;
      if (moves) stopDiagonals |= mask;
      continue;
    }
    if (!turn) {
      layer.others.push(index);
      continue;
    }
    layer.turns.push(index);
    stopTurns |= mask;
    stopDiagonals |= mask;
    if (operation.qubit < laneBits) continue;
    wide += 1;
    lastWide = index;
  }
  if (wide % 2 === 1 && wide > 1) putBack(layer, lastWide);
  return layer;
}

/**
 * The last turn without a partner waits for the next layer. What was taken after it acts on other qubits or is a
 * diagonal that was free before it, so the order stays right.
 */
function putBack(layer: Layer, index: number): void {
  layer.turns.splice(layer.turns.indexOf(index), 1);
  const place = layer.left.findIndex((other) => other > index);
  layer.left.splice(place < 0 ? layer.left.length : place, 0, index);
}

function pairUp(operations: readonly Elementary[], turns: readonly number[], laneBits: number): readonly Visit[] {
  const visits: Visit[] = [];
  const lanes = Array.from({ length: laneBits }, () => -1);
  let held = -1;
  for (const index of turns) {
    const operation = at(operations, index);
    const qubit = operation.kind === 'turn' ? operation.qubit : 0;
    if (qubit < laneBits) {
      lanes[qubit] = index;
      continue;
    }
    if (held < 0) {
      held = index;
      continue;
    }
    visits.push({ kind: 'pair', a: held, b: index });
    held = -1;
  }
  if (held >= 0) visits.push({ kind: 'single', a: held });
  if (lanes.some((index) => index >= 0)) visits.push({ kind: 'lanes', turns: lanes });
  return visits;
}
