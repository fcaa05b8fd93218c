import { kernelsModule } from '../tests/wasm-module.ts';
import type { AdapterSpec } from '../src/core/federation/run-config.ts';
import type { LlamaEngine } from '../src/core/learn/engine.ts';
import type { LlamaConfig } from '../src/core/learn/llama-config.ts';
import { initialWeights } from '../src/core/learn/llama-init.ts';
import { Prng } from '../src/core/lib/prng.ts';
import { unwrap } from '../src/core/lib/result.ts';
import { createPretrainer, type Pretrainer } from '../src/engines/wasm/pretrainer.ts';
import { createWasmFactory } from '../src/engines/wasm/wasm-engine.ts';
import { type BenchResult, median } from './result.ts';

/** The shape that the reference figures of adapter training were measured on. */
const TINY: LlamaConfig = {
  vocabSize: 512,
  hiddenSize: 128,
  layers: 4,
  heads: 4,
  kvHeads: 4,
  headDim: 32,
  intermediateSize: 384,
  contextLength: 256,
  ropeTheta: 10_000,
  rmsEps: 1e-5,
  tiedEmbeddings: true,
  bosTokenId: 1,
  eosTokenId: 2,
};
/** The shape of the base model that `npm run pretrain` makes. */
const BASE: LlamaConfig = { ...TINY, vocabSize: 1024, kvHeads: 2 };
const ADAPTER: AdapterSpec = {
  kind: 'ffa-lora',
  rank: 8,
  alpha: 16,
  targets: ['q', 'v'],
  seed: '000102030405060708090a0b0c0d0e0f',
};
const BATCH = 8;
const LENGTH = 64;
const ROUNDS = 20;
const DECODED = 128;

interface Timed {
  readonly adapter: number[];
  readonly pretraining: number[];
  readonly decoding: number[];
}

/** One worker, one core, plain SIMD: the three paths take turns so that a busy machine slows them alike. */
export async function run(): Promise<BenchResult[]> {
  const prng = new Prng(1);
  const module = kernelsModule();
  const limits = { batchMax: BATCH, lengthMax: LENGTH };
  const engine = unwrap(await createWasmFactory(module).create(TINY, initialWeights(TINY, prng), limits));
  const { size } = unwrap(await engine.setAdapter(ADAPTER));
  await engine.setAdapterValues(Float32Array.from({ length: size }, () => 0.01 * prng.normal()));
  const pretrainer = createPretrainer(module, BASE, initialWeights(BASE, prng), limits);
  const tokens = Int32Array.from({ length: BATCH * (LENGTH + 1) }, () => prng.below(TINY.vocabSize));
  const timed: Timed = { adapter: [], pretraining: [], decoding: [] };
  const first = await adapterStep(engine, tokens);
  for (let i = 0; i < ROUNDS; i++) await oneRound(timed, engine, pretrainer, tokens);
  engine.dispose();
  return report(timed, first);
}

async function oneRound(timed: Timed, engine: LlamaEngine, pretrainer: Pretrainer, tokens: Int32Array): Promise<void> {
  timed.adapter.push(await adapterStep(engine, tokens));
  const start = performance.now();
  pretrainer.step(tokens, BATCH, LENGTH, 1e-3);
  timed.pretraining.push(performance.now() - start);
  unwrap(await engine.startDecoding(DECODED));
  const middle = performance.now();
  for (let t = 0; t < DECODED; t++) await engine.decode(tokens[t] ?? 0);
  timed.decoding.push((performance.now() - middle) / DECODED);
}

/** Milliseconds of forward, backward, clip and sum; noise and optimiser are elsewhere. */
async function adapterStep(engine: LlamaEngine, tokens: Int32Array): Promise<number> {
  const start = performance.now();
  const { norms } = unwrap(await engine.clippedGradientSum(tokens, BATCH, LENGTH, 1));
  const elapsed = performance.now() - start;
  if (!norms.every((norm) => norm > 0)) throw new Error('a gradient vanished: the step did no work');
  return elapsed;
}

function report({ adapter, pretraining, decoding }: Timed, first: number): BenchResult[] {
  const rate = (ms: number): number => (1000 * BATCH * LENGTH) / ms;
  const note = `batch ${BATCH}, length ${LENGTH}, 1 thread, median of ${ROUNDS} interleaved`;
  const best = `best of ${ROUNDS}`;
  const higher = { unit: 'tokens/s', better: 'higher' } as const;
  return [
    { name: 'adapter training, rank 8 on q and v', value: rate(median(adapter)), goal: 5000, note, ...higher },
    { name: 'adapter training, best step', value: rate(Math.min(...adapter)), goal: null, note: best, ...higher },
    {
      name: 'first step',
      value: first,
      unit: 'ms',
      goal: 1000,
      better: 'lower',
      note: 'module compiled, code still cold',
    },
    { name: 'pretraining, all weights', value: rate(median(pretraining)), goal: 2500, note, ...higher },
    {
      name: 'decoding',
      value: 1000 / median(decoding),
      goal: 1000,
      note: `${DECODED} tokens, one at a time`,
      ...higher,
    },
  ];
}
