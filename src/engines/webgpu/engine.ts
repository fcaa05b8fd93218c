import { ok, type Result } from '../../core/lib/result.ts';
import type { QuantumEngine } from '../../core/quantum/engine/engine.ts';
import { createEngine } from '../../core/quantum/engine/simulator.ts';
import { openWebGpuDevice, type WebGpuOptions } from './webgpu-device.ts';

/** The whole engine over WebGPU. Failures say what is missing (QUANTUM_NO_WEBGPU, _NO_ADAPTER, _NO_DEVICE, _SHADER). */
export async function openWebGpuEngine(
  gpu: GPU | undefined = globalThis.navigator?.gpu,
  options: WebGpuOptions = {},
): Promise<Result<QuantumEngine>> {
  const opened = await openWebGpuDevice(gpu, options);
  return opened.ok ? ok(createEngine(opened.value)) : opened;
}
