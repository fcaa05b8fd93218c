import { assert, at } from '../../core/lib/assert.ts';
import { unwrap } from '../../core/lib/result.ts';
import { checkModel, checkTokens, type EngineLimits } from '../../core/learn/llama-check.ts';
import type { LlamaConfig, LlamaLayerWeights, LlamaWeights } from '../../core/learn/llama-config.ts';
import { type Base, packMap, planBase, stack, writeRopeTables } from './base.ts';
import { type Group, stagesOf } from './groups.ts';
import { Heap, packedFloats, Plan, type Pointer } from './kernels.ts';
import { type Pass, Trunk, type Trainable } from './trunk.ts';

/** Full-parameter training on one core, for `npm run pretrain`. No privacy, no adapters. */
export interface Pretrainer {
  /** One Adam step on the mean loss of all batch x length positions. `tokens` [batch, length + 1] as in LlamaEngine; loss before the step. */
  step(tokens: Int32Array, batch: number, length: number, learningRate: number): { readonly loss: number };
  /** Only the gradient of the mean loss, in the layout of the weights. */
  gradient(
    tokens: Int32Array,
    batch: number,
    length: number,
  ): { readonly loss: number; readonly gradient: LlamaWeights };
  /** Copies. */
  weights(): LlamaWeights;
}

export interface PretrainOptions extends EngineLimits {
  /** Bound on the L2 norm of the whole gradient (Pascanu et al. 2013); Infinity switches it off. */
  readonly gradientNormMax?: number;
}

/** Usual for language models (Touvron et al. 2023): a shorter memory of squares than Adam's default of 0.999. */
const BETA1 = 0.9;
const BETA2 = 0.95;
const EPSILON = 1e-8;

/** Places of the parameters inside one vector, in floats. */
interface Places {
  readonly embedding: number;
  readonly layers: readonly {
    readonly inputNorm: number;
    readonly postNorm: number;
    readonly maps: readonly number[];
  }[];
  readonly finalNorm: number;
  readonly head: number;
  /** Rounded up to a multiple of 4. */
  readonly count: number;
}

/** Wrong shapes and limits throw: the caller is a program of ours, not a user. */
export function createPretrainer(
  module: WebAssembly.Module,
  config: LlamaConfig,
  initialWeights: LlamaWeights,
  options: PretrainOptions,
): Pretrainer {
  unwrap(checkModel(config, initialWeights, options));
  return new WasmPretrainer(module, config, initialWeights, options);
}

class WasmPretrainer implements Pretrainer, Trainable {
  readonly lowestStage = -1;
  readonly lowestNames = [];
  readonly #heap: Heap;
  readonly #base: Base;
  readonly #trunk: Trunk;
  readonly #options: PretrainOptions;
  readonly #places: Places;
  readonly #values: Pointer;
  readonly #gradient: Pointer;
  readonly #first: Pointer;
  readonly #second: Pointer;
  readonly #packed: Pointer;
  #steps = 0;

  constructor(module: WebAssembly.Module, config: LlamaConfig, weights: LlamaWeights, options: PretrainOptions) {
    const heap = new Heap(module);
    const plan = new Plan();
    this.#heap = heap;
    this.#options = options;
    this.#base = planBase(config, heap, plan);
    this.#trunk = new Trunk(heap, this.#base, options, plan, true);
    this.#places = placesOf(this.#base);
    const { count } = this.#places;
    this.#values = plan.floats(count);
    this.#gradient = plan.floats(count);
    this.#first = plan.floats(count);
    this.#second = plan.floats(count);
    const widest = Math.max(config.hiddenSize, ...stagesOf(this.#base.groups).map(({ dIn }) => dIn));
    this.#packed = plan.floats(packedFloats(heap.kernels, options.batchMax * options.lengthMax, widest));
    unwrap(heap.grow(plan.end, `pretraining with batches of ${options.batchMax} x ${options.lengthMax} tokens`));
    writeRopeTables(heap, this.#base);
    this.#load(weights);
    this.#repack();
  }

  step(tokens: Int32Array, batch: number, length: number, learningRate: number): { readonly loss: number } {
    const loss = this.#accumulate(tokens, batch, length);
    const { kernels } = this.#heap;
    const { count } = this.#places;
    const norm = kernels.norm(this.#gradient, count);
    assert(Number.isFinite(norm), `the gradient's norm is ${norm} at step ${this.#steps}: lower the learning rate`);
    const scale = Math.min(1, (this.#options.gradientNormMax ?? 1) / norm);
    this.#steps++;
    const rate = (learningRate * Math.sqrt(1 - BETA2 ** this.#steps)) / (1 - BETA1 ** this.#steps);
    kernels.adam(
      this.#values,
      this.#gradient,
      this.#first,
      this.#second,
      count,
      rate,
      BETA1,
      BETA2,
      EPSILON,
      Number.isFinite(scale) ? scale : 1,
    );
    this.#repack();
    return { loss };
  }

  gradient(
    tokens: Int32Array,
    batch: number,
    length: number,
  ): { readonly loss: number; readonly gradient: LlamaWeights } {
    const loss = this.#accumulate(tokens, batch, length);
    const gradient = this.#read(this.#gradient);
    this.#heap.f32(this.#gradient, this.#places.count).fill(0);
    return { loss, gradient };
  }

  weights(): LlamaWeights {
    return this.#read(this.#values);
  }

  // Trainable: nothing is added to the forward pass, weight gradients are collected in the backward pass.

  forward(): void {}

  backward(layer: number, group: Group, input: Pointer, dOutput: Pointer, _dInput: Pointer, pass: Pass): void {
    const place = at(at(this.#places.layers, layer).maps, group.stage);
    this.#addOuter(dOutput, group.dOut, input, group.dIn, pass.rows, this.#gradient + 4 * place);
  }

  norm(gain: Pointer, dOut: Pointer, unit: Pointer, rows: number): void {
    const target = this.#gradient + 4 * this.#gainPlace(gain);
    this.#heap.kernels.gainGradient(dOut, unit, target, rows, this.#base.config.hiddenSize);
  }

  head(dLogits: Pointer, input: Pointer, rows: number): void {
    const { vocabSize, hiddenSize } = this.#base.config;
    this.#addOuter(dLogits, vocabSize, input, hiddenSize, rows, this.#gradient + 4 * this.#places.head);
  }

  /** dW [dOut, dIn] += dY^T X. */
  #addOuter(dy: Pointer, dOut: number, x: Pointer, dIn: number, rows: number, target: Pointer): void {
    const { kernels } = this.#heap;
    kernels.pack(x, dIn, 1, rows, dIn, this.#packed);
    kernels.gemm(dOut, dIn, rows, dy, dOut, 0, this.#packed, rows, target, dIn, 1);
  }

  #accumulate(tokens: Int32Array, batch: number, length: number): number {
    const { config } = this.#base;
    unwrap(checkTokens(config, this.#options, tokens, batch, length));
    assert(batch > 0, 'pretraining has no empty batches');
    const pass = this.#trunk.load(tokens, batch, length);
    this.#trunk.forward(pass, this);
    this.#trunk.head(pass, 1 / pass.rows, this);
    this.#trunk.backward(pass, this);
    this.#heap.kernels.embedGradient(
      this.#trunk.tokens,
      pass.rows,
      this.#trunk.dx,
      config.hiddenSize,
      this.#gradient + 4 * this.#places.embedding,
    );
    return this.#heap.f64(this.#trunk.losses, pass.rows).reduce((sum, loss) => sum + loss, 0) / pass.rows;
  }

  #gainPlace(gain: Pointer): number {
    if (gain === this.#base.finalNorm) return this.#places.finalNorm;
    for (const [i, layer] of this.#base.layers.entries()) {
      if (gain === layer.inputNorm) return at(this.#places.layers, i).inputNorm;
      if (gain === layer.postNorm) return at(this.#places.layers, i).postNorm;
    }
    throw new Error(`no gains at ${gain}`);
  }

  /** Brings the kernels' copies up to date with the parameter vector. */
  #repack(): void {
    const heap = this.#heap;
    const { config, groups, layers, finalNorm, head, embedding } = this.#base;
    const { hiddenSize: d, vocabSize } = config;
    const copy = (target: Pointer, place: number, count: number): void =>
      heap.f32(target, count).set(heap.f32(this.#values + 4 * place, count));
    for (const [i, layer] of layers.entries()) {
      const places = at(this.#places.layers, i);
      copy(layer.inputNorm, places.inputNorm, d);
      copy(layer.postNorm, places.postNorm, d);
      for (const { stage, dIn, dOut } of stagesOf(groups))
        packMap(heap, this.#values + 4 * at(places.maps, stage), dIn, dOut, at(layer.maps, stage));
    }
    copy(finalNorm, this.#places.finalNorm, d);
    packMap(heap, this.#values + 4 * this.#places.head, d, vocabSize, head);
    if (embedding !== undefined) copy(embedding, this.#places.embedding, vocabSize * d);
  }

  #load(weights: LlamaWeights): void {
    const heap = this.#heap;
    const write = (place: number, values: Float32Array): void =>
      heap.f32(this.#values + 4 * place, values.length).set(values);
    for (const [i, places] of this.#places.layers.entries()) {
      const layer = at(weights.layers, i);
      write(places.inputNorm, layer.inputNorm);
      write(places.postNorm, layer.postNorm);
      for (const group of stagesOf(this.#base.groups))
        stack(heap, group, layer, this.#values + 4 * at(places.maps, group.stage));
    }
    write(this.#places.finalNorm, weights.finalNorm);
    write(this.#places.embedding, weights.embedding);
    if (this.#places.head !== this.#places.embedding) write(this.#places.head, weights.head);
  }

  #read(vector: Pointer): LlamaWeights {
    const { config, groups } = this.#base;
    const { hiddenSize: d, vocabSize } = config;
    const copy = (place: number, count: number): Float32Array => this.#heap.f32(vector + 4 * place, count).slice();
    const embedding = copy(this.#places.embedding, vocabSize * d);
    const part = (maps: readonly number[], { stage, dIn, dOut, columns }: Group, i: number): Float32Array =>
      copy(at(maps, stage) + at(columns, i) * dIn, ((columns[i + 1] ?? dOut) - at(columns, i)) * dIn);
    return {
      embedding,
      layers: this.#places.layers.map(({ inputNorm, postNorm, maps }): LlamaLayerWeights => ({
        inputNorm: copy(inputNorm, d),
        postNorm: copy(postNorm, d),
        q: part(maps, groups.qkv, 0),
        k: part(maps, groups.qkv, 1),
        v: part(maps, groups.qkv, 2),
        o: part(maps, groups.o, 0),
        gate: part(maps, groups.gateUp, 0),
        up: part(maps, groups.gateUp, 1),
        down: part(maps, groups.down, 0),
      })),
      finalNorm: copy(this.#places.finalNorm, d),
      head: config.tiedEmbeddings ? embedding : copy(this.#places.head, vocabSize * d),
    };
  }
}

function placesOf({ config, groups }: Base): Places {
  const { hiddenSize: d, vocabSize } = config;
  let top = 0;
  const take = (count: number): number => {
    const place = top;
    top += count;
    return place;
  };
  const embedding = take(vocabSize * d);
  const head = config.tiedEmbeddings ? embedding : take(vocabSize * d);
  const layers = Array.from({ length: config.layers }, () => ({
    inputNorm: take(d),
    postNorm: take(d),
    maps: stagesOf(groups).map(({ dIn, dOut }) => take(dIn * dOut)),
  }));
  const finalNorm = take(d);
  return { embedding, head, layers, finalNorm, count: Math.ceil(top / 4) * 4 };
}
