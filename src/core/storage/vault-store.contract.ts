import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { unwrap } from '../lib/result.ts';
import type { AdapterSnapshot, IdentityRecord, PendingUpdate, SpendRecord, VaultStore } from './vault-store.ts';

export interface StoreUnderTest {
  open(): Promise<VaultStore>;
  /** Deletes what earlier tests left. */
  reset(): Promise<void>;
}

export const IDENTITY: IdentityRecord = {
  participantId: '00112233445566778899aabbccddeeff',
  token: Uint8Array.from({ length: 32 }, (_, i) => i),
  createdAt: 1_700_000_000_000,
  relayPin: null,
};

export function spend(seq: number, round = seq, runId = 'run-a'): SpendRecord {
  return { runId, seq, round, steps: 8, samplingRate: 0.0625, noiseMultiplier: 0.9, at: 1_700_000_000_000 + seq };
}

export function update(round: number, runId = 'run-a', size = 100): PendingUpdate {
  return { runId, round, updateId: `${runId}-${round}`, bytes: Uint8Array.from({ length: size }, (_, i) => i * round) };
}

function snapshot(version: number, runId = 'run-a'): AdapterSnapshot {
  return { runId, version, sha256: `${version}`, values: Float32Array.of(version, -0.5, 3e-7), at: 5 };
}

/** What every VaultStore promises. Non-durable ones skip the reopening tests, visibly. */
export function vaultStoreContract(name: string, durable: boolean, subject: StoreUnderTest): void {
  describe(`vault store ${name}`, () => {
    let store: VaultStore;
    const reopen = async (): Promise<void> => {
      await store.close();
      store = await subject.open();
    };
    beforeEach(async () => {
      await subject.reset();
      store = await subject.open();
    });
    afterEach(() => store.close());

    it('starts empty and says whether it is durable', async () => {
      expect(store.durable).toBe(durable);
      expect(unwrap(await store.identity())).toBeNull();
      expect(unwrap(await store.journal('run-a'))).toEqual([]);
      expect(unwrap(await store.pending('run-a'))).toEqual([]);
      expect(unwrap(await store.snapshot('run-a'))).toBeNull();
      expect(unwrap(await store.setting('joined'))).toBeUndefined();
    });

    it('reads back what it wrote, as copies', async () => {
      const token = Uint8Array.from(IDENTITY.token);
      unwrap(await store.putIdentity({ ...IDENTITY, token }));
      token.fill(255);
      expect(unwrap(await store.identity())).toEqual(IDENTITY);
      unwrap(await store.putSnapshot(snapshot(1)));
      unwrap(await store.putSnapshot(snapshot(2)));
      unwrap(await store.putSnapshot(snapshot(9, 'run-b')));
      expect(unwrap(await store.snapshot('run-a'))).toEqual(snapshot(2));
      const value = { joined: true, bytes: Uint8Array.of(1, 2), list: [1, 'a', null] };
      unwrap(await store.putSetting('x', value));
      expect(unwrap(await store.setting('x'))).toEqual(value);
    });

    it('keeps journal entries in order of seq and apart by run', async () => {
      for (const seq of [2, 10, 1]) unwrap(await store.appendSpend(spend(seq), update(seq)));
      unwrap(await store.appendSpend(spend(1, 1, 'run-b'), update(1, 'run-b')));
      expect(unwrap(await store.journal('run-a')).map((record) => record.seq)).toEqual([1, 2, 10]);
      expect(unwrap(await store.journal('run-b'))).toEqual([spend(1, 1, 'run-b')]);
      expect(unwrap(await store.pending('run-a'))).toHaveLength(3);
    });

    it('writes spend and pending update together or not at all', async () => {
      unwrap(await store.appendSpend(spend(1), update(1)));
      const sameSeq = await store.appendSpend(spend(1), update(2));
      const sameRound = await store.appendSpend(spend(2), update(1));
      expect([sameSeq, sameRound]).toMatchObject([
        { ok: false, error: { code: 'STORE_CONFLICT' } },
        { ok: false, error: { code: 'STORE_CONFLICT' } },
      ]);
      expect(unwrap(await store.journal('run-a'))).toEqual([spend(1)]);
      expect(unwrap(await store.pending('run-a'))).toEqual([update(1)]);
    });

    it('settles one update, keeps its spend, and settles again without complaint', async () => {
      unwrap(await store.appendSpend(spend(1), update(1)));
      unwrap(await store.appendSpend(spend(2), update(2)));
      unwrap(await store.settle('run-a', 1, 'accepted'));
      unwrap(await store.settle('run-a', 1, 'accepted'));
      expect(unwrap(await store.pending('run-a'))).toEqual([update(2)]);
      expect(unwrap(await store.journal('run-a'))).toHaveLength(2);
    });

    it('takes many writes at once without losing one', async () => {
      const writes = Array.from({ length: 40 }, (_, i) => store.appendSpend(spend(i + 1), update(i + 1)));
      for (const write of await Promise.all(writes)) unwrap(write);
      expect(unwrap(await store.journal('run-a'))).toHaveLength(40);
      expect(unwrap(await store.pending('run-a'))).toHaveLength(40);
    });

    it('forgets everything on clear', async () => {
      unwrap(await store.putIdentity(IDENTITY));
      unwrap(await store.appendSpend(spend(1), update(1)));
      unwrap(await store.putSnapshot(snapshot(1)));
      unwrap(await store.putSetting('x', 1));
      unwrap(await store.clear());
      expect(unwrap(await store.identity())).toBeNull();
      expect(unwrap(await store.journal('run-a'))).toEqual([]);
      expect(unwrap(await store.pending('run-a'))).toEqual([]);
      expect(unwrap(await store.snapshot('run-a'))).toBeNull();
      expect(unwrap(await store.setting('x'))).toBeUndefined();
    });

    it.skipIf(!durable)('has everything back after closing and opening', async () => {
      unwrap(await store.putIdentity(IDENTITY));
      unwrap(await store.appendSpend(spend(1), update(1)));
      unwrap(await store.appendSpend(spend(2), update(2)));
      unwrap(await store.settle('run-a', 1, 'refused'));
      unwrap(await store.putSnapshot(snapshot(7)));
      unwrap(await store.putSetting('x', { a: Uint8Array.of(9) }));
      await reopen();
      expect(unwrap(await store.identity())).toEqual(IDENTITY);
      expect(unwrap(await store.journal('run-a'))).toEqual([spend(1), spend(2)]);
      expect(unwrap(await store.pending('run-a'))).toEqual([update(2)]);
      expect(unwrap(await store.snapshot('run-a'))).toEqual(snapshot(7));
      expect(unwrap(await store.setting('x'))).toEqual({ a: Uint8Array.of(9) });
    });

    it.skipIf(!durable)('stays empty after clear, closing and opening', async () => {
      unwrap(await store.putIdentity(IDENTITY));
      unwrap(await store.appendSpend(spend(1), update(1)));
      unwrap(await store.clear());
      await reopen();
      expect(unwrap(await store.identity())).toBeNull();
      expect(unwrap(await store.journal('run-a'))).toEqual([]);
    });
  });
}
