import threadUrl from '../quantum-thread.worker.ts?worker&url';
import { trustedScriptUrl } from '../../src/platform/trusted-url.ts';
import type { HelperThread, ThreadTask } from '../../src/engines/wasm-quantum/tile-runner.ts';

/** A helper of the simulator, started by the quantum worker itself: it shares the memory that the worker owns. */
export function spawnThread(task: ThreadTask): HelperThread {
  const worker = new Worker(trustedScriptUrl(threadUrl), { type: 'module', name: 'quantum thread' });
  const thread = { dead: null as string | null, terminate: (): void => worker.terminate() };
  worker.addEventListener('error', (event) => {
    thread.dead = event.message === '' ? 'its script did not start' : event.message;
  });
  worker.postMessage(task);
  return thread;
}
