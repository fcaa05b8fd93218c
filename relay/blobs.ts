import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fail, ok, type Result } from '../src/core/lib/result.ts';

/**
 * Files named by the SHA-256 of their content, in one folder. A resolved `put` is on disk: content and folder entry are flushed.
 *
 * Failures: RELAY_BLOB_WRITE (retry: disk full or gone), RELAY_BLOB_MISSING, RELAY_BLOB_CORRUPT (content and name disagree).
 */
export class BlobStore {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Creates the folder and removes what an interrupted `put` left behind. */
  static async open(folder: string): Promise<Result<BlobStore>> {
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      for (const name of await readdir(folder)) if (name.endsWith(TEMPORARY)) await rm(join(folder, name));
      return ok(new BlobStore(folder));
    } catch (error) {
      return fail(
        'RELAY_DATA_NOT_WRITABLE',
        `cannot use the folder ${folder} (${reason(error)}): check its permissions, or choose another with --data`,
      );
    }
  }

  /** Returns the name: SHA-256, hex. Storing the same bytes again is free. */
  async put(bytes: Uint8Array): Promise<Result<string>> {
    const name = createHash('sha256').update(bytes).digest('hex');
    const temporary = join(this.#folder, `${name}.${randomUUID()}${TEMPORARY}`);
    try {
      if ((await this.get(name)).ok) {
        // Another `put` may have renamed it a moment ago, and a folder entry that is not flushed can be lost.
        await flushFolder(this.#folder);
        return ok(name);
      }
      await writeDurably(temporary, bytes);
      await rename(temporary, join(this.#folder, name));
      await flushFolder(this.#folder);
      return ok(name);
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      return fail('RELAY_BLOB_WRITE', `cannot store ${bytes.length} bytes (${reason(error)}): is the disk full?`, true);
    }
  }

  async get(name: string): Promise<Result<Uint8Array<ArrayBuffer>>> {
    if (!NAME.test(name)) return fail('RELAY_BLOB_MISSING', 'a blob has a name of 64 hex digits');
    let bytes: Uint8Array<ArrayBuffer>;
    try {
      bytes = new Uint8Array(await readFile(join(this.#folder, name)));
    } catch (error) {
      return fail('RELAY_BLOB_MISSING', `blob ${name} cannot be read (${reason(error)})`);
    }
    if (createHash('sha256').update(bytes).digest('hex') !== name)
      return fail('RELAY_BLOB_CORRUPT', `blob ${name} has other content than its name says: restore it from a backup`);
    return ok(bytes);
  }

  /** All names. */
  async list(): Promise<readonly string[]> {
    return (await readdir(this.#folder)).filter((name) => NAME.test(name));
  }

  /** Unknown names are ignored. */
  async remove(name: string): Promise<void> {
    if (NAME.test(name)) await rm(join(this.#folder, name), { force: true });
  }
}

const NAME = /^[0-9a-f]{64}$/;
const TEMPORARY = '.tmp';

/** Writes a new file and flushes it. Refuses to overwrite. */
export async function writeDurably(path: string, bytes: Uint8Array, mode = 0o600): Promise<void> {
  const file = await open(path, 'wx', mode);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Without this a crash may forget the rename although the content is on disk. Windows cannot open folders: skipped there. */
export async function flushFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
