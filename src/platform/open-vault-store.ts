import { deleteDB } from 'idb';
import { ok, type Result } from '../core/lib/result.ts';
import type { Clock } from '../core/lib/world.ts';
import { createMemoryVaultStore } from '../core/storage/memory-vault-store.ts';
import type { OpenedStore } from '../core/vault/ports.ts';
import { openIdbVaultStore } from './idb-vault-store.ts';
import { openOpfsCopy } from './vault-copy.ts';

/**
 * The best store this browser offers for one identity. Without usable IndexedDB (private browsing, blocked, no space) it
 * is a store in memory with a notice: everything works until the tab is closed. Only STORE_LOST is a failure.
 */
export async function openVaultStore(
  identity: string,
  clock: Clock,
  notice: (sentence: string) => void,
): Promise<Result<OpenedStore>> {
  if (typeof indexedDB === 'undefined') return ok(inMemory('this browser offers no storage to the page'));
  const name = databaseName(identity);
  const opened = await openIdbVaultStore({ name, clock, copy: await openOpfsCopy(name), notice });
  if (!opened.ok) return opened.error.code === 'STORE_LOST' ? opened : ok(inMemory(opened.error.message));
  const known = await opened.value.identity();
  if (!known.ok) {
    await opened.value.close();
    return ok(inMemory(known.error.message));
  }
  return ok({ store: opened.value, notice: null });
}

/** Database and second copy of one identity, whatever state they are in. */
export async function deleteVaultStore(identity: string): Promise<void> {
  const name = databaseName(identity);
  await (await openOpfsCopy(name))?.remove();
  if (typeof indexedDB !== 'undefined') await deleteDB(name);
}

function databaseName(identity: string): string {
  return `plaquette-${identity}`;
}

function inMemory(reason: string): OpenedStore {
  return {
    store: createMemoryVaultStore(),
    notice: `Nothing can be stored in this browser: ${reason}. Everything works, but closing this tab forgets this participant.`,
  };
}
