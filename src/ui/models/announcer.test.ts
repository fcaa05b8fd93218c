import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ANNOUNCE_GAP_MS, createAnnouncer } from './announcer.ts';

describe('announcer', () => {
  it('speaks the first sentence at once and the next only after the gap', () => {
    const announcer = createAnnouncer();
    announcer.push('people', '1 joined.', 0);
    expect(announcer.take(0)).toBe('1 joined.');
    announcer.push('people', '2 joined.', 100);
    expect(announcer.take(ANNOUNCE_GAP_MS - 1)).toBeNull();
    expect(announcer.take(ANNOUNCE_GAP_MS)).toBe('2 joined.');
  });

  it('replaces an unspoken sentence of the same topic and joins different topics', () => {
    const announcer = createAnnouncer();
    announcer.push('people', '1 joined.', 0);
    announcer.push('people', '4 joined.', 10);
    announcer.push('round', 'Round 2: training.', 20);
    expect(announcer.take(30)).toBe('4 joined. Round 2: training.');
    expect(announcer.take(30 + ANNOUNCE_GAP_MS)).toBeNull();
  });

  it('drops what is no longer news', () => {
    const announcer = createAnnouncer();
    announcer.push('round', 'Round 2: training.', 0);
    expect(announcer.take(60_000)).toBeNull();
    expect(announcer.readyAt()).toBeNull();
  });

  it('never speaks twice within the gap, whatever comes in', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ wait: fc.nat(3_000), topic: fc.nat(5) }), { minLength: 20, maxLength: 200 }),
        (steps) => {
          const announcer = createAnnouncer();
          let now = 0;
          let last = -Infinity;
          let spoken = 0;
          for (const { wait, topic } of steps) {
            now += wait;
            announcer.push(`t${topic}`, `sentence ${now}`, now);
            if (announcer.take(now) === null) continue;
            expect(now - last).toBeGreaterThanOrEqual(ANNOUNCE_GAP_MS);
            last = now;
            spoken++;
          }
          expect(spoken).toBeGreaterThan(0);
        },
      ),
    );
  });
});
