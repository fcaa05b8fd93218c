import './iterator-helpers.ts';
import { defaultDevice, init, nn, numpy as np, valueAndGrad } from '@jax-js/jax';
import type { AdapterSpec, LinearName } from '../../src/core/federation/run-config.ts';
import { adapterLayout, adapterScale, drawFrozenA } from '../../src/core/learn/adapter.ts';
import { linearShape, type LlamaConfig, type LlamaWeights } from '../../src/core/learn/llama-config.ts';

// The same model for jax-js 0.1.25, which differentiates it by itself: an oracle that shares no formula of a backward pass with us.
// Hand-batched (its vmap is slow) with one copy of the adapter per example, so that the gradient of the sum of losses holds the gradient of
// every example. Rotation and grouped keys are constant matrices, not index arithmetic as in our engines.
// jax-js counts references: an array is used up by its first use unless `.ref` is taken.

type Tensor = ReturnType<typeof np.zeros>;

interface Model {
  readonly config: LlamaConfig;
  readonly weights: LlamaWeights;
  readonly spec: AdapterSpec;
  readonly batch: number;
  readonly length: number;
  /** [batch, rank, dOut] by "layer name". */
  readonly factors: ReadonlyMap<string, Tensor>;
}

export interface JaxGradients {
  /** Sum of the examples' losses. */
  readonly loss: number;
  /** [batch][adapter size] */
  readonly gradients: readonly Float64Array[];
}

export async function jaxGradients(
  config: LlamaConfig,
  weights: LlamaWeights,
  spec: AdapterSpec,
  values: Float32Array,
  tokens: Int32Array,
  batch: number,
  length: number,
): Promise<JaxGradients> {
  await init('wasm');
  defaultDevice('wasm');
  const layout = adapterLayout(config, spec);
  const start = layout.map(({ offset, length: count, dOut }) => {
    const one = values.subarray(offset, offset + count);
    const copies = new Float32Array(batch * count);
    for (let b = 0; b < batch; b++) copies.set(one, b * count);
    return constant(copies, [batch, spec.rank, dOut]);
  });
  const total = (factors: Tensor[]): Tensor => {
    const named = new Map(layout.map(({ layer, name }, i) => [`${layer} ${name}`, factors[i]!]));
    return sumOfLosses({ config, weights, spec, batch, length, factors: named }, tokens);
  };
  const [loss, parts] = valueAndGrad(total)(start) as [Tensor, Tensor[]];
  const gradients = Array.from({ length: batch }, () => new Float64Array(values.length));
  for (const [i, part] of parts.entries()) {
    const data = await part.data();
    const { offset, length: count } = layout[i]!;
    for (let b = 0; b < batch; b++)
      gradients[b]!.set(Array.from(data.subarray(b * count, (b + 1) * count), Number), offset);
  }
  return { loss: Number((await loss.data())[0]), gradients };
}

function sumOfLosses(model: Model, tokens: Int32Array): Tensor {
  const { config, weights, batch, length } = model;
  const { hiddenSize: d, vocabSize, layers } = config;
  const rows = batch * length;
  const embedded = new Float32Array(rows * d);
  const oneHot = new Float32Array(rows * vocabSize);
  for (let b = 0; b < batch; b++) {
    for (let t = 0; t < length; t++) {
      const token = tokens[b * (length + 1) + t]!;
      embedded.set(weights.embedding.subarray(token * d, (token + 1) * d), (b * length + t) * d);
      oneHot[(b * length + t) * vocabSize + tokens[b * (length + 1) + t + 1]!] = 1 / length;
    }
  }
  let x = constant(embedded, [rows, d]);
  for (let layer = 0; layer < layers; layer++) x = block(model, layer, x);
  const logits = times(norm(config, x, weights.finalNorm), weights.head, d, vocabSize);
  return np.sum(nn.logSoftmax(logits, -1).mul(constant(oneHot, [rows, vocabSize]))).mul(-1);
}

function block(model: Model, layer: number, x: Tensor): Tensor {
  const { config, weights } = model;
  const { inputNorm, postNorm } = weights.layers[layer]!;
  const middle = x.ref.add(attention(model, layer, norm(config, x, inputNorm)));
  const normed = norm(config, middle.ref, postNorm);
  const gate = linear(model, layer, 'gate', normed.ref);
  const up = linear(model, layer, 'up', normed);
  const hidden = gate.ref.mul(nn.sigmoid(gate)).mul(up);
  return middle.add(linear(model, layer, 'down', hidden));
}

function attention(model: Model, layer: number, x: Tensor): Tensor {
  const { config, batch, length } = model;
  const { heads, kvHeads, headDim } = config;
  const split = (y: Tensor): Tensor => np.transpose(y.reshape([batch, length, heads, headDim]), [0, 2, 1, 3]);
  const spread = spreadMatrix(config);
  const wide = heads * headDim;
  const widen = (y: Tensor): Tensor => np.matmul(y, constant(spread, [kvHeads * headDim, wide]));
  const q = split(rotate(model, linear(model, layer, 'q', x.ref)));
  const k = split(rotate(model, widen(linear(model, layer, 'k', x.ref))));
  const v = split(widen(linear(model, layer, 'v', x)));
  const mask = Float32Array.from({ length: length * length }, (_, i) =>
    i % length > Math.floor(i / length) ? -1e9 : 0,
  );
  const scores = np.matmul(q, np.transpose(k, [0, 1, 3, 2])).mul(1 / Math.sqrt(headDim));
  const p = nn.softmax(scores.add(constant(mask, [length, length])), -1);
  const mixed = np.transpose(np.matmul(p, v), [0, 2, 1, 3]).reshape([batch * length, wide]);
  return linear(model, layer, 'o', mixed);
}

function linear(model: Model, layer: number, name: LinearName, x: Tensor): Tensor {
  const { config, weights, spec, batch, length, factors } = model;
  const [dIn, dOut] = linearShape(config, name);
  const y = times(x.ref, weights.layers[layer]![name], dIn, dOut);
  const b = factors.get(`${layer} ${name}`);
  if (b === undefined) {
    x.dispose();
    return y;
  }
  const slot = adapterLayout(config, spec).findIndex((s) => s.layer === layer && s.name === name);
  const a = drawFrozenA(config, spec)[slot]!;
  const u = np.matmul(x, constant(a, [dIn, spec.rank])).reshape([batch, length, spec.rank]);
  return y.add(
    np
      .matmul(u, b.ref)
      .mul(adapterScale(spec))
      .reshape([batch * length, dOut]),
  );
}

function norm(config: LlamaConfig, x: Tensor, gain: Float32Array): Tensor {
  const squares = np.mean(x.ref.mul(x.ref), -1, { keepdims: true });
  return x.div(np.sqrt(squares.add(config.rmsEps))).mul(constant(gain, [gain.length]));
}

/** x cos + (x R) sin with R swapping the halves of every head and negating one. */
function rotate({ config, batch, length }: Model, x: Tensor): Tensor {
  const { heads, headDim, ropeTheta } = config;
  const wide = heads * headDim;
  const half = headDim / 2;
  const swap = new Float32Array(wide * wide);
  for (let i = 0; i < wide; i++) {
    const low = i % headDim < half;
    swap[(low ? i + half : i - half) * wide + i] = low ? -1 : 1;
  }
  const angle = (i: number): number =>
    (Math.floor(i / wide) % length) * ropeTheta ** ((-2 * ((i % headDim) % half)) / headDim);
  const rows = batch * length;
  const table = (f: (angle: number) => number): Tensor =>
    constant(
      Float32Array.from({ length: rows * wide }, (_, i) => f(angle(i))),
      [rows, wide],
    );
  const turned = np.matmul(x.ref, constant(swap, [wide, wide]));
  return x.mul(table(Math.cos)).add(turned.mul(table(Math.sin)));
}

/** Copies every key/value head to the query heads of its group. */
function spreadMatrix({ heads, kvHeads, headDim }: LlamaConfig): Float32Array {
  const wide = heads * headDim;
  const matrix = new Float32Array(kvHeads * headDim * wide);
  for (let i = 0; i < wide; i++) {
    const head = Math.floor(i / headDim);
    matrix[(Math.floor((head * kvHeads) / heads) * headDim + (i % headDim)) * wide + i] = 1;
  }
  return matrix;
}

/** x W^T. */
function times(x: Tensor, w: Float32Array, dIn: number, dOut: number): Tensor {
  return np.matmul(x, np.transpose(constant(w, [dOut, dIn]), [1, 0]));
}

function constant(values: Float32Array, shape: number[]): Tensor {
  return np.array(Float32Array.from(values), { shape });
}
