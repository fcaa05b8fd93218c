import { assert } from '../lib/assert.ts';
import { concat, equalConstantTime, type Bytes } from '../lib/bytes.ts';
import { fail, ok, type Failure, type Result } from '../lib/result.ts';
import type { Session } from './session.ts';
import { AEAD_KEY, AEAD_NONCE, AEAD_TAG } from './suite-limits.ts';
import { SESSION_ID } from './transcript.ts';
import type { CryptoSuite } from './suite.ts';

/** Room for an f32 adapter of 16 M parameters; the relay may set a lower bound from its run configuration. */
export const UPDATE_PLAINTEXT_MAX = 64 * 1_048_576;
/** An acknowledgement is one small message. */
export const ACK_PLAINTEXT_MAX = 4096;
const UPDATE_ID = 32;

const CHUNK = 65_536;
const SALT = 16;
const VERSION = 1;
/** version 1, session id 16, update id 32, salt 16. */
export const SEALED_HEADER = 1 + SESSION_ID + UPDATE_ID + SALT;
const ACK_HEADER = 1 + SALT;

export type UpdateSealFailure = Failure<'SEC_UPDATE_SHAPE' | 'SEC_UPDATE_SESSION' | 'SEC_AUTHENTICATION' | 'SEC_SIZE'>;

export type SealingSession = Pick<Session, 'sessionId' | 'exporter'>;

export interface SealedHeader {
  readonly version: number;
  readonly sessionId: Uint8Array;
  readonly updateId: Uint8Array;
}

/** What an HTTP body of a sealed update may be at most, for a plaintext of `plaintextMax` bytes. */
export function sealedLength(plaintextLength: number): number {
  return SEALED_HEADER + plaintextLength + AEAD_TAG * Math.max(1, Math.ceil(plaintextLength / CHUNK));
}

/**
 * Seals an update for POST outside the channel (docs/SPEC-CHANNEL.md, CH8): 64 KiB chunks as in STREAM
 * (Hoang, Reyhanitabar, Rogaway, Vizár 2015). `updateId` is 32 bytes. The same update gives the same bytes within a session,
 * a changed one gets another key: sealing twice is always safe.
 */
export async function sealUpdate(
  suite: CryptoSuite,
  session: SealingSession,
  updateId: Uint8Array,
  plaintext: Uint8Array,
): Promise<Result<Bytes, UpdateSealFailure>> {
  assert(updateId.length === UPDATE_ID, `update id of ${updateId.length} bytes`);
  if (plaintext.length > UPDATE_PLAINTEXT_MAX)
    return fail('SEC_SIZE', `update of ${plaintext.length} bytes, at most ${UPDATE_PLAINTEXT_MAX} can be sealed`);
  const salt = await saltFor(suite, session, 'PLQ update salt', updateId, plaintext);
  const header = concat(Uint8Array.of(VERSION), session.sessionId, updateId, salt);
  const key = await session.exporter('PLQ update', concat(updateId, salt), AEAD_KEY);
  const count = Math.max(1, Math.ceil(plaintext.length / CHUNK));
  const parts: Uint8Array[] = [header];
  for (let i = 0; i < count; i++) {
    const chunk = plaintext.subarray(i * CHUNK, (i + 1) * CHUNK);
    parts.push(await suite.seal(key, chunkNonce(i, i === count - 1), header, chunk));
  }
  return ok(concat(...parts));
}

/** Nothing of it is authentic: it only tells the relay which session to try. */
export function parseSealedHeader(sealed: Uint8Array): Result<SealedHeader, UpdateSealFailure> {
  if (sealed.length < SEALED_HEADER + AEAD_TAG)
    return fail('SEC_UPDATE_SHAPE', `sealed update of ${sealed.length} bytes, the shortest has ${sealedLength(0)}`);
  const version = sealed[0] ?? 0;
  if (version !== VERSION) return fail('SEC_UPDATE_SHAPE', `sealed update version ${version}, expected ${VERSION}`);
  const sessionId = sealed.slice(1, 1 + SESSION_ID);
  return ok({ version, sessionId, updateId: sealed.slice(1 + SESSION_ID, 1 + SESSION_ID + UPDATE_ID) });
}

/** Plaintext and update id of an authentic update of this session. */
export async function openUpdate(
  suite: CryptoSuite,
  session: SealingSession,
  sealed: Uint8Array,
): Promise<Result<{ readonly updateId: Uint8Array; readonly plaintext: Bytes }, UpdateSealFailure>> {
  const parsed = parseSealedHeader(sealed);
  if (!parsed.ok) return parsed;
  const { sessionId, updateId } = parsed.value;
  if (!equalConstantTime(sessionId, session.sessionId))
    return fail('SEC_UPDATE_SESSION', 'the update was sealed for another session; seal it again for this one');
  if (sealed.length > sealedLength(UPDATE_PLAINTEXT_MAX))
    return fail('SEC_SIZE', `sealed update of ${sealed.length} bytes, at most ${sealedLength(UPDATE_PLAINTEXT_MAX)}`);
  const header = sealed.slice(0, SEALED_HEADER);
  const salt = header.subarray(SEALED_HEADER - SALT);
  const key = await session.exporter('PLQ update', concat(updateId, salt), AEAD_KEY);
  const parts: Uint8Array[] = [];
  let offset = SEALED_HEADER;
  for (let i = 0; offset < sealed.length; i++) {
    const end = Math.min(offset + CHUNK + AEAD_TAG, sealed.length);
    const nonce = chunkNonce(i, end === sealed.length);
    const chunk = await suite.open(key, nonce, header, sealed.subarray(offset, end));
    if (!chunk.ok) return fail('SEC_AUTHENTICATION', chunk.error.message);
    parts.push(chunk.value);
    offset = end;
  }
  return ok({ updateId, plaintext: concat(...parts) });
}

/** The relay's answer to one update; `ack` at most 4,096 bytes. */
export async function sealAck(
  suite: CryptoSuite,
  session: SealingSession,
  updateId: Uint8Array,
  ack: Uint8Array,
): Promise<Bytes> {
  assert(updateId.length === UPDATE_ID, `update id of ${updateId.length} bytes`);
  assert(ack.length <= ACK_PLAINTEXT_MAX, `acknowledgement of ${ack.length} bytes`);
  const salt = await saltFor(suite, session, 'PLQ ack salt', updateId, ack);
  const header = concat(Uint8Array.of(VERSION), salt);
  const key = await session.exporter('PLQ ack', concat(updateId, salt), AEAD_KEY);
  return concat(header, await suite.seal(key, ACK_NONCE, header, ack));
}

/** Fails unless the bytes are the relay's answer to this update in this session. */
export async function openAck(
  suite: CryptoSuite,
  session: SealingSession,
  updateId: Uint8Array,
  sealed: Uint8Array,
): Promise<Result<Uint8Array, UpdateSealFailure>> {
  assert(updateId.length === UPDATE_ID, `update id of ${updateId.length} bytes`);
  const most = ACK_HEADER + ACK_PLAINTEXT_MAX + AEAD_TAG;
  if (sealed.length < ACK_HEADER + AEAD_TAG || sealed.length > most || sealed[0] !== VERSION)
    return fail('SEC_UPDATE_SHAPE', `${sealed.length} bytes are no acknowledgement of version ${VERSION}`);
  const header = sealed.slice(0, ACK_HEADER);
  const key = await session.exporter('PLQ ack', concat(updateId, header.subarray(1)), AEAD_KEY);
  const opened = await suite.open(key, ACK_NONCE, header, sealed.subarray(ACK_HEADER));
  return opened.ok ? opened : fail('SEC_AUTHENTICATION', opened.error.message);
}

/** As in SIV (RFC 5297): a keyed digest of the plaintext, so that one key and nonce never seal two plaintexts. */
async function saltFor(
  suite: CryptoSuite,
  session: SealingSession,
  label: string,
  updateId: Uint8Array,
  plaintext: Uint8Array,
): Promise<Uint8Array> {
  return session.exporter(label, concat(updateId, await suite.sha384(plaintext)), SALT);
}

/** Seven zeros, counter u32, 1 for the last chunk. */
function chunkNonce(index: number, last: boolean): Bytes {
  const nonce = new Uint8Array(AEAD_NONCE);
  new DataView(nonce.buffer).setUint32(7, index);
  nonce[11] = last ? 1 : 0;
  return nonce;
}

const ACK_NONCE = new Uint8Array(AEAD_NONCE);
