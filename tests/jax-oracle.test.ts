import { describe, expect, it } from 'vitest';
import { LINEAR_NAMES } from '../src/core/federation/run-config.ts';
import { adapterLayout, adapterSize } from '../src/core/learn/adapter.ts';
import type { LlamaEngineFactory } from '../src/core/learn/engine.ts';
import { closeness, norm } from '../src/core/learn/testing/compare.ts';
import { referenceFactory } from '../src/core/learn/reference-engine.ts';
import {
  adapterSpec,
  randomTokens,
  randomValues,
  randomWeights,
  SMALL,
} from '../src/core/learn/testing/random-model.ts';
import { unwrap } from '../src/core/lib/result.ts';
import { createWasmFactory } from '../src/engines/wasm/wasm-engine.ts';
import { jaxGradients } from './support/jax-llama.ts';
import { kernelsModule } from './wasm-module.ts';

const BATCH = 3;
const LENGTH = 11;

describe('jax-js, an independent automatic differentiator,', () => {
  const factories: LlamaEngineFactory[] = [referenceFactory, createWasmFactory(kernelsModule())];
  it.each(factories)(
    'finds the losses and the gradient of every example that the $kind engine finds',
    async (factory) => {
      const spec = adapterSpec({ targets: [...LINEAR_NAMES] });
      const weights = randomWeights(SMALL, 1);
      const tokens = randomTokens(SMALL, BATCH * (LENGTH + 1), 2);
      const values = randomValues(adapterSize(SMALL, spec), 5);
      const { loss, gradients } = await jaxGradients(SMALL, weights, spec, values, tokens, BATCH, LENGTH);
      const engine = unwrap(await factory.create(SMALL, weights, { batchMax: BATCH, lengthMax: LENGTH }));
      unwrap(await engine.setAdapter(spec));
      await engine.setAdapterValues(values);
      let sumOfLosses = 0;
      for (const [b, expected] of gradients.entries()) {
        const one = tokens.subarray(b * (LENGTH + 1), (b + 1) * (LENGTH + 1));
        const got = unwrap(await engine.clippedGradientSum(one, 1, LENGTH, Number.POSITIVE_INFINITY));
        sumOfLosses += got.losses[0]!;
        for (const { layer, name, offset, length } of adapterLayout(SMALL, spec)) {
          const theirs = expected.subarray(offset, offset + length);
          const difference = norm(theirs.map((value, i) => value - got.sum[offset + i]!));
          expect(norm(theirs)).toBeGreaterThan(1e-2);
          expect(closeness(`${name} of layer ${layer}`, difference, 1e-4 * norm(theirs))).toBe('close');
        }
      }
      expect(Math.abs(sumOfLosses / loss - 1)).toBeLessThan(1e-5);
    },
  );
});
