import Database from 'libsql';
import type { RoundFact, RoundRecord } from '../../src/core/federation/coordinator-types.ts';
import type { LossPoint, RunEvent } from '../../src/core/federation/run-view.ts';
import { fail, ok, type Result } from '../../src/core/lib/result.ts';
import { GroupCommit, Refusal } from './group-commit.ts';
import type { Ledger, LedgerUpdate, ParticipantRecord, RunRecord, UpdateOutcome, UpdateRecord } from './ledger.ts';
import { refuseRound } from './round-rules.ts';
import { MIGRATIONS } from './schema.ts';
import { statements, type Row, type Statements } from './statements.ts';

/**
 * Opens (and creates or migrates) the ledger file. Takes an exclusive lock, so that two relays cannot share a data folder;
 * the lock ends with the process, also by SIGKILL.
 *
 * Failures: RELAY_DATA_IN_USE, RELAY_LEDGER_CORRUPT, RELAY_LEDGER_NEWER, RELAY_DATA_NOT_WRITABLE.
 */
export function openSqliteLedger(path: string): Result<Ledger> {
  let db: Database.Database | null = null;
  try {
    db = new Database(path);
    const refused = prepare(db, path);
    if (refused !== null) {
      release(db);
      return refused;
    }
    return ok(new SqliteLedger(db));
  } catch (error) {
    if (db !== null) release(db);
    return openFailure(path, error);
  }
}

/** Sets the durability pragmas and reads them back: a promise that rests on a setting must not rest on hope. */
function prepare(db: Database.Database, path: string): ReturnType<typeof fail> | null {
  db.pragma('locking_mode = EXCLUSIVE');
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.pragma('foreign_keys = ON');
  const mode = scalar(db, 'journal_mode');
  const synchronous = scalar(db, 'synchronous');
  if (mode !== 'wal' || synchronous !== 2)
    return fail(
      'RELAY_LEDGER_DURABILITY',
      `the ledger ${path} has journal_mode ${String(mode)} and synchronous ${String(synchronous)}, expected wal and 2 (FULL): use a local disk`,
    );
  const check = scalar(db, 'quick_check');
  if (check !== 'ok') return corrupt(path, String(check));
  const version = scalar(db, 'user_version');
  if (typeof version !== 'number' || version > MIGRATIONS.length)
    return fail(
      'RELAY_LEDGER_NEWER',
      `the ledger ${path} has schema ${String(version)}, this relay knows up to ${MIGRATIONS.length}: start the newer relay, or choose another --data folder`,
    );
  for (let v = version; v < MIGRATIONS.length; v++) {
    db.exec(`BEGIN IMMEDIATE; ${MIGRATIONS[v] ?? ''}; PRAGMA user_version = ${v + 1}; COMMIT;`);
  }
  return null;
}

/**
 * Closes and gives up the lock at once. libsql finalises prepared statements only at garbage collection, which keeps a closed
 * database open; leaving WAL mode is the only way to drop an exclusive lock that was taken before WAL was entered.
 */
function release(db: Database.Database): void {
  try {
    db.exec('PRAGMA journal_mode = DELETE; PRAGMA locking_mode = NORMAL; SELECT count(*) FROM sqlite_schema;');
  } catch {
    // A damaged or foreign database: nothing was written to it, and its lock ends with the process.
  }
  db.close();
}

function scalar(db: Database.Database, pragma: string): unknown {
  const row = db.prepare(`PRAGMA ${pragma}`).get() as Row | undefined;
  return row?.[pragma];
}

function corrupt(path: string, detail: string): ReturnType<typeof fail> {
  return fail(
    'RELAY_LEDGER_CORRUPT',
    `the ledger ${path} is damaged (${detail.slice(0, 200)}): restore the data folder from a backup, or move it away and start with an empty one`,
  );
}

function openFailure(path: string, error: unknown): Result<never> {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'SQLITE_BUSY')
    return fail(
      'RELAY_DATA_IN_USE',
      `the ledger ${path} is in use by another relay: stop it, or choose another folder with --data`,
    );
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') return corrupt(path, message);
  return fail(
    'RELAY_DATA_NOT_WRITABLE',
    `cannot open the ledger ${path} (${message}): check the folder's permissions and free space, or choose another folder with --data`,
  );
}

class SqliteLedger implements Ledger {
  readonly #db: Database.Database;
  readonly #s: Statements;
  readonly #queue: GroupCommit;

  constructor(db: Database.Database) {
    this.#db = db;
    this.#s = statements(db);
    this.#queue = new GroupCommit({
      begin: () => void db.exec('BEGIN IMMEDIATE'),
      commit: () => void db.exec('COMMIT'),
      rollback: () => void db.exec('ROLLBACK'),
    });
  }

  run(): Promise<Result<RunRecord | null>> {
    return this.#read(() => this.#s.currentRun());
  }

  startRun(run: RunRecord): Promise<Result<null>> {
    return this.#queue.add(() => {
      if (!this.#s.insertRun(run))
        throw new Refusal('RELAY_LEDGER_CONFLICT', `run ${run.runId} is in the ledger already`);
      return null;
    });
  }

  participants(runId: string): Promise<Result<readonly ParticipantRecord[]>> {
    return this.#read(() => this.#s.participants(runId));
  }

  putParticipant(runId: string, participant: ParticipantRecord): Promise<Result<null>> {
    return this.#queue.add(() => {
      this.#s.putParticipant(runId, participant);
      return null;
    });
  }

  rounds(runId: string): Promise<Result<readonly RoundFact[]>> {
    return this.#read(() => this.#s.rounds(runId));
  }

  persistRound(runId: string, record: RoundRecord): Promise<Result<null>> {
    return this.#queue.add(() => {
      const refused = refuseRound(record, this.#s.round(runId, record.round), this.#s.lastCommitted(runId));
      if (refused !== null) throw new Refusal('RELAY_LEDGER_CONFLICT', refused);
      this.#s.persistRound(runId, record);
      return null;
    });
  }

  baseline(runId: string): Promise<Result<LossPoint | null>> {
    return this.#read(() => this.#s.baseline(runId));
  }

  putBaseline(runId: string, point: LossPoint): Promise<Result<null>> {
    return this.#queue.add(() => {
      this.#s.putBaseline(runId, point);
      return null;
    });
  }

  acceptUpdate(runId: string, update: UpdateRecord): Promise<Result<UpdateOutcome>> {
    return this.#queue.add(() => this.#s.acceptUpdate(runId, update));
  }

  findUpdate(runId: string, updateId: string): Promise<Result<LedgerUpdate | null>> {
    return this.#read(() => this.#s.findUpdate(runId, updateId));
  }

  updates(runId: string): Promise<Result<readonly LedgerUpdate[]>> {
    return this.#read(() => this.#s.updates(runId));
  }

  appendEvents(runId: string, events: readonly RunEvent[]): Promise<Result<null>> {
    return this.#queue.add(() => {
      for (const event of events) this.#s.appendEvent(runId, event);
      return null;
    });
  }

  events(runId: string, max: number): Promise<Result<readonly RunEvent[]>> {
    return this.#read(() => this.#s.events(runId, max));
  }

  async drain(): Promise<void> {
    await this.#queue.add(() => null);
  }

  async close(): Promise<void> {
    this.#queue.flushAll();
    release(this.#db);
  }

  /** Reads see everything that was asked for before them. */
  async #read<T>(read: () => T): Promise<Result<T>> {
    await this.drain();
    try {
      return ok(read());
    } catch (error) {
      return fail(
        'RELAY_LEDGER_CORRUPT',
        `the ledger cannot be read (${error instanceof Error ? error.message : String(error)}): restore the data folder from a backup`,
      );
    }
  }
}
