import type { Clock, Rng } from '../core/lib/world.ts';

/** setTimeout holds a signed 32-bit number; longer delays fire at once. */
const TIMEOUT_MAX_MS = 2 ** 31 - 1;

/** The clock of this window, worker or Node process. */
export const realClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (delayMs, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason as Error);
        return;
      }
      const onAbort = (): void => {
        clearTimeout(timer);
        reject(signal?.reason as Error);
      };
      const timer = setTimeout(
        () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
        Math.min(Math.max(0, delayMs), TIMEOUT_MAX_MS),
      );
      signal?.addEventListener('abort', onAbort, { once: true });
    }),
};

/** getRandomValues refuses more than this at once (Web Cryptography, section 10.1.1). */
const BLOCK_BYTES = 65_536;

export const secureRng: Rng = {
  fill: (bytes) => {
    for (let offset = 0; offset < bytes.length; offset += BLOCK_BYTES) {
      const block = new Uint8Array(Math.min(BLOCK_BYTES, bytes.length - offset));
      bytes.set(crypto.getRandomValues(block), offset);
    }
  },
};
