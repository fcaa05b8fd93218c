import type { CoordinatorOptions } from '../src/core/federation/coordinator-types.ts';
import type { RunConfig } from '../src/core/federation/run-config.ts';
import { encodeSignedConfig } from '../src/core/federation/run-config-codec.ts';
import { at } from '../src/core/lib/assert.ts';
import { sha256Hex } from '../src/core/lib/bytes.ts';
import { Prng } from '../src/core/lib/prng.ts';
import { unleash } from './chaos.ts';
import { SimLedger } from './ledger.ts';
import { Network } from './network.ts';
import { drawPlan, type Plan, type SimOptions } from './plan.ts';
import { promise, Reference } from './reference.ts';
import { RelayNode } from './relay-node.ts';
import { TabNode } from './tab-node.ts';
import { VirtualTime } from './virtual-time.ts';

/** What `plaquette simulate --json` prints. Times are virtual. */
export interface SimReport {
  readonly seed: number;
  readonly tabs: number;
  readonly finished: true;
  readonly rounds: { readonly target: number; readonly committed: number; readonly abandoned: number };
  readonly updates: {
    readonly acknowledged: number;
    readonly merged: number;
    readonly late: number;
    readonly duplicates: number;
    readonly refused: Readonly<Record<string, number>>;
  };
  readonly crashes: { readonly relay: number; readonly tabs: number };
  readonly faults: {
    readonly dropped: number;
    readonly duplicated: number;
    readonly malformed: number;
    readonly blackHoles: number;
    readonly freezes: number;
    readonly clockJumps: number;
  };
  readonly frames: number;
  readonly bytes: number;
  readonly steps: number;
  readonly virtualMs: number;
  /** Mean squared distance of the model to the goals of the tabs; `floor`: the best any model can do. */
  readonly loss: { readonly before: number; readonly after: number; readonly floor: number };
}

/** Carries the seed that shows the fault again. */
export class SimulationError extends Error {
  override readonly name = 'SimulationError';
  readonly code = 'SIM_FAILED';
  readonly seed: number;

  constructor(seed: number, atMs: number, cause: unknown) {
    const why = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    super(`seed ${seed} failed after ${Math.round(atMs)} virtual ms: ${why}`, { cause });
    this.seed = seed;
  }
}

/**
 * After the last fault: silence limit, post and fetch limits and the longest freeze run out side by side; then each round takes
 * at most a gathering and a deadline, and one in two may be lost to somebody who is still away.
 */
function patienceMs(plan: Plan): number {
  const { deadlineMs, gatherMs, roundsMax } = plan.rounds;
  return plan.faults.untilMs + 240_000 + 2 * (roundsMax + 1) * (deadlineMs + gatherMs + 2000);
}

/** A whole federation in virtual time from one seed. Throws SimulationError where a promise of the protocol is broken. */
export function simulate(options: SimOptions): SimReport {
  const plan = drawPlan(options);
  const time = new VirtualTime();
  try {
    return run(plan, time);
  } catch (error) {
    throw new SimulationError(plan.seed, time.now, error);
  }
}

function run(plan: Plan, time: VirtualTime): SimReport {
  const prng = new Prng(`simulate ${plan.seed}`);
  const net = new Network(time, prng, plan.faults);
  const reference = new Reference(plan.size);
  const ledger = new SimLedger(reference);
  const config = configOf(plan);
  const relay = new RelayNode({ time, net, prng, plan, reference, ledger }, relayOptions(plan, config));
  const goals = drawGoals(plan, prng);
  const parts = { time, net, prng, plan, reference, relay };
  const tabs = goals.map((goal, i) => {
    const scarce = plan.faults.untilMs > 0 && i >= plan.steady && prng.below(3) === 0;
    // Steady tabs can afford ten times the rounds of the plan, and those that are abandoned.
    const plenty = config.privacy.epsilonBudget / (10 * plan.rounds.roundsMax + 1000);
    const epsilonPerRound = scarce ? 1 + prng.below(4) : plenty;
    return new TabNode(parts, { id: (i + 1).toString(16).padStart(32, '0'), config, goal, epsilonPerRound });
  });
  relay.start();
  for (const tab of tabs) time.after(prng.below(3000), () => tab.open());
  const chaos = unleash(time, prng, plan, relay, tabs);
  const limitMs = patienceMs(plan);
  let stopAt = limitMs;
  while (time.step(stopAt)) if (relay.finished && stopAt === limitMs) stopAt = time.now + 2000;
  // The ledger decides: a kill after the last commit leaves the relay down for a moment.
  const finished = ledger.committed === plan.rounds.roundsMax;
  const scene = [relay.describe(), ...tabs.map((tab) => tab.describe())].join('; ');
  promise(finished, `I6: ${ledger.committed} of ${plan.rounds.roundsMax} rounds after ${limitMs} ms: ${scene}`);
  reference.finish();
  return report({ plan, time, net, reference, ledger, relay, tabs, goals }, chaos);
}

interface World {
  readonly plan: Plan;
  readonly time: VirtualTime;
  readonly net: Network;
  readonly reference: Reference;
  readonly ledger: SimLedger;
  readonly relay: RelayNode;
  readonly tabs: readonly TabNode[];
  readonly goals: readonly Float64Array[];
}

function report(world: World, chaos: ReturnType<typeof unleash>): SimReport {
  const { plan, time, net, reference, ledger, relay, tabs, goals } = world;
  const { frames, bytes, dropped, duplicated, malformed } = net.counts;
  return {
    seed: plan.seed,
    tabs: plan.tabs,
    finished: true,
    rounds: { target: plan.rounds.roundsMax, committed: ledger.committed, abandoned: ledger.abandoned },
    updates: {
      acknowledged: reference.acknowledged,
      merged: reference.merged,
      late: reference.late,
      duplicates: relay.counts.duplicates,
      refused: Object.fromEntries([...relay.counts.refusals].sort(([a], [b]) => (a < b ? -1 : 1))),
    },
    crashes: { relay: relay.counts.crashes, tabs: tabs.reduce((sum, tab) => sum + tab.crashes, 0) },
    faults: { dropped, duplicated, malformed, ...chaos },
    frames,
    bytes,
    steps: time.done,
    virtualMs: Math.round(time.now),
    loss: {
      before: lossOf(new Float64Array(plan.size), goals),
      after: lossOf(reference.model, goals),
      floor: lossOf(meanOf(goals), goals),
    },
  };
}

function meanOf(goals: readonly Float64Array[]): Float64Array {
  return at(goals, 0).map((_, i) => goals.reduce((sum, goal) => sum + at(goal, i), 0) / goals.length);
}

function lossOf(model: Float64Array, goals: readonly Float64Array[]): number {
  let sum = 0;
  for (const goal of goals) goal.forEach((value, i) => (sum += (value - at(model, i)) ** 2));
  return sum / goals.length / model.length;
}

/** One goal for all, and a style for each. */
function drawGoals(plan: Plan, prng: Prng): readonly Float64Array[] {
  const shared = Float64Array.from({ length: plan.size }, () => 2 * prng.normal());
  return Array.from({ length: plan.tabs }, () => shared.map((value) => value + 0.3 * prng.normal()));
}

function configOf(plan: Plan): RunConfig {
  const hash = '0'.repeat(64);
  return {
    version: 1,
    runId: plan.seed.toString(16).padStart(32, '0').slice(-32),
    name: `simulation ${plan.seed}`,
    createdAt: 0,
    mode: 'robust',
    model: { id: 'quadratic', configSha256: hash, tokenizerSha256: hash, weightsSha256: hash },
    adapter: { kind: 'ffa-lora', rank: 1, alpha: 1, targets: ['q'], seed: '0'.repeat(32) },
    privacy: { epsilonBudget: 8, delta: 1e-5, clipNorm: 1, noiseMultiplier: 1 },
    training: {
      sequenceLength: 8,
      expectedBatchSize: 8,
      stepsPerRound: 4,
      optimizer: 'sgd',
      learningRate: 0.5,
      serverLearningRate: 1,
      deltaEncoding: 'f32',
    },
    rounds: plan.rounds,
  };
}

function relayOptions(plan: Plan, config: RunConfig): CoordinatorOptions {
  const signature = new Uint8Array(8);
  const signedConfig = encodeSignedConfig({ config: new Uint8Array(64), signature, algorithm: 'ml-dsa-44' });
  const adapter = { version: 0, sha256: sha256Hex(new Uint8Array(4 * plan.size)) };
  return { config, signedConfig, adapter, heartbeatMs: 2000 };
}
