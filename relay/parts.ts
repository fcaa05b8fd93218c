import type { RunConfig } from '../src/core/federation/run-config.ts';
import { adapterSize, checkAdapter } from '../src/core/learn/adapter.ts';
import { ok, type Failure, type Result } from '../src/core/lib/result.ts';
import type { Clock, Rng } from '../src/core/lib/world.ts';
import type { RelayKeys } from '../src/core/secure/relay-keys.ts';
import type { CryptoSuite } from '../src/core/secure/suite.ts';
import type { ServerOptions } from './http/listen.ts';
import { loadOrCreateKeys } from './keys.ts';
import type { ServedModel } from './model.ts';
import { Participants } from './participants.ts';
import type { ProbeEvaluator } from './probe.ts';
import { restoreRun, sweepUpdates, type Restored } from './restore.ts';
import { openRun, type CurrentRun, type RunWishes } from './run-setup.ts';
import type { Storage } from './storage.ts';

export interface RelayOptions {
  readonly dataFolder: string;
  readonly webFolder: string;
  readonly modelId: string;
  readonly server: ServerOptions;
  /** Links as people open them, e.g. "http://localhost:8787"; null: made from host and port. */
  readonly baseUrl: ((port: number) => string) | null;
  readonly wishes: RunWishes;
  readonly newRun: boolean;
  readonly suite: CryptoSuite;
  readonly clock: Clock;
  readonly rng: Rng;
  /** Null: losses are not measured. */
  readonly probe: ((model: ServedModel, config: RunConfig) => ProbeEvaluator) | null;
  /** The relay cannot go on; its promises so far are on disk. */
  readonly onFatal: (failure: Failure) => void;
}

/** What is opened before the port. */
export interface Parts {
  readonly storage: Storage;
  readonly keys: RelayKeys;
  readonly model: ServedModel;
  readonly run: CurrentRun;
  readonly restored: Restored;
  readonly participants: Participants;
}

/** Keys, run and restored coordinator, from the data folder. Failures: those of each part. */
export async function openParts(storage: Storage, model: ServedModel, options: RelayOptions): Promise<Result<Parts>> {
  const { suite, rng, clock } = options;
  const keys = await loadOrCreateKeys(storage.keyPath, suite, rng);
  if (!keys.ok) return keys;
  const run = await openRun(storage.ledger, keys.value, model.ref, { ...options, now: clock.now() });
  if (!run.ok) return run;
  const { config, signedConfig } = run.value;
  const adapter = checkAdapter(model.config, config.adapter);
  if (!adapter.ok) return adapter;
  const zeros = await storage.adapters.put(new Float32Array(adapterSize(model.config, config.adapter)));
  if (!zeros.ok) return zeros;
  const coordinator = { config, signedConfig, adapter: { version: 0, sha256: zeros.value } };
  const now = { wall: clock.now(), mono: clock.monotonic() };
  const restored = await restoreRun(storage, run.value, coordinator, now);
  if (!restored.ok) return restored;
  await sweepUpdates(storage, restored.value.started.state);
  const records = await storage.ledger.participants(config.runId);
  if (!records.ok) return records;
  const participants = new Participants(storage.ledger, config.runId, records.value);
  return ok({ storage, keys: keys.value, model, run: run.value, restored: restored.value, participants });
}
