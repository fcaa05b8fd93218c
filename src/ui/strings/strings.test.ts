import { describe, expect, it } from 'vitest';
import { SAMPLE_STYLE_IDS } from '../../app/sample-styles.ts';
import { STYLES } from '../../core/corpus/styles.ts';
import { createFormat } from '../format.ts';
import { engineName } from '../models/engine-name.ts';
import { shardName } from '../models/shard-name.ts';
import { de } from './de.ts';
import { en } from './en.ts';

const english = en(createFormat('en'));
const german = de(createFormat('de'));

type Leaf = readonly [path: string, value: unknown];

function leaves(value: unknown, path = ''): readonly Leaf[] {
  if (typeof value !== 'object' || value === null) return [[path, value]];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, `${path}.${key}`));
}

describe('strings', () => {
  it('have the same keys in both languages', () => {
    expect(leaves(german).map(([path]) => path)).toEqual(leaves(english).map(([path]) => path));
  });

  it('are never empty, and nearly all are translated', () => {
    const words = leaves(english).filter(([, value]) => typeof value === 'string');
    const other = new Map(leaves(german));
    expect(words.length).toBeGreaterThan(150);
    expect(leaves(german).filter(([, value]) => value === '')).toEqual([]);
    const same = words.filter(([path, value]) => other.get(path) === value);
    expect(same.length / words.length).toBeLessThan(0.12);
  });

  it('say nothing like undefined or NaN for counts of zero, one and many', () => {
    for (const words of [english, german]) {
      const said = [0, 1, 37].flatMap((n) => [
        words.tab.life.finished(n),
        words.hero.state('training', n, n),
        words.hero.state('gathering', n, n),
        words.people.sentence(n, n),
        words.privacy.left(n),
        words.audience.phaseSentence('training', n, n),
        words.tab.merged(n),
        words.left.total('3 kB', n),
        words.health.summary(true, n),
        words.audience.roundSummary(n, 'x', n, n, null, '3 s'),
      ]);
      for (const sentence of said) expect(sentence).not.toMatch(/undefined|NaN|null|\[object/u);
    }
    expect(english.hero.state('training', 3, 1)).toBe('Round 3 is training with 1 tab.');
    expect(german.hero.state('training', 3, 2)).toBe('Runde 3 trainiert mit 2 Tabs.');
  });

  it('name exactly the styles that the sample generator writes', () => {
    expect([...SAMPLE_STYLE_IDS].toSorted()).toEqual(STYLES.map(({ id }) => id).toSorted());
    for (const id of SAMPLE_STYLE_IDS) expect(english.text.styles[id].name).not.toBe('');
  });

  it('give engines and sample texts a name for people, and leave others as they are', () => {
    expect(engineName('wasm', english)).toBe('WebAssembly');
    expect(engineName('wasm (relaxed)', english)).toBe('WebAssembly (relaxed)');
    expect(engineName('abacus', english)).toBe('abacus');
    expect(shardName('sample: chess', english)).toBe('Sample text (Chess commentary)');
    expect(shardName('sample: opera', english)).toBe('sample: opera');
    expect(shardName('letters.txt', english)).toBe('letters.txt');
  });
});
