import { concat, fromHex, toHex, type Bytes } from '../lib/bytes.ts';
import { assert } from '../lib/assert.ts';
import { fail, ok, type Result } from '../lib/result.ts';

/** Where the two halves meet. The one list of paths; both sides import it. */

/** WebSocket. Binary frames only: M1, M2, M3 (secure/handshake.ts), then one sealed record frame per message. */
export const CHANNEL_PATH = '/api/channel';
/** GET: the relay's public bundle (secure/relay-keys.ts), raw bytes. */
export const RELAY_KEYS_PATH = '/api/relay-keys';
/**
 * POST: one sealed update (secure/update-seal.ts). 200: a sealed acknowledgement that holds an encoded `accepted` or `refused`.
 * Any other status: not looked at or not durable; the participant tries again with its current session.
 */
export const UPDATES_PATH = '/api/updates';

/** GET: all B values of an adapter, little-endian f32; SHA-256 of exactly these bytes is `sha256`. */
export function adapterPath(sha256: string): string {
  return `/api/adapters/${sha256}`;
}

export const MODEL_FILES = {
  config: 'config.json',
  tokenizer: 'tokenizer.json',
  weights: 'model.safetensors',
} as const;

/** GET: a file of a model folder. Ids are folder names: letters, digits, dot, dash, underscore. */
export function modelPath(modelId: string, file: string): string {
  return `/models/${modelId}/${file}`;
}

/** Handshakes are not bound to a build while pages and headless participants of one release differ in their bytes. */
export const BUILD_UNBOUND: Uint8Array = new Uint8Array(32);

/** Host and port of a relay URL as the Host header says it, e.g. "localhost:8080"; null where it is no http(s) origin. */
export function relayHost(relayUrl: string): string | null {
  return /^https?:\/\/([^/?#@\s]+)\/?$/.exec(relayUrl)?.[1]?.toLowerCase() ?? null;
}

export interface JoinLink {
  /** Origin of the relay, without a slash at the end. */
  readonly relayUrl: string;
  /** From the fragment, which no server ever sees; null = trust on first use. */
  readonly pin: string | null;
}

/** "https://host:8443/#k=PIN", as the relay prints it. Path and query are ignored. FED_LINK. */
export function parseJoinLink(text: string): Result<JoinLink> {
  const parts = /^(https?:\/\/[^/?#@\s]+)(?:[/?][^#\s]*)?(?:#(\S*))?$/.exec(text.trim());
  const origin = parts?.[1];
  if (origin === undefined)
    return fail('FED_LINK', `"${text.slice(0, 100)}" is not a join link; expected http(s)://host:port/#k=...`);
  const pin = /(?:^|&)k=([^&]*)/.exec(parts?.[2] ?? '')?.[1];
  return ok({ relayUrl: origin, pin: pin === undefined || pin === '' ? null : pin });
}

const PARTICIPANT_ID_BYTES = 16;
const TOKEN_BYTES = 32;

/** Payload of M3: who this is and the secret that proves it. */
export interface IdentityProof {
  /** 16 bytes, hex. */
  readonly participantId: string;
  /** 32 bytes. */
  readonly token: Uint8Array;
}

/** 48 bytes: id, token. */
export function encodeIdentityProof(proof: IdentityProof): Bytes {
  const id = fromHex(proof.participantId);
  assert(id.ok && id.value.length === PARTICIPANT_ID_BYTES, `participant id "${proof.participantId}"`);
  assert(proof.token.length === TOKEN_BYTES, `token of ${proof.token.length} bytes`);
  return concat(id.value, proof.token);
}

export function decodeIdentityProof(bytes: Uint8Array): Result<IdentityProof> {
  const expected = PARTICIPANT_ID_BYTES + TOKEN_BYTES;
  if (bytes.length !== expected)
    return fail('FED_IDENTITY', `identity proof of ${bytes.length} bytes, expected ${expected}; reload the page`);
  return ok({
    participantId: toHex(bytes.subarray(0, PARTICIPANT_ID_BYTES)),
    token: bytes.slice(PARTICIPANT_ID_BYTES),
  });
}
