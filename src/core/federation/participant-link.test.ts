import { describe, expect, it } from 'vitest';
import { fail } from '../lib/result.ts';
import { BEATS_MISSED_MAX } from './participant-limits.ts';
import { adapterOf, ParticipantHarness } from './testing/participant-harness.ts';
import { CONFIG, REPORT } from './testing/wire-cases.ts';

describe('connection', () => {
  it('[LK1] says hello on a sealed channel and nothing before the welcome', () => {
    const tab = new ParticipantHarness();
    tab.step({ type: 'join', report: REPORT });
    expect(tab.all('connect')).toMatchObject([{ session: 1 }]);
    tab.step({ type: 'report', report: REPORT });
    tab.step({ type: 'connected', session: 1 });
    tab.step({ type: 'report', report: REPORT });
    tab.invite(1);
    expect(tab.all('send').map((effect) => effect.message.type)).toEqual(['hello']);
    tab.welcome();
    expect(tab.notes('joined')).toMatchObject([{ config: CONFIG }]);
    expect(tab.all('load')).toHaveLength(1);
  });

  it('[LK2] reconnects with full jitter: random x min(2 s, 100 ms x 2^attempt), from the start after a welcome', () => {
    const tab = new ParticipantHarness();
    tab.random = 0.999;
    tab.step({ type: 'join', report: REPORT });
    const delays: number[] = [];
    for (let i = 0; i < 7; i++) {
      tab.step({ type: 'disconnected', session: tab.session, final: null });
      delays.push(tab.notes('connection').at(-1)!.retryAt! - tab.wall);
      tab.pass(2000);
    }
    expect(delays.map((delay) => Math.round(delay / 0.999))).toEqual([100, 200, 400, 800, 1600, 2000, 2000]);
    tab.connect();
    tab.step({ type: 'disconnected', session: tab.session, final: null });
    expect(tab.notes('connection').at(-1)!.retryAt! - tab.wall).toBeLessThan(100);
    tab.random = 0;
    tab.pass(250);
    tab.step({ type: 'disconnected', session: tab.session, final: null });
    expect(tab.notes('connection').at(-1)!.retryAt).toBe(tab.wall);
  });

  it('[LK3] gives up a handshake and a greeting that do not end', () => {
    const tab = new ParticipantHarness();
    tab.step({ type: 'join', report: REPORT });
    tab.pass(8000);
    expect(tab.all('disconnect')).toMatchObject([{ session: 1 }]);
    expect(tab.all('connect').map((effect) => effect.session)).toEqual([1, 2]);
    tab.step({ type: 'connected', session: 2 });
    tab.pass(6000);
    expect(tab.all('connect').map((effect) => effect.session)).toEqual([1, 2, 3]);
  });

  it('[LK4] finds a black hole within three heartbeats', () => {
    const tab = new ParticipantHarness();
    tab.connect();
    tab.pass(1500 * (BEATS_MISSED_MAX + 1));
    expect(tab.sent('heartbeat')).toHaveLength(BEATS_MISSED_MAX);
    expect(tab.all('disconnect')).toMatchObject([{ session: 1 }]);
    tab.pass(500);
    expect(tab.all('connect')).toHaveLength(2);
  });

  it('[LK4] takes any message as a sign of life and measures the round trip', () => {
    const tab = new ParticipantHarness();
    tab.connect();
    for (let i = 0; i < 10; i++) {
      tab.pass(1500);
      const { sentAt } = tab.sent('heartbeat').at(-1)!;
      tab.mono += 40;
      tab.hear({ type: 'heartbeat', sentAt, now: 1 });
    }
    expect(tab.all('disconnect')).toEqual([]);
    expect(tab.state.roundTripMs).toBe(40);
  });

  it('[LK4] does not take its own sleep for a black hole', () => {
    const tab = new ParticipantHarness();
    tab.connect();
    for (let minute = 0; minute < 5; minute++) {
      tab.mono += 60_000;
      tab.step({ type: 'tick' });
      tab.hear({ type: 'heartbeat', sentAt: 0, now: 1 });
    }
    expect(tab.sent('heartbeat')).toHaveLength(5);
    expect(tab.all('disconnect')).toEqual([]);
  });

  it('[LK5] stops after a final refusal until the user joins again', () => {
    const tab = new ParticipantHarness();
    tab.step({ type: 'join', report: REPORT });
    const final = fail('SEC_RELAY_PIN', 'the relay shows other keys').error;
    tab.step({ type: 'disconnected', session: 1, final });
    tab.pass(60_000);
    expect(tab.all('connect')).toHaveLength(1);
    expect(tab.notes('failure')).toMatchObject([{ code: 'SEC_RELAY_PIN', final: true }]);
    tab.step({ type: 'join', report: REPORT });
    expect(tab.all('connect')).toHaveLength(2);
  });

  it('[LK7] comes back once when it is replaced, for that may have been its own ghost', () => {
    const tab = new ParticipantHarness();
    tab.connect();
    tab.invite(1);
    tab.hear({ type: 'goodbye', reason: 'replaced', retryAfterMs: 0 });
    tab.pass(2750);
    expect(tab.all('connect')).toHaveLength(1);
    tab.pass(500);
    expect(tab.all('connect')).toHaveLength(2);
    expect(tab.all('stop-training')).toEqual([]);
  });

  it('[LK7] does not fight over an identity that another tab has taken', () => {
    const tab = new ParticipantHarness();
    tab.connect();
    tab.invite(1);
    tab.hear({ type: 'goodbye', reason: 'replaced', retryAfterMs: 0 });
    tab.pass(3500);
    tab.connect();
    tab.hear({ type: 'goodbye', reason: 'replaced', retryAfterMs: 0 });
    tab.pass(60_000);
    expect(tab.all('connect')).toHaveLength(2);
    expect(tab.all('stop-training')).toMatchObject([{ round: 1 }]);
    expect(tab.notes('failure').at(-1)).toMatchObject({ code: 'FED_REPLACED', final: true });
    tab.step({ type: 'join', report: REPORT });
    expect(tab.all('connect')).toHaveLength(3);
  });

  it('[LK7] ends a contest of two living tabs for one identity with exactly one of them', () => {
    const tabs = [new ParticipantHarness(), new ParticipantHarness()] as const;
    const answered = [0, 0];
    for (let ms = 0; ms < 180_000; ms += 250)
      for (const [i, tab] of tabs.entries()) {
        if (ms === 0 && i === 0) tab.step({ type: 'join', report: REPORT });
        if (ms === 5000 && i === 1) tab.step({ type: 'join', report: REPORT });
        tab.pass(250);
        tab.hear({ type: 'heartbeat', sentAt: 0, now: 0 });
        if (tab.session === answered[i]) continue;
        answered[i] = tab.session;
        tab.connect();
        const other = i === 0 ? tabs[1] : tabs[0];
        other.hear({ type: 'goodbye', reason: 'replaced', retryAfterMs: 0 });
      }
    expect(tabs.map((tab) => tab.state.link.state)).toEqual(['refused', 'connected']);
    expect(answered[0]! + answered[1]!).toBeLessThanOrEqual(5);
  });

  it('[LK6] comes back after the pause that the relay asks for', () => {
    const tab = new ParticipantHarness();
    tab.random = 0;
    tab.connect();
    tab.hear({ type: 'goodbye', reason: 'shutdown', retryAfterMs: 5000 });
    tab.pass(4750);
    expect(tab.all('connect')).toHaveLength(1);
    tab.pass(500);
    expect(tab.all('connect')).toHaveLength(2);
  });

  it('[LK6] is not ended by the refusal of one broken message, but by a wrong version', () => {
    const tab = new ParticipantHarness();
    tab.connect();
    tab.hear({ type: 'refused', code: 'FED_WIRE_SHAPE', message: 'round is 0', retry: false, round: null });
    expect(tab.state.link.state).toBe('connected');
    tab.hear({ type: 'refused', code: 'FED_FULL', message: 'later', retry: true, round: null });
    expect(tab.state.link.state).toBe('waiting');
    tab.pass(2000);
    tab.step({ type: 'connected', session: tab.session });
    tab.hear({ type: 'refused', code: 'FED_VERSION', message: 'load again', retry: false, round: null });
    expect(tab.state.link).toEqual({ state: 'refused', code: 'FED_VERSION' });
  });

  it('ignores everything that an older session still delivers', () => {
    const tab = new ParticipantHarness();
    tab.connect();
    tab.step({ type: 'disconnected', session: 1, final: null });
    tab.pass(500);
    tab.connect();
    expect(tab.hear({ type: 'finished', rounds: 3, adapter: adapterOf(3) }, 1)).toEqual([]);
    tab.step({ type: 'disconnected', session: 1, final: null });
    expect(tab.state.link.state).toBe('connected');
  });

  it('[CF3] refuses a configuration without the right signature, and rules that change during a run', () => {
    const tab = new ParticipantHarness();
    tab.connect();
    tab.step({ type: 'disconnected', session: 1, final: null });
    tab.pass(500);
    tab.step({ type: 'connected', session: tab.session });
    const welcome = { type: 'welcome', version: 1, participantId: tab.state.participantId!, now: 1 } as const;
    tab.hear({ ...welcome, signedConfig: new Uint8Array([2]), adapter: adapterOf(0), heartbeatMs: 1500 });
    expect(tab.state.link).toEqual({ state: 'refused', code: 'FED_CONFIG_CHANGED' });
    const other = new ParticipantHarness();
    other.ports.openConfig = () => fail('FED_CONFIG_SIGNATURE', 'not signed');
    other.step({ type: 'join', report: REPORT });
    other.step({ type: 'connected', session: 1 });
    other.welcome();
    expect(other.state.link).toEqual({ state: 'refused', code: 'FED_CONFIG_SIGNATURE' });
  });

  it('leaves: tells the relay, stops the work, stays away', () => {
    const tab = new ParticipantHarness();
    tab.connect();
    tab.invite(1);
    tab.step({ type: 'leave' });
    expect(tab.sent('leave')).toHaveLength(1);
    expect(tab.all('stop-training')).toHaveLength(1);
    expect(tab.notes('connection').at(-1)).toMatchObject({ state: 'left' });
    tab.pass(60_000);
    expect(tab.all('connect')).toHaveLength(1);
  });
});
