import { decode, encode, rfc8949EncodeOptions, Tokenizer, type Token } from 'cborg';
import { assert } from '../lib/assert.ts';
import type { Bytes } from '../lib/bytes.ts';
import { fail, ok, type Failure, type Result } from '../lib/result.ts';

/**
 * Strict shapes over deterministic CBOR (RFC 8949, section 4.2.1). Every refusal is a value; nothing here throws on input.
 * FED_WIRE_SIZE    longer than the bound, or empty
 * FED_WIRE_CBOR    not CBOR, or CBOR outside the subset (tags, undefined, NaN, infinities, indefinite lengths, too many items)
 * FED_WIRE_TYPE    the top value is not a map with a known `type`
 * FED_WIRE_SHAPE   a key is missing or unknown, or a value has the wrong type or range
 * FED_WIRE_CANONICAL  another encoding of the same value
 * FED_VERSION      another protocol version; final
 */
export type WireCode =
  | 'FED_WIRE_SIZE'
  | 'FED_WIRE_CBOR'
  | 'FED_WIRE_TYPE'
  | 'FED_WIRE_SHAPE'
  | 'FED_WIRE_CANONICAL'
  | 'FED_VERSION';
export type WireFailure = Failure<WireCode>;

/** Returns what is wrong, as the end of a sentence, or null. `path` names the value. */
export interface Shape<T> {
  (value: unknown, path: string): string | null;
  /** Never present: carries T for the compiler. */
  readonly shapeOf?: T;
}

const show = (value: unknown): string => {
  if (typeof value === 'string') return `"${value.slice(0, 20)}"`;
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (Array.isArray(value)) return `${value.length} items`;
  return typeof value === 'object' && value !== null ? 'a map' : String(value);
};
const wrong = (path: string, value: unknown, expected: string): string =>
  `${path} is ${show(value)}, expected ${expected}`;

export function integer(min: number, max: number): Shape<number> {
  return (value, path) =>
    Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max
      ? null
      : wrong(path, value, `an integer in [${min}, ${max}]`);
}

export function real(min: number, max: number): Shape<number> {
  return (value, path) =>
    typeof value === 'number' && Number.isFinite(value) && value >= min && value <= max
      ? null
      : wrong(path, value, `a number in [${min}, ${max}]`);
}

/** A real in (min, max]. */
export function realAbove(min: number, max: number): Shape<number> {
  return (value, path) =>
    typeof value === 'number' && value > min && value <= max
      ? null
      : wrong(path, value, `a number in (${min}, ${max}]`);
}

/** `lengthMax` in UTF-16 code units. Lone surrogates do not survive UTF-8 and are refused. */
export function text(lengthMin: number, lengthMax: number): Shape<string> {
  return (value, path) =>
    typeof value === 'string' && value.length >= lengthMin && value.length <= lengthMax && value.isWellFormed()
      ? null
      : wrong(path, value, `text of ${lengthMin} to ${lengthMax} characters`);
}

export function matching(pattern: RegExp, expected: string): Shape<string> {
  return (value, path) => (typeof value === 'string' && pattern.test(value) ? null : wrong(path, value, expected));
}

/** Lower-case hex of so many bytes. */
export function hex(bytes: number): Shape<string> {
  return matching(new RegExp(`^[0-9a-f]{${2 * bytes}}$`), `${2 * bytes} hex digits`);
}

export function bytes(lengthMin: number, lengthMax: number): Shape<Uint8Array> {
  return (value, path) =>
    value instanceof Uint8Array && value.length >= lengthMin && value.length <= lengthMax
      ? null
      : wrong(path, value, `${lengthMin} to ${lengthMax} bytes`);
}

export const flag: Shape<boolean> = (value, path) =>
  typeof value === 'boolean' ? null : wrong(path, value, 'true or false');

export function oneOf<const T extends string | number>(...values: readonly T[]): Shape<T> {
  return (value, path) =>
    (values as readonly unknown[]).includes(value) ? null : wrong(path, value, `one of ${values.join(', ')}`);
}

export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return (value, path) => (value === null ? null : shape(value, path));
}

export function listOf<T>(shape: Shape<T>, lengthMin: number, lengthMax: number): Shape<readonly T[]> {
  return (value, path) => {
    if (!Array.isArray(value) || value.length < lengthMin || value.length > lengthMax)
      return wrong(path, value, `a list of ${lengthMin} to ${lengthMax} items`);
    for (let i = 0; i < value.length; i++) {
      const problem = shape(value[i], `${path}[${i}]`);
      if (problem !== null) return problem;
    }
    return null;
  };
}

export type Fields<T> = { readonly [K in keyof T]-?: Shape<T[K]> };

/** Exactly these own keys, no more, no fewer. */
export function record<T extends object>(fields: Fields<T>): Shape<T> {
  const keys = Object.keys(fields) as (keyof T & string)[];
  return (value, path) => {
    if (!isPlainMap(value)) return wrong(path, value, 'a map');
    for (const key of keys) {
      if (!Object.hasOwn(value, key)) return `${path}.${key} is missing`;
      const problem = fields[key](value[key], `${path}.${key}`);
      if (problem !== null) return problem;
    }
    for (const key of Object.keys(value))
      if (!Object.hasOwn(fields, key)) return `${path} has an unknown key "${key.slice(0, 20)}"`;
    return null;
  };
}

export function isPlainMap(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  return Object.getPrototypeOf(value) === Object.prototype;
}

export interface Bounds {
  readonly bytesMax: number;
  /** Stops nesting and list bombs before they cost memory: a 64 MiB list of integers would become 0.5 GiB of objects. */
  readonly itemsMax: number;
  readonly depthMax: number;
}

/** Counts items and depth while cborg walks the bytes. */
class BoundedTokenizer {
  readonly #inner: Tokenizer;
  readonly #bounds: Bounds;
  #items = 0;
  /** Items still to come at each open level. */
  readonly #open: number[] = [];

  constructor(data: Uint8Array, bounds: Bounds) {
    // A plain view: `slice` of a Node Buffer would share memory with the input instead of copying.
    const plain = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.#inner = new Tokenizer(plain, DECODE_OPTIONS);
    this.#bounds = bounds;
  }

  done(): boolean {
    return this.#inner.done();
  }

  pos(): number {
    return this.#inner.pos();
  }

  next(): Token {
    if (++this.#items > this.#bounds.itemsMax) throw new RangeError(`more than ${this.#bounds.itemsMax} items`);
    const token = this.#inner.next();
    while (this.#open.length > 0 && this.#open.at(-1) === 0) this.#open.pop();
    const last = this.#open.length - 1;
    if (last >= 0) this.#open[last]! -= 1;
    if (token.type.name === 'array') this.#open.push(Number(token.value));
    if (token.type.name === 'map') this.#open.push(2 * Number(token.value));
    if (this.#open.length > this.#bounds.depthMax) throw new RangeError(`deeper than ${this.#bounds.depthMax} levels`);
    return token;
  }
}

/** `strict` refuses integers and lengths that are not of the shortest form. */
const DECODE_OPTIONS = {
  strict: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowInfinity: false,
  allowNaN: false,
  allowBigInt: false,
  rejectDuplicateMapKeys: true,
} as const;

/** Deterministic bytes of a value that has this shape. A value that has not is a bug of the caller. */
export function encodeShaped<T>(value: T, shape: Shape<T>, bounds: Bounds, name: string): Bytes {
  const problem = shape(value, name);
  assert(problem === null, `cannot encode: ${problem}`);
  const out = encode(value, rfc8949EncodeOptions);
  assert(out.length <= bounds.bytesMax, `${name} takes ${out.length} bytes, at most ${bounds.bytesMax} fit`);
  // In Node cborg may return a Buffer inside a larger pool; callers transfer and compare plain arrays.
  const own = Object.getPrototypeOf(out) === Uint8Array.prototype && out.buffer.byteLength === out.length;
  return own ? out : new Uint8Array(out);
}

/** Size, CBOR subset, canonical form; not yet the shape. */
export function decodeValue(data: Uint8Array, bounds: Bounds, name: string): Result<unknown, WireFailure> {
  if (data.length === 0 || data.length > bounds.bytesMax)
    return fail('FED_WIRE_SIZE', `${name} has ${data.length} bytes, expected 1 to ${bounds.bytesMax}`);
  let value: unknown;
  try {
    value = decode(data, { ...DECODE_OPTIONS, tokenizer: new BoundedTokenizer(data, bounds) });
  } catch (error) {
    const why = error instanceof Error ? error.message.slice(0, 120) : 'unknown';
    return fail('FED_WIRE_CBOR', `${name} is not the expected CBOR: ${why}`);
  }
  return ok(value);
}

/** Compares with our own encoding: key order, shortest numbers, valid UTF-8, -0. */
export function checkCanonical(value: unknown, data: Uint8Array, name: string): WireFailure | null {
  let again: Uint8Array;
  try {
    again = encode(value, rfc8949EncodeOptions);
  } catch {
    again = new Uint8Array(0);
  }
  let same = again.length === data.length;
  for (let i = 0; same && i < data.length; i++) same = again[i] === data[i];
  if (same) return null;
  return fail('FED_WIRE_CANONICAL', `${name} is not in deterministic encoding (RFC 8949, section 4.2.1)`).error;
}
