import { access, constants, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fail, ok, type Result } from '../src/core/lib/result.ts';
import { Adapters } from './adapters.ts';
import { BlobStore } from './blobs.ts';
import type { Ledger } from './ledger/ledger.ts';
import { openSqliteLedger } from './ledger/sqlite-ledger.ts';

/** Everything that a relay keeps, in one folder: back up this folder and nothing else. */
export interface Storage {
  readonly ledger: Ledger;
  /** Encoded updates until they are merged. */
  readonly updates: BlobStore;
  readonly adapters: Adapters;
  readonly keyPath: string;
}

/** Failures: RELAY_DATA_NOT_WRITABLE, RELAY_DATA_IN_USE, RELAY_LEDGER_CORRUPT, RELAY_LEDGER_NEWER. */
export async function openStorage(folder: string): Promise<Result<Storage>> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    return fail(
      'RELAY_DATA_NOT_WRITABLE',
      `the data folder ${folder} is not writable (${error instanceof Error ? error.message : String(error)}): change its permissions, or choose another with --data`,
    );
  }
  // The ledger first: its lock keeps a second relay from touching the blobs.
  const ledger = openSqliteLedger(join(folder, 'ledger.db'));
  if (!ledger.ok) return ledger;
  const updates = await BlobStore.open(join(folder, 'updates'));
  const adapters = updates.ok ? await BlobStore.open(join(folder, 'adapters')) : updates;
  if (!updates.ok || !adapters.ok) {
    await ledger.value.close();
    return updates.ok ? (adapters as Result<never>) : updates;
  }
  const keyPath = join(folder, 'relay.key');
  return ok({ ledger: ledger.value, updates: updates.value, adapters: new Adapters(adapters.value), keyPath });
}
