import type { ParticipantMessage, ParticipantReport, RelayMessage, Update } from '../messages.ts';
import type { RunConfig } from '../run-config.ts';

export const HEX16 = '00112233445566778899aabbccddeeff';
export const HEX32 = HEX16 + HEX16;

export const REPORT: ParticipantReport = {
  client: 'browser',
  engine: 'wasm-simd',
  tokensPerSecond: 2100.5,
  quantumEngine: 'webgpu',
  fidelity: 0.875,
  amplitudesPerSecond: 1e9,
  epsilon: 1.25,
  shardTokensApprox: 12_000,
};

/** One of every kind, and of every branch of a kind. */
export const PARTICIPANT_MESSAGES: Readonly<Record<string, ParticipantMessage>> = {
  hello: { type: 'hello', version: 1, report: REPORT },
  'hello-first': {
    type: 'hello',
    version: 1,
    report: { ...REPORT, client: 'headless', fidelity: null, epsilon: null },
  },
  heartbeat: { type: 'heartbeat', sentAt: 1_795_443_465_123 },
  report: { type: 'report', report: REPORT },
  phase: { type: 'phase', round: 7, phase: 'sealing', progress: 0.3 },
  decline: { type: 'decline', round: 7, reason: 'budget' },
  available: { type: 'availability', available: true, reason: null },
  unavailable: { type: 'availability', available: false, reason: 'paused' },
  leave: { type: 'leave' },
};

const adapter = { version: 3, sha256: HEX32 };

export const RELAY_MESSAGES: Readonly<Record<string, RelayMessage>> = {
  welcome: {
    type: 'welcome',
    version: 1,
    participantId: HEX16,
    now: 1_795_443_465_123,
    signedConfig: new Uint8Array([1, 2, 3]),
    adapter,
    heartbeatMs: 1500,
  },
  invite: {
    type: 'invite',
    round: 4,
    adapter,
    deadlineAt: 1_795_443_525_123,
    now: 1_795_443_465_123.5,
    circuitSeed: 2 ** 32 - 1,
  },
  closed: { type: 'closed', round: 4, outcome: 'committed', adapter },
  abandoned: { type: 'closed', round: 4, outcome: 'abandoned', adapter },
  accepted: { type: 'accepted', round: 4, updateId: HEX32, staleness: 1, duplicate: true },
  refused: {
    type: 'refused',
    code: 'FED_UPDATE_STALE',
    message: 'round 1 is 4 merges old – wait',
    retry: false,
    round: 1,
  },
  'refused-all': { type: 'refused', code: 'FED_VERSION', message: '', retry: false, round: null },
  heartbeat: { type: 'heartbeat', sentAt: 5, now: 6 },
  finished: { type: 'finished', rounds: 10, adapter },
  goodbye: { type: 'goodbye', reason: 'shutdown', retryAfterMs: 1000 },
};

export const UPDATES: Readonly<Record<string, Update>> = {
  int8: {
    version: 1,
    runId: HEX16,
    round: 4,
    adapter,
    encoding: 'int8',
    size: 3,
    delta: new Uint8Array([9, 8, 7, 6]),
  },
  f32: { version: 1, runId: HEX16, round: 1, adapter, encoding: 'f32', size: 1, delta: new Uint8Array(4) },
};

export const CONFIG: RunConfig = {
  version: 1,
  runId: HEX16,
  name: 'Reading room',
  createdAt: 1_795_443_465_123,
  mode: 'robust',
  model: { id: 'plaquette-1m', configSha256: HEX32, tokenizerSha256: HEX32, weightsSha256: HEX32 },
  adapter: { kind: 'ffa-lora', rank: 8, alpha: 16, targets: ['q', 'v'], seed: HEX16 },
  privacy: { epsilonBudget: 8, delta: 1e-5, clipNorm: 0.5, noiseMultiplier: 0.7 },
  training: {
    sequenceLength: 64,
    expectedBatchSize: 16,
    stepsPerRound: 8,
    optimizer: 'adam',
    learningRate: 0.01,
    serverLearningRate: 1,
    deltaEncoding: 'int8',
  },
  rounds: {
    cohortTarget: 3,
    participantsMin: 2,
    quorum: 2 / 3,
    deadlineMs: 60_000,
    gatherMs: 1000,
    stalenessMax: 3,
    roundsMax: 3,
  },
};
