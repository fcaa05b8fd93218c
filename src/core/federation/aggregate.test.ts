import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Prng } from '../lib/prng.ts';
import { unwrap } from '../lib/result.ts';
import { createOptimizer } from '../learn/optimizer.ts';
import { honestNormMax } from './aggregate-norm.ts';
import { aggregatorContract } from './aggregate.contract.ts';
import { createWeightedMean } from './aggregate.ts';

aggregatorContract('weighted mean', createWeightedMean);

describe('weighted mean', () => {
  it('weighs each update by its share', () => {
    const aggregator = createWeightedMean({ size: 2, normMax: 1e9 });
    unwrap(aggregator.add({ id: 'a', delta: Float32Array.of(3, 0), weight: 1 }));
    unwrap(aggregator.add({ id: 'b', delta: Float32Array.of(0, 6), weight: 0.5 }));
    expect([...unwrap(aggregator.result())]).toEqual([2, 2]);
  });

  it('agrees with exact arithmetic on small whole numbers', () => {
    const whole = fc.integer({ min: -1000, max: 1000 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(whole, fc.integer({ min: 1, max: 64 })), { minLength: 1, maxLength: 20 }),
        (pairs) => {
          const aggregator = createWeightedMean({ size: 1, normMax: 1e9 });
          pairs.forEach(([value, weight], i) =>
            unwrap(aggregator.add({ id: String(i), delta: Float32Array.of(value), weight })),
          );
          const total = pairs.reduce((sum, [, weight]) => sum + weight, 0);
          const exact = pairs.reduce((sum, [value, weight]) => sum + value * weight, 0) / total;
          expect(unwrap(aggregator.result())[0]).toBe(Math.fround(exact));
        },
      ),
    );
  });
});

describe('honestNormMax', () => {
  const training = { stepsPerRound: 12, learningRate: 0.02, expectedBatchSize: 16 };
  const privacy = { clipNorm: 0.5, noiseMultiplier: 1 };

  it.each(['adam', 'sgd'] as const)('is above what %s reaches on pure noise and on a constant pull', (optimizer) => {
    const prng = new Prng(optimizer);
    const size = 400;
    const limit = honestNormMax({ ...training, optimizer }, privacy, size);
    for (const drift of [0, 1, 100]) {
      const values = new Float64Array(size);
      const steps = createOptimizer({ optimizer, learningRate: training.learningRate }, size);
      for (let step = 0; step < training.stepsPerRound; step++) {
        // A batch of `drift` percent of the largest, all pulling the same way, and the noise of the mechanism.
        const pull = (drift / 100) * (8 * 16 + 32) * 0.5;
        const noisy = Float64Array.from(values, () => (pull / Math.sqrt(size) + 0.5 * prng.normal()) / 16);
        steps.step(values, noisy);
      }
      const norm = Math.hypot(...values);
      expect(norm).toBeGreaterThan(0.01 * limit);
      expect(norm).toBeLessThan(limit);
    }
  });
});
