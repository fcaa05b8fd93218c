import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { unwrap } from '../src/core/lib/result.ts';
import type { RunView } from '../src/core/federation/run-view.ts';
import { openSqliteLedger } from './ledger/sqlite-ledger.ts';
import { Relay } from './relay.ts';
import { joinRelay, relayOptions, startRelay, testFolders, type TestParticipant } from './testing/harness.ts';

const folders = testFolders();
const relays: Relay[] = [];
const tabs: TestParticipant[] = [];

async function start(...args: Parameters<typeof startRelay>): Promise<Relay> {
  const relay = await startRelay(...args);
  relays.push(relay);
  return relay;
}

async function join_(relay: Relay, options: Parameters<typeof joinRelay>[2] = {}): Promise<TestParticipant> {
  const tab = await joinRelay(relay.baseUrl, relay.fingerprint, options);
  tabs.push(tab);
  return tab;
}

async function viewOf(relay: Relay): Promise<RunView> {
  return (await (await fetch(`${relay.baseUrl}/api/run`)).json()) as RunView;
}

afterEach(async () => {
  for (const tab of tabs.splice(0)) await tab.close();
  for (const relay of relays.splice(0)) await relay.stop('end of the test');
});
afterAll(() => {
  folders.remove();
});

describe('relay', () => {
  it('runs a whole federation over real sockets: join, rounds, commits, losses, finish', async () => {
    const data = folders.data('whole');
    const relay = await start(folders, data);
    const [a, b] = await Promise.all([join_(relay, { step: 0.01 }), join_(relay, { step: 0.03 })]);
    await Promise.all([a, b].map((tab) => tab.until((event) => event.type === 'finished', 20_000)));
    const merged = a.events.filter((event) => event.type === 'merged');
    expect(merged.length).toBe(3);
    await expect.poll(async () => (await viewOf(relay)).losses.length).toBe(4);
    const view = await viewOf(relay);
    expect(view).toMatchObject({ phase: 'finished', round: 3, roundsMax: 3, joinUrl: relay.joinUrl, epsilon: null });
    expect(view.participants.map((p) => [p.roundsMerged, p.client])).toEqual([
      [3, 'headless'],
      [3, 'headless'],
    ]);
    expect(view.rounds.map((r) => [r.outcome, r.accepted])).toEqual(Array.from({ length: 3 }, () => ['committed', 2]));
    const losses = view.losses.map((point) => point.loss);
    expect(losses).toEqual(losses.toSorted((x, y) => y - x));
    expect(view.relay.updatesAccepted).toBe(6);
    // Mean of 0.01 and 0.03, three times.
    const bytes = await (await fetch(`${relay.baseUrl}/api/adapters/${view.adapterHash}`)).arrayBuffer();
    for (const value of new Float32Array(bytes)) expect(value).toBeCloseTo(0.06, 3);
    await expect.poll(() => readdirSync(join(data, 'updates'))).toEqual([]);
    expect(statSync(join(data, 'relay.key')).mode & 0o777).toBe(0o600);
  }, 30_000);

  it('goes on where it was after a stop: same run, same keys, same participants', async () => {
    const data = folders.data('resume');
    const first = await start(folders, data, { rounds: { roundsMax: 50 } });
    const a = await join_(first);
    const b = await join_(first);
    await a.until((event) => event.type === 'merged' && event.adapter.version >= 2);
    const { port, fingerprint, config } = first;
    await first.stop('for maintenance');
    relays.splice(0);
    const before = a.events.length;
    const again = await start(folders, data, { port });
    expect([again.resumed, again.fingerprint, again.config]).toEqual([true, fingerprint, config]);
    const after = (tab: TestParticipant) => tab.events.slice(tab === a ? before : 0);
    await expect
      .poll(() => after(a).some((event) => event.type === 'merged' && event.included), { timeout: 15_000 })
      .toBe(true);
    const view = await viewOf(again);
    expect(view.participants.map((p) => p.id).toSorted()).toHaveLength(2);
    expect(view.events.map((event) => event.kind)).toEqual(expect.arrayContaining(['run-stopped', 'run-resumed']));
    const versions = a.events.flatMap((event) => (event.type === 'merged' ? [event.adapter.version] : []));
    expect(new Set(versions).size).toBe(versions.length);
    expect(b.events.some((event) => event.type === 'failure' && event.final)).toBe(false);
  }, 40_000);

  it('starts another run with --new-run and keeps the old one in the ledger', async () => {
    const data = folders.data('new-run');
    const first = await start(folders, data);
    await first.stop('x');
    const second = await start(folders, data, { newRun: true });
    expect(second.resumed).toBe(false);
    expect(second.config.runId).not.toBe(first.config.runId);
    expect(second.fingerprint).toBe(first.fingerprint);
  });

  it('says what to do when it cannot start', async () => {
    const start_ = async (changes: Parameters<typeof relayOptions>[2], data = folders.data('cannot')) => {
      const started = await Relay.start(await relayOptions(folders, data, changes));
      if (started.ok) relays.push(started.value);
      return started;
    };
    const file = join(folders.root, 'a-file');
    writeFileSync(file, '');
    expect(await start_({}, join(file, 'data'))).toMatchObject({ error: { code: 'RELAY_DATA_NOT_WRITABLE' } });
    const running = await start(folders, folders.data('running'));
    expect(await start_({}, folders.data('running'))).toMatchObject({ error: { code: 'RELAY_DATA_IN_USE' } });
    expect(await start_({ port: running.port })).toMatchObject({ error: { code: 'RELAY_PORT_IN_USE' } });
    expect(await start_({ modelId: 'nothing' })).toMatchObject({ error: { code: 'RELAY_MODEL_MISSING' } });
    expect(await start_({ webFolder: folders.root })).toMatchObject({ error: { code: 'RELAY_PAGES_MISSING' } });
    expect(
      await start_({ wishes: { name: '', noise: true, privacy: {}, rounds: {} } }, folders.data('wish')),
    ).toMatchObject({ error: { code: 'FED_CONFIG' } });
    // A failed start gives the folder back, and leaves no run behind that the next one would go on with.
    expect(existsSync(folders.data('cannot'))).toBe(false);
    expect((await start_({})).ok).toBe(true);
  });

  it('refuses damaged keys instead of making new ones', async () => {
    const data = folders.data('keys');
    await (await start(folders, data)).stop('x');
    writeFileSync(join(data, 'relay.key'), 'damaged');
    const started = await Relay.start(await relayOptions(folders, data));
    expect(started).toMatchObject({ error: { code: 'SEC_RELAY_KEYS' } });
  });

  it('merges the same updates again, once, after a stop in the middle of a merge', async () => {
    const data = folders.data('merge');
    const options = { rounds: { roundsMax: 1000, participantsMin: 1, cohortTarget: 1, quorum: 1 } };
    const relay = await start(folders, data, options);
    await join_(relay, { step: 0.02 });
    await vi.waitUntil(() => relay.state.run.phase === 'merging', { interval: 0, timeout: 10_000 });
    const { updatesAccepted, adapter } = relay.state;
    await relay.stop('in the middle');
    for (const tab of tabs.splice(0)) await tab.close();
    const again = await start(folders, data, options);
    expect(again.state.updatesAccepted).toBe(updatesAccepted);
    await vi.waitUntil(() => again.state.adapter.version > adapter.version, { timeout: 10_000 });
    expect(again.state.adapter.version).toBe(adapter.version + 1);
    const bytes = await (await fetch(`${again.baseUrl}/api/adapters/${again.state.adapter.sha256}`)).arrayBuffer();
    for (const value of new Float32Array(bytes)) expect(value).toBeCloseTo(0.02 * (adapter.version + 1), 3);
    const committed = again.state.rounds.filter((round) => round.outcome === 'committed');
    expect(committed.map((round) => round.round)).toEqual([...new Set(committed.map((round) => round.round))]);
  }, 30_000);

  it('stops within 5 s, says goodbye and leaves an intact ledger', async () => {
    const data = folders.data('stop');
    const relay = await start(folders, data, { rounds: { roundsMax: 1000 } });
    const a = await join_(relay);
    await join_(relay);
    await a.until((event) => event.type === 'merged');
    const began = performance.now();
    await relay.stop('for a test');
    expect(performance.now() - began).toBeLessThan(5000);
    const ledger = unwrap(openSqliteLedger(join(data, 'ledger.db')));
    const rounds = unwrap(await ledger.rounds(relay.config.runId));
    expect(rounds.length).toBeGreaterThan(0);
    const updates = unwrap(await ledger.updates(relay.config.runId));
    expect(updates.filter((u) => u.mergedIn !== null).length).toBeGreaterThanOrEqual(2);
    await ledger.close();
    expect(existsSync(join(data, 'ledger.db-wal'))).toBe(false);
  }, 20_000);
});
