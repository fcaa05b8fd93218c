import type { ModelFiles } from '../contracts/training-service.ts';
import { at } from '../lib/assert.ts';
import { type Bytes, sha256Hex, utf8 } from '../lib/bytes.ts';
import { fail, type Failure, ok, type Result } from '../lib/result.ts';
import { linearShape, type LlamaConfig, type LlamaLayerWeights, type LlamaWeights } from './llama-config.ts';
import { type ModelConfigFailure, parseModelConfig, writeModelConfig } from './model-config.ts';
import {
  type NamedTensor,
  readSafetensors,
  type SafetensorsFailure,
  type TensorEntry,
  widenTensor,
  writeSafetensors,
} from './safetensors.ts';
import { openTokenizer, type TextTokenizer, type TokenizerFailure } from './tokenizer.ts';

export type ModelFailure =
  | SafetensorsFailure
  | ModelConfigFailure
  | TokenizerFailure
  | Failure<'MODEL_HASH' | 'MODEL_SHAPE' | 'MODEL_MISSING' | 'MODEL_VALUES'>;

export interface LoadedModel {
  readonly config: LlamaConfig;
  readonly weights: LlamaWeights;
  readonly tokenizer: TextTokenizer;
  /** Numbers in the model; tied embeddings count once. */
  readonly parameters: number;
}

const LAYER_TENSORS = {
  inputNorm: 'input_layernorm',
  postNorm: 'post_attention_layernorm',
  q: 'self_attn.q_proj',
  k: 'self_attn.k_proj',
  v: 'self_attn.v_proj',
  o: 'self_attn.o_proj',
  gate: 'mlp.gate_proj',
  up: 'mlp.up_proj',
  down: 'mlp.down_proj',
} as const satisfies Record<keyof LlamaLayerWeights, string>;
const LAYER_KEYS = Object.keys(LAYER_TENSORS) as (keyof LlamaLayerWeights)[];

/**
 * Checks and opens the three files of a Hugging Face folder: hashes first, then configuration, weights, tokenizer.
 * Failures: MODEL_HASH, MODEL_CONFIG, MODEL_ARCHITECTURE, MODEL_TRUNCATED, MODEL_SAFETENSORS, MODEL_MISSING, MODEL_SHAPE,
 * MODEL_VALUES, MODEL_TOKENIZER.
 */
export function openModelFolder(files: ModelFiles): Result<LoadedModel, ModelFailure> {
  if (files.expected !== null) {
    for (const name of ['config', 'tokenizer', 'weights'] as const) {
      const got = sha256Hex(files[name]);
      if (got !== files.expected[name])
        return fail(
          'MODEL_HASH',
          `the ${name} file has SHA-256 ${got.slice(0, 12)}…, the run needs ${files.expected[name].slice(0, 12)}…; clear the cached model and load it again`,
        );
    }
  }
  const config = parseModelConfig(files.config);
  if (!config.ok) return config;
  const weights = readWeights(config.value, files.weights);
  if (!weights.ok) return weights;
  const tokenizer = openTokenizer(files.tokenizer, config.value);
  if (!tokenizer.ok) return tokenizer;
  return ok({
    config: config.value,
    weights: weights.value,
    tokenizer: tokenizer.value,
    parameters: countParameters(config.value),
  });
}

/** Weights of model.safetensors, widened to f32 and checked against the configuration. */
export function readWeights(config: LlamaConfig, file: Uint8Array): Result<LlamaWeights, ModelFailure> {
  const read = readSafetensors(file);
  if (!read.ok) return read;
  const shapes = tensorShapes(config);
  const problem = compareShapes(shapes, read.value);
  if (problem !== null) return problem;
  const values = new Map<string, Float32Array>();
  for (const name of shapes.keys()) {
    const tensor = widenTensor(read.value.get(name) as TensorEntry);
    const broken = tensor.findIndex((value) => !Number.isFinite(value));
    if (broken !== -1)
      return fail(
        'MODEL_VALUES',
        `${name} holds ${String(tensor[broken])} at ${broken}, expected finite numbers; download it again`,
      );
    values.set(name, tensor);
  }
  const get = (name: string): Float32Array => values.get(name) as Float32Array;
  const embedding = get('model.embed_tokens.weight');
  return ok({
    embedding,
    layers: Array.from({ length: config.layers }, (_, layer) => {
      const entries = LAYER_KEYS.map((key) => [key, get(layerTensor(layer, key))] as const);
      return Object.fromEntries(entries) as Record<keyof LlamaLayerWeights, Float32Array>;
    }),
    finalNorm: get('model.norm.weight'),
    head: config.tiedEmbeddings ? embedding : get('lm_head.weight'),
  });
}

/** The three files of a folder, ready to be written. */
export function writeModelFolder(
  config: LlamaConfig,
  weights: LlamaWeights,
  tokenizerJson: string,
  dtype: 'F32' | 'F16',
): { readonly config: Bytes; readonly weights: Bytes; readonly tokenizer: Bytes } {
  const tensors: NamedTensor[] = [];
  for (const [name, shape] of tensorShapes(config)) tensors.push({ name, shape, values: valuesOf(weights, name) });
  return {
    config: utf8(writeModelConfig(config, dtype)),
    weights: writeSafetensors(tensors, dtype, { format: 'pt' }),
    tokenizer: utf8(tokenizerJson),
  };
}

export function countParameters(config: LlamaConfig): number {
  let total = 0;
  for (const shape of tensorShapes(config).values()) total += shape.reduce((n, side) => n * side, 1);
  return total;
}

/** Hugging Face's name and shape of every tensor of the configuration. */
export function tensorShapes(config: LlamaConfig): ReadonlyMap<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  shapes.set('model.embed_tokens.weight', [config.vocabSize, config.hiddenSize]);
  for (let layer = 0; layer < config.layers; layer++) {
    for (const key of LAYER_KEYS) {
      if (key === 'inputNorm' || key === 'postNorm') shapes.set(layerTensor(layer, key), [config.hiddenSize]);
      else {
        const [dIn, dOut] = linearShape(config, key);
        shapes.set(layerTensor(layer, key), [dOut, dIn]);
      }
    }
  }
  shapes.set('model.norm.weight', [config.hiddenSize]);
  if (!config.tiedEmbeddings) shapes.set('lm_head.weight', [config.vocabSize, config.hiddenSize]);
  return shapes;
}

function compareShapes(
  shapes: ReadonlyMap<string, readonly number[]>,
  tensors: ReadonlyMap<string, TensorEntry>,
): { readonly ok: false; readonly error: ModelFailure } | null {
  for (const [name, shape] of shapes) {
    const tensor = tensors.get(name);
    if (tensor === undefined)
      return fail(
        'MODEL_MISSING',
        `the weights have no ${name}; config.json and model.safetensors do not belong together`,
      );
    if (tensor.shape.join() !== shape.join())
      return fail(
        'MODEL_SHAPE',
        `${name} has shape [${tensor.shape.join(', ')}], config.json asks for [${shape.join(', ')}]`,
      );
  }
  for (const name of tensors.keys()) {
    // Old exports carry the rope table, and tied ones a copy of the embedding: both are derived.
    if (shapes.has(name) || name === 'lm_head.weight' || name.endsWith('.rotary_emb.inv_freq')) continue;
    return fail(
      'MODEL_ARCHITECTURE',
      `the weights hold ${name}, which a plain Llama of this configuration does not have`,
    );
  }
  return null;
}

function layerTensor(layer: number, key: keyof LlamaLayerWeights): string {
  return `model.layers.${layer}.${LAYER_TENSORS[key]}.weight`;
}

function valuesOf(weights: LlamaWeights, name: string): Float32Array {
  if (name === 'model.embed_tokens.weight') return weights.embedding;
  if (name === 'model.norm.weight') return weights.finalNorm;
  if (name === 'lm_head.weight') return weights.head;
  const [, , layer, ...rest] = name.split('.');
  const key = LAYER_KEYS.find((key) => `${LAYER_TENSORS[key]}.weight` === rest.join('.')) as keyof LlamaLayerWeights;
  return at(weights.layers, Number(layer))[key];
}
