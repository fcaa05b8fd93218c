import type { ShardSource } from '../contracts/training-service.ts';
import type { VaultService } from '../contracts/vault-service.ts';
import type { ViewStore } from './view-store.ts';
import type { Workshop } from './workshop.ts';

/** Name in the vault's settings; the store gives it up first when space runs out. */
const SETTING_SHARD = 'shard';

/** The text stays in this browser (never sent), if the person wants that, so that a reload continues. */
export class ShardMemory {
  readonly #vault: VaultService;
  readonly #store: ViewStore;
  readonly #workshop: Workshop;

  constructor(vault: VaultService, store: ViewStore, workshop: Workshop) {
    this.#vault = vault;
    this.#store = store;
    this.#workshop = workshop;
  }

  /** What an earlier visit kept. Written by `keep` only, so the shape is known. */
  async recall(): Promise<void> {
    if (this.#workshop.hasShard) return;
    const stored = await this.#vault.setting(SETTING_SHARD);
    const kept = stored.ok ? (stored.value as { readonly source: ShardSource } | null | undefined) : null;
    if (kept !== null && kept !== undefined) await this.#workshop.choose(kept.source, true);
  }

  /** Not keeping a text deletes an older copy. */
  async keep(): Promise<void> {
    const stored = await this.#vault.putSetting(SETTING_SHARD, this.#workshop.kept);
    if (stored.ok) return;
    this.#store.fail(stored.error);
    const { shard } = this.#store.view;
    if (shard.state === 'chosen' || shard.state === 'ready') this.#store.update({ shard: { ...shard, kept: false } });
  }
}
