import type { LedgerFacts, RoundFact, RoundRecord, UpdateFact } from '../src/core/federation/coordinator-types.ts';
import type { RunEvent } from '../src/core/federation/run-view.ts';
import { promise, type Reference } from './reference.ts';

/** What survives a kill of the relay. Strict: a record that contradicts an earlier one is a violation. */
export class SimLedger {
  readonly #rounds = new Map<number, RoundFact>();
  readonly #updates = new Map<string, UpdateFact>();
  readonly #participants = new Map<string, number>();
  #events: RunEvent[] = [];
  /** Bytes of accepted updates by digest, values of adapters by hash. */
  readonly blobs = new Map<string, Uint8Array>();
  readonly adapters = new Map<string, Float32Array>();
  readonly #reference: Reference;
  committed = 0;
  abandoned = 0;

  constructor(reference: Reference) {
    this.#reference = reference;
  }

  facts(): LedgerFacts {
    return {
      startedAt: 0,
      participants: [...this.#participants].map(([participantId, joinedAt]) => ({ participantId, joinedAt })),
      rounds: [...this.#rounds.values()],
      updates: [...this.#updates.values()],
      events: this.#events,
      baseline: null,
    };
  }

  knows(participantId: string): boolean {
    return this.#participants.has(participantId);
  }

  putParticipant(participantId: string, joinedAt: number): void {
    if (!this.#participants.has(participantId)) this.#participants.set(participantId, joinedAt);
  }

  update(updateId: string): UpdateFact | null {
    return this.#updates.get(updateId) ?? null;
  }

  /** First write wins. */
  acceptUpdate(update: Omit<UpdateFact, 'mergedIn'>, bytes: Uint8Array): 'accepted' | 'duplicate' | 'conflict' {
    const earlier = this.#updates.get(update.updateId);
    if (earlier !== undefined) return earlier.digest === update.digest ? 'duplicate' : 'conflict';
    this.#updates.set(update.updateId, { ...update, mergedIn: null });
    this.blobs.set(update.digest, bytes);
    this.#reference.durable(update.updateId, update.digest);
    return 'accepted';
  }

  write(record: RoundRecord): void {
    const earlier = this.#rounds.get(record.round);
    switch (record.kind) {
      case 'round-opened': {
        promise(earlier === undefined || earlier.outcome === 'open', `round ${record.round} was opened after its end`);
        const { round, invited, openedAt, deadlineAt } = record;
        const rest = { closedAt: null, accepted: 0, late: 0, adapterSha256: null, loss: null, accuracy: null };
        this.#rounds.set(round, { round, invited, openedAt, deadlineAt, outcome: 'open', ...rest });
        return;
      }
      case 'round-closed':
        promise(earlier?.outcome === 'open', `I5: round ${record.round} was closed twice`);
        this.#close(record, earlier);
        return;
      case 'round-evaluated':
        promise(earlier !== undefined, `round ${record.round} was evaluated before it existed`);
        this.#rounds.set(record.round, { ...earlier, loss: record.loss, accuracy: record.accuracy });
        return;
      default:
        record satisfies never;
    }
  }

  #close(record: Extract<RoundRecord, { kind: 'round-closed' }>, open: RoundFact): void {
    const { outcome, closedAt, accepted, late, adapterSha256 } = record;
    this.#reference.close(record, this.adapters.get(adapterSha256 ?? ''));
    for (const { updateId } of record.merged) {
      const update = this.#updates.get(updateId);
      promise(update?.mergedIn === null, 'I2: a merged update is unknown or was merged before');
      this.#updates.set(updateId, { ...update, mergedIn: record.round });
    }
    this.#rounds.set(record.round, { ...open, outcome, closedAt, accepted, late, adapterSha256 });
    if (outcome === 'committed') this.committed += 1;
    else this.abandoned += 1;
  }

  appendEvent(event: RunEvent): void {
    const last = this.#events.at(-1)?.seq ?? 0;
    promise(event.seq > last, `line ${event.seq} of the feed came after line ${last}`);
    this.#events = [...this.#events.slice(-20), event];
  }
}
