import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeBase } from '../corpus/base.ts';
import { unwrap } from '../lib/result.ts';
import { utf8 } from '../lib/bytes.ts';
import { BOS_ID, byteNames, EOS_ID, trainBpe } from './bpe-train.ts';
import { openTokenizer } from './tokenizer.ts';

const ids = { vocabSize: 600, bosTokenId: BOS_ID, eosTokenId: EOS_ID };
const json = trainBpe(writeBase(1, 60_000), 600);
const tokenizer = unwrap(openTokenizer(utf8(json), ids));
const anyText = fc.string({ unit: 'binary', maxLength: 60 }).filter((text) => text.isWellFormed());

describe('byte-pair trainer', () => {
  it('gives the same file for the same text', () => {
    expect(trainBpe(writeBase(1, 60_000), 600)).toBe(json);
  });

  it('has a full vocabulary with 256 bytes', () => {
    const { vocab } = (JSON.parse(json) as { model: { vocab: Record<string, number> } }).model;
    expect(Object.values(vocab).sort((a, b) => a - b)).toEqual(Array.from({ length: 600 }, (_, i) => i));
    expect(new Set(byteNames()).size).toBe(256);
    for (const [byte, name] of byteNames().entries()) expect(vocab[name]).toBe(2 + byte);
  });

  it('learns frequent pairs first and reuses a token that two merges make', () => {
    const { merges } = (JSON.parse(trainBpe('aaab aaab aaab '.repeat(9), 262)) as { model: { merges: string[] } })
      .model;
    expect(merges[0]).toBe('a a');
    expect(merges).toHaveLength(4);
  });

  it('shortens English by more than half', () => {
    const text = writeBase(2, 10_000);
    expect(tokenizer.encode(text).length).toBeLessThan(text.length / 2);
  });

  it('is loud when the text is too small for the vocabulary', () => {
    expect(() => trainBpe('abc', 600)).toThrow('600');
  });
});

describe('tokenizer', () => {
  it('gives back every well-formed text, emoji and control characters included', () => {
    const samples = ['', ' ', 'naïve café 👩‍🚀🏳️‍🌈\u0000\n\t', '日本語 テスト', 'العربية', ' \n  a', "it's 12:30, don't"];
    for (const text of samples) expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    fc.assert(
      fc.property(anyText, (text) => {
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
      }),
    );
  });

  it('turns lone surrogates into U+FFFD', () => {
    expect(tokenizer.decode(tokenizer.encode('a\ud83db'))).toBe('a\ufffdb');
  });

  it('never makes special tokens out of text', () => {
    const tokens = [...tokenizer.encode('</s> and <s>')];
    expect(tokens).not.toContain(BOS_ID);
    expect(tokens).not.toContain(EOS_ID);
    expect(tokenizer.decode(tokens)).toBe('</s> and <s>');
  });

  it('begins with BOS on request, stops at a limit, and leaves special tokens out of the text', () => {
    const tokens = tokenizer.encode('hello', { bos: true });
    expect(tokens[0]).toBe(BOS_ID);
    expect(tokenizer.decode([...tokens, EOS_ID])).toBe('hello');
    expect(tokenizer.encode('hello hello', { tokensMax: 2 })).toHaveLength(2);
  });

  it('cuts long texts where no token is lost', () => {
    const text = writeBase(5, 50_000);
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    const [head, tail] = [text.slice(0, 900), text.slice(900, 1800)];
    expect([...tokenizer.encode(`${head} zebra`), ...tokenizer.encode(` lion${tail}`)]).toEqual([
      ...tokenizer.encode(`${head} zebra lion${tail}`),
    ]);
    const emoji = '🙂'.repeat(20_000);
    expect(tokenizer.decode(tokenizer.encode(emoji))).toBe(emoji);
  });

  it('streams whole characters whose pieces add up to the text', () => {
    fc.assert(
      fc.property(
        anyText.filter((text) => !text.includes('\ufffd')),
        (text) => {
          const stream = tokenizer.stream();
          const pieces = Array.from(tokenizer.encode(text), (token) => stream.push(token));
          for (const piece of pieces) expect(piece).not.toContain('\ufffd');
          expect(pieces.join('') + stream.flush()).toBe(text);
        },
      ),
    );
  });

  it('does not hold back bytes that never become a character', () => {
    const stream = tokenizer.stream();
    const pieces = Array.from({ length: 40 }, () => stream.push(2 + 0xe2));
    expect(pieces.filter((piece) => piece !== '')).toHaveLength(10);
  });

  it('refuses a file of another kind or with tokens that the model does not know', () => {
    const open = (text: string, vocabSize = 600): unknown => openTokenizer(utf8(text), { ...ids, vocabSize });
    for (const text of ['', '{', '[]', 'null', '{}', '{"model":{"type":"BPE"}}', json.slice(0, 500)])
      expect(open(text)).toMatchObject({ ok: false, error: { code: 'MODEL_TOKENIZER' } });
    expect(open(json, 599)).toMatchObject({ ok: false, error: { code: 'MODEL_TOKENIZER' } });
    expect(open(json, 601)).toMatchObject({ ok: true });
  });
});
