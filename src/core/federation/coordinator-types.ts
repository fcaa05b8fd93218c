import type { Millis } from '../lib/world.ts';
import type {
  AdapterRef,
  DeclineReason,
  ParticipantMessage,
  ParticipantReport,
  RelayMessage,
  RoundOutcome,
} from './messages.ts';
import type { RunConfig } from './run-config.ts';
import type { LossPoint, RoundView, RunEvent } from './run-view.ts';

/** Both clocks of one instant. Deadlines live on `mono`; `wall` is only for people and for the wire (SPEC CK1). */
export interface Now {
  readonly wall: Millis;
  readonly mono: Millis;
}

/** Identifies one sealed connection for as long as the relay process lives. */
export type ConnectionId = string;

/** Input of the relay half. Verified by the caller: identities by the channel, updates by `admitUpdate` and the ledger. */
export type CoordinatorEvent =
  /** A sealed channel has said hello. `returning`: the ledger knew this participant. */
  | {
      readonly type: 'participant-joined';
      readonly connection: ConnectionId;
      readonly participantId: string;
      readonly report: ParticipantReport;
      readonly returning: boolean;
    }
  /** A decoded message. Messages of a connection that was replaced are ignored. */
  | {
      readonly type: 'message';
      readonly connection: ConnectionId;
      readonly participantId: string;
      readonly message: ParticipantMessage;
    }
  /** Bytes that did not decode: answered by a typed refusal. */
  | {
      readonly type: 'malformed';
      readonly connection: ConnectionId;
      readonly participantId: string;
      readonly code: string;
      readonly message: string;
    }
  | { readonly type: 'connection-lost'; readonly connection: ConnectionId; readonly participantId: string }
  /** The update and its bytes are on disk. `mergedIn`: what the ledger knows about this id (null = not merged). */
  | {
      readonly type: 'update-durable';
      readonly participantId: string;
      readonly round: number;
      readonly updateId: string;
      /** SHA-256 (hex) of the encoded Update. */
      readonly digest: string;
      /** The ledger already had it with the same bytes. */
      readonly duplicate: boolean;
      readonly mergedIn: number | null;
    }
  | {
      readonly type: 'aggregation-finished';
      readonly round: number;
      readonly adapter: AdapterRef;
      /** Probe evaluation of the new adapter; null when the relay has no probe set. */
      readonly probe: { readonly loss: number; readonly accuracy: number } | null;
    }
  | { readonly type: 'aggregation-failed'; readonly round: number; readonly message: string }
  /** Probe evaluation that arrived apart from a commit (round 0 = the untrained adapter). */
  | { readonly type: 'evaluated'; readonly point: LossPoint }
  /** Call at least every `TICK_MS`. */
  | { readonly type: 'tick' }
  | { readonly type: 'stop'; readonly reason: string; readonly retryAfterMs: Millis };

/**
 * Output of the relay half. Carry them out strictly in order; a `persist` is durable before the next effect starts
 * (SPEC DU1). A relay that cannot write its ledger ends the process: the next start continues from the facts.
 */
export type CoordinatorEffect =
  | {
      readonly type: 'send';
      readonly connection: ConnectionId;
      readonly participantId: string;
      readonly message: RelayMessage;
    }
  /** Answer to the POST of this update (on the channel when the POST is gone): `accepted` or `refused`. */
  | {
      readonly type: 'answer';
      readonly participantId: string;
      readonly updateId: string;
      readonly message: RelayMessage;
    }
  | { readonly type: 'close'; readonly connection: ConnectionId; readonly participantId: string }
  | { readonly type: 'persist'; readonly record: RoundRecord }
  /** Start merging and report by `aggregation-finished` or `aggregation-failed`. Ordered by update id. */
  | {
      readonly type: 'aggregate';
      readonly round: number;
      readonly base: AdapterRef;
      readonly updates: readonly WeightedUpdate[];
    }
  /** The merge took longer than MERGE_LIMIT_MS: stop it, its result would be ignored. */
  | { readonly type: 'cancel-aggregation'; readonly round: number }
  | { readonly type: 'publish'; readonly event: RunEvent };

export interface WeightedUpdate {
  readonly updateId: string;
  readonly participantId: string;
  /** Round of the invitation that it answers. */
  readonly round: number;
  /** Commits between the adapter it was trained from and the adapter it is merged into. */
  readonly staleness: number;
  /** 1 / sqrt(1 + staleness). */
  readonly weight: number;
}

/** What the ledger writes, one transaction each. A second close of a round must be a conflict there. */
export type RoundRecord =
  /** Written again, with the longer list, when a participant is invited in the middle of the round. */
  | {
      readonly kind: 'round-opened';
      readonly round: number;
      readonly invited: readonly string[];
      readonly openedAt: Millis;
      readonly deadlineAt: Millis;
    }
  /** Also marks every update in `merged` as merged in this round. */
  | {
      readonly kind: 'round-closed';
      readonly round: number;
      readonly outcome: RoundOutcome;
      readonly closedAt: Millis;
      readonly accepted: number;
      readonly late: number;
      /** Null unless committed. */
      readonly adapterSha256: string | null;
      /** The adapter of the last committed round; null for the first one and unless committed. */
      readonly parentSha256: string | null;
      readonly merged: readonly WeightedUpdate[];
    }
  | { readonly kind: 'round-evaluated'; readonly round: number; readonly loss: number; readonly accuracy: number };

/** Everything durable, read back at start. */
export interface LedgerFacts {
  readonly startedAt: Millis;
  readonly participants: readonly { readonly participantId: string; readonly joinedAt: Millis }[];
  /** In ascending order; only the last may be open. */
  readonly rounds: readonly RoundFact[];
  /** All accepted updates. */
  readonly updates: readonly UpdateFact[];
  /** The tail of the feed, oldest first. */
  readonly events: readonly RunEvent[];
  /** Probe evaluation of the untrained adapter. */
  readonly baseline: LossPoint | null;
}

export interface RoundFact {
  readonly round: number;
  readonly invited: readonly string[];
  readonly openedAt: Millis;
  readonly deadlineAt: Millis;
  readonly outcome: 'open' | RoundOutcome;
  readonly closedAt: Millis | null;
  readonly accepted: number;
  readonly late: number;
  /** The adapter that the commit produced. */
  readonly adapterSha256: string | null;
  readonly loss: number | null;
  readonly accuracy: number | null;
}

export interface UpdateFact {
  readonly updateId: string;
  readonly participantId: string;
  readonly round: number;
  /** SHA-256 (hex) of the encoded Update. */
  readonly digest: string;
  /** The round whose commit contains it; null while it waits. */
  readonly mergedIn: number | null;
}

export interface CoordinatorOptions {
  readonly config: RunConfig;
  /** Bytes of run-config-codec.ts, sent in every welcome. */
  readonly signedConfig: Uint8Array;
  /** Version 0. */
  readonly adapter: AdapterRef;
  /** Default HEARTBEAT_MS. */
  readonly heartbeatMs?: Millis;
}

export interface Member {
  readonly id: string;
  readonly publicId: string;
  readonly joinedAt: Millis;
  report: ParticipantReport | null;
  connection: ConnectionId | null;
  /** Mono time of the last sign of life, or of the loss of the connection. */
  heardAt: Millis;
  available: boolean;
  reason: DeclineReason | null;
  left: boolean;
  malformed: number;
  /** Last round it was invited to; 0 = never. Fairness (RN4). */
  lastInvited: number;
  roundsMerged: number;
  work: 'none' | 'training' | 'sealing' | 'sending';
  progress: number;
  /** Shown as merged until the next invitation. */
  merged: boolean;
}

export type InviteState = 'expected' | 'delivered' | 'declined' | 'left';

export interface OpenRound {
  readonly round: number;
  readonly base: AdapterRef;
  readonly openedAt: Millis;
  readonly deadlineAt: Millis;
  readonly deadlineMono: Millis;
  readonly circuitSeed: number;
  readonly invited: Map<string, InviteState>;
}

export type RunState =
  /** `openAtMono` null: too few participants. */
  | { readonly phase: 'gathering'; readonly openAtMono: Millis | null; readonly notBeforeMono: Millis }
  | { readonly phase: 'training'; readonly open: OpenRound }
  | {
      readonly phase: 'merging';
      readonly open: OpenRound;
      readonly updates: readonly WeightedUpdate[];
      readonly limitMono: Millis;
    }
  | { readonly phase: 'finished' }
  | { readonly phase: 'stopped'; readonly reason: string };

/** Owned by whoever calls `stepCoordinator`: it is changed in place, so keep no second reference. */
export interface CoordinatorState {
  readonly options: CoordinatorOptions;
  readonly startedAt: Millis;
  run: RunState;
  phaseStartedAt: Millis;
  adapter: AdapterRef;
  /** The last round that was opened; 0 before the first. */
  round: number;
  readonly members: Map<string, Member>;
  /** Unmerged updates and those of remembered rounds, by update id. */
  readonly updates: Map<string, UpdateFact>;
  /** Each remembered round: what it started from and who was invited. */
  readonly invitations: Map<number, { readonly base: AdapterRef; readonly invited: Set<string> }>;
  rounds: RoundView[];
  losses: LossPoint[];
  events: RunEvent[];
  eventSeq: number;
  updatesAccepted: number;
  aggregationFailures: number;
  /** Mono time of the last event. */
  lastMono: Millis;
}

/** One step in progress. */
export interface Step {
  readonly state: CoordinatorState;
  readonly now: Now;
  readonly effects: CoordinatorEffect[];
}
