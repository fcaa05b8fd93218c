import { fail, ok, type Result } from '../core/lib/result.ts';
import type { Clock } from '../core/lib/world.ts';
import type { IdentityRecord, PendingUpdate, SpendRecord, VaultStore } from '../core/storage/vault-store.ts';
import { openVaultDatabase, storageFailure, type VaultDatabase } from './idb-schema.ts';
import type { VaultCopy } from './vault-copy.ts';

export interface IdbStoreOptions {
  readonly name: string;
  readonly clock: Clock;
  /** Second copy outside the database; null where the browser has none. */
  readonly copy: VaultCopy | null;
  /** A sentence for the person: restored, nearly full. */
  readonly notice: (sentence: string) => void;
}

const STRICT = { durability: 'strict' } as const;
/** Given back when the quota is hit, so that hundreds of journal entries (about 150 B each) still fit. */
const RESERVE_BYTES = 64 * 1024;
const RESERVE_KEY = ' reserve';
const ALL = ['identity', 'journal', 'pending', 'snapshots', 'settings'] as const;

/** STORE_LOST: an earlier visit's records are gone and the second copy cannot bring them back. */
export async function openIdbVaultStore(options: IdbStoreOptions): Promise<Result<VaultStore>> {
  const store = new IdbVaultStore(options);
  const opened = await store.open();
  return opened.ok ? ok(store) : opened;
}

class IdbVaultStore implements VaultStore {
  readonly durable = true;
  readonly #options: IdbStoreOptions;
  #db: VaultDatabase | null = null;
  #roomMade = false;
  #state: 'open' | 'superseded' | 'closed' = 'open';
  /** What the database must contain: written to the second copy, and back into a database that the browser emptied. */
  #identity: IdentityRecord | null = null;
  readonly #journal = new Map<string, SpendRecord>();
  /** Pending updates that did not fit on disk; their spend did. */
  readonly #volatile = new Map<string, PendingUpdate>();

  constructor(options: IdbStoreOptions) {
    this.#options = options;
  }

  async open(): Promise<Result<null>> {
    const opened = await openVaultDatabase(this.#options.name, this.#options.clock, {
      superseded: () => (this.#state = 'superseded'),
      terminated: () => (this.#db = null),
    });
    if (!opened.ok) return opened;
    this.#db = opened.value.db;
    try {
      return await this.#reconcile(opened.value.db);
    } catch (error) {
      return { ok: false, error: storageFailure(error) };
    }
  }

  identity(): Promise<Result<IdentityRecord | null>> {
    return this.#do(async (db) => (await db.get('identity', 'self')) ?? null);
  }

  async putIdentity(record: IdentityRecord): Promise<Result<null>> {
    const stored = await this.#do(async (db) => {
      const tx = db.transaction(['identity', 'settings'], 'readwrite', STRICT);
      const reserve = crypto.getRandomValues(new Uint8Array(RESERVE_BYTES));
      return allOrNothing(tx, [
        () => tx.objectStore('identity').put(record, 'self'),
        () => tx.objectStore('settings').put({ value: reserve }, RESERVE_KEY),
      ]);
    });
    if (!stored.ok) return stored;
    this.#identity = structuredClone(record);
    await this.#writeCopy();
    return stored;
  }

  journal(runId: string): Promise<Result<readonly SpendRecord[]>> {
    return this.#do((db) => db.getAll('journal', runRange(runId)));
  }

  async appendSpend(record: SpendRecord, pending: PendingUpdate): Promise<Result<null>> {
    if (this.#volatile.has(key(pending.runId, pending.round)))
      return fail('STORE_CONFLICT', `an update for round ${pending.round} is already waiting; reload this tab`);
    let stored = await this.#append(record, pending);
    if (isFull(stored)) {
      await this.#makeRoom();
      stored = await this.#append(record, pending);
    }
    if (isFull(stored)) {
      stored = await this.#append(record, null);
      if (stored.ok) {
        this.#volatile.set(key(pending.runId, pending.round), structuredClone(pending));
        this.#options.notice(
          'Storage is full: updates wait in memory until the relay has them, so closing this tab early wastes a round.',
        );
      }
    }
    if (!stored.ok) return stored;
    this.#journal.set(key(record.runId, record.seq), structuredClone(record));
    await this.#writeCopy();
    return stored;
  }

  async pending(runId: string): Promise<Result<readonly PendingUpdate[]>> {
    const stored = await this.#do((db) => db.getAll('pending', runRange(runId)));
    if (!stored.ok) return stored;
    const volatile = [...this.#volatile.values()].filter((update) => update.runId === runId);
    return ok([...stored.value, ...structuredClone(volatile)]);
  }

  settle(runId: string, round: number): Promise<Result<null>> {
    this.#volatile.delete(key(runId, round));
    return this.#do(async (db) => {
      const tx = db.transaction('pending', 'readwrite', STRICT);
      return allOrNothing(tx, [() => tx.store.delete([runId, round])]);
    });
  }

  snapshot(runId: string): ReturnType<VaultStore['snapshot']> {
    return this.#do(async (db) => (await db.get('snapshots', runId)) ?? null);
  }

  putSnapshot(snapshot: Parameters<VaultStore['putSnapshot']>[0]): Promise<Result<null>> {
    return this.#do(async (db) => {
      const tx = db.transaction('snapshots', 'readwrite', STRICT);
      return allOrNothing(tx, [() => tx.store.put(snapshot)]);
    });
  }

  setting(name: string): Promise<Result<unknown>> {
    return this.#do(async (db): Promise<unknown> => (await db.get('settings', name))?.value);
  }

  putSetting(name: string, value: unknown): Promise<Result<null>> {
    return this.#do(async (db) => {
      const tx = db.transaction('settings', 'readwrite', STRICT);
      return allOrNothing(tx, [() => tx.store.put({ value }, name)]);
    });
  }

  async clear(): Promise<Result<null>> {
    this.#identity = null;
    this.#journal.clear();
    this.#volatile.clear();
    await this.#options.copy?.remove();
    return this.#do(async (db) => {
      const tx = db.transaction(ALL, 'readwrite', STRICT);
      return allOrNothing(
        tx,
        ALL.map((name) => () => tx.objectStore(name).clear()),
      );
    });
  }

  close(): Promise<void> {
    this.#state = 'closed';
    this.#db?.close();
    this.#db = null;
    return Promise.resolve();
  }

  #append(record: SpendRecord, pending: PendingUpdate | null): Promise<Result<null>> {
    return this.#do(async (db) => {
      const tx = db.transaction(['journal', 'pending'], 'readwrite', STRICT);
      const spend = (): Promise<unknown> => tx.objectStore('journal').add(record);
      if (pending === null) return allOrNothing(tx, [spend]);
      return allOrNothing(tx, [spend, () => tx.objectStore('pending').add(pending)]);
    });
  }

  /** Runs one transaction; a connection that the browser ended is opened again once, and its content put back. */
  async #do<T>(work: (db: VaultDatabase) => Promise<T>): Promise<Result<T>> {
    for (let attempt = 0; ; attempt++) {
      if (this.#state === 'superseded')
        return fail('STORE_BLOCKED', 'another tab updated the storage to a newer version; reload this tab');
      if (this.#state === 'closed') return fail('STORE_BLOCKED', 'the storage of this tab is closed; reload this tab');
      if (this.#db === null) {
        const reopened = await this.open();
        if (!reopened.ok) return reopened;
      }
      try {
        return ok(await work(this.#db as VaultDatabase));
      } catch (error) {
        const ended = error instanceof DOMException && error.name === 'InvalidStateError';
        if (!ended || attempt > 0) return { ok: false, error: storageFailure(error) };
        this.#db = null;
      }
    }
  }

  /** Compares the database with the second copy and with this tab's memory, and puts back what is missing. */
  async #reconcile(db: VaultDatabase): Promise<Result<null>> {
    const copy = (await this.#options.copy?.read()) ?? ok(null);
    const tx = db.transaction(['identity', 'journal'], 'readonly');
    const [identity, journal] = await Promise.all([
      tx.objectStore('identity').get('self'),
      tx.objectStore('journal').getAll(),
      tx.done,
    ]);
    if (!copy.ok && copy.error.code === 'STORE_CORRUPT' && identity === undefined && this.#identity === null)
      return fail(
        'STORE_LOST',
        "the browser lost this participant's records and the second copy is damaged too, so its privacy spend is unknown; choose Forget to begin as a new participant",
      );
    const known = copy.ok ? copy.value : null;
    const expected = this.#identity ?? known?.identity ?? null;
    const stored = new Set(journal.map((record) => key(record.runId, record.seq)));
    const sameParticipant = identity === undefined || identity.participantId === expected?.participantId;
    const wanted = sameParticipant ? [...(known?.journal ?? []), ...this.#journal.values()] : [];
    const missing = wanted.filter((record) => !stored.has(key(record.runId, record.seq)));
    this.#identity = identity ?? expected;
    for (const record of [...journal, ...missing]) this.#journal.set(key(record.runId, record.seq), record);
    if ((identity === undefined && expected !== null) || missing.length > 0) await this.#restore(db, missing);
    else if (known?.journal.length !== journal.length && this.#identity !== null) await this.#writeCopy();
    return ok(null);
  }

  async #restore(db: VaultDatabase, missing: readonly SpendRecord[]): Promise<void> {
    const tx = db.transaction(['identity', 'journal'], 'readwrite', STRICT);
    const identity = this.#identity;
    await allOrNothing(tx, [
      ...missing.map((record) => () => tx.objectStore('journal').put(record)),
      ...(identity === null ? [] : [() => tx.objectStore('identity').put(identity, 'self')]),
    ]);
    await this.#writeCopy();
    this.#options.notice(
      `The browser had lost records of this participant; identity and privacy journal (${missing.length} entries) were restored from the second copy.`,
    );
  }

  async #writeCopy(): Promise<void> {
    const content = { identity: this.#identity, journal: [...this.#journal.values()] };
    let written = await this.#options.copy?.write(content);
    if (written !== undefined && isFull(written)) {
      await this.#makeRoom();
      written = await this.#options.copy?.write(content);
    }
    if (written?.ok === false)
      this.#options.notice(`The second copy of the privacy journal is not up to date: ${written.error.message}.`);
  }

  /** Gives up what can be had again: the reserve, the adapter (from the relay) and the remembered text. */
  async #makeRoom(): Promise<void> {
    if (this.#roomMade) return;
    this.#roomMade = true;
    await this.#do(async (db) => {
      const tx = db.transaction(['settings', 'snapshots'], 'readwrite', STRICT);
      return allOrNothing(tx, [
        ...[RESERVE_KEY, 'shard'].map((name) => () => tx.objectStore('settings').delete(name)),
        () => tx.objectStore('snapshots').clear(),
      ]);
    });
    this.#options.notice('Storage is full: the remembered text and adapter were dropped to keep the privacy journal.');
  }
}

/** A request that throws instead of failing would leave the others to commit on their own, so it aborts them. */
async function allOrNothing(
  tx: { readonly done: Promise<void>; abort(): void },
  requests: readonly (() => Promise<unknown>)[],
): Promise<null> {
  const started = [tx.done as Promise<unknown>];
  try {
    for (const request of requests) started.push(request());
  } catch (error) {
    tx.abort();
    await Promise.allSettled(started);
    throw error;
  }
  const reasons = (await Promise.allSettled(started)).flatMap((one) =>
    one.status === 'rejected' ? [one.reason as unknown] : [],
  );
  // When one request fails, the others and the transaction only say AbortError.
  const cause = reasons.find((reason) => !(reason instanceof DOMException && reason.name === 'AbortError'));
  if (reasons.length > 0) throw cause ?? reasons[0];
  return null;
}

function runRange(runId: string): IDBKeyRange {
  return IDBKeyRange.bound([runId, 0], [runId, Number.MAX_SAFE_INTEGER]);
}

function key(runId: string, number: number): string {
  return `${runId}/${number}`;
}

function isFull(result: Result<null>): boolean {
  return !result.ok && result.error.code === 'STORE_FULL';
}
