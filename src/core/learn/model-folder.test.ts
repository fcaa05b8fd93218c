import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { writeBase } from '../corpus/base.ts';
import { sha256Hex, utf8 } from '../lib/bytes.ts';
import { Prng } from '../lib/prng.ts';
import { unwrap } from '../lib/result.ts';
import { trainBpe } from './bpe-train.ts';
import type { LlamaConfig } from './llama-config.ts';
import { initialWeights } from './llama-init.ts';
import { parseModelConfig, writeModelConfig } from './model-config.ts';
import { countParameters, openModelFolder, readWeights, tensorShapes, writeModelFolder } from './model-folder.ts';
import { BASE_CONFIG } from './pretrain-plan.ts';
import { writeSafetensors } from './safetensors.ts';

const config: LlamaConfig = {
  ...BASE_CONFIG,
  vocabSize: 300,
  hiddenSize: 12,
  layers: 2,
  heads: 3,
  kvHeads: 1,
  headDim: 6,
  intermediateSize: 20,
};
const tokenizer = trainBpe(writeBase(1, 20_000), 300);
const weights = initialWeights(config, new Prng(4));
const files = { ...writeModelFolder(config, weights, tokenizer, 'F32'), expected: null };

/** The tensors of `files`, to be spoiled. */
const tensors = (): Map<string, { shape: readonly number[]; values: Float32Array }> =>
  new Map(
    [...tensorShapes(config)].map(([name, shape]) => [
      name,
      { shape, values: new Float32Array(shape.reduce((n, side) => n * side, 1)).fill(0.5) },
    ]),
  );
const packed = (map: ReturnType<typeof tensors>): Uint8Array =>
  writeSafetensors(
    [...map].map(([name, { shape, values }]) => ({ name, shape, values })),
    'F32',
  );

describe('model folder', () => {
  it('opens what it wrote, value for value', () => {
    const model = unwrap(openModelFolder(files));
    expect(model.config).toEqual(config);
    expect(model.weights).toEqual(weights);
    expect(model.weights.head).toBe(model.weights.embedding);
    expect(model.tokenizer.decode(model.tokenizer.encode('a boat'))).toBe('a boat');
    expect(model.parameters).toBe(300 * 12 + 2 * (24 + 12 * 18 * 2 + 12 * 6 * 2 + 3 * 240) + 12);
  });

  it('keeps an untied head apart and halves the file in F16', () => {
    const untied = { ...config, tiedEmbeddings: false };
    const own = initialWeights(untied, new Prng(5));
    const half = writeModelFolder(untied, own, tokenizer, 'F16');
    const model = unwrap(openModelFolder({ ...half, expected: null }));
    expect(model.weights.head).not.toEqual(model.weights.embedding);
    for (const [i, value] of model.weights.head.entries()) expect(value).toBeCloseTo(own.head[i]!, 3);
    expect(half.weights.length).toBeLessThan(2 * countParameters(untied) + 4096);
  });

  it('accepts files with the expected hashes only', () => {
    const expected = {
      config: sha256Hex(files.config),
      tokenizer: sha256Hex(files.tokenizer),
      weights: sha256Hex(files.weights),
    };
    expect(openModelFolder({ ...files, expected })).toMatchObject({ ok: true });
    for (const name of ['config', 'tokenizer', 'weights'] as const)
      expect(openModelFolder({ ...files, expected: { ...expected, [name]: sha256Hex(utf8('x')) } })).toMatchObject({
        ok: false,
        error: { code: 'MODEL_HASH' },
      });
  });

  it('refuses truncated weights, missing, unknown, misshapen and broken tensors by name', () => {
    const refused = (spoil: (map: ReturnType<typeof tensors>) => void): unknown => {
      const map = tensors();
      spoil(map);
      return readWeights(config, packed(map));
    };
    const q = 'model.layers.1.self_attn.q_proj.weight';
    expect(refused(() => undefined)).toMatchObject({ ok: true });
    expect(readWeights(config, files.weights.subarray(0, -1))).toMatchObject({ error: { code: 'MODEL_TRUNCATED' } });
    expect(refused((map) => map.delete(q))).toMatchObject({
      error: { code: 'MODEL_MISSING', message: expect.stringContaining(q) },
    });
    expect(refused((map) => map.set(q, { shape: [12, 18], values: new Float32Array(216) }))).toMatchObject({
      error: { code: 'MODEL_SHAPE', message: expect.stringContaining('[12, 18]') },
    });
    expect(
      refused((map) => map.set('model.layers.0.self_attn.q_proj.bias', { shape: [18], values: new Float32Array(18) })),
    ).toMatchObject({ error: { code: 'MODEL_ARCHITECTURE' } });
    for (const value of [NaN, Infinity])
      expect(refused((map) => (map.get(q)!.values[7] = value))).toMatchObject({ error: { code: 'MODEL_VALUES' } });
  });

  it('refuses a tokenizer of another model', () => {
    const other = utf8(trainBpe(writeBase(1, 20_000), 301));
    expect(openModelFolder({ ...files, tokenizer: other })).toMatchObject({ error: { code: 'MODEL_TOKENIZER' } });
  });
});

describe('config.json', () => {
  const fields = JSON.parse(writeModelConfig(config, 'F32')) as Record<string, unknown>;
  const parse = (change: Record<string, unknown>): unknown =>
    parseModelConfig(utf8(JSON.stringify({ ...fields, ...change })));

  it('takes the defaults of Hugging Face for what older files leave out', () => {
    const { num_key_value_heads: _kv, head_dim: _hd, rope_theta: _theta, tie_word_embeddings: _tied, ...old } = fields;
    expect(
      unwrap(parseModelConfig(utf8(JSON.stringify({ ...old, hidden_size: 24, rope_parameters: { rope_theta: 5e5 } })))),
    ).toMatchObject({
      kvHeads: 3,
      headDim: 8,
      ropeTheta: 5e5,
      tiedEmbeddings: false,
    });
  });

  it.each<[Record<string, unknown>]>([
    [{ model_type: 'gpt2' }],
    [{ model_type: undefined }],
    [{ architectures: ['MistralForCausalLM'] }],
    [{ hidden_act: 'gelu' }],
    [{ attention_bias: true }],
    [{ mlp_bias: true }],
    [{ rope_scaling: { type: 'linear' } }],
    [{ rope_parameters: { rope_type: 'llama3' } }],
    [{ quantization_config: {} }],
  ])('refuses %j as another architecture', (change) => {
    expect(parse(change)).toMatchObject({ ok: false, error: { code: 'MODEL_ARCHITECTURE' } });
  });

  it.each<[Record<string, unknown>]>([
    [{ vocab_size: 0 }],
    [{ vocab_size: 1e9 }],
    [{ hidden_size: '12' }],
    [{ num_hidden_layers: 1.5 }],
    [{ num_attention_heads: -1 }],
    [{ num_key_value_heads: 2 }],
    [{ head_dim: 5 }],
    [{ intermediate_size: null }],
    [{ max_position_embeddings: 0 }],
    [{ rope_theta: 0 }],
    [{ rms_norm_eps: 1 }],
    [{ tie_word_embeddings: 'yes' }],
    [{ bos_token_id: 300 }],
    [{ eos_token_id: [] }],
  ])('refuses %j as out of range', (change) => {
    expect(parse(change)).toMatchObject({ ok: false, error: { code: 'MODEL_CONFIG' } });
  });

  it('refuses what is not a JSON object', () => {
    for (const text of ['', '[]', 'null', '{"a"', ' '.repeat(300_000)])
      expect(parseModelConfig(utf8(text))).toMatchObject({ ok: false, error: { code: 'MODEL_CONFIG' } });
  });
});

describe.skipIf(!existsSync('public/models/plaquette-1m'))('our own base model', () => {
  it('opens', () => {
    const read = (name: string): Uint8Array => new Uint8Array(readFileSync(`public/models/plaquette-1m/${name}`));
    const model = unwrap(
      openModelFolder({
        config: read('config.json'),
        tokenizer: read('tokenizer.json'),
        weights: read('model.safetensors'),
        expected: null,
      }),
    );
    expect(model.config).toEqual(BASE_CONFIG);
    expect(model.parameters).toBe(countParameters(BASE_CONFIG));
  });
});
