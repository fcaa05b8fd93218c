import type { AdapterSpec, PrivacyConfig, TrainingConfig } from '../federation/run-config.ts';
import type { Result } from '../lib/result.ts';
import type { Unsubscribe } from '../lib/world.ts';

/**
 * Everything that touches the model and the participant's text. Lives in the training worker (browser) or in process (Node).
 * Comlink carries it, so arguments and results are structured-cloneable and cancellation is by `cancel`.
 */
export interface TrainingService {
  onEvent(listener: (event: TrainingEvent) => void): Unsubscribe;
  /** Loads and checks a model folder. Refuses truncated files, other architectures and wrong hashes with a typed failure. */
  loadModel(files: ModelFiles): Promise<Result<ModelReport>>;
  /** Replaces the shard: the participant's own text. Splits it into training and held-back examples. Text never leaves this service. */
  setShard(source: ShardSource): Promise<Result<ShardReport>>;
  /** One round of local DP-SGD from `adapter` (all B values). Emits `progress` events. */
  trainRound(job: TrainJob): Promise<Result<TrainOutcome>>;
  /** Mean loss and next-token accuracy of an adapter on the held-back examples (or on `text`). */
  evaluate(job: EvaluateJob): Promise<Result<Evaluation>>;
  /** Writes text; emits `token` events. */
  generate(job: GenerateJob): Promise<Result<Generation>>;
  /** PEFT-compatible files of an adapter. */
  exportAdapter(job: ExportJob): Promise<Result<PeftFiles>>;
  /** The job with this id ends early with a failure of code `CANCELLED`. Unknown ids are ignored. */
  cancel(jobId: string): Promise<void>;
  ping(): Promise<void>;
}

export interface ModelFiles {
  readonly config: Uint8Array;
  readonly tokenizer: Uint8Array;
  readonly weights: Uint8Array;
  /** Expected SHA-256 (hex) of each; null skips the check (command line only). */
  readonly expected: { readonly config: string; readonly tokenizer: string; readonly weights: string } | null;
}

export interface ModelReport {
  readonly parameters: number;
  readonly engine: string;
  readonly memoryBytes: number;
  readonly vocabSize: number;
  readonly contextLength: number;
}

export type ShardSource =
  | { readonly kind: 'text'; readonly name: string; readonly bytes: Uint8Array }
  | { readonly kind: 'texts'; readonly files: readonly { readonly name: string; readonly bytes: Uint8Array }[] }
  /** Built-in sample text, written by the project's own generator in the given style. */
  | { readonly kind: 'sample'; readonly style: string; readonly seed: number };

export interface ShardReport {
  readonly bytes: number;
  readonly tokens: number;
  readonly trainExamples: number;
  readonly heldBackExamples: number;
  /** First characters, for the preview. */
  readonly preview: string;
  /** Files left out, each with the reason in a sentence. */
  readonly refused: readonly { readonly name: string; readonly reason: string }[];
}

export interface TrainJob {
  readonly jobId: string;
  readonly round: number;
  readonly spec: AdapterSpec;
  readonly training: TrainingConfig;
  readonly privacy: PrivacyConfig;
  /** Global B values, length = adapterSize(modelConfig, spec). */
  readonly adapter: Float32Array;
}

export interface TrainOutcome {
  readonly round: number;
  /** B after local training minus B before. Finite. Already private: clipped per example and noised. */
  readonly delta: Float32Array;
  readonly steps: number;
  /** Poisson rate that was used, for the accountant. */
  readonly samplingRate: number;
  readonly noiseMultiplier: number;
  /** Mean per-example loss over all steps; stays in the tab. */
  readonly lossFirst: number;
  readonly lossLast: number;
  readonly tokensPerSecond: number;
  readonly tokens: number;
  /** Share of examples whose gradient was clipped, 0..1. */
  readonly clippedShare: number;
}

export interface EvaluateJob {
  readonly jobId: string;
  readonly spec: AdapterSpec;
  readonly adapter: Float32Array | null;
  readonly sequenceLength: number;
  /** Upper bound on examples, to bound the time. */
  readonly examplesMax: number;
  /** Text to evaluate on instead of the shard's held-back part. */
  readonly text: string | null;
}

export interface Evaluation {
  /** Nats per token. */
  readonly loss: number;
  readonly accuracy: number;
  readonly examples: number;
}

export interface GenerateJob {
  readonly jobId: string;
  readonly spec: AdapterSpec | null;
  readonly adapter: Float32Array | null;
  readonly prompt: string;
  readonly tokensMax: number;
  /** 0 = greedy. */
  readonly temperature: number;
  readonly seed: number;
  /** Positions whose full logits are wanted. */
  readonly logitsAt: readonly number[];
}

export interface Generation {
  readonly tokens: readonly number[];
  readonly text: string;
  readonly tokensPerSecond: number;
  readonly logits: Readonly<Record<string, readonly number[]>>;
}

export interface ExportJob {
  readonly spec: AdapterSpec;
  readonly adapter: Float32Array;
  readonly baseModel: string;
}

export interface PeftFiles {
  readonly weights: Uint8Array;
  readonly config: string;
}

export type TrainingEvent =
  | {
      readonly type: 'progress';
      readonly jobId: string;
      readonly round: number;
      readonly step: number;
      readonly steps: number;
      readonly loss: number | null;
      readonly batch: number;
      readonly tokensPerSecond: number;
    }
  | { readonly type: 'token'; readonly jobId: string; readonly text: string }
  | { readonly type: 'note'; readonly text: string };
