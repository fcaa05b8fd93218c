import { encodeRunConfig, encodeSignedConfig, openSignedConfig } from '../src/core/federation/run-config-codec.ts';
import type { ModelRef, PrivacyConfig, RoundsConfig, RunConfig } from '../src/core/federation/run-config.ts';
import { defaultRunConfig } from '../src/core/federation/run-defaults.ts';
import { toHex } from '../src/core/lib/bytes.ts';
import { fail, ok, type Result } from '../src/core/lib/result.ts';
import type { Millis, Rng } from '../src/core/lib/world.ts';
import { openRelayBundle, signConfig, verifyConfig, type RelayKeys } from '../src/core/secure/relay-keys.ts';
import type { Ledger } from './ledger/ledger.ts';

/** What the organiser may choose at the first start. Everything else has measured defaults. */
export interface RunWishes {
  readonly name: string;
  readonly noise: boolean;
  readonly privacy: Partial<PrivacyConfig>;
  readonly rounds: Partial<RoundsConfig>;
}

export interface CurrentRun {
  readonly config: RunConfig;
  readonly signedConfig: Uint8Array;
  readonly startedAt: Millis;
  readonly resumed: boolean;
}

/**
 * The run in the ledger, or a new one. A run's configuration never changes: wishes only count for a new one.
 * Failures: FED_CONFIG (a wish is out of range), FED_CONFIG_SIGNATURE and RELAY_KEYS_CHANGED (other keys than the run's),
 * RELAY_MODEL_CHANGED, and those of the ledger.
 */
export async function openRun(
  ledger: Ledger,
  keys: RelayKeys,
  model: ModelRef,
  options: { readonly wishes: RunWishes; readonly newRun: boolean; readonly rng: Rng; readonly now: Millis },
): Promise<Result<CurrentRun>> {
  const known = await ledger.run();
  if (!known.ok) return known;
  if (known.value === null || options.newRun) return startRun(ledger, keys, model, options);
  const { signedConfig, fingerprint, startedAt } = known.value;
  if (fingerprint !== keys.fingerprint)
    return fail(
      'RELAY_KEYS_CHANGED',
      'the keys in the data folder are not those that this run was signed with: restore the key file from the backup, or start a new run with --new-run',
    );
  const bundle = openRelayBundle(keys.bundle, keys.fingerprint);
  if (!bundle.ok) return bundle;
  const config = openSignedConfig(signedConfig, bundle.value.rootPublicKey, verifyConfig);
  if (!config.ok) return config;
  const needed = config.value.model;
  if (
    needed.id !== model.id ||
    needed.weightsSha256 !== model.weightsSha256 ||
    needed.configSha256 !== model.configSha256 ||
    needed.tokenizerSha256 !== model.tokenizerSha256
  )
    return fail(
      'RELAY_MODEL_CHANGED',
      `the run in the data folder was started with another version of the base model (${needed.id}): restore that model, or start a new run with --new-run`,
    );
  return ok({ config: config.value, signedConfig, startedAt, resumed: true });
}

async function startRun(
  ledger: Ledger,
  keys: RelayKeys,
  model: ModelRef,
  { wishes, rng, now }: { readonly wishes: RunWishes; readonly rng: Rng; readonly now: Millis },
): Promise<Result<CurrentRun>> {
  const defaults = defaultRunConfig({
    profile: wishes.noise ? 'private' : 'noise-off',
    privacy: wishes.privacy,
    rounds: wishes.rounds,
  });
  const config: RunConfig = {
    version: 1,
    runId: randomHex(rng, 16),
    name: wishes.name,
    createdAt: now,
    mode: 'robust',
    model,
    ...defaults,
    adapter: { ...defaults.adapter, seed: randomHex(rng, 16) },
  };
  const bytes = encodeRunConfig(config);
  if (!bytes.ok) return bytes;
  const signature = signConfig(keys.secrets, bytes.value);
  const signedConfig = encodeSignedConfig({ config: bytes.value, signature, algorithm: 'ml-dsa-44' });
  const { fingerprint } = keys;
  const stored = await ledger.startRun({ runId: config.runId, signedConfig, fingerprint, startedAt: now });
  return stored.ok ? ok({ config, signedConfig, startedAt: now, resumed: false }) : stored;
}

function randomHex(rng: Rng, bytes: number): string {
  const random = new Uint8Array(bytes);
  rng.fill(random);
  return toHex(random);
}
