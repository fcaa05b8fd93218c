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
 * Orders the operations of one pass so that turns come in pairs: always the two that can run now and have the longest
 * chains of turns behind them, so that serial ladders find partners (list scheduling; Hu 1961). Two turns that can run at
 * the same time act on different qubits. `masks`: qubits of every operation; `laneBits`: so many of the lowest qubits are
 * lanes of the vectors.
 */
export function schedulePass(
  operations: readonly Elementary[],
  masks: Int32Array,
  taken: readonly number[],
  laneBits: number,
): readonly Visit[] {
  const { successors, waitsFor } = dependencies(operations, masks, taken);
  const chain = chainLengths(operations, taken, successors);
  const visits: Visit[] = [];
  /** Turns that can run, by ascending length of their chain. */
  const ready: number[] = [];
  const lanes = Array.from({ length: laneBits }, () => -1);
  const release = (position: number): void => {
    const index = at(taken, position);
    const operation = at(operations, index);
    if (operation.kind !== 'turn') {
      visits.push({ kind: 'other', index });
      finish(position);
      return;
    }
    if (operation.qubit < laneBits) {
      lanes[operation.qubit] = position;
      return;
    }
    let place = ready.length;
    while (place > 0 && at(chain, at(ready, place - 1)) > at(chain, position)) place -= 1;
    ready.splice(place, 0, position);
  };
  const finish = (position: number): void => {
    for (const next of at(successors, position)) {
      const left = at(waitsFor, next) - 1;
      waitsFor[next] = left;
      if (left === 0) release(next);
    }
  };
  const roots = taken.flatMap((_, position) => (waitsFor[position] === 0 ? [position] : []));
  for (const position of roots) release(position);
  for (;;) {
    const [second, first] = ready.length > 1 ? ready.splice(-2) : [];
    if (first !== undefined && second !== undefined) {
      visits.push({ kind: 'pair', a: at(taken, first), b: at(taken, second) });
      finish(first);
      finish(second);
    } else if (lanes.some((position) => position >= 0)) {
      const done = lanes.splice(0, laneBits, ...lanes.map(() => -1));
      visits.push({ kind: 'lanes', turns: done.map((position) => (position < 0 ? -1 : at(taken, position))) });
      for (const position of done) if (position >= 0) finish(position);
    } else {
      const alone = ready.pop();
      if (alone === undefined) return visits;
      visits.push({ kind: 'single', a: at(taken, alone) });
      finish(alone);
    }
  }
}

interface Dependencies {
  /** By position in the pass: positions that wait for it. */
  readonly successors: readonly number[][];
  /** How many each still waits for. */
  readonly waitsFor: Int32Array;
}

/** Diagonals commute with each other: they wait for the last turn on their qubits, turns wait for everything. */
function dependencies(operations: readonly Elementary[], masks: Int32Array, taken: readonly number[]): Dependencies {
  const successors = taken.map((): number[] => []);
  const waitsFor = new Int32Array(taken.length);
  const lastMoving = new Int32Array(32).fill(-1);
  const diagonalsSince = Array.from({ length: 32 }, (): number[] => []);
  const after = (earlier: number, position: number): void => {
    const list = at(successors, earlier);
    // Two qubits in common are one dependence.
    if (list.at(-1) === position) return;
    list.push(position);
    waitsFor[position] = at(waitsFor, position) + 1;
  };
  for (const [position, index] of taken.entries()) {
    const { kind } = at(operations, index);
    const moves = kind === 'turn' || kind === 'dense' || kind === 'exchange';
    for (let rest = at(masks, index); rest !== 0; rest &= rest - 1) {
      const q = 31 - Math.clz32(rest & -rest);
      const diagonals = at(diagonalsSince, q);
      if (lastMoving[q] !== -1 && (!moves || diagonals.length === 0)) after(at(lastMoving, q), position);
      if (!moves) {
        diagonals.push(position);
        continue;
      }
      for (const diagonal of diagonals) after(diagonal, position);
      diagonals.length = 0;
      lastMoving[q] = position;
    }
  }
  return { successors, waitsFor };
}

/** Turns on the longest way from each operation to the end of the pass, its own included. */
function chainLengths(
  operations: readonly Elementary[],
  taken: readonly number[],
  successors: Dependencies['successors'],
): Int32Array {
  const chain = new Int32Array(taken.length);
  for (let position = taken.length - 1; position >= 0; position--) {
    let longest = 0;
    for (const next of at(successors, position)) longest = Math.max(longest, at(chain, next));
    chain[position] = longest + (at(operations, at(taken, position)).kind === 'turn' ? 1 : 0);
  }
  return chain;
}
