import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Prng } from '../lib/prng.ts';
import { unwrap } from '../lib/result.ts';
import type { Aggregator, AggregatorLimits, WeightedUpdate } from './aggregate.ts';

/** One suite over every aggregation rule. */
export function aggregatorContract(name: string, create: (limits: AggregatorLimits) => Aggregator): void {
  const limits = { size: 5, normMax: 100 };
  const update = (id: string, values: readonly number[], weight = 1): WeightedUpdate => ({
    id,
    delta: Float32Array.from(values),
    weight,
  });

  describe(`aggregator ${name}`, () => {
    it('gives back what all participants agree on', () => {
      const aggregator = create(limits);
      for (let i = 0; i < 7; i++) unwrap(aggregator.add(update(`u${i}`, [1, -2, 0.5, 0, 3], 1 / (1 + i))));
      expect(aggregator.count).toBe(7);
      const merged = unwrap(aggregator.result());
      [1, -2, 0.5, 0, 3].forEach((value, i) => expect(merged[i]).toBeCloseTo(value, 6));
    });

    it('gives the same bits in whatever order the updates come', () => {
      const value = fc.float({ min: -10, max: 10, noNaN: true });
      const vectors = fc.array(fc.array(value, { minLength: 5, maxLength: 5 }), { minLength: 1, maxLength: 12 });
      fc.assert(
        fc.property(vectors, fc.nat(), (vectors, seed) => {
          const prng = new Prng(seed);
          const updates = vectors.map((values, i) => update(`id-${i}`, values, 0.1 + prng.float()));
          const merge = (list: readonly WeightedUpdate[]): Float32Array => {
            const aggregator = create(limits);
            for (const one of list) unwrap(aggregator.add(one));
            return unwrap(aggregator.result());
          };
          expect(merge(prng.shuffle([...updates]))).toEqual(merge(updates));
        }),
      );
    });

    it('does not see later changes of a delta that it was given', () => {
      const aggregator = create(limits);
      const one = update('a', [1, 1, 1, 1, 1]);
      unwrap(aggregator.add(one));
      one.delta.fill(50);
      expect([...unwrap(aggregator.result())]).toEqual([1, 1, 1, 1, 1]);
    });

    const bad: readonly [string, WeightedUpdate, string][] = [
      ['NaN', update('x', [0, Number.NaN, 0, 0, 0]), 'FED_UPDATE_VALUE'],
      ['infinity', update('x', [0, 0, 0, 0, Infinity]), 'FED_UPDATE_VALUE'],
      ['minus infinity', update('x', [-Infinity, 0, 0, 0, 0]), 'FED_UPDATE_VALUE'],
      ['too few values', update('x', [1, 2, 3, 4]), 'FED_UPDATE_SHAPE'],
      ['too many values', update('x', [1, 2, 3, 4, 5, 6]), 'FED_UPDATE_SHAPE'],
      ['no values', update('x', []), 'FED_UPDATE_SHAPE'],
      ['one huge value', update('x', [0, 0, 3e38, 0, 0]), 'FED_UPDATE_NORM'],
      ['a norm just above the limit', update('x', [100.001, 0, 0, 0, 0]), 'FED_UPDATE_NORM'],
      ['weight 0', update('x', [1, 1, 1, 1, 1], 0), 'FED_UPDATE_WEIGHT'],
      ['a negative weight', update('x', [1, 1, 1, 1, 1], -1), 'FED_UPDATE_WEIGHT'],
      ['a weight that is no number', update('x', [1, 1, 1, 1, 1], Number.NaN), 'FED_UPDATE_WEIGHT'],
      ['an id for the second time', update('good', [1, 1, 1, 1, 1]), 'FED_UPDATE_DUPLICATE'],
    ];
    it.each(bad)('refuses %s and stays as it was', (_, update_, code) => {
      const aggregator = create(limits);
      unwrap(aggregator.add(update('good', [1, 2, 3, 4, 5])));
      expect(aggregator.add(update_)).toMatchObject({ ok: false, error: { code, retry: false } });
      expect(aggregator.count).toBe(1);
      expect([...unwrap(aggregator.result())]).toEqual([1, 2, 3, 4, 5]);
    });

    it('takes a norm exactly at the limit, denormals and zeros', () => {
      const aggregator = create(limits);
      unwrap(aggregator.add(update('a', [100, 0, 0, 0, 0])));
      unwrap(aggregator.add(update('b', [1e-45, -0, 0, 0, 0])));
      expect(aggregator.count).toBe(2);
    });

    it('has no result without updates', () => {
      expect(create(limits).result()).toMatchObject({ ok: false, error: { code: 'FED_AGGREGATE_EMPTY' } });
    });
  });
}
