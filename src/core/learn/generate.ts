import { Prng } from '../lib/prng.ts';
import { fail, type Failure, ok, type Result } from '../lib/result.ts';
import type { LlamaEngine } from './engine.ts';
import type { TextTokenizer } from './tokenizer.ts';

export type GenerateFailure = Failure<'GENERATE_REQUEST' | 'GENERATE_VALUES' | 'CANCELLED'> | Failure;

export interface GenerateRequest {
  readonly prompt: string;
  /** New tokens at most; also ends at the end-of-sequence token and at the model's context. 0 only reads the prompt. */
  readonly tokensMax: number;
  /** 0 takes the most likely token, otherwise logits are divided by this before the draw. */
  readonly temperature: number;
  readonly seed: number;
  /** Positions whose logits are wanted: those at position i follow token i. Positions that are not reached are left out. */
  readonly logitsAt: readonly number[];
}

export interface GenerateHooks {
  readonly signal?: AbortSignal;
  /** Text that has become complete, in order; the prompt is not repeated. */
  readonly onText?: (text: string) => void;
}

export interface Written {
  /** Begin-of-sequence, prompt, then what was written; an end-of-sequence token is included. */
  readonly tokens: readonly number[];
  /** All of it as text, special tokens left out. */
  readonly text: string;
  /** What was written after the prompt. */
  readonly newText: string;
  readonly newTokens: number;
  readonly logits: Readonly<Record<string, readonly number[]>>;
}

/** A full vocabulary of logits per position (32,000 numbers): past this many the answer would outweigh the model. */
const LOGITS_POSITIONS_MAX = 64;

/**
 * Writes text with the model and adapter that `engine` holds. Same request, same text on the same engine.
 * Failures: GENERATE_REQUEST, GENERATE_VALUES (the model gave NaN), CANCELLED, and those of the engine.
 */
export async function generate(
  engine: LlamaEngine,
  tokenizer: TextTokenizer,
  request: GenerateRequest,
  hooks: GenerateHooks = {},
): Promise<Result<Written, GenerateFailure>> {
  const context = engine.config.contextLength;
  const problem = checkRequest(request);
  if (problem !== null) return fail('GENERATE_REQUEST', problem);
  const tokens = Array.from(tokenizer.encode(request.prompt, { bos: true, tokensMax: context + 1 }));
  const promptLength = tokens.length;
  if (promptLength > context)
    return fail('GENERATE_REQUEST', `the prompt is longer than the model's context of ${context} tokens; shorten it`);
  const end = Math.min(context, promptLength + request.tokensMax);
  const started = await engine.startDecoding(Math.max(1, end));
  if (!started.ok) return started;
  const prng = new Prng(request.seed);
  const wanted = new Set(request.logitsAt);
  const logits: Record<string, number[]> = {};
  const stream = tokenizer.stream([...tokens]);
  let newText = '';
  const emit = (piece: string): void => {
    newText += piece;
    if (piece !== '') hooks.onText?.(piece);
  };
  for (let position = 0; position < tokens.length; position++) {
    if (hooks.signal?.aborted === true) return fail('CANCELLED', 'writing was stopped', true);
    const row = await engine.decode(tokens[position] as number);
    if (wanted.has(position)) logits[position] = Array.from(row);
    if (position < promptLength - 1 || tokens.length >= end) continue;
    const next = request.temperature === 0 ? argmax(row) : sample(row, request.temperature, prng);
    if (next === -1) return fail('GENERATE_VALUES', 'the model gave no finite numbers; reload it or reset the adapter');
    tokens.push(next);
    if (next === tokenizer.eosTokenId) break;
    emit(stream.push(next));
  }
  emit(stream.flush());
  return ok({ tokens, text: tokenizer.decode(tokens), newText, newTokens: tokens.length - promptLength, logits });
}

function checkRequest({ tokensMax, temperature, logitsAt }: GenerateRequest): string | null {
  if (!Number.isSafeInteger(tokensMax) || tokensMax < 0)
    return `${tokensMax} tokens were asked for, expected 0 or more`;
  if (!(temperature >= 0 && temperature <= 100)) return `temperature is ${temperature}, expected 0 to 100`;
  if (logitsAt.length > LOGITS_POSITIONS_MAX)
    return `logits of ${logitsAt.length} positions were asked for, at most ${LOGITS_POSITIONS_MAX} are given`;
  if (logitsAt.some((position) => !Number.isSafeInteger(position) || position < 0))
    return 'a position is a whole number from 0';
  return null;
}

/** The first of the largest; -1 if a value is not a number. */
function argmax(row: Float32Array): number {
  let best = -1;
  let top = -Infinity;
  for (let i = 0; i < row.length; i++) {
    const value = row[i] as number;
    if (Number.isNaN(value)) return -1;
    if (value > top) {
      top = value;
      best = i;
    }
  }
  return best;
}

/** Draws from softmax(row / temperature), in float64 and shifted by the maximum, so that large logits do not overflow. */
function sample(row: Float32Array, temperature: number, prng: Prng): number {
  const best = argmax(row);
  if (best === -1) return -1;
  const top = row[best] as number;
  if (top === Infinity) return best;
  const weight = (value: number): number => Math.exp((value - top) / temperature);
  let total = 0;
  for (const value of row) total += weight(value);
  let rest = prng.float() * total;
  for (let i = 0; i < row.length; i++) {
    rest -= weight(row[i] as number);
    if (rest < 0) return i;
  }
  return best;
}
