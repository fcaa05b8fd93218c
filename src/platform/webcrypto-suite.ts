import type { Bytes } from '../core/lib/bytes.ts';
import { concat, equalConstantTime, fromBase64Url, toBase64Url } from '../core/lib/bytes.ts';
import { assert } from '../core/lib/assert.ts';
import { fail, ok, unwrap, type Result } from '../core/lib/result.ts';
import type { Rng } from '../core/lib/world.ts';
import { createNobleKem, createNobleSuite, type NobleKem } from '../core/secure/noble-suite.ts';
import {
  AEAD_TAG,
  assertAeadInputs,
  authenticationFailure,
  checkKemLength,
  HASH,
  HKDF_LENGTH_MAX,
} from '../core/secure/suite-limits.ts';
import type { CryptoSuite } from '../core/secure/suite.ts';

/** WICG modern algorithms (Chromium 156): not in the TypeScript library yet. */
interface KemSubtle {
  generateKey(algorithm: typeof XWING, extractable: boolean, usages: readonly string[]): Promise<CryptoKeyPair>;
  importKey(
    format: 'raw-seed',
    seed: Bytes,
    algorithm: typeof XWING,
    extractable: boolean,
    usages: readonly string[],
  ): Promise<CryptoKey>;
  importKey(
    format: 'jwk',
    key: object,
    algorithm: typeof XWING,
    extractable: boolean,
    usages: readonly string[],
  ): Promise<CryptoKey>;
  exportKey(format: 'jwk', key: CryptoKey): Promise<{ readonly pub?: string }>;
  getPublicKey(key: CryptoKey, usages: readonly string[]): Promise<CryptoKey>;
  encapsulateBits(
    algorithm: typeof XWING,
    key: CryptoKey,
  ): Promise<{ readonly ciphertext: ArrayBuffer; readonly sharedKey: ArrayBuffer }>;
  decapsulateBits(algorithm: typeof XWING, key: CryptoKey, ciphertext: Bytes): Promise<ArrayBuffer>;
}

const XWING = { name: 'MLKEM768-X25519' } as const;
const ENCAPSULATE = ['encapsulateBits'];
const DECAPSULATE = ['decapsulateBits'];

/** The best suite of this host: WebCrypto where there is one (a secure context, Node), JavaScript otherwise. */
export async function openSuite(rng: Rng): Promise<CryptoSuite> {
  return (await openWebcryptoSuite(rng)) ?? createNobleSuite(rng);
}

/** Null where the host has no `crypto.subtle` (an insecure page). `nativeKem` is decided by really using it. */
export async function openWebcryptoSuite(rng: Rng): Promise<(CryptoSuite & { readonly nativeKem: boolean }) | null> {
  const subtle = subtleOfHost();
  if (subtle === null) return null;
  const native = await openNativeKem(subtle, rng);
  return {
    kind: 'webcrypto',
    nativeKem: native !== null,
    ...(native ?? createNobleKem(rng)),
    ...symmetric(subtle),
  };
}

function subtleOfHost(): SubtleCrypto | null {
  const { subtle } = globalThis.crypto as { readonly subtle?: SubtleCrypto };
  return subtle ?? null;
}

function symmetric(subtle: SubtleCrypto): Pick<CryptoSuite, 'seal' | 'open' | 'sha384' | 'hkdfExtract' | 'hkdfExpand'> {
  const aesKey = (key: Uint8Array, usage: 'encrypt' | 'decrypt'): Promise<CryptoKey> =>
    subtle.importKey('raw', owned(key), 'AES-GCM', false, [usage]);
  const parameters = (nonce: Uint8Array, aad: Uint8Array): AesGcmParams => ({
    name: 'AES-GCM',
    iv: owned(nonce),
    additionalData: owned(aad),
    tagLength: 8 * AEAD_TAG,
  });
  const hmacKey = (key: Uint8Array): Promise<CryptoKey> =>
    // WebCrypto refuses an empty HMAC key; zeros of the hash length are the same key (RFC 5869, section 2.2).
    subtle.importKey('raw', key.length === 0 ? new Uint8Array(HASH) : owned(key), HMAC, false, ['sign']);
  return {
    async seal(key, nonce, aad, plaintext) {
      assertAeadInputs(key, nonce);
      const input = owned(plaintext);
      return new Uint8Array(await subtle.encrypt(parameters(nonce, aad), await aesKey(key, 'encrypt'), input));
    },
    async open(key, nonce, aad, sealed) {
      assertAeadInputs(key, nonce);
      if (sealed.length < AEAD_TAG) return authenticationFailure();
      const imported = await aesKey(key, 'decrypt');
      try {
        return ok(new Uint8Array(await subtle.decrypt(parameters(nonce, aad), imported, owned(sealed))));
      } catch (error) {
        if (nameOf(error) === 'OperationError') return authenticationFailure();
        throw error;
      }
    },
    async sha384(bytes) {
      return new Uint8Array(await subtle.digest('SHA-384', owned(bytes)));
    },
    async hkdfExtract(salt, inputKey) {
      return new Uint8Array(await subtle.sign('HMAC', await hmacKey(salt), owned(inputKey)));
    },
    async hkdfExpand(pseudoRandomKey, info, length) {
      assert(Number.isInteger(length) && length >= 1 && length <= HKDF_LENGTH_MAX, `HKDF length ${length}`);
      const key = await hmacKey(pseudoRandomKey);
      const blocks: Uint8Array[] = [];
      let previous: Uint8Array = new Uint8Array();
      for (let i = 1; i <= Math.ceil(length / HASH); i++) {
        previous = new Uint8Array(await subtle.sign('HMAC', key, concat(previous, info, Uint8Array.of(i))));
        blocks.push(previous);
      }
      return concat(...blocks).slice(0, length);
    },
  };
}

const HMAC = { name: 'HMAC', hash: 'SHA-384' } as const;

/** Null unless a whole round trip works, since hosts expose the methods before the algorithm. */
async function openNativeKem(subtle: SubtleCrypto, rng: Rng): Promise<NobleKem | null> {
  if (!('encapsulateBits' in subtle && 'decapsulateBits' in subtle && 'getPublicKey' in subtle)) return null;
  try {
    const kem = nativeKem(subtle as unknown as KemSubtle);
    const seed = new Uint8Array(32);
    rng.fill(seed);
    const keypair = unwrap(await kem.kemFromSeed(seed));
    const sent = unwrap(await kem.encapsulate(keypair.publicKey));
    const got = unwrap(await kem.decapsulate(keypair, sent.ciphertext));
    const oracle = unwrap(await createNobleKem(rng).kemFromSeed(seed));
    const agrees = equalConstantTime(sent.secret, got) && equalConstantTime(oracle.publicKey, keypair.publicKey);
    return agrees ? kem : null;
  } catch {
    return null;
  }
}

/** Fresh private keys never enter JavaScript: `seed` is null for them, also where the relay asks by seed (not extractable). */
function nativeKem(subtle: KemSubtle): NobleKem {
  const publicBytes = async (key: CryptoKey): Promise<Uint8Array> => {
    const { pub } = await subtle.exportKey('jwk', key);
    return unwrap(fromBase64Url(pub ?? ''));
  };
  return {
    async kemKeypair() {
      const keys = await subtle.generateKey(XWING, false, [...ENCAPSULATE, ...DECAPSULATE]);
      return { publicKey: await publicBytes(keys.publicKey), seed: null, handle: keys.privateKey };
    },
    async kemFromSeed(seed) {
      const length = checkKemLength('seed', seed);
      if (!length.ok) return length;
      const handle = await subtle.importKey('raw-seed', owned(seed), XWING, false, DECAPSULATE);
      const publicKey = await publicBytes(await subtle.getPublicKey(handle, ENCAPSULATE));
      return ok({ publicKey, seed: Uint8Array.from(seed), handle });
    },
    async encapsulate(publicKey) {
      const length = checkKemLength('publicKey', publicKey);
      if (!length.ok) return length;
      return await guarded(async () => {
        const jwk = { kty: 'AKP', alg: XWING.name, key_ops: ENCAPSULATE, ext: true, pub: toBase64Url(publicKey) };
        const key = await subtle.importKey('jwk', jwk, XWING, true, ENCAPSULATE);
        const { ciphertext, sharedKey } = await subtle.encapsulateBits(XWING, key);
        return { ciphertext: new Uint8Array(ciphertext), secret: new Uint8Array(sharedKey) };
      });
    },
    async decapsulate(keypair, ciphertext) {
      const length = checkKemLength('ciphertext', ciphertext);
      if (!length.ok) return length;
      const handle = keypair.handle;
      assert(handle instanceof CryptoKey, 'a key pair of another suite: it has no CryptoKey');
      return await guarded(async () => new Uint8Array(await subtle.decapsulateBits(XWING, handle, owned(ciphertext))));
    },
  };
}

async function guarded<T>(action: () => Promise<T>): Promise<Result<T>> {
  try {
    return ok(await action());
  } catch (error) {
    const name = nameOf(error);
    if (name !== 'DataError' && name !== 'OperationError') throw error;
    return fail('SEC_KEM_INPUT', 'the KEM refused the key or the ciphertext as malformed; start a new handshake');
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

/** WebCrypto takes no view of shared memory. */
function owned(bytes: Uint8Array): Bytes {
  return bytes.buffer instanceof ArrayBuffer ? (bytes as Bytes) : Uint8Array.from(bytes);
}
