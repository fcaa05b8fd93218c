import { describe, expect, it } from 'vitest';
import {
  emptyRunView,
  FIXTURE_NOW,
  participant,
  participants,
  publicId,
  runView,
} from '../../../tests/fixtures/run-views.ts';
import { friendlyName } from '../names.ts';
import {
  audienceFace,
  FEED_SHOWN,
  newestEvents,
  quorumCount,
  ROUNDS_SHOWN,
  timelineBars,
  totalSpeed,
} from './audience.ts';
import { namedText } from './feed.ts';
import { meanFidelity, peopleChange, peopleView, stageScene, STATE_ORDER } from './people.ts';
import { qrPath } from './qr-path.ts';

describe('face of the big screen', () => {
  it('waits, fails, lives and ages', () => {
    expect(audienceFace(null, false, 0)).toBe('loading');
    expect(audienceFace(null, true, 0)).toBe('failed');
    expect(audienceFace(runView(), true, 1_000)).toBe('live');
    expect(audienceFace(runView(), true, 12_000)).toBe('stale');
  });
});

describe('people', () => {
  it('counts every state once, in the order of an update, without those at zero', () => {
    const view = peopleView(participants(9));
    expect(view.present).toBe(9);
    expect(view.atWork).toBe(6);
    expect(view.counts.reduce((sum, entry) => sum + entry.count, 0)).toBe(9);
    const order = view.counts.map(({ state }) => STATE_ORDER.indexOf(state));
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  });

  it('does not count those who are away as present', () => {
    expect(peopleView([participant(0, 'away'), participant(1, 'waiting')]).present).toBe(1);
    expect(peopleView([])).toEqual({ present: 0, atWork: 0, counts: [] });
  });

  it('sees who came and who went, also when a tab goes away and comes back', () => {
    const before = [participant(0, 'waiting'), participant(1, 'waiting')];
    const after = [participant(0, 'away'), participant(1, 'training'), participant(2, 'waiting')];
    expect(peopleChange(before, after)).toEqual({ joined: 1, gone: 1 });
    expect(peopleChange(before, before)).toEqual({ joined: 0, gone: 0 });
  });

  it('draws everybody in the order of joining, whatever order the relay sends', () => {
    const list = participants(20);
    const scene = stageScene(list.toReversed(), 3, publicId(4));
    expect(scene.dots.map((dot) => dot.id)).toEqual(list.map(({ id }) => id));
    expect(scene.dots.filter((dot) => dot.self).map((dot) => dot.id)).toEqual([publicId(4)]);
  });

  it('draws a progress that is no number as none', () => {
    expect(stageScene([participant(0, 'training', { progress: Number.NaN })], 0, null).dots[0]?.progress).toBe(0);
  });

  it('takes the mean fidelity only over tabs that have measured it', () => {
    expect(
      meanFidelity([participant(0, 'waiting', { fidelity: 1 }), participant(1, 'waiting', { fidelity: null })]),
    ).toEqual({
      mean: 1,
      tabs: 1,
    });
    expect(meanFidelity([participant(0, 'waiting', { fidelity: null })])).toBeNull();
  });

  it('adds up the speed of those who are here', () => {
    const list = [
      participant(0, 'training', { tokensPerSecond: 100 }),
      participant(1, 'away', { tokensPerSecond: 50 }),
    ];
    expect(totalSpeed({ participants: list })).toBe(100);
  });
});

describe('feed', () => {
  it('shows the newest first by number, not by clock, and no more than fit', () => {
    const events = Array.from({ length: 40 }, (_, seq) => ({
      seq,
      at: FIXTURE_NOW - seq,
      severity: 'info' as const,
      kind: 'x',
      text: `${seq}`,
      participant: null,
    }));
    const shown = newestEvents(events);
    expect(shown).toHaveLength(FEED_SHOWN);
    expect(shown[0]?.seq).toBe(39);
    expect(newestEvents([])).toEqual([]);
  });

  it('calls a tab by the name that the picture shows', () => {
    const id = publicId(3);
    const names = new Map([[id, friendlyName(id)]]);
    const text = namedText({ text: `Tab ${id} joined.`, participant: id }, names);
    expect(text.toLowerCase()).toBe(`${friendlyName(id)} joined.`);
    expect(text.charAt(0)).toBe(text.charAt(0).toUpperCase());
  });

  it('leaves sentences about nobody or about strangers as they are', () => {
    const names = new Map<string, string>();
    expect(namedText({ text: 'Round 3 began.', participant: null }, names)).toBe('Round 3 began.');
    expect(namedText({ text: 'Tab abcd joined.', participant: 'abcd' }, names)).toBe('Tab abcd joined.');
  });
});

describe('timeline', () => {
  it('shows the last rounds, oldest first, each with a visible height', () => {
    const bars = timelineBars(runView({ round: 30 }).rounds, FIXTURE_NOW);
    expect(bars).toHaveLength(ROUNDS_SHOWN);
    expect(bars.map((bar) => bar.round)).toEqual(Array.from({ length: ROUNDS_SHOWN }, (_, index) => 11 + index));
    for (const bar of bars) expect(bar.height).toBeGreaterThan(0.05);
    expect(Math.max(...bars.map((bar) => bar.height))).toBe(1);
  });

  it('lets the open round grow until now and survives clocks that jump back', () => {
    const open = runView().rounds.slice(-1);
    expect(timelineBars(open, FIXTURE_NOW)[0]?.tookMs).toBe(52_000);
    expect(timelineBars(open, FIXTURE_NOW - 3_600_000)[0]?.tookMs).toBe(0);
    expect(timelineBars([], FIXTURE_NOW)).toEqual([]);
  });

  it('needs a quorum only while a round is open', () => {
    expect(quorumCount(runView())).toBe(5);
    expect(quorumCount({ ...emptyRunView(), quorum: 0 })).toBeNull();
  });
});

describe('QR code', () => {
  it('covers exactly the dark modules and leaves a quiet border', () => {
    const { size, path } = qrPath('http://localhost:8787/#k=abc');
    const grid = Array.from({ length: size }, () => new Set<number>());
    for (const [, x, y, length] of path.matchAll(/M(\d+) (\d+)h(\d+)v1H\d+z/gu)) {
      for (let i = 0; i < Number(length); i++) grid[Number(y)]?.add(Number(x) + i);
    }
    // The finder pattern of a QR code (ISO/IEC 18004, 6.3.3): 7 dark modules wide after the border of 2.
    expect([...(grid[2] ?? [])].filter((x) => x < 10)).toEqual([2, 3, 4, 5, 6, 7, 8]);
    expect(grid[0]?.size).toBe(0);
    expect(grid[1]?.size).toBe(0);
    expect(size).toBeGreaterThan(24);
  });
});
