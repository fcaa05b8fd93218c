import { describe, expect, it } from 'vitest';
import type { TrainingEvent, TrainJob } from '../contracts/training-service.ts';
import { writeBase } from '../corpus/base.ts';
import type { AdapterSpec } from '../federation/run-config.ts';
import { sha256Hex, utf8 } from '../lib/bytes.ts';
import { Prng } from '../lib/prng.ts';
import { fail, unwrap } from '../lib/result.ts';
import type { Clock } from '../lib/world.ts';
import { adapterSize } from './adapter.ts';
import { trainBpe } from './bpe-train.ts';
import type { LlamaEngineFactory } from './engine.ts';
import type { LlamaConfig } from './llama-config.ts';
import { initialWeights } from './llama-init.ts';
import { writeModelFolder } from './model-folder.ts';
import { BASE_CONFIG } from './pretrain-plan.ts';
import { referenceFactory } from './reference-engine.ts';
import { createTrainingService } from './training-service.ts';

const config: LlamaConfig = {
  ...BASE_CONFIG,
  vocabSize: 280,
  hiddenSize: 8,
  layers: 1,
  heads: 2,
  kvHeads: 1,
  headDim: 4,
  intermediateSize: 12,
  contextLength: 80,
};
const tokenizer = trainBpe(writeBase(1, 20_000), 280);
const folder = writeModelFolder(config, initialWeights(config, new Prng(4)), tokenizer, 'F32');
const files = {
  ...folder,
  expected: {
    config: sha256Hex(folder.config),
    tokenizer: sha256Hex(folder.tokenizer),
    weights: sha256Hex(folder.weights),
  },
};
const spec: AdapterSpec = { kind: 'ffa-lora', rank: 2, alpha: 16, targets: ['v', 'o', 'down'], seed: '0f'.repeat(16) };
const size = adapterSize(config, spec);
const text = { kind: 'text', name: 'mine.txt', bytes: utf8(writeBase(2, 3_000)) } as const;

function clock(): Clock {
  let time = 0;
  return { now: () => time, monotonic: () => (time += 5), sleep: () => Promise.resolve() };
}

function open(factories: readonly LlamaEngineFactory[] = [referenceFactory], yieldNow = () => Promise.resolve()) {
  const service = createTrainingService({ factories, clock: clock(), rng: new Prng(7), yieldNow });
  const events: TrainingEvent[] = [];
  service.onEvent((event) => events.push(event));
  return { service, events };
}

async function loaded(yieldNow?: () => Promise<void>) {
  const opened = open([referenceFactory], yieldNow);
  unwrap(await opened.service.loadModel(files));
  const shard = unwrap(await opened.service.setShard(text));
  return { ...opened, shard };
}

function trainJob(change: Partial<TrainJob> = {}): TrainJob {
  return {
    jobId: 'train',
    round: 3,
    spec,
    training: {
      sequenceLength: 16,
      expectedBatchSize: 4,
      stepsPerRound: 3,
      optimizer: 'adam',
      learningRate: 0.05,
      serverLearningRate: 1,
      deltaEncoding: 'f32',
    },
    privacy: { epsilonBudget: 8, delta: 1e-5, clipNorm: 1, noiseMultiplier: 0 },
    adapter: new Float32Array(size),
    ...change,
  };
}

const evaluateJob = { jobId: 'eval', spec, adapter: null, sequenceLength: 16, examplesMax: 8, text: null };
const generateJob = {
  jobId: 'write',
  spec: null,
  adapter: null,
  prompt: 'Once',
  tokensMax: 12,
  temperature: 0,
  seed: 1,
  logitsAt: [0],
};

describe('training service', () => {
  it('reports the model and refuses one with another hash', async () => {
    const { service } = open();
    const report = unwrap(await service.loadModel(files));
    expect(report).toMatchObject({ engine: 'reference', vocabSize: 280, contextLength: 80 });
    expect(report.parameters).toBeGreaterThan(280 * 8);
    const other = { ...files, expected: { ...files.expected, weights: '00'.repeat(32) } };
    expect(await service.loadModel(other)).toMatchObject({ ok: false, error: { code: 'MODEL_HASH' } });
  });

  it('takes the next engine when one cannot be made, and says so', async () => {
    const without: LlamaEngineFactory = { kind: 'webgpu', create: async () => fail('LEARN_MEMORY', 'no device here') };
    const broken: LlamaEngineFactory = { kind: 'wasm', create: () => Promise.reject(new RangeError('no memory')) };
    const { service, events } = open([without, broken, referenceFactory]);
    expect(unwrap(await service.loadModel(files)).engine).toBe('reference');
    expect(events.map((event) => (event.type === 'note' ? event.text : ''))).toEqual([
      expect.stringContaining('no device here'),
      expect.stringContaining('no memory'),
    ]);
    const none = open([without, broken]);
    expect(await none.service.loadModel(files)).toMatchObject({ ok: false, error: { code: 'LEARN_ENGINE' } });
  });

  it('asks for a model and a shard before it works', async () => {
    const { service } = open();
    const missing = { ok: false, error: { code: 'LEARN_NO_MODEL' } };
    expect(await service.setShard(text)).toMatchObject(missing);
    expect(await service.trainRound(trainJob())).toMatchObject(missing);
    expect(await service.evaluate(evaluateJob)).toMatchObject(missing);
    expect(await service.generate(generateJob)).toMatchObject(missing);
    unwrap(await service.loadModel(files));
    expect(await service.trainRound(trainJob())).toMatchObject({ ok: false, error: { code: 'LEARN_NO_SHARD' } });
  });

  it('trains on the shard: the loss on held-back text falls', async () => {
    const { service, events, shard } = await loaded();
    expect(shard.trainExamples).toBeGreaterThan(8);
    const before = unwrap(await service.evaluate(evaluateJob));
    const job = trainJob();
    const outcome = unwrap(
      await service.trainRound({ ...job, training: { ...job.training, stepsPerRound: 25, expectedBatchSize: 16 } }),
    );
    expect(outcome).toMatchObject({ round: 3, steps: 25, noiseMultiplier: 0 });
    expect(outcome.samplingRate).toBeGreaterThan(0);
    expect(outcome.delta.length).toBe(size);
    const after = unwrap(await service.evaluate({ ...evaluateJob, adapter: outcome.delta }));
    expect(after.loss).toBeLessThan(before.loss);
    expect(after.examples).toBe(before.examples);
    const progress = events.filter((event) => event.type === 'progress');
    expect(progress.map(({ step }) => step)).toEqual(Array.from({ length: 25 }, (_, i) => i + 1));
    expect(progress[0]).toMatchObject({ jobId: 'train', round: 3, steps: 25 });
  });

  it('draws fresh batches and noise every time', async () => {
    const { service } = await loaded();
    const privacy = { ...trainJob().privacy, noiseMultiplier: 1 };
    const first = unwrap(await service.trainRound(trainJob({ privacy })));
    const second = unwrap(await service.trainRound(trainJob({ privacy })));
    expect(first.noiseMultiplier).toBe(1);
    expect(first.delta).not.toEqual(second.delta);
  });

  it('evaluates text, at most the examples asked for, and the base model when there is no adapter', async () => {
    const { service } = await loaded();
    const held = unwrap(await service.evaluate({ ...evaluateJob, examplesMax: 3 }));
    expect(held.examples).toBe(3);
    expect(held.loss).toBeGreaterThan(1);
    expect(held.accuracy).toBeGreaterThanOrEqual(0);
    const onText = unwrap(await service.evaluate({ ...evaluateJob, text: 'The old boat went home.' }));
    expect(onText.examples).toBeGreaterThan(0);
    const zeros = unwrap(
      await service.evaluate({ ...evaluateJob, adapter: new Float32Array(size), text: 'The old boat went home.' }),
    );
    expect(zeros.loss).toBe(onText.loss);
    expect(await service.evaluate({ ...evaluateJob, text: '' })).toMatchObject({ error: { code: 'LEARN_TEXT' } });
  });

  it('writes text with and without an adapter', async () => {
    const { service, events } = await loaded();
    const base = unwrap(await service.generate(generateJob));
    expect(base.tokens[0]).toBe(config.bosTokenId);
    expect(base.logits['0']).toHaveLength(280);
    const adapter = new Float32Array(size).fill(3);
    const changed = unwrap(await service.generate({ ...generateJob, spec, adapter }));
    expect(changed.tokens).not.toEqual(base.tokens);
    // The adapter does not stay behind.
    expect(unwrap(await service.generate(generateJob)).tokens).toEqual(base.tokens);
    // What streams is what is new.
    const streamed = events.map((event) => (event.type === 'token' ? event.text : '')).join('');
    expect(streamed).toBe([base, changed, base].map(({ text }) => text.slice('Once'.length)).join(''));
  });

  it('exports the adapter for PEFT', async () => {
    const { service } = await loaded();
    const exported = unwrap(
      await service.exportAdapter({ spec, adapter: new Float32Array(size).fill(0.5), baseModel: 'plaquette-1m' }),
    );
    expect(JSON.parse(exported.config)).toMatchObject({ r: 2, lora_alpha: 16 });
    expect(exported.weights.length).toBeGreaterThan(4 * size);
  });

  it('makes room for longer sequences and refuses those beyond the context', async () => {
    const { service } = await loaded();
    expect(unwrap(await service.evaluate({ ...evaluateJob, sequenceLength: 72 })).examples).toBeGreaterThan(0);
    for (const sequenceLength of [81, 0, 1.5])
      expect(await service.evaluate({ ...evaluateJob, sequenceLength })).toMatchObject({
        ok: false,
        error: { code: 'LEARN_LENGTH' },
      });
  });

  it('refuses adapters of the wrong length, with NaN or an impossible specification', async () => {
    const { service } = await loaded();
    const refused = { ok: false, error: { code: 'LEARN_ADAPTER' } };
    expect(await service.trainRound(trainJob({ adapter: new Float32Array(size + 1) }))).toMatchObject(refused);
    expect(await service.trainRound(trainJob({ adapter: new Float32Array(size).fill(Number.NaN) }))).toMatchObject(
      refused,
    );
    expect(await service.trainRound(trainJob({ spec: { ...spec, rank: 0 } }))).toMatchObject(refused);
    expect(unwrap(await service.trainRound(trainJob())).steps).toBe(3);
  });

  it('cancels the running job at its next step and a waiting one at once', async () => {
    const held: (() => void)[] = [];
    let reached = (): void => {};
    const atWork = new Promise<void>((resolve) => (reached = resolve));
    const yieldNow = (): Promise<void> =>
      new Promise((resolve) => {
        held.push(resolve);
        reached();
      });
    const { service } = await loaded(yieldNow);
    const running = service.trainRound(trainJob());
    await atWork;
    const waiting = service.evaluate(evaluateJob);
    const third = service.generate({ ...generateJob, tokensMax: 1 });
    await service.cancel('unknown');
    await service.cancel('eval');
    expect(await waiting).toMatchObject({ ok: false, error: { code: 'CANCELLED' } });
    await service.cancel('train');
    held[0]?.();
    expect(await running).toMatchObject({ ok: false, error: { code: 'CANCELLED' } });
    expect((await third).ok).toBe(true);
  });

  it('refuses a second job of the same id and more than 64 waiting ones', async () => {
    const { service } = await loaded();
    const first = service.trainRound(trainJob());
    expect(await service.trainRound(trainJob())).toMatchObject({ ok: false, error: { code: 'LEARN_JOB' } });
    const many = Array.from({ length: 70 }, (_, i) =>
      service.generate({ ...generateJob, jobId: `w${i}`, tokensMax: 0, prompt: '' }),
    );
    const results = await Promise.all(many);
    expect(results.filter((result) => !result.ok && result.error.code === 'LEARN_BUSY')).toHaveLength(7);
    expect(results.filter((result) => result.ok)).toHaveLength(63);
    unwrap(await first);
  });

  it('takes the sample, several files, and names what it left out', async () => {
    const { service } = await loaded();
    const sample = unwrap(await service.setShard({ kind: 'sample', style: 'telegram', seed: 5 }));
    expect(sample.tokens).toBeGreaterThan(10_000);
    expect(sample.preview.length).toBeGreaterThan(50);
    const several = unwrap(
      await service.setShard({ kind: 'texts', files: [{ name: 'photo.png', bytes: new Uint8Array(500) }, text] }),
    );
    expect(several.refused.map(({ name }) => name)).toEqual(['photo.png']);
    expect(await service.setShard({ kind: 'sample', style: 'klingon', seed: 5 })).toMatchObject({
      error: { code: 'SHARD_STYLE' },
    });
    expect(await service.setShard({ kind: 'texts', files: [] })).toMatchObject({ error: { code: 'SHARD_FILES' } });
    // A refused shard leaves the one before in place.
    expect(unwrap(await service.evaluate(evaluateJob)).examples).toBeGreaterThan(0);
  });

  it('keeps the shard when the model is loaded again', async () => {
    const { service } = await loaded();
    const before = unwrap(await service.evaluate(evaluateJob));
    unwrap(await service.loadModel(files));
    expect(unwrap(await service.evaluate(evaluateJob))).toEqual(before);
  });
});
