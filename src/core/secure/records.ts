import { assert } from '../lib/assert.ts';
import type { Bytes } from '../lib/bytes.ts';
import { concat } from '../lib/bytes.ts';
import { fail, ok, type Failure, type Result } from '../lib/result.ts';
import { AEAD_NONCE, AEAD_TAG } from './suite-limits.ts';
import type { CryptoSuite } from './suite.ts';

/** type 1, epoch 4, seq 8, length of the plaintext 4; big-endian; the whole header is authenticated. */
export const RECORD_HEADER = 17;

/** Best speed of WebCrypto AES-GCM in Chromium (measured); also bounds what is held before it is authentic. */
export const RECORD_PLAINTEXT_MAX = 65_536;

/** One frame of the control socket is at most 1 MiB + overhead: it carries no updates and no adapters. */
export const MESSAGE_MAX = 1_048_576;

/** Records per key and direction before a new handshake, as the ratchet's bound (2^24 records of 64 KiB = 1 TiB). */
const RECORDS_PER_KEY = 2 ** 24;

const TYPE_MORE = 0x16;
const TYPE_FINAL = 0x17;

export type ChannelFailure = Failure<
  'SEC_AUTHENTICATION' | 'SEC_SEQUENCE' | 'SEC_RECORD' | 'SEC_SIZE' | 'SEC_CLOSED' | 'SEC_EXHAUSTED'
>;

/**
 * Two directions over a reliable, ordered, message-framed transport. One message = one frame = 1 to 16 records.
 * The first failure of `open` closes both directions for good: drop the transport and start a new handshake.
 */
export interface Channel {
  readonly closed: boolean;
  /** Frames must be sent in the order of the calls. Failures: SEC_SIZE (the channel stays open), SEC_EXHAUSTED, SEC_CLOSED. */
  seal(message: Uint8Array): Promise<Result<Bytes, ChannelFailure>>;
  /** Takes the frames in the order of their arrival; calls may overlap. */
  open(frame: Uint8Array): Promise<Result<Bytes, ChannelFailure>>;
  close(): void;
}

export interface DirectionKeys {
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
}

interface Header {
  readonly type: number;
  readonly epoch: number;
  readonly seq: bigint;
  readonly length: number;
}

/** `sending` and `receiving` are of different directions; the peer has them the other way round. */
export function openChannel(suite: CryptoSuite, sending: DirectionKeys, receiving: DirectionKeys): Channel {
  return new RecordChannel(suite, sending, receiving);
}

class RecordChannel implements Channel {
  readonly #suite: CryptoSuite;
  readonly #sending: DirectionKeys;
  readonly #receiving: DirectionKeys;
  #sealed = 0;
  #opened = 0;
  #closed = false;
  #sealTail: Promise<unknown> = Promise.resolve();
  #openTail: Promise<unknown> = Promise.resolve();

  constructor(suite: CryptoSuite, sending: DirectionKeys, receiving: DirectionKeys) {
    for (const { iv } of [sending, receiving]) assert(iv.length === AEAD_NONCE, `record iv of ${iv.length} bytes`);
    this.#suite = suite;
    this.#sending = sending;
    this.#receiving = receiving;
  }

  get closed(): boolean {
    return this.#closed;
  }

  close(): void {
    this.#closed = true;
  }

  seal(message: Uint8Array): Promise<Result<Bytes, ChannelFailure>> {
    // A queue: the suite may finish a short record before a long earlier one.
    const result = this.#sealTail.then(() => this.#seal(message));
    this.#sealTail = result.catch(() => undefined);
    return result;
  }

  open(frame: Uint8Array): Promise<Result<Bytes, ChannelFailure>> {
    const result = this.#openTail.then(async () => {
      const opened = await this.#open(frame);
      if (!opened.ok) this.#closed = true;
      return opened;
    });
    this.#openTail = result.catch(() => this.close());
    return result;
  }

  async #seal(message: Uint8Array): Promise<Result<Bytes, ChannelFailure>> {
    if (this.#closed) return closedFailure();
    if (message.length > MESSAGE_MAX)
      return fail('SEC_SIZE', `message of ${message.length} bytes, at most ${MESSAGE_MAX} fit; send it by HTTP`);
    const count = Math.max(1, Math.ceil(message.length / RECORD_PLAINTEXT_MAX));
    if (this.#sealed + count > RECORDS_PER_KEY) {
      this.#closed = true;
      return exhaustedFailure();
    }
    const first = this.#sealed;
    this.#sealed += count;
    const parts: Uint8Array[] = [];
    for (let i = 0; i < count; i++) {
      const plaintext = message.subarray(i * RECORD_PLAINTEXT_MAX, (i + 1) * RECORD_PLAINTEXT_MAX);
      const type = i === count - 1 ? TYPE_FINAL : TYPE_MORE;
      const header = encodeHeader({ type, epoch: 0, seq: BigInt(first + i), length: plaintext.length });
      const nonce = recordNonce(this.#sending.iv, first + i);
      parts.push(header, await this.#suite.seal(this.#sending.key, nonce, header, plaintext));
    }
    return ok(concat(...parts));
  }

  async #open(frame: Uint8Array): Promise<Result<Bytes, ChannelFailure>> {
    if (this.#closed) return closedFailure();
    const parts: Uint8Array[] = [];
    let total = 0;
    for (let offset = 0; ;) {
      const checked = this.#checkHeader(frame, offset);
      if (!checked.ok) return checked;
      const { type, length } = checked.value;
      total += length;
      if (total > MESSAGE_MAX) return fail('SEC_SIZE', `message over ${MESSAGE_MAX} bytes`);
      const body = offset + RECORD_HEADER;
      const end = body + length + AEAD_TAG;
      const nonce = recordNonce(this.#receiving.iv, this.#opened);
      const aad = frame.subarray(offset, body);
      const plaintext = await this.#suite.open(this.#receiving.key, nonce, aad, frame.subarray(body, end));
      if (!plaintext.ok) return fail('SEC_AUTHENTICATION', plaintext.error.message);
      this.#opened += 1;
      parts.push(plaintext.value);
      offset = end;
      if (type === TYPE_MORE) continue;
      if (offset !== frame.length) return fail('SEC_RECORD', `${frame.length - offset} bytes after the final record`);
      return ok(concat(...parts));
    }
  }

  /** Bounds first; nothing here is authentic yet. */
  #checkHeader(frame: Uint8Array, offset: number): Result<Header, ChannelFailure> {
    if (frame.length - offset < RECORD_HEADER + AEAD_TAG)
      return fail(
        'SEC_RECORD',
        `${frame.length - offset} bytes left, a record has at least 33; the frame is truncated`,
      );
    const header = decodeHeader(frame, offset);
    if (header.type !== TYPE_MORE && header.type !== TYPE_FINAL)
      return fail('SEC_RECORD', `record type ${header.type}, expected 22 or 23`);
    if (header.epoch !== 0) return fail('SEC_RECORD', `epoch ${header.epoch}, expected 0`);
    if (header.seq !== BigInt(this.#opened))
      return fail('SEC_SEQUENCE', `record ${header.seq}, expected ${this.#opened}: replayed, lost or reordered`);
    if (this.#opened >= RECORDS_PER_KEY) return exhaustedFailure();
    if (header.length > RECORD_PLAINTEXT_MAX)
      return fail('SEC_SIZE', `record of ${header.length} bytes, at most ${RECORD_PLAINTEXT_MAX}`);
    // One way only to cut a message into records, so that a frame has one encoding.
    if (header.type === TYPE_MORE && header.length !== RECORD_PLAINTEXT_MAX)
      return fail('SEC_RECORD', `a record before the final one has ${header.length} bytes, expected 65536`);
    if (frame.length - offset < RECORD_HEADER + header.length + AEAD_TAG)
      return fail('SEC_RECORD', `record of ${header.length} bytes is truncated`);
    return ok(header);
  }
}

function encodeHeader(header: Header): Bytes {
  const bytes = new Uint8Array(RECORD_HEADER);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, header.type);
  view.setUint32(1, header.epoch);
  view.setBigUint64(5, header.seq);
  view.setUint32(13, header.length);
  return bytes;
}

function decodeHeader(frame: Uint8Array, offset: number): Header {
  const view = new DataView(frame.buffer, frame.byteOffset + offset, RECORD_HEADER);
  return { type: view.getUint8(0), epoch: view.getUint32(1), seq: view.getBigUint64(5), length: view.getUint32(13) };
}

/** iv XOR seq, seq as a 96-bit big-endian number (as in RFC 8446, section 5.3). */
function recordNonce(iv: Uint8Array, seq: number): Bytes {
  const nonce = Uint8Array.from(iv);
  const view = new DataView(nonce.buffer);
  view.setBigUint64(4, view.getBigUint64(4) ^ BigInt(seq));
  return nonce;
}

function closedFailure(): Result<never, ChannelFailure> {
  return fail('SEC_CLOSED', 'the channel is closed; start a new handshake', true);
}

function exhaustedFailure(): Result<never, ChannelFailure> {
  return fail('SEC_EXHAUSTED', `${RECORDS_PER_KEY} records under one key; start a new handshake`, true);
}
