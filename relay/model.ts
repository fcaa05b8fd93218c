import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelFiles } from '../src/core/contracts/training-service.ts';
import { MODEL_FILES } from '../src/core/federation/endpoints.ts';
import type { ModelRef } from '../src/core/federation/run-config.ts';
import type { LlamaConfig } from '../src/core/learn/llama-config.ts';
import { parseModelConfig } from '../src/core/learn/model-config.ts';
import { sha256Hex } from '../src/core/lib/bytes.ts';
import { fail, ok, type Result } from '../src/core/lib/result.ts';

export interface ServedModel {
  readonly ref: ModelRef;
  readonly config: LlamaConfig;
  readonly files: ModelFiles;
}

/** The base model that the relay serves under /models/<id>. Failures: RELAY_MODEL_MISSING, MODEL_CONFIG, MODEL_ARCHITECTURE. */
export async function readServedModel(webFolder: string, id: string): Promise<Result<ServedModel>> {
  const folder = join(webFolder, 'models', id);
  let parts: Uint8Array[];
  try {
    const names = [MODEL_FILES.config, MODEL_FILES.tokenizer, MODEL_FILES.weights];
    parts = await Promise.all(names.map(async (name) => new Uint8Array(await readFile(join(folder, name)))));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return fail('RELAY_MODEL_MISSING', `there is no complete model in ${folder} (${why}): run "npm run build" again`);
  }
  const [config, tokenizer, weights] = parts as [Uint8Array, Uint8Array, Uint8Array];
  const parsed = parseModelConfig(config);
  if (!parsed.ok) return parsed;
  const expected = { config: sha256Hex(config), tokenizer: sha256Hex(tokenizer), weights: sha256Hex(weights) };
  const hashes = {
    configSha256: expected.config,
    tokenizerSha256: expected.tokenizer,
    weightsSha256: expected.weights,
  };
  return ok({ ref: { id, ...hashes }, config: parsed.value, files: { config, tokenizer, weights, expected } });
}
