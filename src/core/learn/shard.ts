import { at } from '../lib/assert.ts';
import { fail, type Failure, ok, type Result } from '../lib/result.ts';
import { readText, SHARD_BYTES_MAX, type TextFailure } from './shard-text.ts';
import type { TextTokenizer } from './tokenizer.ts';

export type ShardFailure = TextFailure | Failure<'SHARD_SMALL'>;

/** 8 to train on and 8 to measure on: below that neither the noise nor the loss says anything. */
const WINDOWS_MIN = 16;
const HELD_BACK_MIN = 8;
const HELD_BACK_SHARE = 0.1;
/** 16 MiB of tokens, about 12 MB of English: one worker needs half an hour to read it once. More text is left out, and said so. */
export const SHARD_TOKENS_MAX = 4 * 2 ** 20;
const PREVIEW_CHARACTERS = 200;

export interface ShardFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface Shard {
  /** Tokens per example, one more than the sequence length. */
  readonly stride: number;
  /** Examples row by row, [count, stride]. */
  readonly train: Int32Array;
  readonly heldBack: Int32Array;
  readonly trainExamples: number;
  readonly heldBackExamples: number;
  /** Of the files that were taken. */
  readonly bytes: number;
  readonly tokens: number;
  readonly preview: string;
  /** Files left out or cut short, each with the reason in a sentence. */
  readonly refused: readonly { readonly name: string; readonly reason: string }[];
}

/**
 * Cuts a participant's files into examples: windows of `length` + 1 tokens that do not overlap and never cross a file, so that a token
 * belongs to one example only (example-level privacy counts on it). A bad file is left out and named; if no file is usable the
 * failure is that of the first. Failures: SHARD_EMPTY, SHARD_LARGE, SHARD_BINARY, SHARD_ENCODING, SHARD_SMALL.
 */
export function buildShard(
  files: readonly ShardFile[],
  tokenizer: TextTokenizer,
  length: number,
): Result<Shard, ShardFailure> {
  const refused: { name: string; reason: string }[] = [];
  let first: ShardFailure | null = null;
  let bytes = 0;
  let tokens = 0;
  let preview = '';
  const windows: Int32Array[] = [];
  const stride = length + 1;
  for (const file of files) {
    const text = readText(file.bytes, SHARD_BYTES_MAX - bytes);
    if (!text.ok) {
      first ??= text.error;
      refused.push({ name: file.name, reason: text.error.message });
      continue;
    }
    const room = SHARD_TOKENS_MAX - tokens;
    const encoded = tokenizer.encode(text.value, { tokensMax: room });
    if (encoded.length === room)
      refused.push({
        name: file.name,
        reason: `only its first ${room} tokens are used: a shard holds ${SHARD_TOKENS_MAX}`,
      });
    bytes += file.bytes.length;
    tokens += encoded.length;
    if (preview === '') preview = text.value.slice(0, PREVIEW_CHARACTERS);
    for (let at = 0; at + stride <= encoded.length; at += stride) windows.push(encoded.subarray(at, at + stride));
  }
  if (bytes === 0)
    return { ok: false, error: first ?? fail('SHARD_EMPTY', 'no text was given; add a text file').error };
  if (windows.length < WINDOWS_MIN)
    return fail(
      'SHARD_SMALL',
      `the text makes ${windows.length} examples of ${stride} tokens, at least ${WINDOWS_MIN} are needed: add about ${Math.ceil(((WINDOWS_MIN - windows.length) * stride * 3) / 1000)} KB more text`,
    );
  const { train, heldBack } = split(windows);
  if (train.length === 0) return fail('SHARD_SMALL', 'every example of the text is the same; add text that varies');
  return ok({
    stride,
    train: pack(train, stride),
    heldBack: pack(heldBack, stride),
    trainExamples: train.length,
    heldBackExamples: heldBack.length,
    bytes,
    tokens,
    preview,
    refused,
  });
}

/**
 * Which windows are held back depends on how many there are and on nothing in them: the indices with the smallest hashes.
 * Then windows that occur again in the training part collapse into one, because a person who repeats a sentence a hundred times would
 * otherwise get a hundredth of its privacy, and those that are also held back go, because they would flatter the measurement.
 */
function split(windows: readonly Int32Array[]): { train: Int32Array[]; heldBack: Int32Array[] } {
  const count = Math.max(HELD_BACK_MIN, Math.round(HELD_BACK_SHARE * windows.length));
  const order = windows.map((_, index) => index).sort((a, b) => mix(a) - mix(b) || a - b);
  const isHeldBack = new Set(order.slice(0, count));
  const heldBack = windows.filter((_, index) => isHeldBack.has(index));
  const seen = new Set(heldBack.map(String));
  const train = windows.filter((window, index) => {
    if (isHeldBack.has(index)) return false;
    const key = String(window);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
  return { train, heldBack };
}

/** The finaliser of MurmurHash3: a bijection of 32-bit integers, so no two indices collide. */
function mix(index: number): number {
  let h = (index + 0x9e3779b9) >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function pack(windows: readonly Int32Array[], stride: number): Int32Array {
  const out = new Int32Array(windows.length * stride);
  for (let i = 0; i < windows.length; i++) out.set(at(windows, i), i * stride);
  return out;
}
