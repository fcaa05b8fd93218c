import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import { fail, ok, type Failure, type Result } from '../core/lib/result.ts';
import type { Clock } from '../core/lib/world.ts';
import type { AdapterSnapshot, IdentityRecord, PendingUpdate, SpendRecord } from '../core/storage/vault-store.ts';

export interface VaultSchema extends DBSchema {
  identity: { key: 'self'; value: IdentityRecord };
  journal: { key: [runId: string, seq: number]; value: SpendRecord };
  pending: { key: [runId: string, round: number]; value: PendingUpdate };
  snapshots: { key: string; value: AdapterSnapshot };
  settings: { key: string; value: { readonly value: unknown } };
}
export type VaultDatabase = IDBPDatabase<VaultSchema>;

/** One entry per schema version, applied in order from the version found. Entries are never edited once released. */
const UPGRADES: readonly ((db: VaultDatabase) => void)[] = [
  (db) => {
    db.createObjectStore('identity');
    db.createObjectStore('journal', { keyPath: ['runId', 'seq'] });
    db.createObjectStore('pending', { keyPath: ['runId', 'round'] });
    db.createObjectStore('snapshots', { keyPath: 'runId' });
  },
  (db) => {
    db.createObjectStore('settings');
  },
];
export const SCHEMA_VERSION = UPGRADES.length;

/** A blocked upgrade waits for other tabs; they close their connection at once, so this is generous. */
const OPEN_DEADLINE_MS = 5_000;

export interface DatabaseEvents {
  /** Another tab needs a newer schema: the connection has been closed. */
  superseded(): void;
  /** The browser ended the connection (storage cleared, disk failure). */
  terminated(): void;
}

/** Opens (creating or upgrading) the database. `fresh` is true when it did not exist. STORE_BLOCKED, STORE_FULL, STORE_CORRUPT. */
export async function openVaultDatabase(
  name: string,
  clock: Clock,
  events: DatabaseEvents,
): Promise<Result<{ readonly db: VaultDatabase; readonly fresh: boolean }>> {
  let fresh = false;
  let expired = false;
  try {
    const opening = openDB<VaultSchema>(name, SCHEMA_VERSION, {
      upgrade: (db, oldVersion) => {
        fresh = oldVersion === 0;
        for (const step of UPGRADES.slice(oldVersion)) step(db);
      },
      blocking: (_current, _blocked, event) => {
        (event.target as IDBDatabase).close();
        events.superseded();
      },
      terminated: () => events.terminated(),
    });
    // A connection that arrives after the deadline is closed, or it would block every later upgrade.
    void opening.then(
      (db) => expired && db.close(),
      () => null,
    );
    const db = await Promise.race([opening, clock.sleep(OPEN_DEADLINE_MS).then(() => null)]);
    if (db !== null) return ok({ db, fresh });
    expired = true;
    return fail(
      'STORE_BLOCKED',
      `this browser's storage did not open within ${OPEN_DEADLINE_MS / 1000} s; close other tabs of this page and reload`,
      true,
    );
  } catch (error) {
    return { ok: false, error: storageFailure(error) };
  }
}

/** Maps what IndexedDB and OPFS throw to the codes of VaultStore. */
export function storageFailure(error: unknown): Failure {
  const name = error instanceof Error || error instanceof DOMException ? error.name : 'unknown';
  const detail = error instanceof Error ? error.message : String(error);
  switch (name) {
    case 'QuotaExceededError':
      return failure('STORE_FULL', "this browser's storage is full; free some space or allow this page more");
    case 'VersionError':
      return failure('STORE_BLOCKED', 'the stored data was written by a newer version of this page; reload the page');
    case 'ConstraintError':
      return failure('STORE_CONFLICT', 'the entry is already stored; another tab may be using this identity');
    case 'SecurityError':
    case 'NotAllowedError':
    case 'InvalidStateError':
    case 'NoModificationAllowedError':
      return failure('STORE_BLOCKED', `this browser does not let the page store anything here (${name}: ${detail})`);
    default:
      return failure('STORE_CORRUPT', `this browser's storage failed (${name}: ${detail}); reload the page`);
  }
}

function failure(code: string, message: string): Failure {
  return { code, message, retry: false };
}
