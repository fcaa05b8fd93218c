import { concat, utf8, type Bytes } from '../lib/bytes.ts';
import { assert } from '../lib/assert.ts';
import type { CryptoSuite } from './suite.ts';
import { openChannel, type Channel } from './records.ts';
import { AEAD_KEY, AEAD_NONCE, HASH } from './suite-limits.ts';

/** What a finished handshake gives to either side. Lives in memory only. */
export interface Session {
  /** 16 bytes, drawn by the relay; public (it labels sealed updates). */
  readonly sessionId: Uint8Array;
  /** h4: SHA-384 of the whole handshake. The same on both sides, public. */
  readonly transcript: Uint8Array;
  readonly channel: Channel;
  /**
   * Keying material for another purpose, bound to this session (docs/SPEC-CHANNEL.md, CH6).
   * `label` 1..64 ASCII characters, `context` at most 65,535 bytes, `length` 1..255 bytes.
   */
  exporter(label: string, context: Uint8Array, length: number): Promise<Uint8Array>;
}

/** `clientToRelay` = the direction that a client seals with. */
export async function deriveSession(
  suite: CryptoSuite,
  role: 'client' | 'relay',
  chainKey: Uint8Array,
  transcript: Uint8Array,
  sessionId: Uint8Array,
): Promise<Session> {
  const derive = (label: string, length: number): Promise<Uint8Array> =>
    suite.hkdfExpand(chainKey, concat(utf8(label), transcript), length);
  const [keyUp, ivUp, keyDown, ivDown, secret] = await Promise.all([
    derive('PLQ c2r key', AEAD_KEY),
    derive('PLQ c2r iv', AEAD_NONCE),
    derive('PLQ r2c key', AEAD_KEY),
    derive('PLQ r2c iv', AEAD_NONCE),
    derive('PLQ exporter', HASH),
  ]);
  const up = { key: keyUp, iv: ivUp };
  const down = { key: keyDown, iv: ivDown };
  return {
    sessionId,
    transcript,
    channel: role === 'client' ? openChannel(suite, up, down) : openChannel(suite, down, up),
    exporter: (label, context, length) => suite.hkdfExpand(secret, exporterInfo(label, context), length),
  };
}

function exporterInfo(label: string, context: Uint8Array): Bytes {
  assert(/^[\x20-\x7e]{1,64}$/.test(label), `exporter label "${label}": expected 1..64 printable ASCII characters`);
  assert(context.length <= 0xffff, `exporter context of ${context.length} bytes`);
  const info = new Uint8Array(1 + label.length + 2 + context.length);
  info[0] = label.length;
  info.set(utf8(label), 1);
  new DataView(info.buffer).setUint16(1 + label.length, context.length);
  info.set(context, 3 + label.length);
  return info;
}
