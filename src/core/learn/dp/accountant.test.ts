import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unwrap } from '../../lib/result.ts';
import { epsilonOf, RDP_ORDERS, roundsLeft, type PrivacyRecord } from './accountant.ts';
import { subsampledGaussianRdp } from './rdp.ts';

/** The defining integral by Simpson's rule, in plain floating point: independent of the rearrangements in rdp.ts. */
function rdpByIntegration(order: number, q: number, sigma: number): number {
  const from = -12 * sigma;
  const to = order + 12 * sigma;
  const panels = 40_000;
  const h = (to - from) / panels;
  const scale = (order * (order - 1)) / (2 * sigma * sigma);
  let sum = 0;
  for (let i = 0; i <= panels; i++) {
    const z = from + i * h;
    const ratio = 1 - q + q * Math.exp((2 * z - 1) / (2 * sigma * sigma));
    const weight = i === 0 || i === panels ? 1 : i % 2 === 1 ? 4 : 2;
    sum += weight * Math.exp(order * Math.log(ratio) - (z * z) / (2 * sigma * sigma) - scale);
  }
  return (scale + Math.log((sum * h) / 3 / (sigma * Math.sqrt(2 * Math.PI)))) / (order - 1);
}

const epsilon = (records: readonly PrivacyRecord[], delta = 1e-5): number => unwrap(epsilonOf(records, delta)).epsilon;

describe('RDP of the subsampled Gaussian', () => {
  const cases = [1.1, 1.5, 2, 3.7, 8, 10.9, 32].flatMap((order) =>
    [0.01, 0.1, 0.5, 0.95].flatMap((q) => [0.6, 1, 2].map((sigma) => [order, q, sigma] as const)),
  );
  it.each(cases)('is the defining integral at order %d, q %d, sigma %d', (order, q, sigma) => {
    const oracle = rdpByIntegration(order, q, sigma);
    const value = subsampledGaussianRdp(order, q, sigma);
    // The oracle's own rounding is about 1e-14 of A near 1.
    const slack = 2e-13 / ((order - 1) * oracle);
    expect(Math.abs(value / oracle - 1)).toBeLessThan(1e-6 + slack);
    expect(value).toBeGreaterThan(oracle * (1 - slack));
  });

  it.each(RDP_ORDERS)('equals the Gaussian mechanism at q = 1 and order %d', (order) => {
    expect(subsampledGaussianRdp(order, 1, 1.3)).toBeCloseTo(order / (2 * 1.3 * 1.3), 12);
  });

  it('keeps its relative accuracy where the divergence is tiny: q^2 (exp(1 / sigma^2) - 1) at order 2', () => {
    for (const q of [1e-3, 1e-6, 1e-9]) {
      const exact = Math.log1p(q * q * Math.expm1(1 / 4));
      expect(subsampledGaussianRdp(2, q, 2) / exact).toBeCloseTo(1, 7);
      // Near order 2 the value is close to a/2 of that one.
      expect(subsampledGaussianRdp(1.9, q, 2) / ((exact * 1.9) / 2)).toBeCloseTo(1, 3);
    }
  });

  it('is an upper bound below sigma 0.1 too, and close', () => {
    for (const sigma of [0.03, 0.07, 0.0999]) {
      const bound = subsampledGaussianRdp(1.5, 0.05, sigma);
      const whole = subsampledGaussianRdp(2, 0.05, sigma);
      expect(bound).toBeLessThan(whole);
      expect(bound).toBeGreaterThan(subsampledGaussianRdp(1.5, 0.05, 0.1));
    }
  });

  it('falls with sigma and grows with q and the order', () => {
    const order = fc.constantFrom(...RDP_ORDERS);
    const q = fc.double({ min: 1e-6, max: 1, noNaN: true });
    const sigma = fc.double({ min: 0.05, max: 50, noNaN: true });
    fc.assert(
      fc.property(order, q, sigma, fc.double({ min: 1.001, max: 3, noNaN: true }), (a, q, sigma, more) => {
        const value = subsampledGaussianRdp(a, q, sigma);
        expect(value).toBeGreaterThan(0);
        expect(subsampledGaussianRdp(a, q, sigma * more)).toBeLessThanOrEqual(value * (1 + 1e-8));
        expect(subsampledGaussianRdp(a, Math.min(1, q * more), sigma)).toBeGreaterThanOrEqual(value * (1 - 1e-8));
      }),
    );
  });
});

describe('epsilonOf', () => {
  it('stays within the published moments accountant: 1.26 at q 0.01, sigma 4, 10,000 steps (Abadi et al. 2016)', () => {
    const value = epsilon([{ steps: 10_000, samplingRate: 0.01, noiseMultiplier: 4 }]);
    expect(value).toBeLessThan(1.26);
    expect(value).toBeGreaterThan(0.9);
  });

  it('never reports less than the exact Gaussian mechanism at q = 1', () => {
    // Balle, Wang 2018: delta(eps) = Phi(1/(2s) - eps s) - e^eps Phi(-1/(2s) - eps s), here by integrating the density of the loss.
    const exactDelta = (eps: number, s: number): number => {
      let sum = 0;
      const h = 1e-3 * s;
      for (let z = -14 * s; z < 14 * s + 2; z += h) {
        const p = Math.exp(-((z - 1) ** 2) / (2 * s * s));
        const r = Math.exp((-z * z) / (2 * s * s));
        sum += Math.max(0, p - Math.exp(eps) * r) * h;
      }
      return sum / (s * Math.sqrt(2 * Math.PI));
    };
    for (const sigma of [0.5, 1, 3]) {
      const reported = epsilon([{ steps: 1, samplingRate: 1, noiseMultiplier: sigma }]);
      expect(exactDelta(reported, sigma)).toBeLessThan(1e-5);
      expect(exactDelta(reported * 0.85, sigma)).toBeGreaterThan(1e-5);
    }
  });

  it('composes different records like their divergences and does not care about order or splitting', () => {
    const a = { steps: 30, samplingRate: 0.02, noiseMultiplier: 0.8 };
    const b = { steps: 5, samplingRate: 0.2, noiseMultiplier: 2 };
    const whole = epsilon([a, b]);
    expect(epsilon([b, { ...a, steps: 10 }, { ...a, steps: 20 }])).toBeCloseTo(whole, 10);
    expect(whole).toBeGreaterThan(Math.max(epsilon([a]), epsilon([b])));
    expect(whole).toBeLessThan(epsilon([a]) + epsilon([b]));
  });

  it('rises with steps and falls with delta', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.double({ min: 0.001, max: 0.3, noNaN: true }), (steps, q) => {
        const at = (n: number, delta: number): number =>
          epsilon([{ steps: n, samplingRate: q, noiseMultiplier: 1 }], delta);
        expect(at(steps + 1, 1e-5)).toBeGreaterThanOrEqual(at(steps, 1e-5));
        expect(at(steps, 1e-4)).toBeLessThanOrEqual(at(steps, 1e-5));
      }),
    );
  });

  it('is zero for nothing and infinite without noise', () => {
    expect(epsilon([])).toBe(0);
    expect(epsilon([{ steps: 0, samplingRate: 0.1, noiseMultiplier: 0 }])).toBe(0);
    expect(epsilon([{ steps: 9, samplingRate: 0, noiseMultiplier: 0 }])).toBe(0);
    expect(epsilon([{ steps: 1, samplingRate: 0.1, noiseMultiplier: 0 }])).toBe(Infinity);
    expect(epsilon([{ steps: 1, samplingRate: 0.1, noiseMultiplier: 1e-200 }])).toBe(Infinity);
    expect(unwrap(epsilonOf([{ steps: 1, samplingRate: 1, noiseMultiplier: 1 }], 1e-5)).accountant).toBe('rdp');
  });

  it('stays finite and positive at extreme noise and length', () => {
    for (const sigma of [0.1, 1e300])
      for (const steps of [1, 1e6])
        for (const samplingRate of [1e-300, 1e-5, 0.999]) {
          const value = epsilon([{ steps, samplingRate, noiseMultiplier: sigma }]);
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThan(1e9);
        }
  });

  const fine = { steps: 1, samplingRate: 0.1, noiseMultiplier: 1 };
  it.each<[string, Partial<PrivacyRecord>, number]>([
    ['delta 0', {}, 0],
    ['delta 1', {}, 1],
    ['delta NaN', {}, Number.NaN],
    ['a negative rate', { samplingRate: -0.1 }, 1e-5],
    ['a rate above 1', { samplingRate: 1.1 }, 1e-5],
    ['a rate that is no number', { samplingRate: Number.NaN }, 1e-5],
    ['half a step', { steps: 0.5 }, 1e-5],
    ['negative steps', { steps: -1 }, 1e-5],
    ['endless steps', { steps: Infinity }, 1e-5],
    ['negative noise', { noiseMultiplier: -1 }, 1e-5],
    ['infinite noise', { noiseMultiplier: Infinity }, 1e-5],
  ])('refuses %s', (_, change, delta) => {
    expect(epsilonOf([fine, { ...fine, ...change }], delta)).toMatchObject({ ok: false, error: { code: 'DP_INPUT' } });
  });
});

describe('roundsLeft', () => {
  const round = { steps: 8, samplingRate: 0.02, noiseMultiplier: 0.8 };
  const budget = { epsilon: 8, delta: 1e-5 };

  it('names the last round that fits', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40 }), fc.double({ min: 0.5, max: 3, noNaN: true }), (before, sigma) => {
        const each = { ...round, noiseMultiplier: sigma };
        const spent = before === 0 ? [] : [{ ...round, steps: 8 * before }];
        const left = unwrap(roundsLeft(spent, each, budget));
        const after = (rounds: number): number => epsilon([...spent, { ...each, steps: 8 * rounds }]);
        // Left 0 may also mean that the budget was passed before.
        expect(left > 0 ? after(left) : 0).toBeLessThanOrEqual(budget.epsilon * (1 + 1e-12));
        expect(after(left + 1)).toBeGreaterThan(budget.epsilon * (1 - 1e-12));
      }),
      { numRuns: 30 },
    );
  });

  it('is 0 without noise or budget, infinite when a round is free', () => {
    expect(unwrap(roundsLeft([], { ...round, noiseMultiplier: 0 }, budget))).toBe(0);
    expect(unwrap(roundsLeft([round], round, { ...budget, epsilon: 0 }))).toBe(0);
    expect(unwrap(roundsLeft([round], { ...round, samplingRate: 0 }, budget))).toBe(Infinity);
    expect(unwrap(roundsLeft([], round, { ...budget, epsilon: Infinity }))).toBe(Infinity);
  });

  it('refuses a budget that is no number', () => {
    expect(roundsLeft([], round, { ...budget, epsilon: Number.NaN })).toMatchObject({ ok: false });
  });
});
