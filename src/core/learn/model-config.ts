import { fail, type Failure, ok, type Result } from '../lib/result.ts';
import type { LlamaConfig } from './llama-config.ts';

export type ModelConfigFailure = Failure<'MODEL_CONFIG' | 'MODEL_ARCHITECTURE'>;

/** config.json of the largest models is a few KB. */
const CONFIG_BYTES_MAX = 256 * 1024;

/**
 * Upper bounds: generous for every Llama that a tab could hold (1B: vocabulary 128,256, width 2,048, 16 layers), small enough that
 * no product of two of them leaves the safe integers.
 */
const BOUNDS = {
  vocab_size: 1 << 18,
  hidden_size: 1 << 13,
  num_hidden_layers: 128,
  num_attention_heads: 128,
  num_key_value_heads: 128,
  head_dim: 256,
  intermediate_size: 1 << 15,
  max_position_embeddings: 1 << 17,
} as const;

/**
 * Reads Hugging Face's config.json. Only plain Llama is known: other families and Llama's variants (scaled rope, biases, other
 * activations, quantised weights) are refused, because running them with these kernels would give fluent nonsense.
 */
export function parseModelConfig(bytes: Uint8Array): Result<LlamaConfig, ModelConfigFailure> {
  if (bytes.length > CONFIG_BYTES_MAX)
    return fail('MODEL_CONFIG', `config.json has ${bytes.length} bytes, at most ${CONFIG_BYTES_MAX} are read`);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return fail('MODEL_CONFIG', 'config.json is not valid JSON; expected the file of a Hugging Face model folder');
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    return fail('MODEL_CONFIG', 'config.json is not a JSON object');
  const fields = json as Record<string, unknown>;
  return refuseVariants(fields) ?? readFields(fields);
}

function refuseVariants(fields: Record<string, unknown>): { ok: false; error: ModelConfigFailure } | null {
  const refuse = (got: string): { ok: false; error: ModelConfigFailure } =>
    fail('MODEL_ARCHITECTURE', `the model has ${got}; only plain Llama decoders can be loaded`);
  if (fields['model_type'] !== 'llama') return refuse(`model_type ${show(fields['model_type'])}`);
  const architectures = fields['architectures'];
  if (architectures !== undefined && !(Array.isArray(architectures) && architectures.includes('LlamaForCausalLM')))
    return refuse(`architectures ${show(architectures)}`);
  const activation = fields['hidden_act'] ?? 'silu';
  if (activation !== 'silu') return refuse(`hidden_act ${show(activation)}`);
  for (const name of ['attention_bias', 'mlp_bias'] as const)
    if (fields[name] !== undefined && fields[name] !== false) return refuse(name);
  for (const name of ['rope_scaling', 'quantization_config'] as const)
    if (fields[name] !== undefined && fields[name] !== null) return refuse(name);
  const rope = fields['rope_parameters'] as { rope_type?: unknown } | undefined;
  if (rope?.rope_type !== undefined && rope.rope_type !== 'default') return refuse(`rope type ${show(rope.rope_type)}`);
  return null;
}

function readFields(fields: Record<string, unknown>): Result<LlamaConfig, ModelConfigFailure> {
  let problem = '';
  const note = (name: string, got: unknown, expected: string): void => {
    if (problem === '') problem = `${name} is ${show(got)}, expected ${expected}`;
  };
  const count = (name: keyof typeof BOUNDS, fallback?: number): number => {
    const got = fields[name] ?? fallback;
    if (Number.isSafeInteger(got) && (got as number) >= 1 && (got as number) <= BOUNDS[name]) return got as number;
    note(name, got, `an integer from 1 to ${BOUNDS[name]}`);
    return 1;
  };
  const real = (name: string, got: unknown, low: number, high: number): number => {
    if (typeof got === 'number' && got >= low && got <= high) return got;
    note(name, got, `a number from ${low} to ${high}`);
    return low;
  };
  const vocabSize = count('vocab_size');
  const token = (name: string, fallback: number): number => {
    const raw = fields[name] ?? fallback;
    const got: unknown = Array.isArray(raw) ? raw[0] : raw;
    if (Number.isSafeInteger(got) && (got as number) >= 0 && (got as number) < vocabSize) return got as number;
    note(name, got, `a token of the vocabulary (0 to ${vocabSize - 1})`);
    return 0;
  };
  const hiddenSize = count('hidden_size');
  const heads = count('num_attention_heads');
  const kvHeads = count('num_key_value_heads', heads);
  const headDim = count('head_dim', hiddenSize / heads);
  if (heads % kvHeads !== 0) note('num_key_value_heads', kvHeads, `a divisor of num_attention_heads (${heads})`);
  if (headDim % 2 !== 0) note('head_dim', headDim, 'an even number, because rope turns pairs');
  const rope = fields['rope_parameters'] as { rope_theta?: unknown } | undefined;
  const tied = fields['tie_word_embeddings'] ?? false;
  if (typeof tied !== 'boolean') note('tie_word_embeddings', tied, 'true or false');
  const config: LlamaConfig = {
    vocabSize,
    hiddenSize,
    layers: count('num_hidden_layers'),
    heads,
    kvHeads,
    headDim,
    intermediateSize: count('intermediate_size'),
    contextLength: count('max_position_embeddings', 2048),
    ropeTheta: real('rope_theta', fields['rope_theta'] ?? rope?.rope_theta ?? 10000, 1, 1e9),
    rmsEps: real('rms_norm_eps', fields['rms_norm_eps'] ?? 1e-6, 1e-12, 1e-1),
    tiedEmbeddings: tied === true,
    bosTokenId: token('bos_token_id', 1),
    eosTokenId: token('eos_token_id', 2),
  };
  return problem === '' ? ok(config) : fail('MODEL_CONFIG', `config.json: ${problem}`);
}

/** config.json that transformers and this project read back to the same configuration. */
export function writeModelConfig(config: LlamaConfig, dtype: 'F32' | 'F16'): string {
  const fields = {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    vocab_size: config.vocabSize,
    hidden_size: config.hiddenSize,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    num_key_value_heads: config.kvHeads,
    head_dim: config.headDim,
    intermediate_size: config.intermediateSize,
    max_position_embeddings: config.contextLength,
    rope_theta: config.ropeTheta,
    rms_norm_eps: config.rmsEps,
    hidden_act: 'silu',
    attention_bias: false,
    mlp_bias: false,
    tie_word_embeddings: config.tiedEmbeddings,
    bos_token_id: config.bosTokenId,
    eos_token_id: config.eosTokenId,
    torch_dtype: dtype === 'F16' ? 'float16' : 'float32',
  };
  return `${JSON.stringify(fields, null, 2)}\n`;
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? 'missing').slice(0, 60);
}
