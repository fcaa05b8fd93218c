import type { AdapterSpec } from '../../federation/run-config.ts';
import { Prng } from '../../lib/prng.ts';
import type { LlamaConfig, LlamaWeights } from '../llama-config.ts';
import { initialWeights } from '../llama-init.ts';

export const SMALL: LlamaConfig = {
  vocabSize: 50,
  hiddenSize: 24,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  headDim: 6,
  intermediateSize: 36,
  contextLength: 64,
  ropeTheta: 10_000,
  rmsEps: 1e-5,
  tiedEmbeddings: true,
  bosTokenId: 1,
  eosTokenId: 2,
};

/** Weights of ordinary size, with gains away from 1 and an embedding large enough that attention is not uniform. */
export function randomWeights(config: LlamaConfig, seed: number): LlamaWeights {
  const prng = new Prng(seed);
  const weights = initialWeights(config, prng);
  for (let i = 0; i < weights.embedding.length; i++) weights.embedding[i] = 0.4 * prng.normal();
  for (const layer of weights.layers)
    for (const gains of [layer.inputNorm, layer.postNorm])
      for (let i = 0; i < gains.length; i++) gains[i] = 1 + 0.3 * prng.normal();
  for (let i = 0; i < weights.finalNorm.length; i++) weights.finalNorm[i] = 1 + 0.3 * prng.normal();
  return weights;
}

export function randomTokens(config: LlamaConfig, count: number, seed: number): Int32Array {
  const prng = new Prng(seed);
  return Int32Array.from({ length: count }, () => prng.below(config.vocabSize));
}

export function randomValues(count: number, seed: number, sigma = 0.2): Float32Array {
  const prng = new Prng(seed);
  return Float32Array.from({ length: count }, () => sigma * prng.normal());
}

export function adapterSpec(changes: Partial<AdapterSpec> = {}): AdapterSpec {
  return {
    kind: 'ffa-lora',
    rank: 4,
    alpha: 8,
    targets: ['q', 'v'],
    seed: '000102030405060708090a0b0c0d0e0f',
    ...changes,
  };
}
