import { describe, expect, it } from 'vitest';
import { createOptimizer } from './optimizer.ts';

describe('sgd', () => {
  it('moves along the negative gradient by the learning rate', () => {
    const values = Float64Array.of(1, 2);
    createOptimizer({ optimizer: 'sgd', learningRate: 0.1 }, 2).step(values, Float64Array.of(10, -5));
    expect([...values]).toEqual([0, 2.5]);
  });
});

describe('adam', () => {
  it('takes a first step of the learning rate whatever the size of the gradient (bias correction)', () => {
    for (const size of [1e-4, 1, 1e6]) {
      const values = Float64Array.of(0, 0, 0);
      createOptimizer({ optimizer: 'adam', learningRate: 0.01 }, 3).step(values, Float64Array.of(size, -size, 0));
      expect(values[0]).toBeCloseTo(-0.01, 5);
      expect(values[1]).toBeCloseTo(0.01, 5);
      expect(values[2]).toBe(0);
    }
  });

  it('follows the formulas of the paper, written out as weighted sums of all past gradients', () => {
    const gradients = [0.3, -1.2, 0.05, 2, 2, -0.4, 0];
    const values = Float64Array.of(0);
    const adam = createOptimizer({ optimizer: 'adam', learningRate: 0.1 }, 1);
    let expected = 0;
    gradients.forEach((gradient, i) => {
      adam.step(values, Float64Array.of(gradient));
      const past = gradients.slice(0, i + 1);
      const average = (beta: number, f: (g: number) => number): number => {
        const weights = past.map((_, j) => beta ** (past.length - 1 - j));
        return past.reduce((sum, g, j) => sum + (weights[j] ?? 0) * f(g), 0) / weights.reduce((a, b) => a + b);
      };
      expected -= (0.1 * average(0.9, (g) => g)) / (Math.sqrt(average(0.99, (g) => g * g)) + 1e-8);
      expect(values[0]).toBeCloseTo(expected, 12);
    });
  });

  it('finds the minimum of a badly scaled quadratic', () => {
    const values = Float64Array.of(5, 5);
    const adam = createOptimizer({ optimizer: 'adam', learningRate: 0.05 }, 2);
    for (let i = 0; i < 2000; i++) {
      adam.step(values, Float64Array.of(100 * ((values[0] ?? 0) - 1), 0.1 * ((values[1] ?? 0) + 2)));
    }
    expect(values[0]).toBeCloseTo(1, 2);
    expect(values[1]).toBeCloseTo(-2, 2);
  });
});

describe('createOptimizer', () => {
  it.each([0, -1, Number.NaN, Infinity])('refuses learning rate %d', (learningRate) => {
    expect(() => createOptimizer({ optimizer: 'sgd', learningRate }, 1)).toThrow(/learning rate/);
  });
});
