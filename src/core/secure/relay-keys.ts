import { ml_dsa44 } from '@noble/post-quantum/ml-dsa.js';
import { assert } from '../lib/assert.ts';
import { concat, equalConstantTime, fromBase64Url, sha256, toBase64Url, utf8, type Bytes } from '../lib/bytes.ts';
import { fail, ok, type Failure, type Result } from '../lib/result.ts';
import type { Rng } from '../lib/world.ts';
import { KEM } from './suite-limits.ts';
import type { CryptoSuite, KemKeypair } from './suite.ts';

/** FIPS 204, table 2 (ML-DSA-44). */
const SIGNING_SEED = 32;
const ROOT_PUBLIC_KEY = 1312;
const ROOT_SIGNATURE = 2420;

const SECRET_MAGIC = utf8('PLQ relay secret 1\n');
const BUNDLE_MAGIC = utf8('PLQ relay public 1\n');
const CHECK = 32;
const CONFIG_CONTEXT = utf8('PLQ run-config 1');

export type RelayKeyFailure = Failure<'SEC_RELAY_KEYS' | 'SEC_RELAY_BUNDLE' | 'SEC_RELAY_PIN'>;

/** Everything secret that a relay has; write it with mode 0600 and into backups. */
export interface RelaySecrets {
  /** X-Wing seed of the handshake key. */
  readonly kemSeed: Uint8Array;
  /** ML-DSA-44 seed of the root key that signs run configurations. */
  readonly signingSeed: Uint8Array;
}

export interface RelayBundle {
  readonly kemPublicKey: Uint8Array;
  readonly rootPublicKey: Uint8Array;
}

export interface RelayKeys {
  readonly secrets: RelaySecrets;
  readonly keypair: KemKeypair;
  /** Public bytes, served by the relay and checked by clients against the pin. */
  readonly bundle: Bytes;
  readonly fingerprint: string;
}

/** New keys of a relay. */
export function generateRelaySecrets(rng: Rng): RelaySecrets {
  const kemSeed = new Uint8Array(KEM.seed);
  const signingSeed = new Uint8Array(SIGNING_SEED);
  rng.fill(kemSeed);
  rng.fill(signingSeed);
  assert(!equalConstantTime(kemSeed, signingSeed), 'the random source repeats itself');
  return { kemSeed, signingSeed };
}

/** Magic, two seeds, SHA-256 of all before. */
export function encodeRelaySecrets(secrets: RelaySecrets): Bytes {
  const body = concat(SECRET_MAGIC, secrets.kemSeed, secrets.signingSeed);
  return concat(body, sha256(body));
}

/** SEC_RELAY_KEYS where a file is truncated, changed or not of this kind. */
export function decodeRelaySecrets(bytes: Uint8Array): Result<RelaySecrets, RelayKeyFailure> {
  const length = SECRET_MAGIC.length + KEM.seed + SIGNING_SEED;
  const body = bytes.subarray(0, length);
  const intact =
    bytes.length === length + CHECK &&
    equalConstantTime(body.subarray(0, SECRET_MAGIC.length), SECRET_MAGIC) &&
    equalConstantTime(sha256(body), bytes.subarray(length));
  if (!intact)
    return fail('SEC_RELAY_KEYS', `${bytes.length} bytes are not intact relay keys; restore them from the backup`);
  const seeds = body.slice(SECRET_MAGIC.length);
  return ok({ kemSeed: seeds.slice(0, KEM.seed), signingSeed: seeds.slice(KEM.seed) });
}

/** Derives the public part; the same secrets give the same bundle and fingerprint with every suite. */
export async function openRelayKeys(suite: CryptoSuite, secrets: RelaySecrets): Promise<Result<RelayKeys>> {
  const keypair = await suite.kemFromSeed(secrets.kemSeed);
  if (!keypair.ok) return keypair;
  const { publicKey, secretKey } = ml_dsa44.keygen(secrets.signingSeed);
  secretKey.fill(0);
  const bundle = concat(BUNDLE_MAGIC, keypair.value.publicKey, publicKey);
  return ok({ secrets, keypair: keypair.value, bundle, fingerprint: fingerprintOf(bundle) });
}

/** The pin of the join link: base64url(SHA-256(bundle)), 43 characters. */
export function fingerprintOf(bundle: Uint8Array): string {
  return toBase64Url(sha256(bundle));
}

/** Reads a bundle that came over an untrusted way. SEC_RELAY_PIN: it is not the one that the link names. */
export function openRelayBundle(bundle: Uint8Array, pin: string): Result<RelayBundle, RelayKeyFailure> {
  const pinned = fromBase64Url(pin);
  if (!pinned.ok || pinned.value.length !== 32 || toBase64Url(pinned.value) !== pin)
    return fail('SEC_RELAY_PIN', `the pin in the link has ${pin.length} characters, expected 43 of base64url`);
  if (!equalConstantTime(sha256(bundle), pinned.value))
    return fail('SEC_RELAY_PIN', 'the relay shows other keys than the link names; get a new link from the organiser');
  const keys = bundle.slice(BUNDLE_MAGIC.length);
  const magic = bundle.subarray(0, BUNDLE_MAGIC.length);
  if (keys.length !== KEM.publicKey + ROOT_PUBLIC_KEY || !equalConstantTime(magic, BUNDLE_MAGIC))
    return fail('SEC_RELAY_BUNDLE', `${bundle.length} bytes are not relay keys of version 1; reload the page`);
  return ok({ kemPublicKey: keys.slice(0, KEM.publicKey), rootPublicKey: keys.slice(KEM.publicKey) });
}

/** ML-DSA-44, deterministic, context "PLQ run-config 1"; 2,420 bytes. */
export function signConfig(secrets: RelaySecrets, message: Uint8Array): Uint8Array {
  const { secretKey } = ml_dsa44.keygen(secrets.signingSeed);
  const signature = ml_dsa44.sign(message, secretKey, { context: CONFIG_CONTEXT, extraEntropy: false });
  secretKey.fill(0);
  return signature;
}

/** False for any malformed key or signature; never throws. */
export function verifyConfig(rootPublicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (rootPublicKey.length !== ROOT_PUBLIC_KEY || signature.length !== ROOT_SIGNATURE) return false;
  try {
    return ml_dsa44.verify(signature, message, rootPublicKey, { context: CONFIG_CONTEXT });
  } catch {
    return false;
  }
}
