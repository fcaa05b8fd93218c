import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import type { SpawnThread } from '../src/engines/wasm-quantum/host.ts';
import type { HelperThread, ThreadTask } from '../src/engines/wasm-quantum/tile-runner.ts';

/**
 * Node 20 has fused multiply-add in WebAssembly behind a flag; later versions have it anyway. Takes effect for modules
 * that are compiled afterwards, in all threads.
 */
export function allowRelaxedSimd(): void {
  setFlagsFromString('--experimental-wasm-relaxed-simd');
}

/** Null where the program is not built: then there is one thread. */
export function threadSpawner(): SpawnThread | null {
  const file = fileURLToPath(new URL('./quantum-thread.js', import.meta.url));
  return existsSync(file) ? (task) => spawnThread(file, task) : null;
}

function spawnThread(file: string, task: ThreadTask): HelperThread {
  const worker = new Worker(file, { workerData: task });
  // A helper never ends by itself: it must not keep the program alive.
  worker.unref();
  const thread = { dead: null as string | null, terminate: (): void => void worker.terminate() };
  worker.on('error', (error) => {
    thread.dead = error.message;
  });
  return thread;
}
