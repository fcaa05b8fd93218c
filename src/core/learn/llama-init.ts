import { at } from '../lib/assert.ts';
import { LINEAR_NAMES } from '../federation/run-config.ts';
import type { Prng } from '../lib/prng.ts';
import { linearShape, type LlamaConfig, type LlamaLayerWeights, type LlamaWeights } from './llama-config.ts';

/**
 * Fresh weights for training from nothing: linear maps from N(0, 1/dIn), those that write to the residual stream (o, down) scaled down by
 * sqrt(2 layers) (Radford et al. 2019, section 2.3), embedding from N(0, 0.02^2), an untied head from N(0, 1/hidden), gains 1.
 */
export function initialWeights(config: LlamaConfig, prng: Prng): LlamaWeights {
  const d = config.hiddenSize;
  const draw = (count: number, sigma: number): Float32Array => {
    const values = new Float32Array(count);
    for (let i = 0; i < count; i++) values[i] = sigma * prng.normal();
    return values;
  };
  const embedding = draw(config.vocabSize * d, 0.02);
  const layers = Array.from({ length: config.layers }, (): LlamaLayerWeights => {
    const maps = LINEAR_NAMES.map((name) => {
      const [dIn, dOut] = linearShape(config, name);
      const residual = name === 'o' || name === 'down' ? 1 / Math.sqrt(2 * config.layers) : 1;
      return draw(dIn * dOut, residual / Math.sqrt(dIn));
    });
    const [q, k, v, o, gate, up, down] = [0, 1, 2, 3, 4, 5, 6].map((i) => at(maps, i)) as Seven;
    return {
      inputNorm: new Float32Array(d).fill(1),
      postNorm: new Float32Array(d).fill(1),
      q,
      k,
      v,
      o,
      gate,
      up,
      down,
    };
  });
  return {
    embedding,
    layers,
    finalNorm: new Float32Array(d).fill(1),
    head: config.tiedEmbeddings ? embedding : draw(config.vocabSize * d, 1 / Math.sqrt(d)),
  };
}

type Seven = [Float32Array, Float32Array, Float32Array, Float32Array, Float32Array, Float32Array, Float32Array];
