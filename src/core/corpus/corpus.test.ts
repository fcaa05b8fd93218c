import { describe, expect, it } from 'vitest';
import { Prng } from '../lib/prng.ts';
import { writeBase, writeBaseDocuments } from './base.ts';
import { lists, Writer } from './grammar.ts';
import { STYLES, writeStyle } from './styles.ts';

describe('grammar', () => {
  const writer = (lexicon = {}): Writer => new Writer(new Prng(1), lexicon);

  it('keeps a word within a document and draws anew with an exclamation mark', () => {
    const w = writer(lists({ word: 'a / b / c / d / e / f' }));
    expect(new Set(Array.from({ length: 20 }, () => w.write('{word}'))).size).toBe(1);
    expect(new Set(Array.from({ length: 60 }, () => w.write('{word!}'))).size).toBe(6);
  });

  it('chooses among nested alternatives, draws numbers in range and writes capitals', () => {
    const w = writer({ word: ['sea'] });
    expect(new Set(Array.from({ length: 60 }, () => w.write('(a(b|c)|)d')))).toEqual(new Set(['abd', 'acd', 'd']));
    const numbers = new Set(Array.from({ length: 90 }, () => Number(w.write('{7-10}'))));
    expect([...numbers].sort((a, b) => a - b)).toEqual([7, 8, 9, 10]);
    expect(w.write('{^word!} {^word}')).toBe('Sea Sea');
  });

  it('is loud about a missing list, a missing bracket and a circle', () => {
    expect(() => writer().write('{nothing}')).toThrow('nothing');
    expect(() => writer().write('(a|b')).toThrow('parenthesis');
    expect(() => writer({ a: ['{b!}'], b: ['{a!}'] }).write('{a}')).toThrow('circle');
  });
});

const texts: [string, (seed: number, characters: number) => string][] = [
  ['base', writeBase],
  ...STYLES.map(({ id }): [string, (seed: number, characters: number) => string] => [
    id,
    (seed, characters) => writeStyle(id, seed, characters),
  ]),
];

describe.each(texts)('text of %s', (_name, write) => {
  const text = write(1, 30_000);

  it('is exactly as long as asked and the same for the same seed only', () => {
    expect(text).toHaveLength(30_000);
    expect(write(1, 30_000)).toBe(text);
    expect(write(2, 30_000)).not.toBe(text);
    expect(write(1, 1000)).toBe(text.slice(0, 1000));
  });

  it('has filled every slot and repeats few documents', () => {
    expect(text).not.toMatch(/[{}]|undefined/);
    const documents = text.split('\n\n').slice(0, -1);
    expect(documents.length).toBeGreaterThan(20);
    expect(new Set(documents).size).toBeGreaterThan(0.95 * documents.length);
  });
});

describe('styles', () => {
  it('are at least eight, and differ from the base and from each other in their words', () => {
    expect(STYLES.length).toBeGreaterThanOrEqual(8);
    const words = (text: string): Set<string> => new Set(text.match(/\p{L}+|[^\p{L}\s]/gu));
    const base = words(writeBase(1, 200_000));
    const seen = STYLES.map(({ id }) => words(writeStyle(id, 1, 20_000)));
    for (const style of seen) {
      const fresh = [...style].filter((word) => !base.has(word)).length / style.size;
      expect(fresh).toBeGreaterThan(0.25);
      for (const other of seen) {
        if (other === style) continue;
        const shared = [...style].filter((word) => other.has(word)).length / style.size;
        expect(shared).toBeLessThan(0.6);
      }
    }
  });

  it('refuse an unknown name loudly', () => {
    expect(() => writeStyle('opera', 1, 10)).toThrow('opera');
  });
});

describe('base documents', () => {
  it('are short enough to be seen whole and long enough to say something', () => {
    const lengths = writeBaseDocuments(3, 100_000).map((text) => text.length);
    expect(lengths.length).toBeGreaterThan(100);
    expect(Math.max(...lengths)).toBeLessThan(1200);
    expect(Math.min(...lengths)).toBeGreaterThan(40);
  });
});
