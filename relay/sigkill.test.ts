import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildProgram, startRelayProgram } from '../cli/testing/program.ts';
import { unwrap } from '../src/core/lib/result.ts';
import { Prng } from '../src/core/lib/prng.ts';
import { openSqliteLedger } from './ledger/sqlite-ledger.ts';
import { joinRelay, testFolders, type TestParticipant } from './testing/harness.ts';

/** Two in the quick run, more where there is time. */
const KILLS = Number(process.env['PLAQUETTE_KILLS'] ?? 2);
/** Printed on failure by the name of the test. */
const SEED = Number(process.env['PLAQUETTE_SEED'] ?? 7);

const folders = testFolders();
beforeAll(buildProgram, 120_000);
afterAll(() => {
  folders.remove();
});

function acknowledged(tab: TestParticipant): string[] {
  return tab.events.flatMap((event) => (event.type === 'accepted' ? [event.updateId] : []));
}

describe('relay killed with SIGKILL', () => {
  it(`loses no acknowledged update, counts none twice and commits each round once (seed ${SEED})`, async () => {
    const data = folders.data('killed');
    const prng = new Prng(SEED);
    const options = ['--web', folders.web, '--model', 'tiny', '--data', data, '--host', '127.0.0.1'];
    const wishes = ['--no-noise', '--rounds', '1000', '--min-participants', '3', '--deadline-s', '20'];
    let relay = await startRelayProgram(...options, ...wishes, '--port', '0');
    const { port, fingerprint, runId } = relay.links;
    const url = `http://127.0.0.1:${port}`;
    const tabs = await Promise.all([1, 2, 3].map((n) => joinRelay(url, fingerprint, { step: 0.001 * n })));
    try {
      for (let kill = 0; kill < KILLS; kill++) {
        const before = tabs.map((tab) => acknowledged(tab).length);
        await Promise.all(tabs.map((tab, i) => tab.until(() => acknowledged(tab).length > (before[i] ?? 0), 40_000)));
        // Somewhere in the next round: gathering, training, merging or committing.
        await new Promise((resolve) => {
          setTimeout(resolve, prng.below(2500));
        });
        relay.child.kill('SIGKILL');
        expect(await relay.ended).toBe('SIGKILL');
        relay = await startRelayProgram(...options, '--port', String(port));
        expect(relay.links).toMatchObject({ resumed: true, runId, fingerprint });
      }
      const count = acknowledged(tabs[0]!).length;
      await tabs[0]!.until(() => acknowledged(tabs[0]!).length > count, 40_000);
    } finally {
      await Promise.all(tabs.map((tab) => tab.close()));
      relay.child.kill('SIGTERM');
    }
    expect(await relay.ended).toBe(0);

    const ledger = unwrap(openSqliteLedger(join(data, 'ledger.db')));
    const updates = unwrap(await ledger.updates(runId));
    const rounds = unwrap(await ledger.rounds(runId));
    await ledger.close();
    const ids = updates.map((update) => update.updateId);
    expect(new Set(ids).size).toBe(ids.length);
    const acks = tabs.flatMap(acknowledged);
    expect(acks.length).toBeGreaterThanOrEqual(3 * (KILLS + 1) - 2);
    expect(acks.filter((id) => !ids.includes(id))).toEqual([]);
    const committed = rounds.filter((round) => round.outcome === 'committed');
    expect(committed.length).toBeGreaterThan(KILLS);
    const adapters = readdirSync(join(data, 'adapters'));
    for (const round of committed) expect(adapters).toContain(round.adapterSha256);
    // What was acknowledged and is not merged still waits with its bytes.
    const blobs = readdirSync(join(data, 'updates'));
    for (const update of updates) if (update.mergedIn === null) expect(blobs).toContain(update.digest);
    // Nobody was told of two commits of one version.
    for (const tab of tabs) {
      const seen = new Map<number, string>();
      for (const event of tab.events) {
        if (event.type !== 'merged') continue;
        expect(seen.get(event.adapter.version) ?? event.adapter.sha256).toBe(event.adapter.sha256);
        seen.set(event.adapter.version, event.adapter.sha256);
      }
      expect(seen.size).toBeGreaterThan(0);
    }
  }, 240_000);
});
