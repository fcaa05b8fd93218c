import { describe, expect, it } from 'vitest';
import { kernelsModule } from '../../../tests/wasm-module.ts';
import { engineContract } from '../../core/learn/engine.contract.ts';
import { adapterSpec, randomTokens, randomWeights, SMALL } from '../../core/learn/testing/random-model.ts';
import { unwrap } from '../../core/lib/result.ts';
import { MEMORY_BYTES_MAX } from './kernels.ts';
import { createWasmFactory } from './wasm-engine.ts';

const factory = createWasmFactory(kernelsModule());

engineContract(factory);

describe('memory of the wasm engine', () => {
  const limits = { batchMax: 2, lengthMax: 9 };

  it('refuses a model and batch above the limit, and names it', async () => {
    const config = { ...SMALL, contextLength: 2 ** 20 };
    const result = await factory.create(config, randomWeights(SMALL, 1), { batchMax: 2 ** 14, lengthMax: 2 ** 10 });
    expect(result).toMatchObject({
      ok: false,
      error: { code: 'LEARN_MEMORY', message: expect.stringContaining('MEMORY_BYTES_MAX') },
    });
  });

  it('refuses an adapter above the limit and keeps the old one', async () => {
    const wide = { batchMax: 60_000, lengthMax: 1 };
    const engine = unwrap(await factory.create(SMALL, randomWeights(SMALL, 1), wide));
    const { size } = unwrap(await engine.setAdapter(adapterSpec({ rank: 1 })));
    const before = engine.memoryBytes;
    expect(await engine.setAdapter(adapterSpec({ rank: 256 }))).toMatchObject({
      ok: false,
      error: { code: 'LEARN_MEMORY' },
    });
    expect(engine.memoryBytes).toBe(before);
    const step = unwrap(await engine.clippedGradientSum(randomTokens(SMALL, 4, 1), 2, 1, 1));
    expect(step.sum.length).toBe(size);
  });

  it('does not grow while training, evaluating and decoding', async () => {
    const engine = unwrap(await factory.create(SMALL, randomWeights(SMALL, 1), limits));
    unwrap(await engine.setAdapter(adapterSpec()));
    unwrap(await engine.startDecoding(20));
    const held = engine.memoryBytes;
    expect(held).toBeGreaterThan(65_536);
    expect(held).toBeLessThan(MEMORY_BYTES_MAX / 1000);
    const tokens = randomTokens(SMALL, 20, 1);
    for (let i = 0; i < 20; i++) {
      unwrap(await engine.clippedGradientSum(tokens, 2, 9, 1));
      unwrap(await engine.evaluate(tokens, 2, 9));
      await engine.decode(i);
      unwrap(await engine.setAdapter(adapterSpec({ rank: 1 + (i % 4) })));
      unwrap(await engine.startDecoding(20 - i));
    }
    expect(engine.memoryBytes).toBe(held);
  });

  it('lets go of everything when it is disposed', async () => {
    const engine = unwrap(await factory.create(SMALL, randomWeights(SMALL, 1), limits));
    engine.dispose();
    expect(engine.memoryBytes).toBe(0);
    await expect(engine.evaluate(new Int32Array(0), 0, 9)).rejects.toThrow('disposed');
  });
});
