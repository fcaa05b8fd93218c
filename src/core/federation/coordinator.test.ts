import { describe, expect, it } from 'vitest';
import {
  cohortMax,
  HEARTBEAT_MS,
  MALFORMED_MAX,
  MEMBERS_MAX,
  MERGE_LIMIT_MS,
  RETURN_GRACE_MS,
  SILENCE_MS,
  updatesNeeded,
} from './coordinator-limits.ts';
import { hashOf, idOf, RelayHarness } from './testing/relay-harness.ts';
import { publicIdOf } from './update-check.ts';

describe('rounds', () => {
  it('[RN1] waits for participantsMin and then gatherMs', () => {
    const relay = new RelayHarness({ participantsMin: 2, gatherMs: 1000 });
    relay.join(1);
    relay.pass(60_000);
    expect(relay.view()).toMatchObject({ phase: 'gathering', round: 0, deadline: null });
    relay.join(2);
    relay.pass(750);
    expect(relay.state.round).toBe(0);
    relay.pass(500);
    expect(relay.view()).toMatchObject({ phase: 'training', round: 1, invited: 2 });
    expect([relay.invites(1), relay.invites(2)]).toEqual([[1], [1]]);
  });

  it('[RN1] starts the count again when too few are left', () => {
    const relay = new RelayHarness({ participantsMin: 2, gatherMs: 1000 });
    relay.join(1);
    relay.join(2);
    relay.pass(750);
    relay.lose(2);
    relay.pass(5000);
    relay.join(2, true);
    relay.pass(750);
    expect(relay.state.round).toBe(0);
    relay.pass(250);
    expect(relay.state.round).toBe(1);
  });

  it('[RN3] invites ceil(1.3 x target)', () => {
    expect([1, 2, 3, 10, 20, 30, 70, 100].map(cohortMax)).toEqual([2, 3, 4, 13, 26, 39, 91, 130]);
    const relay = new RelayHarness({ cohortTarget: 10, participantsMin: 2 });
    relay.openWith(30);
    expect(relay.view().invited).toBe(13);
  });

  it('[RN4] gives everybody a turn: the least recently invited come first', () => {
    const relay = new RelayHarness({ cohortTarget: 3, participantsMin: 2, quorum: 0.5, roundsMax: 100 });
    relay.openWith(12);
    const turns = new Map<string, number>();
    for (let round = 1; round <= 9; round++) {
      expect(relay.state.round).toBe(round);
      for (const id of relay.state.invitations.get(round)!.invited) {
        turns.set(id, (turns.get(id) ?? 0) + 1);
        relay.deliver(Number.parseInt(id, 16), round);
      }
      relay.aggregated();
      relay.pass(1250);
    }
    expect(turns.size).toBe(12);
    // 10 rounds x 4 places over 12 tabs (the tenth is open): nobody is two turns ahead.
    expect(Math.max(...turns.values()) - Math.min(...turns.values())).toBeLessThanOrEqual(1);
  });

  it('[RN5] closes as soon as the target is reached, without the over-selected', () => {
    const relay = new RelayHarness({ cohortTarget: 3 });
    relay.openWith(4);
    for (const n of [1, 2]) relay.deliver(n, 1);
    expect(relay.view().phase).toBe('training');
    relay.deliver(3, 1);
    expect(relay.view().phase).toBe('merging');
  });

  it('[RN5] closes when everybody has delivered, declined, left or is gone', () => {
    const relay = new RelayHarness({ cohortTarget: 8, quorum: 0.25 });
    relay.openWith(4);
    relay.deliver(1, 1);
    relay.say(2, { type: 'decline', round: 1, reason: 'paused' });
    relay.say(3, { type: 'leave' });
    relay.lose(4);
    relay.pass(RETURN_GRACE_MS - 500);
    expect(relay.view().phase).toBe('training');
    relay.pass(750);
    expect(relay.view().phase).toBe('merging');
  });

  it('[RN6] merges at the deadline with ceil(quorum x invited), to the last tick', () => {
    const relay = new RelayHarness({ cohortTarget: 9, quorum: 2 / 3, deadlineMs: 20_000 });
    relay.openWith(9);
    for (let n = 1; n <= 5; n++) relay.deliver(n, 1);
    relay.pass(19_500);
    expect(relay.view()).toMatchObject({ phase: 'training', accepted: 5, quorum: 6 });
    relay.deliver(6, 1);
    relay.pass(500);
    expect(relay.view().phase).toBe('merging');
    expect(relay.effects.filter((effect) => effect.type === 'aggregate')).toHaveLength(1);
  });

  it('[RN6] counts the quorum exactly', () => {
    const needed = (quorum: number, invited: number, cohortTarget = 100): number =>
      updatesNeeded({ quorum, cohortTarget }, invited);
    expect([needed(2 / 3, 3), needed(2 / 3, 9), needed(2 / 3, 10), needed(0.1, 30)]).toEqual([2, 6, 7, 3]);
    expect([needed(0.01, 5), needed(1, 5)]).toEqual([1, 5]);
  });

  it('[RN6] needs no more than the target, however high the quorum', () => {
    const relay = new RelayHarness({ cohortTarget: 3, quorum: 1 });
    relay.openWith(4);
    for (const n of [1, 2, 3]) relay.deliver(n, 1);
    expect(relay.view()).toMatchObject({ phase: 'merging', invited: 4, quorum: 3 });
  });

  it('[RN7] abandons below the quorum and carries what was accepted into the next round', () => {
    const relay = new RelayHarness({ cohortTarget: 9, quorum: 2 / 3, deadlineMs: 20_000 });
    relay.openWith(9);
    for (let n = 1; n <= 5; n++) relay.deliver(n, 1);
    relay.pass(20_000);
    expect(relay.closed('abandoned')).toEqual([1]);
    expect(relay.sentTo(1).at(-1)).toMatchObject({ type: 'closed', round: 1, outcome: 'abandoned' });
    relay.pass(3000);
    expect(relay.state.round).toBe(2);
    for (let n = 4; n <= 9; n++) relay.deliver(n, 2);
    relay.pass(20_000);
    const aggregate = relay.effects.find((effect) => effect.type === 'aggregate');
    expect(aggregate).toMatchObject({ round: 2 });
    expect(aggregate!.updates).toHaveLength(11);
    // The adapter did not change in between, so they are not stale.
    expect(new Set(aggregate!.updates.map((update) => update.weight))).toEqual(new Set([1]));
    relay.aggregated();
    expect(relay.view().rounds.at(-1)).toMatchObject({ round: 2, outcome: 'committed', accepted: 6, late: 5 });
  });

  it('[RN2] does not spin when a whole cohort declines at once', () => {
    const relay = new RelayHarness({ gatherMs: 0 });
    relay.openWith(3);
    for (let i = 0; i < 40; i++) {
      const round = relay.state.round;
      for (const n of [1, 2, 3]) relay.say(n, { type: 'decline', round, reason: 'failed' });
      relay.pass(250);
    }
    expect(relay.state.round).toBeLessThanOrEqual(11);
    expect(relay.closed('abandoned').length).toBeGreaterThan(5);
  });

  it('[RN8] commits once: a second or a foreign result is ignored', () => {
    const relay = new RelayHarness();
    relay.openWith(3);
    for (const n of [1, 2, 3]) relay.deliver(n, 1);
    relay.aggregated(7);
    expect(relay.closed('committed')).toEqual([]);
    relay.aggregated();
    relay.aggregated(1);
    expect(relay.closed('committed')).toEqual([1]);
    expect(relay.state.adapter).toEqual({ version: 1, sha256: hashOf(1) });
    expect(relay.sentTo(2).at(-1)).toMatchObject({ type: 'closed', round: 1, outcome: 'committed' });
  });

  it('[RN8] names the parent of each commit, so that the chain can be checked', () => {
    const relay = new RelayHarness();
    relay.openWith(3);
    for (const round of [1, 2]) {
      for (const n of [1, 2, 3]) relay.deliver(n, round);
      relay.aggregated();
      relay.pass(1250);
    }
    const closes = relay.records.filter((record) => record.kind === 'round-closed');
    expect(closes).toMatchObject([
      { adapterSha256: hashOf(1), parentSha256: null },
      { adapterSha256: hashOf(2), parentSha256: hashOf(1) },
    ]);
  });

  it('[RN9] is finished after roundsMax commits and says so to everybody, late comers too', () => {
    const relay = new RelayHarness({ roundsMax: 1 });
    relay.openWith(3);
    for (const n of [1, 2, 3]) relay.deliver(n, 1);
    relay.aggregated();
    expect(relay.view()).toMatchObject({ phase: 'finished', deadline: null });
    expect(relay.sentTo(3).at(-1)).toMatchObject({ type: 'finished', rounds: 1 });
    relay.join(9);
    expect(relay.sentTo(9).map((message) => message.type)).toEqual(['welcome', 'finished']);
    relay.pass(120_000);
    expect(relay.state.round).toBe(1);
  });
  it('[LV2] makes no news of tabs that go home after the last round, but of one that is lost before', () => {
    const relay = new RelayHarness({ roundsMax: 1 });
    relay.openWith(2);
    relay.lose(1);
    expect(relay.view().events.filter((event) => event.kind === 'away')).toHaveLength(1);
    relay.join(1, true);
    relay.deliver(1, 1);
    relay.deliver(2, 1);
    relay.aggregated();
    expect(relay.view().phase).toBe('finished');
    relay.lose(1);
    relay.lose(2);
    expect(relay.view().events.filter((event) => event.kind === 'away')).toHaveLength(1);
  });

  it('[RN10] gives up a merge that hangs and keeps its updates', () => {
    const relay = new RelayHarness();
    relay.openWith(3);
    for (const n of [1, 2, 3]) relay.deliver(n, 1);
    relay.state.members.forEach((member) => (member.heardAt = relay.mono + MERGE_LIMIT_MS));
    relay.pass(MERGE_LIMIT_MS);
    expect(relay.effects.some((effect) => effect.type === 'cancel-aggregation')).toBe(true);
    relay.aggregated(1);
    expect(relay.closed('committed')).toEqual([]);
    relay.pass(2500);
    for (const n of [1, 2, 3]) relay.deliver(n, 2);
    expect(relay.effects.findLast((effect) => effect.type === 'aggregate')!.updates).toHaveLength(6);
  });

  it('[RN10] stops after three failed merges in a row', () => {
    const relay = new RelayHarness();
    relay.openWith(3);
    for (let round = 1; round <= 3; round++) {
      for (const n of [1, 2, 3]) relay.deliver(n, round);
      relay.step({ type: 'aggregation-failed', round, message: 'no memory' });
      relay.pass(2500);
    }
    expect(relay.view().phase).toBe('stopped');
    expect(relay.view().events.at(-1)).toMatchObject({ kind: 'run-stopped' });
  });
});

describe('joining and leaving', () => {
  it('[JN1] welcomes with the configuration, the adapter and the rhythm of heartbeats', () => {
    const relay = new RelayHarness();
    relay.join(1);
    expect(relay.sentTo(1)).toEqual([
      {
        type: 'welcome',
        version: 1,
        participantId: idOf(1),
        now: relay.wall,
        signedConfig: relay.options.signedConfig,
        adapter: { version: 0, sha256: hashOf(0) },
        heartbeatMs: HEARTBEAT_MS,
      },
    ]);
  });

  it('[JN2] forgets who is away before it refuses for lack of room', () => {
    const relay = new RelayHarness({ participantsMin: 2, gatherMs: 86_000_000 });
    for (let n = 1; n <= MEMBERS_MAX; n++) relay.join(n);
    relay.join(MEMBERS_MAX + 1);
    expect(relay.sentTo(MEMBERS_MAX + 1)).toMatchObject([{ type: 'refused', code: 'FED_FULL', retry: true }]);
    relay.lose(1);
    relay.join(MEMBERS_MAX + 2);
    expect(relay.sentTo(MEMBERS_MAX + 2)).toMatchObject([{ type: 'welcome' }]);
    expect(relay.state.members.size).toBe(MEMBERS_MAX);
  });

  it('[JN3] invites somebody who comes in the first half of a round', () => {
    const relay = new RelayHarness({ cohortTarget: 3, deadlineMs: 60_000 });
    relay.openWith(2);
    relay.pass(20_000);
    relay.join(3);
    expect(relay.invites(3)).toEqual([1]);
    expect(relay.records.at(-1)).toMatchObject({ kind: 'round-opened', invited: [idOf(1), idOf(2), idOf(3)] });
    expect(relay.view().invited).toBe(3);
  });

  it('[JN3] lets somebody who comes later, or finds no place, wait for the next round', () => {
    const relay = new RelayHarness({ cohortTarget: 2, deadlineMs: 60_000 });
    relay.openWith(2);
    relay.join(3);
    relay.join(4);
    expect([relay.invites(3), relay.invites(4)]).toEqual([[1], []]);
    const late = new RelayHarness({ deadlineMs: 60_000 });
    late.openWith(2);
    late.pass(31_000);
    late.join(3);
    expect(late.invites(3)).toEqual([]);
    for (const n of [1, 2]) late.deliver(n, 1);
    late.aggregated();
    late.pass(1250);
    expect(late.invites(3)).toEqual([2]);
  });

  it('[JN4] sends the invitation again to the same identity, and not after it has delivered', () => {
    const relay = new RelayHarness();
    relay.openWith(3);
    relay.lose(1);
    relay.pass(2000);
    relay.join(1, true);
    expect(relay.invites(1)).toEqual([1, 1]);
    const [first, second] = relay.sentTo(1).filter((message) => message.type === 'invite');
    expect(second!.deadlineAt - second!.now).toBe(first!.deadlineAt - first!.now - 2000);
    relay.deliver(1, 1);
    relay.lose(1);
    relay.join(1, true);
    expect(relay.invites(1)).toEqual([1, 1]);
    expect(relay.state.members.size).toBe(3);
  });

  it('[JN5] replaces an older connection and ignores what still comes from it', () => {
    const relay = new RelayHarness();
    relay.openWith(2);
    const old = relay.state.members.get(idOf(1))!.connection!;
    relay.join(1, true);
    expect(relay.effects.filter((effect) => effect.type === 'close')).toMatchObject([{ connection: old }]);
    expect(relay.sentTo(1)).toContainEqual({ type: 'goodbye', reason: 'replaced', retryAfterMs: 0 });
    relay.step({ type: 'message', connection: old, participantId: idOf(1), message: { type: 'leave' } });
    relay.step({ type: 'connection-lost', connection: old, participantId: idOf(1) });
    expect(relay.view().participants.find((view) => view.id === publicIdOf(idOf(1)))?.state).toBe('invited');
  });

  it('[LV1] does not wait for somebody who left, and takes them back', () => {
    const relay = new RelayHarness({ quorum: 0.5 });
    relay.openWith(2);
    relay.deliver(1, 1);
    relay.say(2, { type: 'leave' });
    expect(relay.view().phase).toBe('merging');
    expect(relay.view().participants).toHaveLength(1);
    relay.aggregated();
    relay.join(2, true);
    relay.pass(1250);
    expect(relay.invites(2)).toEqual([1, 2]);
  });

  it('[LV2] counts an update that comes before the round closes though its sender was given up', () => {
    const relay = new RelayHarness({ quorum: 0.5 });
    relay.openWith(3);
    relay.lose(3);
    relay.pass(RETURN_GRACE_MS + 1000);
    expect(relay.view().participants.map((view) => view.state)).toEqual(['invited', 'invited', 'away']);
    relay.join(3, true);
    relay.deliver(3, 1);
    expect(relay.view()).toMatchObject({ phase: 'training', accepted: 1, invited: 3 });
  });

  it('[LV3] does not invite who is paused or has spent the budget', () => {
    const relay = new RelayHarness();
    relay.join(1);
    relay.join(2);
    relay.join(3);
    relay.say(2, { type: 'availability', available: false, reason: 'budget' });
    relay.pass(1250);
    expect(relay.invites(2)).toEqual([]);
    expect(relay.view().participants.map((view) => view.state)).toEqual(['invited', 'paused', 'invited']);
    relay.say(2, { type: 'availability', available: true, reason: null });
    expect(relay.invites(2)).toEqual([1]);
  });

  it('[HB1] answers a heartbeat at once', () => {
    const relay = new RelayHarness();
    relay.join(1);
    const [answer] = relay.say(1, { type: 'heartbeat', sentAt: 5 });
    expect(answer).toMatchObject({ type: 'send', message: { type: 'heartbeat', sentAt: 5, now: relay.wall } });
  });

  it('[HB2] keeps hidden tabs that wake once a minute, and lets go of silent ones', () => {
    const relay = new RelayHarness({ participantsMin: 3 });
    relay.join(1);
    relay.join(2);
    for (let minute = 0; minute < 3; minute++) {
      relay.pass(60_000);
      relay.say(1, { type: 'heartbeat', sentAt: 1 });
    }
    expect(relay.view().participants.map((view) => view.state)).toEqual(['waiting', 'away']);
    expect(relay.sentTo(2).at(-1)).toMatchObject({ type: 'goodbye', reason: 'idle' });
    expect(SILENCE_MS).toBeGreaterThanOrEqual(75_000);
  });

  it('[WR4] answers each broken message with its code and cuts off a flood', () => {
    const relay = new RelayHarness();
    const connection = relay.join(1);
    const broken = {
      type: 'malformed',
      connection,
      participantId: idOf(1),
      code: 'FED_WIRE_CBOR',
      message: 'cut',
    } as const;
    expect(relay.step(broken)).toMatchObject([{ type: 'send', message: { type: 'refused', code: 'FED_WIRE_CBOR' } }]);
    for (let i = 2; i <= MALFORMED_MAX; i++) relay.step(broken);
    expect(relay.effects).toContainEqual({ type: 'close', connection, participantId: idOf(1) });
    expect(relay.step(broken)).toEqual([]);
    relay.join(1, true);
    expect(relay.view().participants[0]!.state).toBe('waiting');
  });

  it('[LV4] says goodbye on a stop and opens nothing any more', () => {
    const relay = new RelayHarness();
    relay.openWith(3);
    relay.step({ type: 'stop', reason: 'the relay is being restarted', retryAfterMs: 500 });
    expect(relay.sentTo(1).at(-1)).toEqual({ type: 'goodbye', reason: 'shutdown', retryAfterMs: 500 });
    relay.pass(100_000);
    expect(relay.view()).toMatchObject({ phase: 'stopped', round: 1 });
  });
});

describe('clocks', () => {
  it('[CK1] closes at the deadline though the wall clock goes back ten years', () => {
    const relay = new RelayHarness({ deadlineMs: 20_000, quorum: 0.3 });
    relay.openWith(3);
    relay.deliver(1, 1);
    relay.wall -= 3.2e11;
    relay.pass(20_000);
    expect(relay.view().phase).toBe('merging');
  });

  it('[CK1] does not close early though the wall clock leaps ahead, and tells the time that is left', () => {
    const relay = new RelayHarness({ deadlineMs: 20_000 });
    relay.openWith(3);
    relay.wall += 3.2e11;
    relay.pass(10_000);
    expect(relay.view().phase).toBe('training');
    expect(relay.view().deadline! - relay.wall).toBe(10_000);
    relay.join(4);
    const invite = relay.sentTo(4).find((message) => message.type === 'invite');
    expect(invite!.deadlineAt - invite!.now).toBe(10_000);
  });

  it('[CK2] stands still where the monotonic clock goes back', () => {
    const relay = new RelayHarness({ deadlineMs: 20_000, quorum: 1 });
    relay.openWith(3);
    relay.mono -= 5000;
    relay.pass(24_000);
    expect(relay.view().phase).toBe('training');
    relay.pass(1000);
    expect(relay.closed('abandoned')).toEqual([1]);
  });

  it('[CK3] forgives the silence of its own suspension', () => {
    const relay = new RelayHarness();
    relay.openWith(3);
    relay.mono += 3_600_000;
    relay.wall += 3_600_000;
    relay.step({ type: 'tick' });
    expect(relay.view().participants.map((view) => view.state)).not.toContain('away');
  });
});

describe('feed and view', () => {
  it('[VW1] tells a round in plain sentences', () => {
    const relay = new RelayHarness();
    relay.step({ type: 'evaluated', point: { round: 0, loss: 2.91, accuracy: 0.2 } });
    relay.openWith(3);
    for (const n of [1, 2, 3]) relay.deliver(n, 1);
    relay.aggregated();
    const texts = relay.view().events.map((event) => event.text);
    expect(texts).toContain('Before training the loss is 2.91.');
    expect(texts).toContain('Round 1 began with 3 tabs.');
    expect(texts).toContain('Round 1 merged 3 updates; loss fell from 2.91 to 2.90.');
    const seqs = relay.view().events.map((event) => event.seq);
    expect(seqs).toEqual(seqs.map((_, i) => i + 1));
  });

  it('[VW1] takes a loss that is measured after the commit', () => {
    const relay = new RelayHarness();
    relay.openWith(3);
    for (const n of [1, 2, 3]) relay.deliver(n, 1);
    relay.step({ type: 'aggregation-finished', round: 1, adapter: { version: 1, sha256: hashOf(1) }, probe: null });
    relay.step({ type: 'evaluated', point: { round: 1, loss: 2.5, accuracy: 0.3 } });
    expect(relay.view()).toMatchObject({ losses: [{ round: 1, loss: 2.5 }], rounds: [{ round: 1, loss: 2.5 }] });
    expect(relay.records.at(-1)).toEqual({ kind: 'round-evaluated', round: 1, loss: 2.5, accuracy: 0.3 });
  });

  it('[VW2] shows public ids only', () => {
    const relay = new RelayHarness();
    relay.openWith(3);
    relay.deliver(1, 1);
    const text = JSON.stringify(relay.view());
    expect(text).toContain(publicIdOf(idOf(1)));
    for (const n of [1, 2, 3]) expect(text).not.toContain(idOf(n));
  });

  it('[VW3] follows the work of a tab', () => {
    const relay = new RelayHarness();
    relay.openWith(2);
    const states: string[] = [];
    const look = () => states.push(relay.view().participants[0]!.state);
    look();
    relay.say(1, { type: 'phase', round: 1, phase: 'training', progress: 0.5 });
    look();
    relay.say(1, { type: 'phase', round: 1, phase: 'sealing', progress: 1 });
    look();
    relay.deliver(1, 1);
    look();
    relay.deliver(2, 1);
    relay.aggregated();
    look();
    expect(states).toEqual(['invited', 'training', 'sealing', 'sent', 'merged']);
  });

  it('steps 200 tabs through a round in little time', () => {
    const relay = new RelayHarness({ cohortTarget: 200, participantsMin: 2 });
    relay.openWith(200);
    const started = performance.now();
    for (let i = 0; i < 10; i++) for (let n = 1; n <= 200; n++) relay.say(n, { type: 'heartbeat', sentAt: i });
    for (let n = 1; n <= 200; n++) relay.deliver(n, 1);
    relay.aggregated();
    expect(relay.closed('committed')).toEqual([1]);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
