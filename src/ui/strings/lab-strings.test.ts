import { describe, expect, it } from 'vitest';
import { createFormat } from '../format.ts';
import { labDe } from './lab-de.ts';
import { labEn } from './lab-en.ts';

const english = labEn(createFormat('en'));
const german = labDe(createFormat('de'));

type Leaf = readonly [path: string, value: unknown];

function leaves(value: unknown, path = ''): readonly Leaf[] {
  if (typeof value !== 'object' || value === null) return [[path, value]];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, `${path}.${key}`));
}

describe('strings of the lab', () => {
  it('have the same keys in both languages, none empty', () => {
    const keys = leaves(english).map(([path]) => path);
    expect(keys.length).toBeGreaterThan(200);
    expect(leaves(german).map(([path]) => path)).toEqual(keys);
    for (const words of [english, german]) expect(leaves(words).filter(([, value]) => value === '')).toEqual([]);
  });

  it('are nearly all translated', () => {
    const words = leaves(english).filter(([, value]) => typeof value === 'string');
    const other = new Map(leaves(german));
    const same = words.filter(([path, value]) => other.get(path) === value);
    expect(same.length / words.length).toBeLessThan(0.12);
  });

  it('say nothing like undefined or NaN for counts of zero, one and many', () => {
    for (const words of [english, german]) {
      const said = [0, 1, 37].flatMap((n) => [
        words.circuit.summary(n, n),
        words.circuit.tooLarge.cells(n),
        words.circuit.refusals['needs-qubits'](n),
        words.steps.end(n),
        words.steps.at(n, n, 'X'),
        words.text.lines(n),
        words.counts.sentence(n, n),
        words.observables.hint(n),
        words.engine.threads(n),
        words.engine.passes(n),
        words.engine.limit(n),
        words.state.listed(n, 99, '5 %'),
      ]);
      for (const sentence of said) expect(sentence).not.toMatch(/undefined|NaN|null|\[object/u);
    }
    expect(english.circuit.summary(1, 2)).toBe('1 qubit, 2 operations');
    expect(german.circuit.summary(2, 1)).toBe('2 Qubits, 1 Operation');
  });
});
