import { describe, expect, it } from 'vitest';
import type { PrivacyConfig, TrainingConfig } from '../federation/run-config.ts';
import { assert } from '../lib/assert.ts';
import { Prng } from '../lib/prng.ts';
import { ok, unwrap } from '../lib/result.ts';
import type { Clock } from '../lib/world.ts';
import { RandomWords } from './dp/random.ts';
import type { LlamaEngine } from './engine.ts';
import { runLocalRound, type LocalRoundTools, type LocalStep } from './local-round.ts';

const SIZE = 600;
const LENGTH = 4;

/**
 * A quadratic in place of a model: example t has loss |B - m_t|^2 / 2 with m_t = its first token in every coordinate. Gradients are known
 * in closed form, so what local-round adds to them can be measured.
 */
class QuadraticEngine implements LlamaEngine {
  readonly kind = 'reference';
  readonly config = {} as LlamaEngine['config'];
  readonly memoryBytes = 0;
  readonly batches: number[] = [];
  poison: number | undefined;
  values = new Float32Array(SIZE);

  setAdapter(): Promise<never> {
    throw new Error('local rounds leave the specification alone');
  }
  async setAdapterValues(values: Float32Array): Promise<void> {
    this.values = values.slice();
  }
  async clippedGradientSum(tokens: Int32Array, batch: number, length: number, clipNorm: number) {
    assert(tokens.length === batch * (length + 1), 'rows are complete');
    assert(batch <= 16, 'batches fit the engine');
    this.batches.push(batch);
    const sum = new Float32Array(SIZE);
    const norms = new Float64Array(batch);
    for (let b = 0; b < batch; b++) {
      const gradient = this.values.map((value) => value - (tokens[b * (length + 1)] ?? 0));
      const norm = Math.hypot(...gradient);
      norms[b] = norm;
      gradient.forEach((g, i) => {
        sum[i]! += g * Math.min(1, clipNorm / norm);
      });
    }
    if (this.poison !== undefined) sum[3] = this.poison;
    return ok({ sum, norms, losses: norms.map((norm) => norm * norm) });
  }
  evaluate(): Promise<never> {
    throw new Error('not asked for');
  }
  startDecoding(): Promise<never> {
    throw new Error('not asked for');
  }
  decode(): Promise<never> {
    throw new Error('not asked for');
  }
  dispose(): void {}
}

function clock(): Clock {
  let time = 0;
  return { now: () => time, monotonic: () => (time += 10), sleep: () => Promise.resolve() };
}

function setUp(count: number, seed = 1) {
  const engine = new QuadraticEngine();
  const steps: LocalStep[] = [];
  const tools: LocalRoundTools = {
    engine,
    words: new RandomWords(new Prng(seed)),
    clock: clock(),
    yieldNow: () => Promise.resolve(),
    onStep: (step) => steps.push(step),
  };
  const examples = { tokens: new Int32Array(count * (LENGTH + 1)).fill(1), count, stride: LENGTH + 1 };
  return { engine, steps, tools, examples };
}

const training: TrainingConfig = {
  sequenceLength: LENGTH,
  expectedBatchSize: 8,
  stepsPerRound: 5,
  optimizer: 'sgd',
  learningRate: 0.5,
  serverLearningRate: 1,
  deltaEncoding: 'f32',
};
const quiet: PrivacyConfig = { epsilonBudget: 8, delta: 1e-5, clipNorm: 1e3, noiseMultiplier: 0 };
const plan = { training, privacy: quiet, adapter: new Float32Array(SIZE) };

describe('runLocalRound', () => {
  it('descends without noise and reports losses, rate, tokens and steps', async () => {
    const { tools, examples, steps } = setUp(8);
    const outcome = unwrap(await runLocalRound(plan, examples, tools));
    // Everybody takes part (q = 1): B -> B - (B - 1) / 2 five times.
    for (const value of outcome.delta) expect(value).toBeCloseTo(1 - 0.5 ** 5, 6);
    expect(outcome).toMatchObject({ samplingRate: 1, steps: 5, tokens: 5 * 8 * LENGTH, clippedShare: 0 });
    expect(outcome.lossFirst).toBeCloseTo(SIZE, 6);
    expect(outcome.lossLast).toBeCloseTo(SIZE * 0.25 ** 4, 4);
    expect(outcome.tokensPerSecond).toBeGreaterThan(0);
    expect(steps.map(({ step, batch }) => [step, batch])).toEqual([1, 2, 3, 4, 5].map((step) => [step, 8]));
  });

  it('gives the difference to where it started', async () => {
    const { tools, examples } = setUp(8);
    const adapter = new Float32Array(SIZE).fill(0.75);
    const outcome = unwrap(await runLocalRound({ ...plan, adapter }, examples, tools));
    for (const value of outcome.delta) expect(value).toBeCloseTo(0.25 * (1 - 0.5 ** 5), 6);
    expect(adapter.every((value) => value === 0.75)).toBe(true);
  });

  it('draws Poisson batches, divides by the expected size and splits what is larger than a micro-batch', async () => {
    const { tools, examples, engine, steps } = setUp(400, 3);
    const many = { ...training, expectedBatchSize: 40, stepsPerRound: 200, learningRate: 1e-9 };
    const outcome = unwrap(await runLocalRound({ ...plan, training: many }, examples, tools));
    expect(outcome.samplingRate).toBe(0.1);
    const sizes = steps.map(({ batch }) => batch);
    expect(new Set(sizes).size).toBeGreaterThan(10);
    const mean = sizes.reduce((a, b) => a + b) / sizes.length;
    expect(Math.abs(mean - 40)).toBeLessThan((5 * 6) / Math.sqrt(200));
    expect(engine.batches.length).toBeGreaterThan(2 * 200);
    expect(engine.batches.reduce((a, b) => a + b)).toBe(sizes.reduce((a, b) => a + b));
    // The step is rate x (sum / 40), not the mean over the batch that happened to come.
    expect(outcome.delta[0]).toBeCloseTo((1e-9 * sizes.reduce((a, b) => a + b)) / 40, 12);
  });

  it.each([0.4, 1.5])(
    'adds noise of multiplier %d x clip norm / expected batch to every step',
    async (noiseMultiplier) => {
      const { tools, examples } = setUp(4000, 5);
      const privacy = { ...quiet, clipNorm: 0.01, noiseMultiplier };
      const settings = { ...training, stepsPerRound: 20, learningRate: 1 };
      const outcome = unwrap(
        await runLocalRound({ training: settings, privacy, adapter: plan.adapter }, examples, tools),
      );
      const mean = outcome.delta.reduce((a, b) => a + b) / SIZE;
      const variance = outcome.delta.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (SIZE - 1);
      const expected = 20 * ((noiseMultiplier * 0.01) / 8) ** 2;
      expect(Math.abs(variance / expected - 1)).toBeLessThan(5 * Math.sqrt(2 / SIZE) + 0.005);
      expect(outcome.clippedShare).toBe(1);
    },
  );

  it('takes a noisy step on an empty batch', async () => {
    const { tools, examples, steps, engine } = setUp(3000, 2);
    const settings = { ...training, expectedBatchSize: 1, stepsPerRound: 40, learningRate: 1 };
    const privacy = { ...quiet, clipNorm: 1, noiseMultiplier: 1 };
    const seen: Float32Array[] = [];
    const outcome = unwrap(
      await runLocalRound({ training: settings, privacy, adapter: plan.adapter }, examples, {
        ...tools,
        onStep: (step) => {
          tools.onStep?.(step);
          seen.push(engine.values);
        },
      }),
    );
    const empty = steps.findIndex(({ batch }, i) => batch === 0 && i < 39);
    expect(empty).toBeGreaterThanOrEqual(0);
    expect(steps[empty]?.loss).toBeNull();
    const moved = (seen[empty + 1] as Float32Array).map((value, i) => value - (seen[empty]?.[i] ?? 0));
    expect(Math.abs(Math.hypot(...moved) / Math.sqrt(SIZE) - 1)).toBeLessThan(0.2);
    expect(outcome.steps).toBe(40);
  });

  it.each([Number.NaN, Infinity, -Infinity])('refuses a gradient that holds %d', async (poison) => {
    const { tools, examples, engine } = setUp(8);
    engine.poison = poison;
    expect(await runLocalRound(plan, examples, tools)).toMatchObject({ ok: false, error: { code: 'LEARN_DIVERGED' } });
  });

  it('stops between steps when it is cancelled', async () => {
    const { tools, examples, steps } = setUp(8);
    const controller = new AbortController();
    const result = await runLocalRound(plan, examples, {
      ...tools,
      signal: controller.signal,
      onStep: (step) => {
        tools.onStep?.(step);
        if (step.step === 2) controller.abort();
      },
    });
    expect(result).toMatchObject({ ok: false, error: { code: 'CANCELLED', retry: true } });
    expect(steps.length).toBe(2);
  });

  it('lets others run before every engine call', async () => {
    const { tools, examples } = setUp(8);
    let yields = 0;
    await runLocalRound(plan, examples, { ...tools, yieldNow: async () => void yields++ });
    expect(yields).toBe(5);
  });

  it.each<[string, Partial<TrainingConfig>, Partial<PrivacyConfig>]>([
    ['no steps', { stepsPerRound: 0 }, {}],
    ['half a step', { stepsPerRound: 0.5 }, {}],
    ['an empty expected batch', { expectedBatchSize: 0 }, {}],
    ['another sequence length', { sequenceLength: LENGTH + 1 }, {}],
    ['a learning rate that is no number', { learningRate: Number.NaN }, {}],
    ['an unknown optimiser', { optimizer: 'lion' as 'sgd' }, {}],
    ['clip norm 0', {}, { clipNorm: 0 }],
    ['clip norm infinity', {}, { clipNorm: Infinity }],
    ['negative noise', {}, { noiseMultiplier: -1 }],
  ])('refuses %s', async (_, changedTraining, changedPrivacy) => {
    const { tools, examples } = setUp(8);
    const bad = {
      ...plan,
      training: { ...training, ...changedTraining },
      privacy: { ...quiet, ...changedPrivacy },
    };
    expect(await runLocalRound(bad, examples, tools)).toMatchObject({ ok: false, error: { code: 'LEARN_SETTINGS' } });
  });

  it('refuses an adapter with NaN and an empty shard', async () => {
    const { tools, examples } = setUp(8);
    const adapter = new Float32Array(SIZE).fill(Number.NaN);
    expect(await runLocalRound({ ...plan, adapter }, examples, tools)).toMatchObject({ ok: false });
    const nothing = { tokens: new Int32Array(0), count: 0, stride: LENGTH + 1 };
    expect(await runLocalRound(plan, nothing, tools)).toMatchObject({ ok: false, error: { code: 'LEARN_SETTINGS' } });
  });
});
