import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { TrainingService } from '../src/core/contracts/training-service.ts';
import type { LlamaEngineFactory } from '../src/core/learn/engine.ts';
import { createTrainingService } from '../src/core/learn/training-service.ts';
import { fail, ok, type Result } from '../src/core/lib/result.ts';
import { createWasmFactory } from '../src/engines/wasm/wasm-engine.ts';
import { realClock, secureRng } from '../src/platform/host.ts';

/** Next to the built program (scripts/build.mjs copies them), or where they are built when this runs from source. */
const FOLDERS = ['./', '../wasm/build/'];

/** The training service in this process or thread, on the same kernels as in the browser. Failure LEARN_WASM. */
export async function openNodeTraining(): Promise<Result<TrainingService>> {
  const factory = await openFactory();
  if (!factory.ok) return factory;
  const yieldNow = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return ok(createTrainingService({ factories: [factory.value], clock: realClock, rng: secureRng, yieldNow }));
}

/** Relaxed SIMD where this Node has it, plain SIMD else. */
async function openFactory(): Promise<Result<LlamaEngineFactory>> {
  let why = 'the kernels are missing: run "npm run build"';
  for (const name of ['kernels-relaxed.wasm', 'kernels.wasm']) {
    const file = FOLDERS.map((folder) => fileURLToPath(new URL(folder + name, import.meta.url))).find(existsSync);
    if (file === undefined) continue;
    try {
      return ok(createWasmFactory(await WebAssembly.compile(await readFile(file))));
    } catch (error) {
      why = error instanceof Error ? error.message : String(error);
    }
  }
  return fail('LEARN_WASM', `the training code cannot run here: ${why}`);
}
