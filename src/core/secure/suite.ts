import type { Result } from '../lib/result.ts';

/**
 * The fixed suite of PLQ-NK/1: X-Wing (ML-KEM-768 + X25519), AES-256-GCM, HKDF-SHA-384, SHA-384.
 * Two implementations (WebCrypto where the host has the algorithm, noble otherwise), one contract suite, the same vectors.
 * Sizes in bytes: public key 1216, secret key (seed) 32, ciphertext 1120, shared secret 32, AEAD key 32, nonce 12, tag 16.
 */
export interface CryptoSuite {
  readonly kind: 'webcrypto' | 'noble';
  kemKeypair(): Promise<KemKeypair>;
  kemFromSeed(seed: Uint8Array): Promise<Result<KemKeypair>>;
  encapsulate(publicKey: Uint8Array): Promise<Result<{ readonly ciphertext: Uint8Array; readonly secret: Uint8Array }>>;
  /** A wrong ciphertext of the right length gives another secret, not an error (implicit rejection). */
  decapsulate(keypair: KemKeypair, ciphertext: Uint8Array): Promise<Result<Uint8Array>>;
  seal(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Promise<Uint8Array>;
  /** SEC_AUTHENTICATION on any change of key, nonce, aad or bytes. */
  open(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Promise<Result<Uint8Array>>;
  sha384(bytes: Uint8Array): Promise<Uint8Array>;
  /** HMAC-SHA-384: HKDF-Extract with `salt` as key. */
  hkdfExtract(salt: Uint8Array, inputKey: Uint8Array): Promise<Uint8Array>;
  hkdfExpand(pseudoRandomKey: Uint8Array, info: Uint8Array, length: number): Promise<Uint8Array>;
}

export interface KemKeypair {
  readonly publicKey: Uint8Array;
  /** 32-byte seed, or null where the host keeps the key to itself. */
  readonly seed: Uint8Array | null;
  /** Back-end specific handle. */
  readonly handle: unknown;
}
