import { describe, expect, it } from 'vitest';
import { RESUME_GRACE_MS } from './coordinator-limits.ts';
import { restoreCoordinator } from './coordinator-restore.ts';
import { hashOf, idOf, RelayHarness } from './testing/relay-harness.ts';

const backAll = (relay: RelayHarness, n: number): void => {
  for (let i = 1; i <= n; i++) relay.join(i, true);
};

describe('restart of the relay', () => {
  it('[DU1] orders every record before the messages that tell of it', () => {
    const relay = new RelayHarness();
    relay.openWith(3);
    for (const n of [1, 2, 3]) relay.deliver(n, 1);
    relay.aggregated();
    const order = relay.effects.flatMap((effect) => {
      if (effect.type === 'persist') return effect.record.kind === 'round-evaluated' ? [] : [effect.record.kind];
      return effect.type === 'send' && effect.message.type !== 'welcome' ? [effect.message.type] : [];
    });
    const told = ['invite', 'invite', 'invite', 'round-closed', 'closed', 'closed', 'closed'];
    expect(order).toEqual(['round-opened', ...told]);
  });

  it('[DU2] goes on before the first round', () => {
    const relay = new RelayHarness();
    relay.join(1);
    relay.restart();
    expect(relay.view()).toMatchObject({ phase: 'gathering', round: 0, adapterHash: hashOf(0) });
    expect(relay.view().participants).toMatchObject([{ state: 'away' }]);
  });

  it('[DU3] resumes the open round with its invitations and what was delivered', () => {
    const relay = new RelayHarness();
    relay.openWith(3);
    relay.deliver(1, 1);
    relay.restart();
    expect(relay.view()).toMatchObject({ phase: 'training', round: 1, invited: 3, accepted: 1 });
    backAll(relay, 3);
    expect([relay.invites(1), relay.invites(2), relay.invites(3)]).toEqual([[1], [1, 1], [1, 1]]);
    for (const n of [2, 3]) relay.deliver(n, 1);
    expect(relay.view().phase).toBe('merging');
    relay.aggregated();
    expect(relay.closed('committed')).toEqual([1]);
    expect(relay.updates.every((update) => update.mergedIn === 1)).toBe(true);
  });

  it('[DU3] resends the same circuit seed and adapter', () => {
    const relay = new RelayHarness();
    relay.openWith(2);
    relay.restart();
    backAll(relay, 2);
    const [first, second] = relay.sentTo(1).filter((message) => message.type === 'invite');
    expect(second).toMatchObject({ circuitSeed: first!.circuitSeed, adapter: first!.adapter, round: 1 });
  });

  it('[DU3] merges again, once, when it was killed between aggregation and commit', () => {
    const relay = new RelayHarness();
    relay.openWith(3);
    for (const n of [1, 2, 3]) relay.deliver(n, 1);
    const before = relay.effects.findLast((effect) => effect.type === 'aggregate');
    relay.restart();
    relay.pass(250);
    const after = relay.effects.findLast((effect) => effect.type === 'aggregate');
    expect(after).not.toBe(before);
    expect(after).toEqual(before);
    relay.aggregated();
    expect(relay.closed('committed')).toEqual([1]);
  });

  it('[DU3] never merges twice when it was killed between commit and publication', () => {
    const relay = new RelayHarness();
    relay.openWith(3);
    for (const n of [1, 2, 3]) relay.deliver(n, 1);
    relay.aggregated();
    relay.restart();
    expect(relay.view()).toMatchObject({ phase: 'gathering', round: 1, adapterHash: hashOf(1) });
    backAll(relay, 3);
    expect(relay.sentTo(1).at(-1)).toMatchObject({ type: 'welcome', adapter: { version: 1, sha256: hashOf(1) } });
    relay.pass(1250);
    for (const n of [1, 2, 3]) relay.deliver(n, 2);
    expect(relay.effects.findLast((effect) => effect.type === 'aggregate')!.updates).toHaveLength(3);
  });

  it('[DU4] gives tabs the time to come back though the deadline passed while it was down', () => {
    const relay = new RelayHarness({ deadlineMs: 20_000 });
    relay.openWith(3);
    relay.deliver(1, 1);
    relay.restart(60_000);
    relay.pass(RESUME_GRACE_MS - 500);
    expect(relay.view().phase).toBe('training');
    backAll(relay, 3);
    relay.deliver(2, 1);
    relay.pass(500);
    expect(relay.view().phase).toBe('merging');
  });

  it('[DU4] never waits longer than a deadline, whatever the wall clock did', () => {
    const relay = new RelayHarness({ deadlineMs: 20_000 });
    relay.openWith(3);
    relay.restart(-3.2e11);
    backAll(relay, 3);
    relay.pass(20_000);
    expect(relay.closed('abandoned')).toEqual([1]);
  });

  it('[DU5] keeps updates of abandoned rounds, turns, losses and the numbering of the feed', () => {
    const relay = new RelayHarness({ cohortTarget: 9, quorum: 2 / 3, deadlineMs: 20_000 });
    relay.openWith(9);
    for (let n = 1; n <= 5; n++) relay.deliver(n, 1);
    relay.pass(20_000);
    const seq = relay.state.eventSeq;
    relay.restart();
    expect(relay.view().events.at(-1)).toMatchObject({ kind: 'run-resumed', seq: seq + 1 });
    expect(relay.view().events.at(-1)!.text).toContain('5 waiting updates');
    expect([...relay.state.members.values()].map((member) => member.lastInvited)).toEqual(Array(9).fill(1));
    backAll(relay, 9);
    relay.pass(1250);
    for (let n = 1; n <= 9; n++) relay.deliver(n, 2);
    expect(relay.effects.findLast((effect) => effect.type === 'aggregate')!.updates).toHaveLength(14);
  });

  it('[DU5] knows that the run is finished', () => {
    const relay = new RelayHarness({ roundsMax: 1 });
    relay.openWith(3);
    for (const n of [1, 2, 3]) relay.deliver(n, 1);
    relay.aggregated();
    relay.restart();
    expect(relay.view()).toMatchObject({ phase: 'finished', losses: [{ round: 1, loss: 2.9 }] });
  });

  it('[DU6] refuses a ledger that contradicts itself', () => {
    const relay = new RelayHarness();
    relay.openWith(3);
    relay.deliver(1, 1);
    const facts = relay.facts();
    const now = { wall: 1, mono: 1 };
    const restore = (change: Partial<typeof facts>) => () =>
      restoreCoordinator(relay.options, { ...facts, ...change }, now);
    expect(restore({})).not.toThrow();
    expect(restore({ rounds: [...facts.rounds, ...facts.rounds] })).toThrow(/open but not the last|follows round/);
    expect(restore({ updates: [...facts.updates, ...facts.updates] })).toThrow(/twice/);
    expect(restore({ rounds: [] })).toThrow(/not in the ledger/);
    const committed = facts.rounds.map((round) => ({ ...round, outcome: 'committed' as const }));
    expect(restore({ rounds: committed })).toThrow(/without an adapter/);
  });

  it('comes through a kill after every single step of a run with the same result', () => {
    const relay = new RelayHarness({ roundsMax: 3 });
    relay.openWith(3);
    while (relay.view().phase !== 'finished') {
      const { round } = relay.state;
      const act = [
        () => relay.deliver(1, round),
        () => relay.deliver(2, round),
        () => relay.deliver(3, round),
        () => relay.pass(250),
        () => relay.aggregated(),
      ];
      for (const step of act) {
        relay.restart();
        backAll(relay, 3);
        if (step === act[4]) relay.pass(250);
        step();
      }
      relay.pass(1250);
      expect(relay.state.round).toBeLessThan(5);
    }
    expect(relay.closed('committed')).toEqual([1, 2, 3]);
    expect(relay.updates.map((update) => update.mergedIn)).toEqual([1, 1, 1, 2, 2, 2, 3, 3, 3]);
    expect(relay.joined.map(({ participantId }) => participantId)).toEqual([1, 2, 3].map(idOf));
  });
});
