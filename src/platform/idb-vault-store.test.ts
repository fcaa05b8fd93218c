import 'fake-indexeddb/auto';
import { deleteDB, openDB } from 'idb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { unwrap } from '../core/lib/result.ts';
import type { VaultStore } from '../core/storage/vault-store.ts';
import { IDENTITY, spend, update, vaultStoreContract } from '../core/storage/vault-store.contract.ts';
import { realClock } from './host.ts';
import { SCHEMA_VERSION } from './idb-schema.ts';
import { openIdbVaultStore } from './idb-vault-store.ts';
import { openVaultStore } from './open-vault-store.ts';
import { memoryCopyFiles } from './testing/copy-files.ts';
import { createVaultCopy } from './vault-copy.ts';

const NAME = 'plaquette-test';
let files = memoryCopyFiles();
let notices: string[] = [];

function tryOpen(): ReturnType<typeof openIdbVaultStore> {
  return openIdbVaultStore({
    name: NAME,
    clock: realClock,
    copy: createVaultCopy(files),
    notice: (sentence) => notices.push(sentence),
  });
}
const open = async (): Promise<VaultStore> => unwrap(await tryOpen());

async function reset(): Promise<void> {
  await deleteDB(NAME);
  files = memoryCopyFiles();
  notices = [];
}

vaultStoreContract('IndexedDB', true, { open, reset });

describe('IndexedDB vault store', () => {
  let store: VaultStore;
  beforeEach(async () => {
    await reset();
    store = await open();
    unwrap(await store.putIdentity(IDENTITY));
    for (const seq of [1, 2, 3]) unwrap(await store.appendSpend(spend(seq), update(seq)));
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await store.close();
  });

  it('restores identity and journal when the database comes back empty', async () => {
    await store.close();
    await deleteDB(NAME);
    store = await open();
    expect(unwrap(await store.identity())).toEqual(IDENTITY);
    expect(unwrap(await store.journal('run-a'))).toEqual([1, 2, 3].map((seq) => spend(seq)));
    expect(notices).toEqual([expect.stringContaining('3 entries')]);
    await store.close();
    notices = [];
    store = await open();
    expect(notices).toEqual([]);
  });

  it('restores journal entries that vanished one by one', async () => {
    await store.close();
    const raw = await openDB(NAME);
    await raw.delete('journal', ['run-a', 2]);
    raw.close();
    store = await open();
    expect(unwrap(await store.journal('run-a'))).toHaveLength(3);
  });

  it('uses the older slot of the copy when the newer one is torn', async () => {
    await store.close();
    await deleteDB(NAME);
    const [newest] = [...files.slots].sort((a, b) => b[1].length - a[1].length);
    files.slots.set(newest![0], newest![1].slice(0, -5));
    store = await open();
    expect(unwrap(await store.journal('run-a'))).toHaveLength(2);
  });

  it('refuses with STORE_LOST when the database is empty and both copies are damaged', async () => {
    await store.close();
    await deleteDB(NAME);
    for (const slot of [0, 1] as const) files.slots.set(slot, `${files.slots.get(slot)}x`);
    expect(await tryOpen()).toMatchObject({ ok: false, error: { code: 'STORE_LOST' } });
    store = unwrap(
      await openIdbVaultStore({ name: `${NAME}-other`, clock: realClock, copy: null, notice: () => null }),
    );
  });

  it('brings a version 1 database up to date and keeps its records', async () => {
    await store.close();
    await reset();
    const old = await openDB(NAME, 1, {
      upgrade: (db) => {
        db.createObjectStore('identity');
        db.createObjectStore('journal', { keyPath: ['runId', 'seq'] });
        db.createObjectStore('pending', { keyPath: ['runId', 'round'] });
        db.createObjectStore('snapshots', { keyPath: 'runId' });
      },
    });
    await old.put('identity', IDENTITY, 'self');
    await old.put('journal', spend(1));
    old.close();
    expect(SCHEMA_VERSION).toBeGreaterThan(1);
    store = await open();
    unwrap(await store.putSetting('joined', true));
    expect(unwrap(await store.identity())).toEqual(IDENTITY);
    expect(unwrap(await store.journal('run-a'))).toEqual([spend(1)]);
  });

  it('lets a newer version of the page in and asks this tab to reload', async () => {
    const newer = await openDB(NAME, SCHEMA_VERSION + 1);
    expect(await store.identity()).toMatchObject({ ok: false, error: { code: 'STORE_BLOCKED' } });
    newer.close();
    expect(await tryOpen()).toMatchObject({ ok: false, error: { code: 'STORE_BLOCKED' } });
  });

  it('says STORE_BLOCKED within its deadline when the database never opens', async () => {
    const holder = await openDB('never', 1);
    const hasty = { ...realClock, sleep: () => realClock.sleep(20) };
    const opened = await openIdbVaultStore({ name: 'never', clock: hasty, copy: null, notice: () => null });
    expect(opened).toMatchObject({ ok: false, error: { code: 'STORE_BLOCKED', retry: true } });
    holder.close();
  });

  it('keeps journalling when the quota is hit: first makes room, then holds the update in memory', async () => {
    unwrap(await store.putSetting('shard', 'text'));
    const { value: add } = Object.getOwnPropertyDescriptor(IDBObjectStore.prototype, 'add') as {
      value: (this: IDBObjectStore, value: unknown, key?: IDBValidKey) => IDBRequest<IDBValidKey>;
    };
    vi.spyOn(IDBObjectStore.prototype, 'add').mockImplementation(function (this: IDBObjectStore, value, key) {
      if (this.name === 'pending') throw new DOMException('full', 'QuotaExceededError');
      return add.call(this, value, key);
    });
    unwrap(await store.appendSpend(spend(4), update(4)));
    expect(unwrap(await store.journal('run-a'))).toHaveLength(4);
    expect(unwrap(await store.pending('run-a')).map(({ round }) => round)).toEqual([1, 2, 3, 4]);
    expect(unwrap(await store.setting('shard'))).toBeUndefined();
    expect(notices).toHaveLength(2);
    unwrap(await store.settle('run-a', 4, 'accepted'));
    expect(unwrap(await store.pending('run-a'))).toHaveLength(3);
  });

  it('reports STORE_FULL when not even the spend fits, and stores nothing', async () => {
    vi.spyOn(IDBObjectStore.prototype, 'add').mockImplementation(() => {
      throw new DOMException('full', 'QuotaExceededError');
    });
    expect(await store.appendSpend(spend(4), update(4))).toMatchObject({ ok: false, error: { code: 'STORE_FULL' } });
    expect(unwrap(await store.journal('run-a'))).toHaveLength(3);
    expect(unwrap(await store.pending('run-a'))).toHaveLength(3);
  });
});

describe('openVaultStore', () => {
  afterEach(() => vi.restoreAllMocks());

  it('works in memory with a notice when storing is not allowed', async () => {
    vi.spyOn(indexedDB, 'open').mockImplementation(() => {
      throw new DOMException('private browsing', 'SecurityError');
    });
    const opened = unwrap(await openVaultStore('main', realClock, () => null));
    expect(opened.store.durable).toBe(false);
    expect(opened.notice).toContain('closing this tab forgets');
    unwrap(await opened.store.putIdentity(IDENTITY));
    expect(unwrap(await opened.store.identity())).toEqual(IDENTITY);
  });

  it('works in memory with a notice when there is no IndexedDB at all', async () => {
    vi.stubGlobal('indexedDB', undefined);
    const opened = unwrap(await openVaultStore('main', realClock, () => null));
    vi.unstubAllGlobals();
    expect(opened).toMatchObject({ notice: expect.stringContaining('no storage') as string });
  });
});
