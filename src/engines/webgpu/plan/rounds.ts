import { bitsOf, candidates, chooseSet, type Candidates } from './choose.ts';
import type { TileOperation, TileShape } from './passes.ts';

/** What a workgroup does between two exchanges through workgroup memory. */
export interface Round {
  /** Tile bits of the threads' bits and of the register bits. */
  readonly threads: readonly number[];
  readonly registers: readonly number[];
  /** In order; diagonals that stand together are applied at once. */
  readonly operations: readonly RoundOperation[];
}

export type RoundOperation =
  | { readonly kind: 'matrix'; readonly operation: TileOperation }
  | { readonly kind: 'diagonals'; readonly operations: readonly TileOperation[] };

/** Threads next to each other read 2^4 amplitudes next to each other: one line of 128 bytes. */
const LINE_BITS = 4;

/**
 * Orders the operations of a pass into rounds. In the first round (which reads the state) and the last one (which
 * writes it, at the places `store`) the bits of a memory line belong to threads, never to registers.
 */
export function roundsOf(
  operations: readonly TileOperation[],
  store: readonly number[],
  shape: TileShape,
): readonly Round[] {
  const all = 2 ** shape.tile - 1;
  const lineBits = Math.min(LINE_BITS, shape.low);
  const readLine = 2 ** lineBits - 1;
  const writeBits = Array.from({ length: lineBits }, (_, qubit) => store.indexOf(qubit));
  const writeLine = writeBits.reduce((mask, bit) => mask | (1 << bit), 0);
  const moved = store.some((qubit, bit) => bit > 0 && qubit < (store[bit - 1] as number));
  const diagonals = new Diagonals();
  const rounds: Round[] = [];
  let pending = operations;
  const choice = candidates(operations.length);
  do {
    const allowed = rounds.length === 0 ? all & ~readLine : all;
    const set = chooseSet(fill(choice, pending), 0, allowed, shape.registers);
    const taken: TileOperation[] = [];
    pending = sift(
      pending,
      ({ x }) => (x & ~set) !== 0,
      (operation) => void taken.push(operation),
    );
    const places = placed(set, shape, rounds.length === 0 ? lowest(lineBits) : []);
    rounds.push({ ...places, operations: scheduled(taken, diagonals) });
  } while (pending.length > 0);
  // Written by other threads than it was read by: only behind a barrier. Or in lines that this round's threads do not hold.
  const last = rounds.at(-1) as Round;
  const scattered = rounds.length > 1 && last.registers.some((bit) => ((writeLine >> bit) & 1) === 1);
  if (scattered || (moved && rounds.length === 1)) {
    const set = chooseSet({ ...choice, count: 0 }, 0, all & ~writeLine, shape.registers);
    rounds.push({ ...placed(set, shape, writeBits), operations: diagonals.flush() });
  } else {
    const closing = rounds.length === 1 ? last : { ...last, ...placed(maskOf(last.registers), shape, writeBits) };
    rounds[rounds.length - 1] = { ...closing, operations: [...last.operations, ...diagonals.flush()] };
  }
  return rounds;
}

const lowest = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);
const maskOf = (bits: readonly number[]): number => bits.reduce((mask, bit) => mask | (1 << bit), 0);

function fill(choice: Candidates, pending: readonly TileOperation[]): Candidates {
  choice.count = pending.length;
  for (const [i, { x, z, block }] of pending.entries()) {
    choice.x[i] = x;
    choice.z[i] = z;
    choice.worth[i] = block.kind === 'matrix' ? 1 : 0.01;
  }
  return choice;
}

/** Diagonals wait, over rounds, until a matrix mixes one of their qubits: then all of them are applied at once. */
class Diagonals {
  #waiting: TileOperation[] = [];
  #looked = 0;

  add(operation: TileOperation): void {
    this.#waiting.push(operation);
    this.#looked |= operation.z;
  }

  /** Must be applied before something mixes these bits. */
  stopsMixing(x: number): boolean {
    return (x & this.#looked) !== 0;
  }

  flush(): readonly RoundOperation[] {
    if (this.#waiting.length === 0) return [];
    const operations = this.#waiting;
    this.#waiting = [];
    this.#looked = 0;
    return [{ kind: 'diagonals', operations }];
  }
}

/**
 * Takes the operations that may go first when those that `refuses` names stay behind: a later one passes if it commutes
 * with all that stay. Returns what is left.
 */
function sift(
  pending: readonly TileOperation[],
  refuses: (operation: TileOperation) => boolean,
  take: (operation: TileOperation) => void,
): readonly TileOperation[] {
  const left: TileOperation[] = [];
  let mixed = 0;
  let seen = 0;
  for (const operation of pending) {
    const { x, z } = operation;
    if ((x & (mixed | seen)) === 0 && (z & mixed) === 0 && !refuses(operation)) take(operation);
    else {
      left.push(operation);
      mixed |= x;
      seen |= z;
    }
  }
  return left;
}

/** All matrices that need no diagonal, then the diagonals, then the matrices behind them: as few applications as can be. */
function scheduled(taken: readonly TileOperation[], diagonals: Diagonals): readonly RoundOperation[] {
  const out: RoundOperation[] = [];
  let rest = taken;
  for (;;) {
    const left = sift(
      rest,
      ({ x }) => diagonals.stopsMixing(x),
      (operation) => {
        if (operation.block.kind === 'diagonal') diagonals.add(operation);
        else out.push({ kind: 'matrix', operation });
      },
    );
    if (left.length === 0) return out;
    out.push(...diagonals.flush());
    rest = left;
  }
}

/**
 * Gives the bits that are not in registers to the threads: `lines` first (whole memory lines), else so that sixteen
 * neighbours hit sixteen different banks of workgroup memory (bit b of a place counts towards bank bit b mod 4).
 */
function placed(set: number, shape: TileShape, lines: readonly number[]): Pick<Round, 'threads' | 'registers'> {
  const rest = bitsOf((2 ** shape.tile - 1) & ~set).filter((bit) => !lines.includes(bit));
  const threads = [...lines];
  const banks = new Set(lines.map((bit) => bit % 4));
  for (const bit of rest)
    if (threads.length < 4 && !banks.has(bit % 4)) {
      banks.add(bit % 4);
      threads.push(bit);
    }
  threads.push(...rest.filter((bit) => !threads.includes(bit)));
  return { threads, registers: bitsOf(set) };
}
