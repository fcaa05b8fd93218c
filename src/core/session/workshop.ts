import type { ShardReport, ShardSource } from '../contracts/training-service.ts';
import type { ModelRef } from '../federation/run-config.ts';
import { fail, ok, type Result } from '../lib/result.ts';
import { PRIORITY, type JobQueue } from './job-queue.ts';
import type { SessionPorts } from './ports.ts';
import { SHARD_BYTES_MAX } from './session-view.ts';
import type { ViewStore } from './view-store.ts';

/** Everything that must be in the training worker before it can work: the model and the text. Put back after a crash. */
export class Workshop {
  readonly #ports: SessionPorts;
  readonly #store: ViewStore;
  readonly #queue: JobQueue;
  #source: ShardSource | null = null;
  #kept = false;
  #ref: ModelRef | null = null;
  #preparing: Promise<Result<null>> | null = null;
  #restoring: Promise<Result<null>> | null = null;

  constructor(ports: SessionPorts, store: ViewStore, queue: JobQueue) {
    this.#ports = ports;
    this.#store = store;
    this.#queue = queue;
  }

  get hasShard(): boolean {
    return this.#source !== null;
  }

  /** Settles once model and text are in the worker, or with the reason why not. */
  ready(): Promise<Result<null>> {
    return this.#preparing ?? Promise.resolve(fail('SESSION_MODEL', 'no model is loaded yet; join first'));
  }

  /** Loads the model of this run and then the text, once; after a failure or a crash call again. */
  prepare(ref: ModelRef, signal: AbortSignal): Promise<Result<null>> {
    const same = this.#ref !== null && this.#ref.id === ref.id && this.#ref.weightsSha256 === ref.weightsSha256;
    if (same && this.#preparing !== null) return this.#preparing;
    this.#ref = ref;
    const preparing = this.#load(ref, signal).then(async (loaded) => {
      if (!loaded.ok) {
        if (this.#preparing === preparing) this.#preparing = null;
        return loaded;
      }
      const shard = await this.#put();
      return shard.ok ? ok(null) : shard;
    });
    this.#preparing = preparing;
    return preparing;
  }

  /** The worker was replaced. The round that noticed and the watchdog may both ask for it. */
  restore(signal: AbortSignal): Promise<Result<null>> {
    this.#restoring ??= this.#restore(signal);
    return this.#restoring;
  }

  async #restore(signal: AbortSignal): Promise<Result<null>> {
    this.#preparing = null;
    const restored = this.#ref === null ? ok(null) : await this.prepare(this.#ref, signal);
    this.#restoring = null;
    return restored;
  }

  /** Remembers the text; reads it at once if the model is there (null: later). */
  async choose(source: ShardSource, keep: boolean): Promise<Result<ShardReport | null>> {
    const bytes = sizeOf(source);
    if (bytes !== null && bytes > SHARD_BYTES_MAX)
      return fail(
        'SESSION_SHARD_LARGE',
        `the text has ${Math.ceil(bytes / 2 ** 20)} MB, a tab takes at most ${SHARD_BYTES_MAX / 2 ** 20} MB; choose a part of it`,
      );
    const before = this.#source;
    this.#source = source;
    this.#kept = keep;
    if (this.#store.view.model.state !== 'ready') {
      this.#store.update({ shard: { state: 'chosen', name: nameOf(source), bytes, kept: keep } });
      return ok(null);
    }
    const put = await this.#put();
    // The service keeps the old text when it refuses the new one.
    if (!put.ok) this.#source = before;
    return put;
  }

  /** A sample is only its name and seed, so it is always kept: a reload must not change the text. */
  get kept(): { readonly source: ShardSource } | null {
    const source = this.#source;
    return source !== null && (this.#kept || source.kind === 'sample') ? { source } : null;
  }

  async #load(ref: ModelRef, signal: AbortSignal): Promise<Result<null>> {
    const { id } = ref;
    this.#store.update({ model: { state: 'loading', id, bytesLoaded: 0, bytesTotal: null } });
    const report = await this.#fetchAndLoad(ref, signal);
    if (!report.ok) {
      this.#store.update({ model: { state: 'failed', id, message: report.error.message } });
      return report;
    }
    this.#store.update({ model: { state: 'ready', id, report: report.value } });
    return ok(null);
  }

  async #fetchAndLoad(ref: ModelRef, signal: AbortSignal): ReturnType<SessionPorts['training']['loadModel']> {
    const { id } = ref;
    const onProgress = (bytesLoaded: number, bytesTotal: number | null): void =>
      this.#store.update({ model: { state: 'loading', id, bytesLoaded, bytesTotal } });
    const files = await this.#ports.loadModel(ref, onProgress, signal);
    if (!files.ok) return files;
    return this.#queue.add(PRIORITY.train, () => this.#ports.training.loadModel(files.value));
  }

  async #put(): Promise<Result<ShardReport>> {
    this.#source ??= this.#ports.sample;
    const source = this.#source;
    const name = nameOf(source);
    this.#store.update({ shard: { state: 'chosen', name, bytes: sizeOf(source), kept: this.#kept } });
    // Structured cloning across the worker's border copies, so the bytes stay here for a restart.
    const report = await this.#queue.add(PRIORITY.train, () => this.#ports.training.setShard(source));
    if (report.ok) this.#store.update({ shard: { state: 'ready', name, report: report.value, kept: this.#kept } });
    else this.#store.update({ shard: { state: 'refused', name, message: report.error.message } });
    return report;
  }
}

/** null: the generator decides. */
export function sizeOf(source: ShardSource): number | null {
  switch (source.kind) {
    case 'text':
      return source.bytes.length;
    case 'texts':
      return source.files.reduce((sum, file) => sum + file.bytes.length, 0);
    case 'sample':
      return null;
  }
}

export function nameOf(source: ShardSource): string {
  switch (source.kind) {
    case 'text':
      return source.name;
    case 'texts':
      return source.files.length === 1 ? (source.files[0]?.name ?? '') : `${source.files.length} files`;
    case 'sample':
      return `sample: ${source.style}`;
  }
}
