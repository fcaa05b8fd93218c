import { fail, ok, type Result } from '../../lib/result.ts';
import { subsampledGaussianRdp } from './rdp.ts';

/** `steps` applications of the Poisson-subsampled Gaussian with the same parameters. */
export interface PrivacyRecord {
  readonly steps: number;
  /** Poisson rate q, 0..1. */
  readonly samplingRate: number;
  /** Standard deviation of the noise over the clip norm; 0 = no noise. */
  readonly noiseMultiplier: number;
}

export interface PrivacySpend {
  /** Upper bound, nats. Infinity when a step ran without noise. */
  readonly epsilon: number;
  /** The Rényi order that gave it; null when nothing was spent or epsilon is infinite. */
  readonly order: number | null;
  readonly accountant: 'rdp';
}

export interface PrivacyBudget {
  readonly epsilon: number;
  readonly delta: number;
}

/**
 * 1.1 to 10.9 by tenths (low orders decide when epsilon is large), whole numbers to 64, then sparser (they decide when it is tiny).
 * Any choice is valid; more orders only tighten the bound. Contains the customary grid 1.1..10.9, 12..63.
 */
export const RDP_ORDERS: readonly number[] = [
  ...Array.from({ length: 99 }, (_, i) => (11 + i) / 10),
  ...Array.from({ length: 54 }, (_, i) => 11 + i),
].concat([72, 80, 96, 112, 128, 160, 192, 256, 384, 512, 768, 1024]);

/** Past this many steps a 53-bit float could no longer count them together with what follows. */
const STEPS_MAX = 2 ** 40;

/** Curves kept; a run uses one or two (q, sigma) pairs per shard. */
const CURVES_MAX = 32;

/**
 * Epsilon at `delta` of all records together, by Rényi composition and the conversion of Canonne, Kamath, Steinke 2020
 * (arXiv 2004.00010, proposition 12; also Balle et al. 2020, theorem 21). An upper bound: never below the true value.
 * Holds for Poisson sampling and add/remove-one neighbours only; shuffled batches are not covered.
 * Failure DP_INPUT: delta outside (0, 1), q outside [0, 1], sigma below 0, steps not a whole number, anything not finite.
 */
export function epsilonOf(records: readonly PrivacyRecord[], delta: number): Result<PrivacySpend> {
  const problem = deltaProblem(delta) ?? recordsProblem(records);
  if (problem !== null) return fail('DP_INPUT', problem);
  return ok(convert(composed(records), delta));
}

/**
 * How many more rounds, each costing `round`, keep epsilon within the budget after `spent`. Infinity when a round costs nothing;
 * 0 when a round has no noise. Never promises a round that `epsilonOf` would put over the budget. Failure: DP_INPUT.
 */
export function roundsLeft(
  spent: readonly PrivacyRecord[],
  round: PrivacyRecord,
  budget: PrivacyBudget,
): Result<number> {
  const problem =
    deltaProblem(budget.delta) ??
    recordsProblem([...spent, round]) ??
    (budget.epsilon >= 0 ? null : `got an epsilon budget of ${budget.epsilon}, expected a number from 0`);
  if (problem !== null) return fail('DP_INPUT', problem);
  const before = composed(spent);
  const each = composed([round]);
  const epsilonAfter = (rounds: number): number =>
    convert(
      before.map((rdp, i) => rdp + (rounds === 0 ? 0 : rounds * (each[i] ?? 0))),
      budget.delta,
    ).epsilon;
  if (epsilonAfter(0) > budget.epsilon) return ok(0);
  if (each.every((rdp) => rdp === 0) || budget.epsilon === Infinity) return ok(Infinity);
  let fits = 0;
  let exceeds = 1;
  while (epsilonAfter(exceeds) <= budget.epsilon) {
    fits = exceeds;
    exceeds *= 2;
    if (exceeds > STEPS_MAX) return ok(fits);
  }
  while (exceeds - fits > 1) {
    const middle = Math.floor((fits + exceeds) / 2);
    if (epsilonAfter(middle) <= budget.epsilon) fits = middle;
    else exceeds = middle;
  }
  return ok(fits);
}

/** Rényi divergences add up under composition, order by order. */
function composed(records: readonly PrivacyRecord[]): number[] {
  const total = RDP_ORDERS.map(() => 0);
  for (const { steps, samplingRate, noiseMultiplier } of records) {
    if (steps === 0 || samplingRate === 0) continue;
    const curve = curveOf(samplingRate, noiseMultiplier);
    for (let i = 0; i < total.length; i++) total[i] = (total[i] ?? 0) + steps * (curve[i] ?? 0);
  }
  return total;
}

function convert(rdp: readonly number[], delta: number): PrivacySpend {
  if (rdp.every((value) => value === 0)) return { epsilon: 0, order: null, accountant: 'rdp' };
  let best: PrivacySpend = { epsilon: Infinity, order: null, accountant: 'rdp' };
  RDP_ORDERS.forEach((order, i) => {
    const epsilon = (rdp[i] ?? 0) + Math.log1p(-1 / order) - (Math.log(delta) + Math.log(order)) / (order - 1);
    if (epsilon < best.epsilon) best = { epsilon: Math.max(0, epsilon), order, accountant: 'rdp' };
  });
  return best;
}

const curves = new Map<string, readonly number[]>();

/** The divergences depend on (q, sigma) only: computed once, the oldest forgotten first. */
function curveOf(samplingRate: number, noiseMultiplier: number): readonly number[] {
  const key = `${samplingRate} ${noiseMultiplier}`;
  const known = curves.get(key);
  if (known !== undefined) return known;
  const curve = RDP_ORDERS.map((order) => subsampledGaussianRdp(order, samplingRate, noiseMultiplier));
  const oldest = curves.keys().next();
  if (curves.size >= CURVES_MAX && oldest.done !== true) curves.delete(oldest.value);
  curves.set(key, curve);
  return curve;
}

function deltaProblem(delta: number): string | null {
  return delta > 0 && delta < 1 ? null : `got delta ${delta}, expected a number between 0 and 1, both excluded`;
}

function recordsProblem(records: readonly PrivacyRecord[]): string | null {
  for (const { steps, samplingRate, noiseMultiplier } of records) {
    if (!(Number.isInteger(steps) && steps >= 0 && steps <= STEPS_MAX))
      return `got ${steps} steps, expected a whole number from 0 to 2^40`;
    if (!(samplingRate >= 0 && samplingRate <= 1))
      return `got a sampling rate of ${samplingRate}, expected a number from 0 to 1`;
    if (!(noiseMultiplier >= 0 && noiseMultiplier < Infinity))
      return `got a noise multiplier of ${noiseMultiplier}, expected a finite number from 0`;
  }
  return null;
}
