import type { Bytes } from '../lib/bytes.ts';
import { fail, ok, type Result } from '../lib/result.ts';
import {
  bytes,
  checkCanonical,
  decodeValue,
  encodeShaped,
  flag,
  hex,
  integer,
  isPlainMap,
  matching,
  nullable,
  oneOf,
  real,
  record,
  text,
  type Bounds,
  type Fields,
  type Shape,
  type WireFailure,
} from './codec-shape.ts';
import {
  PROTOCOL_VERSION,
  type AdapterRef,
  type ParticipantMessage,
  type ParticipantReport,
  type RelayMessage,
  type Update,
} from './messages.ts';

/** The largest control message is a welcome with a signed configuration of a few KiB. */
export const CONTROL_BYTES_MAX = 64 * 1024;
/** 16 Mi parameters in f32: a rank-64 adapter on every map of a 1B model. */
export const UPDATE_BYTES_MAX = 64 * 1024 * 1024;
/** Room for the fields around the delta. */
const UPDATE_FRAME_BYTES = 1024;
export const ADAPTER_SIZE_MAX = (UPDATE_BYTES_MAX - UPDATE_FRAME_BYTES) / 4;
/** A run of one round a second would take 11 days to get there. */
export const ROUND_MAX = 1_000_000;

const CONTROL_BOUNDS: Bounds = { bytesMax: CONTROL_BYTES_MAX, itemsMax: 128, depthMax: 4 };
const UPDATE_BOUNDS: Bounds = { bytesMax: UPDATE_BYTES_MAX, itemsMax: 64, depthMax: 3 };

/** Largest instant that a Date can hold. */
const MILLIS_MAX = 8.64e15;
const millis = real(0, MILLIS_MAX);
const round = integer(1, ROUND_MAX);
const declineReason = oneOf('paused', 'budget', 'failed', 'no-data');
const version = integer(PROTOCOL_VERSION, PROTOCOL_VERSION);

export const adapterRef: Shape<AdapterRef> = record<AdapterRef>({ version: integer(0, ROUND_MAX), sha256: hex(32) });

const report = record<ParticipantReport>({
  client: oneOf('browser', 'headless'),
  engine: text(0, 64),
  tokensPerSecond: real(0, 1e12),
  quantumEngine: text(0, 64),
  fidelity: nullable(real(0, 1)),
  amplitudesPerSecond: real(0, 1e18),
  epsilon: nullable(real(0, 1e9)),
  shardTokensApprox: integer(0, 1e12),
});

type ByType<M extends { readonly type: string }> = {
  readonly [K in M['type']]: Shape<Extract<M, { readonly type: K }>>;
};

const message = <M extends { readonly type: string }>(fields: Fields<M>): Shape<M> => record<M>(fields);

type FromParticipant<K extends ParticipantMessage['type']> = Extract<ParticipantMessage, { readonly type: K }>;
const PARTICIPANT_SHAPES: ByType<ParticipantMessage> = {
  hello: message<FromParticipant<'hello'>>({ type: oneOf('hello'), version, report }),
  heartbeat: message<FromParticipant<'heartbeat'>>({ type: oneOf('heartbeat'), sentAt: millis }),
  report: message<FromParticipant<'report'>>({ type: oneOf('report'), report }),
  phase: message<FromParticipant<'phase'>>({
    type: oneOf('phase'),
    round,
    phase: oneOf('training', 'sealing', 'sending'),
    progress: real(0, 1),
  }),
  decline: message<FromParticipant<'decline'>>({ type: oneOf('decline'), round, reason: declineReason }),
  availability: message<FromParticipant<'availability'>>({
    type: oneOf('availability'),
    available: flag,
    reason: nullable(declineReason),
  }),
  leave: message<FromParticipant<'leave'>>({ type: oneOf('leave') }),
};

type FromRelay<K extends RelayMessage['type']> = Extract<RelayMessage, { readonly type: K }>;
const RELAY_SHAPES: ByType<RelayMessage> = {
  welcome: message<FromRelay<'welcome'>>({
    type: oneOf('welcome'),
    version,
    participantId: hex(16),
    now: millis,
    signedConfig: bytes(1, 32 * 1024),
    adapter: adapterRef,
    heartbeatMs: real(100, 60_000),
  }),
  invite: message<FromRelay<'invite'>>({
    type: oneOf('invite'),
    round,
    adapter: adapterRef,
    deadlineAt: millis,
    now: millis,
    circuitSeed: integer(0, 2 ** 32 - 1),
  }),
  closed: message<FromRelay<'closed'>>({
    type: oneOf('closed'),
    round,
    outcome: oneOf('committed', 'abandoned'),
    adapter: adapterRef,
  }),
  accepted: message<FromRelay<'accepted'>>({
    type: oneOf('accepted'),
    round,
    updateId: hex(32),
    staleness: integer(0, ROUND_MAX),
    duplicate: flag,
  }),
  refused: message<FromRelay<'refused'>>({
    type: oneOf('refused'),
    code: matching(/^[A-Z][A-Z0-9_]{0,63}$/, 'a code like FED_ROUND_CLOSED'),
    message: text(0, 500),
    retry: flag,
    round: nullable(round),
  }),
  heartbeat: message<FromRelay<'heartbeat'>>({ type: oneOf('heartbeat'), sentAt: millis, now: millis }),
  finished: message<FromRelay<'finished'>>({
    type: oneOf('finished'),
    rounds: integer(0, ROUND_MAX),
    adapter: adapterRef,
  }),
  goodbye: message<FromRelay<'goodbye'>>({
    type: oneOf('goodbye'),
    reason: oneOf('shutdown', 'replaced', 'idle'),
    retryAfterMs: real(0, 3_600_000),
  }),
};

const updateShape = record<Update>({
  version,
  runId: hex(16),
  round,
  adapter: adapterRef,
  encoding: oneOf('int8', 'f32'),
  size: integer(1, ADAPTER_SIZE_MAX),
  delta: bytes(1, UPDATE_BYTES_MAX - UPDATE_FRAME_BYTES),
});

function shapeFor<M extends { readonly type: string }>(shapes: ByType<M>, type: M['type']): Shape<M> {
  return shapes[type];
}

/** Another version may have other keys, so it is looked at before them. */
function otherVersion(value: Record<string, unknown>, name: string): WireFailure | null {
  const got = value['version'];
  if (typeof got !== 'number' || got === PROTOCOL_VERSION) return null;
  return fail('FED_VERSION', `${name} has version ${got}, this side speaks ${PROTOCOL_VERSION}: load the page again`)
    .error;
}

function decodeMessage<M extends { readonly type: string }>(
  data: Uint8Array,
  shapes: ByType<M>,
  name: string,
): Result<M, WireFailure> {
  const decoded = decodeValue(data, CONTROL_BOUNDS, name);
  if (!decoded.ok) return decoded;
  const value = decoded.value;
  if (!isPlainMap(value)) return fail('FED_WIRE_TYPE', `${name} is not a map`);
  const type = value['type'];
  if (typeof type !== 'string' || !Object.hasOwn(shapes, type))
    return fail('FED_WIRE_TYPE', `${name} has an unknown type ${String(type).slice(0, 20)}`);
  const version = otherVersion(value, name);
  if (version !== null) return { ok: false, error: version };
  const problem = shapeFor(shapes, type as M['type'])(value, type);
  if (problem !== null) return fail('FED_WIRE_SHAPE', problem);
  const canonical = checkCanonical(value, data, name);
  return canonical === null ? ok(value as unknown as M) : { ok: false, error: canonical };
}

/** Deterministic CBOR, at most 64 KiB. Throws AssertionError on a message out of range: see `cleanReport`. */
export function encodeParticipantMessage(value: ParticipantMessage): Bytes {
  return encodeShaped(value, shapeFor(PARTICIPANT_SHAPES, value.type), CONTROL_BOUNDS, value.type);
}

/** Trusts nothing and never throws. Failures: WireCode. */
export function decodeParticipantMessage(data: Uint8Array): Result<ParticipantMessage, WireFailure> {
  return decodeMessage<ParticipantMessage>(data, PARTICIPANT_SHAPES, 'participant message');
}

/** Deterministic CBOR, at most 64 KiB. Throws AssertionError on a message out of range. */
export function encodeRelayMessage(value: RelayMessage): Bytes {
  return encodeShaped(value, shapeFor(RELAY_SHAPES, value.type), CONTROL_BOUNDS, value.type);
}

/** Trusts nothing and never throws. Failures: WireCode. */
export function decodeRelayMessage(data: Uint8Array): Result<RelayMessage, WireFailure> {
  return decodeMessage<RelayMessage>(data, RELAY_SHAPES, 'relay message');
}

/** Deterministic CBOR, at most 64 MiB. Throws AssertionError on an update out of range. */
export function encodeUpdate(value: Update): Bytes {
  return encodeShaped(value, updateShape, UPDATE_BOUNDS, 'update');
}

/** Checks the frame only: run, round and adapter by `checkUpdate`, the numbers by delta-codec.ts. Never throws. */
export function decodeUpdate(data: Uint8Array): Result<Update, WireFailure> {
  const decoded = decodeValue(data, UPDATE_BOUNDS, 'update');
  if (!decoded.ok) return decoded;
  const value = decoded.value;
  if (!isPlainMap(value)) return fail('FED_WIRE_TYPE', 'update is not a map');
  const version = otherVersion(value, 'update');
  if (version !== null) return { ok: false, error: version };
  const problem = updateShape(value, 'update');
  if (problem !== null) return fail('FED_WIRE_SHAPE', problem);
  const canonical = checkCanonical(value, data, 'update');
  return canonical === null ? ok(value as unknown as Update) : { ok: false, error: canonical };
}

const clamp = (value: number, max: number): number => (value >= 0 ? Math.min(value, max) : 0);
const cut = (value: string): string => value.toWellFormed().slice(0, 64).toWellFormed();

/** Brings measured figures into the ranges of the wire: NaN and negatives become 0. */
export function cleanReport(value: ParticipantReport): ParticipantReport {
  return {
    client: value.client,
    engine: cut(value.engine),
    tokensPerSecond: clamp(value.tokensPerSecond, 1e12),
    quantumEngine: cut(value.quantumEngine),
    fidelity: value.fidelity === null || Number.isNaN(value.fidelity) ? null : clamp(value.fidelity, 1),
    amplitudesPerSecond: clamp(value.amplitudesPerSecond, 1e18),
    epsilon: value.epsilon === null || Number.isNaN(value.epsilon) ? null : clamp(value.epsilon, 1e9),
    shardTokensApprox: Math.round(clamp(value.shardTokensApprox, 1e12)),
  };
}
