import type { Evaluation, ModelReport, PeftFiles, ShardReport, ShardSource } from '../contracts/training-service.ts';
import type { EnginePreference, QuantumReport, VerifyOutcome } from '../contracts/quantum-service.ts';
import type { ConnectionState, SpendView } from '../contracts/vault-service.ts';
import type { RunConfig } from '../federation/run-config.ts';
import type { Result } from '../lib/result.ts';
import type { Millis, Unsubscribe } from '../lib/world.ts';

/**
 * Everything the page may know about this tab's participant, as one plain, structured-cloneable value.
 * A new object replaces the old one on every change; untouched parts keep their identity, so narrow selectors stay quiet.
 */
export interface SessionView {
  readonly life: SessionLife;
  /** What is happening now, one sentence in plain words. */
  readonly sentence: string;
  readonly identity: IdentityView;
  readonly connection: ConnectionView;
  /** Signed by the relay and checked; null before the first welcome. */
  readonly config: RunConfig | null;
  readonly model: ModelView;
  readonly shard: ShardView;
  /** The round this tab works on or worked on last; null before the first invitation. */
  readonly round: RoundProgress | null;
  /** Newest last, at most ROUNDS_KEPT. */
  readonly rounds: readonly FinishedRound[];
  readonly roundsMerged: number;
  /** Training loss in nats per token, one point per step with a non-empty batch, newest last, at most LOSS_POINTS_KEPT. */
  readonly losses: readonly TrainingLoss[];
  /** Loss on this tab's own held-back text. Never leaves the tab. Newest last, at most ROUNDS_KEPT. */
  readonly heldBack: readonly HeldBackPoint[];
  readonly spend: SpendView | null;
  /** Every update that left this tab, newest last, at most ROUNDS_KEPT. Complete list of what a round sends. */
  readonly left: readonly LeftThisTab[];
  readonly quantum: QuantumView;
  readonly sample: SampleView;
  readonly traffic: TrafficView;
  readonly storage: StorageView;
  readonly workers: readonly WorkerHealthView[];
  /** Jobs waiting for or running in the training worker. */
  readonly queue: number;
  /** Newest last, at most FAILURES_KEPT. */
  readonly failures: readonly FailureView[];
}

export const ROUNDS_KEPT = 64;
export const LOSS_POINTS_KEPT = 512;
export const FAILURES_KEPT = 20;

export type SessionLife =
  /** Nothing opened yet. */
  | { readonly state: 'closed' }
  /** Storage and identity are being opened. */
  | { readonly state: 'opening' }
  /** Open, not joined. `left` is true after `leave`. */
  | { readonly state: 'ready'; readonly left: boolean }
  /** `join` was called: connecting, fetching the model, preparing the text. */
  | { readonly state: 'joining' }
  | { readonly state: 'joined' }
  | { readonly state: 'paused' }
  /** The privacy budget is spent: stays connected, does not train. */
  | { readonly state: 'budget-spent' }
  | { readonly state: 'finished'; readonly rounds: number }
  /** Nothing more happens without the user. */
  | { readonly state: 'failed'; readonly code: string; readonly message: string };

export interface IdentityView {
  /** 8 hex digits, as on the big screen; null before opening. */
  readonly publicId: string | null;
  /** Came back after a reload or a later visit. */
  readonly returning: boolean;
  readonly cryptography: 'webcrypto' | 'noble' | null;
}

export interface ConnectionView {
  readonly state: ConnectionState;
  readonly detail: string;
  /** Local clock; null if no attempt is planned. */
  readonly retryAt: Millis | null;
}

export type ModelView =
  | { readonly state: 'none' }
  | {
      readonly state: 'loading';
      readonly id: string;
      readonly bytesLoaded: number;
      /** null where the server did not say. */
      readonly bytesTotal: number | null;
    }
  | { readonly state: 'ready'; readonly id: string; readonly report: ModelReport }
  | { readonly state: 'failed'; readonly id: string; readonly message: string };

export type ShardView =
  | { readonly state: 'none' }
  /** Chosen; read as soon as the model's tokenizer is there. */
  | { readonly state: 'chosen'; readonly name: string; readonly bytes: number | null; readonly kept: boolean }
  | {
      readonly state: 'ready';
      readonly name: string;
      readonly report: ShardReport;
      /** A copy is in this browser's own storage, so that a reload continues. */
      readonly kept: boolean;
    }
  | { readonly state: 'refused'; readonly name: string; readonly message: string };

export const ROUND_STEPS = ['invited', 'training', 'sealing', 'sent', 'merged'] as const;
export type RoundStep = (typeof ROUND_STEPS)[number];

export interface RoundProgress {
  readonly round: number;
  readonly step: RoundStep;
  /** 0..1 of the local training steps. */
  readonly progress: number;
  /** Local steps done and planned. */
  readonly localStep: number;
  readonly localSteps: number;
  readonly startedAt: Millis;
  /** Local clock: show `deadlineAt - now` as time left. */
  readonly deadlineAt: Millis;
  /** Acknowledged by the relay: the update is on its disk. */
  readonly accepted: boolean;
  /** How the round ended for this tab, null while it is open. */
  readonly end: RoundEnd | null;
  /** Why it ended otherwise than merged; a sentence. */
  readonly reason: string | null;
}

/** `merged`: our update is in the new adapter. `committed`: the round went on without ours. */
export type RoundEnd = 'merged' | 'committed' | 'abandoned' | 'stopped' | 'failed' | 'declined';

export interface FinishedRound {
  readonly round: number;
  readonly end: RoundEnd;
  readonly startedAt: Millis;
  readonly trainedMs: Millis | null;
  readonly sealedMs: Millis | null;
  /** From sending to the relay's acknowledgement. */
  readonly acknowledgedMs: Millis | null;
  readonly totalMs: Millis;
  readonly lossFirst: number | null;
  readonly lossLast: number | null;
  readonly tokensPerSecond: number | null;
  readonly clippedShare: number | null;
}

export interface TrainingLoss {
  readonly round: number;
  readonly step: number;
  readonly loss: number;
}

export interface HeldBackPoint {
  /** Committed rounds in the adapter that was evaluated; 0 = before any training. */
  readonly version: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly examples: number;
}

export interface LeftThisTab {
  readonly round: number;
  readonly at: Millis;
  /** Sealed, as sent. */
  readonly bytes: number;
  readonly plaintextBytes: number;
  readonly clipNorm: number;
  /** Noise in units of clipNorm; 0 = off. */
  readonly noiseMultiplier: number;
  /** E.g. "X-Wing (ML-KEM-768 + X25519), AES-256-GCM". */
  readonly suite: string;
  /** First bytes of the sealed update, lower-case hex. */
  readonly previewHex: string;
  readonly updateId: string | null;
  readonly accepted: boolean;
}

export interface QuantumView {
  readonly report: QuantumReport | null;
  /** Latest verification circuit. */
  readonly last: VerifyOutcome | null;
  /** Fidelities, newest last, at most ROUNDS_KEPT. */
  readonly fidelities: readonly { readonly round: number; readonly fidelity: number }[];
}

export interface SampleView {
  readonly prompt: string;
  /** What the base model writes; null until asked. */
  readonly before: string | null;
  /** What the model writes with the current adapter. */
  readonly after: string | null;
  /** Committed rounds in the adapter that wrote `after`. */
  readonly afterVersion: number | null;
  readonly writing: 'before' | 'after' | null;
  readonly message: string | null;
}

export interface TrafficView {
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** Updates waiting for an acknowledgement. */
  readonly queued: number;
  readonly roundTripMs: number | null;
}

export interface StorageView {
  readonly durable: boolean | null;
  /** A sentence for the person if anything is not as it should be. */
  readonly notice: string | null;
}

export interface WorkerHealthView {
  readonly name: 'training' | 'vault' | 'quantum';
  readonly alive: boolean;
  readonly restarts: number;
  readonly lastPingMs: number | null;
}

export interface FailureView {
  readonly at: Millis;
  readonly code: string;
  /** A sentence: what was got, what was expected, what to do. */
  readonly message: string;
  readonly final: boolean;
}

export interface OpenOptions {
  /** Origin of the relay, e.g. "https://host:8443". */
  readonly relayUrl: string;
  /** From the join link; null = trust on first use. */
  readonly pin: string | null;
  /** Storage compartment; from platform/locks.ts. */
  readonly identity: string;
  readonly quantumPreference: EnginePreference;
}

/** What the page may ask for. Every promise settles; expected failures also appear in `SessionView.failures`. */
export interface SessionCommands {
  view(): SessionView;
  subscribe(listener: (view: SessionView) => void): Unsubscribe;
  /** Opens storage and identity, recalls the shard and joins again by itself if this tab was joined when it was closed. */
  open(options: OpenOptions): Promise<Result<{ readonly rejoining: boolean }>>;
  /**
   * Chooses the text. Before joining it is only remembered; afterwards it replaces the shard from the next round on.
   * Refuses more than SHARD_BYTES_MAX with SESSION_SHARD_LARGE. `keep`: also store it in this browser, so that a reload continues.
   */
  chooseShard(source: ShardSource, keep: boolean): Promise<Result<ShardReport | null>>;
  /** Resolves when this tab is in (or with the reason why not). Without a shard the built-in sample is taken. */
  join(): Promise<Result<null>>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Leaves the run and stops; identity and journal stay. */
  leave(): Promise<void>;
  /** Leaves and deletes everything this participant stored in the browser. */
  forget(): Promise<void>;
  /** Writes `prompt` on with the base model and with the current adapter; streams into `view().sample`. */
  write(prompt: string): Promise<Result<null>>;
  stopWriting(): Promise<void>;
  /** Loss of the current adapter and of the base model on the held-back text. */
  evaluate(): Promise<Result<{ readonly base: Evaluation; readonly adapted: Evaluation }>>;
  /** adapter_model.safetensors and adapter_config.json of the current adapter (PEFT layout). */
  exportAdapter(): Promise<Result<PeftFiles>>;
  /** Ends everything in this tab without leaving the run: a reload continues. */
  close(): Promise<void>;
}

/** 16 MiB of text is hours of training for a tab and still fits every browser's storage quota. */
export const SHARD_BYTES_MAX = 16 * 2 ** 20;
