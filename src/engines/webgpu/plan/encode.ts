import { assert } from '../../../core/lib/assert.ts';
import type { Bindings } from '../../../core/quantum/circuit/angle.ts';
import { productOf } from './block-matrix.ts';
import type { Pass, TileOperation, TileShape } from './passes.ts';
import { addPhases, type Phases } from './phases.ts';
import { ProgramWriter } from './program-writer.ts';

/** Passes as the tile kernel reads them. The structure is the plan's; only this is made anew for other parameter values. */
export interface Program {
  readonly words: Uint32Array<ArrayBuffer>;
  /** First vec4 of each pass; -1 for passes that are no tile passes. The last rounds of a pass end where the next begins. */
  readonly starts: readonly number[];
}

export function encode(passes: readonly Pass[], shape: TileShape, values: Bindings): Program {
  const writer = new ProgramWriter(shape);
  const starts = passes.map((pass) => {
    if (pass.kind !== 'tile') return -1;
    const start = writer.position;
    for (const round of pass.rounds)
      writer.round(round, () => {
        let count = 0;
        for (const item of round.operations)
          if (item.kind === 'diagonals') count += writer.diagonals(phasesOf(item.operations, values), round);
          else count += writer.matrix(item.operation, matrixFor(item.operation, values), round);
        return count;
      });
    return start;
  });
  writer.settle();
  return { words: writer.words(), starts };
}

export function matrixFor({ block }: TileOperation, values: Bindings): ReturnType<typeof productOf> {
  assert(block.kind === 'matrix', 'a matrix among matrices');
  return productOf(block, values);
}

/** All terms of diagonals that stand together, by masks of index bits. */
export function phasesOf(operations: readonly TileOperation[], values: Bindings): Phases {
  const phases: Phases = new Map();
  for (const { block, bits, controls } of operations) {
    assert(block.kind === 'diagonal', 'a diagonal among diagonals');
    addPhases(
      phases,
      block.step,
      bits.map((bit) => 1 << bit),
      controls,
      values,
    );
  }
  return phases;
}
