import { fail, type Failure, ok, type Result } from '../lib/result.ts';

export type TextFailure = Failure<'SHARD_EMPTY' | 'SHARD_LARGE' | 'SHARD_BINARY' | 'SHARD_ENCODING'>;

/** As text in memory (two bytes per character) and tokens this is about 300 MB in a worker, the most that a phone's tab survives. */
export const SHARD_BYTES_MAX = 64 * 2 ** 20;
/** Enough to tell a picture from a letter. */
const PROBE_BYTES = 64 * 1024;
/** Text holds tabs and line ends; other control characters are rare in it (form feeds, escape codes) and a third of random bytes. */
const CONTROL_SHARE_MAX = 0.02;

/** Ask this with a file's size before reading it: a 1 GB file must not enter memory to be refused. */
export function checkTextSize(bytes: number, bytesMax = SHARD_BYTES_MAX): Result<null, TextFailure> {
  if (bytes === 0) return fail('SHARD_EMPTY', 'the file is empty; choose one that holds text');
  if (bytes > bytesMax)
    return fail(
      'SHARD_LARGE',
      `the file has ${megabytes(bytes)} MB, there is room for ${megabytes(bytesMax)} MB of text; choose a smaller one or cut it`,
    );
  return ok(null);
}

/** UTF-8 (with or without byte order mark) or UTF-16 with one. Line ends become \n. */
export function readText(bytes: Uint8Array, bytesMax = SHARD_BYTES_MAX): Result<string, TextFailure> {
  const size = checkTextSize(bytes.length, bytesMax);
  if (!size.ok) return size;
  const utf16 = utf16Order(bytes);
  if (utf16 !== null) return finish(decodeUtf16(bytes, utf16));
  const control = controlShare(bytes.subarray(0, PROBE_BYTES));
  if (control > CONTROL_SHARE_MAX || bytes.includes(0))
    return fail(
      'SHARD_BINARY',
      'the file is not text (a picture, an archive or a document with formatting); save it as plain text',
    );
  try {
    return finish(ok(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch {
    const offset = firstInvalidUtf8(bytes);
    return fail(
      'SHARD_ENCODING',
      `byte ${offset} (0x${(bytes[offset] ?? 0).toString(16).padStart(2, '0')}) is not valid UTF-8; save the file with the encoding UTF-8`,
    );
  }
}

function finish(text: Result<string, TextFailure>): Result<string, TextFailure> {
  if (!text.ok) return text;
  if (text.value.trim() === '')
    return fail('SHARD_EMPTY', 'the file holds only blank characters; choose one that holds text');
  return ok(text.value.replaceAll(/\r\n?/g, '\n'));
}

function utf16Order(bytes: Uint8Array): 'le' | 'be' | null {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'be';
  return null;
}

/** By hand, because not every host's decoder knows big-endian, and to find the offset of a lone surrogate. */
function decodeUtf16(bytes: Uint8Array, order: 'le' | 'be'): Result<string, TextFailure> {
  const bad = (offset: number): ReturnType<typeof fail<'SHARD_ENCODING'>> =>
    fail('SHARD_ENCODING', `byte ${offset} is not valid UTF-16; save the file with the encoding UTF-8`);
  if (bytes.length % 2 !== 0) return bad(bytes.length - 1);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const parts: string[] = [];
  let units: number[] = [];
  let high = false;
  for (let offset = 2; offset < bytes.length; offset += 2) {
    const unit = view.getUint16(offset, order === 'le');
    const isLow = unit >= 0xdc00 && unit <= 0xdfff;
    if (isLow !== high) return bad(high ? offset - 2 : offset);
    if (unit === 0) return fail('SHARD_BINARY', 'the file is not text; save it as plain text');
    high = unit >= 0xd800 && unit <= 0xdbff;
    units.push(unit);
    // Arguments of a call are limited.
    if (units.length === 8192) {
      parts.push(String.fromCharCode(...units));
      units = [];
    }
  }
  if (high) return bad(bytes.length - 2);
  return ok(parts.join('') + String.fromCharCode(...units));
}

function controlShare(probe: Uint8Array): number {
  let control = 0;
  for (const byte of probe) if ((byte < 32 && byte !== 9 && byte !== 10 && byte !== 13) || byte === 127) control++;
  return control / Math.max(1, probe.length);
}

/** Offset of the first byte of the first ill-formed sequence (Unicode 15, table 3-7). */
export function firstInvalidUtf8(bytes: Uint8Array): number {
  for (let i = 0; i < bytes.length;) {
    const lead = bytes[i] as number;
    const more =
      lead < 0x80
        ? 0
        : lead >= 0xc2 && lead <= 0xdf
          ? 1
          : (lead & 0xf0) === 0xe0
            ? 2
            : lead >= 0xf0 && lead <= 0xf4
              ? 3
              : -1;
    if (more === -1) return i;
    for (let j = 1; j <= more; j++) {
      const byte = bytes[i + j] ?? 0;
      const low = j > 1 ? 0x80 : lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
      const high = j > 1 ? 0xbf : lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
      if (byte < low || byte > high) return i;
    }
    i += more + 1;
  }
  return bytes.length;
}

function megabytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(bytes < 10 * 2 ** 20 ? 1 : 0);
}
