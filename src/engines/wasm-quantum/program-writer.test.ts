import { describe, expect, it } from 'vitest';
import { VECTOR_BYTES } from './layout.ts';
import { ProgramWriter } from './program-writer.ts';

const FROM = 1024;
const END = 4096;

describe.each(['f32', 'f64'] as const)('program writer, %s', (precision) => {
  const lanes = precision === 'f32' ? 4 : 2;
  const open = (): { readonly buffer: ArrayBuffer; readonly writer: ProgramWriter } => {
    const buffer = new ArrayBuffer(8192);
    new Uint8Array(buffer).fill(0xaa);
    return { buffer, writer: new ProgramWriter(buffer, FROM, END, precision) };
  };
  const numbers = (buffer: ArrayBuffer, at: number): number[] =>
    precision === 'f32' ? [...new Float32Array(buffer, at, 4)] : [...new Float64Array(buffer, at, 2)];

  it('allocates aligned, zeroed pieces inside its window', () => {
    const { buffer, writer } = open();
    expect(writer.lanes).toBe(lanes);
    const first = writer.allocate(1);
    const second = writer.allocate(65);
    const third = writer.allocate(64);
    expect([first, second, third, writer.top]).toEqual([FROM, FROM + 64, FROM + 192, FROM + 256]);
    const bytes = new Uint8Array(buffer);
    expect(bytes.subarray(FROM, writer.top).every((byte) => byte === 0)).toBe(true);
    expect([bytes[FROM - 1], bytes[writer.top]]).toEqual([0xaa, 0xaa]);
  });

  it('zeroes again what an earlier pass left', () => {
    const { buffer, writer } = open();
    writer.word(writer.allocate(64) + 8, -1);
    writer.restart();
    expect(writer.top).toBe(FROM);
    expect(new Int32Array(buffer, writer.allocate(64), 16).every((word) => word === 0)).toBe(true);
  });

  it('refuses what does not fit, and takes what just fits', () => {
    const { writer } = open();
    writer.allocate(END - FROM);
    expect(() => writer.allocate(1)).toThrow(/a pass is too long/u);
  });

  it('writes words, doubles and lanes where they belong', () => {
    const { buffer, writer } = open();
    const at = writer.allocate(256);
    writer.word(at + 4, -7);
    writer.double(at + 8, Math.PI);
    expect(new Int32Array(buffer)[(at + 4) / 4]).toBe(-7);
    expect(new Float64Array(buffer)[(at + 8) / 8]).toBe(Math.PI);
    writer.splat(at + VECTOR_BYTES, 0.5);
    expect(numbers(buffer, at + VECTOR_BYTES)).toEqual(Array.from({ length: lanes }, () => 0.5));
    for (let lane = 0; lane < lanes; lane++) writer.number(at + 32, lane, lane + 1);
    expect(numbers(buffer, at + 32)).toEqual(Array.from({ length: lanes }, (_, lane) => lane + 1));
    const values = Float64Array.from({ length: lanes }, (_, lane) => 2 ** -lane);
    writer.signed(at + 48, values, false);
    writer.signed(at + 64, values, true);
    expect(numbers(buffer, at + 48)).toEqual([...values]);
    expect(numbers(buffer, at + 64)).toEqual([...values].map((value) => -value));
    writer.copy(at + 128, at + 48, 32);
    expect(numbers(buffer, at + 128)).toEqual([...values]);
    expect(numbers(buffer, at + 144)).toEqual([...values].map((value) => -value));
  });

  it('sets all bits of single lanes', () => {
    const { buffer, writer } = open();
    const at = writer.allocate(64);
    for (let lane = 0; lane < lanes; lane++) writer.laneBits(at, lane, lane % 2 === 1);
    const words = [...new Int32Array(buffer, at, 4)];
    expect(words).toEqual(precision === 'f32' ? [0, -1, 0, -1] : [0, 0, -1, -1]);
  });
});
