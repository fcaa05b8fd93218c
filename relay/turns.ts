import { fail, type Result } from '../src/core/lib/result.ts';

/**
 * One piece of heavy work at a time, and a turn of the event loop between two: a thousand handshakes at once take their time,
 * but heartbeats and uploads of those who are in go on meanwhile.
 */
export class Turns {
  readonly #waitingMax: number;
  #waiting = 0;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(waitingMax: number) {
    this.#waitingMax = waitingMax;
  }

  /** Failure RELAY_BUSY (retry): too many wait already. */
  run<T>(work: () => Promise<Result<T>>): Promise<Result<T>> {
    if (this.#waiting >= this.#waitingMax)
      return Promise.resolve(fail('RELAY_BUSY', 'too many tabs join at once: try again in a moment', true));
    this.#waiting += 1;
    const result = this.#after(this.#tail, work);
    this.#tail = result.catch(() => undefined);
    return result;
  }

  async #after<T>(before: Promise<unknown>, work: () => Promise<Result<T>>): Promise<Result<T>> {
    await before;
    await new Promise<void>((resolve) => setImmediate(resolve));
    try {
      return await work();
    } finally {
      this.#waiting -= 1;
    }
  }
}
