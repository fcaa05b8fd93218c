import type { Millis } from '../lib/world.ts';

/** The linear maps of one decoder layer, in canonical order: the order of adapter parameters everywhere. */
export const LINEAR_NAMES = ['q', 'k', 'v', 'o', 'gate', 'up', 'down'] as const;
export type LinearName = (typeof LINEAR_NAMES)[number];

/**
 * FFA-LoRA (arXiv 2403.12313): A is frozen and drawn from the public `seed`, only B is trained and travels.
 * The adapter vector holds, layer by layer and target by target in canonical order, B as [rank, dOut] row-major, f32.
 */
export interface AdapterSpec {
  readonly kind: 'ffa-lora';
  readonly rank: number;
  /** Scale of the adapter is alpha / rank. */
  readonly alpha: number;
  readonly targets: readonly LinearName[];
  /** 16 bytes, hex. */
  readonly seed: string;
}

export interface ModelRef {
  /** Folder under `/models/`. */
  readonly id: string;
  /** SHA-256, hex, of each file of the folder that the run depends on. */
  readonly configSha256: string;
  readonly tokenizerSha256: string;
  readonly weightsSha256: string;
}

/** Example-level DP-SGD. An example is one window of `sequenceLength` tokens. Held-back examples are never trained on. */
export interface PrivacyConfig {
  /** Training stops before epsilon would pass this. */
  readonly epsilonBudget: number;
  readonly delta: number;
  /** L2 bound of one example's gradient over all adapter parameters. */
  readonly clipNorm: number;
  /** Standard deviation of the noise on the sum, in units of clipNorm. 0 switches noise off: epsilon is then infinite and every screen says so. */
  readonly noiseMultiplier: number;
}

export interface TrainingConfig {
  readonly sequenceLength: number;
  /** Poisson sampling with rate q = expectedBatchSize / N; the sum is always divided by this fixed number. */
  readonly expectedBatchSize: number;
  readonly stepsPerRound: number;
  readonly optimizer: 'adam' | 'sgd';
  readonly learningRate: number;
  /** Step of the relay along the mean delta. */
  readonly serverLearningRate: number;
  readonly deltaEncoding: 'int8' | 'f32';
}

export interface RoundsConfig {
  /** How many updates a round aims for; invitations are over-selected by 1.3. */
  readonly cohortTarget: number;
  /** A round opens only with this many available participants. */
  readonly participantsMin: number;
  /** Share of the invited whose updates are needed at the deadline, in (0, 1]. */
  readonly quorum: number;
  readonly deadlineMs: Millis;
  /** Pause between a commit and the next invitation, so that new arrivals can join. */
  readonly gatherMs: Millis;
  /** Updates older than this many rounds are refused. */
  readonly stalenessMax: number;
  /** The run is finished after this many committed rounds. */
  readonly roundsMax: number;
}

/** What everybody agreed to. Immutable for the whole run; signed by the relay's root key (run-config-codec.ts). */
export interface RunConfig {
  readonly version: 1;
  /** 16 bytes, hex. */
  readonly runId: string;
  readonly name: string;
  readonly createdAt: Millis;
  readonly mode: 'robust';
  readonly model: ModelRef;
  readonly adapter: AdapterSpec;
  readonly privacy: PrivacyConfig;
  readonly training: TrainingConfig;
  readonly rounds: RoundsConfig;
}
