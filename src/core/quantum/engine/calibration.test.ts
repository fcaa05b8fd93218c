import { describe, expect, it } from 'vitest';
import { fail, ok } from '../../lib/result.ts';
import type { Clock } from '../../lib/world.ts';
import { calibrationCircuit, createCalibration, type CalibrationStore, type EngineOpener } from './calibration.ts';
import type { EngineKind, QuantumEngine } from './engine.ts';
import { createEngine } from './simulator.ts';
import { deviceWith } from './testing/changed-device.ts';

/** Virtual time: engines push it forward by what their runs cost. */
function world(): { readonly clock: Clock; readonly spend: (millis: number) => void } {
  let time = 0;
  return {
    clock: { now: () => time, monotonic: () => time, sleep: async () => undefined },
    spend: (millis) => void (time += millis),
  };
}

interface Fake {
  readonly kind: EngineKind;
  /** Milliseconds of one gate on 2^16 amplitudes, and of starting anything. */
  readonly perGate: number;
  readonly latency: number;
  readonly device?: string;
  /** Added to every amplitude. */
  readonly wrong?: number;
}

/** The float64 engine on a clock of its own that has the sizes of 12 qubits and more for nothing. */
function fake(
  { kind, perGate, latency, device = kind, wrong = 0 }: Fake,
  spend: (millis: number) => void,
  runs: number[],
): QuantumEngine {
  const steps = new Map<unknown, number>();
  return createEngine(
    deviceWith((inner) => ({
      kind,
      label: device,
      qubitsMax: 24,
      plan: (sequence) => {
        const planned = inner.plan({ ...sequence, steps: sequence.qubits > 10 ? [] : sequence.steps });
        if (planned.ok) steps.set(planned.value, sequence.steps.length * 2 ** (sequence.qubits - 16));
        if (planned.ok) runs.push(sequence.qubits);
        return planned;
      },
      apply: async (state, plan, values, watch) => {
        spend(latency + perGate * (steps.get(plan) ?? 0));
        return inner.apply(state, plan, values, watch);
      },
      gather: async (state, indices) => {
        const got = await inner.gather(state, indices);
        return got.ok ? ok(got.value.map((value) => value + wrong)) : got;
      },
    })),
  );
}

const WASM: Fake = { kind: 'wasm', perGate: 0.01, latency: 0 };
const GPU: Fake = { kind: 'webgpu', perGate: 0.002, latency: 2 };
const SOFTWARE: Fake = { kind: 'webgpu', perGate: 2, latency: 100, device: 'SwiftShader (software)' };
const CPU: Fake = { kind: 'cpu', perGate: 0.3, latency: 0 };

function memoryStore(): CalibrationStore & { text: string | null; saves: number } {
  const store = {
    text: null as string | null,
    saves: 0,
    load: async () => store.text,
    save: async (text: string) => {
      store.text = text;
      store.saves++;
    },
  };
  return store;
}

async function orderOf(
  fakes: readonly Fake[],
  store: CalibrationStore | null = null,
): Promise<{ kinds: EngineKind[]; runs: number[] }> {
  const { clock, spend } = world();
  const runs: number[] = [];
  const openers = fakes.map((one): EngineOpener => ({ kind: one.kind, open: async () => ok(fake(one, spend, runs)) }));
  const order = await createCalibration({ openers, clock, store }).order();
  return { kinds: order.map(({ engine }) => engine), runs };
}

describe('calibration', () => {
  it('puts the fastest engine first, and a software adapter behind WASM', async () => {
    expect((await orderOf([WASM, GPU, CPU])).kinds).toEqual(['webgpu', 'wasm', 'cpu']);
    expect((await orderOf([WASM, SOFTWARE, CPU])).kinds).toEqual(['wasm', 'cpu', 'webgpu']);
    expect((await orderOf([SOFTWARE, CPU])).kinds).toEqual(['cpu', 'webgpu']);
  });

  it('measures fast engines on large circuits and does not wait for slow ones', async () => {
    const [up, most] = [
      [10, 10, 12, 14, 16, 18, 18, 18],
      [10, 10, 12, 14, 16],
    ];
    expect((await orderOf([WASM, CPU])).runs).toEqual([...up, ...most]);
    // Once for the check, once for the time; with WASM not at all.
    expect((await orderOf([SOFTWARE, CPU])).runs).toEqual([10, 10, ...most]);
    expect((await orderOf([WASM, SOFTWARE, CPU])).runs).toEqual([...up, ...most]);
  });

  it('gives figures that people know: amplitudes times gates a second', async () => {
    const { clock, spend } = world();
    const openers = [WASM, CPU].map((one): EngineOpener => ({
      kind: one.kind,
      open: async () => ok(fake(one, spend, [])),
    }));
    const [wasm, cpu] = await createCalibration({ openers, clock, store: null }).order();
    expect(wasm?.amplitudesPerSecond).toBeCloseTo(2 ** 16 / 1e-5, 0);
    expect(cpu?.amplitudesPerSecond).toBeCloseTo(2 ** 16 / 3e-4, 0);
  });

  it('measures once: in this process, and on this machine', async () => {
    const store = memoryStore();
    expect((await orderOf([WASM, GPU, CPU], store)).runs.length).toBeGreaterThan(6);
    expect(await orderOf([WASM, GPU, CPU], store)).toEqual({ kinds: ['webgpu', 'wasm', 'cpu'], runs: [] });
    expect(store.saves).toBe(1);
    const { clock, spend } = world();
    const runs: number[] = [];
    const openers = [WASM, CPU].map((one): EngineOpener => ({
      kind: one.kind,
      open: async () => ok(fake(one, spend, runs)),
    }));
    const calibration = createCalibration({ openers, clock, store: null });
    const first = await calibration.order();
    const count = runs.length;
    expect(await calibration.order()).toBe(first);
    expect(runs).toHaveLength(count);
  });

  it('measures again when the machine changed or the store is broken', async () => {
    const store = memoryStore();
    await orderOf([WASM, GPU, CPU], store);
    const kept = store.text;
    expect((await orderOf([WASM, SOFTWARE, CPU], store)).kinds).toEqual(['wasm', 'cpu', 'webgpu']);
    expect(store.saves).toBe(2);
    for (const text of [
      '',
      '{',
      '[]',
      'null',
      '{"key":1}',
      kept!.replace('"webgpu","amplitudes', '"tpu","amplitudes'),
    ]) {
      store.text = text;
      expect((await orderOf([WASM, GPU, CPU], store)).runs.length, `stored: ${text}`).toBeGreaterThan(6);
    }
    const failing: CalibrationStore = {
      load: () => Promise.reject(new Error('no')),
      save: () => Promise.reject(new Error('no')),
    };
    expect((await orderOf([WASM, CPU], failing)).kinds).toEqual(['wasm', 'cpu']);
  });

  it('puts last what does not open or computes wrongly, says why, and tries it again the next time', async () => {
    const { clock, spend } = world();
    const store = memoryStore();
    const openers: EngineOpener[] = [
      { kind: 'wasm', open: async () => ok(fake({ ...WASM, wrong: 0.001 }, spend, [])) },
      { kind: 'webgpu', open: async () => fail('QUANTUM_NO_ADAPTER', 'no adapter here') },
      { kind: 'cpu', open: async () => ok(fake(CPU, spend, [])) },
    ];
    const order = await createCalibration({ openers, clock, store }).order();
    expect(order).toMatchObject([
      { engine: 'cpu', problem: null },
      { engine: 'wasm', amplitudesPerSecond: null, problem: expect.stringContaining('computes wrongly') as unknown },
      { engine: 'webgpu', amplitudesPerSecond: null, problem: 'no adapter here' },
    ]);
    expect(store.saves).toBe(0);
  });

  it('measures nothing where there is nothing to choose', async () => {
    expect(await orderOf([CPU])).toEqual({ kinds: ['cpu'], runs: [] });
  });

  it('uses the same circuit everywhere, of some hundred gates', () => {
    expect(calibrationCircuit(16)).toEqual(calibrationCircuit(16));
    expect(calibrationCircuit(18).operations.length).toBeGreaterThan(200);
  });
});
