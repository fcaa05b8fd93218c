import type { AdapterRef, DeclineReason, ParticipantReport, RoundOutcome, WorkPhase } from '../federation/messages.ts';
import type { RunConfig } from '../federation/run-config.ts';
import type { Result } from '../lib/result.ts';
import type { Millis, Unsubscribe } from '../lib/world.ts';

/**
 * Identity, journal and channel: the only holder of keys. Lives in the vault worker (browser) or in process (Node).
 * It runs the participant half of the protocol and asks the session to train.
 */
export interface VaultService {
  onEvent(listener: (event: VaultEvent) => void): Unsubscribe;
  /** Opens storage and identity; does not connect. */
  open(options: VaultOptions): Promise<Result<VaultReport>>;
  /** Connects, joins and stays joined (reconnects with full jitter) until `leave` or a final refusal. */
  join(report: ParticipantReport): Promise<Result<null>>;
  /** Periodic short report (fixed list, see ParticipantReport). */
  report(report: ParticipantReport): Promise<void>;
  phase(round: number, phase: WorkPhase, progress: number): Promise<void>;
  /** The answer to a `train` event: journals the spend, seals, sends until acknowledged. */
  submit(work: FinishedWork): Promise<Result<null>>;
  decline(round: number, reason: DeclineReason): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  leave(): Promise<void>;
  /** Forgets this participant: identity, journal and snapshots. Cannot be undone. */
  forget(): Promise<void>;
  /** What the session keeps for a reload (structured-cloneable); undefined if never put. */
  setting(key: string): Promise<Result<unknown>>;
  putSetting(key: string, value: unknown): Promise<Result<null>>;
  ping(): Promise<void>;
}

export interface VaultOptions {
  /** Origin of the relay, e.g. "https://host:8443". */
  readonly relayUrl: string;
  /** SHA-256 (base64url) of the relay's public keys from the join link; null = trust on first use. */
  readonly pin: string | null;
  /** Storage compartment, so that several identities fit one browser profile. */
  readonly identity: string;
}

export interface VaultReport {
  readonly participantId: string;
  readonly publicId: string;
  readonly returning: boolean;
  /** 'durable' or why it is only in memory, as a sentence. */
  readonly storage: { readonly durable: boolean; readonly notice: string | null };
  readonly cryptography: 'webcrypto' | 'noble';
  readonly spend: SpendView;
}

export interface SpendView {
  /** null = infinite. */
  readonly epsilon: number | null;
  readonly delta: number;
  readonly rounds: number;
  /** Rounds that still fit the budget at the present rate; null = unknown or unlimited. */
  readonly roundsLeft: number | null;
}

export interface FinishedWork {
  readonly round: number;
  readonly adapter: AdapterRef;
  readonly delta: Float32Array;
  readonly steps: number;
  readonly samplingRate: number;
  readonly noiseMultiplier: number;
}

export type ConnectionState = 'offline' | 'connecting' | 'securing' | 'connected' | 'refused' | 'left';

export type VaultEvent =
  | {
      readonly type: 'connection';
      readonly state: ConnectionState;
      readonly detail: string;
      readonly retryAt: Millis | null;
    }
  | {
      readonly type: 'joined';
      readonly participantId: string;
      readonly publicId: string;
      readonly config: RunConfig;
      readonly heartbeatMs: Millis;
    }
  /** A new global adapter has arrived and its hash was checked. */
  | { readonly type: 'adapter'; readonly ref: AdapterRef; readonly values: Float32Array }
  | {
      readonly type: 'train';
      readonly round: number;
      readonly adapter: AdapterRef;
      readonly values: Float32Array;
      readonly deadlineAt: Millis;
      readonly circuitSeed: number;
    }
  /** Stop working on this round: it is closed. */
  | { readonly type: 'stop'; readonly round: number; readonly reason: string }
  | {
      readonly type: 'sealed';
      readonly round: number;
      readonly bytes: number;
      readonly plaintextBytes: number;
      readonly preview: Uint8Array;
    }
  | { readonly type: 'sent'; readonly round: number; readonly updateId: string }
  | { readonly type: 'accepted'; readonly round: number; readonly updateId: string; readonly staleness: number }
  | { readonly type: 'merged'; readonly round: number; readonly adapter: AdapterRef; readonly included: boolean }
  /** The relay closed this round for everybody. */
  | { readonly type: 'closed'; readonly round: number; readonly outcome: RoundOutcome }
  | { readonly type: 'spend'; readonly spend: SpendView }
  | { readonly type: 'budget-spent'; readonly spend: SpendView }
  | { readonly type: 'finished'; readonly rounds: number }
  /** Something the person should know about the storage. */
  | { readonly type: 'notice'; readonly text: string }
  | { readonly type: 'failure'; readonly code: string; readonly message: string; readonly final: boolean }
  | {
      readonly type: 'traffic';
      readonly sentBytes: number;
      readonly receivedBytes: number;
      readonly queued: number;
      readonly roundTripMs: number | null;
    };
