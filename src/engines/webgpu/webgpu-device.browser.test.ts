import { afterAll, describe, expect, it } from 'vitest';
import { shaders, type Shader } from '../../../shaders/index.ts';
import { Prng } from '../../core/lib/prng.ts';
import { unwrap } from '../../core/lib/result.ts';
import { circuitOf, gate } from '../../core/quantum/circuit/builder.ts';
import { parameter, type Bindings } from '../../core/quantum/circuit/angle.ts';
import { createCpuDevice } from '../../core/quantum/engine/cpu-device.ts';
import type { StateDevice, UnitarySequence, Watch } from '../../core/quantum/engine/device.ts';
import { engineContract } from '../../core/quantum/engine/engine.contract.ts';
import { parsePauliSum } from '../../core/quantum/engine/pauli.ts';
import { randomStep, randomUnitary } from '../../core/quantum/engine/testing/random-circuits.ts';
import { measureCopyBandwidth } from './bandwidth.ts';
import { openWebGpuEngine } from './engine.ts';
import { layoutEntries } from './gpu.ts';
import { randomGrid } from './testing/random-grid.ts';
import { openWebGpuDevice, type WebGpuOptions } from './webgpu-device.ts';

const adapter = (await navigator.gpu?.requestAdapter()) ?? null;
const NEEDS = '(skipped where WebGPU has no adapter)';
const NONE: Bindings = new Map();
const WATCH: Watch = { signal: undefined, onProgress: () => undefined };

describe.skipIf(adapter === null)(`WebGPU ${NEEDS}`, () => {
  const limits = { tolerance: 1e-5, qubits: 12, infidelity: 1e-10, gradient: 1e-6 };
  engineContract(
    'webgpu, fused passes',
    async () => unwrap(await openWebGpuEngine(navigator.gpu, { fuse: true })),
    limits,
  );
  engineContract(
    'webgpu, a gate a pass',
    async () => unwrap(await openWebGpuEngine(navigator.gpu, { fuse: false })),
    limits,
  );
});

/** Everything that is read from a state, one after the other. */
async function readings<S>(device: StateDevice<S>, sequence: UnitarySequence, values: Bindings): Promise<number[]> {
  const { qubits } = sequence;
  const plan = unwrap(device.plan(sequence));
  const state = unwrap(await device.zero(qubits));
  unwrap(await device.apply(state, plan, values, WATCH));
  const observable = unwrap(
    parsePauliSum(`0.5*${'Z'.repeat(qubits)} - X${'IY'.repeat(10).slice(0, qubits - 1)}`, qubits),
  );
  const image = unwrap(await device.applyObservable(state, observable));
  const top = qubits - 1;
  const out: number[][] = [
    [...unwrap(await device.read(state, 2 ** qubits - 700, 700))],
    [...unwrap(await device.gather(state, [5, 2 ** qubits - 1, 2 ** top, 0]))],
    [unwrap(await device.norm(state))],
    [...unwrap(await device.probabilities(state, [top, 0, 3]))],
    [...unwrap(await device.probabilities(state, [4, top - 1]))],
    [...unwrap(await device.expectations(state, observable))],
    [...unwrap(await device.reducedDensityMatrix(state, [top, 1]))],
    [...unwrap(await device.inner(state, image))],
  ];
  const copy = unwrap(await device.clone(state));
  unwrap(
    await device.applyMatrix(
      copy,
      randomUnitary(new Prng(3), 2).map((v) => 0.7 * v),
      [top, 2],
    ),
  );
  unwrap(await device.project(copy, top, 1, 1.25, true));
  unwrap(await device.scale(copy, 0.5));
  out.push([...unwrap(await device.read(copy, 0, 500))], [unwrap(await device.norm(copy))]);
  out.push([...unwrap(await device.backward(state, image, plan, values))]);
  for (const used of [state, image, copy]) device.free(used);
  return out.flat();
}

describe.skipIf(adapter === null)(`WebGPU device ${NEEDS}`, () => {
  const kinds: readonly (readonly [string, WebGpuOptions])[] = [
    ['tiles of 11 qubits', { fuse: true, tileQubits: 11 }],
    ['tiles of 12 qubits', { fuse: true, tileQubits: 12 }],
    ['one pass a gate', { fuse: false }],
    ['states in four buffers', { fuse: true, tileQubits: 11, bufferQubits: 11 }],
    ['states in two buffers, one pass a gate', { fuse: false, bufferQubits: 12 }],
  ];

  it.each(kinds)('agrees with float64 in everything it reads: %s', async (_, options) => {
    const prng = new Prng(21);
    const parameters = ['a', 'b'];
    const steps = Array.from({ length: 70 }, () => randomStep(prng, 13, { parameters, unitary: 4 }));
    steps.push(
      gate('u', [12], [parameter('a'), parameter('b'), 0.3], [11]),
      gate('xxplusyy', [0, 12], [parameter('b'), 1]),
    );
    const sequence = { qubits: 13, steps, parameters, fromZero: true };
    const values = new Map([
      ['a', 0.7],
      ['b', -1.9],
    ]);
    const device = unwrap(await openWebGpuDevice(navigator.gpu, options));
    const got = await readings(device, sequence, values);
    device.dispose();
    const wanted = await readings(createCpuDevice(), sequence, values);
    expect(got).toHaveLength(wanted.length);
    expect(got.length).toBeGreaterThan(2000);
    const worst = got.reduce((most, value, i) => Math.max(most, Math.abs(value - wanted[i]!)), 0);
    expect(worst).toBeLessThan(5e-6);
  });

  it('finds thresholds where float64 finds them, and never a state of no weight', async () => {
    const device = unwrap(await openWebGpuDevice());
    // Weight on every 37th basis state only, over several blocks.
    const amplitudes = new Float64Array(2 * 2 ** 13);
    const prng = new Prng(22);
    for (let i = 5; i < 2 ** 13; i += 37) amplitudes[2 * i + (i % 2)] = prng.float() + 0.01;
    const length = Math.hypot(...amplitudes);
    const state = unwrap(
      await device.load(
        13,
        amplitudes.map((v) => v / length),
      ),
    );
    const cpu = createCpuDevice();
    const exact = unwrap(
      await cpu.load(
        13,
        amplitudes.map((v) => v / length),
      ),
    );
    const thresholds = Float64Array.from({ length: 20_000 }, () => prng.float()).toSorted();
    thresholds[0] = 0;
    thresholds[19_999] = 1 - 2 ** -53;
    const found = unwrap(await device.search(state, thresholds));
    const wanted = unwrap(await cpu.search(exact, thresholds));
    expect([...found].every((index) => index % 37 === 5)).toBe(true);
    // A threshold within rounding of a border may fall to either side.
    expect(found.filter((index, i) => index !== wanted[i]).length).toBeLessThan(10);
    expect([found[0], found.at(-1)]).toEqual([wanted[0], wanted.at(-1)]);
    device.dispose();
  });

  it('reaches the last amplitude of states with more workgroups than one row has', async () => {
    const device = unwrap(await openWebGpuDevice());
    // One row of 65,535 workgroups holds 2^24 - 256 amplitudes; the last ones are in a second row.
    expect(device.qubitsMax).toBeGreaterThanOrEqual(24);
    const state = unwrap(await device.zero(24));
    const ones = unwrap(parsePauliSum('X'.repeat(24), 24));
    const image = unwrap(await device.applyObservable(state, ones));
    expect([...unwrap(await device.gather(image, [2 ** 24 - 1, 0]))]).toEqual([1, 0, 0, 0]);
    expect(unwrap(await device.norm(image))).toBe(1);
    device.dispose();
  });

  it('moves a state of 18 qubits once a pass, with the same result as a gate a pass', async () => {
    const steps = randomGrid(new Prng(23), 18, 3);
    const sequence = { qubits: 18, steps, parameters: [], fromZero: true };
    const results: Float64Array[] = [];
    const passes: number[] = [];
    for (const fuse of [true, false]) {
      const device = unwrap(await openWebGpuDevice(navigator.gpu, { fuse }));
      const plan = unwrap(device.plan(sequence));
      passes.push(plan.stats.passes);
      const state = unwrap(await device.zero(18));
      unwrap(await device.apply(state, plan, NONE, WATCH));
      results.push(unwrap(await device.read(state, 177_000, 20_000)));
      device.dispose();
    }
    expect(passes[0]).toBeLessThan(6);
    expect(passes[1]).toBe(steps.length);
    const worst = results[0]!.reduce((most, value, i) => Math.max(most, Math.abs(value - results[1]![i]!)), 0);
    expect(worst).toBeLessThan(1e-7);
    expect(Math.max(...results[0]!)).toBeGreaterThan(1e-4);
  });

  it('says what is missing', async () => {
    const device = unwrap(await openWebGpuDevice(navigator.gpu, { bufferQubits: 14 }));
    expect(device.qubitsMax).toBe(16);
    expect(device.limitReason).toContain('buffer');
    device.dispose();
    const engine = unwrap(await openWebGpuEngine(navigator.gpu, { bufferQubits: 14 }));
    expect(await engine.prepare(circuitOf(17, []))).toMatchObject({ error: { code: 'QUANTUM_QUBITS' } });
    engine.dispose();
  });

  it('measures what a copy gives', async () => {
    const { bytesPerSecond, bytesPerSecondBest } = unwrap(
      await measureCopyBandwidth(navigator.gpu, () => performance.now(), 2 ** 22),
    );
    expect(bytesPerSecond).toBeGreaterThan(1e7);
    expect(bytesPerSecondBest).toBeGreaterThanOrEqual(bytesPerSecond);
  });
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

describe.skipIf(adapter === null)(`WebGPU trouble ${NEEDS}`, () => {
  const long: UnitarySequence = {
    qubits: 18,
    steps: randomGrid(new Prng(24), 18, 25),
    parameters: [],
    fromZero: true,
  };
  const opened: { dispose(): void }[] = [];
  afterAll(() => opened.forEach((device) => device.dispose()));

  it('is told when the device is lost in a run, and opens another', async () => {
    const { gpu, devices } = watchedGpu();
    const device = unwrap(await openWebGpuDevice(gpu, { fuse: false }));
    opened.push(device);
    const state = unwrap(await device.zero(18));
    const plan = unwrap(device.plan(long));
    let progress = 0;
    const outcome = await device.apply(state, plan, NONE, {
      signal: undefined,
      onProgress: (done) => {
        progress = done;
        devices[0]!.destroy();
      },
    });
    expect(outcome).toMatchObject({ ok: false, error: { code: 'QUANTUM_DEVICE_LOST', retry: true } });
    expect(progress).toBeGreaterThan(0);
    expect(progress).toBeLessThan(1);
    expect(await device.zero(3)).toMatchObject({ error: { code: 'QUANTUM_DEVICE_LOST' } });
    unwrap(await device.recover());
    expect(devices).toHaveLength(2);
    expect(await device.norm(state)).toMatchObject({ error: { code: 'QUANTUM_DEVICE_LOST' } });
    const again = unwrap(await device.zero(3));
    expect(unwrap(await device.norm(again))).toBe(1);
    unwrap(await device.recover());
    expect(devices).toHaveLength(2);
  });

  it('lets the engine repeat the run by itself, and say so', async () => {
    const { gpu, devices } = watchedGpu();
    const engine = unwrap(await openWebGpuEngine(gpu, { fuse: false }));
    opened.push(engine);
    const prepared = unwrap(await engine.prepare(circuitOf(18, long.steps)));
    let lost = false;
    const outcome = await engine.run(prepared, {
      onProgress: () => {
        if (!lost) devices[0]!.destroy();
        lost = true;
      },
    });
    const { state } = unwrap(outcome);
    expect(devices).toHaveLength(2);
    expect(unwrap(await state.norm())).toBeCloseTo(1, 4);
  });

  it('stops between submissions when it is told to', async () => {
    const device = unwrap(await openWebGpuDevice(navigator.gpu, { fuse: false }));
    opened.push(device);
    const state = unwrap(await device.zero(18));
    const abort = new AbortController();
    const outcome = await device.apply(state, unwrap(device.plan(long)), NONE, {
      signal: abort.signal,
      onProgress: () => abort.abort(),
    });
    expect(outcome).toMatchObject({ ok: false, error: { code: 'QUANTUM_ABORTED' } });
  });

  it('ends a run when it is disposed of in it', async () => {
    const device = unwrap(await openWebGpuDevice(navigator.gpu, { fuse: false }));
    const state = unwrap(await device.zero(18));
    const outcome = await device.apply(state, unwrap(device.plan(long)), NONE, {
      signal: undefined,
      onProgress: () => device.dispose(),
    });
    expect(outcome).toMatchObject({ ok: false, error: { code: 'QUANTUM_DISPOSED' } });
    expect(await device.zero(2)).toMatchObject({ error: { code: 'QUANTUM_DISPOSED' } });
    expect(await device.recover()).toMatchObject({ ok: true });
  });

  it('turns a refused allocation and a refused command into values', async () => {
    const { gpu, devices } = watchedGpu();
    const device = unwrap(await openWebGpuDevice(gpu));
    opened.push(device);
    const state = unwrap(await device.zero(4));
    const real = devices[0]!;
    const pop = real.popErrorScope.bind(real);
    let pops = 0;
    real.popErrorScope = async () => {
      await pop();
      // The inner scope is that of memory.
      return pops++ === 0 ? new GPUOutOfMemoryError('full') : null;
    };
    expect(await device.zero(5)).toMatchObject({ error: { code: 'QUANTUM_MEMORY', retry: true } });
    real.popErrorScope = pop;
    state.buffers[0]!.destroy();
    expect(await device.norm(state)).toMatchObject({ error: { code: 'QUANTUM_GPU_ERROR' } });
    expect(unwrap(await device.norm(unwrap(await device.zero(4))))).toBe(1);
  });
});

describe('WebGPU missing', () => {
  it('is a value that says why', async () => {
    const none = { requestAdapter: async () => null } as unknown as GPU;
    expect(await openWebGpuEngine(none)).toMatchObject({ ok: false, error: { code: 'QUANTUM_NO_ADAPTER' } });
    const throwing = { requestAdapter: () => Promise.reject(new Error('blocked')) } as unknown as GPU;
    expect(await openWebGpuDevice(throwing)).toMatchObject({ ok: false, error: { code: 'QUANTUM_NO_ADAPTER' } });
    const refusing = {
      requestAdapter: async () => ({
        limits: {},
        info: {},
        requestDevice: () => Promise.reject(new TypeError('no such limit')),
      }),
    } as unknown as GPU;
    expect(await openWebGpuDevice(refusing)).toMatchObject({ error: { code: 'QUANTUM_NO_DEVICE', retry: true } });
    expect(await measureCopyBandwidth(none)).toMatchObject({ error: { code: 'QUANTUM_NO_ADAPTER' } });
  });
});

describe.skipIf(adapter === null)(`shaders ${NEEDS}`, () => {
  it.each(Object.values(shaders) as readonly Shader[])(
    '$name compiles without a message and fits its layout, whole and split',
    async (shader) => {
      const { maxComputeWorkgroupStorageSize } = adapter!.limits;
      // An adapter gives one device.
      const another = (await navigator.gpu.requestAdapter())!;
      const device = await another.requestDevice({ requiredLimits: { maxComputeWorkgroupStorageSize } });
      device.pushErrorScope('validation');
      const module = device.createShaderModule({ code: shader.code });
      const { messages } = await module.getCompilationInfo();
      expect(messages.map((message) => message.message)).toEqual([]);
      const entries = layoutEntries(shader);
      const { entryPoint } = shader;
      const pipeline = (bound: GPUBindGroupLayoutEntry[], constants: Record<string, number>): GPUComputePipeline =>
        device.createComputePipeline({
          layout: device.createPipelineLayout({ bindGroupLayouts: [device.createBindGroupLayout({ entries: bound })] }),
          compute: { module, entryPoint, constants },
        });
      pipeline(entries, { ...shader.overrides });
      if ('split' in shader.overrides) pipeline(entries, { ...shader.overrides, split: 1 });
      expect(await device.popErrorScope()).toBeNull();
      for (const missing of [0, entries.length - 1]) {
        device.pushErrorScope('validation');
        pipeline(entries.toSpliced(missing, 1), { ...shader.overrides });
        expect(await device.popErrorScope(), `without binding ${missing}`).not.toBeNull();
      }
      device.destroy();
    },
  );
});
