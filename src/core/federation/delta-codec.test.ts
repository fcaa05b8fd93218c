import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Prng } from '../lib/prng.ts';
import { unwrap } from '../lib/result.ts';
import { decodeDelta, encodedBytes, encodeDelta, type DeltaEncoding } from './delta-codec.ts';

const finite = fc.float({ noNaN: true, noDefaultInfinity: true, min: -(2 ** 100), max: 2 ** 100 });
const vector = fc.array(finite, { maxLength: 700 }).map((values) => Float32Array.from(values));

describe('delta codec', () => {
  it('keeps every bit as f32', () => {
    fc.assert(
      fc.property(vector, (values) => {
        const bytes = encodeDelta(values, 'f32', new Prng(1));
        expect(bytes.length).toBe(encodedBytes(values.length, 'f32'));
        expect(unwrap(decodeDelta(bytes, values.length, 'f32'))).toEqual(values);
      }),
    );
  });

  it('stays within one grid step of its block as int8, in a quarter of the bytes', () => {
    fc.assert(
      fc.property(vector, fc.nat(), (values, seed) => {
        const bytes = encodeDelta(values, 'int8', new Prng(seed));
        expect(bytes.length).toBe(values.length + 4 * Math.ceil(values.length / 256));
        const decoded = unwrap(decodeDelta(bytes, values.length, 'int8'));
        for (let from = 0; from < values.length; from += 256) {
          const block = values.subarray(from, from + 256);
          const step = (block.reduce((max, value) => Math.max(max, Math.abs(value)), 0) / 127) * 1.000001 + 1.2e-38;
          block.forEach((value, i) => expect(Math.abs((decoded[from + i] ?? 0) - value)).toBeLessThanOrEqual(step));
        }
      }),
    );
  });

  it('is unbiased as int8: the mean of 4,000 encodings hits every value (6 sigma bands)', () => {
    const prng = new Prng(9);
    const values = Float32Array.from({ length: 300 }, (_, i) => (i < 256 ? prng.normal() : 1e-4 * prng.normal()));
    const sums = new Float64Array(values.length);
    const rounds = 4000;
    for (let round = 0; round < rounds; round++) {
      unwrap(decodeDelta(encodeDelta(values, 'int8', prng), values.length, 'int8')).forEach((value, i) => {
        sums[i]! += value;
      });
    }
    for (const [from, to] of [
      [0, 256],
      [256, 300],
    ] as const) {
      const step = values.subarray(from, to).reduce((max, value) => Math.max(max, Math.abs(value)), 0) / 127;
      // Rounding errors are within one step, so their deviation is at most half a step.
      const band = (6 * step) / 2 / Math.sqrt(rounds);
      for (let i = from; i < to; i++) expect(Math.abs((sums[i] ?? 0) / rounds - (values[i] ?? 0))).toBeLessThan(band);
    }
  });

  it('keeps zeros, denormals and the largest floats', () => {
    for (const values of [
      [0, -0, 0],
      [1e-45, -1e-45],
      [1e-40, 3e-39],
      [3e38, -1],
    ]) {
      const bytes = encodeDelta(Float32Array.from(values), 'int8', new Prng(2));
      const decoded = unwrap(decodeDelta(bytes, values.length, 'int8'));
      expect(Math.abs((decoded[0] ?? 0) - (values[0] ?? 0))).toBeLessThanOrEqual(
        Math.max(...values.map(Math.abs)) / 100 + 1.2e-38,
      );
    }
  });

  it.each<[DeltaEncoding, number, number]>([
    ['f32', 3, 11],
    ['f32', 3, 13],
    ['f32', 3, 0],
    ['int8', 300, 300],
    ['int8', 300, 307],
    ['int8', 300, 309],
    ['int8', 0, 1],
  ])('refuses %s of %d values in %d bytes', (encoding, size, length) => {
    expect(decodeDelta(new Uint8Array(length), size, encoding)).toMatchObject({
      ok: false,
      error: { code: 'FED_DELTA_LENGTH' },
    });
  });

  it.each([Number.NaN, Infinity, -Infinity])('refuses %d among f32 values and among scales', (value) => {
    const bytes = new Uint8Array(12);
    new DataView(bytes.buffer).setFloat32(4, value, true);
    expect(decodeDelta(bytes, 3, 'f32')).toMatchObject({ ok: false, error: { code: 'FED_DELTA_VALUE' } });
    const quantised = new Uint8Array(encodedBytes(2, 'int8'));
    new DataView(quantised.buffer).setFloat32(0, value, true);
    expect(decodeDelta(quantised, 2, 'int8')).toMatchObject({ ok: false, error: { code: 'FED_DELTA_VALUE' } });
  });

  it('refuses negative and overflowing scales, the byte -128 and values under scale 0', () => {
    const build = (scale: number, step: number): Uint8Array => {
      const bytes = new Uint8Array(encodedBytes(2, 'int8'));
      const view = new DataView(bytes.buffer);
      view.setFloat32(0, scale, true);
      view.setInt8(5, step);
      return bytes;
    };
    expect(decodeDelta(build(1, -127), 2, 'int8')).toMatchObject({ ok: true });
    for (const [scale, step] of [
      [-1, 1],
      [1e38, 1],
      [1, -128],
      [0, 1],
    ] as const)
      expect(decodeDelta(build(scale, step), 2, 'int8')).toMatchObject({
        ok: false,
        error: { code: 'FED_DELTA_VALUE' },
      });
  });

  it('refuses an unknown encoding', () => {
    expect(decodeDelta(new Uint8Array(8), 2, 'f16' as DeltaEncoding)).toMatchObject({
      ok: false,
      error: { code: 'FED_DELTA_ENCODING' },
    });
  });

  it('answers arbitrary bytes with a value or a typed refusal', () => {
    let taken = 0;
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 40 }),
        fc.nat({ max: 12 }),
        fc.constantFrom('int8', 'f32'),
        (bytes, size, encoding) => {
          const result = decodeDelta(bytes, size, encoding as DeltaEncoding);
          taken += result.ok ? 1 : 0;
          const sound = result.ok ? result.value.every(Number.isFinite) : result.error.code.startsWith('FED_DELTA_');
          expect(sound).toBe(true);
        },
      ),
      { numRuns: 2000 },
    );
    expect(taken).toBeGreaterThan(0);
  });
});
