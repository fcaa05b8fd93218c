import { assert } from '../../../core/lib/assert.ts';
import type { Block, DenseBlock, DiagonalBlock, MatrixBlock } from './blocks.ts';
import { bitCount, bitsOf, candidates, chooseSet, type Candidates } from './choose.ts';
import { roundsOf, type Round } from './rounds.ts';

/** One way over the whole state. */
export type Pass = TilePass | DensePass;

export interface TilePass {
  readonly kind: 'tile';
  /** Qubit of each tile bit: when the tile is read (ascending) and when it is written (after the swaps of the pass). */
  readonly load: readonly number[];
  readonly store: readonly number[];
  /** Blocks in it. */
  readonly blocks: number;
  readonly rounds: readonly Round[];
}

export interface DensePass {
  readonly kind: 'dense';
  readonly block: DenseBlock;
}

/**
 * A block as a pass sees it: bits of the index (tile bits first, then the other qubits in ascending order) in place of
 * qubits. `bits` are those of the block's targets.
 */
export interface TileOperation {
  readonly block: MatrixBlock | DiagonalBlock;
  readonly bits: readonly number[];
  readonly controls: number;
  readonly x: number;
  readonly z: number;
}

export interface TileShape {
  /** Qubits of a tile. */
  readonly tile: number;
  /** Register bits of a thread. */
  readonly registers: number;
  /** Lowest qubits that belong to every tile, so that memory is read in whole lines. */
  readonly low: number;
}

/** Blocks that a pass may look ahead over; the choice of qubits itself looks at fewer. */
const WINDOW = 2048;
const CHOICE_WINDOW = 512;
/** Diagonals and exchanges hardly cost anything where they are, so the tile is chosen for the matrices. */
const LIGHT_WORTH = 0.25;

/** Splits the blocks into passes. Deterministic; work grows with the number of blocks, not with its square. */
export function passesOf(blocks: readonly Block[], qubits: number, shape: TileShape): readonly Pass[] {
  const width = Math.max(qubits, shape.tile);
  const allowed = width >= 31 ? 0x7fffffff : 2 ** width - 1;
  const always = 2 ** shape.low - 1;
  const passes: Pass[] = [];
  let window: Block[] = [];
  let next = 0;
  const choice = candidates(CHOICE_WINDOW);
  for (;;) {
    while (window.length < WINDOW && next < blocks.length) window.push(blocks[next++] as Block);
    const first = window[0];
    if (first === undefined) return passes;
    if (first.kind === 'dense') {
      passes.push({ kind: 'dense', block: first });
      window = window.slice(1);
      continue;
    }
    const set = width === shape.tile ? allowed : chooseSet(fill(choice, window), always, allowed, shape.tile);
    const { taken, left } = take(window, set);
    assert(taken.length > 0, 'a pass takes at least the first block');
    passes.push(tilePass(taken, set, width, shape));
    window = left;
  }
}

function fill(choice: Candidates, window: readonly Block[]): Candidates {
  choice.count = Math.min(window.length, CHOICE_WINDOW);
  for (let i = 0; i < choice.count; i++) {
    const { x, z, kind } = window[i] as Block;
    choice.x[i] = x;
    choice.z[i] = z;
    choice.worth[i] = kind === 'dense' ? 0 : kind === 'matrix' ? 1 : LIGHT_WORTH;
  }
  return choice;
}

function take(
  window: readonly Block[],
  set: number,
): { readonly taken: Exclude<Block, DenseBlock>[]; readonly left: Block[] } {
  const taken: Exclude<Block, DenseBlock>[] = [];
  const left: Block[] = [];
  let mixed = 0;
  let seen = 0;
  for (const block of window) {
    const { x, z } = block;
    if (block.kind !== 'dense' && (x & ~set) === 0 && (x & (mixed | seen)) === 0 && (z & mixed) === 0)
      taken.push(block);
    else {
      left.push(block);
      mixed |= x;
      seen |= z;
    }
  }
  return { taken, left };
}

function tilePass(
  taken: readonly Exclude<Block, DenseBlock>[],
  set: number,
  width: number,
  shape: TileShape,
): TilePass {
  const load = bitsOf(set);
  assert(load.length === shape.tile && bitCount(set) === shape.tile, `a tile of ${load.length} qubits`);
  const bitOf = new Int32Array(width);
  for (const [bit, qubit] of load.entries()) bitOf[qubit] = bit;
  for (let qubit = 0, bit = shape.tile; qubit < width; qubit++) if (((set >>> qubit) & 1) === 0) bitOf[qubit] = bit++;
  const operations: TileOperation[] = [];
  for (const block of taken) {
    if (block.kind === 'swap') {
      const [a, b] = block.targets;
      const kept = bitOf[a] as number;
      bitOf[a] = bitOf[b] as number;
      bitOf[b] = kept;
      continue;
    }
    operations.push(located(block, bitOf));
  }
  const store: number[] = [];
  for (const qubit of load) store[bitOf[qubit] as number] = qubit;
  return { kind: 'tile', load, store, blocks: taken.length, rounds: roundsOf(operations, store, shape) };
}

function located(block: MatrixBlock | DiagonalBlock, bitOf: Int32Array): TileOperation {
  const mapped = (mask: number): number =>
    bitsOf(mask).reduce((sum, qubit) => sum | (1 << (bitOf[qubit] as number)), 0);
  const controls = block.kind === 'matrix' ? block.z : block.controls;
  return {
    block,
    bits: block.targets.map((qubit) => bitOf[qubit] as number),
    controls: mapped(controls),
    x: mapped(block.x),
    z: mapped(block.z),
  };
}
