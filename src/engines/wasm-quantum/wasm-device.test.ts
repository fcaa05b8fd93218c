import { describe, expect, it } from 'vitest';
import { Prng } from '../../core/lib/prng.ts';
import { unwrap } from '../../core/lib/result.ts';
import { circuitOf, gate } from '../../core/quantum/circuit/builder.ts';
import type { UnitaryStep } from '../../core/quantum/circuit/circuit.ts';
import { createCpuDevice } from '../../core/quantum/engine/cpu-device.ts';
import type { StateDevice } from '../../core/quantum/engine/device.ts';
import { createEngine } from '../../core/quantum/engine/simulator.ts';
import {
  randomAngle,
  randomOrder,
  randomUnitary,
  scramble,
} from '../../core/quantum/engine/testing/random-circuits.ts';
import { distance } from '../../core/quantum/engine/testing/suite.ts';
import { openWasmDevice } from './wasm-device.ts';

describe.each(['f32', 'f64'] as const)('memory of the device, %s', (precision) => {
  const open = async () => unwrap(await openWasmDevice({ precision, threads: 1, spawnThread: null }));

  it('holds one state of the largest size and refuses a second', async () => {
    const device = await open();
    const bytes = precision === 'f32' ? 8 : 16;
    // 4 GiB less the program: two states of the largest size do not fit, one does.
    expect(2 ** device.qubitsMax * bytes).toBe(2 ** 31);
    const largest = await device.zero(device.qubitsMax);
    const second = await device.zero(device.qubitsMax);
    expect(second).toMatchObject({ ok: false, error: { code: 'QUANTUM_MEMORY', retry: true } });
    if (!second.ok) expect(second.error.message).toMatch(/2048 MiB/u);
    const small = unwrap(await device.zero(12));
    device.free(unwrap(largest));
    device.free(small);
    const again = unwrap(await device.zero(device.qubitsMax));
    device.free(again);
    // Free twice is free once: the range may belong to another state by then.
    device.free(again);
    const [a, b] = [unwrap(await device.zero(20)), unwrap(await device.zero(20))];
    expect(a.pointer).not.toBe(b.pointer);
    device.dispose();
  });

  it('refuses circuits of one qubit more, and says why', async () => {
    const engine = createEngine(await open());
    const prepared = await engine.prepare(circuitOf(engine.qubitsMax + 1, []));
    expect(prepared).toMatchObject({ ok: false, error: { code: 'QUANTUM_QUBITS' } });
    if (!prepared.ok) expect(prepared.error.message).toContain(engine.limitReason);
    expect(engine.limitReason).toMatch(/\d+ need 4096 MiB, the memory of this engine ends at 4096 MiB/u);
    engine.dispose();
  });

  it('refuses a clone, an image and a gradient that do not fit, and keeps what there is', async () => {
    const device = await open();
    const state = unwrap(await device.zero(device.qubitsMax - 1));
    const other = unwrap(await device.zero(device.qubitsMax - 1));
    const third = await device.zero(device.qubitsMax - 1);
    expect(third.ok).toBe(true);
    expect(await device.clone(state)).toMatchObject({ ok: false, error: { code: 'QUANTUM_MEMORY' } });
    expect(
      await device.applyObservable(state, { qubits: device.qubitsMax - 1, terms: [{ coefficient: 1, x: 1, z: 0 }] }),
    ).toMatchObject({ ok: false, error: { code: 'QUANTUM_MEMORY' } });
    for (const each of [state, other, unwrap(third)]) device.free(each);
    expect((await device.zero(device.qubitsMax)).ok).toBe(true);
    device.dispose();
  });
});

/** Amplitudes of steps on |0...0>. */
async function runOn(device: StateDevice, qubits: number, steps: readonly UnitaryStep[]): Promise<Float64Array> {
  const plan = unwrap(device.plan({ qubits, steps, parameters: [], fromZero: true }));
  const state = unwrap(await device.zero(qubits));
  unwrap(await device.apply(state, plan, new Map(), { signal: undefined, onProgress: () => {} }));
  const amplitudes = unwrap(await device.read(state, 0, 2 ** qubits));
  device.free(state);
  return amplitudes;
}

describe.each([
  { precision: 'f32', tolerance: 3e-6 },
  { precision: 'f64', tolerance: 1e-13 },
] as const)('wide matrices, $precision', ({ precision, tolerance }) => {
  it('of six to eight qubits run in as many programs as their tables need', async () => {
    const prng = new Prng('wide matrices');
    const matrices = [6, 7, 8].map((k) => randomUnitary(prng, k));
    const steps: UnitaryStep[] = scramble(prng, 11);
    for (let i = 0; i < 18; i++) {
      const k = 6 + (i % 3);
      const order = randomOrder(prng, 11);
      const [a = 0, b = 1] = order;
      steps.push(gate('p', [a], [randomAngle(prng)], [b]), gate('sx', [b]), gate('x', [a]));
      steps.push({
        kind: 'unitary',
        label: `w${k}`,
        matrix: matrices[k - 6] ?? new Float64Array(),
        targets: order.slice(0, k),
        controls: order.slice(k, k + (i % 2)),
      });
    }
    const device = unwrap(await openWasmDevice({ precision, threads: 1, spawnThread: null }));
    const { stats } = unwrap(device.plan({ qubits: 11, steps, parameters: [], fromZero: true }));
    expect(stats.passes).toBeGreaterThan(2);
    const got = await runOn(device as StateDevice, 11, steps);
    expect(distance(got, await runOn(createCpuDevice() as StateDevice, 11, steps))).toBeLessThan(tolerance);
    device.dispose();
  });
});
