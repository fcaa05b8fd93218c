import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeBase } from '../corpus/base.ts';
import { writeStyle } from '../corpus/styles.ts';
import { utf8 } from '../lib/bytes.ts';
import { unwrap } from '../lib/result.ts';
import { BOS_ID, EOS_ID, trainBpe } from './bpe-train.ts';
import { buildShard, SHARD_TOKENS_MAX } from './shard.ts';
import { checkTextSize, firstInvalidUtf8, readText, SHARD_BYTES_MAX } from './shard-text.ts';
import { openTokenizer, type TextTokenizer } from './tokenizer.ts';

const tokenizer = unwrap(
  openTokenizer(utf8(trainBpe(writeBase(1, 60_000), 600)), { vocabSize: 600, bosTokenId: BOS_ID, eosTokenId: EOS_ID }),
);
/** One token per character: for tests that count. */
const letters: TextTokenizer = {
  vocabSize: 65536,
  bosTokenId: 0,
  eosTokenId: 1,
  encode: (text, { tokensMax = Infinity } = {}) =>
    Int32Array.from({ length: Math.min(text.length, tokensMax) }, (_, i) => text.charCodeAt(i)),
  decode: (tokens) => String.fromCharCode(...Array.from(tokens)),
  stream: () => ({ push: String, flush: () => '' }),
};
const file = (text: string, name = 'a.txt'): { name: string; bytes: Uint8Array } => ({ name, bytes: utf8(text) });
const rows = (data: Int32Array, stride: number): string[] =>
  Array.from({ length: data.length / stride }, (_, i) => data.slice(i * stride, (i + 1) * stride).join());
const utf16 = (text: string, littleEndian: boolean): Uint8Array => {
  const out = new DataView(new ArrayBuffer(2 + 2 * text.length));
  out.setUint16(0, 0xfeff, littleEndian);
  for (let i = 0; i < text.length; i++) out.setUint16(2 + 2 * i, text.charCodeAt(i), littleEndian);
  return new Uint8Array(out.buffer);
};

describe('text of a file', () => {
  it('is read from UTF-8 and UTF-16, with line ends made equal and without the byte order mark', () => {
    const text = 'Grüße, 世界 🙂\n';
    for (const bytes of [utf8(text), utf8(`\ufeff${text}`), utf16(text, true), utf16(text, false)])
      expect(unwrap(readText(bytes))).toBe(text);
    expect(unwrap(readText(utf8('a\r\nb\rc')))).toBe('a\nb\nc');
  });

  it('is refused by size before it is read', () => {
    expect(checkTextSize(2 ** 30)).toMatchObject({
      ok: false,
      error: { code: 'SHARD_LARGE', message: expect.stringContaining('1024 MB') },
    });
    expect(checkTextSize(SHARD_BYTES_MAX)).toMatchObject({ ok: true });
    expect(checkTextSize(0)).toMatchObject({ ok: false, error: { code: 'SHARD_EMPTY' } });
  });

  it.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(), 'SHARD_EMPTY'],
    ['blanks', utf8(' \n\t \n'), 'SHARD_EMPTY'],
    ['a zero byte', utf8('abc\u0000def'), 'SHARD_BINARY'],
    ['a PNG', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13), 'SHARD_BINARY'],
    ['control characters', utf8('\u0001\u0002\u0003abcdefgh'), 'SHARD_BINARY'],
    ['UTF-16 with a zero', utf16('a\u0000b', true), 'SHARD_BINARY'],
    ['UTF-16 of an odd length', utf16('abc', true).subarray(0, 7), 'SHARD_ENCODING'],
    ['UTF-16 with a lone high half', utf16('a\ud83d', false), 'SHARD_ENCODING'],
    ['UTF-16 with a lone low half', utf16('a\ude00b', false), 'SHARD_ENCODING'],
    ['Latin-1', Uint8Array.of(0x61, 0xfc, 0x62), 'SHARD_ENCODING'],
  ])('is refused when it is %s', (_what, bytes, code) => {
    expect(readText(bytes)).toMatchObject({ ok: false, error: { code } });
  });

  it('names the offset of the first bad byte, as the decoder sees it', () => {
    expect(readText(Uint8Array.of(0x61, 0x62, 0xe2, 0x82, 0x63))).toMatchObject({
      error: { code: 'SHARD_ENCODING', message: expect.stringContaining('byte 2 (0xe2)') },
    });
    const strict = (bytes: Uint8Array): boolean => {
      try {
        new TextDecoder('utf-8', { fatal: true }).decode(bytes);
        return true;
      } catch {
        return false;
      }
    };
    const byte = fc.oneof(fc.nat(255), fc.constantFrom(0xc3, 0xe0, 0xe2, 0xed, 0xf0, 0xf4, 0x80, 0x90, 0xa0, 0xbf));
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 8 }), (list) => {
        const bytes = Uint8Array.from(list);
        const offset = firstInvalidUtf8(bytes);
        expect(offset === bytes.length).toBe(strict(bytes));
        expect(strict(bytes.subarray(0, offset))).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('shard', () => {
  it('cuts windows that do not overlap and holds every tenth back, whatever is in them', () => {
    const shard = unwrap(buildShard([file(writeBase(7, 60_000))], tokenizer, 64));
    const windows = Math.floor(shard.tokens / 65);
    expect(windows).toBeGreaterThan(200);
    expect(shard.heldBackExamples).toBe(Math.round(windows / 10));
    expect(shard.trainExamples + shard.heldBackExamples).toBe(windows);
    expect(shard.train).toHaveLength(65 * shard.trainExamples);
    expect(shard.heldBack).toHaveLength(65 * shard.heldBackExamples);
    expect(shard.preview.length).toBeGreaterThan(100);
    const all = [...rows(shard.train, 65), ...rows(shard.heldBack, 65)].sort();
    const tokens = tokenizer.encode(writeBase(7, 60_000));
    expect(all).toEqual(rows(tokens.slice(0, windows * 65), 65).sort());
    expect(buildShard([file(writeBase(7, 60_000))], tokenizer, 64)).toEqual({ ok: true, value: shard });
  });

  it('splits two texts with the same number of windows at the same places', () => {
    const held = (offset: number): number[] => {
      const text = Array.from({ length: 400 }, (_, i) => String.fromCharCode(offset + i)).join('');
      return Array.from(unwrap(buildShard([file(text)], letters, 9)).heldBack, (code) => code - offset);
    };
    expect(held(0x4e00)).toEqual(held(0x5e00));
    expect(held(0x4e00)).toHaveLength(80);
  });

  it('collapses examples that occur again, and drops those that are held back', () => {
    const line = (i: number): string => `line ${String(i).padStart(4, '0')}`;
    const varied = Array.from({ length: 100 }, (_, i) => line(i)).join('');
    const repeated = Array.from({ length: 300 }, (_, i) => line(i % 20)).join('');
    const once = unwrap(buildShard([file(varied)], letters, 8));
    const shard = unwrap(buildShard([file(varied + repeated)], letters, 8));
    expect(once.trainExamples).toBe(90);
    expect(shard.heldBackExamples).toBe(40);
    const train = rows(shard.train, 9);
    expect(new Set(train).size).toBe(train.length);
    expect(train.filter((row) => rows(shard.heldBack, 9).includes(row))).toEqual([]);
  });

  it('keeps files apart and names those it leaves out', () => {
    const shard = unwrap(
      buildShard(
        [
          file('x'.repeat(25) + 'y', 'short.txt'),
          { name: 'photo.png', bytes: Uint8Array.of(0, 1, 2, 3) },
          file(Array.from({ length: 300 }, (_, i) => String.fromCharCode(0x4e00 + i)).join(''), 'long.txt'),
        ],
        letters,
        9,
      ),
    );
    expect(shard.refused).toMatchObject([{ name: 'photo.png' }]);
    for (const row of [...rows(shard.train, 10), ...rows(shard.heldBack, 10)]) expect(row).not.toContain(',121');
  });

  it('says what is wrong when nothing can be used', () => {
    const code = (files: { name: string; bytes: Uint8Array }[]): unknown => {
      const got = buildShard(files, letters, 9);
      return got.ok ? 'ok' : got.error.code;
    };
    expect(code([])).toBe('SHARD_EMPTY');
    expect(code([{ name: 'a', bytes: Uint8Array.of(0) }])).toBe('SHARD_BINARY');
    expect(code([file('a'.repeat(159))])).toBe('SHARD_SMALL');
    expect(code([file('a'.repeat(160))])).toBe('SHARD_SMALL');
    expect(code([file(writeStyle('pirate', 1, 160))])).toBe('ok');
  });

  it('stops at the limit on tokens and says so', () => {
    const shard = unwrap(buildShard([file(writeBase(1, 50_000).repeat(100))], letters, 255));
    expect(shard.tokens).toBe(SHARD_TOKENS_MAX);
    expect(shard.refused).toMatchObject([{ name: 'a.txt', reason: expect.stringContaining('first') }]);
  });
});
