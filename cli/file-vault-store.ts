import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { decode, encode } from 'cborg';
import { fail, ok, type Failure, type Result } from '../src/core/lib/result.ts';
import { createImageVaultStore, EMPTY_IMAGE, type VaultImage } from '../src/core/storage/memory-vault-store.ts';
import type { AdapterSnapshot, VaultStore } from '../src/core/storage/vault-store.ts';

/** Identity, journal, pending updates and settings change together; snapshots are large and have a file of their own. */
const STATE_FILE = 'vault.cbor';
const SNAPSHOT_FILE = 'snapshots.cbor';
const LOCK_FILE = 'lock';

/**
 * A VaultStore in a directory. Every change writes a whole new file, syncs it and renames it over the old one, so a crash
 * leaves the old state or the new one. STORE_BLOCKED: not writable, or in use by a living process. STORE_CORRUPT: damaged.
 */
export async function openFileVaultStore(directory: string): Promise<Result<VaultStore>> {
  try {
    await mkdir(directory, { recursive: true });
    const locked = await lock(directory);
    if (!locked.ok) return locked;
    const image = await readImage(directory);
    if (!image.ok) {
      await unlink(join(directory, LOCK_FILE));
      return image;
    }
    return ok(
      createImageVaultStore({
        durable: true,
        image: image.value,
        persist: (next, changed) => persist(directory, next, changed),
        close: () => rm(join(directory, LOCK_FILE), { force: true }),
      }),
    );
  } catch (error) {
    return { ok: false, error: fileFailure(directory, error) };
  }
}

async function persist(
  directory: string,
  next: VaultImage,
  changed: readonly (keyof VaultImage)[],
): Promise<Result<null>> {
  try {
    const { snapshots, ...state } = next;
    if (changed.some((part) => part !== 'snapshots')) await writeAtomically(directory, STATE_FILE, state);
    if (changed.includes('snapshots')) await writeAtomically(directory, SNAPSHOT_FILE, snapshots.map(packSnapshot));
    return ok(null);
  } catch (error) {
    return { ok: false, error: fileFailure(directory, error) };
  }
}

async function readImage(directory: string): Promise<Result<VaultImage>> {
  const state = await readChecked(directory, STATE_FILE);
  if (!state.ok) return state;
  const snapshots = await readChecked(directory, SNAPSHOT_FILE);
  // The relay has every adapter: a damaged snapshot is no loss.
  const packed = snapshots.ok && snapshots.value !== null ? (snapshots.value as PackedSnapshot[]) : [];
  const rest = state.value === null ? EMPTY_IMAGE : (state.value as Omit<VaultImage, 'snapshots'>);
  return ok({ ...rest, snapshots: packed.map(unpackSnapshot) });
}

/** SHA-256 of the rest, then CBOR. */
async function writeAtomically(directory: string, name: string, value: unknown): Promise<void> {
  const body = encode(value);
  const temporary = join(directory, `${name}.new`);
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.write(createHash('sha256').update(body).digest());
    await file.write(body);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, join(directory, name));
  const folder = await open(directory, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function readChecked(directory: string, name: string): Promise<Result<unknown>> {
  let bytes: Buffer;
  try {
    bytes = await readFile(join(directory, name));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return ok(null);
    throw error;
  }
  const body = bytes.subarray(32);
  if (!createHash('sha256').update(body).digest().equals(bytes.subarray(0, 32)))
    return fail(
      'STORE_CORRUPT',
      `${join(directory, name)} is damaged; its privacy journal cannot be trusted: delete the folder to begin as a new participant`,
    );
  return ok(decode(body, { useMaps: false }) as unknown);
}

interface PackedSnapshot extends Omit<AdapterSnapshot, 'values'> {
  readonly values: Uint8Array;
}

function packSnapshot({ values, ...rest }: AdapterSnapshot): PackedSnapshot {
  return { ...rest, values: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) };
}

function unpackSnapshot({ values, ...rest }: PackedSnapshot): AdapterSnapshot {
  return { ...rest, values: new Float32Array(Uint8Array.from(values).buffer) };
}

/** The lock holds the process id; one of a process that is gone is taken over. */
async function lock(directory: string): Promise<Result<null>> {
  const path = join(directory, LOCK_FILE);
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const file = await open(path, 'wx', 0o600);
      await file.write(`${process.pid}`);
      await file.close();
      return ok(null);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
      const owner = Number(await readFile(path, 'utf8').catch(() => ''));
      if (isAlive(owner))
        return fail('STORE_BLOCKED', `${directory} is in use by process ${owner}; take another folder`);
      await rm(path, { force: true });
    }
  }
  return fail('STORE_BLOCKED', `${directory} is being opened by another process; take another folder`, true);
}

/** Pid 0 or not a number: a lock that was never finished. */
function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}

function fileFailure(directory: string, error: unknown): Failure {
  const code = codeOf(error);
  const detail = error instanceof Error ? error.message : String(error);
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return { code: 'STORE_FULL', message: `no space left in ${directory}; free some and start again`, retry: false };
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code === 'ENOTDIR' || code === 'EEXIST')
    return { code: 'STORE_BLOCKED', message: `${directory} is not a writable folder (${detail})`, retry: false };
  return { code: 'STORE_CORRUPT', message: `${directory} failed (${detail})`, retry: false };
}
