import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unwrap } from '../lib/result.ts';
import { narrowF16, widenBf16, widenF16 } from './half-float.ts';
import { type NamedTensor, readSafetensors, widenTensor, writeSafetensors } from './safetensors.ts';

function file(header: unknown, data = 0, claimed?: number): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const out = new Uint8Array(8 + json.length + data);
  new DataView(out.buffer).setBigUint64(0, BigInt(claimed ?? json.length), true);
  out.set(json, 8);
  return out;
}

const f32 = (shape: unknown, begin: unknown, end: unknown, dtype = 'F32'): object => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

const tensors: fc.Arbitrary<NamedTensor[]> = fc
  .uniqueArray(fc.tuple(fc.string({ minLength: 1, maxLength: 12 }), fc.array(fc.nat(4), { maxLength: 3 })), {
    selector: ([name]) => name,
    minLength: 1,
    maxLength: 6,
  })
  .chain((entries) =>
    fc.tuple(
      ...entries.map(([name, shape]) => {
        const count = shape.reduce((n, side) => n * side, 1);
        return fc
          .float32Array({ minLength: count, maxLength: count, noNaN: true })
          .map((values): NamedTensor => ({ name: `t ${name}`, shape, values }));
      }),
    ),
  );

describe('safetensors', () => {
  it('reads back what it wrote, from any alignment, and writes the same bytes in any order', () => {
    fc.assert(
      fc.property(tensors, fc.nat(7), (list, shift) => {
        const bytes = writeSafetensors(list, 'F32', { format: 'pt' });
        expect(writeSafetensors([...list].reverse(), 'F32', { format: 'pt' })).toEqual(bytes);
        const shifted = new Uint8Array(bytes.length + shift).subarray(shift);
        shifted.set(bytes);
        const read = unwrap(readSafetensors(shifted));
        expect(read.size).toBe(list.length);
        for (const { name, shape, values } of list) {
          const tensor = read.get(name)!;
          expect(tensor.shape).toEqual(shape);
          expect(widenTensor(tensor)).toEqual(values);
        }
      }),
    );
  });

  it('narrows to F16 and widens again', () => {
    const values = new Float32Array([0, -1.5, 65504, 2 ** -24, 0.333251953125]);
    const read = unwrap(readSafetensors(writeSafetensors([{ name: 'a', shape: [5], values }], 'F16')));
    expect(read.get('a')!.bytes).toHaveLength(10);
    expect(widenTensor(read.get('a')!)).toEqual(values);
  });

  it('calls every shortened file truncated or unreadable, and never reads it', () => {
    const bytes = writeSafetensors([{ name: 'a', shape: [3, 4], values: new Float32Array(12) }], 'F32');
    for (let length = 0; length < bytes.length; length++) {
      const got = readSafetensors(bytes.subarray(0, length));
      expect(got).toMatchObject({ ok: false, error: { code: 'MODEL_TRUNCATED' } });
    }
  });

  it.each<[string, Uint8Array, string]>([
    ['a header longer than the file', file({}, 0, 500), 'MODEL_TRUNCATED'],
    ['a header of 2^60 bytes', file({}, 0, 2 ** 60), 'MODEL_SAFETENSORS'],
    ['a header that is not JSON', file('{"a":'), 'MODEL_SAFETENSORS'],
    ['a header that is a list', file('[]'), 'MODEL_SAFETENSORS'],
    ['no tensors', file({ __metadata__: { a: 'b' } }), 'MODEL_SAFETENSORS'],
    ['an unknown type', file({ a: f32([2], 0, 8, 'I64') }, 8), 'MODEL_SAFETENSORS'],
    ['reversed offsets', file({ a: f32([2], 8, 0) }, 8), 'MODEL_SAFETENSORS'],
    ['negative offsets', file({ a: f32([2], -8, 0) }, 8), 'MODEL_SAFETENSORS'],
    ['fractional offsets', file({ a: f32([2], 0.5, 8.5) }, 9), 'MODEL_SAFETENSORS'],
    ['offsets as text', file({ a: f32([2], '0', '8') }, 8), 'MODEL_SAFETENSORS'],
    ['a shape that does not fill its bytes', file({ a: f32([3], 0, 8) }, 8), 'MODEL_SAFETENSORS'],
    ['a shape whose product overflows', file({ a: f32([2 ** 40, 2 ** 40], 0, 8) }, 8), 'MODEL_SAFETENSORS'],
    ['a negative side', file({ a: f32([-2, -1], 0, 8) }, 8), 'MODEL_SAFETENSORS'],
    ['overlapping tensors', file({ a: f32([2], 0, 8), b: f32([2], 4, 12) }, 12), 'MODEL_SAFETENSORS'],
    ['a hole', file({ a: f32([1], 0, 4), b: f32([1], 8, 12) }, 12), 'MODEL_SAFETENSORS'],
    [
      'a name that occurs twice',
      file(
        '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}',
        8,
      ),
      'MODEL_SAFETENSORS',
    ],
    ['bytes after the last tensor', file({ a: f32([1], 0, 4) }, 5), 'MODEL_SAFETENSORS'],
    ['too little data', file({ a: f32([2], 0, 8) }, 7), 'MODEL_TRUNCATED'],
    ['a tensor that is a number', file({ a: 3 }), 'MODEL_SAFETENSORS'],
  ])('refuses %s', (_what, bytes, code) => {
    expect(readSafetensors(bytes)).toMatchObject({ ok: false, error: { code } });
  });

  it('answers arbitrary bytes with a value', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.json(), (data, json) => {
        expect(readSafetensors(data).ok).toBe(false);
        readSafetensors(file(json, data.length));
      }),
    );
  });
});

describe('half floats', () => {
  it('survive the way to f32 and back, all 65,536 of them', () => {
    const all = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const wide = widenF16(all);
    const back = narrowF16(wide);
    const numbers = [...all].filter((h) => !Number.isNaN(wide[h]));
    expect(numbers).toHaveLength(65536 - 2 * 1023);
    expect(numbers.filter((h) => back[h] !== h)).toEqual([]);
    const quiet = [...all].filter((h) => Number.isNaN(wide[h]) && (back[h]! & 0x7e00) === 0x7e00);
    expect(quiet).toHaveLength(2 * 1023);
  });

  it('round to the nearest, ties to even', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, min: -65500, max: 65500 }), (value) => {
        const bits = narrowF16(Float32Array.of(value))[0]!;
        const near = widenF16(Uint16Array.of(bits, (bits & 0x7fff) === 0 ? 1 : bits - 1, bits + 1));
        const error = Math.abs(near[0]! - value);
        expect(error).toBeLessThanOrEqual(Math.abs(near[1]! - value));
        expect(error).toBeLessThanOrEqual(Math.abs(near[2]! - value));
      }),
    );
    expect([...narrowF16(Float32Array.of(1 + 2 ** -11, 1 + 3 * 2 ** -11, 65520, 2 ** -25, 3 * 2 ** -25))]).toEqual([
      0x3c00, 0x3c02, 0x7c00, 0, 2,
    ]);
  });

  it('takes bfloat16 as the upper half of an f32', () => {
    expect([...widenBf16(Uint16Array.of(0x3f80, 0xc049))]).toEqual([1, -3.140625]);
  });
});
