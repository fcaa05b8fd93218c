import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { at } from '../core/lib/assert.ts';
import { fromHex, toHex } from '../core/lib/bytes.ts';
import { Prng } from '../core/lib/prng.ts';
import { unwrap } from '../core/lib/result.ts';
import { suiteContract } from '../core/secure/suite.contract.ts';
import { openSuite, openWebcryptoSuite } from './webcrypto-suite.ts';

const rng = { fill: (bytes: Uint8Array): void => void crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>) };
const hex = (text: string): Uint8Array => unwrap(fromHex(text));
const VECTORS = new URL('../../../shared/data/vectors/x-wing.json', import.meta.url);

suiteContract('webcrypto (Node)', () => openSuite(rng));

describe('openSuite', () => {
  it('takes WebCrypto on Node, with the KEM that the host has', async () => {
    const suite = await openWebcryptoSuite(rng);
    expect(suite?.kind).toBe('webcrypto');
    expect(suite?.nativeKem).toBe('encapsulateBits' in crypto.subtle);
  });

  it('falls back to JavaScript where there is no crypto.subtle, as on an insecure page', async () => {
    vi.stubGlobal('crypto', { getRandomValues: () => undefined });
    try {
      expect((await openSuite(new Prng(1))).kind).toBe('noble');
    } finally {
      vi.unstubAllGlobals();
    }
  });

  it.skipIf(!existsSync(VECTORS))('decapsulates the public X-Wing vectors', async () => {
    const suite = await openSuite(rng);
    const vectors = JSON.parse(readFileSync(VECTORS, 'utf8')) as readonly Record<'seed' | 'ct' | 'ss', string>[];
    expect(at(vectors, 0).ss).toHaveLength(64);
    for (const vector of vectors) {
      const keypair = unwrap(await suite.kemFromSeed(hex(vector.seed)));
      expect(toHex(unwrap(await suite.decapsulate(keypair, hex(vector.ct))))).toBe(vector.ss);
    }
  });
});
