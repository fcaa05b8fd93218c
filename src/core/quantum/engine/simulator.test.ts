import { describe, expect, it } from 'vitest';
import { fail, unwrap, type Result } from '../../lib/result.ts';
import { parameter } from '../circuit/angle.ts';
import { circuitOf, gate } from '../circuit/builder.ts';
import type { Operation } from '../circuit/circuit.ts';
import { createCpuDevice } from './cpu-device.ts';
import type { StateDevice, UnitarySequence } from './device.ts';
import { deviceWith } from './testing/changed-device.ts';
import type { QuantumEngine } from './engine.ts';
import { createEngine } from './simulator.ts';
import { distance } from './testing/suite.ts';

const LOST = fail('QUANTUM_DEVICE_LOST', 'the adapter went away', true);
const measure: Operation = { kind: 'measure', qubit: 0, clbit: 0 };
const circuit = circuitOf(2, [gate('h', [0]), gate('x', [1], [], [0]), measure, gate('ry', [1], [parameter('a')])], 1);
const VALUES = { values: [0.4], seed: 3 };

describe('the simulator over a device', () => {
  it('plans only the first sequence of a run from |0...0> for that start', async () => {
    const planned: UnitarySequence[] = [];
    const device = deviceWith((inner) => ({
      plan: (sequence) => {
        planned.push(sequence);
        return inner.plan(sequence);
      },
    }));
    const engine = createEngine(device);
    // oxlint-disable-next-line unicorn/no-thenable -- the name of the field in the representation
    const branch: Operation = { kind: 'if', clbits: [0], equals: 1, then: [gate('x', [0])], otherwise: [] };
    const all = circuitOf(
      2,
      [gate('h', [0]), { kind: 'barrier', qubits: [0] }, gate('t', [0]), measure, gate('h', [1]), branch],
      1,
    );
    const prepared = unwrap(await engine.prepare(all));
    expect(planned.map(({ steps, fromZero }) => [steps.length, fromZero])).toEqual([
      [2, true],
      [1, false],
      [1, false],
    ]);
    expect(prepared.stats.gates).toBe(4);
    const from = unwrap(await engine.load(2, [0, 0, 1, 0, 0, 0, 0, 0]));
    planned.length = 0;
    for (let i = 0; i < 2; i++) unwrap(await engine.run(prepared, { from }));
    // Once for both runs.
    expect(planned.map(({ fromZero }) => fromZero)).toEqual([false, false, false]);
    planned.length = 0;
    unwrap(await engine.prepare(circuitOf(1, [{ kind: 'reset', qubit: 0 }, gate('h', [0])])));
    expect(planned.map(({ fromZero }) => fromZero)).toEqual([false]);
  });

  it('reopens a lost device once, repeats the run with the same chance, and says so', async () => {
    const healthy = createEngine(createCpuDevice());
    const expected = unwrap(await healthy.run(unwrap(await healthy.prepare(circuit)), VALUES));
    let [calls, recoveries] = [0, 0];
    const device = deviceWith((inner) => ({
      apply: async (...args) => (calls++ === 1 ? LOST : inner.apply(...args)),
      recover: async () => {
        recoveries++;
        return inner.recover();
      },
    }));
    const engine = createEngine(device);
    const outcome = unwrap(await engine.run(unwrap(await engine.prepare(circuit)), VALUES));
    expect(recoveries).toBe(1);
    expect(outcome.notes?.join()).toContain('the adapter went away');
    expect(outcome.clbits).toEqual(expected.clbits);
    expect(distance(unwrap(await outcome.state.amplitudes()), unwrap(await expected.state.amplitudes()))).toBe(0);
    expect(expected.notes).toBeUndefined();
  });

  it('goes on from its last checkpoint when the device is lost later, with the same outcomes', async () => {
    const layer = Array.from({ length: 300 }, (_, i) =>
      gate(i % 3 === 0 ? 'h' : 'ry', [i % 2], i % 3 === 0 ? [] : [0.1 * i]),
    );
    const measure = (qubit: number): Operation => ({ kind: 'measure', qubit, clbit: qubit });
    const long = circuitOf(2, [...layer, measure(0), ...layer, measure(1), ...layer, measure(0)], 2);
    const quiet = createEngine(deviceWith(() => ({})));
    const expected = unwrap(await quiet.run(unwrap(await quiet.prepare(long)), { seed: 5 }));
    for (const losable of [true, false]) {
      let applied = 0;
      let zeros = 0;
      const device = deviceWith((inner) => ({
        losable,
        zero: async (qubits) => (zeros++, inner.zero(qubits)),
        apply: async (...args) => (++applied === 3 ? LOST : inner.apply(...args)),
      }));
      const engine = createEngine(device);
      const outcome = unwrap(await engine.run(unwrap(await engine.prepare(long)), { seed: 5 }));
      expect(outcome.notes?.join()).toContain(losable ? 'resumed after part 3' : 'repeated from its start');
      expect(zeros).toBe(losable ? 1 : 2);
      // Two stretches, the lost one, and what was left: one, or all three.
      expect(applied).toBe(losable ? 4 : 6);
      expect(outcome.clbits).toEqual(expected.clbits);
      expect(distance(unwrap(await outcome.state.amplitudes()), unwrap(await expected.state.amplitudes()))).toBe(0);
    }
  });

  it('gives up when the device is lost twice, or cannot be reopened, or took the start with it', async () => {
    const always = createEngine(deviceWith(() => ({ apply: async () => LOST })));
    const lost = { ok: false, error: { code: 'QUANTUM_DEVICE_LOST', retry: true } };
    expect(await always.run(unwrap(await always.prepare(circuit)), VALUES)).toMatchObject(lost);
    const observable = { qubits: 2, terms: [] };
    const turned = unwrap(await always.prepare(circuitOf(2, [gate('h', [0])])));
    expect(await always.gradient(turned, observable, [])).toMatchObject(lost);
    const gone = deviceWith(() => ({
      apply: async () => LOST,
      recover: async () => fail('QUANTUM_NO_ADAPTER', 'no adapter any more'),
    }));
    const engine = createEngine(gone);
    const result = await engine.run(unwrap(await engine.prepare(circuit)), VALUES);
    expect(result).toMatchObject({ ok: false, error: { code: 'QUANTUM_NO_ADAPTER' } });
    let recoveries = 0;
    const counting = deviceWith((inner) => ({
      clone: async () => LOST,
      recover: async () => (recoveries++, inner.recover()),
    }));
    const third = createEngine(counting);
    const from = unwrap(await third.load(2, [1, 0, 0, 0, 0, 0, 0, 0]));
    expect(await third.run(unwrap(await third.prepare(circuit)), { ...VALUES, from })).toMatchObject(lost);
    expect(recoveries).toBe(0);
  });

  it('loads a state into a reopened device', async () => {
    let lost = true;
    const device = deviceWith((inner) => ({
      load: async (qubits, amplitudes) => (lost ? LOST : inner.load(qubits, amplitudes)),
      recover: async () => {
        lost = false;
        return inner.recover();
      },
    }));
    expect((await createEngine(device).load(1, [1, 0, 0, 0])).ok).toBe(true);
  });

  it('frees what it allocated, also after failures', async () => {
    let alive = 0;
    const counted = async (result: Promise<Result<unknown>>): Promise<Result<unknown>> => {
      if ((await result).ok) alive++;
      return result;
    };
    let broken: keyof StateDevice | null = null;
    const BAD = fail('QUANTUM_GPU_ERROR', 'broken on purpose');
    const device = deviceWith((inner) => ({
      zero: (qubits) => counted(inner.zero(qubits)),
      load: (qubits, amplitudes) => counted(inner.load(qubits, amplitudes)),
      clone: (state) => counted(inner.clone(state)),
      applyObservable: (state, sum) =>
        counted(broken === 'applyObservable' ? Promise.resolve(BAD) : inner.applyObservable(state, sum)),
      free: (state) => {
        alive--;
        inner.free(state);
      },
      apply: async (...args) => (broken === 'apply' ? BAD : inner.apply(...args)),
      inner: async (a, b) => (broken === 'inner' ? BAD : inner.inner(a, b)),
      backward: async (...args) => (broken === 'backward' ? BAD : inner.backward(...args)),
      scale: async (...args) => (broken === 'scale' ? BAD : inner.scale(...args)),
    }));
    const engine = createEngine(device);
    const prepared = unwrap(await engine.prepare(circuitOf(1, [gate('ry', [0], [parameter('a')])])));
    const observable = { qubits: 1, terms: [{ coefficient: 1, x: 0, z: 1 }] };
    for (const name of [null, 'apply', 'inner', 'backward', 'applyObservable', 'scale'] as const) {
      broken = name;
      const run = await engine.run(prepared, { values: [1] });
      if (run.ok) run.value.state.dispose();
      const gradient = await engine.gradient(prepared, observable, [1]);
      const pulled = await engine.vectorJacobian(prepared, [1, 0, 0, 0], [1]);
      const loaded = await engine.load(1, [0.9999, 0, 0, 0]);
      if (loaded.ok) loaded.value.dispose();
      const failures = [run, gradient, pulled, loaded].filter(({ ok }) => !ok).length;
      expect(failures > 0, `with broken ${name}`).toBe(name !== null);
      await engine.prepare(circuitOf(0, []));
      expect(alive, `states after broken ${name}`).toBe(0);
    }
  });

  it('says that an engine computes wrongly where outcomes have no distribution', async () => {
    const zeros = createEngine(
      deviceWith(() => ({ probabilities: async () => ({ ok: true, value: Float64Array.of(0, 0) }) })),
    );
    const result = await zeros.run(unwrap(await zeros.prepare(circuit)), VALUES);
    expect(result).toMatchObject({ ok: false, error: { code: 'QUANTUM_NORM' } });
  });

  it('aborts the CPU in the middle of a long sequence, and disposal ends it', async () => {
    const gates = Array.from({ length: 4000 }, (_, i) => gate('h', [i % 14]));
    const controller = new AbortController();
    let pauses = 0;
    const engine = createEngine(
      createCpuDevice(async () => {
        if (++pauses === 2) controller.abort();
      }),
    );
    const prepared = unwrap(await engine.prepare(circuitOf(14, gates)));
    const stopped = await engine.run(prepared, { signal: controller.signal });
    expect(stopped).toMatchObject({ ok: false, error: { code: 'QUANTUM_ABORTED' } });
    expect(pauses).toBe(2);
    let turns = 0;
    const ended: QuantumEngine = createEngine(
      createCpuDevice(async () => {
        turns++;
        ended.dispose();
      }),
    );
    const result = await ended.run(unwrap(await ended.prepare(circuitOf(14, gates))));
    expect(result).toMatchObject({ ok: false, error: { code: 'QUANTUM_DISPOSED' } });
    expect(turns).toBe(1);
  });
});
