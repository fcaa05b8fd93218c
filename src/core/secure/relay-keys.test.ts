import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { ml_dsa44 } from '@noble/post-quantum/ml-dsa.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { at } from '../lib/assert.ts';
import { concat, fromHex, utf8 } from '../lib/bytes.ts';
import { Prng } from '../lib/prng.ts';
import { unwrap } from '../lib/result.ts';
import { createNobleSuite } from './noble-suite.ts';
import {
  decodeRelaySecrets,
  encodeRelaySecrets,
  fingerprintOf,
  generateRelaySecrets,
  openRelayBundle,
  openRelayKeys,
  signConfig,
  verifyConfig,
  type RelayKeys,
} from './relay-keys.ts';

const suite = createNobleSuite(new Prng(0));
const secrets = generateRelaySecrets(new Prng('relay keys'));
let keys: RelayKeys;
beforeAll(async () => {
  keys = unwrap(await openRelayKeys(suite, secrets));
});

describe('relay keys', () => {
  it('survive being written and read, with the committed fingerprint', async () => {
    const read = unwrap(decodeRelaySecrets(encodeRelaySecrets(secrets)));
    expect(read).toEqual(secrets);
    const again = unwrap(await openRelayKeys(suite, read));
    expect(again.bundle).toEqual(keys.bundle);
    expect(again.fingerprint).toBe('HhOEXxKveBAimTcUtffqQoseK4tei851wItCtQ9Twz8');
    expect(again.fingerprint).toBe(fingerprintOf(keys.bundle));
  });

  it('are refused when truncated, extended or changed anywhere', () => {
    const bytes = encodeRelaySecrets(secrets);
    for (let index = 0; index < bytes.length; index++) {
      const changed = Uint8Array.from(bytes);
      changed[index] = (changed[index] ?? 0) ^ 0x10;
      for (const bad of [changed, bytes.subarray(0, index), concat(bytes, utf8('x'))])
        expect(decodeRelaySecrets(bad)).toMatchObject({ ok: false, error: { code: 'SEC_RELAY_KEYS' } });
    }
  });

  it('come from a random source that moves', () => {
    expect(() => generateRelaySecrets({ fill: (bytes) => void bytes.fill(0) })).toThrow('repeats itself');
  });
});

describe('relay bundle', () => {
  it('gives the public keys that match the pin', () => {
    const bundle = unwrap(openRelayBundle(keys.bundle, keys.fingerprint));
    expect(bundle.kemPublicKey).toEqual(keys.keypair.publicKey);
    expect(bundle.rootPublicKey).toHaveLength(1312);
  });

  it('is refused under another pin, or with any byte changed', () => {
    for (let index = 0; index < keys.bundle.length; index += 17) {
      const changed = Uint8Array.from(keys.bundle);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(openRelayBundle(changed, keys.fingerprint)).toMatchObject({ error: { code: 'SEC_RELAY_PIN' } });
    }
    for (const pin of ['', 'x', `${keys.fingerprint}A`, keys.fingerprint.slice(1), `${keys.fingerprint.slice(0, 42)}!`])
      expect(openRelayBundle(keys.bundle, pin)).toMatchObject({ error: { code: 'SEC_RELAY_PIN' } });
  });

  it('has one spelling of its pin', () => {
    // The last of 43 digits carries four bits: three other digits decode to the same bytes.
    const last = keys.fingerprint.charCodeAt(42);
    const twin = `${keys.fingerprint.slice(0, 42)}${String.fromCharCode(last + 1)}`;
    expect(openRelayBundle(keys.bundle, twin)).toMatchObject({ error: { code: 'SEC_RELAY_PIN' } });
  });

  it('is refused when it matches the pin but has another shape', () => {
    for (const bad of [
      new Uint8Array(),
      utf8('PLQ relay public 2\n'),
      keys.bundle.slice(0, -1),
      concat(keys.bundle, utf8('x')),
    ])
      expect(openRelayBundle(bad, fingerprintOf(bad))).toMatchObject({ error: { code: 'SEC_RELAY_BUNDLE' } });
  });
});

describe('run configuration signature', () => {
  const message = utf8('run configuration');

  it('verifies under the root key of the bundle and nothing else', async () => {
    const { rootPublicKey } = unwrap(openRelayBundle(keys.bundle, keys.fingerprint));
    const signature = signConfig(secrets, message);
    expect(verifyConfig(rootPublicKey, message, signature)).toBe(true);
    expect(verifyConfig(rootPublicKey, utf8('run configuratiom'), signature)).toBe(false);
    const other = unwrap(await openRelayKeys(suite, generateRelaySecrets(new Prng('other relay'))));
    const otherRoot = unwrap(openRelayBundle(other.bundle, other.fingerprint)).rootPublicKey;
    expect(verifyConfig(otherRoot, message, signature)).toBe(false);
    const withoutContext = ml_dsa44.sign(message, ml_dsa44.keygen(secrets.signingSeed).secretKey);
    expect(verifyConfig(rootPublicKey, message, withoutContext)).toBe(false);
  });

  it('is refused with a changed byte or another length, without an exception', () => {
    const { rootPublicKey } = unwrap(openRelayBundle(keys.bundle, keys.fingerprint));
    const signature = signConfig(secrets, message);
    for (let index = 0; index < signature.length; index += 71) {
      const changed = Uint8Array.from(signature);
      changed[index] = (changed[index] ?? 0) ^ 4;
      expect(verifyConfig(rootPublicKey, message, changed), `byte ${index}`).toBe(false);
    }
    for (const bad of [new Uint8Array(), signature.slice(1), concat(signature, utf8('x')), new Uint8Array(2420)])
      expect(verifyConfig(rootPublicKey, message, bad)).toBe(false);
    expect(verifyConfig(rootPublicKey.slice(1), message, signature)).toBe(false);
  });
});

const VECTORS = new URL('../../../../shared/data/vectors/acvp-ml-dsa-sigver.json.gz', import.meta.url);

interface SignatureGroup {
  readonly parameterSet: string;
  readonly signatureInterface: string;
  readonly preHash: string;
  readonly tests: readonly (Record<'pk' | 'message' | 'context' | 'signature', string> & { testPassed: boolean })[];
}

describe.skipIf(!existsSync(VECTORS))('ML-DSA-44, public vectors', () => {
  it('accepts and refuses what ACVP accepts and refuses (FIPS 204)', () => {
    const hex = (text: string): Uint8Array => unwrap(fromHex(text.toLowerCase()));
    const file = JSON.parse(gunzipSync(readFileSync(VECTORS)).toString('utf8')) as { testGroups: SignatureGroup[] };
    const groups = file.testGroups.filter(
      (g) => g.parameterSet === 'ML-DSA-44' && g.signatureInterface === 'external' && g.preHash === 'pure',
    );
    const { tests } = at(groups, 0);
    expect(tests).toHaveLength(15);
    expect(new Set(tests.map((test) => test.testPassed)).size).toBe(2);
    for (const test of tests) {
      const context = hex(test.context);
      let valid = false;
      try {
        valid = ml_dsa44.verify(hex(test.signature), hex(test.message), hex(test.pk), { context });
      } catch {
        valid = false;
      }
      expect(valid).toBe(test.testPassed);
    }
  });
});
