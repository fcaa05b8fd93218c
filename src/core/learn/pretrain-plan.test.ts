import { describe, expect, it } from 'vitest';
import { writeBase, writeBaseDocuments } from '../corpus/base.ts';
import { utf8 } from '../lib/bytes.ts';
import { Prng } from '../lib/prng.ts';
import { unwrap } from '../lib/result.ts';
import { trainBpe } from './bpe-train.ts';
import { BASE_CONFIG, BatchSource, learningRate, tokenStream } from './pretrain-plan.ts';
import { openTokenizer } from './tokenizer.ts';

describe('pretraining plan', () => {
  const tokenizer = unwrap(openTokenizer(utf8(trainBpe(writeBase(1, 30_000), 400)), BASE_CONFIG));
  const documents = writeBaseDocuments(2, 20_000);
  const tokens = tokenStream(documents, tokenizer);
  const { bosTokenId: bos, eosTokenId: eos } = tokenizer;

  it('puts every document between BOS and EOS, some of them in pairs', () => {
    const begins = [...tokens.keys()].filter((place) => tokens[place] === bos);
    expect(begins.length).toBeGreaterThan(0.7 * documents.length);
    expect(begins.length).toBeLessThan(0.95 * documents.length);
    expect(begins[0]).toBe(0);
    for (const place of begins.slice(1)) expect(tokens[place - 1]).toBe(eos);
    expect(tokenizer.decode(tokens).replaceAll('\n\n', '')).toBe(documents.join('').replaceAll('\n\n', ''));
  });

  it('draws windows of the stream, half of them from the beginning of a document', () => {
    const source = new BatchSource(tokens, new Prng(3));
    const text = tokens.join(' ');
    let begun = 0;
    for (let n = 0; n < 20; n++) {
      const batch = source.next(4, 30);
      expect(batch).toHaveLength(4 * 31);
      for (let row = 0; row < 4; row++) {
        const window = batch.subarray(row * 31, (row + 1) * 31);
        expect(text).toContain(window.join(' '));
        if (window[0] === bos) begun++;
      }
    }
    expect(begun).toBeGreaterThanOrEqual(40);
    expect(begun).toBeLessThan(60);
    expect(() => source.next(1, tokens.length)).toThrow('too few');
  });

  it('warms up, peaks and falls to a tenth', () => {
    const rates = Array.from({ length: 3000 }, (_, step) => learningRate(step, 3000, 1));
    expect(rates[0]).toBeCloseTo(1 / 200, 6);
    expect(Math.max(...rates)).toBe(1);
    expect(rates[199]).toBe(1);
    expect(rates.at(-1)).toBeCloseTo(0.1, 3);
    for (let step = 201; step < 3000; step++) expect(rates[step]!).toBeLessThanOrEqual(rates[step - 1]!);
  });
});
