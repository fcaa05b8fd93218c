import { assert, at } from '../lib/assert.ts';
import { fail, ok, type Result } from '../lib/result.ts';
import type { AdapterSpec } from '../federation/run-config.ts';
import { adapterLayout, adapterScale, type AdapterSlot, checkAdapter, drawFrozenA, slotOf } from './adapter.ts';
import type { ClippedGradient, LlamaEngine, LlamaEngineFactory } from './engine.ts';
import { checkModel, checkTokens, type EngineLimits } from './llama-check.ts';
import type { LlamaConfig, LlamaWeights } from './llama-config.ts';
import { type Factors, logSumExp, type Matrix, ReferenceModel, softmax } from './reference-model.ts';

/** The oracle: float64, plain loops. Thousands of times slower than the others; for tests, audits and tiny models. */
export const referenceFactory: LlamaEngineFactory = {
  kind: 'reference',
  async create(config, weights, limits) {
    const checked = checkModel(config, weights, limits);
    return checked.ok ? ok(new ReferenceEngine(config, weights, limits)) : checked;
  },
};

interface LoadedAdapter {
  readonly spec: AdapterSpec;
  readonly slots: readonly AdapterSlot[];
  readonly frozenA: readonly Float32Array[];
  readonly values: Float32Array;
}

class ReferenceEngine implements LlamaEngine {
  readonly kind = 'reference';
  readonly config: LlamaConfig;
  readonly #weights: LlamaWeights;
  readonly #limits: EngineLimits;
  #adapter: LoadedAdapter | undefined;
  #prefix: number[] = [];
  #capacity = 0;

  constructor(config: LlamaConfig, weights: LlamaWeights, limits: EngineLimits) {
    this.config = config;
    this.#weights = weights;
    this.#limits = limits;
  }

  get memoryBytes(): number {
    const { embedding, layers, finalNorm, head } = this.#weights;
    const base = [
      embedding,
      finalNorm,
      ...(head === embedding ? [] : [head]),
      ...layers.flatMap((l) => Object.values(l)),
    ];
    const held = [...base, ...(this.#adapter === undefined ? [] : [...this.#adapter.frozenA, this.#adapter.values])];
    return held.reduce((sum: number, array: Float32Array) => sum + array.byteLength, 0);
  }

  async setAdapter(spec: AdapterSpec): Promise<Result<{ readonly size: number }>> {
    const checked = checkAdapter(this.config, spec);
    if (!checked.ok) return checked;
    const slots = adapterLayout(this.config, spec);
    const size = slots.reduce((sum, slot) => sum + slot.length, 0);
    this.#adapter = { spec, slots, frozenA: drawFrozenA(this.config, spec), values: new Float32Array(size) };
    this.#capacity = 0;
    return ok({ size });
  }

  async setAdapterValues(values: Float32Array): Promise<void> {
    assert(this.#adapter !== undefined, 'setAdapterValues needs setAdapter first');
    const { length } = this.#adapter.values;
    assert(values.length === length, `got ${values.length} adapter values, expected ${length}`);
    this.#adapter.values.set(values);
  }

  async evaluate(
    tokens: Int32Array,
    batch: number,
    length: number,
  ): Promise<Result<{ readonly loss: Float64Array; readonly correct: Int32Array }>> {
    const checked = checkTokens(this.config, this.#limits, tokens, batch, length);
    if (!checked.ok) return checked;
    const model = this.#model();
    const loss = new Float64Array(batch);
    const correct = new Int32Array(batch);
    for (let b = 0; b < batch; b++) {
      const { inputs, targets } = window(tokens, b, length);
      const { logits } = model.forward(inputs);
      loss[b] = meanLoss(logits, targets);
      correct[b] = logits.filter((row, t) => firstLargest(row) === targets[t]).length;
    }
    return ok({ loss, correct });
  }

  async clippedGradientSum(
    tokens: Int32Array,
    batch: number,
    length: number,
    clipNorm: number,
  ): Promise<Result<ClippedGradient>> {
    assert(clipNorm > 0, `got clipNorm ${clipNorm}, expected a number above 0 or Infinity`);
    const adapter = this.#adapter;
    if (adapter === undefined) return fail('LEARN_ADAPTER', 'no adapter is loaded: call setAdapter first');
    const checked = checkTokens(this.config, this.#limits, tokens, batch, length);
    if (!checked.ok) return checked;
    const size = adapter.values.length;
    const total = new Float64Array(size);
    const losses = new Float64Array(batch);
    const norms = new Float64Array(batch);
    for (let b = 0; b < batch; b++) {
      const { loss, gradient } = this.#example(adapter, window(tokens, b, length));
      const norm = Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0));
      const factor = norm <= clipNorm ? 1 : clipNorm / norm;
      losses[b] = loss;
      norms[b] = norm;
      for (let i = 0; i < size; i++) total[i]! += factor * gradient[i]!;
    }
    return ok({ sum: Float32Array.from(total), losses, norms });
  }

  async startDecoding(capacity: number): Promise<Result<null>> {
    if (!Number.isInteger(capacity) || capacity < 1 || capacity > this.config.contextLength)
      return fail('LEARN_CONTEXT', `got room for ${capacity} positions, expected 1 to ${this.config.contextLength}`);
    this.#prefix = [];
    this.#capacity = capacity;
    return ok(null);
  }

  /** No cache: the whole prefix again, every time. */
  async decode(token: number): Promise<Float32Array> {
    const { vocabSize } = this.config;
    assert(
      Number.isInteger(token) && token >= 0 && token < vocabSize,
      `token ${token} of a vocabulary of ${vocabSize}`,
    );
    assert(this.#capacity > 0, 'decode needs startDecoding first');
    assert(this.#prefix.length < this.#capacity, `position ${this.#prefix.length} of a cache of ${this.#capacity}`);
    this.#prefix.push(token);
    const { logits } = this.#model().forward(this.#prefix);
    return Float32Array.from(at(logits, logits.length - 1));
  }

  dispose(): void {
    this.#adapter = undefined;
    this.#capacity = 0;
  }

  #model(): ReferenceModel {
    return new ReferenceModel(this.config, this.#weights, (layer, name) => this.#factors(layer, name));
  }

  #factors(layer: number, name: AdapterSlot['name']): Factors | undefined {
    const adapter = this.#adapter;
    const slot = adapter && slotOf(adapter.slots, layer, name);
    if (adapter === undefined || slot === undefined) return undefined;
    return {
      scale: adapterScale(adapter.spec),
      rank: adapter.spec.rank,
      a: at(adapter.frozenA, adapter.slots.indexOf(slot)),
      b: adapter.values.subarray(slot.offset, slot.offset + slot.length),
    };
  }

  #example(adapter: LoadedAdapter, { inputs, targets }: Window): { loss: number; gradient: Float64Array } {
    const model = this.#model();
    const trace = model.forward(inputs);
    const dLogits = trace.logits.map((row, t) =>
      softmax(row).map((p, v) => (p - (v === targets[t] ? 1 : 0)) / inputs.length),
    );
    const gradient = new Float64Array(adapter.values.length);
    model.backward(trace, dLogits, (layer, name, part) => {
      const slot = slotOf(adapter.slots, layer, name);
      assert(slot !== undefined, `a gradient for ${name} of layer ${layer}, which is not adapted`);
      gradient.set(part, slot.offset);
    });
    return { loss: meanLoss(trace.logits, targets), gradient };
  }
}

interface Window {
  readonly inputs: Int32Array;
  readonly targets: Int32Array;
}

function window(tokens: Int32Array, b: number, length: number): Window {
  const row = b * (length + 1);
  return { inputs: tokens.subarray(row, row + length), targets: tokens.subarray(row + 1, row + length + 1) };
}

function meanLoss(logits: Matrix, targets: Int32Array): number {
  return logits.reduce((sum, row, t) => sum + logSumExp(row) - at(row, at(targets, t)), 0) / logits.length;
}

/** -1 when a logit is not a number: then nothing was right. */
function firstLargest(row: Float64Array): number {
  return row.some(Number.isNaN) ? -1 : row.indexOf(row.reduce((a, b) => Math.max(a, b)));
}
