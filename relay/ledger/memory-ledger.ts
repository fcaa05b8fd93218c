import type { RoundFact, RoundRecord } from '../../src/core/federation/coordinator-types.ts';
import type { LossPoint, RunEvent } from '../../src/core/federation/run-view.ts';
import { assert } from '../../src/core/lib/assert.ts';
import { fail, ok, type Result } from '../../src/core/lib/result.ts';
import type { Ledger, LedgerUpdate, ParticipantRecord, RunRecord, UpdateOutcome, UpdateRecord } from './ledger.ts';
import { refuseRound } from './round-rules.ts';

interface RunTables {
  readonly run: RunRecord;
  readonly participants: Map<string, ParticipantRecord>;
  readonly rounds: Map<number, RoundFact>;
  readonly updates: Map<string, LedgerUpdate>;
  readonly events: Map<number, RunEvent>;
  baseline: LossPoint | null;
}

/** The same promises without a disk: the dull version that the SQLite one is compared with, and the store of tests. */
export class MemoryLedger implements Ledger {
  readonly #runs = new Map<string, RunTables>();
  #current: string | null = null;

  async run(): Promise<Result<RunRecord | null>> {
    return ok(this.#current === null ? null : this.#tables(this.#current).run);
  }

  async startRun(run: RunRecord): Promise<Result<null>> {
    if (this.#runs.has(run.runId)) return conflict(`run ${run.runId} is in the ledger already`);
    const tables = { participants: new Map(), rounds: new Map(), updates: new Map(), events: new Map() };
    this.#runs.set(run.runId, { run, ...tables, baseline: null });
    this.#current = run.runId;
    return ok(null);
  }

  async participants(runId: string): Promise<Result<readonly ParticipantRecord[]>> {
    const rows = [...this.#tables(runId).participants.values()];
    return ok(rows.toSorted((a, b) => a.joinedAt - b.joinedAt || (a.participantId < b.participantId ? -1 : 1)));
  }

  async putParticipant(runId: string, participant: ParticipantRecord): Promise<Result<null>> {
    const { participants } = this.#tables(runId);
    const known = participants.get(participant.participantId);
    const { lastSeenAt } = participant;
    participants.set(participant.participantId, known === undefined ? participant : { ...known, lastSeenAt });
    return ok(null);
  }

  async rounds(runId: string): Promise<Result<readonly RoundFact[]>> {
    return ok([...this.#tables(runId).rounds.values()].toSorted((a, b) => a.round - b.round));
  }

  async persistRound(runId: string, record: RoundRecord): Promise<Result<null>> {
    const tables = this.#tables(runId);
    const known = tables.rounds.get(record.round) ?? null;
    const head = [...tables.rounds.values()]
      .filter((r) => r.outcome === 'committed')
      .reduce<RoundFact | null>((last, r) => (r.round > (last?.round ?? 0) ? r : last), null);
    const refused = refuseRound(record, known, head?.adapterSha256 ?? null);
    if (refused !== null) return conflict(refused);
    tables.rounds.set(record.round, nextRound(record, known));
    if (record.kind === 'round-closed') for (const u of record.merged) merge(tables, u.updateId, record.round);
    return ok(null);
  }

  async baseline(runId: string): Promise<Result<LossPoint | null>> {
    return ok(this.#tables(runId).baseline);
  }

  async putBaseline(runId: string, point: LossPoint): Promise<Result<null>> {
    this.#tables(runId).baseline = point;
    return ok(null);
  }

  async acceptUpdate(runId: string, update: UpdateRecord): Promise<Result<UpdateOutcome>> {
    const { updates } = this.#tables(runId);
    const key = `${update.participantId}/${update.round}`;
    const known = updates.get(key);
    if (known !== undefined)
      return ok({
        outcome: known.digest === update.digest ? 'duplicate' : 'conflict',
        digest: known.digest,
        mergedIn: known.mergedIn,
      });
    updates.set(key, { ...update, mergedIn: null });
    return ok({ outcome: 'accepted', digest: update.digest, mergedIn: null });
  }

  async findUpdate(runId: string, updateId: string): Promise<Result<LedgerUpdate | null>> {
    return ok([...this.#tables(runId).updates.values()].find((u) => u.updateId === updateId) ?? null);
  }

  async updates(runId: string): Promise<Result<readonly LedgerUpdate[]>> {
    return ok([...this.#tables(runId).updates.values()]);
  }

  async appendEvents(runId: string, events: readonly RunEvent[]): Promise<Result<null>> {
    const table = this.#tables(runId).events;
    for (const event of events) if (!table.has(event.seq)) table.set(event.seq, event);
    return ok(null);
  }

  async events(runId: string, max: number): Promise<Result<readonly RunEvent[]>> {
    const rows = [...this.#tables(runId).events.values()].toSorted((a, b) => a.seq - b.seq);
    return ok(max <= 0 ? [] : rows.slice(-max));
  }

  async drain(): Promise<void> {
    await Promise.resolve();
  }

  async close(): Promise<void> {
    await Promise.resolve();
  }

  #tables(runId: string): RunTables {
    const tables = this.#runs.get(runId);
    if (tables === undefined) throw new Error(`run ${runId} was never started`);
    return tables;
  }
}

function nextRound(record: RoundRecord, known: RoundFact | null): RoundFact {
  if (record.kind === 'round-opened') {
    const { kind: _, ...opened } = record;
    const blank = { closedAt: null, accepted: 0, late: 0, adapterSha256: null, loss: null, accuracy: null };
    return { ...opened, ...blank, outcome: 'open' };
  }
  assert(known !== null, `round ${record.round} is unknown`);
  switch (record.kind) {
    case 'round-closed': {
      const { outcome, closedAt, accepted, late, adapterSha256 } = record;
      return { ...known, outcome, closedAt, accepted, late, adapterSha256 };
    }
    case 'round-evaluated':
      return { ...known, loss: record.loss, accuracy: record.accuracy };
  }
}

function merge(tables: RunTables, updateId: string, round: number): void {
  for (const [key, update] of tables.updates) {
    if (update.updateId !== updateId || update.mergedIn !== null) continue;
    tables.updates.set(key, { ...update, mergedIn: round });
    const participant = tables.participants.get(update.participantId);
    if (participant !== undefined)
      tables.participants.set(update.participantId, { ...participant, roundsMerged: participant.roundsMerged + 1 });
  }
}

function conflict(message: string): Result<never> {
  return fail('RELAY_LEDGER_CONFLICT', message);
}
