import { describe, expect, it } from 'vitest';
import { fail, ok, unwrap, type Result } from '../../lib/result.ts';
import { createCpuDevice } from '../engine/cpu-device.ts';
import type { QuantumEngine } from '../engine/engine.ts';
import { createEngine } from '../engine/simulator.ts';
import type { EngineChoice } from './engine-choice.ts';
import { createEnginePool, type EngineOpeners } from './engine-pool.ts';
import { disguised } from './testing/cpu-world.ts';

const CHOICE: EngineChoice = { engine: 'auto', precision: null, threads: null, qubits: 20, without: [] };

interface Host {
  readonly opened: string[];
  readonly openers: EngineOpeners;
}

function host(over: Partial<EngineOpeners> = {}): Host {
  const opened: string[] = [];
  const note = (name: string, engine: QuantumEngine): Result<QuantumEngine> => {
    opened.push(name);
    return ok(engine);
  };
  return {
    opened,
    openers: {
      cpu: () => unwrap(note('cpu', createEngine(createCpuDevice()))),
      wasm: async (precision, threads) =>
        note(
          `wasm ${precision} ${threads}`,
          disguised({ kind: 'wasm', precision, threads: Math.min(2, threads), qubitsMax: 28 }),
        ),
      webgpu: async () => note('webgpu', disguised({ kind: 'webgpu', precision: 'f32', threads: 1, qubitsMax: 27 })),
      threads: 2,
      preference: async () => [
        { engine: 'webgpu', amplitudesPerSecond: 2e10, problem: null },
        { engine: 'wasm', amplitudesPerSecond: 1e10, problem: null },
      ],
      ...over,
    },
  };
}

const kindOf = async (openers: EngineOpeners, choice: Partial<EngineChoice>): Promise<string> => {
  const { engine } = unwrap(await createEnginePool(openers).open({ ...CHOICE, ...choice }));
  return `${engine.kind} ${engine.precision} ${engine.threads}`;
};

describe('engine pool', () => {
  it.each([
    ['the preferred one', {}, 'webgpu f32 1'],
    ['one with the precision', { precision: 'f64' }, 'wasm f64 2'],
    ['one that holds the qubits', { qubits: 28 }, 'wasm f32 2'],
    ['the largest where none does', { qubits: 40 }, 'wasm f32 2'],
    ['another one after a failure', { without: ['webgpu'] }, 'wasm f32 2'],
    ['the CPU after all others', { without: ['webgpu', 'wasm'] }, 'cpu f64 1'],
    ['WASM for small circuits, without measuring', { qubits: 12 }, 'wasm f32 2'],
    ['the one asked for', { engine: 'cpu' }, 'cpu f64 1'],
    ['the threads asked for', { engine: 'wasm', threads: 1 }, 'wasm f32 1'],
  ] as const)('auto takes %s', async (_name, choice, expected) => {
    expect(await kindOf(host().openers, choice)).toBe(expected);
  });

  it('opens an engine once', async () => {
    const { opened, openers } = host();
    const pool = createEnginePool(openers);
    for (let i = 0; i < 3; i++) unwrap(await pool.open({ ...CHOICE, engine: 'wasm' }));
    unwrap(await pool.open({ ...CHOICE, engine: 'wasm', precision: 'f64' }));
    expect(opened).toEqual(['wasm f32 2', 'wasm f64 2']);
  });

  it('disposes of the engine that was not used for longest', async () => {
    const pool = createEnginePool(host().openers);
    const first = unwrap(await pool.open({ ...CHOICE, engine: 'cpu' })).engine;
    for (const threads of [1, 2]) unwrap(await pool.open({ ...CHOICE, engine: 'wasm', threads }));
    expect((await first.load(0, [1, 0])).ok).toBe(true);
    unwrap(await pool.open({ ...CHOICE, engine: 'wasm', precision: 'f64' }));
    expect(await first.load(0, [1, 0])).toMatchObject({ ok: false, error: { code: 'QUANTUM_DISPOSED' } });
  });

  it('says what it could not give', async () => {
    const broken = { webgpu: null, wasm: async () => fail('QUANTUM_WASM', 'no SIMD here') };
    const pool = createEnginePool(host(broken).openers);
    const { engine, notes } = unwrap(await pool.open({ ...CHOICE, precision: 'f32', threads: 4 }));
    expect(engine.kind).toBe('cpu');
    expect(notes.join(' ')).toMatch(/no SIMD here.*64-bit floats.*one thread/);
    expect(await pool.open({ ...CHOICE, engine: 'wasm' })).toMatchObject({
      ok: false,
      error: { code: 'QUANTUM_WASM' },
    });
    const whole = createEnginePool(host().openers);
    expect(await whole.open({ ...CHOICE, engine: 'webgpu', precision: 'f64' })).toMatchObject({
      ok: false,
      error: { code: 'QUANTUM_PRECISION' },
    });
    expect(unwrap(await whole.open({ ...CHOICE, engine: 'wasm', threads: 8 })).notes.join()).toContain(
      '8 threads were asked for, this host gives 2',
    );
  });

  it('leaves out what failed when it was measured', async () => {
    const problem = 'the state has norm 0.5 instead of 1';
    const preference: EngineOpeners['preference'] = async () => [
      { engine: 'webgpu', amplitudesPerSecond: null, problem },
      { engine: 'wasm', amplitudesPerSecond: 1e10, problem: null },
    ];
    const pool = createEnginePool(host({ preference }).openers);
    expect(unwrap(await pool.open(CHOICE)).engine.kind).toBe('wasm');
    expect((await pool.engines()).find(({ engine }) => engine === 'webgpu')).toMatchObject({
      available: false,
      detail: problem,
    });
  });

  it('lists the engines of the host and the one that auto takes', async () => {
    const infos = await createEnginePool(host({ webgpu: null }).openers).engines();
    expect(infos).toMatchObject([
      { engine: 'wasm', available: true, chosen: true, qubitsMax: 28, threads: 2, amplitudesPerSecond: 1e10 },
      { engine: 'webgpu', available: false, chosen: false },
      { engine: 'cpu', available: true, chosen: false, amplitudesPerSecond: null },
    ]);
  });
});
