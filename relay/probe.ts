import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { ModelFiles } from '../src/core/contracts/training-service.ts';
import { writeStyle, STYLES } from '../src/core/corpus/styles.ts';
import type { AdapterSpec } from '../src/core/federation/run-config.ts';
import type { Millis } from '../src/core/lib/world.ts';

/** Measures adapters on the relay's own text. */
export interface ProbeEvaluator {
  /** Mean loss in nats per token and share of tokens guessed right; null when it could not be measured. */
  evaluate(adapter: Float32Array): Promise<{ readonly loss: number; readonly accuracy: number } | null>;
  close(): Promise<void>;
}

export interface ProbeSetup {
  readonly model: ModelFiles;
  readonly spec: AdapterSpec;
  readonly sequenceLength: number;
  readonly text: string;
  /** Bounds the time of one evaluation: 96 examples of 64 tokens take about half a second of one core. */
  readonly examplesMax: number;
}

export interface ProbeRequest {
  readonly id: number;
  readonly adapter: Float32Array;
}

export type ProbeReply =
  | { readonly id: number; readonly loss: number; readonly accuracy: number }
  | { readonly id: number; readonly problem: string };

export const PROBE_EXAMPLES_MAX = 96;
/** Characters of each style: about ten windows of 64 tokens. */
const CHARACTERS_PER_STYLE = 2_400;
/** A probe that takes longer is stuck: the thread is started again. */
const LIMIT_MS: Millis = 60_000;
/** No participant's sample is drawn from this seed (theirs are numbers), so the probe is held-out text of the same styles. */
const PROBE_SEED = 'relay probe';

/** Text of every built-in style in turn: what the demo's tabs are getting better at. */
export function sampleProbeText(): string {
  return STYLES.map(({ id }) => writeStyle(id, PROBE_SEED, CHARACTERS_PER_STYLE)).join('\n\n');
}

/** Evaluates in a thread of its own, so that sockets are served meanwhile. One evaluation at a time. */
export class ThreadProbe implements ProbeEvaluator {
  readonly #setup: ProbeSetup;
  readonly #onProblem: (problem: string) => void;
  #worker: Worker | null = null;
  #tail: Promise<unknown> = Promise.resolve();
  #next = 0;
  #closed = false;

  constructor(setup: ProbeSetup, onProblem: (problem: string) => void) {
    this.#setup = setup;
    this.#onProblem = onProblem;
  }

  evaluate(adapter: Float32Array): Promise<{ loss: number; accuracy: number } | null> {
    const result = this.#after(this.#tail, adapter);
    this.#tail = result;
    return result;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#worker?.terminate();
    this.#worker = null;
  }

  async #after(before: Promise<unknown>, adapter: Float32Array): Promise<{ loss: number; accuracy: number } | null> {
    await before;
    if (this.#closed) return null;
    const reply = await this.#ask({ id: this.#next++, adapter });
    if (!('problem' in reply)) return { loss: reply.loss, accuracy: reply.accuracy };
    // A measurement that a stop interrupts is no problem.
    if (!this.#closed) this.#onProblem(reply.problem);
    return null;
  }

  #ask(request: ProbeRequest): Promise<ProbeReply> {
    return new Promise((resolve) => {
      const worker = this.#start();
      const settle = (reply: ProbeReply): void => {
        clearTimeout(timer);
        worker.off('message', onMessage).off('error', onError).off('exit', onExit);
        resolve(reply);
      };
      const lost = (problem: string): void => {
        this.#worker = null;
        void worker.terminate();
        settle({ id: request.id, problem });
      };
      const onMessage = (reply: ProbeReply): void => {
        if (reply.id === request.id) settle(reply);
      };
      const onError = (error: Error): void => lost(error.message);
      const onExit = (): void => lost('the probe thread ended');
      const timer = setTimeout(() => lost(`the probe took longer than ${LIMIT_MS / 1000} s`), LIMIT_MS);
      worker.on('message', onMessage).on('error', onError).on('exit', onExit);
      worker.postMessage(request);
    });
  }

  #start(): Worker {
    if (this.#worker !== null) return this.#worker;
    // The built file next to this one; see scripts/build.mjs.
    const file = fileURLToPath(new URL('probe-thread.js', import.meta.url));
    this.#worker = new Worker(file, { workerData: this.#setup });
    // A measuring thread must not keep a stopped relay alive.
    this.#worker.unref();
    this.#worker.on('error', () => undefined);
    return this.#worker;
  }
}
