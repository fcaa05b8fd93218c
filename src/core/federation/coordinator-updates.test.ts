import { describe, expect, it } from 'vitest';
import { ROUNDS_REMEMBERED, stalenessWeight } from './coordinator-limits.ts';
import { baseOf } from './coordinator-updates.ts';
import { hashOf, idOf, RelayHarness } from './testing/relay-harness.ts';
import { updateIdOf } from './update-check.ts';

/** Rounds that participants 1 and 2 finish alone; 3 and 4 are invited and silent. */
function relayAfter(rounds: number, options: ConstructorParameters<typeof RelayHarness>[0] = {}): RelayHarness {
  const relay = new RelayHarness({ cohortTarget: 4, quorum: 0.5, deadlineMs: 20_000, roundsMax: 50, ...options });
  relay.openWith(4);
  for (let round = 1; round <= rounds; round++) {
    for (const n of [1, 2]) relay.deliver(n, round);
    relay.pass(20_000);
    for (const n of [1, 2, 3, 4]) relay.say(n, { type: 'heartbeat', sentAt: 1 });
    relay.aggregated();
    relay.pass(1000);
  }
  return relay;
}

describe('updates', () => {
  it('[UP3] counts an update once, however often it comes, and acknowledges each time', () => {
    const relay = new RelayHarness();
    relay.openWith(3);
    expect(relay.deliver(1, 1)).toMatchObject({ type: 'accepted', duplicate: false, staleness: 0 });
    expect(relay.deliver(1, 1)).toMatchObject({ type: 'accepted', duplicate: true });
    expect(relay.state.updatesAccepted).toBe(1);
    for (const n of [2, 3]) relay.deliver(n, 1);
    expect(relay.deliver(1, 1)).toMatchObject({ type: 'accepted', duplicate: true });
    relay.aggregated();
    expect(relay.deliver(1, 1)).toMatchObject({ type: 'accepted', duplicate: true });
    relay.restart();
    expect(relay.deliver(1, 1)).toMatchObject({ type: 'accepted', duplicate: true });
    relay.join(1, true);
    relay.join(2, true);
    relay.pass(1000);
    expect(relay.state.run).toMatchObject({ phase: 'training' });
    expect([...relay.state.updates.values()].filter((update) => update.mergedIn === null)).toEqual([]);
  });

  it('[UP4] refuses other bytes under the same id, before and after the merge and a restart', () => {
    const relay = new RelayHarness();
    const conflict = { type: 'refused', code: 'FED_UPDATE_CONFLICT', retry: false };
    relay.openWith(3);
    relay.deliver(1, 1);
    expect(relay.deliver(1, 1, hashOf(99))).toMatchObject(conflict);
    for (const n of [2, 3]) relay.deliver(n, 1);
    relay.aggregated();
    expect(relay.deliver(1, 1, hashOf(99))).toMatchObject(conflict);
    relay.restart();
    expect(relay.deliver(1, 1, hashOf(99))).toMatchObject(conflict);
  });

  it('[UP5] merges a late update with weight 1/sqrt(1+s)', () => {
    const relay = relayAfter(2);
    expect(relay.deliver(3, 1)).toMatchObject({ type: 'accepted', staleness: 2, duplicate: false });
    expect(relay.deliver(4, 2)).toMatchObject({ type: 'accepted', staleness: 1 });
    for (const n of [1, 2]) relay.deliver(n, 3);
    relay.pass(20_000);
    const aggregate = relay.effects.findLast((effect) => effect.type === 'aggregate')!;
    const weights = Object.fromEntries(aggregate.updates.map((update) => [update.participantId, update.weight]));
    expect(weights).toEqual({ [idOf(1)]: 1, [idOf(2)]: 1, [idOf(3)]: 1 / Math.sqrt(3), [idOf(4)]: 1 / Math.sqrt(2) });
    expect(stalenessWeight(3)).toBe(0.5);
    const ids = aggregate.updates.map((update) => update.updateId);
    expect(ids).toEqual([...ids].sort((a, b) => (a < b ? -1 : 1)));
  });

  it('[UP5] refuses an update older than stalenessMax merges', () => {
    const relay = relayAfter(3, { stalenessMax: 2 });
    expect(relay.deliver(3, 2)).toMatchObject({ type: 'accepted', staleness: 2 });
    expect(relay.deliver(3, 1)).toMatchObject({ type: 'refused', code: 'FED_UPDATE_STALE', retry: false });
  });

  it('[UP5] counts an update that became stale between admission and the disk', () => {
    const relay = relayAfter(1, { stalenessMax: 0 });
    const round = 2;
    const participantId = idOf(3);
    const updateId = updateIdOf(participantId, relay.config.runId, round);
    for (const n of [1, 2]) relay.deliver(n, round);
    relay.pass(20_000);
    relay.aggregated();
    const update = { updateId, participantId, round, digest: hashOf(5) };
    const effects = relay.step({ type: 'update-durable', ...update, duplicate: false, mergedIn: null });
    const answer = effects.find((effect) => effect.type === 'answer');
    expect(answer).toMatchObject({ updateId, message: { type: 'accepted', staleness: 1 } });
    expect(relay.state.updates.get(updateId)).toMatchObject({ mergedIn: null });
  });

  it('[UP2] refuses rounds of the future, rounds never heard of, and who was not invited', () => {
    const relay = new RelayHarness();
    relay.openWith(3);
    expect(relay.deliver(1, 2)).toMatchObject({ type: 'refused', code: 'FED_ROUND_UNKNOWN', retry: false });
    expect(relay.deliver(7, 1)).toMatchObject({ type: 'refused', code: 'FED_NOT_INVITED', retry: false });
    expect(baseOf(relay.state, 1)).toEqual({ version: 0, sha256: hashOf(0) });
    expect(baseOf(relay.state, 2)).toBeNull();
  });

  it('[UP6] acknowledges nothing that can no longer be merged', () => {
    const relay = relayAfter(0, { roundsMax: 1 });
    for (const n of [1, 2]) relay.deliver(n, 1);
    relay.pass(20_000);
    expect(relay.view().phase).toBe('merging');
    expect(relay.deliver(1, 1)).toMatchObject({ type: 'accepted', duplicate: true });
    expect(relay.deliver(3, 1)).toMatchObject({ type: 'refused', code: 'FED_RUN_BUSY', retry: true });
    relay.aggregated();
    expect(relay.deliver(3, 1)).toMatchObject({ type: 'refused', code: 'FED_RUN_FINISHED', retry: false });
    expect(relay.deliver(1, 1)).toMatchObject({ type: 'accepted', duplicate: true });
  });

  it('[UP6] takes the update after all where the last merge fails', () => {
    const relay = relayAfter(0, { roundsMax: 1 });
    for (const n of [1, 2]) relay.deliver(n, 1);
    relay.pass(20_000);
    relay.step({ type: 'aggregation-failed', round: 1, message: 'disk full' });
    expect(relay.deliver(3, 1)).toMatchObject({ type: 'accepted' });
  });

  it('takes an update that comes while its own round is being merged into the next one', () => {
    const relay = relayAfter(0);
    for (const n of [1, 2]) relay.deliver(n, 1);
    relay.pass(20_000);
    expect(relay.deliver(3, 1)).toMatchObject({ type: 'accepted', staleness: 0 });
    relay.aggregated();
    const merged = relay.updates.filter((update) => update.mergedIn === 1).map((update) => update.participantId);
    expect(merged).toEqual([idOf(1), idOf(2)]);
    relay.pass(1000);
    for (const n of [1, 2]) relay.deliver(n, 2);
    relay.pass(20_000);
    relay.aggregated();
    expect(relay.updates.every((update) => update.mergedIn !== null)).toBe(true);
  });

  it('forgets old rounds and merged updates', () => {
    const relay = new RelayHarness({ cohortTarget: 2, roundsMax: 1000, gatherMs: 250 });
    relay.openWith(2);
    for (let round = 1; round <= ROUNDS_REMEMBERED + 20; round++) {
      for (const n of [1, 2]) relay.deliver(n, round);
      relay.aggregated();
      relay.pass(250);
    }
    expect(relay.state.invitations.size).toBeLessThanOrEqual(ROUNDS_REMEMBERED + 1);
    expect(relay.state.updates.size).toBeLessThan(20);
    expect(relay.deliver(1, 1, hashOf(1001))).toMatchObject({ type: 'accepted', duplicate: true });
    expect(relay.deliver(3, 1)).toMatchObject({ type: 'refused', code: 'FED_UPDATE_STALE' });
  });
});
