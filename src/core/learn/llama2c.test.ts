import { existsSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { sha256Hex } from '../lib/bytes.ts';
import { unwrap } from '../lib/result.ts';
import { generate } from './generate.ts';
import { convertLlama2c, type Llama2cConversion, readLlama2c } from './llama2c.ts';
import { Llama2cForward, meanLoss } from './llama2c-forward.ts';
import { encodeLlama2c, readLlama2cTokenizer } from './llama2c-tokenizer.ts';
import { openModelFolder } from './model-folder.ts';
import { referenceFactory } from './reference-engine.ts';

const FOLDER = '../shared/data/llama';
const load = (name: string): Uint8Array => new Uint8Array(readFileSync(`${FOLDER}/${name}`));

describe.skipIf(!existsSync(FOLDER))('llama2.c checkpoint', () => {
  let checkpoint: Uint8Array;
  let tokenizerBin: Uint8Array;
  let converted: Llama2cConversion;
  beforeAll(() => {
    checkpoint = load('stories260K.bin');
    tokenizerBin = load('tok512.bin');
    converted = unwrap(convertLlama2c(checkpoint, tokenizerBin));
  }, 60_000);

  it('becomes a folder that opens with the shapes of its header', () => {
    const model = unwrap(openModelFolder({ ...converted, expected: null }));
    expect(model.config).toMatchObject({
      vocabSize: 512,
      hiddenSize: 64,
      layers: 5,
      heads: 8,
      kvHeads: 4,
      headDim: 8,
      contextLength: 512,
    });
    expect(model.config.tiedEmbeddings).toBe(true);
    expect(converted.transposed).toBe(false);
    expect(converted.parameters).toBe(260_032);
  });

  it('writes the same story, token for token, as its file read in its own convention', async () => {
    const forward = new Llama2cForward(unwrap(readLlama2c(checkpoint)));
    const expected = [1];
    const rows: Float64Array[] = [];
    for (let i = 0; i < 64; i++) {
      const logits = forward.step(expected.at(-1)!);
      rows.push(logits);
      expected.push(logits.indexOf(Math.max(...logits)));
    }
    const { config, weights, tokenizer } = unwrap(openModelFolder({ ...converted, expected: null }));
    const engine = unwrap(await referenceFactory.create(config, weights, { batchMax: 1, lengthMax: 8 }));
    const request = { prompt: '', tokensMax: 64, temperature: 0, seed: 0, logitsAt: [0, 30, 63] };
    const written = unwrap(await generate(engine, tokenizer, request));
    expect(written.tokens).toEqual(expected);
    expect(written.text).toMatch(/^Once upon a time, there was a little girl named Lily\. She loved to play outside/);
    expect(written.text).toBe(written.newText);
    for (const position of [0, 30, 63])
      for (const [i, logit] of rows[position]!.entries()) expect(written.logits[position]![i]).toBeCloseTo(logit, 4);
  });

  it('is turned when its matrices lie the other way round', () => {
    const { dim, hidden, layerCount, vocab } = unwrap(readLlama2c(checkpoint));
    const floats = new Float32Array(checkpoint.slice(28).buffer);
    const turned = floats.slice();
    let offset = vocab * dim + layerCount * dim;
    const turn = (dOut: number, dIn: number): void => {
      for (let layer = 0; layer < layerCount; layer++, offset += dOut * dIn)
        for (let j = 0; j < dOut; j++)
          for (let i = 0; i < dIn; i++) turned[offset + i * dOut + j] = floats[offset + j * dIn + i]!;
    };
    for (const dOut of [dim, dim / 2, dim / 2, dim]) turn(dOut, dim);
    offset += layerCount * dim;
    turn(hidden, dim);
    turn(dim, hidden);
    turn(hidden, dim);
    const file = checkpoint.slice();
    file.set(new Uint8Array(turned.buffer), 28);
    const again = unwrap(convertLlama2c(file, tokenizerBin));
    expect(again.transposed).toBe(true);
    expect(sha256Hex(again.weights)).toBe(sha256Hex(converted.weights));
  });

  it('tokenises like llama2.c', () => {
    const model = unwrap(openModelFolder({ ...converted, expected: null }));
    const own = unwrap(readLlama2cTokenizer(tokenizerBin, 512));
    const texts = [
      'Once upon a time, there was a little girl named Lily.',
      'Tom said, "Hello!" She  ran\nhome; 12 cats & dogs.',
      'naïve 🙂 日本',
      'x',
      '',
    ];
    for (const text of texts) {
      expect([...model.tokenizer.encode(text, { bos: true })]).toEqual(encodeLlama2c(text, own));
      expect(model.tokenizer.decode(model.tokenizer.encode(text))).toBe(text);
    }
    const stream = model.tokenizer.stream();
    expect([...model.tokenizer.encode(texts[2]!)].map((token) => stream.push(token)).join('')).toBe(texts[2]);
  });

  it('finds English likely', () => {
    const model = unwrap(readLlama2c(checkpoint));
    const own = unwrap(readLlama2cTokenizer(tokenizerBin, 512));
    expect(
      meanLoss(model, encodeLlama2c('Once upon a time, there was a big dog. The dog was happy.', own)),
    ).toBeLessThan(2);
  });

  it('refuses files that are cut, of another kind, or do not belong together', () => {
    const code = (a: Uint8Array, b: Uint8Array): string => {
      const got = convertLlama2c(a, b);
      return got.ok ? 'ok' : got.error.code;
    };
    expect(code(checkpoint.subarray(0, 20), tokenizerBin)).toBe('MODEL_TRUNCATED');
    expect(code(checkpoint.subarray(0, -4), tokenizerBin)).toBe('MODEL_TRUNCATED');
    expect(code(new Uint8Array([...checkpoint, 0, 0, 0, 0]), tokenizerBin)).toBe('MODEL_LLAMA2C');
    expect(code(tokenizerBin, tokenizerBin)).toBe('MODEL_LLAMA2C');
    expect(code(checkpoint, tokenizerBin.subarray(0, -3))).toBe('MODEL_TRUNCATED');
    expect(code(checkpoint, new Uint8Array())).toBe('MODEL_TRUNCATED');
    expect(code(checkpoint, new Uint8Array([...tokenizerBin, 1]))).toBe('MODEL_TOKENIZER');
    expect(code(checkpoint, checkpoint)).toMatch(/^MODEL_(TOKENIZER|TRUNCATED)$/);
    const broken = checkpoint.slice();
    broken.fill(0xff, 1000, 1004);
    expect(code(broken, tokenizerBin)).toBe('MODEL_LLAMA2C');
  });
});
