import { beforeEach, describe, expect, it } from 'vitest';
import type { ShardSource } from '../contracts/training-service.ts';
import { CONFIG } from '../federation/testing/wire-cases.ts';
import { Emitter } from '../lib/emitter.ts';
import { Prng } from '../lib/prng.ts';
import { fail, ok, unwrap } from '../lib/result.ts';
import { TestClock } from '../vault/testing/test-clock.ts';
import type { SessionPorts, WorkerWatch } from './ports.ts';
import { createSession } from './session.ts';
import { SHARD_BYTES_MAX, type SessionCommands, type SessionView, type WorkerHealthView } from './session-view.ts';
import { ADAPTER_SIZE, FakeQuantum, FakeTraining, FakeVault, outcome } from './testing/fake-services.ts';

const SAMPLE = { kind: 'sample', style: 'pirate', seed: 3 } as const;
const TEXT: ShardSource = { kind: 'text', name: 'notes.txt', bytes: Uint8Array.of(1, 2, 3) };
const OPEN = { relayUrl: 'http://relay.test', pin: null, identity: 'main', quantumPreference: 'auto' } as const;
const FILES = { config: new Uint8Array(1), tokenizer: new Uint8Array(1), weights: new Uint8Array(8), expected: null };

class FakeWorkers implements WorkerWatch {
  readonly restarts = new Emitter<WorkerHealthView['name']>();
  health(): readonly WorkerHealthView[] {
    return [{ name: 'training', alive: true, restarts: 0, lastPingMs: 3 }];
  }
  onHealth(): () => void {
    return () => undefined;
  }
  onRestart(listener: (name: WorkerHealthView['name']) => void): () => void {
    return this.restarts.on(listener);
  }
}

let clock: TestClock;
let training: FakeTraining;
let vault: FakeVault;
let quantum: FakeQuantum;
let workers: FakeWorkers;

function create(changes: Partial<SessionPorts> = {}): SessionCommands {
  return createSession({
    training,
    quantum,
    vault,
    clock,
    rng: new Prng(1),
    loadModel: (_ref, onProgress) => {
      onProgress(8, 10);
      return Promise.resolve(ok(FILES));
    },
    workers,
    client: 'browser',
    sample: SAMPLE,
    evaluateExamples: 16,
    ...changes,
  });
}

beforeEach(() => {
  clock = new TestClock();
  training = new FakeTraining(clock);
  vault = new FakeVault();
  quantum = new FakeQuantum();
  workers = new FakeWorkers();
});

const ref = (version: number): { version: number; sha256: string } => ({ version, sha256: `${version}`.repeat(64) });
const values = (version: number): Float32Array<ArrayBuffer> => new Float32Array(ADAPTER_SIZE).fill(version);

function welcome(): void {
  vault.emit({ type: 'connection', state: 'connected', detail: 'Connected.', retryAt: null });
  vault.emit({ type: 'joined', participantId: '00', publicId: 'c0ffee00', config: CONFIG, heartbeatMs: 1500 });
}

async function joined(changes: Partial<SessionPorts> = {}): Promise<SessionCommands> {
  const session = create(changes);
  unwrap(await session.open(OPEN));
  const joining = session.join();
  await clock.advance(10);
  welcome();
  unwrap(await joining);
  vault.emit({ type: 'adapter', ref: ref(0), values: values(0) });
  await clock.advance(100);
  return session;
}

function invite(round: number, leftMs = 10_000): void {
  const deadlineAt = clock.now() + leftMs;
  vault.emit({
    type: 'train',
    round,
    adapter: ref(round - 1),
    values: values(round - 1),
    deadlineAt,
    circuitSeed: round,
  });
}

/** What the vault tells after a submit, up to the merge. */
function deliver(round: number): void {
  vault.emit({ type: 'sealed', round, bytes: 500, plaintextBytes: 400, preview: Uint8Array.of(1, 0xab) });
  vault.emit({ type: 'sent', round, updateId: `id${round}` });
  vault.emit({ type: 'accepted', round, updateId: `id${round}`, staleness: 0 });
  vault.emit({ type: 'merged', round, adapter: ref(round), included: true });
  vault.emit({ type: 'adapter', ref: ref(round), values: values(round) });
}

describe('session: joining', () => {
  it('opens, connects, loads the model of the signed run, takes the sample, and is in', async () => {
    const session = create();
    const lives: string[] = [];
    session.subscribe(({ life }) => lives.at(-1) !== life.state && lives.push(life.state));
    unwrap(await session.open(OPEN));
    expect(session.view().identity).toEqual({ publicId: 'c0ffee00', returning: false, cryptography: 'webcrypto' });
    const joining = session.join();
    await clock.advance(10);
    welcome();
    unwrap(await joining);
    expect(lives).toEqual(['opening', 'ready', 'joining', 'joined']);
    expect(training.shards).toEqual([SAMPLE]);
    expect(session.view()).toMatchObject({
      config: CONFIG,
      model: { state: 'ready', id: CONFIG.model.id },
      shard: { state: 'ready', name: 'sample: pirate', kept: false },
      sentence: 'You are in. Waiting for the next round.',
    });
    expect(vault.reports.at(-1)).toMatchObject({ engine: 'wasm', shardTokensApprox: 120_000, fidelity: 1, epsilon: 0 });
    expect(vault.settings.get('joined')).toBe(true);
  });

  it('takes the chosen text and stores it only when asked to', async () => {
    const session = create();
    unwrap(await session.open(OPEN));
    expect(unwrap(await session.chooseShard(TEXT, false))).toBeNull();
    expect(vault.settings.get('shard')).toBeNull();
    const joining = session.join();
    await clock.advance(10);
    welcome();
    unwrap(await joining);
    expect(training.shards).toEqual([TEXT]);
    expect(unwrap(await session.chooseShard(TEXT, true))).toMatchObject({ tokens: 123_456 });
    expect(vault.settings.get('shard')).toEqual({ source: TEXT });
    expect(session.view().shard).toMatchObject({ state: 'ready', kept: true });
  });

  it('refuses a text that is too large, and keeps the old one when a new one is refused', async () => {
    const session = await joined();
    const huge: ShardSource = { kind: 'text', name: 'huge', bytes: new Uint8Array(SHARD_BYTES_MAX + 1) };
    expect(await session.chooseShard(huge, true)).toMatchObject({ ok: false, error: { code: 'SESSION_SHARD_LARGE' } });
    training.refuseShard = fail('SHARD_BINARY', 'that is a picture');
    expect(await session.chooseShard(TEXT, false)).toMatchObject({ ok: false, error: { code: 'SHARD_BINARY' } });
    expect(session.view().shard).toMatchObject({ state: 'refused', message: 'that is a picture' });
    expect(vault.settings.get('shard')).toEqual({ source: SAMPLE });
  });

  it('continues after a reload with the same text, without a click', async () => {
    const first = await joined();
    await first.chooseShard(TEXT, true);
    await first.close();
    const settings = vault.settings;
    vault = new FakeVault(settings);
    training = new FakeTraining(clock);
    const second = create();
    expect(unwrap(await second.open(OPEN))).toEqual({ rejoining: true });
    await clock.advance(10);
    welcome();
    await clock.advance(10);
    expect(second.view().life).toEqual({ state: 'joined' });
    expect(training.shards).toEqual([TEXT]);
  });

  it('does not come back by itself after leaving', async () => {
    const session = await joined();
    await session.leave();
    expect(session.view()).toMatchObject({ life: { state: 'ready', left: true } });
    vault = new FakeVault(vault.settings);
    expect(unwrap(await create().open(OPEN))).toEqual({ rejoining: false });
  });

  it('leaves again when the model cannot be had, and says why', async () => {
    const session = create();
    training.refuseModel = fail('MODEL_HASH', 'the weights have another hash than the run agreed on');
    unwrap(await session.open(OPEN));
    const joining = session.join();
    await clock.advance(10);
    welcome();
    expect(await joining).toMatchObject({ ok: false, error: { code: 'MODEL_HASH' } });
    expect(session.view().life).toMatchObject({ state: 'failed', code: 'MODEL_HASH' });
    expect(vault.calls).toContain('leave');
    expect(session.view().failures).toMatchObject([{ code: 'MODEL_HASH', final: true }]);
  });

  it('ends in a named failure when the relay refuses for good, and in a slow one when it is silent', async () => {
    const session = create();
    unwrap(await session.open(OPEN));
    const joining = session.join();
    await clock.advance(10);
    vault.emit({ type: 'failure', code: 'SEC_RELAY_PIN', message: 'other keys', final: true });
    expect(await joining).toMatchObject({ ok: false, error: { code: 'SEC_RELAY_PIN' } });
    expect(session.view().sentence).toBe('other keys');
    const silent = create();
    unwrap(await silent.open(OPEN));
    const waiting = silent.join();
    await clock.advance(61_000);
    expect(await waiting).toMatchObject({ ok: false, error: { code: 'SESSION_SLOW', retry: true } });
    expect(silent.view().life.state).toBe('joining');
  });

  it('does not follow into a run with less privacy by a reload either', async () => {
    const session = await joined();
    vault.emit({ type: 'failure', code: 'FED_CONFIG_WEAKER', message: 'less privacy', final: true });
    expect(session.view().life).toMatchObject({ state: 'failed', code: 'FED_CONFIG_WEAKER' });
    vault = new FakeVault(vault.settings);
    expect(unwrap(await create().open(OPEN))).toEqual({ rejoining: false });
  });

  it('says why when the storage cannot be opened', async () => {
    vault.openResult = fail('STORE_LOST', 'the records are gone');
    const session = create();
    expect(await session.open(OPEN)).toMatchObject({ ok: false, error: { code: 'STORE_LOST' } });
    expect(session.view().life).toMatchObject({ state: 'failed', message: 'the records are gone' });
    expect(await session.join()).toMatchObject({ ok: false, error: { code: 'STORE_LOST' } });
  });
});

describe('session: a round', () => {
  it('goes through every step, keeps what left the tab, and measures the merged adapter', async () => {
    const session = await joined();
    const steps: string[] = [];
    session.subscribe(({ round }) => {
      const now = round === null ? '' : `${round.step}${round.accepted ? '+' : ''}`;
      if (steps.at(-1) !== now) steps.push(now);
    });
    invite(1);
    await clock.advance(900);
    expect(vault.submitted).toMatchObject([{ round: 1, delta: outcome(1).delta, noiseMultiplier: 0.7 }]);
    deliver(1);
    await clock.advance(100);
    expect(steps).toEqual(['invited', 'training', 'sealing', 'sent', 'sent+', 'merged+']);
    const view = session.view();
    expect(view.left).toEqual([
      {
        round: 1,
        at: expect.any(Number) as number,
        bytes: 500,
        plaintextBytes: 400,
        clipNorm: CONFIG.privacy.clipNorm,
        noiseMultiplier: CONFIG.privacy.noiseMultiplier,
        suite: 'X-Wing (ML-KEM-768 + X25519), AES-256-GCM',
        previewHex: '01ab',
        updateId: 'id1',
        accepted: true,
      },
    ]);
    expect(view.rounds).toMatchObject([{ round: 1, end: 'merged', trainedMs: 800, lossFirst: 4, lossLast: 3.2 }]);
    expect(view.losses.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(view.heldBack.map(({ version, loss }) => [version, loss])).toEqual([
      [0, 4],
      [1, 3],
    ]);
    expect(view.roundsMerged).toBe(1);
    expect(quantum.jobs.map(({ seed }) => seed)).toEqual([1, 1]);
    expect(vault.phases.filter(([, phase]) => phase === 'training').length).toBeGreaterThan(2);
    expect(JSON.parse(JSON.stringify(view))).toEqual(view);
  });

  it('stops when the round is closed, and answers the next one', async () => {
    const session = await joined();
    invite(1);
    await clock.advance(250);
    vault.emit({ type: 'stop', round: 1, reason: 'round 1 is closed' });
    await clock.advance(50);
    expect(session.view().round).toMatchObject({ end: 'stopped', reason: 'round 1 is closed' });
    expect(vault.submitted).toEqual([]);
    invite(2);
    await clock.advance(900);
    expect(vault.submitted).toMatchObject([{ round: 2 }]);
    expect(training.busyMax).toBe(1);
  });

  it('takes the newer round when two overlap', async () => {
    await joined();
    invite(1);
    await clock.advance(250);
    invite(2);
    await clock.advance(1_000);
    expect(vault.submitted.map(({ round }) => round)).toEqual([2]);
    expect(training.busyMax).toBe(1);
  });

  it('gives up after twice the time of the round by itself', async () => {
    const session = await joined();
    invite(1, 150);
    await clock.advance(2_000);
    expect(vault.submitted).toEqual([]);
    const reason = 'it took longer than twice the time of the round';
    expect(session.view().round).toMatchObject({ end: 'stopped', reason });
  });

  it('[PT4] finishes what the vault lets go on after the deadline: a late update', async () => {
    await joined();
    // Training takes 800 ms.
    invite(1, 500);
    await clock.advance(2_000);
    expect(vault.submitted).toHaveLength(1);
  });

  it('waits for the model when the invitation comes first', async () => {
    let finish = (): void => undefined;
    const slow = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const session = create({ loadModel: () => slow.then(() => ok(FILES)) });
    unwrap(await session.open(OPEN));
    void session.join();
    await clock.advance(10);
    welcome();
    invite(1);
    await clock.advance(500);
    expect(training.trained).toEqual([]);
    finish();
    await clock.advance(1_000);
    expect(vault.submitted).toMatchObject([{ round: 1 }]);
  });

  it('declines with the reason when training fails', async () => {
    const session = await joined();
    training.next = fail('LEARN_MEMORY', 'not enough memory');
    invite(1);
    await clock.advance(10);
    expect(vault.calls).toContain('decline 1 failed');
    expect(session.view().failures.at(-1)).toMatchObject({ code: 'LEARN_MEMORY', message: 'not enough memory' });
    expect(session.view().round).toMatchObject({ end: 'failed' });
  });

  it('restores a crashed training worker and still makes the round', async () => {
    const session = await joined();
    training.next = fail('WORKER_CRASHED', 'the training worker stopped', true);
    invite(1);
    workers.restarts.emit('training');
    await clock.advance(1_000);
    expect(vault.submitted).toMatchObject([{ round: 1 }]);
    expect(training.loads).toBe(2);
    expect(training.shards).toEqual([SAMPLE, SAMPLE]);
    expect(session.view().failures.map(({ code }) => code)).toEqual(['WORKER_RESTARTED', 'WORKER_CRASHED']);
  });

  it('marks a late update as merged when a later round takes it in', async () => {
    const session = await joined();
    invite(1);
    await clock.advance(900);
    vault.emit({ type: 'sealed', round: 1, bytes: 5, plaintextBytes: 4, preview: Uint8Array.of(1) });
    vault.emit({ type: 'sent', round: 1, updateId: 'id1' });
    vault.emit({ type: 'merged', round: 1, adapter: ref(1), included: false });
    expect(session.view().round).toMatchObject({ end: 'committed' });
    vault.emit({ type: 'accepted', round: 1, updateId: 'id1', staleness: 1 });
    vault.emit({ type: 'merged', round: 2, adapter: ref(2), included: true });
    expect(session.view().rounds).toMatchObject([{ round: 1, end: 'merged' }]);
    expect(session.view().roundsMerged).toBe(1);
  });
});

describe('session: rounds of others', () => {
  it('says so when a round was given up, and still counts the update when it is merged later', async () => {
    const session = await joined();
    invite(1);
    await clock.advance(900);
    vault.emit({ type: 'sealed', round: 1, bytes: 5, plaintextBytes: 4, preview: Uint8Array.of(1) });
    vault.emit({ type: 'sent', round: 1, updateId: 'id1' });
    vault.emit({ type: 'accepted', round: 1, updateId: 'id1', staleness: 0 });
    vault.emit({ type: 'closed', round: 1, outcome: 'abandoned' });
    expect(session.view().sentence).toContain('too few updates');
    vault.emit({ type: 'closed', round: 2, outcome: 'committed' });
    vault.emit({ type: 'merged', round: 2, adapter: ref(1), included: true });
    expect(session.view().rounds).toMatchObject([{ round: 1, end: 'merged' }]);
  });
});

describe('session: people', () => {
  it('pauses at once, and resumes', async () => {
    const session = await joined();
    invite(1);
    await clock.advance(250);
    await session.pause();
    await clock.advance(50);
    expect(session.view()).toMatchObject({ life: { state: 'paused' }, round: { end: 'stopped', reason: 'paused' } });
    await session.resume();
    expect(session.view().life.state).toBe('joined');
    expect(vault.calls.filter((call) => /pause|resume/.test(call))).toEqual(['pause', 'resume']);
  });

  it('writes a prompt with the base model and with the adapter, and streams it', async () => {
    const session = await joined();
    vault.emit({ type: 'adapter', ref: ref(5), values: values(5) });
    const seen = new Set<string>();
    session.subscribe(({ sample }) => seen.add(`${sample.writing}:${sample.before}/${sample.after}`));
    const writing = session.write('Ahoy');
    await clock.advance(500);
    unwrap(await writing);
    const wanted = { prompt: 'Ahoy', before: 'Ahoy vbase end', after: 'Ahoy v5 end', afterVersion: 5, writing: null };
    expect(session.view().sample).toEqual({ ...wanted, message: null });
    expect(seen).toContain('before:Ahoy vbase/null');
    expect(await session.write('x'.repeat(501))).toMatchObject({ ok: false, error: { code: 'SESSION_PROMPT' } });
  });

  it('lets a round go before a waiting prompt', async () => {
    const session = await joined();
    invite(1);
    await clock.advance(150);
    void session.write('a');
    void session.write('b');
    invite(2);
    await clock.advance(50);
    expect(session.view().queue).toBeGreaterThan(1);
    await clock.advance(3_000);
    expect(vault.submitted).toMatchObject([{ round: 2 }]);
    expect(session.view().sample).toMatchObject({ prompt: 'b', before: 'b vbase end' });
    expect(session.view().queue).toBe(0);
    expect(training.busyMax).toBe(1);
  });

  it('compares the adapter with the base model and exports it', async () => {
    const session = await joined();
    vault.emit({ type: 'adapter', ref: ref(2), values: values(2) });
    const comparing = session.evaluate();
    await clock.advance(500);
    expect(unwrap(await comparing)).toMatchObject({ base: { loss: 4 }, adapted: { loss: 2 } });
    expect(unwrap(await session.exportAdapter())).toEqual({ weights: Uint8Array.of(1), config: '{}' });
    const fresh = create();
    expect(await fresh.exportAdapter()).toMatchObject({ ok: false, error: { code: 'SESSION_ADAPTER' } });
  });

  it('forgets: leaves, deletes and starts from nothing', async () => {
    const session = await joined();
    await session.forget();
    expect(vault.calls.slice(-2)).toEqual(['leave', 'forget']);
    expect(session.view()).toMatchObject({ life: { state: 'closed' }, identity: { publicId: null }, spend: null });
    expect(vault.settings.size).toBe(0);
    const joining = session.join();
    await clock.advance(10);
    welcome();
    unwrap(await joining);
    expect(vault.calls.filter((call) => call === 'open main')).toHaveLength(2);
  });

  it('follows budget, notices, traffic and the end of the run', async () => {
    const session = await joined();
    const spend = { epsilon: 7.9, delta: 1e-5, rounds: 9, roundsLeft: 0 };
    vault.emit({ type: 'notice', text: 'Storage is full.' });
    vault.emit({ type: 'traffic', sentBytes: 5, receivedBytes: 6, queued: 1, roundTripMs: 2 });
    vault.emit({ type: 'budget-spent', spend });
    expect(session.view()).toMatchObject({
      life: { state: 'budget-spent' },
      spend,
      storage: { notice: 'Storage is full.' },
      traffic: { sentBytes: 5, receivedBytes: 6, queued: 1, roundTripMs: 2 },
    });
    vault.emit({ type: 'finished', rounds: 10 });
    await clock.advance(10);
    expect(session.view().life).toEqual({ state: 'finished', rounds: 10 });
    expect(vault.settings.get('joined')).toBe(false);
  });
});

describe('session: another run', () => {
  it('starts its own books when the organiser begins another run', async () => {
    const session = await joined();
    invite(1);
    await clock.advance(900);
    deliver(1);
    vault.emit({ type: 'budget-spent', spend: { epsilon: 8, delta: 1e-5, rounds: 1, roundsLeft: 0 } });
    const config = { ...CONFIG, runId: 'ab'.repeat(16) };
    vault.emit({ type: 'joined', participantId: '00', publicId: 'c0ffee00', config, heartbeatMs: 1500 });
    await clock.advance(200);
    expect(session.view()).toMatchObject({ config, life: { state: 'joined' }, rounds: [], left: [], roundsMerged: 0 });
    expect(training.loads).toBe(1);
  });
});

describe('session: workers', () => {
  it('opens and joins again after the vault worker was replaced', async () => {
    const session = await joined();
    workers.restarts.emit('vault');
    await clock.advance(10);
    expect(vault.calls).toEqual(['open main', 'join', 'open main', 'join']);
    welcome();
    await clock.advance(10);
    expect(training.loads).toBe(1);
    expect(session.view().life.state).toBe('joined');
  });

  it('puts model and text back after the training worker was replaced', async () => {
    await joined();
    workers.restarts.emit('training');
    await clock.advance(10);
    expect([training.loads, training.shards.length]).toEqual([2, 2]);
    invite(1);
    await clock.advance(1_000);
    expect(vault.submitted).toHaveLength(1);
  });

  it('leaves untouched parts of the view the same', async () => {
    const session = await joined();
    const before: SessionView = session.view();
    vault.emit({ type: 'traffic', sentBytes: 1, receivedBytes: 1, queued: 0, roundTripMs: null });
    const after = session.view();
    expect(after).not.toBe(before);
    expect(after.rounds).toBe(before.rounds);
    expect(after.model).toBe(before.model);
    expect(after.workers).toBe(before.workers);
  });
});
