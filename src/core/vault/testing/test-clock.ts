import type { Clock, Millis } from '../../lib/world.ts';

interface Timer {
  readonly at: Millis;
  readonly fire: () => void;
}

/** Virtual time: nothing passes but by `advance`, which lets every promise settle between two timers. */
export class TestClock implements Clock {
  #mono = 0;
  #wallOffset = 0;
  readonly #timers = new Set<Timer>();

  now(): Millis {
    return 1_700_000_000_000 + this.#mono + this.#wallOffset;
  }

  monotonic(): Millis {
    return this.#mono;
  }

  sleep(delayMs: Millis, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason as Error);
        return;
      }
      const onAbort = (): void => {
        this.#timers.delete(timer);
        reject(signal?.reason as Error);
      };
      const fire = (): void => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      };
      const timer: Timer = { at: this.#mono + Math.max(0, delayMs), fire };
      this.#timers.add(timer);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Somebody sets the clock on the wall. */
  jump(ms: Millis): void {
    this.#wallOffset += ms;
  }

  async advance(ms: Millis): Promise<void> {
    const end = this.#mono + ms;
    await settle();
    for (;;) {
      const next = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#mono = Math.max(this.#mono, next.at);
      this.#timers.delete(next);
      next.fire();
      await settle();
    }
    this.#mono = end;
    await settle();
  }

  /** Advances in small steps until `seen`; throws after `limitMs` of virtual time. */
  async until(seen: () => boolean, limitMs: Millis = 60_000): Promise<void> {
    for (let passed = 0; !seen(); passed += 50) {
      if (passed > limitMs) throw new Error(`not seen within ${limitMs} ms of virtual time`);
      await this.advance(50);
    }
  }
}

/** A turn of the real event loop runs every microtask that is due. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
