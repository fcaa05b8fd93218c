import type { Evaluation } from '../contracts/training-service.ts';
import { fail, ok, type Result } from '../lib/result.ts';
import { PRIORITY, type JobQueue } from './job-queue.ts';
import type { CurrentAdapter, SessionPorts } from './ports.ts';
import { ROUNDS_KEPT } from './session-view.ts';
import { ring, type ViewStore } from './view-store.ts';

/** Measures adapters on this tab's own held-back text. The figures never leave the tab. */
export class HeldBack {
  readonly #ports: SessionPorts;
  readonly #store: ViewStore;
  readonly #queue: JobQueue;
  #jobs = 0;
  /** The newest adapter that waits; older ones are skipped when training leaves no time. */
  #next: CurrentAdapter | null = null;
  #scheduled = false;

  constructor(ports: SessionPorts, store: ViewStore, queue: JobQueue) {
    this.#ports = ports;
    this.#store = store;
    this.#queue = queue;
  }

  /** Evaluates `current` when the worker has time. */
  schedule(current: CurrentAdapter): void {
    if (this.#ports.evaluateExamples === 0) return;
    this.#next = current;
    if (this.#scheduled) return;
    this.#scheduled = true;
    void this.#queue.add(PRIORITY.evaluate, async () => {
      this.#scheduled = false;
      const next = this.#next;
      if (next === null) return;
      const evaluation = await this.#evaluate(next, this.#ports.evaluateExamples);
      if (!evaluation.ok) return;
      const { version } = next.ref;
      const others = this.#store.view.heldBack.filter((point) => point.version !== version);
      this.#store.update({ heldBack: ring(others, ROUNDS_KEPT, { version, ...evaluation.value }) });
    });
  }

  /** Base model and `current` on as many examples as an evaluation may use. */
  compare(
    current: CurrentAdapter,
    examples: number,
  ): Promise<Result<{ readonly base: Evaluation; readonly adapted: Evaluation }>> {
    return this.#queue.add(PRIORITY.write, async () => {
      const base = await this.#evaluate({ ...current, values: null }, examples);
      if (!base.ok) return base;
      const adapted = await this.#evaluate(current, examples);
      return adapted.ok ? ok({ base: base.value, adapted: adapted.value }) : adapted;
    });
  }

  #evaluate(
    { spec, values, sequenceLength }: Omit<CurrentAdapter, 'values'> & { readonly values: Float32Array | null },
    examplesMax: number,
  ): Promise<Result<Evaluation>> {
    if (this.#store.view.shard.state !== 'ready')
      return Promise.resolve(fail('SESSION_SHARD', 'there is no text yet to measure on; choose one'));
    const jobId = `evaluate-${(this.#jobs += 1)}`;
    return this.#ports.training.evaluate({ jobId, spec, adapter: values, sequenceLength, examplesMax, text: null });
  }
}
