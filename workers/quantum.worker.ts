import { expose } from 'comlink';
import type { CircuitService } from '../src/core/contracts/circuit-service.ts';
import type { QuantumService } from '../src/core/contracts/quantum-service.ts';
import type { Result } from '../src/core/lib/result.ts';
import { createCircuitService } from '../src/core/quantum/circuit-service.ts';
import { createCalibration } from '../src/core/quantum/engine/calibration.ts';
import { createCpuDevice } from '../src/core/quantum/engine/cpu-device.ts';
import type { Precision, QuantumEngine } from '../src/core/quantum/engine/engine.ts';
import { createEngine } from '../src/core/quantum/engine/simulator.ts';
import { createQuantumService, engineOpeners } from '../src/core/quantum/quantum-service.ts';
import { createEnginePool } from '../src/core/quantum/run/engine-pool.ts';
import { openCalibrationStore } from '../src/platform/calibration-store.ts';
import { openWasmEngine } from '../src/engines/wasm-quantum/wasm-engine.ts';
import { openWebGpuEngine } from '../src/engines/webgpu/engine.ts';
import { realClock } from '../src/platform/host.ts';
import { nextTurn } from '../src/platform/turns.ts';
import { spawnThread } from './quantum/spawn-thread.ts';

const threads = navigator.hardwareConcurrency;
const openWebGpu = (): Promise<Result<QuantumEngine>> => openWebGpuEngine();
const openWasm = (precision: Precision, count: number): Promise<Result<QuantumEngine>> =>
  openWasmEngine({ precision, threads: count, spawnThread });
const openers = { openWasm: () => openWasm('f32', threads), openWebGpu, clock: realClock };
const store = openCalibrationStore();
// Measured once for both services.
const calibration = createCalibration({ openers: engineOpeners(openers), clock: realClock, store });

const quantum = createQuantumService({ ...openers, store, calibration });
const pool = createEnginePool({
  cpu: () => createEngine(createCpuDevice(nextTurn)),
  wasm: openWasm,
  webgpu: openWebGpu,
  threads,
  preference: () => calibration.order(),
});
const circuits = createCircuitService({ pool, clock: realClock });

expose({
  open: (preference) => quantum.open(preference),
  verify: (job) => quantum.verify(job),
  ping: () => quantum.ping(),
  runCircuit: (request, id) => circuits.runCircuit(request, id),
  optimiseCircuit: (request, id) => circuits.optimiseCircuit(request, id),
  cancel: (id) => circuits.cancel(id),
  engines: () => circuits.engines(),
  // Both services answer calls only: there are no events to hand out.
  attach: (): Promise<void> => Promise.resolve(),
} satisfies QuantumService & CircuitService & { attach(): Promise<void> });
