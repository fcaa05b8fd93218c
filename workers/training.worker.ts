import { expose, transfer } from 'comlink';
import type { TrainingService } from '../src/core/contracts/training-service.ts';
import type { LlamaEngineFactory } from '../src/core/learn/engine.ts';
import { createTrainingService } from '../src/core/learn/training-service.ts';
import { fail } from '../src/core/lib/result.ts';
import { createWasmFactory } from '../src/engines/wasm/wasm-engine.ts';
import { realClock, secureRng } from '../src/platform/host.ts';
import { nextTurn } from '../src/platform/turns.ts';
import relaxedUrl from '../wasm/build/kernels-relaxed.wasm?url';
import kernelsUrl from '../wasm/build/kernels.wasm?url';

/** Relaxed SIMD where the browser has it (it refuses to compile it otherwise), plain SIMD else. */
async function openFactory(): Promise<LlamaEngineFactory> {
  try {
    return createWasmFactory(await WebAssembly.compileStreaming(fetch(relaxedUrl)).catch(() => compilePlain()));
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    const failure = fail('LEARN_WASM', `this browser cannot run the training code (${detail}); use a newer one`);
    return { kind: 'wasm', create: () => Promise.resolve(failure) };
  }
}

function compilePlain(): Promise<WebAssembly.Module> {
  return WebAssembly.compileStreaming(fetch(kernelsUrl));
}

async function openService(): Promise<TrainingService> {
  const factories = [await openFactory()];
  return createTrainingService({ factories, clock: realClock, rng: secureRng, yieldNow: nextTurn });
}

// Exposed at once: messages that came during a top-level await would be lost.
const service = openService();
const door: Omit<TrainingService, 'onEvent'> & { attach(port: MessagePort): Promise<void> } = {
  attach: async (port) => {
    (await service).onEvent((event) => port.postMessage(event));
  },
  loadModel: async (files) => (await service).loadModel(files),
  setShard: async (source) => (await service).setShard(source),
  trainRound: async (job) => {
    const outcome = await (await service).trainRound(job);
    return outcome.ok ? transfer(outcome, [outcome.value.delta.buffer]) : outcome;
  },
  evaluate: async (job) => (await service).evaluate(job),
  generate: async (job) => (await service).generate(job),
  exportAdapter: async (job) => (await service).exportAdapter(job),
  cancel: async (jobId) => (await service).cancel(jobId),
  ping: () => Promise.resolve(),
};
expose(door);
