import { assert, at } from '../../core/lib/assert.ts';
import type { Base } from './base.ts';
import type { Group } from './groups.ts';
import type { Heap, Plan, Pointer } from './kernels.ts';
import type { Trainable } from './trunk.ts';

/** One token at a time with a cache of keys and values: matrix-vector products over the same packed weights. */
export class Decoder {
  readonly #heap: Heap;
  readonly #base: Base;
  readonly #capacity: number;
  readonly #caches: readonly { readonly keys: Pointer; readonly values: Pointer }[];
  readonly #token: Pointer;
  readonly #x: Pointer;
  readonly #unit: Pointer;
  readonly #ri: Pointer;
  readonly #in: Pointer;
  readonly #qkv: Pointer;
  readonly #o: Pointer;
  readonly #gu: Pointer;
  readonly #h: Pointer;
  readonly #scores: Pointer;
  readonly #logits: Pointer;
  readonly #result: Float32Array;
  #count = 0;

  constructor(heap: Heap, base: Base, capacity: number, plan: Plan) {
    const { config, groups } = base;
    const kvWidth = config.kvHeads * config.headDim;
    this.#heap = heap;
    this.#base = base;
    this.#capacity = capacity;
    this.#caches = base.layers.map(() => ({
      keys: plan.floats(capacity * kvWidth),
      values: plan.floats(capacity * kvWidth),
    }));
    this.#token = plan.floats(1);
    this.#x = plan.floats(config.hiddenSize);
    this.#unit = plan.floats(config.hiddenSize);
    this.#ri = plan.floats(1);
    this.#in = plan.floats(config.hiddenSize);
    this.#qkv = plan.floats(groups.qkv.dOut);
    this.#o = plan.floats(groups.o.dIn);
    this.#gu = plan.floats(groups.gateUp.dOut);
    this.#h = plan.floats(config.intermediateSize);
    this.#scores = plan.floats(capacity);
    this.#logits = plan.floats(config.vocabSize);
    this.#result = new Float32Array(config.vocabSize);
  }

  decode(token: number, trainable: Trainable | undefined): Float32Array {
    const { kernels } = this.#heap;
    const { config, embedding, head } = this.#base;
    const { hiddenSize: d, vocabSize, rmsEps } = config;
    assert(
      Number.isInteger(token) && token >= 0 && token < vocabSize,
      `token ${token} of a vocabulary of ${vocabSize}`,
    );
    assert(this.#count < this.#capacity, `position ${this.#count} of a cache of ${this.#capacity}`);
    this.#heap.i32(this.#token, 1)[0] = token;
    const columns = embedding === undefined ? kernels.panelColumns() : 0;
    kernels.embed(this.#token, 1, this.#x, d, embedding ?? head.forward, columns);
    for (let i = 0; i < config.layers; i++) this.#layer(i, trainable);
    kernels.rmsForward(this.#x, this.#base.finalNorm, this.#unit, this.#in, this.#ri, 1, d, rmsEps);
    kernels.gemv(vocabSize, d, this.#in, head.forward, this.#logits, 0);
    this.#count++;
    this.#result.set(this.#heap.f32(this.#logits, vocabSize));
    return this.#result;
  }

  #layer(i: number, trainable: Trainable | undefined): void {
    const { kernels } = this.#heap;
    const { config, groups, cos, sin } = this.#base;
    const { heads, kvHeads, headDim, hiddenSize: d, rmsEps } = config;
    const layer = at(this.#base.layers, i);
    kernels.rmsForward(this.#x, layer.inputNorm, this.#unit, this.#in, this.#ri, 1, d, rmsEps);
    this.#linear(i, groups.qkv, this.#in, this.#qkv, 0, trainable);
    const key = this.#qkv + 4 * at(groups.qkv.columns, 1);
    const value = this.#qkv + 4 * at(groups.qkv.columns, 2);
    kernels.rope(this.#qkv, groups.qkv.dOut, 1, 1, this.#count, heads, headDim, cos, sin, 1);
    kernels.rope(key, groups.qkv.dOut, 1, 1, this.#count, kvHeads, headDim, cos, sin, 1);
    const cache = at(this.#caches, i);
    const width = kvHeads * headDim;
    this.#heap.f32(cache.keys + 4 * this.#count * width, width).set(this.#heap.f32(key, width));
    this.#heap.f32(cache.values + 4 * this.#count * width, width).set(this.#heap.f32(value, width));
    kernels.attentionDecode(
      this.#qkv,
      cache.keys,
      cache.values,
      this.#o,
      this.#scores,
      this.#count + 1,
      heads,
      kvHeads,
      headDim,
    );
    this.#linear(i, groups.o, this.#o, this.#x, 1, trainable);
    kernels.rmsForward(this.#x, layer.postNorm, this.#unit, this.#in, this.#ri, 1, d, rmsEps);
    this.#linear(i, groups.gateUp, this.#in, this.#gu, 0, trainable);
    kernels.swigluForward(this.#gu, this.#h, 1, config.intermediateSize);
    this.#linear(i, groups.down, this.#h, this.#x, 1, trainable);
  }

  #linear(
    i: number,
    group: Group,
    input: Pointer,
    output: Pointer,
    add: number,
    trainable: Trainable | undefined,
  ): void {
    const map = at(at(this.#base.layers, i).maps, group.stage);
    this.#heap.kernels.gemv(group.dOut, group.dIn, input, map.forward, output, add);
    trainable?.forward(i, group, input, output, 1);
  }
}
