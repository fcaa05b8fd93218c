import { Tokenizer } from '@huggingface/tokenizers';
import { fail, type Failure, ok, type Result } from '../lib/result.ts';
import type { LlamaConfig } from './llama-config.ts';

export type TokenizerFailure = Failure<'MODEL_TOKENIZER'>;

/** Llama 3's tokenizer.json, one of the largest, has 17 MB. */
const TOKENIZER_BYTES_MAX = 32 * 2 ** 20;
/** The tokenizer keeps every word of its input as objects: pieces of this size bound its memory, whatever the text's size. */
const PIECE_CHARACTERS = 16 * 1024;
/** A UTF-8 character has at most 4 bytes and a token at least one, so text held back longer than this will never be completed. */
const HELD_TOKENS_MAX = 4;

export interface TextTokenizer {
  readonly vocabSize: number;
  readonly bosTokenId: number;
  readonly eosTokenId: number;
  /**
   * Never produces special tokens from the text itself: "</s>" typed by a person is four letters, not an end.
   * Stops after `tokensMax` tokens (default: no limit).
   */
  encode(text: string, options?: { readonly bos?: boolean; readonly tokensMax?: number }): Int32Array;
  /** Special tokens are left out; incomplete or invalid UTF-8 becomes U+FFFD. */
  decode(tokens: ArrayLike<number>): string;
  /** For text that arrives token by token, after `context`, which is not repeated. */
  stream(context?: readonly number[]): TokenStream;
}

interface TokenStream {
  /** The text that has become complete with this token; empty while a character is unfinished. */
  push(token: number): string;
  /** What was held back. */
  flush(): string;
}

/** Reads tokenizer.json and checks that every token lies in the model's vocabulary. Failure MODEL_TOKENIZER. */
export function openTokenizer(
  file: Uint8Array,
  config: Pick<LlamaConfig, 'vocabSize' | 'bosTokenId' | 'eosTokenId'>,
): Result<TextTokenizer, TokenizerFailure> {
  if (file.length > TOKENIZER_BYTES_MAX)
    return refuse(`tokenizer.json has ${file.length} bytes, at most ${TOKENIZER_BYTES_MAX} are read`);
  let json: unknown;
  let tokenizers: { plain: Tokenizer; full: Tokenizer };
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(file));
    tokenizers = {
      // Without added tokens the text is never searched for "<s>" and its like.
      plain: new Tokenizer({ ...(json as object), added_tokens: [], post_processor: null }, {}),
      full: new Tokenizer(json as object, {}),
    };
  } catch (error) {
    return refuse(
      `tokenizer.json cannot be read: ${error instanceof Error ? error.message.slice(0, 200) : 'not valid'}`,
    );
  }
  for (const [token, id] of tokenizers.full.get_vocab()) {
    if (token !== undefined && !(Number.isInteger(id) && id >= 0 && id < config.vocabSize))
      return refuse(
        `token ${JSON.stringify(token)} has id ${id}, the model knows 0 to ${config.vocabSize - 1}; they do not belong together`,
      );
  }
  if (tokenizers.full.get_vocab().size < 2) return refuse('tokenizer.json has no vocabulary');
  return ok(new HuggingFaceTokenizer(tokenizers.plain, tokenizers.full, config, prependsSpace(json)));
}

class HuggingFaceTokenizer implements TextTokenizer {
  readonly vocabSize: number;
  readonly bosTokenId: number;
  readonly eosTokenId: number;
  readonly #plain: Tokenizer;
  readonly #full: Tokenizer;
  readonly #prependsSpace: boolean;

  constructor(
    plain: Tokenizer,
    full: Tokenizer,
    config: Pick<LlamaConfig, 'vocabSize' | 'bosTokenId' | 'eosTokenId'>,
    prependsSpace: boolean,
  ) {
    this.#plain = plain;
    this.#full = full;
    this.#prependsSpace = prependsSpace;
    this.vocabSize = config.vocabSize;
    this.bosTokenId = config.bosTokenId;
    this.eosTokenId = config.eosTokenId;
  }

  encode(text: string, options: { readonly bos?: boolean; readonly tokensMax?: number } = {}): Int32Array {
    const limit = options.tokensMax ?? Infinity;
    const tokens: number[] = options.bos === true ? [this.bosTokenId] : [];
    for (let start = 0; start < text.length && tokens.length < limit;) {
      const end = pieceEnd(text, start);
      for (const id of this.#plain.encode(text.slice(start, end), { add_special_tokens: false }).ids) tokens.push(id);
      // A tokenizer that puts a space before its input stands for the one that is skipped here.
      start = this.#prependsSpace && text[end] === ' ' ? end + 1 : end;
    }
    return Int32Array.from(tokens.length > limit ? tokens.slice(0, limit) : tokens);
  }

  decode(tokens: ArrayLike<number>): string {
    if (tokens.length === 0) return '';
    return this.#full.decode(Array.from(tokens), { skip_special_tokens: true, clean_up_tokenization_spaces: false });
  }

  stream(context: readonly number[] = []): TokenStream {
    return new HoldingStream((tokens) => this.decode(tokens), context);
  }
}

/**
 * Text of token n depends on its neighbours (unfinished characters, a first space that is dropped), so each step decodes a short
 * window twice, without and with the new tokens, and hands out the difference once it ends in a whole character.
 */
class HoldingStream implements TokenStream {
  readonly #decode: (tokens: readonly number[]) => string;
  /** Tokens already handed out that give context, then tokens held back. */
  #context: readonly number[];
  #held: number[] = [];

  constructor(decode: (tokens: readonly number[]) => string, context: readonly number[]) {
    this.#decode = decode;
    this.#context = context;
  }

  push(token: number): string {
    this.#held.push(token);
    const text = this.#fresh();
    if (text.endsWith('\ufffd') && this.#held.length < HELD_TOKENS_MAX) return '';
    this.#context = this.#held;
    this.#held = [];
    return text;
  }

  flush(): string {
    const text = this.#held.length === 0 ? '' : this.#fresh();
    this.#context = [];
    this.#held = [];
    return text;
  }

  #fresh(): string {
    return this.#decode([...this.#context, ...this.#held]).slice(this.#decode(this.#context).length);
  }
}

/** A place where no tokenizer joins the two sides: before a space between two letters. Elsewhere only if a piece has none. */
function pieceEnd(text: string, start: number): number {
  const limit = start + PIECE_CHARACTERS;
  if (limit >= text.length) return text.length;
  for (let i = limit; i > start + 1; i--)
    if (text[i] === ' ' && /\p{L}/u.test(text[i - 1] as string) && /\p{L}/u.test(text[i + 1] ?? '')) return i;
  // Never between the halves of a surrogate pair.
  return /[\ud800-\udbff]/.test(text[limit - 1] as string) ? limit - 1 : limit;
}

/** Do the file's normalizers or pre-tokenizers put a space before the text (SentencePiece's convention)? */
function prependsSpace(json: unknown): boolean {
  const { normalizer, pre_tokenizer: preTokenizer } = json as { normalizer?: unknown; pre_tokenizer?: unknown };
  const steps = JSON.stringify([normalizer ?? null, preTokenizer ?? null]);
  return steps.includes('"Prepend"') || steps.includes('"Metaspace"') || steps.includes('"add_prefix_space":true');
}

function refuse(message: string): { readonly ok: false; readonly error: TokenizerFailure } {
  return fail('MODEL_TOKENIZER', message);
}
