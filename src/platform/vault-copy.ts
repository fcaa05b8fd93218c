import { fromBase64Url, sha256Hex, toBase64Url, utf8 } from '../core/lib/bytes.ts';
import { fail, ok, type Result } from '../core/lib/result.ts';
import type { IdentityRecord, SpendRecord } from '../core/storage/vault-store.ts';
import { storageFailure } from './idb-schema.ts';

/**
 * Second, checksummed copy of what must never be lost, outside IndexedDB. A damaged IndexedDB log silently comes back as an
 * empty database (measured in Chromium: 64 flipped bytes lose every record without an error); this copy is how it is noticed.
 */
export interface VaultCopy {
  /** null: never written. STORE_CORRUPT: something was written but no intact copy is left. */
  read(): Promise<Result<CopyContent | null>>;
  write(content: CopyContent): Promise<Result<null>>;
  remove(): Promise<void>;
}

export interface CopyContent {
  readonly identity: IdentityRecord | null;
  readonly journal: readonly SpendRecord[];
}

/** Two slots written in turn: a crash in the middle of a write spoils only the older one. */
export interface CopyFiles {
  read(slot: 0 | 1): Promise<string | null>;
  write(slot: 0 | 1, text: string): Promise<void>;
  remove(slot: 0 | 1): Promise<void>;
}

interface Stored {
  readonly generation: number;
  readonly content: CopyContent;
}

export function createVaultCopy(files: CopyFiles): VaultCopy {
  let generation = 0;
  return {
    async read() {
      try {
        const texts = [await files.read(0), await files.read(1)].filter((text) => text !== null);
        const intact = texts.map(decode).filter((stored) => stored !== null);
        const newest = intact.sort((a, b) => b.generation - a.generation)[0];
        if (newest !== undefined) {
          generation = newest.generation;
          return ok(newest.content);
        }
        if (texts.length === 0) return ok(null);
        return fail('STORE_CORRUPT', 'the second copy of the privacy journal is damaged');
      } catch (error) {
        return { ok: false, error: storageFailure(error) };
      }
    },
    async write(content) {
      generation += 1;
      try {
        await files.write(generation % 2 === 0 ? 0 : 1, encode({ generation, content }));
        return ok(null);
      } catch (error) {
        return { ok: false, error: storageFailure(error) };
      }
    },
    async remove() {
      await files.remove(0);
      await files.remove(1);
    },
  };
}

function encode({ generation, content }: Stored): string {
  const identity =
    content.identity === null ? null : { ...content.identity, token: toBase64Url(content.identity.token) };
  const body = JSON.stringify({ generation, identity, journal: content.journal });
  return `${sha256Hex(utf8(body))}\n${body}`;
}

/** The checksum proves that `encode` wrote it, so the shape needs no second check. */
function decode(text: string): Stored | null {
  const body = text.slice(65);
  if (text.slice(0, 64) !== sha256Hex(utf8(body))) return null;
  const parsed = JSON.parse(body) as {
    generation: number;
    identity: (Omit<IdentityRecord, 'token'> & { token: string }) | null;
    journal: SpendRecord[];
  };
  if (parsed.identity === null)
    return { generation: parsed.generation, content: { identity: null, journal: parsed.journal } };
  const token = fromBase64Url(parsed.identity.token);
  if (!token.ok) return null;
  return {
    generation: parsed.generation,
    content: { identity: { ...parsed.identity, token: token.value }, journal: parsed.journal },
  };
}

/** Slots in the origin-private file system; null where the browser has none (then IndexedDB is the only copy). */
export async function openOpfsCopy(name: string): Promise<VaultCopy | null> {
  try {
    const root = await navigator.storage.getDirectory();
    return createVaultCopy(opfsFiles(root, name));
  } catch {
    return null;
  }
}

function opfsFiles(root: FileSystemDirectoryHandle, name: string): CopyFiles {
  const path = (slot: 0 | 1): string => `${name}.${slot}.json`;
  return {
    async read(slot) {
      try {
        const handle = await root.getFileHandle(path(slot));
        return await (await handle.getFile()).text();
      } catch (error) {
        if (error instanceof DOMException && error.name === 'NotFoundError') return null;
        throw error;
      }
    },
    async write(slot, text) {
      const handle = await root.getFileHandle(path(slot), { create: true });
      // Synchronous handles exist only in dedicated workers; there they are the faster way and flush for certain.
      if ('createSyncAccessHandle' in handle && typeof WorkerGlobalScope !== 'undefined') {
        const file = await handle.createSyncAccessHandle();
        try {
          const bytes = utf8(text);
          file.truncate(bytes.length);
          file.write(bytes, { at: 0 });
          file.flush();
        } finally {
          file.close();
        }
        return;
      }
      const writable = await handle.createWritable();
      await writable.write(text);
      await writable.close();
    },
    async remove(slot) {
      await root.removeEntry(path(slot)).catch(() => null);
    },
  };
}
