import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openNodeTraining } from '../../relay/node-training.ts';
import type { Generation, ModelFiles } from '../../src/core/contracts/training-service.ts';
import { MODEL_FILES } from '../../src/core/federation/endpoints.ts';
import { fail, ok, type Result } from '../../src/core/lib/result.ts';
import { EXIT, numberOption, parse, report, textOption, usage, type Command, type Parsed } from '../command.ts';

const HELP = `plaquette generate --model DIR --prompt TEXT [options]

Writes text with a model folder in Hugging Face layout (config.json, tokenizer.json, model.safetensors).

  --model DIR        the folder
  --prompt TEXT      the beginning
  --tokens N         how many tokens to write (default 64)
  --temperature T    0 takes the most likely token each time (default 0.8)
  --seed S           seed of the draw (default 1)
  --logits-at I,J    also give the logits that follow these token positions (with --json)
  --json             {"tokens", "text", "tokensPerSecond", "logits"}; tokens begin with begin-of-sequence and the prompt`;

export const generateCommand: Command = {
  summary: 'write text with a model folder',
  help: HELP,
  run: async (argv, output) => {
    const text = { type: 'string' } as const;
    const parsed = parse(argv, {
      model: text,
      prompt: text,
      tokens: text,
      temperature: text,
      seed: text,
      'logits-at': text,
      json: { type: 'boolean' },
    });
    const written = parsed.ok ? await generate(parsed.value) : parsed;
    if (!written.ok) return report(written.error, output, 'generate');
    const { tokens, text: story, tokensPerSecond, logits } = written.value;
    const json = parsed.ok && parsed.value.values['json'] === true;
    const missing = parsed.ok && json ? notReached(parsed.value, logits) : [];
    if (missing.length > 0)
      output.err(`No logits at ${missing.join(', ')}: the text ends at position ${tokens.length - 1}.`);
    output.out(json ? JSON.stringify({ tokens, text: story, tokensPerSecond, logits }) : story);
    return EXIT.ok;
  },
};

async function generate(parsed: Parsed): Promise<Result<Generation>> {
  const folder = textOption(parsed, 'model');
  const prompt = textOption(parsed, 'prompt');
  if (folder === null || prompt === null) return usage('--model and --prompt are needed');
  if (parsed.positionals.length > 0) return usage(`"${parsed.positionals.join(' ')}" is not understood`);
  const tokens = numberOption(parsed, 'tokens', { min: 0, max: 100_000, whole: true });
  if (!tokens.ok) return tokens;
  const temperature = numberOption(parsed, 'temperature', { min: 0, max: 100 });
  if (!temperature.ok) return temperature;
  const seed = numberOption(parsed, 'seed', { min: 0, max: Number.MAX_SAFE_INTEGER, whole: true });
  if (!seed.ok) return seed;
  const logitsAt = positions(textOption(parsed, 'logits-at'));
  if (!logitsAt.ok) return logitsAt;
  const files = await readModel(folder);
  if (!files.ok) return files;
  const training = await openNodeTraining();
  if (!training.ok) return training;
  const loaded = await training.value.loadModel(files.value);
  if (!loaded.ok) return loaded;
  return training.value.generate({
    jobId: 'generate',
    spec: null,
    adapter: null,
    prompt,
    tokensMax: tokens.value ?? 64,
    temperature: temperature.value ?? 0.8,
    seed: seed.value ?? 1,
    logitsAt: logitsAt.value,
  });
}

function notReached(parsed: Parsed, logits: Generation['logits']): readonly number[] {
  const asked = positions(textOption(parsed, 'logits-at'));
  return asked.ok ? asked.value.filter((position) => !Object.hasOwn(logits, position)) : [];
}

function positions(given: string | null): Result<readonly number[]> {
  if (given === null) return ok([]);
  const list = given.split(',').map((part) => (/^\s*\d+\s*$/.test(part) ? Number(part) : Number.NaN));
  return list.every(Number.isSafeInteger)
    ? ok(list)
    : usage(`--logits-at is "${given}", expected positions like 0,1,5`);
}

/** Hashes are not checked: whoever names a folder means what is in it. */
async function readModel(folder: string): Promise<Result<ModelFiles>> {
  try {
    const read = async (name: string): Promise<Uint8Array> => new Uint8Array(await readFile(join(folder, name)));
    const [config, tokenizer, weights] = await Promise.all([
      read(MODEL_FILES.config),
      read(MODEL_FILES.tokenizer),
      read(MODEL_FILES.weights),
    ]);
    return ok({ config, tokenizer, weights, expected: null });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return fail('CLI_MODEL', `${folder} is not a readable model folder (${why})`);
  }
}
