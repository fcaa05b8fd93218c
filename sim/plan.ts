import { Prng } from '../src/core/lib/prng.ts';
import type { RunConfig } from '../src/core/federation/run-config.ts';
import type { Millis } from '../src/core/lib/world.ts';

export interface SimOptions {
  readonly seed: number;
  /** Default: 2 to 8, drawn from the seed. */
  readonly tabs?: number;
  /** Commits that finish the run. Default: 1 to 4, drawn from the seed. */
  readonly rounds?: number;
  /** `none`: a healthy network and nobody fails. Default: `drawn`. */
  readonly faults?: 'none' | 'drawn';
}

/** Probabilities are per frame, post, step; mean times are between two faults of the kind, 0 = never. */
export interface Faults {
  readonly untilMs: Millis;
  readonly delayMs: Millis;
  readonly frameDrop: number;
  readonly frameDuplicate: number;
  readonly frameReorder: number;
  readonly frameMalformed: number;
  readonly postDrop: number;
  readonly postDuplicate: number;
  readonly postForged: number;
  readonly answerDrop: number;
  readonly slow: number;
  readonly trainFail: number;
  readonly journalFail: number;
  readonly mergeFail: number;
  readonly mergeHang: number;
  readonly ledgerSlowMs: Millis;
  readonly relayCrashMs: Millis;
  readonly tabCrashMs: Millis;
  readonly blackHoleMs: Millis;
  readonly socketLossMs: Millis;
  readonly pauseMs: Millis;
  readonly leaveMs: Millis;
  readonly hideMs: Millis;
  readonly freezeMs: Millis;
  readonly clockJumpMs: Millis;
}

export interface Plan {
  readonly seed: number;
  readonly tabs: number;
  readonly rounds: RunConfig['rounds'];
  /** Parameters of the adapter. */
  readonly size: number;
  readonly faults: Faults;
  /** These tabs never leave for good and have budget enough: liveness is promised for them. */
  readonly steady: number;
}

const HEALTHY: Faults = {
  untilMs: 0,
  delayMs: 20,
  frameDrop: 0,
  frameDuplicate: 0,
  frameReorder: 0,
  frameMalformed: 0,
  postDrop: 0,
  postDuplicate: 0,
  postForged: 0,
  answerDrop: 0,
  slow: 0,
  trainFail: 0,
  journalFail: 0,
  mergeFail: 0,
  mergeHang: 0,
  ledgerSlowMs: 4,
  relayCrashMs: 0,
  tabCrashMs: 0,
  blackHoleMs: 0,
  socketLossMs: 0,
  pauseMs: 0,
  leaveMs: 0,
  hideMs: 0,
  freezeMs: 0,
  clockJumpMs: 0,
};

/** Everything that a seed decides before time begins. Each kind of fault is off in half of the seeds, so that they also meet alone. */
export function drawPlan(options: SimOptions): Plan {
  const prng = new Prng(options.seed);
  const tabs = options.tabs ?? 2 + prng.below(6);
  const cohortTarget = options.tabs === undefined ? 1 + prng.below(tabs) : tabs;
  const participantsMin = Math.min(tabs, options.tabs === undefined ? 1 + prng.below(2) : 2);
  const quorum = prng.pick([0.25, 0.5, 2 / 3, 1]);
  const rounds = {
    cohortTarget,
    participantsMin,
    quorum: options.tabs === undefined ? quorum : 2 / 3,
    deadlineMs: 3000 + prng.below(9000),
    gatherMs: prng.below(1500),
    stalenessMax: prng.below(4),
    roundsMax: options.rounds ?? 1 + prng.below(3),
  };
  const faults = options.faults === 'none' ? HEALTHY : drawFaults(prng);
  return { seed: options.seed, tabs, rounds, size: 6, faults, steady: Math.max(participantsMin, Math.ceil(tabs / 2)) };
}

function drawFaults(prng: Prng): Faults {
  const chance = (max: number): number => (prng.below(2) === 0 ? 0 : max * prng.float());
  const every = (min: Millis, max: Millis): Millis => (prng.below(2) === 0 ? 0 : min + prng.below(max - min));
  return {
    untilMs: 5000 + prng.below(25_000),
    delayMs: 1 + prng.below(200),
    frameDrop: chance(0.05),
    frameDuplicate: chance(0.05),
    frameReorder: chance(0.05),
    frameMalformed: chance(0.02),
    postDrop: chance(0.3),
    postDuplicate: chance(0.3),
    postForged: chance(0.2),
    answerDrop: chance(0.3),
    slow: chance(0.3),
    trainFail: chance(0.1),
    journalFail: chance(0.1),
    mergeFail: chance(0.2),
    mergeHang: chance(0.05),
    ledgerSlowMs: prng.pick([2, 8, 400]),
    relayCrashMs: every(1500, 15_000),
    tabCrashMs: every(2000, 20_000),
    blackHoleMs: every(3000, 20_000),
    socketLossMs: every(1000, 10_000),
    pauseMs: every(3000, 20_000),
    leaveMs: every(5000, 30_000),
    hideMs: every(5000, 30_000),
    freezeMs: every(3000, 20_000),
    clockJumpMs: every(2000, 15_000),
  };
}
