import { chmod, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fail, type Result } from '../src/core/lib/result.ts';
import type { Rng } from '../src/core/lib/world.ts';
import {
  decodeRelaySecrets,
  encodeRelaySecrets,
  generateRelaySecrets,
  openRelayKeys,
  type RelayKeys,
} from '../src/core/secure/relay-keys.ts';
import type { CryptoSuite } from '../src/core/secure/suite.ts';
import { flushFolder, writeDurably } from './blobs.ts';

/**
 * The relay's keys, made at the first start. Only the owner may read the file (0600). Links and privacy pins of everybody who
 * joined depend on them, so they are never replaced silently: a damaged file is a failure (SEC_RELAY_KEYS).
 */
export async function loadOrCreateKeys(path: string, suite: CryptoSuite, rng: Rng): Promise<Result<RelayKeys>> {
  try {
    const stored = await readIfThere(path);
    if (stored !== null) {
      await chmod(path, 0o600);
      const secrets = decodeRelaySecrets(stored);
      return secrets.ok ? await openRelayKeys(suite, secrets.value) : secrets;
    }
    const secrets = generateRelaySecrets(rng);
    const draft = `${path}.new`;
    await rm(draft, { force: true });
    await writeDurably(draft, encodeRelaySecrets(secrets), 0o600);
    await rename(draft, path);
    await flushFolder(dirname(path));
    return await openRelayKeys(suite, secrets);
  } catch (error) {
    return fail(
      'RELAY_DATA_NOT_WRITABLE',
      `the key file ${path} cannot be used (${error instanceof Error ? error.message : String(error)}): check its permissions`,
    );
  }
}

async function readIfThere(path: string): Promise<Uint8Array | null> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
