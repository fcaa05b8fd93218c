import type { Result } from '../../core/lib/result.ts';
import type { QuantumEngine } from '../../core/quantum/engine/engine.ts';
import { createEngine } from '../../core/quantum/engine/simulator.ts';
import { ok } from '../../core/lib/result.ts';
import { openWasmDevice, type WasmOptions } from './wasm-device.ts';

/** Statevectors in WebAssembly SIMD on one or more threads. Failures QUANTUM_MEMORY, QUANTUM_WASM. */
export async function openWasmEngine(options: WasmOptions): Promise<Result<QuantumEngine>> {
  const device = await openWasmDevice(options);
  return device.ok ? ok(createEngine(device.value)) : device;
}
