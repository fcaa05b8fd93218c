import { availableParallelism } from 'node:os';
import { createCpuDevice } from '../../src/core/quantum/engine/cpu-device.ts';
import { createEngine } from '../../src/core/quantum/engine/simulator.ts';
import { allowRelaxedSimd, threadSpawner } from '../quantum-host.ts';
import { createEnginePool, type EnginePool } from '../../src/core/quantum/run/engine-pool.ts';

/** The engines of a Node process: WASM first, which no machine of this age beats by plain JavaScript. */
export function createNodeEngines(): EnginePool {
  return createEnginePool({
    cpu: () => createEngine(createCpuDevice(nextTurn)),
    wasm: async (precision, threads) => {
      const { openWasmEngine } = await import('../../src/engines/wasm-quantum/wasm-engine.ts');
      allowRelaxedSimd();
      return openWasmEngine({ precision, threads, spawnThread: threadSpawner() });
    },
    webgpu: null,
    threads: availableParallelism(),
    preference: async () => [{ engine: 'wasm', amplitudesPerSecond: null, problem: null }],
  });
}

/** Not that of src/platform: its open channel would keep the process alive after the last line. */
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
