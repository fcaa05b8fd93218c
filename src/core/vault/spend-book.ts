import type { SpendView } from '../contracts/vault-service.ts';
import type { RunConfig } from '../federation/run-config.ts';
import { epsilonOf, roundsLeft, type PrivacyRecord } from '../learn/dp/accountant.ts';
import { fail, ok, type Result } from '../lib/result.ts';
import type { SpendRecord } from '../storage/vault-store.ts';

/** The privacy spend of one run, computed from its journal and from nothing else. */
export class SpendBook {
  readonly config: RunConfig;
  readonly #records: SpendRecord[];

  constructor(config: RunConfig, records: readonly SpendRecord[]) {
    this.config = config;
    this.#records = [...records];
  }

  add(record: SpendRecord): void {
    this.#records.push(record);
  }

  view(): SpendView {
    const { privacy } = this.config;
    const epsilon = this.#epsilon(this.#records);
    return {
      epsilon: Number.isFinite(epsilon) ? epsilon : null,
      delta: privacy.delta,
      rounds: new Set(this.#records.map((record) => record.round)).size,
      roundsLeft: this.#roundsLeft(),
    };
  }

  /**
   * Epsilon after one more round like the last one; null where noise is off, so that there is no limit to keep. Before the first
   * round of a text the sampling rate is unknown: then it is what is spent so far, and `allows` decides before anything leaves.
   */
  epsilonAfter(): number | null {
    if (this.config.privacy.noiseMultiplier === 0) return null;
    const last = this.#records.at(-1);
    return this.#epsilon(last === undefined ? [] : [...this.#records, last]);
  }

  /** The exact check, with what was really done. DP_BUDGET. */
  allows(record: SpendRecord): Result<null> {
    const { noiseMultiplier, epsilonBudget } = this.config.privacy;
    if (noiseMultiplier === 0) return ok(null);
    // Less noise than agreed is never sent; more is only more private.
    if (!(record.noiseMultiplier >= noiseMultiplier))
      return fail(
        'DP_NOISE',
        `trained with noise ${record.noiseMultiplier}, the run agreed on ${noiseMultiplier}; nothing was sent`,
      );
    const epsilon = this.#epsilon([...this.#records, record]);
    if (epsilon <= epsilonBudget) return ok(null);
    return fail(
      'DP_BUDGET',
      `this round would bring epsilon to ${epsilon.toFixed(2)}, the budget is ${epsilonBudget}; nothing was sent`,
    );
  }

  #epsilon(records: readonly PrivacyRecord[]): number {
    const spent = epsilonOf(records, this.config.privacy.delta);
    // A journal that cannot be counted must stop the training, not be taken for zero.
    return spent.ok ? spent.value.epsilon : Infinity;
  }

  #roundsLeft(): number | null {
    const last = this.#records.at(-1);
    const { noiseMultiplier, epsilonBudget, delta } = this.config.privacy;
    if (noiseMultiplier === 0 || last === undefined) return null;
    const left = roundsLeft(this.#records, last, { epsilon: epsilonBudget, delta });
    return left.ok && Number.isFinite(left.value) ? left.value : null;
  }
}
