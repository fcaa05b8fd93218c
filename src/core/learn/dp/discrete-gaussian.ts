import { assert } from '../../lib/assert.ts';
import type { RandomWords } from './random.ts';

/** Keeps (32 sigma)^2 within 2^50: the exponents below are then quotients of exactly represented whole numbers. */
export const DISCRETE_SIGMA_MAX = 2 ** 20;

/**
 * Relative width of the interval around the floating-point exp() in which whole numbers decide instead. V8, SpiderMonkey and
 * JavaScriptCore are within 2^-51; the exponent's own rounding adds less than 2^-43 (|y| <= 512).
 */
const FILTER = 2 ** -40;

/**
 * Exact samples of the discrete Gaussian of Canonne, Kamath, Steinke (arXiv 2004.00010): P(x) proportional to exp(-x^2 / (2 sigma^2))
 * over all whole numbers, sigma a whole number in [1, 2^20].
 *
 * Rejection with buckets of width sigma in the manner of Karney 2016 (ACM TOMS 42:3): |x| = k sigma + j with k geometric (1/2) and j
 * uniform, accepted with probability 2^(k - 1) exp((sigma^2 - x^2) / (2 sigma^2)). Each acceptance compares a lazily extended uniform
 * number with that probability: floating point decides where an enclosing interval allows it, whole-number arithmetic of any length
 * otherwise (about once in 2^32 draws), so no rounding enters the distribution.
 *
 * The time taken depends on the samples' random bits, so callers draw noise before, and independently of, the data that it hides.
 */
export class DiscreteGaussian {
  readonly sigma: number;
  readonly #words: RandomWords;

  constructor(sigma: number, words: RandomWords) {
    assert(
      Number.isInteger(sigma) && sigma >= 1 && sigma <= DISCRETE_SIGMA_MAX,
      `discrete Gaussian of sigma ${sigma}: a whole number in [1, 2^20]`,
    );
    this.sigma = sigma;
    this.#words = words;
  }

  sample(): number {
    const { sigma } = this;
    const words = this.#words;
    for (;;) {
      // One word: the sign, then k = zeros before the next one bit. k > 30 has probability 2^-31 here and weight below e^-450 in
      // the target; the geometric law is continued with a fresh word so that it stays exact.
      const word = words.uint32();
      let bucket = Math.clz32(word << 1);
      if (bucket >= 31) bucket = 31 + leadingZeros(words);
      const x = bucket * sigma + words.below(sigma);
      const negative = word >>> 31 === 1;
      if (negative && x === 0) continue;
      if (acceptBucket(x, bucket, sigma, words)) return negative ? -x : x;
    }
  }

  /** Fills `out` with independent samples. */
  sampleInto(out: Float64Array): void {
    for (let i = 0; i < out.length; i++) out[i] = this.sample();
  }
}

function leadingZeros(words: RandomWords): number {
  let zeros = 0;
  for (;;) {
    const word = words.uint32();
    if (word !== 0) return zeros + Math.clz32(word);
    zeros += 32;
  }
}

/** True with probability 2^(bucket - 1) exp((sigma^2 - x^2) / (2 sigma^2)), exactly. It is at most 1 for x >= bucket * sigma. */
function acceptBucket(x: number, bucket: number, sigma: number, words: RandomWords): boolean {
  const u = words.uint32();
  if (bucket <= 31) {
    const p = 2 ** (bucket + 31) * Math.exp((sigma * sigma - x * x) / (2 * sigma * sigma));
    if (u + 1 <= p * (1 - FILTER)) return true;
    if (u >= p * (1 + FILTER)) return false;
  }
  const variance = BigInt(sigma) ** 2n;
  return belowExp(BigInt(u), 32, variance - BigInt(x) ** 2n, 2n * variance, bucket - 1, words);
}

/**
 * Is the uniform number whose first `bits` binary digits are `digits` below 2^shift exp(numerator / denominator) <= 1?
 * Lengthens the number and narrows the exponential until the answer is certain. exp of a rational other than 0 is irrational, so
 * that happens with probability one. Exported for its test.
 */
export function belowExp(
  digits: bigint,
  bits: number,
  numerator: bigint,
  denominator: bigint,
  shift: number,
  words: Pick<RandomWords, 'uint32'>,
): boolean {
  if (numerator === 0n && shift === 0) return true;
  for (;;) {
    const scale = BigInt(bits + 64);
    const [low, high] = expInterval(numerator, denominator, scale);
    // Both sides in units of 2^-(bits + 64 + 64): room for negative shifts.
    const room = BigInt(64 + shift);
    if ((digits + 1n) << 128n <= low << room) return true;
    if (digits << 128n >= high << room) return false;
    for (let i = 0; i < 2; i++) digits = (digits << 32n) | BigInt(words.uint32());
    bits += 64;
  }
}

/** Lower and upper bound of exp(numerator / denominator) in units of 2^-scale. Taylor series after halving; denominator > 0. */
function expInterval(numerator: bigint, denominator: bigint, scale: bigint): readonly [low: bigint, high: bigint] {
  // Halve the argument until it is below 1/2, and carry guard bits for the squarings and for the largest value that can come out.
  let halvings = 1n;
  while ((numerator < 0n ? -numerator : numerator) * 2n > denominator << halvings) halvings += 1n;
  const guard = 3n * halvings + 24n + (numerator > 0n ? (2n * numerator) / denominator : 0n);
  const unit = 1n << (scale + guard);
  let term = unit;
  let sum = unit;
  let terms = 0n;
  for (let k = 1n; term !== 0n; k++) {
    // BigInt division truncates: each term is off by less than one unit, growing by less than a half per step.
    term = (term * numerator) / ((denominator << halvings) * k);
    sum += term;
    terms = k;
  }
  let low = sum - 2n * terms - 4n;
  let high = sum + 2n * terms + 4n;
  for (let i = 0n; i < halvings; i++) {
    low = (low * low) >> (scale + guard);
    high = ((high * high) >> (scale + guard)) + 1n;
  }
  return [low >> guard, (high >> guard) + 1n];
}
