import { deleteDB } from 'idb';
import { describe, expect, it } from 'vitest';
import { cdp } from 'vitest/browser';
import { unwrap } from '../core/lib/result.ts';
import { IDENTITY, spend, update, vaultStoreContract } from '../core/storage/vault-store.contract.ts';
import { realClock } from './host.ts';
import { openIdbVaultStore } from './idb-vault-store.ts';
import { openOpfsCopy } from './vault-copy.ts';

const NAME = 'plaquette-browser-test';
const notices: string[] = [];

async function open(): Promise<ReturnType<typeof openIdbVaultStore>> {
  const copy = await openOpfsCopy(NAME);
  expect(copy).not.toBeNull();
  return openIdbVaultStore({ name: NAME, clock: realClock, copy, notice: (sentence) => notices.push(sentence) });
}

async function reset(): Promise<void> {
  await deleteDB(NAME);
  await (await openOpfsCopy(NAME))?.remove();
  notices.length = 0;
}

vaultStoreContract('IndexedDB on Chromium', true, { open: async () => unwrap(await open()), reset });

interface Cdp {
  send(method: string, params: Record<string, unknown>): Promise<unknown>;
}

describe('IndexedDB vault store on Chromium', () => {
  it('restores identity and journal from the origin-private file when the database is gone', async () => {
    await reset();
    const first = unwrap(await open());
    unwrap(await first.putIdentity(IDENTITY));
    unwrap(await first.appendSpend(spend(1), update(1)));
    await first.close();
    await deleteDB(NAME);
    const second = unwrap(await open());
    expect(unwrap(await second.identity())).toEqual(IDENTITY);
    expect(unwrap(await second.journal('run-a'))).toEqual([spend(1)]);
    expect(notices).toEqual([expect.stringContaining('restored')]);
    await second.close();
  });

  it('still journals spend under a real quota, and says that storage is full', async () => {
    await reset();
    const store = unwrap(await open());
    unwrap(await store.putIdentity(IDENTITY));
    const session = cdp() as unknown as Cdp;
    const origin = location.origin;
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1_000_000 });
    try {
      let appended = 0;
      for (let seq = 1; seq <= 40 && notices.length === 0; seq++) {
        const bytes = crypto.getRandomValues(new Uint8Array(60_000));
        unwrap(await store.appendSpend(spend(seq), { ...update(seq), bytes }));
        appended = seq;
      }
      expect(appended).toBeLessThan(40);
      expect(notices.join(' ')).toContain('Storage is full');
      expect(unwrap(await store.journal('run-a'))).toHaveLength(appended);
      expect(unwrap(await store.pending('run-a'))).toHaveLength(appended);
    } finally {
      await session.send('Storage.overrideQuotaForOrigin', { origin });
      await store.close();
      await reset();
    }
  });
});
