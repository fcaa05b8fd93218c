import { gcm } from '@noble/ciphers/aes.js';
import { expand, extract } from '@noble/hashes/hkdf.js';
import { sha384 } from '@noble/hashes/sha2.js';
import { ml_kem768_x25519 as xwing } from '@noble/post-quantum/hybrid.js';
import { assert } from '../lib/assert.ts';
import { fail, ok, type Result } from '../lib/result.ts';
import type { Rng } from '../lib/world.ts';
import { assertAeadInputs, AEAD_TAG, authenticationFailure, checkKemLength, KEM } from './suite-limits.ts';
import type { CryptoSuite, KemKeypair } from './suite.ts';

/** The KEM of the suite in JavaScript; shared with hosts that have the rest natively (Node 20). */
export type NobleKem = Pick<CryptoSuite, 'kemKeypair' | 'kemFromSeed' | 'encapsulate' | 'decapsulate'>;

/**
 * X-Wing (draft-connolly-cfrg-xwing-kem-10). Not constant time: the relay's static key belongs behind a rate limit.
 * Failures: SEC_KEM_INPUT for a wrong length, a coefficient >= q (FIPS 203, section 7.2) or an all-zero X25519 result.
 */
export function createNobleKem(rng: Rng): NobleKem {
  const fresh = (length: number): Uint8Array => {
    const bytes = new Uint8Array(length);
    rng.fill(bytes);
    return bytes;
  };
  const fromSeed = (seed: Uint8Array): KemKeypair => {
    const copy = Uint8Array.from(seed);
    return { publicKey: xwing.getPublicKey(copy), seed: copy, handle: null };
  };
  return {
    async kemKeypair() {
      return fromSeed(fresh(KEM.seed));
    },
    async kemFromSeed(seed) {
      const length = checkKemLength('seed', seed);
      return length.ok ? ok(fromSeed(seed)) : length;
    },
    async encapsulate(publicKey) {
      const length = checkKemLength('publicKey', publicKey);
      if (!length.ok) return length;
      return guarded(() => {
        const { cipherText, sharedSecret } = xwing.encapsulate(publicKey, fresh(KEM.coins));
        return { ciphertext: cipherText, secret: sharedSecret };
      });
    },
    async decapsulate(keypair, ciphertext) {
      const length = checkKemLength('ciphertext', ciphertext);
      if (!length.ok) return length;
      const { seed } = keypair;
      assert(seed !== null, 'a key pair of another suite: it has no seed');
      return guarded(() => xwing.decapsulate(ciphertext, seed));
    },
  };
}

/** The whole suite in JavaScript: the fallback everywhere, and the oracle of the native one. */
export function createNobleSuite(rng: Rng): CryptoSuite {
  return {
    kind: 'noble',
    ...createNobleKem(rng),
    async seal(key, nonce, aad, plaintext) {
      assertAeadInputs(key, nonce);
      return gcm(key, nonce, aad).encrypt(plaintext);
    },
    async open(key, nonce, aad, sealed) {
      assertAeadInputs(key, nonce);
      if (sealed.length < AEAD_TAG) return authenticationFailure();
      try {
        return ok(gcm(key, nonce, aad).decrypt(sealed));
      } catch {
        return authenticationFailure();
      }
    },
    async sha384(bytes) {
      return sha384(bytes);
    },
    async hkdfExtract(salt, inputKey) {
      return extract(sha384, inputKey, salt);
    },
    async hkdfExpand(pseudoRandomKey, info, length) {
      return expand(sha384, pseudoRandomKey, info, length);
    },
  };
}

/** noble reports bad keys and ciphertexts by exceptions; their texts differ by cause, so they stay here. */
function guarded<T>(action: () => T): Result<T> {
  try {
    return ok(action());
  } catch {
    return fail('SEC_KEM_INPUT', 'the KEM refused the key or the ciphertext as malformed; start a new handshake');
  }
}
