import { at } from '../lib/assert.ts';
import type { LlamaLayerWeights, LlamaWeights } from './llama-config.ts';

/** A version 0 checkpoint of llama2.c as it lies in the file; rope turns neighbours (2i, 2i+1). Linear maps [dOut, dIn]. */
export interface Llama2cCheckpoint {
  readonly dim: number;
  readonly hidden: number;
  readonly layerCount: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly vocab: number;
  readonly context: number;
  readonly weights: LlamaWeights;
}

/**
 * Plain float64 forward pass in llama2.c's own convention (rope on neighbours). Slow on purpose: the check of the converter, not an
 * engine. Matrices are [dOut, dIn].
 */
export class Llama2cForward {
  readonly #model: Llama2cCheckpoint;
  readonly #keys: Float64Array[][];
  readonly #values: Float64Array[][];

  constructor(model: Llama2cCheckpoint) {
    this.#model = model;
    this.#keys = model.weights.layers.map(() => []);
    this.#values = model.weights.layers.map(() => []);
  }

  /** Logits [vocab] of the token after `token`, which stands at the next position. */
  step(token: number): Float64Array {
    const { dim, vocab, weights } = this.#model;
    let x = Float64Array.from(weights.embedding.subarray(token * dim, (token + 1) * dim));
    for (const [index, layer] of weights.layers.entries()) {
      x = sum(x, this.#attention(layer, index, normed(x, layer.inputNorm)));
      const y = normed(x, layer.postNorm);
      const gate = times(layer.gate, y, this.#model.hidden);
      const up = times(layer.up, y, this.#model.hidden);
      x = sum(
        x,
        times(
          layer.down,
          gate.map((g, i) => (g / (1 + Math.exp(-g))) * (up[i] as number)),
          dim,
        ),
      );
    }
    return times(weights.head, normed(x, weights.finalNorm), vocab);
  }

  #attention(layer: LlamaLayerWeights, index: number, y: Float64Array): Float64Array {
    const { dim, heads, kvHeads } = this.#model;
    const headDim = dim / heads;
    const keys = at(this.#keys, index);
    const values = at(this.#values, index);
    const q = turnNeighbours(times(layer.q, y, dim), headDim, keys.length);
    keys.push(turnNeighbours(times(layer.k, y, kvHeads * headDim), headDim, keys.length));
    values.push(times(layer.v, y, kvHeads * headDim));
    const mixed = new Float64Array(dim);
    for (let head = 0; head < heads; head++) {
      const group = Math.floor((head * kvHeads) / heads) * headDim;
      const scores = keys.map((key) => {
        let dot = 0;
        for (let i = 0; i < headDim; i++) dot += (q[head * headDim + i] as number) * (key[group + i] as number);
        return dot / Math.sqrt(headDim);
      });
      const top = Math.max(...scores);
      const weights = scores.map((score) => Math.exp(score - top));
      const total = weights.reduce((a, b) => a + b, 0);
      for (let i = 0; i < headDim; i++)
        mixed[head * headDim + i] = values.reduce(
          (acc, value, j) => acc + (at(weights, j) / total) * (value[group + i] as number),
          0,
        );
    }
    return times(layer.o, mixed, dim);
  }
}

/** Mean -log p of the tokens after the first, in nats. */
export function meanLoss(model: Llama2cCheckpoint, tokens: ArrayLike<number>): number {
  const forward = new Llama2cForward(model);
  let total = 0;
  for (let i = 0; i + 1 < tokens.length; i++) {
    const logits = forward.step(at(tokens, i));
    const top = logits.reduce((a, b) => Math.max(a, b), -Infinity);
    const partition = logits.reduce((acc, logit) => acc + Math.exp(logit - top), 0);
    total += top + Math.log(partition) - at(logits, at(tokens, i + 1));
  }
  return total / (tokens.length - 1);
}

function normed(x: Float64Array, gain: Float32Array): Float64Array {
  const scale = 1 / Math.sqrt(x.reduce((acc, value) => acc + value * value, 0) / x.length + 1e-5);
  return x.map((value, i) => value * scale * (gain[i] as number));
}

function times(map: Float32Array, x: Float64Array, dOut: number): Float64Array {
  const out = new Float64Array(dOut);
  for (let j = 0; j < dOut; j++) {
    let dot = 0;
    for (let i = 0; i < x.length; i++) dot += (map[j * x.length + i] as number) * (x[i] as number);
    out[j] = dot;
  }
  return out;
}

function turnNeighbours(x: Float64Array, headDim: number, position: number): Float64Array {
  for (let i = 0; i < x.length; i += 2) {
    const angle = position / 10000 ** ((i % headDim) / headDim);
    const [a, b] = [x[i] as number, x[i + 1] as number];
    x[i] = a * Math.cos(angle) - b * Math.sin(angle);
    x[i + 1] = a * Math.sin(angle) + b * Math.cos(angle);
  }
  return x;
}

function sum(x: Float64Array, y: Float64Array): Float64Array<ArrayBuffer> {
  return Float64Array.from(x, (value, i) => value + (y[i] as number));
}
