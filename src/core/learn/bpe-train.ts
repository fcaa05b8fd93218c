import { assert } from '../lib/assert.ts';

/**
 * Byte-level byte-pair encoding (Sennrich et al. 2016, arXiv 1508.07909; bytes as in GPT-2). Every text has an encoding, so there is
 * no unknown token. Deterministic: of equally frequent pairs the one with the smaller ids wins.
 * Output: tokenizer.json for @huggingface/tokenizers and Hugging Face's own libraries.
 */

const BOS_TOKEN = '<s>';
const EOS_TOKEN = '</s>';
/** Ids of the two special tokens; then 256 bytes, then merges in the order they were learned. */
export const BOS_ID = 0;
export const EOS_ID = 1;
const BYTES_FROM = 2;
const MERGES_FROM = BYTES_FROM + 256;

/** The split of the "ByteLevel" pre-tokenizer: merges never cross these borders. Must equal what readers of the file apply. */
const WORDS = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

interface Word {
  readonly ids: number[];
  readonly count: number;
}

/** tokenizer.json with exactly `vocabSize` tokens (258 to 65,536). A text too small for so many merges is a bug of the caller. */
export function trainBpe(text: string, vocabSize: number): string {
  assert(vocabSize >= MERGES_FROM && vocabSize <= 65536, `vocabulary of ${vocabSize}, expected 258 to 65536`);
  const words = countWords(text);
  const names = byteNames();
  const ids = new Map(names.map((name, byte) => [name, BYTES_FROM + byte]));
  const merges: [string, string][] = [];
  const counts = new Map<number, number>();
  const homes = new Map<number, Set<number>>();
  words.forEach((word, index) => addPairs(word, index, 1, counts, homes));
  while (BYTES_FROM + names.length < vocabSize) {
    const best = mostFrequent(counts);
    assert(best !== -1, `the text has pairs for ${BYTES_FROM + names.length} tokens only, ${vocabSize} were asked for`);
    const left = Math.floor(best / 65536);
    const right = best % 65536;
    const leftName = names[left - BYTES_FROM] as string;
    const rightName = names[right - BYTES_FROM] as string;
    // "a" + "bc" and "ab" + "c" make the same token: it keeps its first id.
    const name = leftName + rightName;
    const id = ids.get(name) ?? BYTES_FROM + names.length;
    if (!ids.has(name)) names.push(name);
    ids.set(name, id);
    merges.push([leftName, rightName]);
    for (const index of homes.get(best) ?? []) {
      const word = words[index] as Word;
      addPairs(word, index, -1, counts, homes);
      mergeIn(word.ids, left, right, id);
      addPairs(word, index, 1, counts, homes);
    }
  }
  return tokenizerJson(names, merges);
}

function countWords(text: string): Word[] {
  const counts = new Map<string, number>();
  for (const [word] of text.matchAll(WORDS)) counts.set(word, (counts.get(word) ?? 0) + 1);
  const encoder = new TextEncoder();
  return [...counts].map(([word, count]) => ({
    ids: Array.from(encoder.encode(word), (byte) => BYTES_FROM + byte),
    count,
  }));
}

function addPairs(
  { ids, count }: Word,
  index: number,
  sign: 1 | -1,
  counts: Map<number, number>,
  homes: Map<number, Set<number>>,
): void {
  for (let i = 0; i + 1 < ids.length; i++) {
    const pair = (ids[i] as number) * 65536 + (ids[i + 1] as number);
    const total = (counts.get(pair) ?? 0) + sign * count;
    if (total === 0) counts.delete(pair);
    else counts.set(pair, total);
    if (sign === 1) {
      const home = homes.get(pair);
      if (home === undefined) homes.set(pair, new Set([index]));
      else home.add(index);
    }
  }
}

function mostFrequent(counts: ReadonlyMap<number, number>): number {
  let best = -1;
  let bestCount = 1;
  for (const [pair, count] of counts) {
    if (count > bestCount || (count === bestCount && best !== -1 && pair < best)) {
      best = pair;
      bestCount = count;
    }
  }
  return best;
}

function mergeIn(ids: number[], left: number, right: number, id: number): void {
  let o = 0;
  for (let i = 0; i < ids.length; i++) {
    const joins = ids[i] === left && ids[i + 1] === right;
    ids[o++] = joins ? id : (ids[i] as number);
    if (joins) i++;
  }
  ids.length = o;
}

/**
 * A printable name for each byte, in byte order: visible Latin-1 characters stand for themselves, the other 68 bytes get the code
 * points from 256 on. This is the convention of every byte-level tokenizer.json.
 */
export function byteNames(): string[] {
  const names: string[] = [];
  let next = 256;
  for (let byte = 0; byte < 256; byte++) {
    const visible = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    names.push(String.fromCharCode(visible ? byte : next++));
  }
  return names;
}

function tokenizerJson(names: readonly string[], merges: readonly [string, string][]): string {
  const special = [
    { id: BOS_ID, content: BOS_TOKEN },
    { id: EOS_ID, content: EOS_TOKEN },
  ];
  const vocab: Record<string, number> = {};
  for (const { id, content } of special) vocab[content] = id;
  names.forEach((name, index) => {
    vocab[name] = BYTES_FROM + index;
  });
  return `${JSON.stringify({
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: special.map(({ id, content }) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab,
      merges: merges.map(([left, right]) => `${left} ${right}`),
    },
  })}\n`;
}
