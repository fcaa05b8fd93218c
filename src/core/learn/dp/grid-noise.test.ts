import { describe, expect, it } from 'vitest';
import { Prng } from '../../lib/prng.ts';
import { unwrap } from '../../lib/result.ts';
import { planGridNoise, type GridNoiseRequest } from './grid-noise.ts';
import { RandomWords } from './random.ts';

const request: GridNoiseRequest = {
  clipNorm: 0.5,
  noiseMultiplier: 0.8,
  size: 40_000,
  examplesMax: 288,
  microBatchMax: 16,
};

describe('grid noise', () => {
  it.each([0.3, 0.8, 4])(
    'has standard deviation multiplier x sensitivity at multiplier %d (5 sigma bands)',
    (multiplier) => {
      const noise = unwrap(planGridNoise({ ...request, noiseMultiplier: multiplier }));
      const sum = new Float64Array(request.size);
      noise.draw(new RandomWords(new Prng(multiplier)));
      noise.apply(sum);
      const sigma = multiplier * noise.sensitivity;
      const mean = sum.reduce((a, b) => a + b) / sum.length;
      const variance = sum.reduce((a, b) => a + b * b, 0) / sum.length;
      expect(Math.abs(mean)).toBeLessThan((5 * sigma) / Math.sqrt(sum.length));
      expect(Math.abs(variance / sigma ** 2 - 1)).toBeLessThan(5 * Math.sqrt(2 / sum.length));
    },
  );

  it('raises the noise by less than 0.2 % over the clip norm at the default sizes', () => {
    const { sensitivity } = unwrap(planGridNoise(request));
    expect(sensitivity).toBeGreaterThan(request.clipNorm);
    expect(sensitivity).toBeLessThan(request.clipNorm * 1.002);
  });

  it('covers the rounding: sums that differ by the clip norm are closer than the sensitivity on the grid', () => {
    const plan: GridNoiseRequest = { ...request, noiseMultiplier: 50, size: 1000 };
    const { gridStep, sensitivity } = unwrap(planGridNoise(plan));
    const prng = new Prng(3);
    const round = (value: number): number => Math.round(value / gridStep) * gridStep;
    let largest = 0;
    for (let trial = 0; trial < 200; trial++) {
      const direction = Float64Array.from({ length: plan.size }, () => prng.normal());
      const scale = plan.clipNorm / Math.hypot(...direction);
      let squares = 0;
      for (const d of direction) {
        const base = prng.normal();
        squares += (round(base + d * scale) - round(base)) ** 2;
      }
      largest = Math.max(largest, Math.sqrt(squares));
    }
    expect(largest).toBeGreaterThan(plan.clipNorm);
    expect(largest).toBeLessThanOrEqual(sensitivity);
  });

  it('leaves every value on the grid', () => {
    const noise = unwrap(planGridNoise({ ...request, size: 500 }));
    const prng = new Prng(8);
    const sum = Float64Array.from({ length: 500 }, () => 3 * prng.normal());
    noise.draw(new RandomWords(prng));
    noise.apply(sum);
    for (const value of sum) {
      const steps = value / noise.gridStep;
      expect(Math.abs(steps - Math.round(steps))).toBeLessThan(1e-6);
    }
  });

  it('serves each draw once', () => {
    const noise = unwrap(planGridNoise(request));
    expect(() => noise.apply(new Float64Array(request.size))).toThrow(/once/);
    noise.draw(new RandomWords(new Prng(1)));
    noise.apply(new Float64Array(request.size));
    expect(() => noise.apply(new Float64Array(request.size))).toThrow(/once/);
  });

  it('refuses noise that leaves no room for the grid', () => {
    expect(planGridNoise({ ...request, noiseMultiplier: 1e4 })).toMatchObject({
      ok: false,
      error: { code: 'DP_INPUT' },
    });
  });
});
