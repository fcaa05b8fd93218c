import type { VaultEvent } from '../contracts/vault-service.ts';
import type { Failure, Result } from '../lib/result.ts';
import type { Millis } from '../lib/world.ts';
import type { PendingUpdate, SpendRecord } from '../storage/vault-store.ts';
import type { Now } from './coordinator-types.ts';
import type {
  AdapterRef,
  DeclineReason,
  ParticipantMessage,
  ParticipantReport,
  RelayMessage,
  WorkPhase,
} from './messages.ts';
import type { RunConfig } from './run-config.ts';

export type { Now };

/** Pure functions of the host. */
export interface ParticipantPorts {
  /** Uniform in [0, 1); from the injected Rng. */
  random(): number;
  /** Checks the relay's signature and decodes: `openSignedConfig` with the pinned key bound. */
  openConfig(signedConfig: Uint8Array): Result<RunConfig>;
}

/** A number that the machine picks for each connection attempt; events of older sessions are ignored. */
export type SessionId = number;

export type ParticipantEvent =
  /** Storage and identity are open. */
  | { readonly type: 'open'; readonly participantId: string }
  /** The user joins (or joins again, or takes over an identity that another tab had replaced). */
  | { readonly type: 'join'; readonly report: ParticipantReport }
  | { readonly type: 'report'; readonly report: ParticipantReport }
  | { readonly type: 'pause' }
  | { readonly type: 'resume' }
  | { readonly type: 'leave' }
  /** The session cannot do this round. */
  | { readonly type: 'decline'; readonly round: number; readonly reason: DeclineReason }
  /** The sealed channel is up and confirmed; `hello` goes out next. */
  | { readonly type: 'connected'; readonly session: SessionId }
  /** `final`: the handshake was refused for good (wrong pin, wrong version). */
  | { readonly type: 'disconnected'; readonly session: SessionId; readonly final: Failure | null }
  /** A decoded message. */
  | { readonly type: 'message'; readonly session: SessionId; readonly message: RelayMessage }
  /**
   * Answer to `load`. `epsilonAfter`, here and in `journaled`: epsilon if one more round is trained after everything that is in
   * the journal; null = no limit (noise off).
   */
  | {
      readonly type: 'loaded';
      readonly runId: string;
      readonly journal: readonly SpendRecord[];
      readonly pending: readonly PendingUpdate[];
      readonly epsilonAfter: number | null;
    }
  /** Answers to `fetch`. The runner keeps the values and has checked the hash. */
  | { readonly type: 'fetched'; readonly adapter: AdapterRef }
  | { readonly type: 'fetch-failed'; readonly adapter: AdapterRef; readonly failure: Failure }
  | { readonly type: 'progress'; readonly round: number; readonly phase: WorkPhase; readonly progress: number }
  /** Training is done; the runner holds the delta until `journal`. */
  | {
      readonly type: 'trained';
      readonly round: number;
      readonly steps: number;
      readonly samplingRate: number;
      readonly noiseMultiplier: number;
    }
  | { readonly type: 'training-failed'; readonly round: number; readonly message: string }
  /** Answers to `journal`: spend and update are durable together, or neither is. */
  | {
      readonly type: 'journaled';
      readonly record: SpendRecord;
      readonly pending: PendingUpdate;
      readonly epsilonAfter: number | null;
    }
  | { readonly type: 'journal-failed'; readonly round: number; readonly failure: Failure }
  /** Answers to `post`: an `accepted` or `refused` of the relay, or a transport failure. */
  | { readonly type: 'post-answered'; readonly round: number; readonly message: RelayMessage }
  | { readonly type: 'post-failed'; readonly round: number; readonly failure: Failure }
  /** Call at least every PARTICIPANT_TICK_MS while the page may run; a throttled tab may be late. */
  | { readonly type: 'tick' };

export type ParticipantEffect =
  /** Open a sealed channel; answer with `connected` or `disconnected` of this session before `limitMs`. */
  | { readonly type: 'connect'; readonly session: SessionId; readonly limitMs: Millis }
  | { readonly type: 'disconnect'; readonly session: SessionId }
  | { readonly type: 'send'; readonly session: SessionId; readonly message: ParticipantMessage }
  /** Read journal and pending updates of this run; answer with `loaded`. */
  | { readonly type: 'load'; readonly config: RunConfig }
  /** Get and check an adapter (from memory if it is there). */
  | { readonly type: 'fetch'; readonly adapter: AdapterRef }
  /** Start local training; answer with `trained` or `training-failed`. */
  | {
      readonly type: 'train';
      readonly round: number;
      readonly adapter: AdapterRef;
      readonly deadlineAt: Millis;
      readonly circuitSeed: number;
    }
  | { readonly type: 'stop-training'; readonly round: number; readonly reason: string }
  /** Encode the update and write it with the record in ONE transaction (SPEC PV1); nothing may leave before. */
  | { readonly type: 'journal'; readonly record: SpendRecord; readonly updateId: string; readonly adapter: AdapterRef }
  /** Seal for this session and POST; the bytes are the same at every attempt. */
  | {
      readonly type: 'post';
      readonly session: SessionId;
      readonly pending: PendingUpdate;
      readonly attempt: number;
      readonly limitMs: Millis;
    }
  | {
      readonly type: 'settle';
      readonly runId: string;
      readonly round: number;
      readonly outcome: 'accepted' | 'refused';
    }
  /** Store the fetched adapter as the tab's snapshot and show it. */
  | { readonly type: 'snapshot'; readonly runId: string; readonly adapter: AdapterRef }
  /** The next round would pass the budget. */
  | { readonly type: 'budget-spent'; readonly epsilonAfter: number }
  | { readonly type: 'notify'; readonly event: VaultEvent };

export type LinkState =
  /** Never joined, or the user left. */
  | { readonly state: 'idle' }
  | { readonly state: 'waiting'; readonly attempt: number; readonly retryAtMono: Millis }
  | { readonly state: 'connecting'; readonly attempt: number; readonly session: SessionId; readonly limitMono: Millis }
  /** Channel up, hello sent, welcome not yet here. */
  | { readonly state: 'greeting'; readonly attempt: number; readonly session: SessionId; readonly limitMono: Millis }
  | {
      readonly state: 'connected';
      readonly session: SessionId;
      readonly heartbeatMs: Millis;
      readonly nextBeatMono: Millis;
      /** Heartbeats sent since the last message of the relay. */
      readonly unanswered: number;
      /** When the last heartbeat left, for the round-trip time. */
      readonly beat: { readonly sentAt: Millis; readonly mono: Millis } | null;
    }
  | { readonly state: 'refused'; readonly code: string };

export interface Invitation {
  readonly round: number;
  readonly adapter: AdapterRef;
  readonly deadlineMono: Millis;
  readonly deadlineAt: Millis;
  readonly circuitSeed: number;
}

export interface Work {
  readonly invitation: Invitation;
  readonly stage: 'fetching' | 'training' | 'journaling';
  readonly progress: number;
  /** The stage is given up at this time. */
  readonly limitMono: Millis;
}

export interface Posting {
  readonly pending: PendingUpdate;
  readonly attempt: number;
  /** Given up (and tried again) at this time; null: not in flight. */
  readonly limitMono: Millis | null;
  readonly nextMono: Millis;
}

export interface Fetching {
  readonly adapter: AdapterRef;
  readonly attempt: number;
  readonly limitMono: Millis | null;
  readonly nextMono: Millis;
}

/** Owned by whoever calls `stepParticipant`: it is changed in place, so keep no second reference. */
export interface ParticipantState {
  participantId: string | null;
  wanted: boolean;
  paused: boolean;
  /** Why this tab takes no invitations though it is not paused. */
  unavailable: DeclineReason | null;
  report: ParticipantReport | null;
  link: LinkState;
  sessions: SessionId;
  roundTripMs: Millis | null;
  /** When another connection last took this identity. */
  replacedMono: Millis | null;
  config: RunConfig | null;
  /** What `config` was read from: it must not change during a run. */
  signedConfig: Uint8Array | null;
  /** Journal and pending updates of `config.runId` are here. */
  loaded: boolean;
  epsilonAfter: number | null;
  /** The newest adapter that the relay named. */
  adapter: AdapterRef | null;
  /** The newest adapter whose values are here. */
  held: AdapterRef | null;
  fetching: Fetching | null;
  /** An adapter that cannot be had (wrong bytes): not asked for again. */
  unfetchable: string | null;
  /** Every round up to this one is over. */
  closedRound: number;
  work: Work | null;
  /** The newest invitation that waits for `work` or for the journal. */
  next: Invitation | null;
  /** Rounds with a journaled spend: never trained again. */
  readonly spent: Set<number>;
  nextSeq: number;
  readonly posting: Map<number, Posting>;
  /** Rounds whose update is acknowledged and not yet announced as merged. */
  readonly accepted: Set<number>;
  finished: boolean;
  phaseSentMono: Millis;
  lastMono: Millis;
}

/** One step in progress. */
export interface ParticipantStep {
  readonly state: ParticipantState;
  readonly now: Now;
  readonly ports: ParticipantPorts;
  readonly effects: ParticipantEffect[];
}
