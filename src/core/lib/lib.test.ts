import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, equalConstantTime, fromBase64Url, fromHex, sha256Hex, toBase64Url, toHex, utf8 } from './bytes.ts';
import { Prng } from './prng.ts';
import { unwrap } from './result.ts';

describe('bytes', () => {
  it('reads back what it wrote, in hex and base64url', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
        expect(unwrap(fromHex(toHex(bytes)))).toEqual(new Uint8Array(bytes));
        expect(unwrap(fromBase64Url(toBase64Url(bytes)))).toEqual(new Uint8Array(bytes));
        expect(toBase64Url(bytes)).toBe(Buffer.from(bytes).toString('base64url'));
      }),
    );
  });

  it.each(['0', 'xx', 'AB'])('refuses %j as hex', (text) => {
    expect(fromHex(text)).toMatchObject({ ok: false, error: { code: 'BYTES_HEX' } });
  });

  it.each(['A', 'a+b/', 'ab='])('refuses %j as base64url', (text) => {
    expect(fromBase64Url(text)).toMatchObject({ ok: false, error: { code: 'BYTES_BASE64URL' } });
  });

  it('hashes like FIPS 180-4 says', () => {
    expect(sha256Hex(utf8('abc'))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });

  it('compares by content and length', () => {
    expect(equalConstantTime(concat(utf8('a'), utf8('b')), utf8('ab'))).toBe(true);
    expect(equalConstantTime(utf8('ab'), utf8('ac'))).toBe(false);
    expect(equalConstantTime(utf8('ab'), utf8('abc'))).toBe(false);
  });
});

describe('Prng', () => {
  it('repeats itself from the same seed and differs between seeds', () => {
    const draw = (seed: number | string): number[] => {
      const prng = new Prng(seed);
      return Array.from({ length: 8 }, () => prng.uint32());
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw('a')).toEqual(draw('a'));
    expect(new Set([draw(0), draw(1), draw(2 ** 32), draw(2 ** 33), draw('a'), draw('b')].map(String)).size).toBe(6);
  });

  it('goes on alike in a copy, without touching the original', () => {
    const prng = new Prng(11);
    prng.uint32();
    const copy = prng.clone();
    const ahead = Array.from({ length: 5 }, () => copy.uint32());
    expect(Array.from({ length: 5 }, () => prng.uint32())).toEqual(ahead);
  });

  it('fills [0, n) evenly (chi-square, 15 degrees of freedom, false alarm 1e-6)', () => {
    const prng = new Prng(3);
    const counts = Array.from({ length: 16 }, () => 0);
    for (let i = 0; i < 160_000; i++) counts[prng.below(16)]! += 1;
    const chi2 = counts.reduce((sum, n) => sum + (n - 10_000) ** 2 / 10_000, 0);
    expect(chi2).toBeLessThan(58);
  });

  it('has normal deviates of mean 0 and variance 1', () => {
    const prng = new Prng(5);
    let sum = 0;
    let squares = 0;
    const n = 100_000;
    for (let i = 0; i < n; i++) {
      const x = prng.normal();
      sum += x;
      squares += x * x;
    }
    expect(Math.abs(sum / n)).toBeLessThan(5 / Math.sqrt(n));
    expect(Math.abs(squares / n - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
  });
});
