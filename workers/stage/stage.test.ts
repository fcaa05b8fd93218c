import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StageDot, StageScene } from '../../src/core/contracts/stage.ts';
import type { ParticipantState } from '../../src/core/federation/run-view.ts';
import { approach, density, DENSITY_MAX, markSize, PIXELS_MAX, place, RINGS, Slots } from './layout.ts';
import { Motion, PACKET_MS, PULSE_MS } from './motion.ts';
import { traceShape } from './shapes.ts';

const STATES = Object.keys(RINGS) as ParticipantState[];

function dot(id: string, state: ParticipantState, progress = 0): StageDot {
  return { id, state, progress, name: id, self: false };
}

function scene(dots: readonly StageDot[], merges = 0): StageScene {
  return { dots, merges };
}

/** Moves on in frames of 16 ms until nothing moves; returns how long that took. */
function run(motion: Motion, from: number): number {
  for (let now = from; now < from + 60_000; now += 16) if (!motion.step(now, 16)) return now - from;
  throw new Error('the picture never comes to rest');
}

describe('density', () => {
  it('keeps the backing store below a million pixels and 1.5 times the page', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8_000 }),
        fc.integer({ min: 1, max: 8_000 }),
        fc.double(),
        (width, height, ratio) => {
          const scale = density(width, height, ratio);
          expect(scale).toBeGreaterThan(0);
          expect(scale).toBeLessThanOrEqual(DENSITY_MAX);
          expect(width * height * scale * scale).toBeLessThanOrEqual(PIXELS_MAX * 1.0001);
        },
      ),
    );
  });
});

describe('slots', () => {
  it('stay with those who stay and are used again after those who left', () => {
    const slots = new Slots();
    slots.update(['a', 'b', 'c']);
    expect(['a', 'b', 'c'].map((id) => slots.of(id))).toEqual([0, 1, 2]);
    slots.update(['a', 'c', 'd']);
    expect(['a', 'c', 'd'].map((id) => slots.of(id))).toEqual([0, 2, 1]);
  });

  it('are different for everybody, for 1,000 at once', () => {
    const slots = new Slots();
    const ids = Array.from({ length: 1_000 }, (_, index) => `${index}`);
    slots.update(ids);
    expect(new Set(ids.map((id) => slots.of(id))).size).toBe(1_000);
  });
});

describe('places', () => {
  it('keep neighbours on one ring apart: with 37 tabs no two are closer than a mark', () => {
    const boundary = 300;
    const spots = Array.from({ length: 37 }, (_, slot) => place(slot, 'training', 37));
    const xy = spots.map(
      ({ angle, radius }) => [boundary * radius * Math.cos(angle), boundary * radius * Math.sin(angle)] as const,
    );
    const size = markSize(boundary, 37);
    for (const [i, a] of xy.entries()) {
      for (const b of xy.slice(i + 1)) expect(Math.hypot(a[0] - b[0], a[1] - b[1])).toBeGreaterThan(size);
    }
  });

  it('lead inwards along the way of an update and put the excluded outside of the boundary', () => {
    const way: readonly ParticipantState[] = ['waiting', 'invited', 'training', 'sealing', 'sent', 'merged'];
    const radii = way.map((state) => RINGS[state]);
    expect(radii).toEqual(radii.toSorted((a, b) => b - a));
    expect(RINGS.excluded).toBeGreaterThan(1);
  });

  it('shrink marks in a crowd, but never to nothing', () => {
    expect(markSize(300, 1)).toBeGreaterThan(markSize(300, 200));
    expect(markSize(300, 1_000)).toBeGreaterThanOrEqual(2);
  });
});

describe('approach', () => {
  it('reaches its goal exactly and does not depend on the frame rate', () => {
    let value = 0;
    for (let i = 0; i < 1_000 && value !== 1; i++) value = approach(value, 1, 16, 260);
    expect(value).toBe(1);
    const one = approach(0, 1, 100, 260);
    const two = approach(approach(0, 1, 50, 260), 1, 50, 260);
    expect(one).toBeCloseTo(two, 10);
  });
});

describe('motion', () => {
  it('comes to rest, so that an idle picture costs nothing', () => {
    const motion = new Motion();
    motion.apply(scene([dot('a', 'waiting'), dot('b', 'training', 0.4)]), 0, false);
    expect(run(motion, 0)).toBeLessThan(6_000);
    expect(motion.step(60_000, 16)).toBe(false);
  });

  it('sends one packet when a tab has sent, and none twice', () => {
    const motion = new Motion();
    motion.apply(scene([dot('a', 'sealing')]), 0, false);
    motion.apply(scene([dot('a', 'sent')]), 10, false);
    motion.apply(scene([dot('a', 'sent')]), 20, false);
    expect(motion.packets).toHaveLength(1);
    motion.step(10 + PACKET_MS, 16);
    expect(motion.packets).toHaveLength(0);
  });

  it('pulses once per merged round, not at the first picture', () => {
    const motion = new Motion();
    motion.apply(scene([], 7), 0, false);
    expect(motion.pulseAt).toBeNull();
    motion.apply(scene([], 8), 100, false);
    expect(motion.pulseAt).toBe(100);
    motion.step(100 + PULSE_MS, 16);
    expect(motion.pulseAt).toBeNull();
  });

  it('draws everything at its place at once while the picture stands still', () => {
    const motion = new Motion();
    motion.apply(scene([dot('a', 'waiting')]), 0, true);
    motion.apply(scene([dot('a', 'sent'), dot('b', 'merged')], 1), 10, true);
    expect([...motion.dots.values()].map((moving) => moving.radius)).toEqual([RINGS.sent, RINGS.merged]);
    expect(motion.packets).toEqual([]);
    expect(motion.step(20, 16)).toBe(false);
  });

  it('forgets those who left after they have faded', () => {
    const motion = new Motion();
    motion.apply(scene([dot('a', 'waiting'), dot('b', 'waiting')]), 0, false);
    run(motion, 0);
    motion.apply(scene([dot('b', 'waiting')]), 10_000, false);
    run(motion, 10_000);
    expect([...motion.dots.keys()]).toEqual(['b']);
  });

  it('survives any order of pictures', () => {
    const view = fc.array(fc.record({ id: fc.nat(30).map(String), state: fc.constantFrom(...STATES) }), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(fc.array(view, { minLength: 1, maxLength: 12 }), (views) => {
        const motion = new Motion();
        let now = 0;
        for (const list of views) {
          const unique = [...new Map(list.map((entry) => [entry.id, entry])).values()];
          motion.apply(
            scene(
              unique.map(({ id, state }) => dot(id, state)),
              now,
            ),
            now,
            false,
          );
          for (let i = 0; i < 5; i++) motion.step((now += 16), 16);
          for (const moving of motion.dots.values()) expect(Number.isFinite(moving.radius)).toBe(true);
        }
        run(motion, now);
        expect(motion.dots.size).toBe(new Set(views.at(-1)?.map(({ id }) => id)).size);
      }),
    );
  });
});

describe('shapes', () => {
  it('differ from state to state, so that colour never speaks alone', () => {
    const traces = STATES.map((state) => {
      const calls: string[] = [];
      const record =
        (name: string) =>
        (...numbers: readonly (number | boolean | undefined)[]): void => {
          calls.push(`${name} ${numbers.map((n) => (typeof n === 'number' ? n.toFixed(2) : '')).join(' ')}`);
        };
      traceShape(
        {
          arc: record('arc'),
          moveTo: record('moveTo'),
          lineTo: record('lineTo'),
          closePath: record('closePath'),
          rect: record('rect'),
        },
        state,
        0,
        0,
        10,
      );
      return calls.join('|');
    });
    // Waiting is the outline of the disc that training fills.
    expect(new Set(traces).size).toBe(STATES.length - 1);
  });
});
