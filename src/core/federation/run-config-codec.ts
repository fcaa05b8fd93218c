import { fail, ok, type Failure, type Result } from '../lib/result.ts';
import type { Bytes } from '../lib/bytes.ts';
import {
  bytes,
  checkCanonical,
  decodeValue,
  encodeShaped,
  hex,
  integer,
  listOf,
  matching,
  oneOf,
  real,
  realAbove,
  record,
  text,
  type Bounds,
  type Shape,
} from './codec-shape.ts';
import { ROUND_MAX } from './codec.ts';
import {
  LINEAR_NAMES,
  type AdapterSpec,
  type ModelRef,
  type PrivacyConfig,
  type RoundsConfig,
  type RunConfig,
  type TrainingConfig,
} from './run-config.ts';

/** A configuration takes about 900 bytes; the signature 2,420 (ML-DSA-44). */
const CONFIG_BOUNDS: Bounds = { bytesMax: 16 * 1024, itemsMax: 256, depthMax: 4 };
const SIGNED_BOUNDS: Bounds = { bytesMax: 32 * 1024, itemsMax: 16, depthMax: 2 };

export type ConfigFailure = Failure<'FED_CONFIG' | 'FED_CONFIG_SIGNATURE'>;

/** What the root key signs is `config`: the exact bytes, never a re-encoding. */
export interface SignedConfig {
  /** Deterministic CBOR of a RunConfig. */
  readonly config: Uint8Array;
  readonly signature: Uint8Array;
  readonly algorithm: 'ml-dsa-44';
}

/** True if `signature` is the root key's over `message`. secure/relay-keys.ts has one. */
export type VerifyConfig = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;

const adapter = record<AdapterSpec>({
  kind: oneOf('ffa-lora'),
  rank: integer(1, 256),
  alpha: realAbove(0, 4096),
  targets: listOf(oneOf(...LINEAR_NAMES), 1, LINEAR_NAMES.length),
  seed: hex(16),
});

const model = record<ModelRef>({
  // One path segment: it becomes part of a URL and of a folder name.
  id: matching(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'a folder name of a-z 0-9 . _ -'),
  configSha256: hex(32),
  tokenizerSha256: hex(32),
  weightsSha256: hex(32),
});

const privacy = record<PrivacyConfig>({
  epsilonBudget: realAbove(0, 1000),
  // Above 0.1 "delta" is no privacy at all.
  delta: realAbove(0, 0.1),
  clipNorm: realAbove(0, 1e6),
  noiseMultiplier: real(0, 1000),
});

const training = record<TrainingConfig>({
  sequenceLength: integer(2, 8192),
  // Poisson sampling draws with whole numbers; as in learn/local-round.
  expectedBatchSize: integer(1, 4096),
  stepsPerRound: integer(1, 10_000),
  optimizer: oneOf('adam', 'sgd'),
  learningRate: realAbove(0, 1000),
  serverLearningRate: realAbove(0, 100),
  deltaEncoding: oneOf('int8', 'f32'),
});

const DAY_MS = 86_400_000;
const rounds = record<RoundsConfig>({
  cohortTarget: integer(1, 10_000),
  participantsMin: integer(1, 10_000),
  quorum: realAbove(0, 1),
  // Shorter than half a second no message gets there and back; longer than a day nobody waits.
  deadlineMs: real(500, DAY_MS),
  gatherMs: real(0, DAY_MS),
  stalenessMax: integer(0, 1000),
  roundsMax: integer(1, ROUND_MAX),
});

const runConfig: Shape<RunConfig> = record<RunConfig>({
  version: oneOf(1),
  runId: hex(16),
  name: text(1, 120),
  createdAt: real(0, 8.64e15),
  mode: oneOf('robust'),
  model,
  adapter,
  privacy,
  training,
  rounds,
});

const signedConfig = record<SignedConfig>({
  config: bytes(1, CONFIG_BOUNDS.bytesMax),
  signature: bytes(1, 8192),
  algorithm: oneOf('ml-dsa-44'),
});

/** What is wrong with values that have the right ranges, or null. */
function inconsistency(config: RunConfig): string | null {
  const { targets } = config.adapter;
  const order = targets.map((name) => LINEAR_NAMES.indexOf(name));
  if (order.some((place, i) => i > 0 && place <= (order[i - 1] ?? 0)))
    return `targets are ${targets.join(', ')}, expected each once and in the order ${LINEAR_NAMES.join(', ')}`;
  const { participantsMin, cohortTarget } = config.rounds;
  if (participantsMin > Math.ceil(1.3 * cohortTarget))
    return `participantsMin is ${participantsMin}, but a cohort of ${cohortTarget} invites at most ${Math.ceil(1.3 * cohortTarget)}`;
  return null;
}

/** Every range and the rules between fields. FED_CONFIG names the field, what it is and what was expected. */
export function checkRunConfig(value: unknown): Result<RunConfig, ConfigFailure> {
  const problem = runConfig(value, 'configuration');
  if (problem !== null) return fail('FED_CONFIG', problem);
  const config = value as RunConfig;
  const conflict = inconsistency(config);
  return conflict === null ? ok(config) : fail('FED_CONFIG', conflict);
}

/** Deterministic bytes, the ones to sign. FED_CONFIG where a value is out of range. */
export function encodeRunConfig(config: RunConfig): Result<Bytes, ConfigFailure> {
  const checked = checkRunConfig(config);
  return checked.ok ? ok(encodeShaped(config, runConfig, CONFIG_BOUNDS, 'configuration')) : checked;
}

export function decodeRunConfig(data: Uint8Array): Result<RunConfig, ConfigFailure> {
  const decoded = decodeValue(data, CONFIG_BOUNDS, 'configuration');
  if (!decoded.ok) return fail('FED_CONFIG', decoded.error.message);
  const checked = checkRunConfig(decoded.value);
  if (!checked.ok) return checked;
  const canonical = checkCanonical(decoded.value, data, 'configuration');
  return canonical === null ? checked : fail('FED_CONFIG', canonical.message);
}

/** The bytes of every `welcome`. */
export function encodeSignedConfig(signed: SignedConfig): Bytes {
  return encodeShaped(signed, signedConfig, SIGNED_BOUNDS, 'signed configuration');
}

/** Shape only: use `openSignedConfig` before anything in it is believed. */
export function decodeSignedConfig(data: Uint8Array): Result<SignedConfig, ConfigFailure> {
  const decoded = decodeValue(data, SIGNED_BOUNDS, 'signed configuration');
  if (!decoded.ok) return fail('FED_CONFIG', decoded.error.message);
  const problem = signedConfig(decoded.value, 'signed configuration');
  if (problem !== null) return fail('FED_CONFIG', problem);
  const canonical = checkCanonical(decoded.value, data, 'signed configuration');
  return canonical === null ? ok(decoded.value as SignedConfig) : fail('FED_CONFIG', canonical.message);
}

/** Checks the signature first, then decodes and validates. */
export function openSignedConfig(
  data: Uint8Array,
  rootPublicKey: Uint8Array,
  verify: VerifyConfig,
): Result<RunConfig, ConfigFailure> {
  const signed = decodeSignedConfig(data);
  if (!signed.ok) return signed;
  if (!verify(rootPublicKey, signed.value.config, signed.value.signature))
    return fail(
      'FED_CONFIG_SIGNATURE',
      'the run configuration is not signed by the relay of this link; get a new link from the organiser',
    );
  return decodeRunConfig(signed.value.config);
}
