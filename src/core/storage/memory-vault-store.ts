import { fail, ok, type Result } from '../lib/result.ts';
import type { AdapterSnapshot, IdentityRecord, PendingUpdate, SpendRecord, VaultStore } from './vault-store.ts';

/** Everything a participant keeps, as one immutable value. Stores that write whole files persist this. */
export interface VaultImage {
  readonly identity: IdentityRecord | null;
  /** Ascending by seq within a run. */
  readonly journal: readonly SpendRecord[];
  readonly pending: readonly PendingUpdate[];
  /** At most one per run: the newest. */
  readonly snapshots: readonly AdapterSnapshot[];
  readonly settings: Readonly<Record<string, unknown>>;
}

export const EMPTY_IMAGE: VaultImage = { identity: null, journal: [], pending: [], snapshots: [], settings: {} };

/** Stores `next`; `changed` names the parts that differ from what was stored before. */
export type PersistImage = (next: VaultImage, changed: readonly (keyof VaultImage)[]) => Promise<Result<null>>;

export interface ImageStoreOptions {
  readonly durable: boolean;
  readonly image: VaultImage;
  readonly persist: PersistImage;
  readonly close: () => Promise<void>;
}

export function createMemoryVaultStore(): VaultStore {
  return createImageVaultStore({
    durable: false,
    image: EMPTY_IMAGE,
    persist: () => Promise.resolve(ok(null)),
    close: () => Promise.resolve(),
  });
}

/** A store over one image: changes are made one after the other, and only become visible once `persist` has succeeded. */
export function createImageVaultStore(options: ImageStoreOptions): VaultStore {
  let image = options.image;
  let last: Promise<unknown> = Promise.resolve();

  const change = (make: (now: VaultImage) => Result<Partial<VaultImage> | null>): Promise<Result<null>> => {
    const run = async (): Promise<Result<null>> => {
      const made = make(image);
      if (!made.ok) return made;
      if (made.value === null) return ok(null);
      const next = { ...image, ...made.value };
      const stored = await options.persist(next, Object.keys(made.value) as (keyof VaultImage)[]);
      if (stored.ok) image = next;
      return stored;
    };
    const result = last.then(run);
    last = result.catch(() => null);
    return result;
  };
  const read = async <T>(pick: (now: VaultImage) => T): Promise<Result<T>> => {
    await last;
    return ok(structuredClone(pick(image)));
  };

  return {
    durable: options.durable,
    identity: () => read((now) => now.identity),
    putIdentity: (record) => change(() => ok({ identity: structuredClone(record) })),
    journal: (runId) => read((now) => now.journal.filter((record) => record.runId === runId)),
    appendSpend: (record, pending) =>
      change((now) => withSpend(now, structuredClone(record), structuredClone(pending))),
    pending: (runId) => read((now) => now.pending.filter((update) => update.runId === runId)),
    settle: (runId, round) =>
      change((now) => {
        const kept = now.pending.filter((update) => update.runId !== runId || update.round !== round);
        return ok(kept.length === now.pending.length ? null : { pending: kept });
      }),
    snapshot: (runId) => read((now) => now.snapshots.find((snapshot) => snapshot.runId === runId) ?? null),
    putSnapshot: (snapshot) =>
      change((now) =>
        ok({
          snapshots: [...now.snapshots.filter((old) => old.runId !== snapshot.runId), structuredClone(snapshot)],
        }),
      ),
    setting: (key) => read((now) => (Object.hasOwn(now.settings, key) ? now.settings[key] : undefined)),
    putSetting: (key, value) => change((now) => ok({ settings: { ...now.settings, [key]: structuredClone(value) } })),
    clear: () => change(() => ok(EMPTY_IMAGE)),
    close: async () => {
      await last;
      await options.close();
    },
  };
}

function withSpend(now: VaultImage, record: SpendRecord, pending: PendingUpdate): Result<Partial<VaultImage>> {
  const taken =
    now.journal.some((old) => old.runId === record.runId && old.seq === record.seq) ||
    now.pending.some((old) => old.runId === pending.runId && old.round === pending.round);
  if (taken) return spendConflict(record, pending);
  const journal = [...now.journal, record].sort((a, b) => a.seq - b.seq);
  return ok({ journal, pending: [...now.pending, pending] });
}

/** Overwriting either would lose spend or give one update id two contents, so a second writer is refused. */
export function spendConflict(record: SpendRecord, pending: PendingUpdate): Result<never> {
  return fail(
    'STORE_CONFLICT',
    `entry ${record.seq} of the journal or an update for round ${pending.round} is already stored; another tab may be using this identity: reload this one`,
  );
}
