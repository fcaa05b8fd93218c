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

const ADAPTER: RunDefaults['adapter'] = { kind: 'ffa-lora', rank: 8, alpha: 16, targets: LINEAR_NAMES };

const PRIVACY: Record<RunProfile, PrivacyConfig> = {
  private: { epsilonBudget: 8, delta: DELTA, clipNorm: 0.5, noiseMultiplier: 0.8 },
  'noise-off': { epsilonBudget: 8, delta: DELTA, clipNorm: 0.5, noiseMultiplier: 0 },
};

const TRAINING: Record<RunProfile, TrainingConfig> = {
  private: {
    sequenceLength: 64,
    expectedBatchSize: 32,
    stepsPerRound: 3,
    optimizer: 'adam',
    learningRate: 0.01,
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

/** How many bytes of text the built-in sample gives one tab. More text lowers the sampling rate and with it the noise needed. */
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
