import { describe, expect, it } from 'vitest';
import { kernelsModule } from '../../../tests/wasm-module.ts';
import type { LlamaConfig, LlamaWeights } from '../../core/learn/llama-config.ts';
import { referenceFactory } from '../../core/learn/reference-engine.ts';
import { closeness } from '../../core/learn/testing/compare.ts';
import { randomTokens, randomWeights, SMALL } from '../../core/learn/testing/random-model.ts';
import { unwrap } from '../../core/lib/result.ts';
import { createPretrainer } from './pretrainer.ts';

const odd: LlamaConfig = {
  ...SMALL,
  hiddenSize: 30,
  headDim: 10,
  heads: 3,
  kvHeads: 1,
  intermediateSize: 43,
  vocabSize: 61,
  tiedEmbeddings: false,
};
const limits = { batchMax: 4, lengthMax: 30 };

/** Every array of the weights with a name; a tied head is the embedding and listed once. */
function arrays(config: LlamaConfig, weights: LlamaWeights): [string, Float32Array][] {
  return [
    ['embedding', weights.embedding],
    ...(config.tiedEmbeddings ? [] : [['head', weights.head] as [string, Float32Array]]),
    ['finalNorm', weights.finalNorm],
    ...weights.layers.flatMap((layer, i) =>
      Object.entries(layer).map(([name, values]): [string, Float32Array] => [`${name} ${i}`, values as Float32Array]),
    ),
  ];
}

describe('pretrainer', () => {
  it.each([
    ['tied', SMALL],
    ['untied, odd widths', odd],
  ])('has gradients of all weights that finite differences of the reference confirm: %s', async (_name, config) => {
    const weights = randomWeights(config, 1);
    const tokens = randomTokens(config, 3 * 27, 2);
    const trainer = createPretrainer(kernelsModule(), config, weights, limits);
    const { loss, gradient } = trainer.gradient(tokens, 3, 26);
    const meanLoss = async (): Promise<number> => {
      const engine = unwrap(await referenceFactory.create(config, weights, limits));
      return unwrap(await engine.evaluate(tokens, 3, 26)).loss.reduce((a, b) => a + b) / 3;
    };
    expect(Math.abs(loss / (await meanLoss()) - 1)).toBeLessThan(1e-5);
    const parts = arrays(config, gradient);
    expect(parts.length).toBe(config.tiedEmbeddings ? 20 : 21);
    for (const [i, [name, direction]] of parts.entries()) {
      const values = arrays(config, weights)[i]![1];
      const kept = values.slice();
      const length = Math.hypot(...direction);
      const lossAt = async (h: number): Promise<number> => {
        for (const [j, g] of direction.entries()) values[j] = kept[j]! + (h * g) / length;
        return meanLoss();
      };
      const step = 2e-3;
      const slope =
        (8 * ((await lossAt(step)) - (await lossAt(-step))) - ((await lossAt(2 * step)) - (await lossAt(-2 * step)))) /
        (12 * step);
      values.set(kept);
      expect(length).toBeGreaterThan(1e-4);
      expect(closeness(name, Math.abs(slope / length - 1), 1e-3)).toBe('close');
    }
  });

  it('learns a repeated sentence and gives back weights that the other engines read alike', async () => {
    const config = { ...SMALL, tiedEmbeddings: true };
    const trainer = createPretrainer(kernelsModule(), config, randomWeights(config, 3), limits);
    const sentence = randomTokens(config, 27, 4);
    const tokens = new Int32Array(2 * 27);
    tokens.set(sentence);
    tokens.set(sentence, 27);
    const before = trainer.step(tokens, 2, 26, 0.01).loss;
    for (let i = 0; i < 60; i++) trainer.step(tokens, 2, 26, 0.01);
    const after = trainer.gradient(tokens, 2, 26).loss;
    expect(after).toBeLessThan(0.1 * before);
    const reference = unwrap(await referenceFactory.create(config, trainer.weights(), limits));
    expect(unwrap(await reference.evaluate(tokens, 2, 26)).loss[0]).toBeCloseTo(after, 4);
  });

  it('takes the first Adam step of the textbook', () => {
    const config = { ...SMALL, layers: 1 };
    const weights = randomWeights(config, 5);
    const tokens = randomTokens(config, 27, 6);
    const trainer = createPretrainer(kernelsModule(), config, weights, {
      ...limits,
      gradientNormMax: Number.POSITIVE_INFINITY,
    });
    const { gradient } = trainer.gradient(tokens, 1, 26);
    trainer.step(tokens, 1, 26, 0.125);
    const moved = trainer.weights().layers[0]!.down;
    let checked = 0;
    for (const [i, g] of gradient.layers[0]!.down.entries()) {
      if (Math.abs(g) < 1e-5) continue;
      expect(moved[i]).toBeCloseTo(weights.layers[0]!.down[i]! - 0.125 * Math.sign(g), 3);
      checked++;
    }
    expect(checked).toBeGreaterThan(100);
  });
});
