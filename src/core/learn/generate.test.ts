import { describe, expect, it } from 'vitest';
import { writeBase } from '../corpus/base.ts';
import { utf8 } from '../lib/bytes.ts';
import { ok, unwrap } from '../lib/result.ts';
import { BOS_ID, EOS_ID, trainBpe } from './bpe-train.ts';
import type { LlamaEngine } from './engine.ts';
import { generate, type GenerateRequest } from './generate.ts';
import { BASE_CONFIG } from './pretrain-plan.ts';
import { openTokenizer } from './tokenizer.ts';

const vocabSize = 400;
const config = { ...BASE_CONFIG, vocabSize, contextLength: 24 };
const tokenizer = unwrap(openTokenizer(utf8(trainBpe(writeBase(1, 30_000), vocabSize)), config));
const request: GenerateRequest = { prompt: 'One boat', tokensMax: 8, temperature: 0, seed: 1, logitsAt: [] };

/** Follows a rule instead of weights, and notes what it was fed. */
function ruled(rule: (token: number, position: number, row: Float32Array) => void): LlamaEngine & { fed: number[] } {
  const never = (): never => {
    throw new Error('not used here');
  };
  const fed: number[] = [];
  return {
    fed,
    kind: 'reference',
    config,
    memoryBytes: 0,
    setAdapter: never,
    setAdapterValues: never,
    evaluate: never,
    clippedGradientSum: never,
    startDecoding: async (capacity) => {
      expect(capacity).toBeLessThanOrEqual(config.contextLength);
      fed.length = 0;
      return Promise.resolve(ok(null));
    },
    decode: async (token) => {
      const row = new Float32Array(vocabSize).fill(-5);
      rule(token, fed.length, row);
      fed.push(token);
      return Promise.resolve(row);
    },
    dispose: () => undefined,
  };
}
const next = (step: number): LlamaEngine & { fed: number[] } =>
  ruled((token, _position, row) => (row[2 + ((token + step) % 200)] = 5));

describe('generate', () => {
  it('begins with BOS and the prompt, then takes the most likely token', async () => {
    const engine = next(3);
    const written = unwrap(await generate(engine, tokenizer, request));
    const prompt = [...tokenizer.encode('One boat', { bos: true })];
    expect(prompt[0]).toBe(BOS_ID);
    expect(written.tokens.slice(0, prompt.length)).toEqual(prompt);
    expect(written.newTokens).toBe(8);
    for (let i = prompt.length; i < written.tokens.length; i++)
      expect(written.tokens[i]).toBe(2 + ((written.tokens[i - 1]! + 3) % 200));
    expect(engine.fed).toEqual(written.tokens);
    expect(written.newText).toBe(tokenizer.decode(written.tokens.slice(prompt.length)));
    expect(written.text).toBe(`One boat${written.newText}`);
  });

  it('gives the logits that follow a position, the last one included, and no others', async () => {
    const engine = ruled((_token, position, row) => {
      row[30] = 9;
      row[0] = position;
    });
    const last = tokenizer.encode('One boat', { bos: true }).length + 7;
    const written = unwrap(await generate(engine, tokenizer, { ...request, logitsAt: [0, 2, last, last + 1] }));
    expect(Object.keys(written.logits)).toEqual(['0', '2', String(last)]);
    for (const [position, row] of Object.entries(written.logits)) expect(row[0]).toBe(Number(position));
  });

  it('stops at the end of the sequence, at the limit and at the context', async () => {
    const ends = ruled((_token, position, row) => (row[position === 9 ? EOS_ID : 40] = 5));
    const written = unwrap(await generate(ends, tokenizer, { ...request, tokensMax: 50 }));
    expect(written.tokens).toHaveLength(11);
    expect(written.tokens.at(-1)).toBe(EOS_ID);
    expect(unwrap(await generate(next(1), tokenizer, { ...request, tokensMax: 0 })).newTokens).toBe(0);
    expect(unwrap(await generate(next(1), tokenizer, { ...request, tokensMax: 500 })).tokens).toHaveLength(24);
  });

  it('draws from the softmax: same seed, same text; frequencies as the probabilities say (6 sigma)', async () => {
    const engine = ruled((_token, _position, row) => {
      row.fill(-1e4);
      row[70] = 1e4;
      row[71] = 1e4 - Math.log(3);
    });
    const hot = { ...request, prompt: '', temperature: 1, tokensMax: 23 };
    let share = 0;
    let drawn = 0;
    for (let seed = 0; seed < 200; seed++) {
      const { tokens } = unwrap(await generate(engine, tokenizer, { ...hot, seed }));
      share += tokens.filter((token) => token === 70).length;
      drawn += tokens.length - 1;
      expect(tokens.slice(1).every((token) => token === 70 || token === 71)).toBe(true);
    }
    expect(drawn).toBe(4600);
    // The logits are f32, so 1e4 - ln 3 is off by 5e-4.
    expect(Math.abs(share / drawn - 0.75)).toBeLessThan(6 * Math.sqrt((0.75 * 0.25) / drawn) + 1e-3);
    const again = unwrap(await generate(engine, tokenizer, { ...hot, seed: 7 }));
    expect(unwrap(await generate(engine, tokenizer, { ...hot, seed: 7 }))).toEqual(again);
    expect(unwrap(await generate(engine, tokenizer, { ...hot, seed: 8 })).tokens).not.toEqual(again.tokens);
  });

  it('hands out text as it becomes whole, and stops when told to', async () => {
    const bytes = [...new TextEncoder().encode('é🙂x')].map((byte) => byte + 2);
    const promptLength = tokenizer.encode('One boat', { bos: true }).length;
    const speaks = ruled((_token, position, row) => (row[bytes[position - promptLength + 1] ?? EOS_ID] = 5));
    const pieces: string[] = [];
    const written = unwrap(
      await generate(speaks, tokenizer, { ...request, tokensMax: 9 }, { onText: (piece) => pieces.push(piece) }),
    );
    expect(pieces).toEqual(['é', '🙂', 'x']);
    expect(written.newText).toBe('é🙂x');

    const controller = new AbortController();
    const stopped = await generate(next(1), tokenizer, request, {
      signal: controller.signal,
      onText: () => controller.abort(),
    });
    expect(stopped).toMatchObject({ ok: false, error: { code: 'CANCELLED' } });
  });

  it('refuses bad requests and models that give no numbers', async () => {
    const code = async (change: Partial<GenerateRequest>, engine = next(1)): Promise<string> => {
      const got = await generate(engine, tokenizer, { ...request, ...change });
      return got.ok ? 'ok' : got.error.code;
    };
    expect(await code({ temperature: NaN })).toBe('GENERATE_REQUEST');
    expect(await code({ temperature: -1 })).toBe('GENERATE_REQUEST');
    expect(await code({ tokensMax: 1.5 })).toBe('GENERATE_REQUEST');
    expect(await code({ logitsAt: [-1] })).toBe('GENERATE_REQUEST');
    expect(await code({ prompt: 'boat '.repeat(30) })).toBe('GENERATE_REQUEST');
    expect(
      await code(
        {},
        ruled((_token, _position, row) => (row[9] = NaN)),
      ),
    ).toBe('GENERATE_VALUES');
    expect(
      await code(
        { temperature: 1 },
        ruled((_token, _position, row) => (row[9] = NaN)),
      ),
    ).toBe('GENERATE_VALUES');
  });
});
