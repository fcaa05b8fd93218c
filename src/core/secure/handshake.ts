import { assert } from '../lib/assert.ts';
import { toHex, sha256, type Bytes } from '../lib/bytes.ts';
import { fail, ok, type Result } from '../lib/result.ts';
import type { Rng } from '../lib/world.ts';
import { deriveSession, type Session } from './session.ts';
import { KEM } from './suite-limits.ts';
import type { CryptoSuite, KemKeypair } from './suite.ts';
import {
  CLIENT_PAYLOAD_MAX,
  cut,
  decodeClientPart,
  decodeMessage,
  decodeSessionParams,
  encodeClientPart,
  encodeMessage,
  encodeSessionParams,
  RNONCE,
  SESSION_ID,
  Transcript,
  type HandshakeContext,
  type HandshakeFailure,
} from './transcript.ts';

/** The client after M1. */
export interface ClientHandshake {
  /** Send it first. */
  readonly m1: Bytes;
  /**
   * Once only. `payload` (at most 4,096 bytes) reaches the relay sealed; the relay is authentic when this succeeds.
   * Send `m3`, then wait for the first record: only that says that the relay accepted the client.
   */
  onMessage2(m2: Uint8Array, payload: Uint8Array): Promise<Result<ClientFinish, HandshakeFailure>>;
}

export interface ClientFinish {
  readonly m3: Bytes;
  readonly session: Session;
}

/** The relay after M1: half open, owes the client nothing. Give it a deadline. */
export interface RelayHandshake {
  readonly m2: Bytes;
  /** Once only. `payload` is from the holder of this session's keys; who that is, the caller decides from it. */
  onMessage3(m3: Uint8Array): Promise<Result<RelayFinish, HandshakeFailure>>;
}

export interface RelayFinish {
  readonly payload: Uint8Array;
  readonly session: Session;
}

export interface RelaySide {
  readonly keypair: KemKeypair;
  /** As in HandshakeContext. */
  readonly origin: string;
  readonly buildHash: Uint8Array;
  readonly replay: ReplayGuard;
}

/**
 * PLQ-NK/1, client side: pqNK with explicit key confirmation by the relay (docs/SPEC-CHANNEL.md).
 * Fails only for a malformed relay key (SEC_HANDSHAKE_KEY).
 */
export async function startHandshake(
  suite: CryptoSuite,
  context: HandshakeContext,
): Promise<Result<ClientHandshake, HandshakeFailure>> {
  if (context.relayPublicKey.length !== KEM.publicKey) return keyFailure();
  const transcript = await Transcript.start(suite, context);
  const sent = await suite.encapsulate(context.relayPublicKey);
  if (!sent.ok) return keyFailure();
  const ephemeral = await suite.kemKeypair();
  await transcript.mix(sent.value.ciphertext, ephemeral.publicKey);
  await transcript.mixSecret(sent.value.secret);
  const tag = await transcript.seal('PLQ k1', new Uint8Array());
  let used = false;
  return ok({
    m1: encodeMessage(1, sent.value.ciphertext, ephemeral.publicKey, tag),
    async onMessage2(m2, payload) {
      if (used) return stateFailure();
      used = true;
      assert(payload.length <= CLIENT_PAYLOAD_MAX, `client payload of ${payload.length} bytes`);
      return finishClient(suite, transcript, ephemeral, tag, m2, payload);
    },
  });
}

async function finishClient(
  suite: CryptoSuite,
  transcript: Transcript,
  ephemeral: KemKeypair,
  m1Tag: Uint8Array,
  m2: Uint8Array,
  payload: Uint8Array,
): Promise<Result<ClientFinish, HandshakeFailure>> {
  const body = decodeMessage(2, m2);
  if (!body.ok) return body;
  const [ciphertext, rnonce, sealed] = cut(body.value, KEM.ciphertext, RNONCE) as [Uint8Array, Uint8Array, Uint8Array];
  const secret = await suite.decapsulate(ephemeral, ciphertext);
  // Not SEC_HANDSHAKE_KEY: anybody on the way can do this to M2, it says nothing about the pinned key.
  if (!secret.ok) return fail('SEC_HANDSHAKE_AUTHENTICATION', 'the ciphertext in M2 is malformed; connect again', true);
  await transcript.mix(m1Tag, ciphertext, rnonce);
  await transcript.mixSecret(secret.value);
  const opened = await transcript.open('PLQ k2', sealed);
  if (!opened.ok) return opened;
  const sessionId = decodeSessionParams(opened.value);
  if (!sessionId.ok) return sessionId;
  await transcript.mix(sealed);
  const sealedPart = await transcript.seal('PLQ k3', encodeClientPart(payload));
  await transcript.mix(sealedPart);
  const session = await deriveSession(suite, 'client', transcript.chainKey, transcript.hash, sessionId.value);
  return ok({ m3: encodeMessage(3, sealedPart), session });
}

/**
 * PLQ-NK/1, relay side. Costs one decapsulation, one encapsulation: rate-limit by address before calling.
 * `rng` draws the relay's nonce and the session id. On a failure tell the peer PEER_REFUSAL, nothing else.
 */
export async function acceptHandshake(
  suite: CryptoSuite,
  rng: Rng,
  relay: RelaySide,
  m1: Uint8Array,
): Promise<Result<RelayHandshake, HandshakeFailure>> {
  const body = decodeMessage(1, m1);
  if (!body.ok) return body;
  const [ctStatic, ephemeralKey, tag] = cut(body.value, KEM.ciphertext, KEM.publicKey) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const { origin, buildHash, keypair } = relay;
  const transcript = await Transcript.start(suite, { relayPublicKey: keypair.publicKey, origin, buildHash });
  const secret = await suite.decapsulate(keypair, ctStatic);
  if (!secret.ok) return keyFailure();
  await transcript.mix(ctStatic, ephemeralKey);
  await transcript.mixSecret(secret.value);
  const confirmed = await transcript.open('PLQ k1', tag);
  if (!confirmed.ok) return confirmed;
  if (!relay.replay.first(ephemeralKey))
    return fail('SEC_HANDSHAKE_REPLAY', 'this ephemeral key was here before: a replay, or a broken random source');
  const sent = await suite.encapsulate(ephemeralKey);
  if (!sent.ok) return keyFailure();
  const random = new Uint8Array(RNONCE + SESSION_ID);
  rng.fill(random);
  const [rnonce, sessionId] = cut(random, RNONCE) as [Uint8Array, Uint8Array];
  await transcript.mix(tag, sent.value.ciphertext, rnonce);
  await transcript.mixSecret(sent.value.secret);
  const sealed = await transcript.seal('PLQ k2', encodeSessionParams(sessionId));
  await transcript.mix(sealed);
  let used = false;
  return ok({
    m2: encodeMessage(2, sent.value.ciphertext, rnonce, sealed),
    async onMessage3(m3) {
      if (used) return stateFailure();
      used = true;
      return finishRelay(suite, transcript, sessionId, m3);
    },
  });
}

async function finishRelay(
  suite: CryptoSuite,
  transcript: Transcript,
  sessionId: Uint8Array,
  m3: Uint8Array,
): Promise<Result<RelayFinish, HandshakeFailure>> {
  const body = decodeMessage(3, m3);
  if (!body.ok) return body;
  const opened = await transcript.open('PLQ k3', body.value);
  if (!opened.ok) return opened;
  const payload = decodeClientPart(opened.value);
  if (!payload.ok) return payload;
  await transcript.mix(body.value);
  const session = await deriveSession(suite, 'relay', transcript.chainKey, transcript.hash, sessionId);
  return ok({ payload: payload.value, session });
}

/** Remembers the ephemeral keys seen last. A replay beyond its memory still ends at M3: only the key's owner can answer M2. */
export class ReplayGuard {
  readonly #seen = new Set<string>();
  readonly #capacity: number;

  /** 100,000 entries of a 64-digit string are about 10 MB: some hours of joins at a hall's rate. */
  constructor(capacity = 100_000) {
    assert(capacity >= 1, `replay memory of ${capacity}`);
    this.#capacity = capacity;
  }

  /** False if `ephemeralKey` was given before. */
  first(ephemeralKey: Uint8Array): boolean {
    const key = toHex(sha256(ephemeralKey));
    if (this.#seen.has(key)) return false;
    this.#seen.add(key);
    if (this.#seen.size > this.#capacity) {
      const [oldest] = this.#seen;
      if (oldest !== undefined) this.#seen.delete(oldest);
    }
    return true;
  }
}

function keyFailure(): Result<never, HandshakeFailure> {
  return fail('SEC_HANDSHAKE_KEY', 'a public key or ciphertext of the handshake is malformed; check the join link');
}

function stateFailure(): Result<never, HandshakeFailure> {
  return fail('SEC_HANDSHAKE_STATE', 'this handshake has taken its message already; start a new one');
}
