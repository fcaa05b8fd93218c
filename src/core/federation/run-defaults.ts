import {
  LINEAR_NAMES,
  type AdapterSpec,
  type PrivacyConfig,
  type RoundsConfig,
  type TrainingConfig,
} from './run-config.ts';

/** The parts of a run configuration that have sensible defaults; identity, model and adapter seed come from the organiser. */
export interface RunDefaults {
  readonly adapter: Omit<AdapterSpec, 'seed'>;
  readonly privacy: PrivacyConfig;
  readonly training: TrainingConfig;
  readonly rounds: RoundsConfig;
}

/** `private`: example-level DP within epsilon 8. `noise-off`: clipping only; epsilon is infinite and every screen says so. */
export type RunProfile = 'private' | 'noise-off';

export interface RunOverrides {
  readonly profile?: RunProfile;
  readonly adapter?: Partial<Omit<AdapterSpec, 'seed'>>;
  readonly privacy?: Partial<PrivacyConfig>;
  readonly training?: Partial<TrainingConfig>;
  readonly rounds?: Partial<RoundsConfig>;
}

/** Below 1/N for every shard that fits in a tab; the customary choice of the literature. */
const DELTA = 1e-5;

/**
 * All linear maps: in five rounds without noise the held-back loss falls by 53 %, with q and v alone by 30 % at the same cost. With noise
 * 0.49 rank 4 gives 29.1 % and rank 8 31.9 % (all on an earlier base model); with 0.8 rank 8 gives 28.4 % and rank 16 28.6 %.
 */
const ADAPTER: RunDefaults['adapter'] = { kind: 'ffa-lora', rank: 8, alpha: 16, targets: LINEAR_NAMES };

/**
 * Gradients of the base model on new styles have norms far above 0.5, so nearly all are clipped: each example then has the same say, and
 * with Adam the bound itself does not matter. Noise 0.8: the sample text spends epsilon 2.4 in ten rounds, and a file of 60 KB (400
 * examples) still takes part in all ten within the budget of 8. With 0.49 only the sample itself would (7.5).
 */
const PRIVACY: Record<RunProfile, PrivacyConfig> = {
  private: { epsilonBudget: 8, delta: DELTA, clipNorm: 0.5, noiseMultiplier: 0.8 },
  'noise-off': { epsilonBudget: 8, delta: DELTA, clipNorm: 0.5, noiseMultiplier: 0 },
};

/**
 * Measured by bench/federated-learning.bench.ts: six tabs, six styles that plaquette-1m has not read (6.61 nats before), ten rounds of 96
 * examples per tab. Private: 35 % lower (4.29), the slowest tab 23 to 27 %, epsilon 2.4; three steps of 32 at rate 0.01 reach 34 % and one
 * of 96 at 0.03 35 % with a restless start. Noise off: 68 % lower (2.13), the slowest tab 56 %; rate 0.02 does worse (42 % instead of
 * 58 % after five rounds). 96 examples are 6,144 tokens: 3 s in a tab with 2,000 tokens/s, 54 s of processor time for the whole run.
 */
const TRAINING: Record<RunProfile, TrainingConfig> = {
  private: {
    sequenceLength: 64,
    expectedBatchSize: 48,
    stepsPerRound: 2,
    optimizer: 'adam',
    learningRate: 0.018,
    serverLearningRate: 1,
    deltaEncoding: 'int8',
  },
  'noise-off': {
    sequenceLength: 64,
    expectedBatchSize: 16,
    stepsPerRound: 6,
    optimizer: 'adam',
    learningRate: 0.01,
    serverLearningRate: 1,
    deltaEncoding: 'int8',
  },
};

const ROUNDS: RoundsConfig = {
  cohortTarget: 64,
  participantsMin: 2,
  quorum: 2 / 3,
  deadlineMs: 60_000,
  gatherMs: 1_500,
  stalenessMax: 3,
  roundsMax: 10,
};

/**
 * How many bytes of text the built-in sample gives one tab: 2,500 examples or more in every style. More text lowers the sampling rate and
 * with it the spend; this much is cut into tokens in 0.3 s.
 */
export const SAMPLE_SHARD_BYTES = 400_000;

/** The measured defaults with the organiser's wishes on top. Validation is run-config-codec.ts. */
export function defaultRunConfig(overrides: RunOverrides = {}): RunDefaults {
  const profile = overrides.profile ?? 'private';
  return {
    adapter: { ...ADAPTER, ...overrides.adapter },
    privacy: { ...PRIVACY[profile], ...overrides.privacy },
    training: { ...TRAINING[profile], ...overrides.training },
    rounds: { ...ROUNDS, ...overrides.rounds },
  };
}
