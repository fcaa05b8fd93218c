import type { WeightedUpdate } from '../src/core/federation/aggregate.ts';
import { decodeUpdate } from '../src/core/federation/codec.ts';
import type { CoordinatorEffect, CoordinatorEvent } from '../src/core/federation/coordinator-types.ts';
import { fail, ok, type Failure, type Result } from '../src/core/lib/result.ts';
import type { Adapters } from './adapters.ts';
import type { BlobStore } from './blobs.ts';
import type { Numerics } from './numerics.ts';

type AggregateEffect = Extract<CoordinatorEffect, { type: 'aggregate' }>;

export interface MergeHost {
  readonly blobs: BlobStore;
  readonly adapters: Adapters;
  /** Step along the merged delta. */
  readonly serverLearningRate: number;
  /** SHA-256 (hex) of the stored update, by update id. */
  digestOf(updateId: string): string | null;
  readonly numerics: Numerics;
  dispatch(event: CoordinatorEvent): void;
  /** A new adapter is on disk. */
  made(round: number, values: Float32Array): void;
}

/** Merges the updates of a round into the next adapter: everything is read back from disk, nothing is trusted to memory. */
export class Merger {
  readonly #host: MergeHost;
  /** The round being merged; results for any other are dropped. */
  #round: number | null = null;

  constructor(host: MergeHost) {
    this.#host = host;
  }

  async run(effect: AggregateEffect): Promise<void> {
    this.#round = effect.round;
    const merged = await this.#merge(effect).catch((error: unknown) => failed(error));
    if (this.#round !== effect.round) return;
    this.#round = null;
    const { round } = effect;
    if (!merged.ok) {
      this.#host.dispatch({ type: 'aggregation-failed', round, message: merged.error.message });
      return;
    }
    const adapter = { version: effect.base.version + 1, sha256: merged.value.sha256 };
    this.#host.dispatch({ type: 'aggregation-finished', round, adapter, probe: null });
    this.#host.made(round, merged.value.values);
  }

  cancel(round: number): void {
    if (this.#round === round) this.#round = null;
  }

  async #merge({ base, updates }: AggregateEffect): Promise<Result<{ sha256: string; values: Float32Array }>> {
    const before = await this.#host.adapters.values(base.sha256);
    if (!before.ok) return before;
    const deltas: WeightedUpdate[] = [];
    for (const { updateId, weight } of updates) {
      const delta = await this.#delta(updateId);
      if (!delta.ok) return delta;
      deltas.push({ id: updateId, delta: delta.value, weight });
    }
    const step = this.#host.numerics.merge(deltas);
    if (!step.ok) return step;
    const rate = this.#host.serverLearningRate;
    const values = before.value.map((value, i) => value + rate * (step.value[i] ?? 0));
    if (!values.every(Number.isFinite)) return fail('RELAY_MERGE', 'the merged adapter is not finite');
    const stored = await this.#host.adapters.put(values);
    return stored.ok ? ok({ sha256: stored.value, values }) : stored;
  }

  async #delta(updateId: string): Promise<Result<Float32Array>> {
    const digest = this.#host.digestOf(updateId);
    if (digest === null) return fail('RELAY_MERGE', `update ${updateId} is not known any more`);
    const bytes = await this.#host.blobs.get(digest);
    if (!bytes.ok) return bytes;
    const update = decodeUpdate(bytes.value);
    return update.ok ? this.#host.numerics.decode(update.value) : update;
  }
}

function failed(error: unknown): { readonly ok: false; readonly error: Failure } {
  return fail('RELAY_MERGE', error instanceof Error ? error.message : String(error));
}
