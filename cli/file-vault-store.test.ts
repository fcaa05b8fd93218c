import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { unwrap } from '../src/core/lib/result.ts';
import { IDENTITY, spend, update, vaultStoreContract } from '../src/core/storage/vault-store.contract.ts';
import { openFileVaultStore } from './file-vault-store.ts';

let root = '';
let directory = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'plaquette-vault-'));
  directory = join(root, 'state');
});
afterAll(() => rm(root, { recursive: true }));
const reset = (): Promise<void> => rm(directory, { recursive: true, force: true });

vaultStoreContract('files', true, { open: async () => unwrap(await openFileVaultStore(directory)), reset });

describe('file vault store', () => {
  beforeEach(reset);

  it('refuses a folder that a living process uses and takes over one of a dead process', async () => {
    const store = unwrap(await openFileVaultStore(directory));
    expect(await openFileVaultStore(directory)).toMatchObject({ ok: false, error: { code: 'STORE_BLOCKED' } });
    // Above every pid_max of Linux (2^22).
    await writeFile(join(directory, 'lock'), '4194999');
    const second = unwrap(await openFileVaultStore(directory));
    await second.close();
    await store.close();
  });

  it('refuses damaged files instead of forgetting spend', async () => {
    const store = unwrap(await openFileVaultStore(directory));
    unwrap(await store.putIdentity(IDENTITY));
    unwrap(await store.appendSpend(spend(1), update(1)));
    await store.close();
    const path = join(directory, 'vault.cbor');
    const bytes = await readFile(path);
    bytes[bytes.length >> 1]! ^= 1;
    await writeFile(path, bytes);
    expect(await openFileVaultStore(directory)).toMatchObject({ ok: false, error: { code: 'STORE_CORRUPT' } });
  });

  it('names a path that is not a folder', async () => {
    const path = join(root, 'file');
    await writeFile(path, '');
    expect(await openFileVaultStore(path)).toMatchObject({ ok: false, error: { code: 'STORE_BLOCKED' } });
  });
});
