import type { UnitaryStep } from '../../../core/quantum/circuit/circuit.ts';
import { GATES } from '../../../core/quantum/circuit/gate-table.ts';
import type { UnitarySequence } from '../../../core/quantum/engine/device.ts';

/**
 * A circuit as blocks, the things that a pass takes or leaves. `x`: qubits whose amplitudes are mixed; `z`: qubits that
 * are only looked at (controls, diagonals), which therefore may lie outside a tile. Two blocks commute when neither
 * mixes a qubit of the other. Masks: at most 30 qubits fit a WebGPU state, so they are positive 32-bit numbers.
 */
export type Block = MatrixBlock | DiagonalBlock | SwapBlock | DenseBlock;

interface BlockBase {
  readonly x: number;
  readonly z: number;
}

/** A product of gates on one or two qubits, all under the same controls. */
export interface MatrixBlock extends BlockBase {
  readonly kind: 'matrix';
  /** The first is the lower bit of the matrix. */
  readonly targets: readonly [number] | readonly [number, number];
  /** In order of time. */
  readonly factors: readonly Factor[];
}

/** Where a step's own matrix acts in its block: on its first target, on its second, on both, on both in the other order. */
export interface Factor {
  readonly step: UnitaryStep;
  readonly on: 'first' | 'second' | 'both' | 'reversed';
}

export interface DiagonalBlock extends BlockBase {
  readonly kind: 'diagonal';
  readonly step: UnitaryStep;
  /** Qubits of the step's targets here. */
  readonly targets: readonly number[];
  readonly controls: number;
}

/** Two qubits change places; inside a pass this only renames. */
export interface SwapBlock extends BlockBase {
  readonly kind: 'swap';
  readonly targets: readonly [number, number];
}

/** A dense matrix on three or more qubits: a pass of its own. */
export interface DenseBlock extends BlockBase {
  readonly kind: 'dense';
  readonly step: UnitaryStep;
  readonly targets: readonly number[];
}

/** Above this many targets a matrix no longer fits two registers. */
const MATRIX_TARGETS_MAX = 2;

/**
 * Merges what can be merged without looking at values: gates on one qubit into each other and into the two-qubit gates
 * next to them, diagonal gates of one qubit through controls into their neighbours; swaps become names. From |0...0>
 * the names of the start are free, otherwise the last renaming is left as swaps at the end.
 */
export function blocksOf({ qubits, steps, fromZero }: UnitarySequence): readonly Block[] {
  const merger = new Merger(qubits, fromZero ? renaming(qubits, steps) : identity(qubits));
  for (const step of steps) merger.add(step);
  return merger.finish(!fromZero);
}

const identity = (qubits: number): number[] => Array.from({ length: qubits }, (_, q) => q);
const isSwap = (step: UnitaryStep): boolean =>
  step.kind === 'gate' && step.name === 'swap' && step.controls.length === 0;

/** Start places such that every qubit ends at its own. */
function renaming(qubits: number, steps: readonly UnitaryStep[]): number[] {
  const place = identity(qubits);
  for (const { targets } of steps.filter(isSwap)) exchange(place, targets[0] as number, targets[1] as number);
  const start = identity(qubits);
  for (const [qubit, end] of place.entries()) start[end] = qubit;
  return start;
}

function exchange(items: number[], a: number, b: number): void {
  const kept = items[a] as number;
  items[a] = items[b] as number;
  items[b] = kept;
}

export function isDiagonal(step: UnitaryStep): boolean {
  if (step.kind === 'gate') return GATES[step.name].diagonal;
  const size = 2 ** step.targets.length;
  return step.matrix.every((value, i) => value === 0 || Math.floor(i / 2 / size) === Math.floor(i / 2) % size);
}

export const maskOf = (qubits: readonly number[]): number => qubits.reduce((mask, qubit) => mask | (1 << qubit), 0);

interface OpenMatrix {
  kind: 'matrix';
  x: number;
  z: number;
  targets: readonly [number] | readonly [number, number];
  factors: Factor[];
  /** Taken over by a later block. */
  gone: boolean;
}

class Merger {
  readonly #place: number[];
  readonly #blocks: (OpenMatrix | Exclude<Block, MatrixBlock>)[] = [];
  /** Per qubit: the last block that touches it, the last one that mixes it, and its diagonal gates that may still move. */
  readonly #last: (OpenMatrix | Exclude<Block, MatrixBlock> | null)[];
  readonly #mixed: (OpenMatrix | Exclude<Block, MatrixBlock> | null)[];
  readonly #loose: UnitaryStep[][];

  constructor(qubits: number, place: number[]) {
    this.#place = place;
    this.#last = place.map(() => null);
    this.#mixed = place.map(() => null);
    this.#loose = Array.from({ length: qubits }, () => []);
  }

  add(step: UnitaryStep): void {
    if (step.kind === 'gate' && step.name === 'id') return;
    const targets = step.targets.map((qubit) => this.#place[qubit] as number);
    if (isSwap(step)) {
      exchange(this.#place, step.targets[0] as number, step.targets[1] as number);
      return;
    }
    const controls = maskOf(step.controls.map((qubit) => this.#place[qubit] as number));
    if (isDiagonal(step)) this.#addDiagonal(step, targets, controls);
    else if (targets.length > MATRIX_TARGETS_MAX) {
      for (const qubit of targets) this.#settle(qubit);
      this.#push({ kind: 'dense', x: maskOf(targets), z: controls, step, targets });
    } else this.#addMatrix(step, targets as unknown as MatrixBlock['targets'], controls);
  }

  finish(restore: boolean): readonly Block[] {
    for (const qubit of this.#loose.keys()) this.#settle(qubit);
    if (restore)
      for (let qubit = 0; qubit < this.#place.length; qubit++) {
        // The amplitudes of `qubit` are at `at`: put them where they belong and note where the others went.
        const at = this.#place[qubit] as number;
        if (at === qubit) continue;
        this.#push({ kind: 'swap', x: (1 << qubit) | (1 << at), z: 0, targets: [qubit, at] });
        this.#place[this.#place.indexOf(qubit)] = at;
        this.#place[qubit] = qubit;
      }
    return this.#blocks.filter((block) => block.kind !== 'matrix' || !block.gone);
  }

  #addDiagonal(step: UnitaryStep, targets: readonly number[], controls: number): void {
    const [only] = targets;
    if (targets.length === 1 && only !== undefined && controls === 0) {
      const before = this.#mixed[only];
      // Everything since then only looks at the qubit.
      if (before?.kind === 'matrix' && before.z === 0) before.factors.push({ step, on: sideOf(before, only) });
      else (this.#loose[only] as UnitaryStep[]).push(step);
      return;
    }
    this.#push({ kind: 'diagonal', x: 0, z: maskOf(targets) | controls, step, targets, controls });
  }

  #addMatrix(step: UnitaryStep, targets: MatrixBlock['targets'], controls: number): void {
    const before = this.#last[targets[0]];
    if (before?.kind === 'matrix' && before.z === controls && this.#takes(before, targets, controls)) {
      const reversed = targets.length === 2 && targets[0] !== before.targets[0];
      const on = targets.length === 1 ? sideOf(before, targets[0]) : reversed ? 'reversed' : 'both';
      before.factors.push({ step, on });
      return;
    }
    const factors: Factor[] = [];
    if (controls === 0) for (const qubit of targets) this.#takeOver(qubit, targets, factors);
    else for (const qubit of targets) this.#settle(qubit);
    factors.push({ step, on: targets.length === 1 ? 'first' : 'both' });
    this.#push({ kind: 'matrix', x: maskOf(targets), z: controls, targets, factors, gone: false });
  }

  /** No other block has touched the qubits since, and the targets are inside. */
  #takes(before: OpenMatrix, targets: readonly number[], controls: number): boolean {
    const mask = maskOf(targets);
    if ((before.x & mask) !== mask || (controls !== 0 && before.x !== mask)) return false;
    for (let qubit = 0; qubit < this.#last.length; qubit++)
      if ((((mask | controls) >> qubit) & 1) === 1 && this.#last[qubit] !== before) return false;
    return targets.every((qubit) => (this.#loose[qubit] as UnitaryStep[]).length === 0);
  }

  /** What acts on this qubit alone and just before becomes a part of the new block. */
  #takeOver(qubit: number, targets: MatrixBlock['targets'], factors: Factor[]): void {
    const on = targets[0] === qubit ? 'first' : 'second';
    const before = this.#last[qubit];
    if (targets.length === 2 && before?.kind === 'matrix' && before.z === 0 && before.targets.length === 1) {
      before.gone = true;
      for (const { step } of before.factors) factors.push({ step, on });
    }
    for (const step of this.#loose[qubit] as UnitaryStep[]) factors.push({ step, on });
    this.#loose[qubit] = [];
  }

  /** Loose diagonal gates get a block before something that they cannot pass. */
  #settle(qubit: number): void {
    const steps = this.#loose[qubit] as UnitaryStep[];
    this.#loose[qubit] = [];
    for (const step of steps)
      this.#push({ kind: 'diagonal', x: 0, z: 1 << qubit, step, targets: [qubit], controls: 0 });
  }

  #push(block: OpenMatrix | Exclude<Block, MatrixBlock>): void {
    this.#blocks.push(block);
    for (let rest = block.x | block.z; rest !== 0; rest &= rest - 1) {
      const qubit = 31 - Math.clz32(rest & -rest);
      this.#last[qubit] = block;
      if (((block.x >> qubit) & 1) === 1) this.#mixed[qubit] = block;
    }
  }
}

const sideOf = (block: OpenMatrix, qubit: number): 'first' | 'second' =>
  block.targets[0] === qubit ? 'first' : 'second';
