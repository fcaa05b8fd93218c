import type { ModelFiles } from '../contracts/training-service.ts';
import type { AdapterSpec } from '../federation/run-config.ts';
import { assert } from '../lib/assert.ts';
import { fail, ok, type Result } from '../lib/result.ts';
import type { LlamaEngine, LlamaEngineFactory } from './engine.ts';
import { MICRO_BATCH } from './local-round.ts';
import { openModelFolder, type LoadedModel } from './model-folder.ts';

/** Longest sequence that an engine is made for at first; a job that needs more gets a larger engine. */
const LENGTH_FIRST = 64;

/** The loaded model, the engine that runs it and the adapter that the engine holds. */
export class ModelSlot {
  readonly #factories: readonly LlamaEngineFactory[];
  readonly #note: (text: string) => void;
  readonly model: LoadedModel;
  #engine: LlamaEngine;
  #lengthMax: number;
  #specKey: string | null = null;
  #size = 0;

  private constructor(
    factories: readonly LlamaEngineFactory[],
    note: (text: string) => void,
    model: LoadedModel,
    engine: LlamaEngine,
    lengthMax: number,
  ) {
    this.#factories = factories;
    this.#note = note;
    this.model = model;
    this.#engine = engine;
    this.#lengthMax = lengthMax;
  }

  /** Failures: those of openModelFolder and of the last engine that was tried. */
  static async open(
    files: ModelFiles,
    factories: readonly LlamaEngineFactory[],
    note: (text: string) => void,
  ): Promise<Result<ModelSlot>> {
    const model = openModelFolder(files);
    if (!model.ok) return model;
    const lengthMax = Math.min(LENGTH_FIRST, model.value.config.contextLength);
    const engine = await createEngine(factories, model.value, lengthMax, note);
    return engine.ok ? ok(new ModelSlot(factories, note, model.value, engine.value, lengthMax)) : engine;
  }

  get engine(): LlamaEngine {
    return this.#engine;
  }

  /** Makes room for sequences of `length`. Failures: LEARN_LENGTH (beyond the model's context) and those of the engines. */
  async ensureLength(length: number): Promise<Result<null>> {
    const { contextLength } = this.model.config;
    if (!(Number.isInteger(length) && length >= 1 && length <= contextLength))
      return fail('LEARN_LENGTH', `got a sequence length of ${length}, the model takes 1 to ${contextLength}`);
    if (length <= this.#lengthMax) return ok(null);
    const engine = await createEngine(this.#factories, this.model, length, this.#note);
    if (!engine.ok) return engine;
    this.#engine.dispose();
    this.#engine = engine.value;
    this.#lengthMax = length;
    this.#specKey = null;
    return ok(null);
  }

  /** Loads specification and values; null values are zeros (the base model). Failure LEARN_ADAPTER: specification, length or values. */
  async useAdapter(spec: AdapterSpec, values: Float32Array | null): Promise<Result<null>> {
    const key = JSON.stringify([spec.kind, spec.rank, spec.alpha, spec.targets, spec.seed]);
    if (key !== this.#specKey) {
      this.#specKey = null;
      const set = await this.#engine.setAdapter(spec);
      if (!set.ok) return set;
      this.#specKey = key;
      this.#size = set.value.size;
    }
    if (values !== null && values.length !== this.#size)
      return fail('LEARN_ADAPTER', `got ${values.length} adapter values, model and specification need ${this.#size}`);
    if (values !== null && !values.every(Number.isFinite))
      return fail('LEARN_ADAPTER', 'the adapter holds values that are not finite; fetch it again');
    await this.#engine.setAdapterValues(values ?? new Float32Array(this.#size));
    return ok(null);
  }

  /** The base model alone. */
  async useBase(): Promise<void> {
    if (this.#specKey !== null) await this.#engine.setAdapterValues(new Float32Array(this.#size));
  }

  dispose(): void {
    this.#engine.dispose();
  }
}

/** The first factory that succeeds. Engines may also throw where the host refuses memory or a module. */
async function createEngine(
  factories: readonly LlamaEngineFactory[],
  model: LoadedModel,
  lengthMax: number,
  note: (text: string) => void,
): Promise<Result<LlamaEngine>> {
  assert(factories.length > 0, 'a training service needs at least one engine');
  let failure: Result<LlamaEngine> = fail('LEARN_ENGINE', 'no engine was tried');
  for (const factory of factories) {
    try {
      failure = await factory.create(model.config, model.weights, { batchMax: MICRO_BATCH, lengthMax });
    } catch (error) {
      failure = fail('LEARN_ENGINE', `the ${factory.kind} engine did not start: ${String(error).slice(0, 200)}`);
    }
    if (failure.ok) return failure;
    note(`The ${factory.kind} engine is not available: ${failure.error.message}`);
  }
  return failure;
}
