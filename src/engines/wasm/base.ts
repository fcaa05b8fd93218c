import { at } from '../../core/lib/assert.ts';
import type { LlamaConfig, LlamaWeights } from '../../core/learn/llama-config.ts';
import { type Group, groupsOf, type Groups, stagesOf } from './groups.ts';
import { type Heap, packedFloats, type Plan, type Pointer } from './kernels.ts';

/** A linear map packed twice: for y = x W^T and for dx = dy W. */
export interface PackedMap {
  readonly forward: Pointer;
  readonly backward: Pointer;
}

export interface PackedLayer {
  readonly inputNorm: Pointer;
  readonly postNorm: Pointer;
  /** By group stage. */
  readonly maps: readonly PackedMap[];
}

/** Where the base model lies. */
export interface Base {
  readonly config: LlamaConfig;
  readonly groups: Groups;
  readonly layers: readonly PackedLayer[];
  readonly finalNorm: Pointer;
  readonly head: PackedMap;
  /** Raw rows [vocab, hidden], or undefined when tied: then rows are read out of the packed head. */
  readonly embedding: Pointer | undefined;
  readonly cos: Pointer;
  readonly sin: Pointer;
}

export function planBase(config: LlamaConfig, heap: Heap, plan: Plan): Base {
  const { kernels } = heap;
  const groups = groupsOf(config);
  const map = (dIn: number, dOut: number): PackedMap => ({
    forward: plan.floats(packedFloats(kernels, dIn, dOut)),
    backward: plan.floats(packedFloats(kernels, dOut, dIn)),
  });
  const table = (config.contextLength * config.headDim) / 2;
  return {
    config,
    groups,
    layers: Array.from({ length: config.layers }, () => ({
      inputNorm: plan.floats(config.hiddenSize),
      postNorm: plan.floats(config.hiddenSize),
      maps: stagesOf(groups).map(({ dIn, dOut }) => map(dIn, dOut)),
    })),
    finalNorm: plan.floats(config.hiddenSize),
    head: map(config.hiddenSize, config.vocabSize),
    embedding: config.tiedEmbeddings ? undefined : plan.floats(config.vocabSize * config.hiddenSize),
    cos: plan.floats(table),
    sin: plan.floats(table),
  };
}

/** Floats of staging that `loadBase` needs: the largest matrix. */
export function stagingFloats(config: LlamaConfig): number {
  const sizes = stagesOf(groupsOf(config)).map(({ dIn, dOut }) => dIn * dOut);
  return Math.max(config.vocabSize * config.hiddenSize, ...sizes);
}

/** Packs W [dOut, dIn] (row-major, at `source`) in both directions. */
export function packMap(heap: Heap, source: Pointer, dIn: number, dOut: number, map: PackedMap): void {
  heap.kernels.pack(source, 1, dIn, dIn, dOut, map.forward);
  heap.kernels.pack(source, dIn, 1, dOut, dIn, map.backward);
}

export function loadBase(heap: Heap, base: Base, weights: LlamaWeights, staging: Pointer): void {
  const { config, groups } = base;
  for (const [i, layer] of base.layers.entries()) {
    const from = at(weights.layers, i);
    write(heap, layer.inputNorm, from.inputNorm);
    write(heap, layer.postNorm, from.postNorm);
    for (const group of stagesOf(groups)) {
      stack(heap, group, from, staging);
      packMap(heap, staging, group.dIn, group.dOut, at(layer.maps, group.stage));
    }
  }
  write(heap, base.finalNorm, weights.finalNorm);
  write(heap, staging, weights.head);
  packMap(heap, staging, config.hiddenSize, config.vocabSize, base.head);
  if (base.embedding !== undefined) write(heap, base.embedding, weights.embedding);
  writeRopeTables(heap, base);
}

/** The matrices of a group, one below the other. */
export function stack(heap: Heap, group: Group, layer: LlamaWeights['layers'][number], target: Pointer): void {
  for (const [i, name] of group.names.entries())
    write(heap, target + 4 * at(group.columns, i) * group.dIn, layer[name]);
}

/** cos and sin of position x theta^(-2 d / headDim), in float64, rounded once (Su et al. 2021, section 3.2). */
export function writeRopeTables(heap: Heap, { config, cos, sin }: Base): void {
  const half = config.headDim / 2;
  const cosines = heap.f32(cos, config.contextLength * half);
  const sines = heap.f32(sin, config.contextLength * half);
  for (let position = 0; position < config.contextLength; position++) {
    for (let d = 0; d < half; d++) {
      const angle = position * config.ropeTheta ** ((-2 * d) / config.headDim);
      cosines[position * half + d] = Math.cos(angle);
      sines[position * half + d] = Math.sin(angle);
    }
  }
}

function write(heap: Heap, target: Pointer, values: Float32Array): void {
  heap.f32(target, values.length).set(values);
}
