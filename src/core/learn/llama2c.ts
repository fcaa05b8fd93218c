import { at } from '../lib/assert.ts';
import type { Bytes } from '../lib/bytes.ts';
import { fail, type Failure, ok, type Result } from '../lib/result.ts';
import type { LlamaConfig, LlamaLayerWeights } from './llama-config.ts';
import { type Llama2cCheckpoint, meanLoss } from './llama2c-forward.ts';
import { encodeLlama2c, readLlama2cTokenizer, type Llama2cTokenizer, tokenizerJson } from './llama2c-tokenizer.ts';
import { countParameters, writeModelFolder } from './model-folder.ts';

export type Llama2cFailure = Failure<'MODEL_TRUNCATED' | 'MODEL_LLAMA2C' | 'MODEL_TOKENIZER'>;

export interface Llama2cConversion {
  readonly config: Bytes;
  readonly weights: Bytes;
  readonly tokenizer: Bytes;
  readonly parameters: number;
  /** The file held every matrix the other way round, and was turned. */
  readonly transposed: boolean;
}

/** llama2.c's own constant. */
const LLAMA2C_RMS_EPS = 1e-5;
/** Any stories model finds this likely when its matrices are the right way round. */
const PROBE = 'Once upon a time, there was a little girl named Lily. She loved to play outside in the park.';
/** A right way is better by 3 nats and more; models that know no English differ by less than this. */
const TRANSPOSED_MARGIN = 1;

/**
 * llama2.c's checkpoint and tokenizer.bin -> files of a Hugging Face folder (f32). Files of the same name and size are in circulation
 * whose matrices are transposed; both readings are tried on a sentence and the better one is taken.
 */
export function convertLlama2c(
  checkpoint: Uint8Array,
  tokenizerBin: Uint8Array,
): Result<Llama2cConversion, Llama2cFailure> {
  const read = readLlama2c(checkpoint);
  if (!read.ok) return read;
  const tokenizer = readLlama2cTokenizer(tokenizerBin, read.value.vocab);
  if (!tokenizer.ok) return tokenizer;
  const transposed = isTransposed(read.value, tokenizer.value);
  const source = transposed ? turned(read.value) : read.value;
  const { dim, heads, kvHeads, weights } = source;
  const config: LlamaConfig = {
    vocabSize: source.vocab,
    hiddenSize: dim,
    layers: source.layerCount,
    heads,
    kvHeads,
    headDim: dim / heads,
    intermediateSize: source.hidden,
    contextLength: source.context,
    ropeTheta: 10000,
    rmsEps: LLAMA2C_RMS_EPS,
    tiedEmbeddings: weights.head === weights.embedding,
    bosTokenId: 1,
    eosTokenId: 2,
  };
  const layers = weights.layers.map((layer) => ({
    ...layer,
    q: halfSplit(layer.q, heads, config.headDim, dim),
    k: halfSplit(layer.k, kvHeads, config.headDim, dim),
  }));
  const files = writeModelFolder(config, { ...weights, layers }, tokenizerJson(tokenizer.value), 'F32');
  return ok({ ...files, parameters: countParameters(config), transposed });
}

/** Version 0: seven int32, then f32 tensors without names. Failures: MODEL_TRUNCATED, MODEL_LLAMA2C. */
export function readLlama2c(file: Uint8Array): Result<Llama2cCheckpoint, Llama2cFailure> {
  if (file.length < 28)
    return fail('MODEL_TRUNCATED', `the checkpoint has ${file.length} bytes, its header alone needs 28`);
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const header = Array.from({ length: 7 }, (_, i) => view.getInt32(4 * i, true));
  const [dim, hidden, layerCount, heads, kvHeads, signedVocab, context] = header as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const vocab = Math.abs(signedVocab);
  // Bounds of parseModelConfig; a file of another kind practically never passes them.
  const inBounds =
    between(dim, 2, 8192) &&
    between(hidden, 1, 32768) &&
    between(layerCount, 1, 128) &&
    between(heads, 1, 128) &&
    between(kvHeads, 1, heads) &&
    between(vocab, 4, 1 << 18) &&
    between(context, 1, 1 << 17) &&
    heads % kvHeads === 0 &&
    dim % (2 * heads) === 0;
  if (!inBounds)
    return fail('MODEL_LLAMA2C', `the header says ${header.join(', ')}: not a version 0 checkpoint of llama2.c`);
  const headDim = dim / heads;
  const kv = kvHeads * headDim;
  const perLayer = 2 * dim + 2 * dim * dim + 2 * dim * kv + 3 * dim * hidden;
  const tables = context * headDim;
  const floats = vocab * dim + layerCount * perLayer + dim + tables + (signedVocab < 0 ? vocab * dim : 0);
  if (file.length < 28 + 4 * floats)
    return fail('MODEL_TRUNCATED', `the checkpoint has ${file.length} bytes, its header promises ${28 + 4 * floats}`);
  if (file.length > 28 + 4 * floats)
    return fail('MODEL_LLAMA2C', `the checkpoint has ${file.length} bytes, its header promises ${28 + 4 * floats}`);
  const values = new Float32Array(file.slice(28).buffer);
  const broken = values.findIndex((value) => !Number.isFinite(value));
  if (broken !== -1) return fail('MODEL_LLAMA2C', `the checkpoint holds ${String(values[broken])} at place ${broken}`);
  let offset = 0;
  const take = (length: number): Float32Array => values.slice(offset, (offset += length));
  const each = (length: number): Float32Array[] => Array.from({ length: layerCount }, () => take(length));
  const embedding = take(vocab * dim);
  const parts = {
    inputNorm: each(dim),
    q: each(dim * dim),
    k: each(dim * kv),
    v: each(dim * kv),
    o: each(dim * dim),
    postNorm: each(dim),
    gate: each(dim * hidden),
    down: each(dim * hidden),
    up: each(dim * hidden),
  };
  const finalNorm = take(dim);
  take(tables); // cosines and sines of rope: computed from the shape
  const layers = Array.from({ length: layerCount }, (_, layer): LlamaLayerWeights => {
    const entries = Object.entries(parts).map(([name, list]) => [name, at(list, layer)] as const);
    return Object.fromEntries(entries) as Record<keyof typeof parts, Float32Array>;
  });
  const head = signedVocab < 0 ? take(vocab * dim) : embedding;
  return ok({
    dim,
    hidden,
    layerCount,
    heads,
    kvHeads,
    vocab,
    context,
    weights: { embedding, layers, finalNorm, head },
  });
}

function isTransposed(checkpoint: Llama2cCheckpoint, tokenizer: Llama2cTokenizer): boolean {
  const tokens = encodeLlama2c(PROBE, tokenizer).slice(0, checkpoint.context);
  return meanLoss(turned(checkpoint), tokens) < meanLoss(checkpoint, tokens) - TRANSPOSED_MARGIN;
}

/** Every linear map read the other way round. */
function turned(checkpoint: Llama2cCheckpoint): Llama2cCheckpoint {
  const { dim, hidden, weights } = checkpoint;
  const turn = (values: Float32Array, dOut: number, dIn: number): Float32Array => {
    const out = new Float32Array(values.length);
    for (let j = 0; j < dOut; j++) for (let i = 0; i < dIn; i++) out[j * dIn + i] = values[i * dOut + j] as number;
    return out;
  };
  const kv = (dim / checkpoint.heads) * checkpoint.kvHeads;
  const layers = weights.layers.map((layer) => ({
    ...layer,
    q: turn(layer.q, dim, dim),
    k: turn(layer.k, kv, dim),
    v: turn(layer.v, kv, dim),
    o: turn(layer.o, dim, dim),
    gate: turn(layer.gate, hidden, dim),
    up: turn(layer.up, hidden, dim),
    down: turn(layer.down, dim, hidden),
  }));
  return { ...checkpoint, weights: { ...weights, layers } };
}

/**
 * Hugging Face's rope turns (i, i + headDim/2) where llama2.c turns (2i, 2i+1): the same model with the rows of q and k reordered
 * inside each head.
 */
function halfSplit(map: Float32Array, heads: number, headDim: number, dIn: number): Float32Array {
  const out = new Float32Array(map.length);
  for (let head = 0; head < heads; head++) {
    for (let i = 0; i < headDim; i++) {
      const from = head * headDim + (i < headDim / 2 ? 2 * i : 2 * i - headDim + 1);
      out.set(map.subarray(from * dIn, (from + 1) * dIn), (head * headDim + i) * dIn);
    }
  }
  return out;
}

function between(value: number, low: number, high: number): boolean {
  return value >= low && value <= high;
}
