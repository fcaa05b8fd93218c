import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import { describe, expect, it } from 'vitest';
import { at } from '../lib/assert.ts';
import { concat, fromHex, toHex } from '../lib/bytes.ts';
import { Prng } from '../lib/prng.ts';
import { unwrap } from '../lib/result.ts';
import { createNobleSuite } from './noble-suite.ts';
import { suiteContract } from './suite.contract.ts';
import { KEM } from './suite-limits.ts';

const VECTORS = new URL('../../../../shared/data/vectors/', import.meta.url);
const hex = (text: string): Uint8Array => unwrap(fromHex(text.toLowerCase()));

suiteContract('noble', async () => createNobleSuite(new Prng('noble suite')));

interface XWingVector {
  readonly seed: string;
  readonly eseed: string;
  readonly pk: string;
  readonly ct: string;
  readonly ss: string;
}

interface KemTest {
  readonly testPassed?: boolean;
  readonly ek: string;
  readonly dk: string;
  readonly c: string;
  readonly k: string;
  readonly m: string;
}

interface KemGroup {
  readonly parameterSet: string;
  readonly function: string;
  readonly tests: readonly KemTest[];
}

describe.skipIf(!existsSync(VECTORS))('noble suite, public vectors', () => {
  it('agrees with every X-Wing vector, encapsulation coins included', async () => {
    const vectors = JSON.parse(readFileSync(new URL('x-wing.json', VECTORS), 'utf8')) as readonly XWingVector[];
    expect(vectors.length).toBeGreaterThan(2);
    for (const vector of vectors) {
      const coins = hex(vector.eseed);
      const suite = createNobleSuite({ fill: (bytes) => bytes.set(coins) });
      const keypair = unwrap(await suite.kemFromSeed(hex(vector.seed)));
      expect(toHex(keypair.publicKey)).toBe(vector.pk);
      const sent = unwrap(await suite.encapsulate(keypair.publicKey));
      expect(toHex(sent.ciphertext)).toBe(vector.ct);
      expect(toHex(sent.secret)).toBe(vector.ss);
      expect(toHex(unwrap(await suite.decapsulate(keypair, sent.ciphertext)))).toBe(vector.ss);
    }
  });

  const group = (name: string): readonly KemTest[] => {
    const bytes = gunzipSync(readFileSync(new URL('acvp-ml-kem-encap-decap.json.gz', VECTORS)));
    const { testGroups } = JSON.parse(bytes.toString('utf8')) as { readonly testGroups: readonly KemGroup[] };
    const found = testGroups.filter((g) => g.parameterSet === 'ML-KEM-768' && g.function === name);
    expect(found).toHaveLength(1);
    return at(found, 0).tests;
  };

  it('has an ML-KEM-768 half that agrees with ACVP (FIPS 203)', () => {
    const encapsulations = group('encapsulation');
    const decapsulations = group('decapsulation');
    expect([encapsulations.length, decapsulations.length]).toEqual([25, 10]);
    for (const test of encapsulations) {
      const { cipherText, sharedSecret } = ml_kem768.encapsulate(hex(test.ek), hex(test.m));
      expect([toHex(cipherText), toHex(sharedSecret)]).toEqual([test.c.toLowerCase(), test.k.toLowerCase()]);
    }
    for (const test of decapsulations)
      expect(toHex(ml_kem768.decapsulate(hex(test.c), hex(test.dk)))).toBe(test.k.toLowerCase());
  });

  it('refuses exactly the encapsulation keys that ACVP calls invalid', async () => {
    const suite = createNobleSuite(new Prng(1));
    const curveKey = (await suite.kemKeypair()).publicKey.subarray(KEM.publicKey - 32);
    const tests = group('encapsulationKeyCheck');
    expect(new Set(tests.map((test) => test.testPassed)).size).toBe(2);
    for (const test of tests) {
      const result = await suite.encapsulate(concat(hex(test.ek), curveKey));
      expect(result.ok).toBe(test.testPassed);
    }
  });
});
