import { assert } from '../lib/assert.ts';
import { type Bytes, utf8 } from '../lib/bytes.ts';
import { fail, type Failure, ok, type Result } from '../lib/result.ts';
import { narrowF16, widenBf16, widenF16 } from './half-float.ts';

/**
 * The safetensors format: 8 bytes little-endian header length, JSON header, raw little-endian data.
 * Everything is checked before a tensor is touched: a hostile file costs one pass over its header.
 */

export type SafetensorsFailure = Failure<'MODEL_TRUNCATED' | 'MODEL_SAFETENSORS'>;
type TensorDtype = 'F32' | 'F16' | 'BF16';

export interface TensorEntry {
  readonly dtype: TensorDtype;
  readonly shape: readonly number[];
  /** A view into the file: not aligned. */
  readonly bytes: Uint8Array;
}

export interface NamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** About 80 bytes describe a tensor and the largest model that a tab can hold has a few thousand. */
const HEADER_BYTES_MAX = 4 * 2 ** 20;
/** Weights of this family are matrices and vectors; 8 leaves room and bounds the product below. */
const DIMENSIONS_MAX = 8;
const ITEM_BYTES: Readonly<Record<TensorDtype, number>> = { F32: 4, F16: 2, BF16: 2 };

/** Reads the header and cuts the file into tensors, without copying. Values: see `widenTensor`. */
export function readSafetensors(file: Uint8Array): Result<ReadonlyMap<string, TensorEntry>, SafetensorsFailure> {
  const header = readHeader(file);
  if (!header.ok) return header;
  const { json, dataStart } = header.value;
  const entries: { name: string; dtype: TensorDtype; shape: number[]; begin: number; end: number }[] = [];
  for (const [name, raw] of Object.entries(json)) {
    if (name === '__metadata__') continue;
    const entry = readEntry(name, raw);
    if (!entry.ok) return entry;
    entries.push({ name, ...entry.value });
  }
  if (entries.length === 0) return bad('the file holds no tensors; use a file with model weights');
  // The format asks for data without holes, so sorted tensors must follow each other exactly. A name that occurs twice leaves a hole.
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let expected = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== expected)
      return bad(
        `tensor ${name} begins at ${begin}, expected ${expected}: tensors overlap, leave a hole or repeat a name`,
      );
    expected = end;
  }
  const present = file.length - dataStart;
  if (present < expected)
    return fail(
      'MODEL_TRUNCATED',
      `the file holds ${present} bytes of tensor data, its header promises ${expected}; download it again`,
    );
  if (present > expected) return bad(`the file has ${present - expected} bytes after its last tensor`);
  return ok(
    new Map(
      entries.map(({ name, dtype, shape, begin, end }) => [
        name,
        { dtype, shape, bytes: file.subarray(dataStart + begin, dataStart + end) },
      ]),
    ),
  );
}

/** f32 values of a tensor; a copy, so that the file can be released. */
export function widenTensor(tensor: TensorEntry): Float32Array {
  const copy = tensor.bytes.slice();
  switch (tensor.dtype) {
    case 'F32':
      return new Float32Array(copy.buffer, copy.byteOffset, copy.length / 4);
    case 'F16':
      return widenF16(new Uint16Array(copy.buffer, copy.byteOffset, copy.length / 2));
    case 'BF16':
      return widenBf16(new Uint16Array(copy.buffer, copy.byteOffset, copy.length / 2));
  }
}

/** Same input, same bytes: tensors are laid out in the order of their names, and the header is padded to 8 bytes with spaces. */
export function writeSafetensors(
  tensors: readonly NamedTensor[],
  dtype: 'F32' | 'F16',
  metadata: Readonly<Record<string, string>> = {},
): Bytes {
  const sorted = [...tensors].sort((a, b) => (a.name < b.name ? -1 : 1));
  const header: Record<string, unknown> = {};
  if (Object.keys(metadata).length > 0) header['__metadata__'] = metadata;
  let end = 0;
  for (const { name, shape, values } of sorted) {
    assert(!(name in header), `tensor ${name} is given twice`);
    assert(product(shape) === values.length, `tensor ${name}: ${values.length} values for shape [${shape.join(', ')}]`);
    const begin = end;
    end += values.length * ITEM_BYTES[dtype];
    header[name] = { dtype, shape, data_offsets: [begin, end] };
  }
  let json = utf8(JSON.stringify(header));
  if (json.length % 8 !== 0) json = utf8(JSON.stringify(header) + ' '.repeat(8 - (json.length % 8)));
  const out = new Uint8Array(8 + json.length + end);
  new DataView(out.buffer).setBigUint64(0, BigInt(json.length), true);
  out.set(json, 8);
  let offset = 8 + json.length;
  for (const { values } of sorted) {
    const data = dtype === 'F32' ? values.slice() : narrowF16(values);
    out.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  return out;
}

function readHeader(
  file: Uint8Array,
): Result<{ json: Record<string, unknown>; dataStart: number }, SafetensorsFailure> {
  if (file.length < 8)
    return fail('MODEL_TRUNCATED', `the file has ${file.length} bytes, a safetensors file has at least 8`);
  const length = new DataView(file.buffer, file.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(HEADER_BYTES_MAX))
    return bad(
      `its header claims ${length} bytes, at most ${HEADER_BYTES_MAX} are read; this is not a safetensors file`,
    );
  const dataStart = 8 + Number(length);
  if (dataStart > file.length)
    return fail(
      'MODEL_TRUNCATED',
      `the header needs ${dataStart} bytes, the file has ${file.length}; download it again`,
    );
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(file.subarray(8, dataStart)));
  } catch {
    return bad('its header is not JSON; this is not a safetensors file');
  }
  if (!isRecord(json)) return bad('its header is not a JSON object');
  return ok({ json, dataStart });
}

function readEntry(
  name: string,
  raw: unknown,
): Result<{ dtype: TensorDtype; shape: number[]; begin: number; end: number }, SafetensorsFailure> {
  if (!isRecord(raw)) return bad(`tensor ${name} is not described by an object`);
  const { dtype, shape, data_offsets: offsets } = raw;
  if (dtype !== 'F32' && dtype !== 'F16' && dtype !== 'BF16')
    return bad(`tensor ${name} has data type ${String(dtype)}; F32, F16 and BF16 can be read`);
  if (!isCounts(shape) || shape.length > DIMENSIONS_MAX)
    return bad(`tensor ${name} has no valid shape (at most ${DIMENSIONS_MAX} non-negative integers)`);
  if (!isCounts(offsets) || offsets.length !== 2) return bad(`tensor ${name} has no valid pair of offsets`);
  const [begin, end] = offsets as [number, number];
  const bytes = product(shape) * ITEM_BYTES[dtype];
  if (end < begin || end - begin !== bytes)
    return bad(`tensor ${name} spans ${end - begin} bytes, its shape [${shape.join(', ')}] needs ${bytes}`);
  return ok({ dtype, shape, begin, end });
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function product(shape: readonly number[]): number {
  return shape.reduce((n, side) => n * side, 1);
}

function bad(message: string): { readonly ok: false; readonly error: SafetensorsFailure } {
  return fail('MODEL_SAFETENSORS', message);
}
