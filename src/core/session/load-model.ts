import type { ModelFiles } from '../contracts/training-service.ts';
import { MODEL_FILES, modelPath } from '../federation/endpoints.ts';
import type { ModelRef } from '../federation/run-config.ts';
import { fail, ok, type Result } from '../lib/result.ts';
import type { Clock, Millis } from '../lib/world.ts';
import type { Transport } from '../vault/ports.ts';
import type { LoadModel } from './ports.ts';

/** Weights of a tab's model; above this a tab would not have the memory to train. */
const WEIGHTS_BYTES_MAX = 2 ** 30;
const SMALL_BYTES_MAX = 32 * 2 ** 20;
/** Ten minutes: a few MB over the slowest phone network that still keeps a connection. */
const FILE_MS_MAX: Millis = 600_000;
const ATTEMPTS = 4;

type FileName = keyof typeof MODEL_FILES;

/** Loads `/models/<id>/` from the relay's origin, each file with up to four attempts. Failures: those of Transport, MODEL_FETCH. */
export function createModelLoader(transport: Transport, clock: Clock, relayUrl: string): LoadModel {
  return async (ref, onProgress, signal) => {
    const loaded: Record<FileName, number> = { config: 0, tokenizer: 0, weights: 0 };
    let weightsTotal: number | null = null;
    const get = (name: FileName): Promise<Result<Uint8Array>> => {
      const url = `${relayUrl}${modelPath(ref.id, MODEL_FILES[name])}`;
      return fetchFile(
        transport,
        clock,
        url,
        name === 'weights' ? WEIGHTS_BYTES_MAX : SMALL_BYTES_MAX,
        signal,
        (bytes, total) => {
          loaded[name] = bytes;
          if (name === 'weights') weightsTotal = total;
          const all = loaded.config + loaded.tokenizer + loaded.weights;
          // The weights are nearly everything; without their length there is no honest total.
          onProgress(all, weightsTotal === null ? null : all - loaded.weights + weightsTotal);
        },
      );
    };
    const [config, tokenizer, weights] = await Promise.all([get('config'), get('tokenizer'), get('weights')]);
    if (!config.ok) return config;
    if (!tokenizer.ok) return tokenizer;
    if (!weights.ok) return weights;
    return ok({ config: config.value, tokenizer: tokenizer.value, weights: weights.value, expected: hashesOf(ref) });
  };
}

function hashesOf(ref: ModelRef): ModelFiles['expected'] {
  return { config: ref.configSha256, tokenizer: ref.tokenizerSha256, weights: ref.weightsSha256 };
}

async function fetchFile(
  transport: Transport,
  clock: Clock,
  url: string,
  answerBytesMax: number,
  signal: AbortSignal,
  onProgress: (loaded: number, total: number | null) => void,
): Promise<Result<Uint8Array>> {
  for (let attempt = 1; ; attempt++) {
    const answer = await transport.get(url, { timeoutMs: FILE_MS_MAX, signal, answerBytesMax, onProgress });
    const failure = !answer.ok
      ? answer
      : fail('MODEL_FETCH', `${url} answered with status ${answer.value.status}`, answer.value.status >= 500);
    if (answer.ok && answer.value.status === 200) return ok(answer.value.body);
    if (!failure.error.retry || signal.aborted || attempt === ATTEMPTS) return failure;
    // A cancelled wait ends in a cancelled request, which says so.
    await clock.sleep(250 * 2 ** attempt, signal).catch(() => null);
  }
}
