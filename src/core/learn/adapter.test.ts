import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LINEAR_NAMES } from '../federation/run-config.ts';
import { concat, sha256Hex } from '../lib/bytes.ts';
import {
  ADAPTER_SIZE_MAX,
  adapterLayout,
  adapterScale,
  adapterSize,
  checkAdapter,
  drawFrozenA,
  slotOf,
} from './adapter.ts';
import { linearShape } from './llama-config.ts';
import { closeness } from './testing/compare.ts';
import { adapterSpec, SMALL } from './testing/random-model.ts';

describe('adapter', () => {
  it('lays B factors out layer by layer in canonical order, without gaps', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...LINEAR_NAMES], { minLength: 1 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 4 }),
        (targets, rank, layers) => {
          const config = { ...SMALL, layers };
          const spec = adapterSpec({ targets, rank });
          const layout = adapterLayout(config, spec);
          const order = LINEAR_NAMES.filter((name) => targets.includes(name));
          expect(layout.map(({ layer, name }) => `${layer} ${name}`)).toEqual(
            Array.from({ length: layers }, (_, layer) => order.map((name) => `${layer} ${name}`)).flat(),
          );
          let top = 0;
          for (const slot of layout) {
            expect([slot.dIn, slot.dOut]).toEqual(linearShape(config, slot.name));
            expect([slot.offset, slot.length]).toEqual([top, rank * slot.dOut]);
            expect(slotOf(layout, slot.layer, slot.name)).toBe(slot);
            top += slot.length;
          }
          expect(adapterSize(config, spec)).toBe(top);
        },
      ),
    );
  });

  it('has the sizes and the scale of the shapes', () => {
    expect(adapterSize(SMALL, adapterSpec())).toBe(2 * 4 * (24 + 12));
    expect(adapterScale(adapterSpec({ rank: 8, alpha: 16 }))).toBe(2);
    expect(slotOf(adapterLayout(SMALL, adapterSpec()), 0, 'k')).toBeUndefined();
  });

  it('draws the same frozen factors on every machine', () => {
    const factors = drawFrozenA(SMALL, adapterSpec({ targets: [...LINEAR_NAMES] }));
    const bytes = concat(...factors.map((a) => new Uint8Array(a.buffer)));
    expect(bytes.length).toBe(4 * 4 * 2 * (24 * 6 + 36));
    expect(sha256Hex(bytes)).toBe('5bebb416c2575ca489a6549242a384aed2fb20ad5cd5dfe693fca62fda9cda5a');
  });

  it('draws other factors from another seed', () => {
    const [a] = drawFrozenA(SMALL, adapterSpec());
    const [b] = drawFrozenA(SMALL, adapterSpec({ seed: '100102030405060708090a0b0c0d0e0f' }));
    expect(a).not.toEqual(b);
    expect(drawFrozenA(SMALL, adapterSpec())[0]).toEqual(a);
  });

  it('draws normal deviates of variance 1 / rank', () => {
    const config = { ...SMALL, hiddenSize: 4000, layers: 3 };
    const values = drawFrozenA(config, adapterSpec({ rank: 9 })).flatMap((a) => [...a].map((x) => 3 * x));
    const n = values.length;
    expect(n).toBe(2 * 3 * 4000 * 9);
    const moment = (k: number): number => values.reduce((sum, x) => sum + x ** k, 0) / n;
    // Five standard errors of each moment of a normal sample: variances of x, x^2, x^3, x^4 are 1, 2, 15, 96.
    for (const [k, mean, variance] of [
      [1, 0, 1],
      [2, 1, 2],
      [3, 0, 15],
      [4, 3, 96],
    ] as const)
      expect(closeness(`moment ${k}`, Math.abs(moment(k) - mean), 5 * Math.sqrt(variance / n))).toBe('close');
    const tail = values.filter((x) => Math.abs(x) > 3).length / n;
    expect(Math.abs(tail - 0.0027)).toBeLessThan(5 * Math.sqrt(0.0027 / n));
  });

  it.each([
    [{ rank: 0 }, 'rank'],
    [{ rank: 257 }, 'rank'],
    [{ rank: 2.5 }, 'rank'],
    [{ alpha: -1 }, 'alpha'],
    [{ alpha: Number.POSITIVE_INFINITY }, 'alpha'],
    [{ targets: [] }, 'targets'],
    [{ targets: ['v', 'q', 'v'] as const }, 'targets'],
    [{ targets: ['head' as 'q'] }, 'target'],
    [{ kind: 'lora' as 'ffa-lora' }, 'kind'],
    [{ seed: '0001' }, 'seed'],
    [{ seed: '000102030405060708090A0B0C0D0E0F' }, 'seed'],
  ])('refuses %j', (changes, word) => {
    expect(checkAdapter(SMALL, adapterSpec(changes))).toMatchObject({
      ok: false,
      error: { code: 'LEARN_ADAPTER', message: expect.stringContaining(word) },
    });
  });

  it('refuses an adapter that no tab can hold', () => {
    const config = { ...SMALL, hiddenSize: 2 ** 16, heads: 2 ** 13, layers: 64 };
    const spec = adapterSpec({ rank: 256, targets: [...LINEAR_NAMES] });
    expect(adapterSize(config, spec)).toBeGreaterThan(ADAPTER_SIZE_MAX);
    expect(checkAdapter(config, spec)).toMatchObject({ ok: false, error: { code: 'LEARN_ADAPTER' } });
    expect(checkAdapter(SMALL, spec).ok).toBe(true);
  });
});
