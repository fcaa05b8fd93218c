import type { LinearName } from '../../core/federation/run-config.ts';
import { at } from '../../core/lib/assert.ts';
import { linearShape, type LlamaConfig } from '../../core/learn/llama-config.ts';

/** Linear maps that read the same input are multiplied as one matrix. `stage` grows with depth inside a layer. */
export interface Group {
  readonly stage: number;
  readonly names: readonly LinearName[];
  readonly dIn: number;
  /** Sum over the names. */
  readonly dOut: number;
  /** First output column of each name. */
  readonly columns: readonly number[];
}

export interface Groups {
  readonly qkv: Group;
  readonly o: Group;
  readonly gateUp: Group;
  readonly down: Group;
}

export function groupsOf(config: LlamaConfig): Groups {
  return {
    qkv: group(config, 0, ['q', 'k', 'v']),
    o: group(config, 1, ['o']),
    gateUp: group(config, 2, ['gate', 'up']),
    down: group(config, 3, ['down']),
  };
}

export function stagesOf(groups: Groups): readonly Group[] {
  return [groups.qkv, groups.o, groups.gateUp, groups.down];
}

function group(config: LlamaConfig, stage: number, names: readonly LinearName[]): Group {
  const columns: number[] = [];
  let dOut = 0;
  for (const name of names) {
    columns.push(dOut);
    dOut += linearShape(config, name)[1];
  }
  return { stage, names, dIn: linearShape(config, at(names, 0))[0], dOut, columns };
}
