import { checkAdapter } from '../../core/learn/adapter.ts';
import type { ClippedGradient, LlamaEngine, LlamaEngineFactory } from '../../core/learn/engine.ts';
import { checkModel, checkTokens, type EngineLimits } from '../../core/learn/llama-check.ts';
import type { LlamaConfig, LlamaWeights } from '../../core/learn/llama-config.ts';
import type { AdapterSpec } from '../../core/federation/run-config.ts';
import { assert, at } from '../../core/lib/assert.ts';
import { fail, ok, type Result } from '../../core/lib/result.ts';
import { type Base, loadBase, planBase, stagingFloats } from './base.ts';
import { Decoder } from './decoder.ts';
import { Heap, Plan } from './kernels.ts';
import { Lora } from './lora.ts';
import { type Pass, Trunk } from './trunk.ts';

/** Engine on WASM SIMD. `module`: wasm/build/kernels.wasm, or kernels-relaxed.wasm where fused multiply-add may differ in the last bit. */
export function createWasmFactory(module: WebAssembly.Module): LlamaEngineFactory {
  return {
    kind: 'wasm',
    create(config, weights, limits) {
      return Promise.resolve(create(module, config, weights, limits));
    },
  };
}

function create(
  module: WebAssembly.Module,
  config: LlamaConfig,
  weights: LlamaWeights,
  limits: EngineLimits,
): Result<LlamaEngine> {
  const checked = checkModel(config, weights, limits);
  if (!checked.ok) return checked;
  const heap = new Heap(module);
  const plan = new Plan();
  const base = planBase(config, heap, plan);
  const workspace = plan.end;
  const trunk = new Trunk(heap, base, limits, plan, false);
  // The matrices are staged where the activations will be.
  const end = Math.max(plan.end, workspace + 4 * stagingFloats(config));
  const grown = heap.grow(end, `a model with batches of ${limits.batchMax} x ${limits.lengthMax} tokens`);
  if (!grown.ok) return grown;
  loadBase(heap, base, weights, workspace);
  return ok(new WasmEngine({ heap, base, trunk }, limits, end));
}

/** Held in one place so that `dispose` lets go of the memory. */
interface LoadedModel {
  readonly heap: Heap;
  readonly base: Base;
  readonly trunk: Trunk;
}

class WasmEngine implements LlamaEngine {
  readonly kind = 'wasm';
  readonly config: LlamaConfig;
  readonly #limits: EngineLimits;
  /** End of the base and the activations; the adapter lies behind it, the cache of keys and values last. */
  readonly #fixedEnd: number;
  #model: LoadedModel | undefined;
  #lora: Lora | undefined;
  #loraEnd: number;
  #decoder: Decoder | undefined;

  constructor(model: LoadedModel, limits: EngineLimits, end: number) {
    this.config = model.base.config;
    this.#model = model;
    this.#limits = limits;
    this.#fixedEnd = end;
    this.#loraEnd = end;
  }

  get memoryBytes(): number {
    return this.#model?.heap.bytes ?? 0;
  }

  /** Also ends decoding: the cache lay behind the old adapter. */
  async setAdapter(spec: AdapterSpec): Promise<Result<{ readonly size: number }>> {
    const { heap, base } = this.#open();
    const checked = checkAdapter(this.config, spec);
    if (!checked.ok) return checked;
    const plan = new Plan(this.#fixedEnd);
    const lora = new Lora(heap, base, spec, this.#limits, plan);
    const grown = heap.grow(plan.end, `an adapter of rank ${spec.rank} with ${this.#limits.batchMax} examples at once`);
    if (!grown.ok) return grown;
    lora.load();
    this.#lora = lora;
    this.#loraEnd = plan.end;
    this.#decoder = undefined;
    return ok({ size: lora.size });
  }

  async setAdapterValues(values: Float32Array): Promise<void> {
    this.#open();
    assert(this.#lora !== undefined, 'setAdapterValues needs setAdapter first');
    this.#lora.setValues(values);
  }

  async evaluate(
    tokens: Int32Array,
    batch: number,
    length: number,
  ): Promise<Result<{ readonly loss: Float64Array; readonly correct: Int32Array }>> {
    const { heap, trunk } = this.#open();
    const checked = checkTokens(this.config, this.#limits, tokens, batch, length);
    if (!checked.ok) return checked;
    const pass = trunk.load(tokens, batch, length);
    trunk.forward(pass, this.#lora);
    trunk.head(pass, 0);
    const hits = heap.i32(trunk.hits, pass.rows);
    const correct = new Int32Array(batch);
    for (let row = 0; row < pass.rows; row++) {
      const b = Math.floor(row / length);
      correct[b] = at(correct, b) + at(hits, row);
    }
    return ok({ loss: this.#losses(pass), correct });
  }

  async clippedGradientSum(
    tokens: Int32Array,
    batch: number,
    length: number,
    clipNorm: number,
  ): Promise<Result<ClippedGradient>> {
    const { heap, trunk } = this.#open();
    assert(clipNorm > 0, `got clipNorm ${clipNorm}, expected a number above 0 or Infinity`);
    const lora = this.#lora;
    if (lora === undefined) return fail('LEARN_ADAPTER', 'no adapter is loaded: call setAdapter first');
    const checked = checkTokens(this.config, this.#limits, tokens, batch, length);
    if (!checked.ok) return checked;
    const pass = trunk.load(tokens, batch, length);
    trunk.forward(pass, lora);
    trunk.head(pass, 1 / length);
    trunk.backward(pass, lora);
    const norms = lora.clipAndSum(batch, clipNorm);
    return ok({ sum: heap.f32(lora.sum, lora.size), losses: this.#losses(pass), norms });
  }

  async startDecoding(capacity: number): Promise<Result<null>> {
    const { heap, base } = this.#open();
    if (!Number.isInteger(capacity) || capacity < 1 || capacity > this.config.contextLength)
      return fail('LEARN_CONTEXT', `got room for ${capacity} positions, expected 1 to ${this.config.contextLength}`);
    const plan = new Plan(this.#loraEnd);
    const decoder = new Decoder(heap, base, capacity, plan);
    const grown = heap.grow(plan.end, `a cache of ${capacity} positions`);
    if (!grown.ok) return grown;
    this.#decoder = decoder;
    return ok(null);
  }

  async decode(token: number): Promise<Float32Array> {
    this.#open();
    assert(this.#decoder !== undefined, 'decode needs startDecoding first');
    return this.#decoder.decode(token, this.#lora);
  }

  dispose(): void {
    this.#model = undefined;
    this.#lora = undefined;
    this.#decoder = undefined;
  }

  #open(): LoadedModel {
    assert(this.#model !== undefined, 'the engine is disposed');
    return this.#model;
  }

  #losses({ batch, length }: Pass): Float64Array {
    const { heap, trunk } = this.#open();
    const rows = heap.f64(trunk.losses, batch * length);
    return Float64Array.from({ length: batch }, (_, b) => {
      let sum = 0;
      for (let t = 0; t < length; t++) sum += at(rows, b * length + t);
      return sum / length;
    });
  }
}
