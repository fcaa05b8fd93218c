import { describe, expect, it } from 'vitest';
import { Prng } from '../../lib/prng.ts';
import { unwrap } from '../../lib/result.ts';
import { createCpuDevice } from './cpu-device.ts';
import { sampleState, sortedUniforms } from './sampling.ts';
import { expectDistribution, named } from './testing/suite.ts';

describe('sampling', () => {
  it('makes sorted uniforms', () => {
    const prng = new Prng('uniforms');
    const bins = new Float64Array(20);
    for (const count of [1, 2, 5, 20_000]) {
      const got = sortedUniforms(prng, count, 0.5);
      expect(got).toEqual(got.toSorted());
      expect(got.every((u) => u >= 0 && u < 0.5)).toBe(true);
      for (const u of got) bins[Math.floor(40 * u)] = bins[Math.floor(40 * u)]! + 1;
    }
    expectDistribution(bins, new Float64Array(20).fill(1 / 20), 'uniforms');
    // The smallest of n is Beta(1, n): below 1/n with probability 1 - (1 - 1/n)^n.
    let below = 0;
    for (let i = 0; i < 2000; i++) if (sortedUniforms(prng, 10, 1)[0]! < 0.1) below++;
    expectDistribution([below, 2000 - below], [1 - 0.9 ** 10, 0.9 ** 10], 'smallest of ten');
    let above = 0;
    for (let i = 0; i < 2000; i++) if (sortedUniforms(prng, 10, 1)[9]! > 0.9) above++;
    expectDistribution([above, 2000 - above], [1 - 0.9 ** 10, 0.9 ** 10], 'largest of ten');
  });

  it('loses no shot where the cumulative sum ends below a threshold', async () => {
    const device = createCpuDevice();
    const state = unwrap(await device.load(3, named(3, { 1: [Math.SQRT1_2, 0], 4: [0, 0.7] })));
    const got = unwrap(await device.search(state, Float64Array.of(0, 0.3, 0.5, 0.98, 0.99, 0.9999999999)));
    expect([...got]).toEqual([1, 1, 1, 4, 4, 4]);
  });

  it('draws more than one chunk', async () => {
    const device = createCpuDevice();
    const state = unwrap(await device.load(1, named(1, { 0: [0.6, 0], 1: [0, 0.8] })));
    const [chunk, shots] = [20_000, 101_000];
    const got = unwrap(await sampleState(device, state, shots, 5, chunk));
    expect(got).toHaveLength(shots);
    const ones = got.reduce((sum, shot) => sum + shot, 0);
    expectDistribution([shots - ones, ones], [0.36, 0.64], 'all chunks');
    const tail = got.subarray(5 * chunk).reduce((sum, shot) => sum + shot, 0);
    expectDistribution([1000 - tail, tail], [0.36, 0.64], 'the last chunk');
  });
});
