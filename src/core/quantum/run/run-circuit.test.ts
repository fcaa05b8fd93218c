import { describe, expect, it } from 'vitest';
import type { CircuitReport, CircuitRequest } from '../../contracts/circuit-service.ts';
import { fail, ok, unwrap, type Result } from '../../lib/result.ts';
import { createCpuDevice } from '../engine/cpu-device.ts';
import { createEngine } from '../engine/simulator.ts';
import { EXAMPLE_DEVICE_FILE } from '../noise/example-device.ts';
import { circuitReportJson } from './report-json.ts';
import { runCircuit } from './run-circuit.ts';
import { circuitOf } from '../circuit/builder.ts';
import type { QuantumEngine } from '../engine/engine.ts';
import { createEnginePool, type EnginePool } from './engine-pool.ts';
import { cpuPool, disguised, masked, steppingClock } from './testing/cpu-world.ts';

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

const pool = cpuPool();

function run(
  qasm: string,
  options: Partial<CircuitRequest> = {},
  signal?: AbortSignal,
): Promise<Result<CircuitReport>> {
  const world = { openEngine: pool.open, clock: steppingClock(turn), ...(signal === undefined ? {} : { signal }) };
  return runCircuit({ qasm, ...options }, world);
}

const report = async (...call: Parameters<typeof run>): Promise<CircuitReport> => unwrap(await run(...call));

const BELL = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg c[2]; h q[0]; cx q[0],q[1]; measure q -> c;';
/** q[0] is 1 with probability sin^2 0.15, q[2] is 1, b is never written: no two bits may be confused. */
const ASYMMETRIC = `OPENQASM 2.0; include "qelib1.inc";
qreg a[1]; qreg q[2]; creg b[1]; creg c[3];
ry(0.3) a[0]; x q[1]; s q[1]; measure a[0] -> c[0]; measure q[0] -> c[2]; measure q[1] -> c[1];`;

/** Five standard deviations of a binomial: one false alarm in 1.7 million. */
function expectShare(count: number | undefined, shots: number, p: number): void {
  expect(Math.abs((count ?? 0) / shots - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / shots));
}

const total = (counts: Readonly<Record<string, number>> | null): number =>
  Object.values(counts ?? {}).reduce((sum, n) => sum + n, 0);

describe('run a circuit', () => {
  it('reports a Bell pair in full', async () => {
    const bell = await report(BELL, { shots: 1000, seed: 7, observables: ['ZZ', 'XX', 'YY', '0.5*ZZ - XI'] });
    expect(bell).toMatchObject({ qubits: 2, clbits: 2, engine: 'cpu', precision: 'f64', threads: 1, bloch: null });
    expect(bell.plan).toMatchObject({ gates: 2, dispatches: 0 });
    expect(bell.amplitudes).toHaveLength(4);
    for (const [i, [re, im]] of bell.amplitudes!.entries()) {
      expect(re).toBeCloseTo(i === 0 || i === 3 ? Math.SQRT1_2 : 0, 14);
      expect(im).toBe(0);
    }
    expect(bell.probabilities!.map((p) => Number(p.toFixed(12)))).toEqual([0.5, 0, 0, 0.5]);
    for (const marginal of bell.marginals) expect(marginal).toBeCloseTo(0.5, 12);
    const values = bell.expectations.map(({ value }) => Number(value.toFixed(12)));
    expect(values).toEqual([1, 1, -1, 0.5]);
    expect(bell.expectations[3]).toMatchObject({ observable: '0.5*ZZ - XI', standardError: null });
    expect(Object.keys(bell.counts!).sort()).toEqual(['00', '11']);
    expect(total(bell.counts)).toBe(1000);
    expectShare(bell.counts!['11'], 1000, 0.5);
    expect(Object.values(bell.seconds).every((seconds) => seconds > 0)).toBe(true);
    expect(bell.notes).toEqual(['The state is read before the final measurements.']);
  });

  it('keeps bits apart: qubits in order of declaration, keys with the highest classical bit first', async () => {
    const { amplitudes, marginals, counts } = await report(ASYMMETRIC, { shots: 20_000 });
    // Index 4: q[1] is qubit 2. The S gate gives it the phase i.
    expect(amplitudes![4]![1]).toBeCloseTo(Math.cos(0.15), 12);
    expect(amplitudes![5]![1]).toBeCloseTo(Math.sin(0.15), 12);
    expect(amplitudes![4]![0]).toBeCloseTo(0, 12);
    expect(marginals[0]).toBeCloseTo(Math.sin(0.15) ** 2, 12);
    expect(marginals[1]).toBe(0);
    expect(marginals[2]).toBeCloseTo(1, 12);
    // c[2] c[1] c[0] b[0]: q[0] = 0, q[1] = 1, a[0], never written.
    expect(Object.keys(counts!)).toEqual(['0100', '0110']);
    expectShare(counts!['0110'], 20_000, Math.sin(0.15) ** 2);
  });

  it('repeats itself from the same seed, and only then', async () => {
    const options = { shots: 500, seed: 3 };
    const [first, second, other] = [
      await report(BELL, options),
      await report(BELL, options),
      await report(BELL, { ...options, seed: 4 }),
    ];
    expect(second.counts).toEqual(first.counts);
    expect(other.counts).not.toEqual(first.counts);
  });

  it('counts all qubits where nothing is measured, and takes no samples unasked', async () => {
    const ghz = 'qreg q[3]; h q[0]; cx q[0],q[1]; cx q[1],q[2];';
    expect((await report(ghz)).counts).toBeNull();
    const { counts } = await report(ghz, { shots: 100 });
    expect(Object.keys(counts!).sort()).toEqual(['000', '111']);
  });

  it('works without qubits', async () => {
    const nothing = await report('OPENQASM 3.0;', { shots: 5, bloch: true });
    expect(nothing).toMatchObject({
      qubits: 0,
      amplitudes: [[1, 0]],
      probabilities: [1],
      marginals: [],
      counts: { '': 5 },
      bloch: [],
    });
  });

  it('reads chosen amplitudes in the order asked for', async () => {
    const { amplitudes, probabilities } = await report(ASYMMETRIC, { amplitudes: [5, 4, 5, 0] });
    expect(amplitudes!.map(([, im]) => Number(im.toFixed(6)))).toEqual([0.149438, 0.988771, 0.149438, 0]);
    expect(probabilities![1]).toBeCloseTo(Math.cos(0.15) ** 2, 12);
    expect(await report(BELL, { amplitudes: 'none' })).toMatchObject({ amplitudes: null, probabilities: null });
  });

  it('gives Bloch vectors with the sign of y', async () => {
    const { bloch } = await report('qreg q[3]; h q[0]; s q[0]; h q[1]; x q[2];', { bloch: true });
    const rounded = bloch!.map((vector) => vector.map((value) => Number(value.toFixed(12)) + 0));
    expect(rounded).toEqual([
      [0, 1, 0],
      [1, 0, 0],
      [0, 0, -1],
    ]);
  });

  it('stops after the operations that were asked for', async () => {
    expect((await report(BELL, { operations: 1 })).marginals.map((p) => Number(p.toFixed(12)))).toEqual([0.5, 0]);
    expect((await report(BELL, { operations: 0 })).probabilities).toEqual([1, 0, 0, 0]);
    expect((await report(BELL, { operations: 99 })).marginals[1]).toBeCloseTo(0.5, 12);
  });

  it('binds parameters by name', async () => {
    const qasm =
      'OPENQASM 3.0; include "stdgates.inc"; input float theta; input float phi; qubit q; ry(theta + phi) q;';
    const { marginals } = await report(qasm, { values: { phi: 0.2, theta: 0.5 } });
    expect(marginals[0]).toBeCloseTo(Math.sin(0.35) ** 2, 12);
    const refusals = [
      [{ theta: 1 }, 'no value for phi'],
      [{ theta: 1, phi: 1, psi: 1 }, 'no parameter psi; the circuit has theta, phi'],
      [{ theta: 1, phi: Number.NaN }, 'phi is NaN'],
    ] as const;
    for (const [values, message] of refusals)
      expect(await run(qasm, { values })).toMatchObject({
        ok: false,
        error: { code: 'QUANTUM_PARAMETERS', message: expect.stringContaining(message) as string },
      });
  });
});

describe('circuits that are random before their end', () => {
  const teleport = `OPENQASM 2.0; include "qelib1.inc"; qreg q[3]; creg m0[1]; creg m1[1]; creg out[1];
ry(1.1) q[0]; h q[1]; cx q[1],q[2]; cx q[0],q[1]; h q[0];
measure q[0] -> m0[0]; measure q[1] -> m1[0];
if (m1 == 1) x q[2]; if (m0 == 1) z q[2];
ry(-1.1) q[2]; measure q[2] -> out[0];`;

  it('run once a shot: teleportation brings the state over whatever was measured', async () => {
    const { counts, marginals, notes, expectations } = await report(teleport, {
      shots: 400,
      seed: 5,
      observables: ['ZII', 'IIZ'],
    });
    expect(Object.keys(counts!)).toEqual(expect.arrayContaining(['000', '001', '010', '011']));
    expect(Object.keys(counts!).filter((key) => key.startsWith('1'))).toEqual([]);
    for (const key of ['000', '001', '010', '011']) expectShare(counts![key], 400, 0.25);
    expect(marginals[2]).toBeCloseTo(0, 12);
    expect(expectations[0]).toMatchObject({
      value: expect.closeTo(1, 10) as number,
      standardError: expect.closeTo(0, 6) as number,
    });
    // A fair coin of 400 throws, five standard errors; the measured error is the one of the sample.
    expect(Math.abs(expectations[1]!.value)).toBeLessThan(5 / Math.sqrt(400));
    expect(expectations[1]!.standardError).toBeCloseTo(1 / Math.sqrt(400), 3);
    expect(notes.join(' ')).toContain('means over 400 runs');
  });

  it('without shots one run is reported, the same for the same seed', async () => {
    const first = await report(teleport, { seed: 9 });
    expect(first.counts).toBeNull();
    expect(first.notes.join(' ')).toContain('one run, with seed 9');
    expect((await report(teleport, { seed: 9 })).amplitudes).toEqual(first.amplitudes);
  });

  it('a reset of an untouched qubit is no reason to run again', async () => {
    const { notes } = await report('OPENQASM 3.0; qubit[2] q; reset q; U(1, 0, 0) q[0];', { shots: 10 });
    expect(notes).toEqual([]);
  });

  it('refuses more runs than anybody waits for', async () => {
    expect(await run(teleport, { shots: 2_000_000 })).toMatchObject({ ok: false, error: { code: 'QUANTUM_SIZE' } });
  });

  it('ends when it is cancelled', async () => {
    const controller = new AbortController();
    const running = run(teleport, { shots: 900_000 }, controller.signal);
    setTimeout(() => controller.abort(), 20);
    const clock = await running;
    expect(clock).toMatchObject({ ok: false, error: { code: 'QUANTUM_ABORTED' } });
  });
});

describe('noisy circuits', () => {
  const noise = EXAMPLE_DEVICE_FILE;

  it('run by density matrix: exact, without amplitudes, and reproducible', async () => {
    const options = { noise, shots: 4000, seed: 2, observables: ['ZZ'] };
    const noisy = await report(BELL, options);
    expect(noisy.amplitudes).toBeNull();
    expect(noisy.notes.join(' ')).toContain('density matrix');
    expect(noisy.probabilities!.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 10);
    const zz = noisy.expectations[0]!.value;
    expect(zz).toBeLessThan(0.999);
    expect(zz).toBeGreaterThan(0.9);
    expect(total(noisy.counts)).toBe(4000);
    expect(Object.keys(noisy.counts!)).toHaveLength(4);
    expect((await report(BELL, options)).counts).toEqual(noisy.counts);
  });

  it('agree with trajectories within the standard error', async () => {
    // Seven idle qubits more than a density matrix is taken for.
    const wide = { ...noise, qubits: Array.from({ length: 14 }, (_, q) => noise.qubits[q % 5]!) };
    const bell = (n: number): string => BELL.replace('qreg q[2]', `qreg q[2]; qreg idle[${n - 2}]`);
    const observables = [`${'I'.repeat(12)}XX`, `${'I'.repeat(12)}ZZ`];
    const sampled = await report(bell(14), { noise: wide, shots: 60, seed: 3, observables, amplitudes: 'none' });
    const exact = await report(BELL, { noise: wide, observables: ['XX', 'ZZ'] });
    expect(sampled.notes.join(' ')).toContain('60 trajectories');
    for (const [i, { value, standardError }] of sampled.expectations.entries())
      expect(Math.abs(value - exact.expectations[i]!.value)).toBeLessThan(5 * standardError! + 1e-9);
    expect(total(sampled.counts)).toBe(60);
  });

  it('need a device model that is one', async () => {
    expect(await run(BELL, { noise: { format: 'nonsense' } })).toMatchObject({
      ok: false,
      error: { code: 'QUANTUM_DEVICE_MODEL' },
    });
  });
});

describe('bad requests', () => {
  it.each([
    ['qreg q[2]; h q[5];', {}, 'QASM_'],
    ['', {}, 'QASM_'],
    [BELL, { observables: ['ZZZ'] }, 'QUANTUM_OBSERVABLE'],
    [BELL, { observables: 'ZZ' as unknown as string[] }, 'QUANTUM_REQUEST'],
    [BELL, { amplitudes: [4] }, 'QUANTUM_REQUEST'],
    [BELL, { amplitudes: [0.5] }, 'QUANTUM_REQUEST'],
    [BELL, { amplitudes: 'some' as 'all' }, 'QUANTUM_REQUEST'],
    [BELL, { shots: -1 }, 'QUANTUM_REQUEST'],
    [BELL, { shots: 1e9 }, 'QUANTUM_REQUEST'],
    [BELL, { shots: '5' as unknown as number }, 'QUANTUM_REQUEST'],
    [BELL, { seed: 0.5 }, 'QUANTUM_REQUEST'],
    [BELL, { threads: 0 }, 'QUANTUM_REQUEST'],
    [BELL, { engine: 'abacus' as 'cpu' }, 'QUANTUM_REQUEST'],
    [BELL, { precision: 'f16' as 'f32' }, 'QUANTUM_REQUEST'],
    [BELL, { values: [1] as unknown as Record<string, number> }, 'QUANTUM_REQUEST'],
    [BELL, { shot: 5 } as Partial<CircuitRequest>, 'QUANTUM_REQUEST'],
    [BELL, { engine: 'wasm' as const }, 'QUANTUM_ENGINE'],
    ['qreg q[40];', {}, 'QUANTUM_QUBITS'],
    ['qreg q[40];', { amplitudes: 'all' as const }, 'QUANTUM_SIZE'],
  ])('%#: %j with %j is refused with %s', async (qasm, options, code) => {
    const result = await run(qasm, options);
    expect(result.ok ? '' : result.error.code).toMatch(new RegExp(`^${code}`));
    expect(result.ok ? '' : result.error.message).not.toBe('');
  });

  it('is refused where it is no object at all', async () => {
    const world = { openEngine: pool.open, clock: steppingClock(turn) };
    for (const request of [null, 7, 'qreg q[1];', {}])
      expect(await runCircuit(request as unknown as CircuitRequest, world)).toMatchObject({
        ok: false,
        error: { code: 'QUANTUM_REQUEST' },
      });
  });
});

describe('an engine that fails in the middle', () => {
  const failing = (code: string): QuantumEngine =>
    disguised({ kind: 'webgpu', precision: 'f32', run: async () => fail(code, 'the adapter went away') });
  const poolWith = (code: string, engine = failing(code)): EnginePool =>
    createEnginePool({
      cpu: () => createEngine(createCpuDevice()),
      wasm: null,
      webgpu: async () => ok(engine),
      threads: 1,
      preference: async () => [{ engine: 'webgpu', amplitudesPerSecond: 1e10, problem: null }],
    });
  const wide = { qasm: 'qreg q[13]; h q[0];' };

  it.each(['QUANTUM_DEVICE_LOST', 'QUANTUM_MEMORY'])('%s: another one does it, and says so', async (code) => {
    const result = unwrap(await runCircuit(wide, { openEngine: poolWith(code).open, clock: steppingClock(turn) }));
    expect(result).toMatchObject({ engine: 'cpu', precision: 'f64' });
    expect(result.notes.join()).toContain('the adapter went away');
  });

  it('is not believed where it computed no state', async () => {
    const reference = createEngine(createCpuDevice());
    const { state } = unwrap(await reference.run(unwrap(await reference.prepare(circuitOf(13, [])))));
    const wrong = masked(state, { norm: async () => ok(Number.NaN) });
    const broken = disguised({ kind: 'webgpu', run: async () => ok({ state: wrong, clbits: new Uint8Array(0) }) });
    const open = (engine: 'auto' | 'webgpu') =>
      runCircuit({ ...wide, engine }, { openEngine: poolWith('', broken).open, clock: steppingClock(turn) });
    expect(await open('webgpu')).toMatchObject({ ok: false, error: { code: 'QUANTUM_NORM' } });
    expect(unwrap(await open('auto'))).toMatchObject({
      engine: 'cpu',
      marginals: { 0: expect.closeTo(0.5, 12) as number },
    });
  });

  it('is the end where that engine was asked for, or where the failure is not its own', async () => {
    const run = (code: string, engine: 'auto' | 'webgpu') =>
      runCircuit({ ...wide, engine }, { openEngine: poolWith(code).open, clock: steppingClock(turn) });
    expect(await run('QUANTUM_DEVICE_LOST', 'webgpu')).toMatchObject({
      ok: false,
      error: { code: 'QUANTUM_DEVICE_LOST' },
    });
    expect(await run('QUANTUM_ABORTED', 'auto')).toMatchObject({ ok: false, error: { code: 'QUANTUM_ABORTED' } });
  });
});

describe('the JSON of a report', () => {
  it('begins with the keys that other programs rely on', async () => {
    const keys = Object.keys(circuitReportJson(await report(BELL)));
    const relied = 'qubits engine precision seconds amplitudes probabilities marginals expectations counts'.split(' ');
    expect(keys.slice(0, 9)).toEqual(relied);
    expect(keys.sort()).toEqual(Object.keys(await report(BELL)).sort());
  });
});
