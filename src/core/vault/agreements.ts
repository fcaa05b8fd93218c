import { hasLessPrivacy } from '../federation/privacy-terms.ts';
import type { PrivacyConfig, RunConfig } from '../federation/run-config.ts';
import { sha256Hex } from '../lib/bytes.ts';
import { fail, ok, type Result } from '../lib/result.ts';
import type { VaultStore } from '../storage/vault-store.ts';

/** What a participant has agreed to: one configuration for each run, also after a reload, and no less privacy without being asked. */
export class Agreements {
  readonly #store: VaultStore;
  /** Of the run that was joined last. Null: the person has not joined, or was asked again. */
  #terms: { readonly runId: string; readonly privacy: PrivacyConfig } | null = null;

  constructor(store: VaultStore) {
    this.#store = store;
  }

  /** The terms of `config` hold from now on. Failure FED_CONFIG_WEAKER [CF4]. */
  agree(config: RunConfig): Result<RunConfig> {
    const before = this.#terms;
    const { runId, privacy } = config;
    if (before !== null && before.runId !== runId && hasLessPrivacy(privacy, before.privacy))
      return fail(
        'FED_CONFIG_WEAKER',
        `the organiser has begun another run with less privacy (${described(privacy)} instead of ${described(before.privacy)}), so this tab did not follow; join again if you agree`,
      );
    this.#terms = { runId, privacy };
    return ok(config);
  }

  /** The next configuration is taken as it is. */
  release(): void {
    this.#terms = null;
  }

  /** Remembers the configuration of a run at the first visit. Failures: FED_CONFIG_CHANGED [CF3], and those of the store. */
  async keep(runId: string, signedConfig: Uint8Array | null): Promise<Result<null>> {
    const digest = sha256Hex(signedConfig ?? new Uint8Array());
    const key = `run-config ${runId}`;
    const known = await this.#store.setting(key);
    if (!known.ok) return known;
    if (known.value === digest) return ok(null);
    if (known.value === undefined) return this.#store.putSetting(key, digest);
    return fail(
      'FED_CONFIG_CHANGED',
      'the relay shows other rules for this run than at your last visit, which nobody agreed to; ask the organiser for a new run',
    );
  }
}

function described({ noiseMultiplier, epsilonBudget }: PrivacyConfig): string {
  return noiseMultiplier === 0 ? 'no noise' : `noise ${noiseMultiplier}, epsilon up to ${epsilonBudget}`;
}
