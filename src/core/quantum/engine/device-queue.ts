import { fail, type Failure, type Result } from '../../lib/result.ts';
import type { DevicePlan, StateDevice } from './device.ts';

/** One device, one call at a time: two runs at once could exceed the memory that one was allowed. */
export class DeviceQueue<State, Plan extends DevicePlan> {
  readonly device: StateDevice<State, Plan>;
  #disposed = false;
  #tail: Promise<unknown> = Promise.resolve();
  /** Ends the run that is at work. */
  #running: AbortController | null = null;

  constructor(device: StateDevice<State, Plan>) {
    this.device = device;
  }

  enqueue<T>(job: () => Promise<Result<T>>): Promise<Result<T>> {
    const result = this.#tail.then(async () => {
      if (this.#disposed) return disposedEngine();
      const done = await job();
      return this.#disposed ? disposedEngine() : done;
    });
    this.#tail = result.catch(() => undefined);
    return result;
  }

  /** Like enqueue; the job's own signal aborts with the caller's, or when the engine is disposed. */
  enqueueRun<T>(signal: AbortSignal | undefined, job: (signal: AbortSignal) => Promise<Result<T>>): Promise<Result<T>> {
    return this.enqueue(async () => {
      if (signal?.aborted === true) return fail('QUANTUM_ABORTED', 'the run was aborted before it started');
      const controller = new AbortController();
      const abort = (): void => controller.abort();
      signal?.addEventListener('abort', abort, { once: true });
      this.#running = controller;
      try {
        return await job(controller.signal);
      } finally {
        this.#running = null;
        signal?.removeEventListener('abort', abort);
      }
    });
  }

  /** Stops what runs, refuses what waits, then closes the device. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#running?.abort();
    void this.#tail.then(() => this.device.dispose());
  }
}

function disposedEngine(): { readonly ok: false; readonly error: Failure<'QUANTUM_DISPOSED'> } {
  return fail('QUANTUM_DISPOSED', 'the engine was disposed; open a new one');
}
