import { describe, expect, it } from 'vitest';
import { shaders, type Shader } from '../../../shaders/index.ts';
import { unwrap } from '../../core/lib/result.ts';
import { engineContract } from '../../core/quantum/engine.contract.ts';
import { gates } from '../../core/quantum/gates.ts';
import { createMirrorCircuit, fidelityWith } from '../../core/quantum/mirror-circuit.ts';
import { createQuantumService } from '../../core/quantum/quantum-service.ts';
import { openWebGpuEngine } from './engine.ts';

const adapter = (await navigator.gpu?.requestAdapter()) ?? null;
const NEEDS = '(skipped where WebGPU has no adapter)';

describe.skipIf(adapter === null)(`WebGPU ${NEEDS}`, () => {
  engineContract('webgpu', async () => unwrap(await openWebGpuEngine()), { tolerance: 1e-5, qubits: 10 });
});

/** A GPU object that hands out real devices and keeps them for the test. */
function watchedGpu(): { readonly gpu: GPU; readonly devices: GPUDevice[] } {
  const devices: GPUDevice[] = [];
  const gpu = {
    async requestAdapter(options?: GPURequestAdapterOptions) {
      const real = await navigator.gpu.requestAdapter(options);
      if (real === null) return null;
      return {
        limits: real.limits,
        info: real.info,
        async requestDevice(descriptor?: GPUDeviceDescriptor) {
          const device = await real.requestDevice(descriptor);
          devices.push(device);
          return device;
        },
      };
    },
  };
  return { gpu: gpu as unknown as GPU, devices };
}

describe.skipIf(adapter === null)(`WebGPU engine ${NEEDS}`, () => {
  const long = createMirrorCircuit(1, 16, 40);

  it('fails a run with QUANTUM_DEVICE_LOST when the device is lost in it, and opens another for the next', async () => {
    const { gpu, devices } = watchedGpu();
    const engine = unwrap(await openWebGpuEngine(gpu));
    const running = engine.run(long.circuit);
    await new Promise((resolve) => setTimeout(resolve, 20));
    devices[0]!.destroy();
    expect(await running).toMatchObject({ ok: false, error: { code: 'QUANTUM_DEVICE_LOST', retry: true } });
    const again = createMirrorCircuit(2, 6, 4);
    expect(fidelityWith(unwrap(await engine.run(again.circuit)), again.expected).fidelity).toBeGreaterThan(0.9999);
    expect(devices).toHaveLength(2);
    engine.dispose();
  });

  it('lets the service go on with the CPU when the device is lost in the middle', async () => {
    const { gpu, devices } = watchedGpu();
    const clock = { now: Date.now, monotonic: () => performance.now(), sleep: () => Promise.resolve() };
    const service = createQuantumService({ openWebGpu: () => openWebGpuEngine(gpu), clock });
    expect(await service.open('auto')).toMatchObject({ engine: 'webgpu', fallbackReason: null });
    const job = service.verify({ seed: 3, qubits: 14, layers: 20 });
    await new Promise((resolve) => setTimeout(resolve, 5));
    devices[0]!.destroy();
    const outcome = unwrap(await job);
    expect(outcome).toMatchObject({ engine: 'cpu', qubits: 14 });
    expect(outcome.fallbackReason).toContain('QUANTUM_DEVICE_LOST');
    expect(outcome.fidelity).toBeGreaterThan(1 - 1e-9);
  });

  it('refuses to run once disposed, also in the middle', async () => {
    const engine = unwrap(await openWebGpuEngine());
    const running = engine.run(long.circuit);
    engine.dispose();
    expect(await running).toMatchObject({ error: { code: 'QUANTUM_DISPOSED' } });
    expect(await engine.run(long.circuit)).toMatchObject({ error: { code: 'QUANTUM_DISPOSED' } });
  });

  it('runs registers wider than one row of workgroups and circuits longer than one batch', async () => {
    const engine = unwrap(await openWebGpuEngine());
    // One row of 65,535 workgroups holds the 2^21 pairs of 22 qubits; the last pairs of 23 are in a second row.
    expect(engine.qubitsMax).toBeGreaterThanOrEqual(23);
    const ones = Array.from({ length: 23 }, (_, i) => gates.x(22 - i));
    const { fidelity, norm } = fidelityWith(unwrap(await engine.run({ qubits: 23, gates: ones })), 2 ** 23 - 1);
    expect([fidelity, norm]).toEqual([1, 1]);
    const deep = createMirrorCircuit(5, 4, 100);
    expect(deep.circuit.gates.length).toBeGreaterThan(1024);
    expect(fidelityWith(unwrap(await engine.run(deep.circuit)), deep.expected).fidelity).toBeGreaterThan(1 - 1e-5);
    engine.dispose();
  });
});

describe('WebGPU missing', () => {
  it('is a value that says why', async () => {
    const stub = { gpu: undefined, none: { requestAdapter: async () => null } as unknown as GPU };
    expect(await openWebGpuEngine(stub.none)).toMatchObject({ ok: false, error: { code: 'QUANTUM_NO_ADAPTER' } });
    const throwing = { requestAdapter: () => Promise.reject(new Error('blocked')) } as unknown as GPU;
    expect(await openWebGpuEngine(throwing)).toMatchObject({ ok: false, error: { code: 'QUANTUM_NO_ADAPTER' } });
  });
});

describe.skipIf(adapter === null)(`shaders ${NEEDS}`, () => {
  it.each(Object.values(shaders) as readonly Shader[])(
    '$name compiles without a message and fits its layout',
    async (s) => {
      const device = await adapter!.requestDevice();
      device.pushErrorScope('validation');
      const module = device.createShaderModule({ code: s.code });
      const { messages } = await module.getCompilationInfo();
      expect(messages.map((message) => message.message)).toEqual([]);
      const entries = s.bindings.map(({ binding, kind, dynamicOffset }) => ({
        binding,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type: kind, hasDynamicOffset: dynamicOffset },
      }));
      const layout = device.createPipelineLayout({ bindGroupLayouts: [device.createBindGroupLayout({ entries })] });
      const pipeline = (bound: GPUPipelineLayout): GPUComputePipeline =>
        device.createComputePipeline({
          layout: bound,
          compute: { module, entryPoint: s.entryPoint, constants: s.overrides },
        });
      pipeline(layout);
      expect(await device.popErrorScope()).toBeNull();
      device.pushErrorScope('validation');
      const missing = device.createBindGroupLayout({ entries: entries.slice(1) });
      pipeline(device.createPipelineLayout({ bindGroupLayouts: [missing] }));
      expect(await device.popErrorScope()).not.toBeNull();
      device.destroy();
    },
  );
});
