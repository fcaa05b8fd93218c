import type { PrivacyConfig, TrainingConfig } from '../federation/run-config.ts';
import { assert } from '../lib/assert.ts';
import { fail, ok, type Failure, type Result } from '../lib/result.ts';
import type { Clock } from '../lib/world.ts';
import { planGridNoise, type GridNoise } from './dp/grid-noise.ts';
import { poissonSample, type RandomWords } from './dp/random.ts';
import type { LlamaEngine } from './engine.ts';
import { createOptimizer } from './optimizer.ts';

export type LocalRoundFailure = Failure<'LEARN_DIVERGED' | 'LEARN_SETTINGS' | 'DP_INPUT' | 'CANCELLED'> | Failure;

/** Examples that one engine call takes: limits its memory (per-example gradients) and the time between two checks for cancellation. */
export const MICRO_BATCH = 16;

/** Far above what a tab can compute in a round's deadline; catches nonsense settings. */
const STEPS_MAX = 10_000;
const BATCH_MAX = 4_096;

/** Non-overlapping windows of `stride` = sequenceLength + 1 tokens, row by row. */
export interface Examples {
  readonly tokens: Int32Array;
  readonly count: number;
  readonly stride: number;
}

export interface LocalRoundPlan {
  readonly training: TrainingConfig;
  readonly privacy: PrivacyConfig;
  /** All B values at the start. */
  readonly adapter: Float32Array;
}

export interface LocalRoundTools {
  /** Holds the adapter's specification already; its B values are overwritten. Made for batches of MICRO_BATCH. */
  readonly engine: LlamaEngine;
  readonly words: RandomWords;
  readonly clock: Clock;
  /** Lets messages and timers through; awaited between engine calls. */
  readonly yieldNow: () => Promise<void>;
  readonly signal?: AbortSignal;
  readonly onStep?: (step: LocalStep) => void;
}

export interface LocalStep {
  /** 1..steps. */
  readonly step: number;
  readonly steps: number;
  /** Mean loss of the step's examples before its update; null when the batch was empty. */
  readonly loss: number | null;
  readonly batch: number;
  readonly tokensPerSecond: number;
}

export interface LocalRoundOutcome {
  readonly delta: Float32Array;
  readonly steps: number;
  readonly samplingRate: number;
  readonly lossFirst: number;
  readonly lossLast: number;
  readonly tokens: number;
  readonly tokensPerSecond: number;
  readonly clippedShare: number;
}

/**
 * One round of DP-SGD (Abadi et al. 2016) on B: Poisson batches, per-example clipping inside the engine, exact noise on the sum, division
 * by the fixed expected batch size, optimiser; the result is B after minus B before. An empty batch still takes a noisy step, and the noise
 * is drawn before the batch's gradients exist. noiseMultiplier 0 leaves the noise out: then the delta is NOT private.
 * Failures: LEARN_SETTINGS, LEARN_DIVERGED (NaN or infinity), DP_INPUT, CANCELLED, and those of the engine.
 */
export async function runLocalRound(
  plan: LocalRoundPlan,
  examples: Examples,
  tools: LocalRoundTools,
): Promise<Result<LocalRoundOutcome, LocalRoundFailure>> {
  const { training, privacy, adapter } = plan;
  const problem = settingsProblem(plan, examples);
  if (problem !== null) return fail('LEARN_SETTINGS', problem);
  const noise = openNoise(plan);
  if (!noise.ok) return noise;
  const optimizer = createOptimizer(training, adapter.length);
  const before = Float64Array.from(adapter);
  const values = Float64Array.from(adapter);
  const log = new RoundLog(training, tools);
  for (let step = 1; step <= training.stepsPerRound; step++) {
    noise.value?.draw(tools.words);
    const drawn = poissonSample(examples.count, training.expectedBatchSize, tools.words);
    const batch = drawn.slice(0, examplesMax(training.expectedBatchSize));
    await tools.engine.setAdapterValues(Float32Array.from(values));
    const sum = await gradientSum(batch, examples, privacy.clipNorm, adapter.length, tools, log);
    if (!sum.ok) return sum;
    noise.value?.apply(sum.value);
    for (let i = 0; i < sum.value.length; i++) sum.value[i]! /= training.expectedBatchSize;
    optimizer.step(values, sum.value);
    log.endStep(step, batch.length);
  }
  const delta = Float32Array.from(values, (value, i) => value - (before[i] as number));
  if (!delta.every(Number.isFinite))
    return fail('LEARN_DIVERGED', 'training gave values that are not finite; lower the learning rate');
  return ok({
    delta,
    steps: training.stepsPerRound,
    samplingRate: Math.min(1, training.expectedBatchSize / examples.count),
    ...log.summary(),
  });
}

/**
 * The noise plan counts on this many examples per step at most. A Poisson batch is larger with probability below 1e-30 for every expected
 * size (Chernoff), far below any delta; it is then cut, not refused.
 */
function examplesMax(expectedBatchSize: number): number {
  return 8 * expectedBatchSize + 32;
}

function openNoise({ training, privacy, adapter }: LocalRoundPlan): Result<GridNoise | null, Failure<'DP_INPUT'>> {
  if (privacy.noiseMultiplier === 0) return ok(null);
  return planGridNoise({
    clipNorm: privacy.clipNorm,
    noiseMultiplier: privacy.noiseMultiplier,
    size: adapter.length,
    examplesMax: examplesMax(training.expectedBatchSize),
    microBatchMax: MICRO_BATCH,
  });
}

/** Micro-batches are added in float64. */
async function gradientSum(
  batch: readonly number[],
  examples: Examples,
  clipNorm: number,
  size: number,
  tools: LocalRoundTools,
  log: RoundLog,
): Promise<Result<Float64Array, LocalRoundFailure>> {
  const sum = new Float64Array(size);
  for (let from = 0; from === 0 || from < batch.length; from += MICRO_BATCH) {
    await tools.yieldNow();
    if (tools.signal?.aborted === true) return fail('CANCELLED', 'training was stopped', true);
    const part = batch.slice(from, from + MICRO_BATCH);
    if (part.length === 0) break;
    const tokens = gather(part, examples);
    const gradient = await tools.engine.clippedGradientSum(tokens, part.length, examples.stride - 1, clipNorm);
    if (!gradient.ok) return gradient;
    const { losses, norms } = gradient.value;
    if (!losses.every(Number.isFinite) || !norms.every(Number.isFinite) || !gradient.value.sum.every(Number.isFinite))
      return fail('LEARN_DIVERGED', 'a gradient is not finite; start from a sound adapter or lower the learning rate');
    for (let i = 0; i < size; i++) sum[i]! += gradient.value.sum[i] as number;
    log.add(losses, norms, clipNorm);
  }
  return ok(sum);
}

function gather(rows: readonly number[], { tokens, stride }: Examples): Int32Array {
  const out = new Int32Array(rows.length * stride);
  rows.forEach((row, i) => out.set(tokens.subarray(row * stride, (row + 1) * stride), i * stride));
  return out;
}

/** What the participant sees of a round: losses, speed, clipping. None of it leaves the tab. */
class RoundLog {
  readonly #training: TrainingConfig;
  readonly #tools: LocalRoundTools;
  readonly #startedAt: number;
  #examples = 0;
  #clipped = 0;
  #lossSum = 0;
  #stepExamples = 0;
  #lossFirst: number | null = null;
  #lossLast = Number.NaN;

  constructor(training: TrainingConfig, tools: LocalRoundTools) {
    this.#training = training;
    this.#tools = tools;
    this.#startedAt = tools.clock.monotonic();
  }

  add(losses: Float64Array, norms: Float64Array, clipNorm: number): void {
    for (const loss of losses) this.#lossSum += loss;
    for (const norm of norms) if (norm > clipNorm) this.#clipped++;
    this.#stepExamples += losses.length;
    this.#examples += losses.length;
  }

  endStep(step: number, batch: number): void {
    const loss = this.#stepExamples === 0 ? null : this.#lossSum / this.#stepExamples;
    if (loss !== null) {
      this.#lossFirst ??= loss;
      this.#lossLast = loss;
    }
    this.#lossSum = 0;
    this.#stepExamples = 0;
    const { stepsPerRound } = this.#training;
    this.#tools.onStep?.({ step, steps: stepsPerRound, loss, batch, tokensPerSecond: this.#tokensPerSecond() });
  }

  summary(): Omit<LocalRoundOutcome, 'delta' | 'steps' | 'samplingRate'> {
    return {
      lossFirst: this.#lossFirst ?? Number.NaN,
      lossLast: this.#lossLast,
      tokens: this.#tokens(),
      tokensPerSecond: this.#tokensPerSecond(),
      clippedShare: this.#examples === 0 ? 0 : this.#clipped / this.#examples,
    };
  }

  #tokens(): number {
    return this.#examples * this.#training.sequenceLength;
  }

  #tokensPerSecond(): number {
    const elapsed = this.#tools.clock.monotonic() - this.#startedAt;
    return elapsed > 0 ? (1000 * this.#tokens()) / elapsed : 0;
  }
}

function settingsProblem({ training, privacy, adapter }: LocalRoundPlan, examples: Examples): string | null {
  const { stepsPerRound, expectedBatchSize, learningRate, sequenceLength, optimizer } = training;
  assert(examples.tokens.length === examples.count * examples.stride, 'examples are [count, stride]');
  if (examples.count < 1) return 'there is no example to train on; add text';
  if (sequenceLength !== examples.stride - 1)
    return `examples have ${examples.stride - 1} tokens, the run asks for ${sequenceLength}`;
  if (!isCount(stepsPerRound, STEPS_MAX)) return `got ${stepsPerRound} steps, expected 1 to ${STEPS_MAX}`;
  if (!isCount(expectedBatchSize, BATCH_MAX))
    return `got an expected batch of ${expectedBatchSize}, expected a whole number from 1 to ${BATCH_MAX}`;
  if (!(learningRate > 0 && learningRate < Infinity))
    return `got a learning rate of ${learningRate}, expected more than 0`;
  if (optimizer !== 'adam' && optimizer !== 'sgd') return `got optimiser "${String(optimizer)}", expected adam or sgd`;
  const { clipNorm, noiseMultiplier } = privacy;
  if (!(clipNorm > 0 && clipNorm < Infinity)) return `got a clip norm of ${clipNorm}, expected a number above 0`;
  if (!(noiseMultiplier >= 0 && noiseMultiplier < Infinity))
    return `got a noise multiplier of ${noiseMultiplier}, expected a number from 0`;
  if (!adapter.every(Number.isFinite)) return 'the adapter holds values that are not finite; fetch it again';
  return null;
}

function isCount(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= max;
}
