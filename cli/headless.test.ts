import { cpSync, existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { Relay } from '../relay/relay.ts';
import { startRelay, testFolders } from '../relay/testing/harness.ts';
import type { RoundsConfig } from '../src/core/federation/run-config.ts';
import { parseJoinLink } from '../src/core/federation/endpoints.ts';
import { unwrap } from '../src/core/lib/result.ts';
import type { SessionView } from '../src/core/session/session-view.ts';
import { runHeadless, type HeadlessSummary } from './headless.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const MODEL = 'plaquette-1m';
const ready =
  existsSync(join(root, 'public/models', MODEL, 'model.safetensors')) &&
  existsSync(join(root, 'wasm/build/kernels.wasm'));
const folders = testFolders();
let relay: Relay | null = null;

async function start(rounds: Partial<RoundsConfig>): Promise<Relay> {
  cpSync(join(root, 'public/models', MODEL), join(folders.web, 'models', MODEL), { recursive: true });
  relay = await startRelay(folders, folders.data(`data-${Math.random()}`), {
    modelId: MODEL,
    probe: null,
    rounds,
  });
  return relay;
}

interface Running {
  readonly ended: Promise<HeadlessSummary>;
  readonly views: SessionView[];
  stop(): void;
}

function run(joinUrl: string, style: string, stateDir: string | null = null): Running {
  const views: SessionView[] = [];
  const stop = new AbortController();
  const link = unwrap(parseJoinLink(joinUrl));
  const source = style === '' ? ({ kind: 'stored' } as const) : ({ kind: 'sample', style, seed: 1 } as const);
  const ended = runHeadless({ link, source, stateDir, label: style }, stop.signal, (view) => views.push(view)).then(
    unwrap,
  );
  return { ended, views, stop: () => stop.abort(new Error('stopped')) };
}

afterEach(async () => {
  await relay?.stop('end of the test');
  relay = null;
});
afterAll(() => folders.remove());

describe.skipIf(!ready)('headless participants against a real relay', () => {
  it('trains, seals, sends and merges until the run is finished, and gets better at its own text', async () => {
    const { joinUrl } = await start({
      roundsMax: 1,
      participantsMin: 1,
      cohortTarget: 1,
      quorum: 1,
      deadlineMs: 100_000,
    });
    const participant = run(joinUrl, 'pirate');
    const summary = await participant.ended;
    expect(summary).toMatchObject({ roundsMerged: 1, failure: null, epsilon: null });
    expect(summary.heldBack!.last).toBeLessThan(summary.heldBack!.first);
    const view = participant.views.findLast(({ life }) => life.state === 'finished')!;
    expect(view.life).toEqual({ state: 'finished', rounds: 1 });
    expect(view.left).toMatchObject([{ round: 1, accepted: true, noiseMultiplier: 0 }]);
    expect(view.left[0]!.bytes).toBeGreaterThan(view.left[0]!.plaintextBytes);
    expect(view.quantum.last?.fidelity).toBeCloseTo(1, 6);
    expect(view.losses.length).toBeGreaterThan(3);
    expect(view.rounds).toMatchObject([{ round: 1, end: 'merged' }]);
    const { trainedMs, sealedMs, acknowledgedMs, totalMs } = view.rounds[0]!;
    expect(Math.min(trainedMs!, sealedMs!, acknowledgedMs!)).toBeGreaterThanOrEqual(0);
    expect(totalMs).toBeGreaterThanOrEqual(trainedMs! + sealedMs! + acknowledgedMs! - 3);
    expect(JSON.parse(JSON.stringify(view))).toEqual(view);
  }, 120_000);

  it('comes back from its folder as the same participant with the same text', async () => {
    const state = await mkdtemp(join(tmpdir(), 'plaquette-state-'));
    const { joinUrl } = await start({ participantsMin: 2 });
    const isIn = (running: Running): Promise<void> =>
      expect.poll(() => running.views.at(-1)?.life.state, { timeout: 30_000 }).toBe('joined');
    const first = run(joinUrl, 'recipe', state);
    await isIn(first);
    first.stop();
    const before = await first.ended;
    const second = run(joinUrl, '', state);
    await isIn(second);
    second.stop();
    expect((await second.ended).publicId).toBe(before.publicId);
    const [was, is] = [first, second].map(({ views }) => views.at(-1)!);
    expect([was!.identity.returning, is!.identity.returning]).toEqual([false, true]);
    expect(is!.shard).toEqual(was!.shard);
    expect(is!.shard).toMatchObject({ state: 'ready', name: 'sample: recipe' });
    await rm(state, { recursive: true });
  }, 60_000);
});

describe.skipIf(!ready)('text that cannot be used', () => {
  it.each([
    ['empty', new Uint8Array(0), 'SHARD_EMPTY'],
    ['binary', Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 0, 0, 0, 1, 0, 2, 0, 0, 0, 3), 'SHARD_BINARY'],
    ['badly encoded', Uint8Array.from({ length: 5000 }, (_, i) => (i % 50 === 7 ? 0xe9 : 0x61)), 'SHARD_ENCODING'],
    ['too short', new TextEncoder().encode('Three words only.'), 'SHARD_SMALL'],
  ])(
    'is refused in a sentence and joins nothing: %s',
    async (name, bytes, code) => {
      const { joinUrl } = await start({ participantsMin: 1 });
      const link = unwrap(parseJoinLink(joinUrl));
      const source = { kind: 'texts', files: [{ name, bytes }] } as const;
      const ended = await runHeadless(
        { link, source, stateDir: null, label: name },
        new AbortController().signal,
        () => {},
      );
      const failure = ended.ok ? ended.value.failure : ended.error;
      expect(failure?.code).toBe(code);
      expect(failure?.message.length).toBeGreaterThan(20);
      expect(relay?.state.updatesAccepted).toBe(0);
    },
    30_000,
  );
});
