import type {
  EvaluateJob,
  Evaluation,
  ExportJob,
  GenerateJob,
  Generation,
  ModelFiles,
  ModelReport,
  PeftFiles,
  ShardReport,
  ShardSource,
  TrainingEvent,
  TrainingService,
  TrainJob,
  TrainOutcome,
} from '../contracts/training-service.ts';
import { defaultRunConfig } from '../federation/run-defaults.ts';
import { Emitter } from '../lib/emitter.ts';
import { fail, ok, type Result } from '../lib/result.ts';
import type { Clock, Rng, Unsubscribe } from '../lib/world.ts';
import { RandomWords } from './dp/random.ts';
import type { LlamaEngine, LlamaEngineFactory } from './engine.ts';
import { generate } from './generate.ts';
import { runLocalRound } from './local-round.ts';
import { exportPeft } from './peft-export.ts';
import { evaluateExamples, examplesOfText } from './training-service-evaluate.ts';
import { ModelSlot } from './training-service-model.ts';
import { JobQueue } from './training-service-queue.ts';
import { filesOf, ShardSlot } from './training-service-shard.ts';

export interface TrainingServiceTools {
  /** In order of preference; the first that can be created is used. */
  readonly factories: readonly LlamaEngineFactory[];
  readonly clock: Clock;
  /** Cryptographic: batches and noise are drawn from it. */
  readonly rng: Rng;
  /** Resolves in a later turn of the event loop, so that messages (a cancel, a ping) are heard between engine calls. */
  readonly yieldNow: () => Promise<void>;
}

/** Tokens written between two turns of the event loop: some 10 ms for a small model. */
const TOKENS_PER_TURN = 8;

/**
 * The training service over real engines. Jobs, loads and shards take turns. Failures besides those of the parts: LEARN_NO_MODEL,
 * LEARN_NO_SHARD, LEARN_JOB, LEARN_BUSY, CANCELLED.
 */
export function createTrainingService(tools: TrainingServiceTools): TrainingService {
  return new LocalTrainingService(tools);
}

class LocalTrainingService implements TrainingService {
  readonly #tools: TrainingServiceTools;
  readonly #events = new Emitter<TrainingEvent>();
  readonly #queue = new JobQueue();
  readonly #words: RandomWords;
  #model: ModelSlot | null = null;
  #shard: ShardSlot | null = null;

  constructor(tools: TrainingServiceTools) {
    this.#tools = tools;
    this.#words = new RandomWords(tools.rng);
  }

  onEvent(listener: (event: TrainingEvent) => void): Unsubscribe {
    return this.#events.on(listener);
  }

  loadModel(files: ModelFiles): Promise<Result<ModelReport>> {
    return this.#queue.run(null, async () => {
      const opened = await ModelSlot.open(files, this.#tools.factories, (text) => this.#note(text));
      if (!opened.ok) return opened;
      const { model, engine } = opened.value;
      this.#model?.dispose();
      this.#model = opened.value;
      const shard = this.#shard?.retokenized(model.tokenizer) ?? null;
      if (shard !== null && !shard.ok) this.#note(`The text has to be chosen again: ${shard.error.message}`);
      this.#shard = shard !== null && shard.ok ? shard.value : null;
      return ok({
        parameters: model.parameters,
        engine: engine.kind,
        memoryBytes: engine.memoryBytes,
        vocabSize: model.config.vocabSize,
        contextLength: model.config.contextLength,
      });
    });
  }

  setShard(source: ShardSource): Promise<Result<ShardReport>> {
    return this.#queue.run(null, async () => {
      if (this.#model === null) return noModel();
      const files = filesOf(source);
      if (!files.ok) return files;
      const { tokenizer, config } = this.#model.model;
      const length = Math.min(defaultRunConfig().training.sequenceLength, config.contextLength);
      const slot = ShardSlot.open(files.value, tokenizer, length);
      if (!slot.ok) return slot;
      this.#shard = slot.value;
      const { bytes, tokens, trainExamples, heldBackExamples, preview, refused } = slot.value.shard;
      return ok({ bytes, tokens, trainExamples, heldBackExamples, preview, refused });
    });
  }

  trainRound(job: TrainJob): Promise<Result<TrainOutcome>> {
    const { jobId, round, training, privacy, adapter } = job;
    return this.#queue.run(jobId, async (signal) => {
      const model = await this.#ready(job.spec, adapter, training.sequenceLength);
      if (!model.ok) return model;
      const shard = this.#examples(training.sequenceLength);
      if (!shard.ok) return shard;
      const { train, trainExamples, stride } = shard.value;
      const examples = { tokens: train, count: trainExamples, stride };
      const outcome = await runLocalRound({ training, privacy, adapter }, examples, {
        engine: model.value.engine,
        words: this.#words,
        clock: this.#tools.clock,
        yieldNow: this.#tools.yieldNow,
        signal,
        onStep: (step) => this.#events.emit({ type: 'progress', jobId, round, ...step }),
      });
      if (!outcome.ok) return outcome;
      return ok({ round, noiseMultiplier: privacy.noiseMultiplier, ...outcome.value });
    });
  }

  evaluate(job: EvaluateJob): Promise<Result<Evaluation>> {
    return this.#queue.run(job.jobId, async (signal) => {
      const model = await this.#ready(job.spec, job.adapter, job.sequenceLength);
      if (!model.ok) return model;
      const { engine } = model.value;
      const { yieldNow } = this.#tools;
      if (job.text !== null) {
        const examples = examplesOfText(job.text, model.value.model.tokenizer, job.sequenceLength);
        if (!examples.ok) return examples;
        return evaluateExamples(engine, examples.value, job.examplesMax, yieldNow, signal);
      }
      const shard = this.#examples(job.sequenceLength);
      if (!shard.ok) return shard;
      const { heldBack, heldBackExamples, stride } = shard.value;
      const examples = { tokens: heldBack, count: heldBackExamples, stride };
      return evaluateExamples(engine, examples, job.examplesMax, yieldNow, signal);
    });
  }

  generate(job: GenerateJob): Promise<Result<Generation>> {
    const { jobId, spec, adapter } = job;
    return this.#queue.run(jobId, async (signal) => {
      const slot = this.#model;
      if (slot === null) return noModel();
      if (spec === null) await slot.useBase();
      else {
        const used = await slot.useAdapter(spec, adapter);
        if (!used.ok) return used;
      }
      const { clock, yieldNow } = this.#tools;
      const startedAt = clock.monotonic();
      const written = await generate(takingTurns(slot.engine, yieldNow), slot.model.tokenizer, job, {
        signal,
        onText: (text) => this.#events.emit({ type: 'token', jobId, text }),
      });
      if (!written.ok) return written;
      const { tokens, text, newTokens, logits } = written.value;
      const elapsedMs = clock.monotonic() - startedAt;
      return ok({ tokens, text, logits, tokensPerSecond: elapsedMs > 0 ? (1000 * newTokens) / elapsedMs : 0 });
    });
  }

  exportAdapter({ spec, adapter, baseModel }: ExportJob): Promise<Result<PeftFiles>> {
    return this.#queue.run(null, async () => {
      if (this.#model === null) return noModel();
      return exportPeft(this.#model.model.config, spec, adapter, baseModel);
    });
  }

  cancel(jobId: string): Promise<void> {
    this.#queue.cancel(jobId);
    return Promise.resolve();
  }

  ping(): Promise<void> {
    return Promise.resolve();
  }

  async #ready(
    spec: TrainJob['spec'],
    adapter: Float32Array | null,
    sequenceLength: number,
  ): Promise<Result<ModelSlot>> {
    if (this.#model === null) return noModel();
    const room = await this.#model.ensureLength(sequenceLength);
    if (!room.ok) return room;
    const used = await this.#model.useAdapter(spec, adapter);
    return used.ok ? ok(this.#model) : used;
  }

  #examples(sequenceLength: number): ReturnType<ShardSlot['at']> {
    if (this.#shard === null)
      return fail('LEARN_NO_SHARD', 'no text was chosen yet; choose a file or the sample first');
    return this.#shard.at(sequenceLength);
  }

  #note(text: string): void {
    this.#events.emit({ type: 'note', text });
  }
}

function noModel(): ReturnType<typeof fail<'LEARN_NO_MODEL'>> {
  return fail('LEARN_NO_MODEL', 'no model is loaded yet; load one first');
}

/** The engine for decoding, with regular turns for the event loop. */
function takingTurns(engine: LlamaEngine, yieldNow: () => Promise<void>): LlamaEngine {
  let tokens = 0;
  return {
    kind: engine.kind,
    config: engine.config,
    memoryBytes: engine.memoryBytes,
    setAdapter: (spec) => engine.setAdapter(spec),
    setAdapterValues: (values) => engine.setAdapterValues(values),
    evaluate: (...args) => engine.evaluate(...args),
    clippedGradientSum: (...args) => engine.clippedGradientSum(...args),
    startDecoding: (capacity) => engine.startDecoding(capacity),
    async decode(token) {
      if (++tokens % TOKENS_PER_TURN === 0) await yieldNow();
      return engine.decode(token);
    },
    dispose: () => engine.dispose(),
  };
}
