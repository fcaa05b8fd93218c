import { describe, expect, it } from 'vitest';
import { fail, ok, unwrap, type Result } from '../lib/result.ts';
import type { Clock } from '../lib/world.ts';
import type { Calibration } from './engine/calibration.ts';
import { createCpuDevice } from './engine/cpu-device.ts';
import type { EngineKind, QuantumEngine } from './engine/engine.ts';
import type { StateDevice } from './engine/device.ts';
import { createEngine } from './engine/simulator.ts';
import { deviceWith } from './engine/testing/changed-device.ts';
import { createQuantumService, engineOpeners, type QuantumWorld } from './quantum-service.ts';

/** Each reading is `stepMs` later than the one before. */
function steppingClock(stepMs: number): Clock {
  let time = 0;
  const read = (): number => (time += stepMs);
  return { now: read, monotonic: read, sleep: () => Promise.resolve() };
}

const clock = steppingClock(250);
const JOB = { seed: 4, qubits: 5, layers: 6 };
const NONE = fail('QUANTUM_NO_ADAPTER', 'no adapter here', true);

/** The float64 device under another name, with a part that is given; the real ones are tested with their engines. */
function engineAs(kind: EngineKind, changes: Partial<StateDevice> = {}): QuantumEngine {
  return createEngine(deviceWith(() => ({ ...changes, kind, label: `test ${kind}`, qubitsMax: 20 })));
}

const opener = (kind: EngineKind, changes?: Partial<StateDevice>) => async (): Promise<Result<QuantumEngine>> =>
  ok(engineAs(kind, changes));

/** As if these had been measured, the fastest first. */
function measured(...order: readonly (EngineKind | readonly [EngineKind, string])[]): Calibration {
  return {
    order: async () =>
      order.map((entry) =>
        typeof entry === 'string'
          ? { engine: entry, amplitudesPerSecond: 1, problem: null }
          : { engine: entry[0], amplitudesPerSecond: null, problem: entry[1] },
      ),
  };
}

const world = (changes: Partial<QuantumWorld> = {}): QuantumWorld => ({
  openWasm: null,
  openWebGpu: null,
  clock,
  store: null,
  ...changes,
});

describe('quantum service', () => {
  it('opens the fastest engine of this machine, and any other when asked', async () => {
    const engines = { openWasm: opener('wasm'), openWebGpu: opener('webgpu') };
    const service = createQuantumService(world({ ...engines, calibration: measured('wasm', 'webgpu', 'cpu') }));
    const best = { engine: 'wasm', device: 'test wasm', qubitsMax: 20, fallbackReason: null };
    expect(await service.open('auto')).toEqual(best);
    for (const kind of ['cpu', 'webgpu', 'wasm'] as const)
      expect(await service.open(kind)).toMatchObject({ engine: kind, fallbackReason: null });
    const fast = createQuantumService(world({ ...engines, calibration: measured('webgpu', 'wasm', 'cpu') }));
    expect(await fast.open('auto')).toMatchObject({ engine: 'webgpu', fallbackReason: null });
    const plain = createQuantumService(world({ ...engines, calibration: measured('cpu', 'wasm', 'webgpu') }));
    expect(await plain.open('auto')).toMatchObject({ engine: 'cpu', fallbackReason: null });
  });

  it('measures for itself where nobody did', async () => {
    const service = createQuantumService(world({ openWasm: opener('wasm') }));
    const { engine } = await service.open('auto');
    expect(['wasm', 'cpu']).toContain(engine);
  });

  it('says why it took the CPU, or another engine than the one asked for', async () => {
    const refused = createQuantumService(world({ openWebGpu: async () => NONE }));
    expect(await refused.open('auto')).toMatchObject({ engine: 'cpu', fallbackReason: 'no adapter here' });
    const node = createQuantumService(world());
    expect((await node.open('auto')).fallbackReason).toContain('WebAssembly');
    const report = await node.open('webgpu');
    expect(report.engine).toBe('cpu');
    expect(report.fallbackReason).toContain('GPU');
    const half = createQuantumService(world({ openWasm: opener('wasm'), openWebGpu: async () => NONE }));
    expect(await half.open('webgpu')).toMatchObject({ engine: 'wasm', fallbackReason: 'no adapter here' });
    const without = measured('wasm', 'cpu', ['webgpu', 'no adapter here']);
    const auto = createQuantumService(
      world({ openWasm: opener('wasm'), openWebGpu: async () => NONE, calibration: without }),
    );
    expect(await auto.open('auto')).toMatchObject({ engine: 'wasm', fallbackReason: null });
  });

  it('measures fidelity, gates, time and speed', async () => {
    const service = createQuantumService(world());
    await service.open('auto');
    const outcome = unwrap(await service.verify(JOB));
    // Six layers forward and back of 5 unitaries and 2 pairs, and 5 Pauli gates.
    expect(outcome).toMatchObject({ engine: 'cpu', gates: 2 * 6 * 7 + 5, qubits: 5, durationMs: 250 });
    expect(outcome.fidelity).toBeGreaterThan(1 - 1e-12);
    expect(outcome.amplitudesPerSecond).toBe((32 * 89) / 0.25);
    expect('fallbackReason' in outcome).toBe(false);
    expect('notes' in outcome).toBe(false);
  });

  it('reports what a noisy engine does to the fidelity', async () => {
    const inner = createCpuDevice();
    const plan: StateDevice['plan'] = (sequence) => inner.plan({ ...sequence, steps: sequence.steps.slice(0, -1) });
    const service = createQuantumService(world({ openWebGpu: opener('webgpu', { plan }) }));
    await service.open('webgpu');
    const outcome = unwrap(await service.verify(JOB));
    expect(outcome.engine).toBe('webgpu');
    expect(outcome.fidelity).toBeLessThan(0.999);
  });

  it.each([
    ['fails', { apply: async () => fail('QUANTUM_DEVICE_LOST', 'the GPU was lost', true) }, 'QUANTUM_DEVICE_LOST'],
    ['returns zeros', { norm: async () => ok(0) }, 'QUANTUM_NORM'],
    ['returns NaN', { norm: async () => ok(Number.NaN) }, 'QUANTUM_NORM'],
  ] as const)(
    'goes on with the next engine, and says so, when the GPU %s in the middle',
    async (_what, changes, code) => {
      const calibration = measured('webgpu', 'wasm', 'cpu');
      const openWebGpu = opener('webgpu', changes);
      const service = createQuantumService(world({ openWasm: opener('wasm'), openWebGpu, calibration }));
      expect(await service.open('auto')).toMatchObject({ engine: 'webgpu' });
      const outcome = unwrap(await service.verify(JOB));
      expect(outcome.engine).toBe('wasm');
      expect(outcome.fidelity).toBeGreaterThan(1 - 1e-12);
      expect(outcome.fallbackReason).toContain(code);
      expect(unwrap(await service.verify(JOB)).engine).toBe('wasm');
      expect(await service.open('auto')).toMatchObject({ engine: 'webgpu', fallbackReason: null });
    },
  );

  it('falls through to the CPU when everything else fails, and names all reasons', async () => {
    const broken = { apply: async () => fail('QUANTUM_TRAP', 'a trap') };
    const openWebGpu = opener('webgpu', { norm: async () => ok(2) });
    const calibration = measured('webgpu', 'wasm', 'cpu');
    const service = createQuantumService(world({ openWasm: opener('wasm', broken), openWebGpu, calibration }));
    await service.open('auto');
    const outcome = unwrap(await service.verify(JOB));
    expect(outcome.engine).toBe('cpu');
    expect(outcome.fallbackReason).toMatch(/QUANTUM_NORM.*a trap \(QUANTUM_TRAP\)/);
  });

  it('tells of a device that was lost and came back', async () => {
    const inner = createCpuDevice();
    let lost = false;
    const apply: StateDevice['apply'] = async (state, plan, values, watch) => {
      if (lost) return inner.apply(state as never, plan as never, values, watch);
      lost = true;
      return fail('QUANTUM_DEVICE_LOST', 'unplugged', true);
    };
    const service = createQuantumService(world({ openWebGpu: opener('webgpu', { apply }) }));
    await service.open('webgpu');
    const outcome = unwrap(await service.verify(JOB));
    expect(outcome.engine).toBe('webgpu');
    expect(outcome.notes?.join()).toContain('unplugged');
    expect(outcome.fidelity).toBeGreaterThan(1 - 1e-12);
  });

  it.each([
    [{ ...JOB, qubits: 0 }, 'QUANTUM_QUBITS'],
    [{ ...JOB, qubits: 23 }, 'QUANTUM_QUBITS'],
    [{ ...JOB, qubits: 2.5 }, 'QUANTUM_QUBITS'],
    [{ ...JOB, layers: 0 }, 'QUANTUM_JOB'],
    [{ ...JOB, layers: 1001 }, 'QUANTUM_JOB'],
    [{ ...JOB, seed: -1 }, 'QUANTUM_JOB'],
    [{ ...JOB, seed: Number.NaN }, 'QUANTUM_JOB'],
  ])('refuses %j', async (job, code) => {
    const service = createQuantumService(world());
    expect(await service.verify(job)).toMatchObject({ ok: false, error: { code } });
  });

  it('answers a ping while a job runs', async () => {
    const service = createQuantumService(world());
    const job = service.verify({ seed: 1, qubits: 10, layers: 20 });
    await service.ping();
    expect((await job).ok).toBe(true);
  });

  it('lists what the host has, the CPU always', () => {
    expect(engineOpeners(world()).map(({ kind }) => kind)).toEqual(['cpu']);
    const both = world({ openWasm: opener('wasm'), openWebGpu: opener('webgpu') });
    expect(engineOpeners(both).map(({ kind }) => kind)).toEqual(['wasm', 'webgpu', 'cpu']);
  });
});
