import type { TrainingEvent } from '../contracts/training-service.ts';
import { fail, ok, type Result } from '../lib/result.ts';
import { PRIORITY, type JobQueue } from './job-queue.ts';
import type { CurrentAdapter, SessionPorts } from './ports.ts';
import type { SampleView } from './session-view.ts';
import type { ViewStore } from './view-store.ts';

/** About a paragraph; enough to hear a style, a second or two to write. */
const TOKENS_MAX = 96;
/** Below 1 the model stays near what it has learnt, above 0 it does not repeat itself. */
const TEMPERATURE = 0.5;
const PROMPT_CHARACTERS_MAX = 500;

/** Writes a prompt on, before and after: with the base model and with the current adapter, from the same seed. */
export class Sampler {
  readonly #ports: SessionPorts;
  readonly #store: ViewStore;
  readonly #queue: JobQueue;
  #jobs = 0;
  #jobId: string | null = null;
  #stopped = false;

  constructor(ports: SessionPorts, store: ViewStore, queue: JobQueue) {
    this.#ports = ports;
    this.#store = store;
    this.#queue = queue;
  }

  async write(prompt: string, current: CurrentAdapter | null): Promise<Result<null>> {
    if (prompt.length > PROMPT_CHARACTERS_MAX)
      return fail(
        'SESSION_PROMPT',
        `the prompt has ${prompt.length} characters, at most ${PROMPT_CHARACTERS_MAX} are taken`,
      );
    await this.stop();
    this.#stopped = false;
    this.#change({ prompt, before: null, after: null, afterVersion: null, writing: 'before', message: null });
    const before = await this.#generate(prompt, 'before', null);
    const after = before.ok && current !== null ? await this.#generate(prompt, 'after', current) : before;
    const failure = after.ok || this.#stopped ? null : after.error.message;
    this.#change({ writing: null, message: failure, afterVersion: current?.ref.version ?? null });
    return after;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#jobId !== null) await this.#ports.training.cancel(this.#jobId);
  }

  onToken(event: Extract<TrainingEvent, { type: 'token' }>): void {
    const { sample } = this.#store.view;
    if (event.jobId !== this.#jobId || sample.writing === null) return;
    this.#change({ [sample.writing]: (sample[sample.writing] ?? '') + event.text });
  }

  async #generate(prompt: string, side: 'before' | 'after', current: CurrentAdapter | null): Promise<Result<null>> {
    const jobId = `write-${(this.#jobs += 1)}`;
    this.#jobId = jobId;
    const written = await this.#queue.add(PRIORITY.write, async () => {
      if (this.#stopped) return fail('CANCELLED', 'stopped');
      this.#change({ writing: side });
      return this.#ports.training.generate({
        jobId,
        spec: current?.spec ?? null,
        adapter: current?.values ?? null,
        prompt,
        tokensMax: TOKENS_MAX,
        temperature: TEMPERATURE,
        seed: 1,
        logitsAt: [],
      });
    });
    if (this.#jobId === jobId) this.#jobId = null;
    if (!written.ok) return written;
    // The whole text replaces the streamed pieces: a piece may have been lost with a restart.
    this.#change({ [side]: written.value.text });
    return ok(null);
  }

  #change(change: Partial<SampleView>): void {
    this.#store.update({ sample: { ...this.#store.view.sample, ...change } });
  }
}
