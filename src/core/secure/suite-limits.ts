import { assert } from '../lib/assert.ts';
import { fail, ok, type Failure, type Result } from '../lib/result.ts';

/** X-Wing sizes in bytes (draft-connolly-cfrg-xwing-kem-10, section 5.3); `coins` = 32 for ML-KEM and 32 for X25519. */
export const KEM = { seed: 32, publicKey: 1216, ciphertext: 1120, secret: 32, coins: 64 } as const;

export const AEAD_KEY = 32;
export const AEAD_NONCE = 12;
export const AEAD_TAG = 16;

/** Output of SHA-384. */
export const HASH = 48;

/** RFC 5869, section 2.3: at most 255 blocks. */
export const HKDF_LENGTH_MAX = 255 * HASH;

export function checkKemLength(
  part: 'seed' | 'publicKey' | 'ciphertext',
  bytes: Uint8Array,
): Result<null, Failure<'SEC_KEM_INPUT'>> {
  if (bytes.length === KEM[part]) return ok(null);
  return fail('SEC_KEM_INPUT', `got ${bytes.length} bytes as X-Wing ${part}, expected ${KEM[part]}`);
}

/** Keys and nonces come from our own key schedule: a wrong size is a bug. */
export function assertAeadInputs(key: Uint8Array, nonce: Uint8Array): void {
  assert(key.length === AEAD_KEY, `AES-256-GCM key of ${key.length} bytes`);
  assert(nonce.length === AEAD_NONCE, `AES-GCM nonce of ${nonce.length} bytes`);
}

/** One failure for every reason: which one it was would help only an attacker. */
export function authenticationFailure(): Result<never, Failure<'SEC_AUTHENTICATION'>> {
  return fail('SEC_AUTHENTICATION', 'the sealed bytes are not authentic; discard them and close the session');
}
