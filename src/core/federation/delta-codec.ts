import { assert } from '../lib/assert.ts';
import type { Bytes } from '../lib/bytes.ts';
import { fail, ok, type Failure, type Result } from '../lib/result.ts';
import type { Rng } from '../lib/world.ts';
import { RandomWords } from '../learn/dp/random.ts';

export type DeltaEncoding = 'int8' | 'f32';

export type DeltaFailure = Failure<'FED_DELTA_LENGTH' | 'FED_DELTA_VALUE' | 'FED_DELTA_ENCODING'>;

/** Values that share one scale. 256 keeps the scales at 1.6 % of the bytes and follows the difference in size between layers. */
const BLOCK = 256;

/** Smallest normal f32. Scales below it would lose their bits. */
const SCALE_MIN = 2 ** -126;

/** Bytes of an encoded delta of `size` values. */
export function encodedBytes(size: number, encoding: DeltaEncoding): number {
  return encoding === 'f32' ? 4 * size : 4 * Math.ceil(size / BLOCK) + size;
}

/**
 * f32: little endian. int8: the scale of each block of 256 (f32 little endian), then one signed byte per value.
 * Values are rounded at random to one of their two neighbours on the grid so that the expectation of the decoded value is the value
 * itself (up to 2^-32 of a grid step): rounding averages out over tabs (QSGD, arXiv 1610.02132). It happens after the privacy noise and
 * costs none. `values` are finite: training has checked.
 */
export function encodeDelta(values: Float32Array, encoding: DeltaEncoding, rng: Rng): Bytes {
  assert(values.every(Number.isFinite), 'a delta is finite when it is encoded');
  const out = new Uint8Array(encodedBytes(values.length, encoding));
  const view = new DataView(out.buffer);
  if (encoding === 'f32') {
    values.forEach((value, i) => view.setFloat32(4 * i, value, true));
    return out;
  }
  const words = new RandomWords(rng);
  const bytesFrom = 4 * Math.ceil(values.length / BLOCK);
  for (let from = 0; from < values.length; from += BLOCK) {
    const block = values.subarray(from, from + BLOCK);
    const scale = scaleOf(block);
    view.setFloat32((4 * from) / BLOCK, scale, true);
    if (scale === 0) continue;
    block.forEach((value, i) => {
      const exact = value / scale;
      const below = Math.floor(exact);
      const up = words.uint32() < (exact - below) * 2 ** 32 ? 1 : 0;
      view.setInt8(bytesFrom + from + i, below + up);
    });
  }
  return out;
}

/** Rounded up, so that the largest value of the block stays within 127 steps. */
function scaleOf(block: Float32Array): number {
  let largest = 0;
  for (const value of block) largest = Math.max(largest, Math.abs(value));
  if (largest === 0) return 0;
  return Math.max(SCALE_MIN, Math.fround((largest / 127) * (1 + 2 ** -22)));
}

/**
 * `size`: how many values the adapter has. Failures: FED_DELTA_LENGTH (not exactly the bytes that `size` needs), FED_DELTA_VALUE (NaN,
 * infinity, negative scale, the byte -128, values under a scale of zero), FED_DELTA_ENCODING (unknown encoding).
 */
export function decodeDelta(
  bytes: Uint8Array,
  size: number,
  encoding: DeltaEncoding,
): Result<Float32Array, DeltaFailure> {
  if (encoding !== 'int8' && encoding !== 'f32')
    return fail('FED_DELTA_ENCODING', `got encoding "${String(encoding).slice(0, 20)}", expected int8 or f32`);
  const expected = encodedBytes(size, encoding);
  if (bytes.length !== expected)
    return fail('FED_DELTA_LENGTH', `got ${bytes.length} bytes, ${size} values as ${encoding} take ${expected}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return encoding === 'f32' ? decodeF32(view, size) : decodeInt8(view, size);
}

function decodeF32(view: DataView, size: number): Result<Float32Array, DeltaFailure> {
  const values = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    const value = view.getFloat32(4 * i, true);
    if (!Number.isFinite(value)) return fail('FED_DELTA_VALUE', `value ${i} is ${value}, expected a finite number`);
    values[i] = value;
  }
  return ok(values);
}

function decodeInt8(view: DataView, size: number): Result<Float32Array, DeltaFailure> {
  const values = new Float32Array(size);
  const bytesFrom = 4 * Math.ceil(size / BLOCK);
  for (let from = 0; from < size; from += BLOCK) {
    const block = from / BLOCK;
    const scale = view.getFloat32(4 * block, true);
    if (!(scale >= 0 && Number.isFinite(Math.fround(127 * scale))))
      return fail('FED_DELTA_VALUE', `the scale of block ${block} is ${scale}, expected a finite number from 0`);
    for (let i = from; i < Math.min(from + BLOCK, size); i++) {
      const step = view.getInt8(bytesFrom + i);
      if (step === -128 || (scale === 0 && step !== 0))
        return fail('FED_DELTA_VALUE', `byte ${i} is ${step}, expected -127 to 127, and 0 under a scale of 0`);
      values[i] = step * scale;
    }
  }
  return ok(values);
}
