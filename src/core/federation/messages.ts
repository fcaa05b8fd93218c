import type { Millis } from '../lib/world.ts';

/** Raised on every change of the wire. Other versions are refused with FED_VERSION, which is final. */
export const PROTOCOL_VERSION = 1;

/** What a tab tells the relay about itself, complete list. Nothing here is per example. */
export interface ParticipantReport {
  readonly client: 'browser' | 'headless';
  /** Training engine in use. */
  readonly engine: string;
  readonly tokensPerSecond: number;
  readonly quantumEngine: string;
  /** Fidelity of the last verification (mirror) circuit with the ideal one, 0..1; null before the first. */
  readonly fidelity: number | null;
  readonly amplitudesPerSecond: number;
  /** Epsilon spent so far at the run's delta; null means infinite (noise off). */
  readonly epsilon: number | null;
  /** Tokens in the shard, rounded to two significant digits. */
  readonly shardTokensApprox: number;
}

export type WorkPhase = 'training' | 'sealing' | 'sending';

/** Participant -> relay, inside the sealed channel. */
export type ParticipantMessage =
  | { readonly type: 'hello'; readonly version: number; readonly report: ParticipantReport }
  | { readonly type: 'heartbeat'; readonly sentAt: Millis }
  | { readonly type: 'report'; readonly report: ParticipantReport }
  /** `progress` in 0..1 of the local steps. */
  | { readonly type: 'phase'; readonly round: number; readonly phase: WorkPhase; readonly progress: number }
  /** "Do not count on me in this round." */
  | { readonly type: 'decline'; readonly round: number; readonly reason: DeclineReason }
  /** Available again / not available (paused by the user, budget spent). */
  | { readonly type: 'availability'; readonly available: boolean; readonly reason: DeclineReason | null }
  | { readonly type: 'leave' };

export type DeclineReason = 'paused' | 'budget' | 'failed' | 'no-data';

/** Relay -> participant, inside the sealed channel. */
export type RelayMessage =
  | {
      readonly type: 'welcome';
      readonly version: number;
      readonly participantId: string;
      readonly now: Millis;
      /** Signed run configuration, bytes of run-config-codec.ts. */
      readonly signedConfig: Uint8Array;
      readonly adapter: AdapterRef;
      readonly heartbeatMs: Millis;
    }
  | {
      readonly type: 'invite';
      readonly round: number;
      readonly adapter: AdapterRef;
      readonly deadlineAt: Millis;
      readonly now: Millis;
      /** Public seed of the round's verification circuit. */
      readonly circuitSeed: number;
    }
  | { readonly type: 'closed'; readonly round: number; readonly outcome: RoundOutcome; readonly adapter: AdapterRef }
  | {
      readonly type: 'accepted';
      readonly round: number;
      readonly updateId: string;
      readonly staleness: number;
      readonly duplicate: boolean;
    }
  | {
      readonly type: 'refused';
      readonly code: string;
      readonly message: string;
      readonly retry: boolean;
      readonly round: number | null;
    }
  | { readonly type: 'heartbeat'; readonly sentAt: Millis; readonly now: Millis }
  | { readonly type: 'finished'; readonly rounds: number; readonly adapter: AdapterRef }
  | { readonly type: 'goodbye'; readonly reason: 'shutdown' | 'replaced' | 'idle'; readonly retryAfterMs: Millis };

export type RoundOutcome = 'committed' | 'abandoned';

/** A global adapter: version = number of committed rounds, 0 is all zeros. Bytes at GET /api/adapters/<sha256>. */
export interface AdapterRef {
  readonly version: number;
  readonly sha256: string;
}

/** The plaintext of one update, sealed as a whole and sent by POST /api/updates. */
export interface Update {
  readonly version: number;
  readonly runId: string;
  readonly round: number;
  /** The adapter that training started from. */
  readonly adapter: AdapterRef;
  readonly encoding: 'int8' | 'f32';
  /** Number of adapter parameters. */
  readonly size: number;
  /** federation/delta-codec.ts */
  readonly delta: Uint8Array;
}
