import { describe, expect, it } from 'vitest';
import { createFormat } from './format.ts';

const f = createFormat('en');

describe('format', () => {
  it('shows no number as a dash, in every function', () => {
    for (const value of [Number.NaN, Infinity, -Infinity]) {
      expect([
        f.integer(value),
        f.decimal(value, 2),
        f.percent(value),
        f.compact(value),
        f.time(value),
        f.scientific(value),
      ]).toEqual(Array.from({ length: 6 }, () => '–'));
    }
  });

  it('never shows a negative zero', () => {
    expect(f.decimal(-0, 2)).toBe('0.00');
  });

  it('gives bytes a unit that fits', () => {
    expect(f.bytes(0)).toBe('0 bytes');
    expect(f.bytes(1)).toBe('1 byte');
    expect(f.bytes(999)).toBe('999 bytes');
    expect(f.bytes(21_384)).toBe('21 kB');
    expect(f.bytes(16 * 2 ** 20)).toBe('16.8 MB');
  });

  it('gives durations a unit that fits, and never a negative one', () => {
    expect(f.duration(-5)).toBe('0 ms');
    expect(f.duration(196)).toBe('196 ms');
    expect(f.duration(6_700)).toBe('6.7 sec');
    expect(f.duration(31_000)).toBe('31 sec');
    expect(f.duration(240_000)).toBe('4 min');
  });

  it('writes powers of ten with raised digits', () => {
    expect(f.scientific(1e-5)).toBe('1\u00a0×\u00a010⁻⁵');
    expect(f.scientific(3e12)).toBe('3\u00a0×\u00a010¹²');
  });

  it('speaks the language it was made for', () => {
    expect(createFormat('de').decimal(2.84, 2)).toBe('2,84');
  });
});
