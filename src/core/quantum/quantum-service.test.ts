import { describe, expect, it } from 'vitest';
import { fail, ok, unwrap, type Result } from '../lib/result.ts';
import type { Clock } from '../lib/world.ts';
import { createCpuEngine } from './cpu-engine.ts';
import type { Circuit, QuantumEngine } from './engine.ts';
import { createQuantumService } from './quantum-service.ts';

/** Each reading is `stepMs` later than the one before. */
function steppingClock(stepMs: number): Clock {
  let time = 0;
  const read = (): number => (time += stepMs);
  return { now: read, monotonic: read, sleep: () => Promise.resolve() };
}

const clock = steppingClock(250);
const oracle = createCpuEngine();
const JOB = { seed: 4, qubits: 5, layers: 6 };

/** A GPU engine whose runs are given; the real one is tested in the browser. */
function gpu(run: (circuit: Circuit) => Promise<Result<Float32Array | Float64Array>>): QuantumEngine {
  return { kind: 'webgpu', device: 'test GPU', qubitsMax: 24, run, dispose: () => undefined };
}

describe('quantum service', () => {
  it('opens the GPU where there is one, and the CPU when asked', async () => {
    const service = createQuantumService({ openWebGpu: async () => ok(gpu((circuit) => oracle.run(circuit))), clock });
    const best = { engine: 'webgpu', device: 'test GPU', qubitsMax: 24, fallbackReason: null };
    expect(await service.open('auto')).toEqual(best);
    expect(await service.open('cpu')).toMatchObject({ engine: 'cpu', fallbackReason: null });
    expect(await service.open('webgpu')).toEqual(best);
  });

  it('says why it took the CPU', async () => {
    const refuse = async (): Promise<Result<QuantumEngine>> => fail('QUANTUM_NO_ADAPTER', 'no adapter here', true);
    const without = createQuantumService({ openWebGpu: refuse, clock });
    expect(await without.open('auto')).toMatchObject({ engine: 'cpu', fallbackReason: 'no adapter here' });
    const node = createQuantumService({ openWebGpu: null, clock });
    const report = await node.open('webgpu');
    expect(report.engine).toBe('cpu');
    expect(report.fallbackReason).toContain('GPU');
  });

  it('measures fidelity, gates, time and speed', async () => {
    const service = createQuantumService({ openWebGpu: null, clock });
    await service.open('auto');
    const outcome = unwrap(await service.verify(JOB));
    // Six layers forward and back of 5 unitaries and 2 pairs, and 5 Pauli gates.
    expect(outcome).toMatchObject({ engine: 'cpu', gates: 2 * 6 * 7 + 5, qubits: 5, durationMs: 250 });
    expect(outcome.fidelity).toBeGreaterThan(1 - 1e-12);
    expect(outcome.amplitudesPerSecond).toBe((32 * 89) / 0.25);
    expect('fallbackReason' in outcome).toBe(false);
  });

  it('reports what a noisy engine does to the fidelity', async () => {
    const noisy = gpu((circuit) => oracle.run({ ...circuit, gates: circuit.gates.slice(0, -1) }));
    const service = createQuantumService({ openWebGpu: async () => ok(noisy), clock });
    await service.open('auto');
    const outcome = unwrap(await service.verify(JOB));
    expect(outcome.engine).toBe('webgpu');
    expect(outcome.fidelity).toBeLessThan(0.999);
  });

  it.each([
    ['fails', async () => fail('QUANTUM_DEVICE_LOST', 'the GPU was lost', true), 'QUANTUM_DEVICE_LOST'],
    ['returns zeros', async () => ok(new Float32Array(64)), 'QUANTUM_NORM'],
    ['returns NaN', async () => ok(new Float32Array(64).fill(Number.NaN)), 'QUANTUM_NORM'],
  ] as const)('goes on with the CPU, and says so, when the GPU %s in the middle', async (_what, run, code) => {
    const service = createQuantumService({ openWebGpu: async () => ok(gpu(run)), clock });
    expect(await service.open('auto')).toMatchObject({ engine: 'webgpu' });
    const outcome = unwrap(await service.verify(JOB));
    expect(outcome.engine).toBe('cpu');
    expect(outcome.fidelity).toBeGreaterThan(1 - 1e-12);
    expect(outcome.fallbackReason).toContain(code);
    expect(unwrap(await service.verify(JOB)).engine).toBe('cpu');
    expect(await service.open('auto')).toMatchObject({ engine: 'webgpu', fallbackReason: null });
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
    const service = createQuantumService({ openWebGpu: null, clock });
    expect(await service.verify(job)).toMatchObject({ ok: false, error: { code } });
  });

  it('answers a ping while a job runs', async () => {
    const service = createQuantumService({ openWebGpu: null, clock });
    const job = service.verify({ seed: 1, qubits: 10, layers: 20 });
    await service.ping();
    expect((await job).ok).toBe(true);
  });
});
