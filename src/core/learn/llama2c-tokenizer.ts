import { at } from '../lib/assert.ts';
import { fail, type Failure, ok, type Result } from '../lib/result.ts';

/** llama2.c's tokenizer.bin: a SentencePiece vocabulary with scores; spaces are plain, bytes are written "<0x0A>". */
export interface Llama2cTokenizer {
  readonly tokens: readonly string[];
  readonly scores: readonly number[];
}

/** Longest token of the vocabularies in use is 27 bytes. */
const TOKEN_BYTES_MAX = 1024;
/** SentencePiece's sign for a space. */
const SPACE = '\u2581';
const SPECIALS = ['<unk>', '<s>', '</s>'] as const;

type TokenizerFailure = Failure<'MODEL_TRUNCATED' | 'MODEL_TOKENIZER'>;

/** int32 longest token, then per token: f32 score, int32 length, bytes. */
export function readLlama2cTokenizer(file: Uint8Array, vocab: number): Result<Llama2cTokenizer, TokenizerFailure> {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const tokens: string[] = [];
  const scores: number[] = [];
  let offset = 4;
  for (let id = 0; id < vocab; id++) {
    if (offset + 8 > file.length)
      return fail('MODEL_TRUNCATED', `the tokenizer ends after ${id} tokens, the checkpoint has ${vocab}`);
    const score = view.getFloat32(offset, true);
    const length = view.getInt32(offset + 4, true);
    if (length < 0 || length > TOKEN_BYTES_MAX || Number.isNaN(score))
      return fail(
        'MODEL_TOKENIZER',
        `token ${id} has length ${length} and score ${score}: not a tokenizer.bin of llama2.c`,
      );
    offset += 8 + length;
    if (offset > file.length) return fail('MODEL_TRUNCATED', `the tokenizer ends inside token ${id}`);
    scores.push(score);
    try {
      tokens.push(decoder.decode(file.subarray(offset - length, offset)));
    } catch {
      return fail('MODEL_TOKENIZER', `token ${id} is not valid UTF-8`);
    }
  }
  if (offset !== file.length)
    return fail('MODEL_TOKENIZER', `the tokenizer has more than ${vocab} tokens; it belongs to another checkpoint`);
  // llama2.c writes "\n<s>\n" for the sake of printing.
  SPECIALS.forEach((name, id) => (tokens[id] = name));
  if (new Set(tokens).size !== tokens.length) return fail('MODEL_TOKENIZER', 'the tokenizer names two tokens alike');
  return ok({ tokens, scores });
}

/** llama2.c's own encoding with BOS and the space before the text: the neighbours with the best score join first. */
export function encodeLlama2c(text: string, { tokens, scores }: Llama2cTokenizer): number[] {
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const encoder = new TextEncoder();
  const symbols = Array.from(text === '' ? '' : ` ${text}`).flatMap((char) => {
    const id = ids.get(char);
    return id === undefined ? Array.from(encoder.encode(char), (byte) => byte + SPECIALS.length) : [id];
  });
  for (;;) {
    let best = -1;
    let bestScore = -Infinity;
    let bestId = -1;
    for (let i = 0; i + 1 < symbols.length; i++) {
      const id = ids.get(at(tokens, at(symbols, i)) + at(tokens, at(symbols, i + 1)));
      if (id !== undefined && at(scores, id) > bestScore) [best, bestScore, bestId] = [i, at(scores, id), id];
    }
    if (best === -1) return [1, ...symbols];
    symbols.splice(best, 2, bestId);
  }
}

/**
 * tokenizer.json with the same encoding: SentencePiece's scores become the order of merges, one for every way to cut a token into two
 * tokens.
 */
export function tokenizerJson({ tokens, scores }: Llama2cTokenizer): string {
  const names = tokens.map((token) => token.replaceAll(' ', SPACE));
  const vocab = Object.fromEntries(names.map((name, id) => [name, id]));
  const merges: { left: string; right: string; score: number; id: number }[] = [];
  const isByte = (name: string): boolean => /^<0x[0-9A-F]{2}>$/.test(name);
  for (let id = SPECIALS.length; id < names.length; id++) {
    const name = at(names, id);
    if (isByte(name)) continue;
    const chars = Array.from(name);
    for (let cut = 1; cut < chars.length; cut++) {
      const left = chars.slice(0, cut).join('');
      const right = chars.slice(cut).join('');
      if (vocab[left] !== undefined && vocab[right] !== undefined)
        merges.push({ left, right, score: at(scores, id), id });
    }
  }
  merges.sort((a, b) => b.score - a.score || a.id - b.id);
  const special = SPECIALS.map((content, id) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  }));
  const space = { type: 'Replace', pattern: { String: ' ' }, content: SPACE };
  return `${JSON.stringify({
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: special,
    normalizer: { type: 'Sequence', normalizers: [{ type: 'Prepend', prepend: SPACE }, space] },
    pre_tokenizer: null,
    post_processor: null,
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: SPACE }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        { type: 'Strip', content: ' ', start: 1, stop: 0 },
      ],
    },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: '<unk>',
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: true,
      byte_fallback: true,
      ignore_merges: false,
      vocab,
      merges: merges.map(({ left, right }) => `${left} ${right}`),
    },
  })}\n`;
}
