import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { writeBase, writeBaseDocuments } from '../src/core/corpus/base.ts';
import { STYLES, writeStyle } from '../src/core/corpus/styles.ts';
import { trainBpe } from '../src/core/learn/bpe-train.ts';
import { generate } from '../src/core/learn/generate.ts';
import { initialWeights } from '../src/core/learn/llama-init.ts';
import type { LlamaWeights } from '../src/core/learn/llama-config.ts';
import { countParameters, openModelFolder, writeModelFolder } from '../src/core/learn/model-folder.ts';
import { BASE_CONFIG, BatchSource, learningRate, tokenStream } from '../src/core/learn/pretrain-plan.ts';
import { openTokenizer, type TextTokenizer } from '../src/core/learn/tokenizer.ts';
import { sha256Hex, utf8 } from '../src/core/lib/bytes.ts';
import { Prng } from '../src/core/lib/prng.ts';
import { unwrap } from '../src/core/lib/result.ts';
import { createPretrainer } from '../src/engines/wasm/pretrainer.ts';
import { createWasmFactory } from '../src/engines/wasm/wasm-engine.ts';
import { modelCard, type PretrainReport } from './pretrain-card.ts';

const HELP = `Makes the base model from generated text.
  --steps N         optimiser steps (default 2000, about 8 minutes on one core)
  --learning-rate R peak (default 0.004)
  --characters N    length of the generated text (default 8000000)
  --seed N          of the text and of the first weights (default 1)
  --out FOLDER      default public/models/plaquette-1m`;

/** 8 x 128 and 4 x 256 positions alternate: half the work is on windows as participants use them, half on the full context. */
const SHAPES = [
  { batch: 8, length: 128 },
  { batch: 4, length: 256 },
] as const;
/** Enough for byte pairs to be stable; more text changes a handful of the last merges. */
const TOKENIZER_CHARACTERS = 2_000_000;
const PROMPTS = ['Once upon a time', 'One morning, Anna', '"Have you seen', 'Facts about animals', 'Dear Tom,'];

export async function main(argv: string[], root: string): Promise<number> {
  const { values } = parseArgs({
    args: argv,
    options: {
      steps: { type: 'string', default: '2000' },
      'learning-rate': { type: 'string', default: '0.004' },
      characters: { type: 'string', default: '8000000' },
      seed: { type: 'string', default: '1' },
      out: { type: 'string', default: 'public/models/plaquette-1m' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const [steps, rate, characters, seed] = [values.steps, values['learning-rate'], values.characters, values.seed].map(
    Number,
  ) as [number, number, number, number];
  if (![steps, rate, characters, seed].every((n) => Number.isFinite(n) && n > 0)) {
    console.error(`steps, learning rate, characters and seed are numbers above 0\n${HELP}`);
    return 2;
  }
  const module = await WebAssembly.compile(readFileSync(join(root, 'wasm/build/kernels.wasm')));
  const tokenizerJson = trainBpe(writeBase(`${seed} tokenizer`, TOKENIZER_CHARACTERS), BASE_CONFIG.vocabSize);
  const tokenizer = unwrap(openTokenizer(utf8(tokenizerJson), BASE_CONFIG));
  const tokens = tokenStream(writeBaseDocuments(seed, characters), tokenizer);
  console.log(
    `${countParameters(BASE_CONFIG)} parameters, ${tokens.length} tokens, ${(characters / tokens.length).toFixed(2)} characters per token`,
  );
  const started = performance.now();
  const trained = train(module, tokens, { steps, rate, seed });
  const seconds = (performance.now() - started) / 1000;
  const folder = writeModelFolder(BASE_CONFIG, trained.weights, tokenizerJson, 'F16');
  const report = await measure(module, folder, seed);
  const card = modelCard({
    ...report,
    characters,
    tokens: tokens.length,
    steps,
    rate,
    seed,
    seconds,
    positions: trained.positions,
    trainingLoss: trained.loss,
    parameters: countParameters(BASE_CONFIG),
    hashes: {
      'config.json': sha256Hex(folder.config),
      'tokenizer.json': sha256Hex(folder.tokenizer),
      'model.safetensors': sha256Hex(folder.weights),
    },
  });
  const out = resolve(root, values.out);
  mkdirSync(out, { recursive: true });
  place(out, {
    'config.json': folder.config,
    'tokenizer.json': folder.tokenizer,
    'model.safetensors': folder.weights,
    'README.md': utf8(card),
  });
  console.log(card);
  return 0;
}

function train(
  module: WebAssembly.Module,
  tokens: Int32Array,
  { steps, rate, seed }: { steps: number; rate: number; seed: number },
): { weights: LlamaWeights; loss: number; positions: number } {
  const limits = { batchMax: 8, lengthMax: 256 };
  const trainer = createPretrainer(
    module,
    BASE_CONFIG,
    initialWeights(BASE_CONFIG, new Prng(`weights ${seed}`)),
    limits,
  );
  const source = new BatchSource(tokens, new Prng(`batches ${seed}`));
  const started = performance.now();
  let positions = 0;
  let mean = Number.NaN;
  for (let step = 0; step < steps; step++) {
    const { batch, length } = SHAPES[step % SHAPES.length] as (typeof SHAPES)[number];
    const { loss } = trainer.step(source.next(batch, length), batch, length, learningRate(step, steps, rate));
    mean = Number.isNaN(mean) ? loss : 0.99 * mean + 0.01 * loss;
    positions += batch * length;
    if (step % 200 === 199 || step === 0)
      console.log(
        `step ${step + 1}/${steps} loss ${mean.toFixed(3)} ${Math.round((1000 * positions) / (performance.now() - started))} tokens/s`,
      );
  }
  return { weights: trainer.weights(), loss: mean, positions };
}

/** Opens the finished folder like everybody else and measures it on text that it has not seen. */
async function measure(
  module: WebAssembly.Module,
  folder: ReturnType<typeof writeModelFolder>,
  seed: number,
): Promise<Pick<PretrainReport, 'heldBack' | 'styles' | 'samples'>> {
  const model = unwrap(openModelFolder({ ...folder, expected: null }));
  const engine = unwrap(
    await createWasmFactory(module).create(model.config, model.weights, { batchMax: 16, lengthMax: 128 }),
  );
  const lossOf = async (text: string): Promise<number> => {
    const examples = 64;
    const windows = windowsOf(text, model.tokenizer, examples, 128);
    let total = 0;
    for (let i = 0; i < examples; i += 16) {
      const { loss } = unwrap(await engine.evaluate(windows.subarray(i * 129, (i + 16) * 129), 16, 128));
      for (const value of loss) total += value / examples;
    }
    return total;
  };
  const styles: { title: string; loss: number }[] = [];
  for (const { id, title } of STYLES)
    styles.push({ title, loss: await lossOf(writeStyle(id, `${seed} measured`, 60_000)) });
  const samples: string[] = [];
  for (const [index, prompt] of PROMPTS.entries()) {
    const request = { prompt, tokensMax: 120, temperature: index === 0 ? 0 : 0.7, seed: index, logitsAt: [] };
    samples.push(unwrap(await generate(engine, model.tokenizer, request)).text);
  }
  return { heldBack: await lossOf(writeBase(`${seed} measured`, 60_000)), styles, samples };
}

function windowsOf(text: string, tokenizer: TextTokenizer, count: number, length: number): Int32Array {
  const tokens = tokenizer.encode(text, { tokensMax: count * (length + 1) });
  if (tokens.length < count * (length + 1))
    throw new Error(`the text has ${tokens.length} tokens, ${count * (length + 1)} are needed`);
  return tokens;
}

/** All files are complete before the first one takes its name. */
function place(folder: string, files: Readonly<Record<string, Uint8Array>>): void {
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, `${name}.tmp`), bytes);
  for (const name of Object.keys(files)) renameSync(join(folder, `${name}.tmp`), join(folder, name));
}
