import { describe, expect, it } from 'vitest';
import { drawPlan } from './plan.ts';
import { REGRESSIONS } from './regressions.ts';
import { simulate, SimulationError, type SimReport } from './simulate.ts';

/** PLAQUETTE_SIM_SEEDS=10000 is the full run; PLAQUETTE_SIM_FROM=<seed> with PLAQUETTE_SIM_SEEDS=1 replays one. */
const SEEDS = Number(process.env['PLAQUETTE_SIM_SEEDS'] ?? 300);
const FROM = Number(process.env['PLAQUETTE_SIM_FROM'] ?? 1);
/** Ten times what 10,000 seeds need on a loaded machine. */
const TIMEOUT_MS = 1_200_000;

interface Totals {
  committed: number;
  abandoned: number;
  late: number;
  duplicates: number;
  relayCrashes: number;
  tabCrashes: number;
  malformed: number;
  clockJumps: number;
  blackHoles: number;
  readonly refusals: Set<string>;
}

function add(totals: Totals, report: SimReport): void {
  totals.committed += report.rounds.committed;
  totals.abandoned += report.rounds.abandoned;
  totals.late += report.updates.late;
  totals.duplicates += report.updates.duplicates;
  totals.relayCrashes += report.crashes.relay;
  totals.tabCrashes += report.crashes.tabs;
  totals.malformed += report.faults.malformed;
  totals.clockJumps += report.faults.clockJumps;
  totals.blackHoles += report.faults.blackHoles;
  for (const code of Object.keys(report.updates.refused)) totals.refusals.add(code);
}

describe('federation in virtual time', () => {
  it(
    `keeps its promises over ${SEEDS} seeds from ${FROM}`,
    async () => {
      const totals: Totals = {
        committed: 0,
        abandoned: 0,
        late: 0,
        duplicates: 0,
        relayCrashes: 0,
        tabCrashes: 0,
        malformed: 0,
        clockJumps: 0,
        blackHoles: 0,
        refusals: new Set(),
      };
      const failures: string[] = [];
      for (let seed = FROM; seed < FROM + SEEDS && failures.length < 5; seed++) {
        try {
          add(totals, simulate({ seed }));
        } catch (error) {
          if (!(error instanceof SimulationError)) throw error;
          failures.push(error.message);
        }
        // The runner's own messages need the event loop now and then.
        if (seed % 50 === 0) await new Promise(setImmediate);
      }
      expect(failures).toEqual([]);
      // A simulation in which nothing happens proves nothing.
      expect(totals.committed).toBeGreaterThanOrEqual(SEEDS);
      const seen = Object.entries(totals).filter(([, count]) => count === 0 || count.size === 0);
      expect(SEEDS < 100 ? [] : seen).toEqual([]);
      const needed = ['FED_UPDATE_CONFLICT', 'FED_UPDATE_ID', 'FED_ROUND_UNKNOWN', 'FED_WIRE_CBOR', 'FED_RUN_FINISHED'];
      expect(needed.filter((code) => SEEDS >= 100 && !totals.refusals.has(code))).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it.each(REGRESSIONS)('seed $seed - $was', ({ seed }) => {
    expect(simulate({ seed }).rounds.committed).toBeGreaterThan(0);
  });

  it('replays a seed to the last frame', () => {
    for (const seed of [11, 12, 13]) expect(simulate({ seed })).toEqual(simulate({ seed }));
    expect(simulate({ seed: 11 })).not.toEqual(simulate({ seed: 12 }));
  });

  it('draws healthy and troubled plans, each kind of fault alone in some', () => {
    const plans = Array.from({ length: 200 }, (_, seed) => drawPlan({ seed }).faults);
    for (const kind of ['relayCrashMs', 'tabCrashMs', 'postDrop', 'freezeMs', 'clockJumpMs'] as const) {
      const without = plans.filter((faults) => faults[kind] === 0).length;
      expect(without).toBeGreaterThan(50);
      expect(without).toBeLessThan(150);
    }
  });

  it('brings the model close to the best that fits all tabs, where nothing fails', () => {
    const report = simulate({ seed: 3, tabs: 6, rounds: 10, faults: 'none' });
    expect(report.rounds).toEqual({ target: 10, committed: 10, abandoned: 0 });
    expect(report.updates).toMatchObject({ late: 0, duplicates: 0 });
    expect(report.updates.merged).toBe(report.updates.acknowledged);
    // Who comes in the middle of the first round may have to wait for the second.
    expect(report.updates.merged).toBeGreaterThanOrEqual(9 * 6);
    expect(report.crashes).toEqual({ relay: 0, tabs: 0 });
    expect(report.loss.before).toBeGreaterThan(10 * report.loss.floor);
    expect(report.loss.after).toBeLessThan(1.05 * report.loss.floor);
  });

  it('carries 200 tabs through 5 rounds', () => {
    const report = simulate({ seed: 7, tabs: 200, rounds: 5, faults: 'none' });
    expect(report.updates.merged).toBeGreaterThanOrEqual(4 * 200);
    expect(report.updates.merged).toBe(report.updates.acknowledged);
  });
});
