import { assert } from '../lib/assert.ts';
import { concat, sha256, utf8, type Bytes } from '../lib/bytes.ts';
import { fail, ok, type Failure, type Result } from '../lib/result.ts';
import { AEAD_KEY, AEAD_NONCE, AEAD_TAG, KEM } from './suite-limits.ts';
import type { CryptoSuite } from './suite.ts';

/** What both sides must agree on before the first byte; a difference makes the handshake fail. */
export interface HandshakeContext {
  /** X-Wing, 1,216 bytes: the relay's static key, known by the pin in the join link. */
  readonly relayPublicKey: Uint8Array;
  /** Where the socket is, as the client sees it, e.g. "localhost:8080" (the HTTP Host). At most 255 bytes of UTF-8. */
  readonly origin: string;
  /** 32 bytes: SHA-256 of the build that both run; zeros = not bound. */
  readonly buildHash: Uint8Array;
}

/** Local causes. The peer is told PEER_REFUSAL for each of them. */
export type HandshakeFailure = Failure<
  | 'SEC_HANDSHAKE_SHAPE'
  | 'SEC_HANDSHAKE_VERSION'
  | 'SEC_HANDSHAKE_KEY'
  | 'SEC_HANDSHAKE_AUTHENTICATION'
  | 'SEC_HANDSHAKE_REPLAY'
  | 'SEC_HANDSHAKE_STATE'
>;

/** The only thing that may be told to the other side, whatever went wrong. */
export const PEER_REFUSAL: Failure<'SEC_HANDSHAKE'> = {
  code: 'SEC_HANDSHAKE',
  message: 'the handshake was refused; reload the page or get a new join link',
  retry: false,
};

const WIRE_VERSION = 1;
const HEADER = 4;
export const RNONCE = 32;
export const SESSION_ID = 16;
/** epoch u32, ratchet mode u8. */
const EPOCH_PARAMS = Uint8Array.of(0, 0, 0, 0, 0);

/** Invites and device keys fit; nothing larger has a reason to be in a handshake. */
export const CLIENT_PAYLOAD_MAX = 4096;
/** ML-DSA-65 signature, the largest planned one. */
const CLIENT_SIGNATURE_MAX = 3309;

export const M1_LENGTH = HEADER + KEM.ciphertext + KEM.publicKey + AEAD_TAG;
export const M2_LENGTH = HEADER + KEM.ciphertext + RNONCE + SESSION_ID + EPOCH_PARAMS.length + AEAD_TAG;
const M3_LENGTH_MAX = HEADER + 2 + CLIENT_PAYLOAD_MAX + 2 + CLIENT_SIGNATURE_MAX + AEAD_TAG;
const M3_LENGTH_MIN = HEADER + 2 + 2 + AEAD_TAG;

/** PLQ-NK/1, prologue (docs/SPEC-CHANNEL.md, CH2). */
function encodePrologue(context: HandshakeContext): Bytes {
  const { relayPublicKey, buildHash } = context;
  const origin = utf8(context.origin);
  assert(relayPublicKey.length === KEM.publicKey, `relay key of ${relayPublicKey.length} bytes`);
  assert(buildHash.length === 32, `build hash of ${buildHash.length} bytes`);
  assert(origin.length >= 1 && origin.length <= 255, `origin of ${origin.length} bytes`);
  const suite = Uint8Array.of(0, 1);
  const noCookie = Uint8Array.of(0);
  const originLength = Uint8Array.of(origin.length);
  const relayId = sha256(relayPublicKey);
  return concat(utf8('PLQ-NK/1'), suite, relayId, relayPublicKey, buildHash, originLength, origin, noCookie);
}

/** type, version, length of the body as u16; the body. */
export function encodeMessage(type: 1 | 2 | 3, ...parts: readonly Uint8Array[]): Bytes {
  const body = concat(...parts);
  assert(body.length <= 0xffff, `handshake body of ${body.length} bytes`);
  return concat(Uint8Array.of(type, WIRE_VERSION, body.length >> 8, body.length & 255), body);
}

/** The body of message `type`; every byte of the header has one right value. */
export function decodeMessage(type: 1 | 2 | 3, bytes: Uint8Array): Result<Uint8Array, HandshakeFailure> {
  const [least, most] = LENGTHS[type];
  if (bytes.length < least || bytes.length > most)
    return fail('SEC_HANDSHAKE_SHAPE', `M${type} of ${bytes.length} bytes, expected ${least} to ${most}`);
  if (bytes[1] !== WIRE_VERSION)
    return fail('SEC_HANDSHAKE_VERSION', `version ${bytes[1]}, expected ${WIRE_VERSION}; reload the page`);
  const length = ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0);
  if (bytes[0] !== type || length !== bytes.length - HEADER)
    return fail('SEC_HANDSHAKE_SHAPE', `header says message ${bytes[0]} of ${length} bytes, expected M${type}`);
  return ok(bytes.subarray(HEADER));
}

const LENGTHS = {
  1: [M1_LENGTH, M1_LENGTH],
  2: [M2_LENGTH, M2_LENGTH],
  3: [M3_LENGTH_MIN, M3_LENGTH_MAX],
} as const;

/** Cuts `bytes` at the given lengths; the rest is the last part. The caller has checked the total. */
export function cut(bytes: Uint8Array, ...lengths: readonly number[]): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const length of lengths) {
    parts.push(bytes.slice(offset, offset + length));
    offset += length;
  }
  parts.push(bytes.slice(offset));
  assert(offset <= bytes.length, `cut ${offset} of ${bytes.length} bytes`);
  return parts;
}

export function encodeSessionParams(sessionId: Uint8Array): Bytes {
  assert(sessionId.length === SESSION_ID, `session id of ${sessionId.length} bytes`);
  return concat(sessionId, EPOCH_PARAMS);
}

export function decodeSessionParams(bytes: Uint8Array): Result<Uint8Array, HandshakeFailure> {
  const params = bytes.subarray(SESSION_ID);
  if (params.length !== EPOCH_PARAMS.length || params.some((byte, i) => byte !== EPOCH_PARAMS[i]))
    return fail('SEC_HANDSHAKE_VERSION', 'the relay asks for epoch parameters that this build lacks; reload the page');
  return ok(bytes.slice(0, SESSION_ID));
}

/** Payload and device signature, each after its length as u16. The signature stays empty in this version. */
export function encodeClientPart(payload: Uint8Array): Bytes {
  return concat(Uint8Array.of(payload.length >> 8, payload.length & 255), payload, Uint8Array.of(0, 0));
}

export function decodeClientPart(bytes: Uint8Array): Result<Uint8Array, HandshakeFailure> {
  const malformed = fail('SEC_HANDSHAKE_SHAPE', 'the sealed part of M3 is not payload and empty signature');
  const length = ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);
  if (length > CLIENT_PAYLOAD_MAX || bytes.length !== 2 + length + 2) return malformed;
  if (bytes[2 + length] !== 0 || bytes[3 + length] !== 0) return malformed;
  return ok(bytes.slice(2, 2 + length));
}

/** Running hash and chain key, the same on both sides. */
export class Transcript {
  readonly #suite: CryptoSuite;
  #hash: Uint8Array;
  #chain: Uint8Array;

  private constructor(suite: CryptoSuite, hash: Uint8Array) {
    this.#suite = suite;
    this.#hash = hash;
    this.#chain = hash;
  }

  /** h0 = ck0 = SHA-384(prologue). */
  static async start(suite: CryptoSuite, context: HandshakeContext): Promise<Transcript> {
    return new Transcript(suite, await suite.sha384(encodePrologue(context)));
  }

  get hash(): Uint8Array {
    return this.#hash;
  }

  get chainKey(): Uint8Array {
    return this.#chain;
  }

  async mix(...parts: readonly Uint8Array[]): Promise<void> {
    this.#hash = await this.#suite.sha384(concat(this.#hash, ...parts));
  }

  async mixSecret(secret: Uint8Array): Promise<void> {
    this.#chain = await this.#suite.hkdfExtract(this.#chain, secret);
  }

  /** Each label is used for one message only, so its key seals once and the nonce is zero. */
  async seal(label: HandshakeLabel, plaintext: Uint8Array): Promise<Uint8Array> {
    return this.#suite.seal(await this.#key(label), ZERO_NONCE, this.#hash, plaintext);
  }

  async open(label: HandshakeLabel, sealed: Uint8Array): Promise<Result<Uint8Array, HandshakeFailure>> {
    const opened = await this.#suite.open(await this.#key(label), ZERO_NONCE, this.#hash, sealed);
    if (opened.ok) return opened;
    return fail('SEC_HANDSHAKE_AUTHENTICATION', 'the peer has other keys, or the message was changed on its way');
  }

  #key(label: HandshakeLabel): Promise<Uint8Array> {
    return this.#suite.hkdfExpand(this.#chain, concat(utf8(label), this.#hash), AEAD_KEY);
  }
}

type HandshakeLabel = 'PLQ k1' | 'PLQ k2' | 'PLQ k3';
const ZERO_NONCE = new Uint8Array(AEAD_NONCE);
