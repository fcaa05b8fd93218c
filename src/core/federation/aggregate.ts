import { assert, at } from '../lib/assert.ts';
import { fail, ok, type Failure, type Result } from '../lib/result.ts';

export type AggregateFailure = Failure<
  | 'FED_UPDATE_SHAPE'
  | 'FED_UPDATE_VALUE'
  | 'FED_UPDATE_NORM'
  | 'FED_UPDATE_WEIGHT'
  | 'FED_UPDATE_DUPLICATE'
  | 'FED_AGGREGATE_EMPTY'
>;

/** One accepted update of a round. */
export interface WeightedUpdate {
  /** Unique in the round; fixes the order of summation, so that a replay gives the same bits in whatever order updates came. */
  readonly id: string;
  readonly delta: Float32Array;
  /** > 0: share by staleness. Never by a number that the participant claims. */
  readonly weight: number;
}

/** Merges the updates of one round. One instance per round. Implementations pass aggregate.contract.ts. */
export interface Aggregator {
  readonly count: number;
  /** Checks and keeps an update, or refuses it and stays as it was. */
  add(update: WeightedUpdate): Result<null, AggregateFailure>;
  /** The merged delta. Independent of the order of `add`. Failure FED_AGGREGATE_EMPTY without updates. */
  result(): Result<Float32Array, AggregateFailure>;
}

export interface AggregatorLimits {
  /** Number of adapter values. */
  readonly size: number;
  /** L2 norm above which an update cannot come from honest training (aggregate-norm.ts). A sanity limit, not a defence. */
  readonly normMax: number;
}

/**
 * Weighted mean in float64. With FFA-LoRA the mean of B is the mean of the weight changes, so nothing is lost.
 * Not robust: one update within the norm limit moves the mean by its share.
 */
export function createWeightedMean(limits: AggregatorLimits): Aggregator {
  const kept = new Map<string, WeightedUpdate>();
  return {
    get count() {
      return kept.size;
    },
    add(update) {
      const checked = checkUpdate(update, limits);
      if (!checked.ok) return checked;
      if (kept.has(update.id))
        return fail('FED_UPDATE_DUPLICATE', `update ${update.id} is already counted in this round`);
      kept.set(update.id, { ...update, delta: update.delta.slice() });
      return ok(null);
    },
    result() {
      if (kept.size === 0) return fail('FED_AGGREGATE_EMPTY', 'no update was accepted in this round; nothing to merge');
      return ok(weightedMean(inOrder(kept.values()), limits.size));
    },
  };
}

/** What every rule refuses before it looks at the others: wrong length, NaN, infinity, absurd norm, weight that is not above 0. */
export function checkUpdate(update: WeightedUpdate, limits: AggregatorLimits): Result<null, AggregateFailure> {
  const { delta, weight, id } = update;
  if (delta.length !== limits.size)
    return fail('FED_UPDATE_SHAPE', `update ${id} has ${delta.length} values, the run's adapter has ${limits.size}`);
  if (!(weight > 0 && weight < Infinity))
    return fail('FED_UPDATE_WEIGHT', `update ${id} has weight ${weight}, expected a finite number above 0`);
  let squares = 0;
  for (const value of delta) squares += value * value;
  // A sum of squares of finite f32 values stays finite in float64.
  if (!Number.isFinite(squares))
    return fail('FED_UPDATE_VALUE', `update ${id} holds NaN or infinity; the tab must train again`);
  if (Math.sqrt(squares) > limits.normMax)
    return fail(
      'FED_UPDATE_NORM',
      `update ${id} has norm ${Math.sqrt(squares).toPrecision(4)}, honest training stays below ${limits.normMax.toPrecision(4)}`,
    );
  return ok(null);
}

/** By id, in code-unit order: the same on every machine and in every locale. */
export function inOrder(updates: Iterable<WeightedUpdate>): WeightedUpdate[] {
  return [...updates].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}

function weightedMean(updates: readonly WeightedUpdate[], size: number): Float32Array {
  assert(updates.length > 0, 'a mean needs at least one update');
  const sum = new Float64Array(size);
  let total = 0;
  for (const { delta, weight } of updates) {
    total += weight;
    for (let i = 0; i < size; i++) sum[i] = at(sum, i) + weight * at(delta, i);
  }
  return Float32Array.from(sum, (value) => value / total);
}
