import { describe, expect, it } from 'vitest';
import { fail } from '../lib/result.ts';
import { createImageVaultStore, createMemoryVaultStore, EMPTY_IMAGE } from './memory-vault-store.ts';
import { IDENTITY, spend, update, vaultStoreContract } from './vault-store.contract.ts';

vaultStoreContract('memory', false, {
  open: () => Promise.resolve(createMemoryVaultStore()),
  reset: () => Promise.resolve(),
});

describe('image store', () => {
  it('shows nothing of a change that could not be persisted', async () => {
    const store = createImageVaultStore({
      durable: true,
      image: { ...EMPTY_IMAGE, identity: IDENTITY },
      persist: () => Promise.resolve(fail('STORE_FULL', 'full')),
      close: () => Promise.resolve(),
    });
    expect(await store.appendSpend(spend(1), update(1))).toMatchObject({ ok: false, error: { code: 'STORE_FULL' } });
    expect(await store.journal('run-a')).toEqual({ ok: true, value: [] });
    expect(await store.identity()).toEqual({ ok: true, value: IDENTITY });
  });
});
