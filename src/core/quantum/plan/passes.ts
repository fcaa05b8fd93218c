import { at } from '../../lib/assert.ts';
import type { Elementary } from './elementary.ts';

/** One read and one write of the whole state: `operations` (indices, in order of execution) need only bits of `tile`. */
export interface Pass {
  /** Bit mask of the qubits that vary inside a tile. */
  readonly tile: number;
  readonly operations: readonly number[];
}

export interface TileShape {
  readonly qubits: number;
  /** log2 of the amplitudes of a tile. */
  readonly tileBits: number;
  /** The lowest qubits are in every tile: they make contiguous runs in memory. */
  readonly lowBits: number;
}

/** Exchanges tried per pass and the window that each looks at: a plan of 700 gates stays near a millisecond. */
const TRIES = 300;
const WINDOW = 320;
/** Operations that one pass may take from: a million gates are planned in seconds, not by the square of a million. */
const LOOKAHEAD = 4096;

/**
 * Splits a lowered sequence into passes. Greedy: the tile that takes most turns next is searched by exchanging one
 * qubit at a time, starting from the qubits that come first. Diagonal operations need no place in the tile, they only
 * must not overtake a turn that was left behind; a turn must not overtake anything on its qubit.
 */
export function splitIntoPasses(operations: readonly Elementary[], shape: TileShape): readonly Pass[] {
  const walk = new Walk(operations);
  const passes: Pass[] = [];
  const whole = shape.qubits <= shape.tileBits;
  let next = 0;
  let remaining: Int32Array = new Int32Array(0);
  for (;;) {
    remaining = refilled(remaining, next, operations.length);
    next = Math.max(next, (remaining.at(-1) ?? -1) + 1);
    if (remaining.length === 0) return passes;
    const tile = whole ? 2 ** shape.qubits - 1 : chooseTile(walk, remaining, shape);
    const { taken, left } = walk.split(remaining, tile);
    passes.push({ tile, operations: taken });
    remaining = left;
  }
}

/** What was left of the window, and as many of the operations from `next` on as it has room for. */
function refilled(left: Int32Array, next: number, count: number): Int32Array {
  const fresh = Math.min(LOOKAHEAD - left.length, count - next);
  if (fresh <= 0) return left;
  const window = new Int32Array(left.length + fresh);
  window.set(left);
  for (let i = 0; i < fresh; i++) window[left.length + i] = next + i;
  return window;
}

function chooseTile(walk: Walk, remaining: Int32Array, shape: TileShape): number {
  const low = 2 ** shape.lowBits - 1;
  const all = 2 ** shape.qubits - 1;
  let best = fill(walk.firstCome(remaining, low, shape.tileBits), all, shape.tileBits);
  let score = walk.score(remaining, best);
  let tries = 0;
  let improved = true;
  while (improved && tries < TRIES) {
    improved = false;
    // The qubits that waited longest come in, those that give least go out.
    const entering = bits(all & ~best);
    const leaving = bits(best & ~low);
    for (const enter of entering) {
      for (const leave of leaving) {
        if (tries++ >= TRIES) break;
        const candidate = (best | (1 << enter)) & ~(1 << leave);
        const value = walk.score(remaining, candidate);
        if (value <= score) continue;
        best = candidate;
        score = value;
        improved = true;
        break;
      }
      if (improved) break;
    }
  }
  return best >>> 0;
}

/** Adds unused qubits, lowest first, until the tile is full: contiguous runs get longer. */
function fill(tile: number, all: number, tileBits: number): number {
  let full = tile;
  let missing = tileBits - bits(tile).length;
  for (const qubit of bits(all & ~tile)) if (missing-- > 0) full |= 1 << qubit;
  return full;
}

export function bits(mask: number): number[] {
  const out: number[] = [];
  for (let q = 0; q < 32; q++) if ((mask >>> q) & 1) out.push(q);
  return out;
}

/** Walks the dependency order over flat arrays. */
class Walk {
  readonly #mask: Int32Array;
  /** Qubits that must be in the tile; none for diagonals, which stay pending, and for controls. */
  readonly #needs: Int32Array;

  constructor(operations: readonly Elementary[]) {
    this.#mask = masksOf(operations);
    this.#needs = Int32Array.from(operations, tileMask);
  }

  /** How many turns a tile takes from the next operations. */
  score(remaining: Int32Array, tile: number): number {
    const [masks, needs] = [this.#mask, this.#needs];
    const end = Math.min(remaining.length, WINDOW);
    const outside = ~tile;
    let stopTurns = 0;
    let stopDiagonals = 0;
    let count = 0;
    for (let i = 0; i < end; i++) {
      const index = remaining[i] as number;
      const mask = masks[index] as number;
      const need = needs[index] as number;
      if (need !== 0) {
        if ((mask & stopTurns) === 0 && (need & outside) === 0) count += 1;
        else {
          stopTurns |= mask;
          stopDiagonals |= mask;
          if ((stopTurns | outside) === -1) break;
        }
      } else if ((mask & stopDiagonals) !== 0) stopTurns |= mask;
    }
    return count;
  }

  split(remaining: Int32Array, tile: number): { readonly taken: number[]; readonly left: Int32Array } {
    const [masks, needs] = [this.#mask, this.#needs];
    const taken: number[] = [];
    const left = new Int32Array(remaining.length);
    let kept = 0;
    let stopTurns = 0;
    let stopDiagonals = 0;
    for (const index of remaining) {
      const mask = masks[index] as number;
      const need = needs[index] as number;
      const stopped = (mask & (need === 0 ? stopDiagonals : stopTurns)) !== 0 || (need & ~tile) !== 0;
      if (!stopped) {
        taken.push(index);
        continue;
      }
      left[kept++] = index;
      stopTurns |= mask;
      if (need !== 0) stopDiagonals |= mask;
    }
    return { taken, left: left.subarray(0, kept) };
  }

  /** The qubits of the first turns that can run, as many as fit. */
  firstCome(remaining: Int32Array, low: number, tileBits: number): number {
    let tile = low;
    let room = tileBits - bits(low).length;
    for (const index of remaining) {
      const fresh = bits(at(this.#needs, index) & ~tile);
      if (fresh.length > room) continue;
      for (const qubit of fresh) tile |= 1 << qubit;
      room -= fresh.length;
      if (room === 0) break;
    }
    return tile;
  }
}

/** Bit masks of the qubits of all operations. */
export function masksOf(operations: readonly Elementary[]): Int32Array {
  return Int32Array.from(operations, qubitMask);
}

export function qubitMask(operation: Elementary): number {
  switch (operation.kind) {
    case 'turn':
    case 'local':
      return 1 << operation.qubit;
    case 'sign':
    case 'exchange':
      return (1 << operation.a) | (1 << operation.b);
    case 'phase':
      return operation.qubits.reduce((mask, q) => mask | (1 << q), 0);
    default:
      return [...operation.targets, ...operation.controls].reduce((mask, q) => mask | (1 << q), 0);
  }
}

function tileMask(operation: Elementary): number {
  switch (operation.kind) {
    case 'turn':
    case 'exchange':
      return qubitMask(operation);
    case 'dense':
      return operation.targets.reduce((mask, q) => mask | (1 << q), 0);
    default:
      return 0;
  }
}
