import { createCipheriv, createDecipheriv, createHash, createHmac } from 'node:crypto';
import { concat, sha256, utf8, type Bytes } from '../../lib/bytes.ts';
import { ok } from '../../lib/result.ts';
import type { Rng } from '../../lib/world.ts';
import type { NobleKem } from '../noble-suite.ts';
import { authenticationFailure, checkKemLength, KEM } from '../suite-limits.ts';
import type { CryptoSuite } from '../suite.ts';

/** The symmetric half by OpenSSL: fast, and an implementation independent of the two that ship. */
export function createOpensslSuite(kem: NobleKem): CryptoSuite {
  const hmac = (key: Uint8Array, ...parts: readonly Uint8Array[]): Bytes =>
    new Uint8Array(
      createHmac('sha384', key)
        .update(concat(...parts))
        .digest(),
    );
  return {
    kind: 'noble',
    ...kem,
    async seal(key, nonce, aad, plaintext) {
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(aad);
      return concat(cipher.update(plaintext), cipher.final(), cipher.getAuthTag());
    },
    async open(key, nonce, aad, sealed) {
      if (sealed.length < 16) return authenticationFailure();
      const decipher = createDecipheriv('aes-256-gcm', key, nonce).setAAD(aad);
      decipher.setAuthTag(sealed.subarray(sealed.length - 16));
      try {
        return ok(concat(decipher.update(sealed.subarray(0, sealed.length - 16)), decipher.final()));
      } catch {
        return authenticationFailure();
      }
    },
    async sha384(bytes) {
      return new Uint8Array(createHash('sha384').update(bytes).digest());
    },
    async hkdfExtract(salt, inputKey) {
      return hmac(salt, inputKey);
    },
    async hkdfExpand(key, info, length) {
      let out: Bytes = new Uint8Array();
      for (let i = 1, block: Uint8Array = new Uint8Array(); out.length < length; i++) {
        block = hmac(key, block, info, Uint8Array.of(i));
        out = concat(out, block);
      }
      return out.slice(0, length);
    },
  };
}

/**
 * NOT a KEM: the secret depends on the public key only, so decapsulation notices no change at all.
 * What a test with it refuses is refused by the transcript alone. Fast enough to flip every byte.
 */
export function createBlindKem(rng: Rng): NobleKem {
  const bytesOf = (length: number): Bytes => {
    const bytes = new Uint8Array(length);
    rng.fill(bytes);
    return bytes;
  };
  const secretOf = (publicKey: Uint8Array): Bytes => sha256(concat(utf8('blind'), publicKey));
  return {
    async kemKeypair() {
      return { publicKey: bytesOf(KEM.publicKey), seed: null, handle: null };
    },
    async kemFromSeed(seed) {
      const publicKey = new Uint8Array(KEM.publicKey);
      publicKey.set(seed);
      return ok({ publicKey, seed, handle: null });
    },
    async encapsulate(publicKey) {
      const length = checkKemLength('publicKey', publicKey);
      return length.ok ? ok({ ciphertext: bytesOf(KEM.ciphertext), secret: secretOf(publicKey) }) : length;
    },
    async decapsulate(keypair, ciphertext) {
      const length = checkKemLength('ciphertext', ciphertext);
      return length.ok ? ok(secretOf(keypair.publicKey)) : length;
    },
  };
}
