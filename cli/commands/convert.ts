import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MODEL_FILES } from '../../src/core/federation/endpoints.ts';
import { convertLlama2c } from '../../src/core/learn/llama2c.ts';
import { fail, ok, type Result } from '../../src/core/lib/result.ts';
import { EXIT, parse, report, textOption, usage, type Command, type Parsed } from '../command.ts';

const HELP = `plaquette convert llama2c FILE.bin --tokenizer TOKENIZER.bin --out DIR [--json]

Turns a llama2.c checkpoint into a model folder in Hugging Face layout, which "plaquette generate" and the relay read.`;

interface Converted {
  readonly out: string;
  readonly parameters: number;
  readonly transposed: boolean;
}

export const convertCommand: Command = {
  summary: 'turn a llama2.c checkpoint into a model folder',
  help: HELP,
  run: async (argv, output) => {
    const text = { type: 'string' } as const;
    const parsed = parse(argv, { tokenizer: text, out: text, json: { type: 'boolean' } });
    const done = parsed.ok ? await convert(parsed.value) : parsed;
    if (!done.ok) return report(done.error, output, 'convert');
    const { out, parameters, transposed } = done.value;
    if (parsed.ok && parsed.value.values['json'] === true) output.out(JSON.stringify({ out, parameters, transposed }));
    else output.out(`${out}: ${parameters} parameters${transposed ? ' (matrices turned)' : ''}`);
    return EXIT.ok;
  },
};

async function convert(parsed: Parsed): Promise<Result<Converted>> {
  const [format, file, ...more] = parsed.positionals;
  const tokenizer = textOption(parsed, 'tokenizer');
  const out = textOption(parsed, 'out');
  if (format !== 'llama2c' || file === undefined || more.length > 0) return usage('expected "llama2c FILE.bin"');
  if (tokenizer === null || out === null) return usage('--tokenizer and --out are needed');
  const inputs = await readBoth(file, tokenizer);
  if (!inputs.ok) return inputs;
  const made = convertLlama2c(...inputs.value);
  if (!made.ok) return made;
  const { config, tokenizer: vocabulary, weights, parameters, transposed } = made.value;
  try {
    await mkdir(out, { recursive: true });
    await writeFile(join(out, MODEL_FILES.config), config);
    await writeFile(join(out, MODEL_FILES.tokenizer), vocabulary);
    await writeFile(join(out, MODEL_FILES.weights), weights);
  } catch (error) {
    return fail('CLI_WRITE', `${out} cannot be written (${error instanceof Error ? error.message : String(error)})`);
  }
  return ok({ out, parameters, transposed });
}

async function readBoth(file: string, tokenizer: string): Promise<Result<[Uint8Array, Uint8Array]>> {
  try {
    return ok([new Uint8Array(await readFile(file)), new Uint8Array(await readFile(tokenizer))]);
  } catch (error) {
    return fail('CLI_READ', error instanceof Error ? error.message : String(error));
  }
}
