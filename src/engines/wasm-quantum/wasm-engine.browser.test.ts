import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { spawnThread } from '../../../workers/quantum/spawn-thread.ts';
import { Prng } from '../../core/lib/prng.ts';
import { unwrap } from '../../core/lib/result.ts';
import { circuitOf, gate } from '../../core/quantum/circuit/builder.ts';
import type { Circuit, UnitaryStep } from '../../core/quantum/circuit/circuit.ts';
import { createCpuDevice } from '../../core/quantum/engine/cpu-device.ts';
import { engineContract } from '../../core/quantum/engine/engine.contract.ts';
import type { Precision, QuantumEngine } from '../../core/quantum/engine/engine.ts';
import { createEngine } from '../../core/quantum/engine/simulator.ts';
import { randomAngle, randomOrder, randomStep, scramble } from '../../core/quantum/engine/testing/random-circuits.ts';
import { amplitudesOf, distance, stateOf } from '../../core/quantum/engine/testing/suite.ts';
import { engineModule } from './emit/engine-module.ts';
import { canShareMemory, hasRelaxedSimd, type SpawnThread } from './host.ts';
import { SCRATCH } from './layout.ts';
import type { HelperThread, ThreadTask } from './tile-runner.ts';
import { openWasmEngine } from './wasm-engine.ts';

/**
 * The engine lives in a worker, where threads may sleep. These tests run in the page's own thread, which may not: there
 * the same wait goes round in circles. Helpers are real workers and sleep as always.
 */
function spinInstead(words: Int32Array, index: number, value: number, timeoutMs = Infinity): string {
  const end = performance.now() + timeoutMs;
  if (Atomics.load(words, index) !== value) return 'not-equal';
  while (Atomics.load(words, index) === value) if (performance.now() > end) return 'timed-out';
  return 'ok';
}

beforeAll(() => {
  vi.spyOn(Atomics, 'wait').mockImplementation(spinInstead as typeof Atomics.wait);
});
afterAll(() => {
  vi.restoreAllMocks();
});

const engineOf = async (precision: Precision, threads: number, spawn: SpawnThread | null): Promise<QuantumEngine> =>
  unwrap(await openWasmEngine({ precision, threads, spawnThread: spawn }));

const open = (precision: Precision) => () => engineOf(precision, 2, spawnThread);

/** Several tiles at 17 qubits, gathered ones among them; matrices, phases and swaps too. */
function wideCircuit(seed: string, qubits: number): Circuit {
  const prng = new Prng(seed);
  const steps: UnitaryStep[] = scramble(prng, qubits);
  for (let layer = 0; layer < 3; layer++) {
    const order = randomOrder(prng, qubits);
    for (let i = 0; i + 1 < qubits; i += 2) {
      const [a = 0, b = 1] = order.slice(i, i + 2);
      steps.push(prng.pick([gate('x', [a], [], [b]), gate('p', [a], [randomAngle(prng)], [b]), gate('swap', [a, b])]));
    }
    for (const q of order) steps.push(gate('u', [q], [randomAngle(prng), randomAngle(prng), randomAngle(prng)]));
    for (let i = 0; i < 4; i++) steps.push(randomStep(prng, qubits));
  }
  return circuitOf(qubits, steps);
}

describe('the host of these tests', () => {
  it('shares memory between threads', () => {
    expect(crossOriginIsolated).toBe(true);
    expect(typeof SharedArrayBuffer).toBe('function');
    expect(canShareMemory()).toBe(true);
  });

  it.each(['f32', 'f64'] as const)('takes the modules of all kinds, %s', (precision) => {
    for (const fma of [false, true])
      for (const shared of [false, true]) {
        const { bytes } = engineModule({ precision, fma }, { minPages: 1, maxPages: 1000, shared });
        expect(WebAssembly.validate(bytes), `fused ${fma}, shared ${shared}`).toBe(!fma || hasRelaxedSimd());
      }
  });
});

engineContract('wasm, float32, two threads', open('f32'), {
  tolerance: 1e-5,
  qubits: 12,
  infidelity: 1e-10,
  gradient: 1e-6,
});
engineContract('wasm, float64, two threads', open('f64'), {
  tolerance: 1e-12,
  qubits: 12,
  infidelity: 1e-12,
  gradient: 1e-10,
});

describe('threads', () => {
  it('really are two, in one shared memory', async () => {
    const tasks: WebAssembly.Memory[] = [];
    const engine = await engineOf('f32', 2, (task) => {
      tasks.push(task.memory);
      return spawnThread(task);
    });
    expect(engine.threads).toBe(2);
    expect(engine.device).toContain('2 threads');
    expect(tasks).toHaveLength(1);
    expect(tasks[0]?.buffer).toBeInstanceOf(SharedArrayBuffer);
    engine.dispose();
  });

  it.each(['f32', 'f64'] as const)(
    'repeat themselves bit by bit and agree with one thread at 18 qubits, %s',
    async (precision) => {
      const circuit = wideCircuit('same bits', 18);
      const indices = Array.from({ length: 4096 }, (_, i) => 64 * i + (i % 64));
      const runs: Float64Array[] = [];
      for (const threads of [1, 2]) {
        const engine = await engineOf(precision, threads, threads === 1 ? null : spawnThread);
        expect(engine.threads).toBe(threads);
        for (let repeat = 0; repeat < 2; repeat++) {
          const state = await stateOf(engine, circuit);
          runs.push(unwrap(await state.amplitudes(indices)));
          expect(Math.abs(unwrap(await state.norm()) - 1)).toBeLessThan(1e-5);
          state.dispose();
        }
        engine.dispose();
      }
      const [one, again, two, twice] = runs as [Float64Array, Float64Array, Float64Array, Float64Array];
      expect(one.some((value) => value !== 0)).toBe(true);
      expect(distance(again, one)).toBe(0);
      expect(distance(twice, two)).toBe(0);
      // Threads share smaller tiles, so the order of operations is another one.
      expect(distance(two, one)).toBeLessThan(precision === 'f32' ? 1e-6 : 1e-14);
    },
  );

  it('agree with the oracle where the tiles are gathered', async () => {
    const circuit = wideCircuit('oracle', 17);
    const engine = await open('f64')();
    const oracle = createEngine(createCpuDevice());
    expect(unwrap(await engine.prepare(circuit)).stats.passes).toBeGreaterThan(1);
    expect(distance(await amplitudesOf(engine, circuit), await amplitudesOf(oracle, circuit))).toBeLessThan(1e-13);
    engine.dispose();
  });

  it('share the tiles: the helper does some of them', async () => {
    const tasks: ThreadTask[] = [];
    const engine = await engineOf('f32', 2, (task) => {
      tasks.push(task);
      return spawnThread(task);
    });
    const [task] = tasks;
    if (task === undefined) throw new Error('no helper was asked for');
    // Gathered tiles are worked on in the scratch of the thread that took them.
    const touched = (): boolean =>
      new Int32Array(task.memory.buffer, task.scratch + SCRATCH.tile, 4096).some((word) => word !== 0);
    expect(touched()).toBe(false);
    // On a busy machine this thread may be through with all tiles before the other wakes up.
    for (let round = 0; round < 20 && !touched(); round++) (await stateOf(engine, wideCircuit('shared', 19))).dispose();
    expect(touched()).toBe(true);
    engine.dispose();
  });
});

describe('helpers that fail', () => {
  const expected = amplitudesOnOneThread();

  async function amplitudesOnOneThread(): Promise<Float64Array> {
    const engine = await engineOf('f32', 1, null);
    const amplitudes = await amplitudesOf(engine, wideCircuit('helpers', 17));
    engine.dispose();
    return amplitudes;
  }

  it('are done without where they did not start', async () => {
    let ended = 0;
    const dead: SpawnThread = () => ({
      dead: 'its script did not start',
      terminate: () => {
        ended += 1;
      },
    });
    const engine = await engineOf('f32', 2, dead);
    const circuit = wideCircuit('helpers', 17);
    for (let round = 0; round < 2; round++)
      expect(distance(await amplitudesOf(engine, circuit), await expected)).toBeLessThan(1e-6);
    expect(ended).toBe(1);
    engine.dispose();
  });

  it('are done without where one of three dies on the way up', async () => {
    let started = 0;
    const engine = await engineOf('f32', 4, (task) => {
      started += 1;
      if (started < 3) return spawnThread(task);
      const late = { dead: null as string | null, terminate: () => {} };
      setTimeout(() => {
        late.dead = 'out of memory';
      }, 20);
      return late;
    });
    const amplitudes = await amplitudesOf(engine, wideCircuit('helpers', 17));
    expect(started).toBe(3);
    expect(distance(amplitudes, await expected)).toBeLessThan(1e-5);
    engine.dispose();
  });

  it('end the run with a failure that can be retried where one dies later', async () => {
    const helpers: { thread: HelperThread; dead: string | null }[] = [];
    const engine = await engineOf('f32', 2, (task) => {
      const helper = { thread: spawnThread(task), dead: null as string | null };
      helpers.push(helper);
      return {
        get dead() {
          return helper.dead ?? helper.thread.dead;
        },
        terminate: () => helper.thread.terminate(),
      };
    });
    const circuit = wideCircuit('helpers', 17);
    expect(distance(await amplitudesOf(engine, circuit), await expected)).toBeLessThan(1e-6);
    const [helper] = helpers;
    if (helper === undefined) throw new Error('no helper was started');
    helper.dead = 'killed';
    const failed = await engine.run(unwrap(await engine.prepare(circuit)));
    expect(failed).toMatchObject({ ok: false, error: { code: 'QUANTUM_THREAD', retry: true } });
    engine.dispose();
  });

  it('are ended with the engine', async () => {
    const ended: boolean[] = [];
    const engine = await engineOf('f32', 3, (task) => {
      const thread = spawnThread(task);
      const index = ended.push(false) - 1;
      return {
        get dead() {
          return thread.dead;
        },
        terminate: () => {
          ended[index] = true;
          thread.terminate();
        },
      };
    });
    const state = await stateOf(engine, wideCircuit('helpers', 17));
    engine.dispose();
    expect(await state.amplitudes([0])).toMatchObject({ ok: false, error: { code: 'QUANTUM_DISPOSED' } });
    expect(await engine.prepare(circuitOf(1, []))).toMatchObject({ ok: false, error: { code: 'QUANTUM_DISPOSED' } });
    await vi.waitFor(() => expect(ended).toEqual([true, true]), 5000);
  });
});
