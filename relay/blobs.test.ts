import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { sha256Hex, utf8 } from '../src/core/lib/bytes.ts';
import { unwrap } from '../src/core/lib/result.ts';
import { BlobStore } from './blobs.ts';

const root = mkdtempSync(join(tmpdir(), 'plaquette-blobs-'));
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});
let folders = 0;
const fresh = (): string => join(root, String(folders++));

describe('blob store', () => {
  it('reads back what it wrote, under the hash of the content', async () => {
    const store = unwrap(await BlobStore.open(fresh()));
    const bytes = utf8('a delta');
    const name = unwrap(await store.put(bytes));
    expect(name).toBe(sha256Hex(bytes));
    expect(unwrap(await store.get(name))).toEqual(bytes);
    expect(unwrap(await store.put(bytes))).toBe(name);
    expect(await store.list()).toEqual([name]);
  });

  it('stores the same bytes from many writers at once', async () => {
    const folder = fresh();
    const store = unwrap(await BlobStore.open(folder));
    const names = await Promise.all(Array.from({ length: 8 }, () => store.put(utf8('same'))));
    expect(new Set(names.map(unwrap)).size).toBe(1);
    expect(readdirSync(folder)).toHaveLength(1);
  });

  it('notices changed content', async () => {
    const folder = fresh();
    const store = unwrap(await BlobStore.open(folder));
    const name = unwrap(await store.put(utf8('good')));
    writeFileSync(join(folder, name), 'evil');
    expect(await store.get(name)).toMatchObject({ error: { code: 'RELAY_BLOB_CORRUPT' } });
    unwrap(await store.put(utf8('good')));
    expect(unwrap(await store.get(name))).toEqual(utf8('good'));
  });

  it.each(['../secret', 'a'.repeat(63), `${'a'.repeat(63)}/`, '', 'A'.repeat(64)])(
    'refuses the name %j',
    async (name) => {
      const store = unwrap(await BlobStore.open(fresh()));
      expect(await store.get(name)).toMatchObject({ error: { code: 'RELAY_BLOB_MISSING' } });
    },
  );

  it('forgets what an interrupted write left behind', async () => {
    const folder = fresh();
    unwrap(await BlobStore.open(folder));
    writeFileSync(join(folder, `${'a'.repeat(64)}.x.tmp`), 'half');
    const store = unwrap(await BlobStore.open(folder));
    expect(await store.list()).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('says so when the folder cannot be made', async () => {
    const file = join(root, 'a-file');
    writeFileSync(file, '');
    expect(await BlobStore.open(join(file, 'sub'))).toMatchObject({ error: { code: 'RELAY_DATA_NOT_WRITABLE' } });
  });
});
