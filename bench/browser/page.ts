import { wrap, type Remote } from 'comlink';
import type { CircuitReport } from '../../src/core/contracts/circuit-service.ts';
import type { Result } from '../../src/core/lib/result.ts';
import type { BenchDoor } from './simulator.worker.ts';

/** What the benchmark calls from outside. Each thread count has a worker of its own. */
export interface BenchPage {
  readonly isolated: boolean;
  door(threads: number): Remote<BenchDoor>;
  /** Milliseconds from the start of the page's own quantum worker to its first result, compilation included. */
  firstResult(qasm: string): Promise<number>;
}

const doors = new Map<number, Remote<BenchDoor>>();

const page: BenchPage = {
  isolated: crossOriginIsolated,
  door(threads) {
    let door = doors.get(threads);
    if (door === undefined) {
      const worker = new Worker(new URL('./simulator.worker.ts', import.meta.url), { type: 'module' });
      door = wrap<BenchDoor>(worker);
      doors.set(threads, door);
    }
    return door;
  },
  async firstResult(qasm) {
    const worker = new Worker(new URL('../../workers/quantum.worker.ts', import.meta.url), { type: 'module' });
    const service = wrap<{
      ping(): Promise<void>;
      runCircuit(request: { qasm: string; engine: 'wasm' }): Promise<Result<CircuitReport>>;
    }>(worker);
    // The script is there and runs: from here on it is the engine's own time.
    await service.ping();
    const started = performance.now();
    const result = await service.runCircuit({ qasm, engine: 'wasm' });
    const elapsed = performance.now() - started;
    worker.terminate();
    if (!result.ok) throw new Error(result.error.message);
    return elapsed;
  },
};

(globalThis as unknown as { bench: BenchPage }).bench = page;
