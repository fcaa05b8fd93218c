import { fail, ok, type Result } from '../lib/result.ts';
import { LINEAR_NAMES } from '../federation/run-config.ts';
import { linearShape, type LlamaConfig, type LlamaWeights } from './llama-config.ts';

/** The largest batch and length an engine is asked for. */
export interface EngineLimits {
  readonly batchMax: number;
  readonly lengthMax: number;
}

/** 2^24 tokens in one batch would need more activations than a tab has; offsets stay below 2^31. */
const BATCH_TOKENS_MAX = 2 ** 24;

/** Failure LEARN_CONFIG (impossible shape), LEARN_WEIGHTS (an array of the wrong length) or LEARN_LIMITS. */
export function checkModel(config: LlamaConfig, weights: LlamaWeights, limits: EngineLimits): Result<null> {
  const shape = checkConfig(config);
  if (!shape.ok) return shape;
  const { batchMax, lengthMax } = limits;
  if (!Number.isInteger(batchMax) || !Number.isInteger(lengthMax) || batchMax < 1 || lengthMax < 1)
    return fail('LEARN_LIMITS', `got batchMax ${batchMax} and lengthMax ${lengthMax}, expected integers of at least 1`);
  if (lengthMax > config.contextLength)
    return fail(
      'LEARN_LIMITS',
      `got lengthMax ${lengthMax}, expected at most the model's context of ${config.contextLength}`,
    );
  if (batchMax * lengthMax > BATCH_TOKENS_MAX)
    return fail(
      'LEARN_LIMITS',
      `got ${batchMax} x ${lengthMax} tokens, expected at most ${BATCH_TOKENS_MAX} in one batch`,
    );
  return checkWeights(config, weights);
}

export function checkConfig(config: LlamaConfig): Result<null> {
  const refuse = (message: string): Result<null> => fail('LEARN_CONFIG', message);
  const counts = {
    vocabSize: config.vocabSize,
    hiddenSize: config.hiddenSize,
    layers: config.layers,
    heads: config.heads,
    kvHeads: config.kvHeads,
    headDim: config.headDim,
    intermediateSize: config.intermediateSize,
    contextLength: config.contextLength,
  };
  for (const [name, value] of Object.entries(counts))
    if (!Number.isInteger(value) || value < 1 || value > 2 ** 24)
      return refuse(`got ${name} ${value}, expected an integer from 1 to 2^24`);
  if (config.heads % config.kvHeads !== 0)
    return refuse(`got ${config.heads} heads and ${config.kvHeads} key/value heads, expected a multiple`);
  if (config.headDim % 2 !== 0)
    return refuse(`got head dimension ${config.headDim}, expected an even one (rotary pairs)`);
  if (!(config.ropeTheta > 0) || !Number.isFinite(config.ropeTheta))
    return refuse(`got rope theta ${config.ropeTheta}, expected a number above 0`);
  if (!(config.rmsEps >= 0) || config.rmsEps > 1) return refuse(`got rms epsilon ${config.rmsEps}, expected 0 to 1`);
  return ok(null);
}

function checkWeights(config: LlamaConfig, weights: LlamaWeights): Result<null> {
  const d = config.hiddenSize;
  const wrong = (name: string, got: number, expected: number): Result<null> =>
    fail(
      'LEARN_WEIGHTS',
      `got ${got} values for ${name}, expected ${expected}: the weights do not belong to this configuration`,
    );
  if (weights.layers.length !== config.layers) return wrong('the list of layers', weights.layers.length, config.layers);
  if (weights.embedding.length !== config.vocabSize * d)
    return wrong('the embedding', weights.embedding.length, config.vocabSize * d);
  if (weights.head.length !== config.vocabSize * d) return wrong('the head', weights.head.length, config.vocabSize * d);
  if (weights.finalNorm.length !== d) return wrong('the final norm', weights.finalNorm.length, d);
  for (const [i, layer] of weights.layers.entries()) {
    if (layer.inputNorm.length !== d) return wrong(`the input norm of layer ${i}`, layer.inputNorm.length, d);
    if (layer.postNorm.length !== d) return wrong(`the post norm of layer ${i}`, layer.postNorm.length, d);
    for (const name of LINEAR_NAMES) {
      const [dIn, dOut] = linearShape(config, name);
      if (layer[name].length !== dIn * dOut) return wrong(`${name} of layer ${i}`, layer[name].length, dIn * dOut);
    }
  }
  return ok(null);
}

/** Failure LEARN_BATCH (shape or limits) or LEARN_TOKEN (an id outside the vocabulary, with its place). An empty batch is fine. */
export function checkTokens(
  config: LlamaConfig,
  limits: EngineLimits,
  tokens: Int32Array,
  batch: number,
  length: number,
): Result<null> {
  if (!Number.isInteger(batch) || batch < 0 || batch > limits.batchMax)
    return fail(
      'LEARN_BATCH',
      `got a batch of ${batch}, expected 0 to ${limits.batchMax}: split it, or create the engine for more`,
    );
  if (!Number.isInteger(length) || length < 1 || length > limits.lengthMax)
    return fail('LEARN_BATCH', `got length ${length}, expected 1 to ${limits.lengthMax}`);
  if (tokens.length !== batch * (length + 1))
    return fail('LEARN_BATCH', `got ${tokens.length} tokens, expected ${batch} x (${length} + 1)`);
  for (const [i, token] of tokens.entries())
    if (token < 0 || token >= config.vocabSize)
      return fail(
        'LEARN_TOKEN',
        `got token ${token} at place ${i}, expected 0 to ${config.vocabSize - 1}: the tokenizer does not match the model`,
      );
  return ok(null);
}
