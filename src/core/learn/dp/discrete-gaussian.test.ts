import { describe, expect, it } from 'vitest';
import { Prng } from '../../lib/prng.ts';
import type { Rng } from '../../lib/world.ts';
import { belowExp, DiscreteGaussian } from './discrete-gaussian.ts';
import { poissonSample, RandomWords } from './random.ts';

/** Upper limit of chi-square with `freedom` degrees at a false-alarm rate of 1e-6 (Wilson-Hilferty, z = 4.753). */
function chi2Limit(freedom: number): number {
  const spread = 2 / (9 * freedom);
  return freedom * (1 - spread + 4.753 * Math.sqrt(spread)) ** 3;
}

function chi2(observed: ReadonlyMap<number, number>, expected: ReadonlyMap<number, number>): number {
  let sum = 0;
  for (const [bin, e] of expected) sum += ((observed.get(bin) ?? 0) - e) ** 2 / e;
  return sum;
}

describe('DiscreteGaussian', () => {
  it.each([1, 2, 3, 10, 256])('follows exp(-x^2 / 2 sigma^2) at sigma %d (chi-square, false alarm 1e-6)', (sigma) => {
    const n = 400_000;
    const sampler = new DiscreteGaussian(sigma, new RandomWords(new Prng(`gauss ${sigma}`)));
    const width = Math.max(1, Math.round(sigma / 8));
    const binOf = (x: number): number => Math.max(-12, Math.min(12, Math.round(x / width)));
    const weights = new Map<number, number>();
    let total = 0;
    for (let x = -10 * sigma; x <= 10 * sigma; x++) {
      const weight = Math.exp((-x * x) / (2 * sigma * sigma));
      weights.set(binOf(x), (weights.get(binOf(x)) ?? 0) + weight);
      total += weight;
    }
    // Bins too rare for the approximation (under 10 expected) are left out; the total then needs no correction of the limit.
    const expected = new Map([...weights].map(([bin, w]) => [bin, (w / total) * n] as const).filter(([, e]) => e > 10));
    const observed = new Map<number, number>();
    for (let i = 0; i < n; i++) {
      const bin = binOf(sampler.sample());
      observed.set(bin, (observed.get(bin) ?? 0) + 1);
    }
    expect(expected.size).toBeGreaterThan(6);
    expect(chi2(observed, expected)).toBeLessThan(chi2Limit(expected.size));
  });

  it.each([2, 37, 1000, 2 ** 20])(
    'has standard deviation sigma, mean and skewness 0 at sigma %d (5 sigma bands)',
    (sigma) => {
      const n = 200_000;
      const out = new Float64Array(n);
      new DiscreteGaussian(sigma, new RandomWords(new Prng(sigma))).sampleInto(out);
      const moment = (power: number): number => out.reduce((sum, x) => sum + (x / sigma) ** power, 0) / n;
      expect(Math.abs(moment(1))).toBeLessThan(5 / Math.sqrt(n));
      expect(Math.abs(moment(2) - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
      expect(Math.abs(moment(3))).toBeLessThan(5 * Math.sqrt(15 / n));
      expect(Math.abs(moment(4) - 3)).toBeLessThan(5 * Math.sqrt(96 / n));
      expect(out.every((x) => Number.isInteger(x))).toBe(true);
    },
  );

  it.each([0, 0.5, 1.5, -1, Number.NaN, 2 ** 20 + 1])('refuses sigma %d', (sigma) => {
    expect(() => new DiscreteGaussian(sigma, new RandomWords(new Prng(1)))).toThrow(/sigma/);
  });
});

describe('belowExp', () => {
  const none = {
    uint32(): number {
      throw new Error('asked for more digits than needed');
    },
  };

  it('agrees with exp() wherever doubles can tell', () => {
    const prng = new Prng(11);
    for (let i = 0; i < 2000; i++) {
      const numerator = -prng.below(2 ** 32);
      const denominator = 1 + prng.below(2 ** 28);
      const p = Math.exp(numerator / denominator);
      const u = prng.uint32();
      if (Math.abs(u / 2 ** 32 - p) < 1e-9) continue;
      const verdict = belowExp(BigInt(u), 32, BigInt(numerator), BigInt(denominator), 0, prng);
      expect(verdict).toBe(u / 2 ** 32 < p);
    }
  });

  it('decides at the 100th digit', () => {
    // 2^200 exp(-1), rounded down: 60 digits of 1/e from the alternating series in whole numbers.
    const digits = 200n;
    let term = 1n << (digits + 40n);
    let sum = term;
    for (let k = 1n; k < 80n; k++) {
      term = -term / k;
      sum += term;
    }
    const floor = sum >> 40n;
    expect(belowExp(floor - 1n, 200, -1n, 1n, 0, none)).toBe(true);
    expect(belowExp(floor + 1n, 200, -1n, 1n, 0, none)).toBe(false);
    // The same with the probability halved and doubled by the shift.
    expect(belowExp(floor / 2n - 1n, 200, -1n, 1n, -1, none)).toBe(true);
    expect(belowExp(floor / 2n + 1n, 200, -1n, 1n, -1, none)).toBe(false);
    expect(belowExp(2n * floor - 2n, 200, -1n, 1n, 1, none)).toBe(true);
    expect(belowExp(2n * floor + 2n, 200, -1n, 1n, 1, none)).toBe(false);
  });

  it('asks for more digits only when the first ones do not decide', () => {
    const floor = BigInt(Math.floor(Math.exp(-0.5) * 2 ** 32));
    for (const word of [0, 2 ** 32 - 1]) {
      let asked = 0;
      const verdict = belowExp(floor, 32, -1n, 2n, 0, { uint32: () => ((asked += 1), word) });
      expect(verdict).toBe(word === 0);
      expect(asked).toBeGreaterThan(0);
    }
  });
});

describe('RandomWords', () => {
  it('hands out every word of a block once and refills in blocks that getRandomValues allows', () => {
    const sizes: number[] = [];
    let next = 0;
    const counting: Rng = {
      fill(bytes) {
        sizes.push(bytes.length);
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
        for (let i = 0; i < bytes.length; i += 4) view.setUint32(i, next++, true);
      },
    };
    const words = new RandomWords(counting);
    for (let i = 0; i < 40_000; i++) expect(words.uint32()).toBe(i);
    expect(sizes).toEqual([65_536, 65_536, 65_536]);
  });

  it('is even below 3, 10 and 2^31 + 1 (chi-square, false alarm 1e-6)', () => {
    const words = new RandomWords(new Prng(4));
    for (const n of [3, 10, 2 ** 31 + 1]) {
      const bins = Math.min(n, 16);
      const observed = new Map<number, number>();
      const draws = 60_000;
      for (let i = 0; i < draws; i++) {
        const bin = Math.floor((words.below(n) / n) * bins);
        observed.set(bin, (observed.get(bin) ?? 0) + 1);
      }
      const expected = new Map(Array.from({ length: bins }, (_, bin) => [bin, draws / bins] as const));
      expect(chi2(observed, expected)).toBeLessThan(chi2Limit(bins - 1));
    }
  });
});

describe('poissonSample', () => {
  it('takes each example independently with rate expected / n (5 sigma bands)', () => {
    const words = new RandomWords(new Prng(6));
    const n = 200;
    const rounds = 5000;
    const hits = new Float64Array(n);
    const sizes: number[] = [];
    for (let i = 0; i < rounds; i++) {
      const chosen = poissonSample(n, 8, words);
      sizes.push(chosen.length);
      for (const j of chosen) hits[j]! += 1;
    }
    const q = 8 / n;
    const spread = Math.sqrt(rounds * q * (1 - q));
    for (const count of hits) expect(Math.abs(count - rounds * q)).toBeLessThan(5 * spread);
    const mean = sizes.reduce((a, b) => a + b) / rounds;
    const variance = sizes.reduce((sum, size) => sum + (size - mean) ** 2, 0) / rounds;
    expect(Math.abs(mean - 8)).toBeLessThan(5 * Math.sqrt((8 * (1 - q)) / rounds));
    expect(Math.abs(variance / (8 * (1 - q)) - 1)).toBeLessThan(0.15);
    expect(sizes).toContain(0);
  });

  it('takes everybody when the shard is smaller than a batch, and nobody from nothing', () => {
    const words = new RandomWords(new Prng(6));
    expect(poissonSample(3, 8, words)).toEqual([0, 1, 2]);
    expect(poissonSample(0, 8, words)).toEqual([]);
  });
});
