import type { Millis } from '../src/core/lib/world.ts';

/** Token bucket: `burst` at once, then `perSecond`. */
export class RateLimit {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #at: Millis;

  constructor(perSecond: number, burst: number, now: Millis) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
    this.#at = now;
  }

  /** False: too many. `now` is monotonic. */
  take(now: Millis): boolean {
    this.#tokens = Math.min(this.#burst, this.#tokens + (Math.max(0, now - this.#at) / 1000) * this.#perSecond);
    this.#at = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
