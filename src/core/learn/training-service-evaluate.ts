import type { Evaluation } from '../contracts/training-service.ts';
import { fail, ok, type Result } from '../lib/result.ts';
import type { LlamaEngine } from './engine.ts';
import { MICRO_BATCH, type Examples } from './local-round.ts';
import type { TextTokenizer } from './tokenizer.ts';
import { checkpoint } from './training-service-queue.ts';

/** More examples move the mean by less than its own error and only cost time. */
const EXAMPLES_MAX = 4_096;

/** Text to evaluate on is cut here: 4,096 examples of 64 tokens are about this much English. */
const TEXT_TOKENS_MAX = 262_144;

/** Mean loss and accuracy over at most `examplesMax` examples, spread evenly over all. Failures: LEARN_SETTINGS, CANCELLED, the engine's. */
export async function evaluateExamples(
  engine: LlamaEngine,
  examples: Examples,
  examplesMax: number,
  yieldNow: () => Promise<void>,
  signal: AbortSignal,
): Promise<Result<Evaluation>> {
  if (!(Number.isInteger(examplesMax) && examplesMax >= 1))
    return fail('LEARN_SETTINGS', `got at most ${examplesMax} examples, expected a whole number from 1`);
  const count = Math.min(examples.count, examplesMax, EXAMPLES_MAX);
  const { stride, tokens } = examples;
  let loss = 0;
  let hits = 0;
  for (let from = 0; from < count; from += MICRO_BATCH) {
    const go = await checkpoint(yieldNow, signal);
    if (!go.ok) return go;
    const batch = Math.min(MICRO_BATCH, count - from);
    const rows = new Int32Array(batch * stride);
    for (let b = 0; b < batch; b++) {
      const row = Math.floor(((from + b) * examples.count) / count);
      rows.set(tokens.subarray(row * stride, (row + 1) * stride), b * stride);
    }
    const result = await engine.evaluate(rows, batch, stride - 1);
    if (!result.ok) return result;
    for (const value of result.value.loss) loss += value;
    for (const value of result.value.correct) hits += value;
  }
  if (!Number.isFinite(loss))
    return fail('LEARN_DIVERGED', 'the loss is not finite; the adapter or the model is damaged, fetch it again');
  return ok({ loss: loss / count, accuracy: hits / (count * (stride - 1)), examples: count });
}

/** Text as windows of `length` + 1 tokens; a short text makes one shorter window. Failure LEARN_TEXT: not even two tokens. */
export function examplesOfText(text: string, tokenizer: TextTokenizer, length: number): Result<Examples> {
  const tokens = tokenizer.encode(text, { bos: true, tokensMax: TEXT_TOKENS_MAX });
  if (tokens.length < 2) return fail('LEARN_TEXT', 'the text is empty; type at least one word');
  const stride = Math.min(length + 1, tokens.length);
  const count = Math.floor(tokens.length / stride);
  return ok({ tokens: tokens.slice(0, count * stride), count, stride });
}
