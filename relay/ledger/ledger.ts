import type { RoundFact, RoundRecord } from '../../src/core/federation/coordinator-types.ts';
import type { LossPoint, RunEvent } from '../../src/core/federation/run-view.ts';
import type { Result } from '../../src/core/lib/result.ts';
import type { Millis } from '../../src/core/lib/world.ts';

/**
 * What the relay has durably promised. A promise of this interface resolves only when its record is on disk, so an
 * acknowledgement sent afterwards survives SIGKILL. Implementations: SQLite (sqlite-ledger.ts) and memory; asynchronous
 * so that PostgreSQL can follow behind the same contract (ledger.contract.ts).
 *
 * Failures: RELAY_LEDGER_WRITE (retry: the disk refused; nothing was recorded), RELAY_LEDGER_CONFLICT (the record
 * contradicts an earlier one; nothing was recorded), RELAY_LEDGER_CORRUPT (a record cannot be read).
 */
export interface Ledger {
  /** The run that a start resumes; null in a new data folder. */
  run(): Promise<Result<RunRecord | null>>;
  /** Becomes the current run. Earlier runs stay in the ledger. The same run id twice is a conflict. */
  startRun(run: RunRecord): Promise<Result<null>>;

  participants(runId: string): Promise<Result<readonly ParticipantRecord[]>>;
  /** Inserts, or moves `lastSeenAt` of a known one; its token, first join and merges stay what they are. */
  putParticipant(runId: string, participant: ParticipantRecord): Promise<Result<null>>;

  /** All rounds, in order. */
  rounds(runId: string): Promise<Result<readonly RoundFact[]>>;
  /**
   * One step of a round, in ONE transaction (SPEC DU1). Opening replaces a round that is still open. A commit marks its
   * updates as merged and counts them to their participants; it must follow the adapter of the last commit, so that the
   * hash chain has no gap and no round is committed twice: anything else is a conflict.
   */
  persistRound(runId: string, record: RoundRecord): Promise<Result<null>>;
  /** Probe evaluation of the untrained adapter; null before. */
  baseline(runId: string): Promise<Result<LossPoint | null>>;
  putBaseline(runId: string, point: LossPoint): Promise<Result<null>>;

  /** First write wins: see UpdateOutcome. Many concurrent calls share one transaction (group commit). */
  acceptUpdate(runId: string, update: UpdateRecord): Promise<Result<UpdateOutcome>>;
  /** By update id; null: never accepted. */
  findUpdate(runId: string, updateId: string): Promise<Result<LedgerUpdate | null>>;
  /** All accepted updates, in order of acceptance. */
  updates(runId: string): Promise<Result<readonly LedgerUpdate[]>>;

  /** Audit trail; an event with a known `seq` is ignored. */
  appendEvents(runId: string, events: readonly RunEvent[]): Promise<Result<null>>;
  /** The newest `max` events, oldest first. */
  events(runId: string, max: number): Promise<Result<readonly RunEvent[]>>;

  /** Resolves when everything that was asked for before is durable. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

export interface RunRecord {
  readonly runId: string;
  /** Bytes of run-config-codec.ts. */
  readonly signedConfig: Uint8Array;
  /** Fingerprint of the relay's public keys that signed it. */
  readonly fingerprint: string;
  readonly startedAt: Millis;
}

export interface ParticipantRecord {
  readonly participantId: string;
  /** SHA-256 (hex) of the participant's secret token; the token itself is never stored. */
  readonly tokenHash: string;
  readonly joinedAt: Millis;
  readonly lastSeenAt: Millis;
  readonly roundsMerged: number;
}

export interface UpdateRecord {
  readonly updateId: string;
  readonly participantId: string;
  readonly round: number;
  /** SHA-256 (hex) of the encoded Update, also the name of its blob. */
  readonly digest: string;
  readonly bytes: number;
  readonly acceptedAt: Millis;
}

export interface LedgerUpdate extends UpdateRecord {
  /** The round whose commit contains it; null while it waits, or when it was never merged. */
  readonly mergedIn: number | null;
}

/** `conflict`: this participant already has an update of other bytes in this round. The rest describes the recorded one. */
export interface UpdateOutcome {
  readonly outcome: 'accepted' | 'duplicate' | 'conflict';
  readonly digest: string;
  readonly mergedIn: number | null;
}
