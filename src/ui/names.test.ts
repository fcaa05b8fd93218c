import { describe, expect, it } from 'vitest';
import { publicId } from '../../tests/fixtures/run-views.ts';
import { friendlyName, friendlyNames } from './names.ts';

describe('friendly names', () => {
  it('are two words and the same for the same id', () => {
    expect(friendlyName('9e3779b1')).toMatch(/^[a-z]+ [a-z]+$/);
    expect(friendlyName('9e3779b1')).toBe(friendlyName('9e3779b1'));
  });

  it('spread: of 200 ids at least 190 have different words', () => {
    const names = new Set(Array.from({ length: 200 }, (_, index) => friendlyName(publicId(index))));
    expect(names.size).toBeGreaterThan(190);
  });

  it('differ for everybody in one picture, also where the words coincide', () => {
    const same = Array.from({ length: 5_000 }, (_, index) => publicId(index));
    const words = same.map(friendlyName);
    expect(new Set(words).size).toBeLessThan(same.length);
    expect(new Set(friendlyNames(same).values()).size).toBe(same.length);
  });

  it('keep the plain words where nobody else has them', () => {
    expect(friendlyNames(['9e3779b1']).get('9e3779b1')).toBe(friendlyName('9e3779b1'));
  });

  it('exist for ids that are not hexadecimal', () => {
    expect(friendlyName('zürich')).toMatch(/^[a-z]+ [a-z]+$/);
    expect(friendlyName('')).toMatch(/^[a-z]+ [a-z]+$/);
  });
});
