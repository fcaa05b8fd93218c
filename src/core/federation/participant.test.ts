import { describe, expect, it } from 'vitest';
import { fail } from '../lib/result.ts';
import { POST_LIMIT_MS } from './participant-limits.ts';
import { adapterOf, ParticipantHarness } from './testing/participant-harness.ts';
import { CONFIG, HEX16, REPORT } from './testing/wire-cases.ts';
import { updateIdOf } from './update-check.ts';

describe('work', () => {
  it('[PT2] fetches, trains, journals, posts and settles, in this order', () => {
    const tab = new ParticipantHarness();
    tab.connect(0);
    tab.work(1);
    tab.accept(1);
    tab.hear({ type: 'closed', round: 1, outcome: 'committed', adapter: adapterOf(1) });
    tab.step({ type: 'fetched', adapter: adapterOf(1) });
    const order = tab.effects.map((effect) => effect.type).filter((type) => type !== 'send' && type !== 'notify');
    expect(order).toEqual([
      'connect',
      'load',
      'fetch',
      'snapshot',
      'train',
      'journal',
      'post',
      'settle',
      'fetch',
      'snapshot',
    ]);
    expect(tab.sent('phase').map(({ phase }) => phase)).toEqual(['training', 'sealing', 'sending']);
    expect(tab.notes('accepted')).toMatchObject([{ round: 1 }]);
    expect(tab.notes('merged')).toMatchObject([{ round: 1, included: true, adapter: adapterOf(1) }]);
  });

  it('[PT2] waits for the adapter of the invitation', () => {
    const tab = new ParticipantHarness();
    tab.connect(0);
    tab.invite(2, 1);
    expect(tab.all('train')).toEqual([]);
    expect(tab.all('fetch').at(-1)).toEqual({ type: 'fetch', adapter: adapterOf(1) });
    tab.step({ type: 'fetch-failed', adapter: adapterOf(1), failure: fail('NET_TIMEOUT', 'slow', true).error });
    tab.pass(250);
    expect(tab.all('fetch')).toHaveLength(3);
    tab.step({ type: 'fetched', adapter: adapterOf(1) });
    expect(tab.all('train')).toMatchObject([{ round: 2, circuitSeed: 2 }]);
  });

  it('[PT2] sits out where the adapter has the wrong bytes', () => {
    const tab = new ParticipantHarness();
    tab.connect(0);
    tab.invite(2, 1);
    tab.step({ type: 'fetch-failed', adapter: adapterOf(1), failure: fail('FED_ADAPTER_HASH', 'wrong bytes').error });
    expect(tab.sent('decline')).toEqual([{ type: 'decline', round: 2, reason: 'failed' }]);
    tab.pass(10_000);
    expect(tab.all('fetch')).toHaveLength(2);
  });

  it('[PT1] uses only the difference of the relay times for the deadline', () => {
    const tab = new ParticipantHarness();
    tab.wall = 9e14;
    tab.connect();
    tab.invite(1, 0, 30_000);
    expect(tab.all('train')[0]!.deadlineAt).toBe(9e14 + 30_000);
    tab.pass(29_750);
    expect(tab.all('stop-training')).toEqual([]);
    tab.pass(250);
    expect(tab.all('stop-training')).toMatchObject([{ round: 1 }]);
  });

  it('[PT3] ignores invitations to rounds that are over, repeated or already past their deadline', () => {
    const tab = new ParticipantHarness();
    tab.connect();
    tab.hear({ type: 'closed', round: 4, outcome: 'abandoned', adapter: adapterOf(0) });
    for (const round of [3, 4]) tab.invite(round);
    tab.invite(5, 0, 0);
    tab.invite(5, 0, -5);
    expect(tab.all('train')).toEqual([]);
    tab.invite(5);
    tab.invite(5);
    expect(tab.all('train')).toHaveLength(1);
  });

  it('[PT3] survives a burst of old messages with the newest round only', () => {
    const tab = new ParticipantHarness();
    tab.connect();
    for (let round = 1; round <= 6; round++) {
      tab.invite(round, round - 1);
      if (round < 6) tab.hear({ type: 'closed', round, outcome: 'committed', adapter: adapterOf(round) });
    }
    tab.step({ type: 'fetched', adapter: adapterOf(5) });
    expect(tab.state.work).toMatchObject({ stage: 'training', invitation: { round: 6 } });
    const trained = tab.all('train').map(({ round }) => round);
    const stopped = new Set(tab.all('stop-training').map(({ round }) => round));
    expect(trained.filter((round) => !stopped.has(round))).toEqual([6]);
    expect(tab.journal).toEqual([]);
  });

  it('[PT4] stops early work when its round closes and finishes advanced work as a late update', () => {
    const tab = new ParticipantHarness();
    tab.connect();
    tab.invite(1);
    tab.progress(1, 0.4);
    tab.hear({ type: 'closed', round: 1, outcome: 'committed', adapter: adapterOf(1) });
    expect(tab.all('stop-training')).toMatchObject([{ round: 1 }]);
    expect(tab.notes('stop')).toMatchObject([{ round: 1 }]);
    tab.step({ type: 'fetched', adapter: adapterOf(1) });
    tab.invite(2, 1);
    tab.progress(2, 0.6);
    tab.hear({ type: 'closed', round: 2, outcome: 'committed', adapter: adapterOf(2) });
    expect(tab.all('stop-training')).toHaveLength(1);
    tab.invite(3, 2);
    tab.trained(2);
    tab.journaled();
    expect(tab.all('post')).toMatchObject([{ pending: { round: 2 } }]);
    tab.step({ type: 'fetched', adapter: adapterOf(2) });
    expect(tab.all('train').map(({ round }) => round)).toEqual([1, 2, 3]);
  });

  it('[PT4] drops work that a welcome shows to be outdated', () => {
    const tab = new ParticipantHarness();
    tab.connect();
    tab.invite(1);
    tab.step({ type: 'disconnected', session: 1, final: null });
    tab.pass(500);
    expect(tab.state.work).not.toBeNull();
    tab.step({ type: 'connected', session: tab.session });
    tab.welcome(1);
    expect(tab.all('stop-training')).toMatchObject([{ round: 1 }]);
  });

  it('[PT4] ends work that takes twice the time of the round', () => {
    const tab = new ParticipantHarness();
    tab.connect();
    tab.invite(1, 0, 10_000);
    tab.progress(1, 0.9);
    const live = () => tab.hear({ type: 'heartbeat', sentAt: 0, now: 0 });
    for (let i = 0; i < 19; i++) {
      tab.pass(1000);
      live();
    }
    expect(tab.state.work).not.toBeNull();
    tab.pass(1000);
    expect(tab.state.work).toBeNull();
    expect(tab.sent('decline')).toEqual([{ type: 'decline', round: 1, reason: 'failed' }]);
  });

  it('[PT5] pauses: stops, declines, takes no invitation, and goes on when told', () => {
    const tab = new ParticipantHarness();
    tab.connect();
    tab.invite(1);
    tab.step({ type: 'pause' });
    expect(tab.all('stop-training')).toHaveLength(1);
    tab.invite(2);
    expect(tab.sent('decline')).toEqual([
      { type: 'decline', round: 1, reason: 'paused' },
      { type: 'decline', round: 2, reason: 'paused' },
    ]);
    tab.step({ type: 'disconnected', session: 1, final: null });
    tab.pass(500);
    tab.connect();
    tab.step({ type: 'resume' });
    expect(tab.sent('availability').map(({ available }) => available)).toEqual([false, false, false, true]);
    tab.invite(3);
    expect(tab.all('train').map(({ round }) => round)).toEqual([1, 3]);
  });

  it('[PT5] is not available without text until it resumes', () => {
    const tab = new ParticipantHarness();
    tab.connect();
    tab.invite(1);
    tab.step({ type: 'decline', round: 1, reason: 'no-data' });
    expect(tab.sent('availability')).toEqual([{ type: 'availability', available: false, reason: 'no-data' }]);
    tab.step({ type: 'resume' });
    expect(tab.sent('availability').at(-1)).toEqual({ type: 'availability', available: true, reason: null });
  });

  it('declines after a failed training and takes the next round', () => {
    const tab = new ParticipantHarness();
    tab.connect();
    tab.invite(1);
    tab.step({ type: 'training-failed', round: 1, message: 'the worker ended' });
    expect(tab.sent('decline')).toEqual([{ type: 'decline', round: 1, reason: 'failed' }]);
    tab.invite(2);
    expect(tab.all('train').map(({ round }) => round)).toEqual([1, 2]);
  });

  it('tells the relay of progress at most twice a second', () => {
    const tab = new ParticipantHarness();
    tab.connect();
    tab.invite(1);
    for (let i = 0; i < 100; i++) {
      tab.mono += 20;
      tab.progress(1, i / 100);
    }
    expect(tab.sent('phase').length).toBeLessThanOrEqual(5);
    expect(tab.state.work!.progress).toBe(0.99);
  });
});

describe('privacy', () => {
  it('[PV1] posts nothing before spend and update are journaled together', () => {
    const tab = new ParticipantHarness();
    tab.connect();
    tab.invite(1);
    const effects = tab.trained(1);
    expect(effects.filter((effect) => effect.type === 'journal')).toMatchObject([
      {
        record: { runId: CONFIG.runId, seq: 0, round: 1, steps: 8, samplingRate: 0.1, noiseMultiplier: 0.7 },
        updateId: updateIdOf(HEX16, CONFIG.runId, 1),
      },
    ]);
    tab.pass(3000);
    expect(tab.all('post')).toEqual([]);
    expect(tab.journaled().filter((effect) => effect.type === 'post')).toHaveLength(1);
  });

  it('[PV1] sends what was journaled though the user paused meanwhile', () => {
    const tab = new ParticipantHarness();
    tab.connect();
    tab.invite(1);
    tab.trained(1);
    tab.step({ type: 'pause' });
    tab.journaled();
    expect(tab.all('post')).toHaveLength(1);
  });

  it('[PV2] declines a round that would pass the budget, for good', () => {
    const tab = new ParticipantHarness();
    tab.epsilonPerRound = 4;
    tab.connect();
    tab.work(1);
    tab.work(2);
    tab.invite(3);
    expect(tab.sent('decline')).toEqual([{ type: 'decline', round: 3, reason: 'budget' }]);
    expect(tab.sent('availability')).toEqual([{ type: 'availability', available: false, reason: 'budget' }]);
    expect(tab.all('budget-spent')).toEqual([{ type: 'budget-spent', epsilonAfter: 12 }]);
    tab.step({ type: 'resume' });
    tab.invite(4);
    expect(tab.all('train')).toHaveLength(2);
  });

  it('[PV2] counts work that was journaled while an invitation waited', () => {
    const tab = new ParticipantHarness();
    tab.epsilonPerRound = 5;
    tab.connect();
    tab.invite(1);
    tab.progress(1, 0.9);
    tab.invite(2);
    tab.trained(1);
    tab.journaled();
    expect(tab.all('train').map(({ round }) => round)).toEqual([1]);
    expect(tab.all('budget-spent')).toHaveLength(1);
  });

  it('[PV2] declines where epsilon is not a number, and has no limit where the noise is off', () => {
    const tab = new ParticipantHarness();
    tab.epsilonPerRound = Number.NaN;
    tab.connect();
    tab.invite(1);
    expect(tab.all('train')).toEqual([]);
    const free = new ParticipantHarness();
    free.epsilonPerRound = null;
    free.connect();
    free.invite(1);
    expect(free.all('train')).toHaveLength(1);
  });

  it('[PV3] after a reload: no second training of a spent round, the same update again', () => {
    const tab = new ParticipantHarness();
    tab.connect();
    tab.work(1);
    const first = tab.all('post')[0]!.pending;
    tab.reload();
    tab.step({ type: 'join', report: REPORT });
    tab.step({ type: 'connected', session: tab.session });
    tab.welcome();
    tab.invite(1);
    expect(tab.all('post')).toHaveLength(1);
    tab.load();
    expect(tab.all('post').at(-1)!.pending).toEqual(first);
    tab.step({ type: 'fetched', adapter: adapterOf(0) });
    expect(tab.all('train')).toHaveLength(1);
    tab.accept(1);
    tab.reload();
    tab.connect();
    tab.invite(1);
    expect(tab.all('train')).toHaveLength(1);
    tab.work(2);
    expect(tab.all('journal').at(-1)!.record.seq).toBe(1);
  });

  it('[PV3] holds an invitation until the journal is read', () => {
    const tab = new ParticipantHarness();
    tab.step({ type: 'join', report: REPORT });
    tab.step({ type: 'connected', session: 1 });
    tab.welcome();
    tab.invite(1);
    tab.step({ type: 'fetched', adapter: adapterOf(0) });
    expect(tab.all('train')).toEqual([]);
    tab.load();
    expect(tab.all('train')).toHaveLength(1);
  });

  it('[PV4] trains a round no second time where the journal failed', () => {
    const tab = new ParticipantHarness();
    tab.connect();
    tab.invite(1);
    tab.trained(1);
    tab.step({ type: 'journal-failed', round: 1, failure: fail('STORE_FULL', 'the disk is full').error });
    expect(tab.sent('decline')).toEqual([{ type: 'decline', round: 1, reason: 'failed' }]);
    tab.invite(1);
    expect(tab.all('train')).toHaveLength(1);
    expect(tab.all('post')).toEqual([]);
  });

  it('[PV5] releases nothing of work that was stopped', () => {
    const tab = new ParticipantHarness();
    tab.connect();
    tab.invite(1);
    tab.hear({ type: 'closed', round: 1, outcome: 'committed', adapter: adapterOf(1) });
    tab.trained(1);
    expect(tab.all('journal')).toEqual([]);
  });
});

describe('posting', () => {
  it('[PT6] sends the same update again after a failure, a time-out and a reconnect', () => {
    const tab = new ParticipantHarness();
    tab.connect();
    tab.work(1);
    tab.step({ type: 'post-failed', round: 1, failure: fail('NET_UNREACHABLE', 'gone', true).error });
    tab.pass(1000);
    expect(tab.all('post')).toHaveLength(2);
    const alive = () => tab.hear({ type: 'heartbeat', sentAt: 0, now: 0 });
    for (let ms = 0; ms < POST_LIMIT_MS + 2000; ms += 1000) {
      tab.pass(1000);
      alive();
    }
    expect(tab.all('post')).toHaveLength(3);
    tab.step({ type: 'disconnected', session: 1, final: null });
    tab.pass(1000);
    expect(tab.all('post')).toHaveLength(3);
    tab.connect();
    expect(tab.all('post')).toHaveLength(4);
    expect(tab.all('post').at(-1)!.session).toBe(2);
    expect(new Set(tab.all('post').map(({ pending }) => pending)).size).toBe(1);
  });

  it('[PT6] settles once, whichever way the acknowledgement comes', () => {
    const tab = new ParticipantHarness();
    tab.connect();
    tab.work(1);
    const { updateId } = tab.state.posting.get(1)!.pending;
    tab.hear({ type: 'accepted', round: 1, updateId: 'f'.repeat(64), staleness: 0, duplicate: false });
    expect(tab.all('settle')).toEqual([]);
    tab.hear({ type: 'accepted', round: 1, updateId, staleness: 0, duplicate: true });
    tab.step({
      type: 'post-answered',
      round: 1,
      message: { type: 'accepted', round: 1, updateId, staleness: 0, duplicate: true },
    });
    expect(tab.all('settle')).toEqual([{ type: 'settle', runId: CONFIG.runId, round: 1, outcome: 'accepted' }]);
  });

  it('[PT7] drops an update that is refused for good, keeps the spend, and tries again otherwise', () => {
    const tab = new ParticipantHarness();
    tab.connect();
    tab.work(1);
    const busy = { type: 'refused', code: 'FED_RUN_BUSY', message: 'wait', retry: true, round: 1 } as const;
    tab.step({ type: 'post-answered', round: 1, message: busy });
    expect(tab.all('settle')).toEqual([]);
    tab.pass(1000);
    expect(tab.all('post')).toHaveLength(2);
    tab.step({ type: 'post-answered', round: 1, message: { ...busy, code: 'FED_UPDATE_STALE', retry: false } });
    expect(tab.all('settle')).toMatchObject([{ outcome: 'refused' }]);
    expect(tab.notes('failure').at(-1)).toMatchObject({ code: 'FED_UPDATE_STALE', final: false });
    tab.invite(1);
    expect(tab.all('train')).toHaveLength(1);
    tab.pass(5000);
    expect(tab.all('post')).toHaveLength(2);
  });

  it('begins anew with another run and keeps nothing of the old one', () => {
    const tab = new ParticipantHarness();
    tab.connect();
    tab.work(1);
    tab.config = { ...CONFIG, runId: 'ee'.repeat(16) };
    tab.step({ type: 'disconnected', session: 1, final: null });
    tab.pass(500);
    tab.step({ type: 'connected', session: tab.session });
    tab.hear({
      type: 'welcome',
      version: 1,
      participantId: HEX16,
      now: 1,
      signedConfig: new Uint8Array([9]),
      adapter: adapterOf(0),
      heartbeatMs: 1500,
    });
    expect(tab.all('load').at(-1)!.config.runId).toBe('ee'.repeat(16));
    const { runId } = tab.config;
    tab.step({ type: 'loaded', runId, journal: [], pending: [], epsilonAfter: 1 });
    tab.step({ type: 'fetched', adapter: adapterOf(0) });
    tab.invite(1);
    expect(tab.all('train').map(({ round }) => round)).toEqual([1, 1]);
    expect(tab.state.posting.size).toBe(0);
  });

  it('is finished with the run', () => {
    const tab = new ParticipantHarness();
    tab.connect();
    tab.invite(1);
    tab.hear({ type: 'finished', rounds: 3, adapter: adapterOf(3) });
    tab.hear({ type: 'finished', rounds: 3, adapter: adapterOf(3) });
    expect(tab.notes('finished')).toHaveLength(1);
    expect(tab.all('stop-training')).toHaveLength(1);
    tab.invite(9, 3);
    expect(tab.all('train')).toHaveLength(1);
  });
});
