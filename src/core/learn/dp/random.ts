import { assert } from '../../lib/assert.ts';
import type { Rng } from '../../lib/world.ts';

/** crypto.getRandomValues refuses more than 65,536 bytes at once. */
const BLOCK_BYTES = 65_536;

/**
 * Whole numbers from a byte source, drawn in blocks. As secure as the source: with `crypto.getRandomValues` behind it fit for DP noise
 * and DP sampling. Every word is handed out once.
 */
export class RandomWords {
  readonly #rng: Rng;
  readonly #words = new Uint32Array(BLOCK_BYTES / 4);
  readonly #bytes = new Uint8Array(this.#words.buffer);
  #next = BLOCK_BYTES / 4;

  constructor(rng: Rng) {
    this.#rng = rng;
  }

  /** Uniform in [0, 2^32). */
  uint32(): number {
    if (this.#next === this.#words.length) {
      this.#rng.fill(this.#bytes);
      this.#next = 0;
    }
    return this.#words[this.#next++] as number;
  }

  /** Uniform whole number in [0, n) without bias, 1 <= n <= 2^32. */
  below(n: number): number {
    assert(Number.isInteger(n) && n >= 1 && n <= 2 ** 32, `below(${n}): n is a whole number in [1, 2^32]`);
    const limit = 2 ** 32 - (2 ** 32 % n);
    for (;;) {
      const word = this.uint32();
      if (word < limit) return word % n;
    }
  }

  /** True with probability numerator / denominator exactly; 0 <= numerator <= denominator <= 2^32. */
  bernoulli(numerator: number, denominator: number): boolean {
    assert(Number.isInteger(numerator) && numerator >= 0, `bernoulli(${numerator}/${denominator}): whole numbers`);
    return this.below(denominator) < numerator;
  }
}

/**
 * Poisson sampling: each of 0..n-1 joins independently with probability min(1, expected / n), decided by whole numbers.
 * Any size can come out, zero included. O(n).
 */
export function poissonSample(n: number, expected: number, words: RandomWords): number[] {
  const chosen: number[] = [];
  for (let i = 0; i < n; i++) if (words.bernoulli(Math.min(expected, n), n)) chosen.push(i);
  return chosen;
}
