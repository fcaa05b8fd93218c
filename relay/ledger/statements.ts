import type Database from 'libsql';
import type { RoundFact, RoundRecord } from '../../src/core/federation/coordinator-types.ts';
import type { LossPoint, RunEvent, Severity } from '../../src/core/federation/run-view.ts';
import type { LedgerUpdate, ParticipantRecord, RunRecord, UpdateOutcome, UpdateRecord } from './ledger.ts';

/** One row as SQLite hands it over; the STRICT schema guarantees the column types that the mappers below rely on. */
export type Row = Readonly<Record<string, unknown>>;

export type Statements = ReturnType<typeof statements>;

/** Every statement of the ledger, prepared once. Synchronous: to be called inside GroupCommit. */
export function statements(db: Database.Database) {
  return { ...runStatements(db), ...roundStatements(db), ...updateStatements(db), ...eventStatements(db) };
}

function runStatements(db: Database.Database) {
  const current = db.prepare("SELECT run.* FROM run JOIN meta ON meta.value = run_id WHERE meta.key = 'current_run'");
  const insert = db.prepare('INSERT OR IGNORE INTO run VALUES (?, ?, ?, ?)');
  const point = db.prepare("INSERT OR REPLACE INTO meta VALUES ('current_run', ?)");
  const participants = db.prepare('SELECT * FROM participant WHERE run_id = ? ORDER BY joined_at, participant_id');
  const put = db.prepare(`INSERT INTO participant VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET last_seen_at = excluded.last_seen_at`);
  return {
    currentRun(): RunRecord | null {
      const row = current.get() as Row | undefined;
      return row === undefined
        ? null
        : {
            runId: text(row, 'run_id'),
            signedConfig: new Uint8Array(row['signed_config'] as ArrayBuffer),
            fingerprint: text(row, 'fingerprint'),
            startedAt: int(row, 'started_at'),
          };
    },
    insertRun(run: RunRecord): boolean {
      if (insert.run(run.runId, run.signedConfig, run.fingerprint, run.startedAt).changes === 0) return false;
      point.run(run.runId);
      return true;
    },
    participants(runId: string): ParticipantRecord[] {
      return (participants.all(runId) as Row[]).map((row) => ({
        participantId: text(row, 'participant_id'),
        tokenHash: text(row, 'token_hash'),
        joinedAt: int(row, 'joined_at'),
        lastSeenAt: int(row, 'last_seen_at'),
        roundsMerged: int(row, 'rounds_merged'),
      }));
    },
    putParticipant(runId: string, p: ParticipantRecord): void {
      put.run(runId, p.participantId, p.tokenHash, p.joinedAt, p.lastSeenAt, p.roundsMerged);
    },
  };
}

function roundStatements(db: Database.Database) {
  const all = db.prepare('SELECT * FROM round WHERE run_id = ? ORDER BY round');
  const one = db.prepare('SELECT * FROM round WHERE run_id = ? AND round = ?');
  const head = db.prepare("SELECT * FROM round WHERE run_id = ? AND outcome = 'committed' ORDER BY round DESC LIMIT 1");
  const find = db.prepare('SELECT * FROM baseline WHERE run_id = ?');
  const putBaseline = db.prepare('INSERT OR REPLACE INTO baseline VALUES (?, ?, ?, ?)');
  const write = roundWriters(db);
  return {
    rounds(runId: string): RoundFact[] {
      return (all.all(runId) as Row[]).map(toRound);
    },
    round(runId: string, round: number): RoundFact | null {
      const row = one.get(runId, round) as Row | undefined;
      return row === undefined ? null : toRound(row);
    },
    lastCommitted(runId: string): string | null {
      const row = head.get(runId) as Row | undefined;
      return row === undefined ? null : toRound(row).adapterSha256;
    },
    persistRound(runId: string, record: RoundRecord): void {
      switch (record.kind) {
        case 'round-opened':
          return write.open(runId, record);
        case 'round-closed':
          return write.close(runId, record);
        case 'round-evaluated':
          return write.evaluated(runId, record);
      }
    },
    baseline(runId: string): LossPoint | null {
      const row = find.get(runId) as Row | undefined;
      if (row === undefined) return null;
      return { round: int(row, 'round'), loss: int(row, 'loss'), accuracy: int(row, 'accuracy') };
    },
    putBaseline(runId: string, point: LossPoint): void {
      putBaseline.run(runId, point.round, point.loss, point.accuracy);
    },
  };
}

type Of<Kind extends RoundRecord['kind']> = Extract<RoundRecord, { kind: Kind }>;

function roundWriters(db: Database.Database) {
  const open = db.prepare(
    `INSERT OR REPLACE INTO round (run_id, round, invited, opened_at, deadline_at, outcome, accepted, late)
     VALUES (?, ?, ?, ?, ?, 'open', 0, 0)`,
  );
  const close = db.prepare(
    `UPDATE round SET outcome = ?, closed_at = ?, accepted = ?, late = ?, adapter_sha256 = ?, parent_sha256 = ?
     WHERE run_id = ? AND round = ?`,
  );
  const evaluated = db.prepare('UPDATE round SET loss = ?, accuracy = ? WHERE run_id = ? AND round = ?');
  const merge = db.prepare(
    'UPDATE accepted_update SET merged_in = ? WHERE run_id = ? AND update_id = ? AND merged_in IS NULL',
  );
  const count = db.prepare(
    'UPDATE participant SET rounds_merged = rounds_merged + 1 WHERE run_id = ? AND participant_id = ?',
  );
  return {
    open(runId: string, r: Of<'round-opened'>): void {
      open.run(runId, r.round, JSON.stringify(r.invited), r.openedAt, r.deadlineAt);
    },
    close(runId: string, r: Of<'round-closed'>): void {
      const hashes = [r.adapterSha256, r.parentSha256];
      close.run(r.outcome, r.closedAt, r.accepted, r.late, ...hashes, runId, r.round);
      for (const u of r.merged)
        if (merge.run(r.round, runId, u.updateId).changes === 1) count.run(runId, u.participantId);
    },
    evaluated(runId: string, r: Of<'round-evaluated'>): void {
      evaluated.run(r.loss, r.accuracy, runId, r.round);
    },
  };
}

function updateStatements(db: Database.Database) {
  const insert = db.prepare(
    `INSERT INTO accepted_update (run_id, participant_id, round, update_id, digest, bytes, accepted_at)
     VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  );
  const find = db.prepare('SELECT * FROM accepted_update WHERE run_id = ? AND participant_id = ? AND round = ?');
  const byId = db.prepare('SELECT * FROM accepted_update WHERE run_id = ? AND update_id = ?');
  const all = db.prepare('SELECT * FROM accepted_update WHERE run_id = ? ORDER BY seq');
  return {
    acceptUpdate(runId: string, u: UpdateRecord): UpdateOutcome {
      const done = insert.run(runId, u.participantId, u.round, u.updateId, u.digest, u.bytes, u.acceptedAt);
      if (done.changes === 1) return { outcome: 'accepted', digest: u.digest, mergedIn: null };
      const { digest, mergedIn } = toUpdate(find.get(runId, u.participantId, u.round) as Row);
      return { outcome: digest === u.digest ? 'duplicate' : 'conflict', digest, mergedIn };
    },
    findUpdate(runId: string, updateId: string): LedgerUpdate | null {
      const row = byId.get(runId, updateId) as Row | undefined;
      return row === undefined ? null : toUpdate(row);
    },
    updates(runId: string): LedgerUpdate[] {
      return (all.all(runId) as Row[]).map(toUpdate);
    },
  };
}

function eventStatements(db: Database.Database) {
  const append = db.prepare('INSERT OR IGNORE INTO event VALUES (?, ?, ?, ?, ?, ?, ?)');
  const newest = db.prepare('SELECT * FROM event WHERE run_id = ? ORDER BY seq DESC LIMIT ?');
  return {
    appendEvent(runId: string, e: RunEvent): void {
      append.run(runId, e.seq, e.at, e.severity, e.kind, e.text, e.participant);
    },
    events(runId: string, max: number): RunEvent[] {
      return (newest.all(runId, max) as Row[]).reverse().map((row) => ({
        seq: int(row, 'seq'),
        at: int(row, 'at'),
        severity: text(row, 'severity') as Severity,
        kind: text(row, 'kind'),
        text: text(row, 'text'),
        participant: textOrNull(row, 'participant'),
      }));
    },
  };
}

function toRound(row: Row): RoundFact {
  return {
    round: int(row, 'round'),
    invited: JSON.parse(text(row, 'invited')) as string[],
    openedAt: int(row, 'opened_at'),
    deadlineAt: int(row, 'deadline_at'),
    outcome: text(row, 'outcome') as RoundFact['outcome'],
    closedAt: row['closed_at'] as number | null,
    accepted: int(row, 'accepted'),
    late: int(row, 'late'),
    adapterSha256: textOrNull(row, 'adapter_sha256'),
    loss: row['loss'] as number | null,
    accuracy: row['accuracy'] as number | null,
  };
}

function toUpdate(row: Row): LedgerUpdate {
  return {
    participantId: text(row, 'participant_id'),
    round: int(row, 'round'),
    updateId: text(row, 'update_id'),
    digest: text(row, 'digest'),
    bytes: int(row, 'bytes'),
    acceptedAt: int(row, 'accepted_at'),
    mergedIn: row['merged_in'] as number | null,
  };
}

function text(row: Row, column: string): string {
  return row[column] as string;
}

function textOrNull(row: Row, column: string): string | null {
  return row[column] === null ? null : text(row, column);
}

function int(row: Row, column: string): number {
  return row[column] as number;
}
