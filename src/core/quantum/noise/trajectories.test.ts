import { afterAll, describe, expect, it } from 'vitest';
import { at } from '../../lib/assert.ts';
import { Prng } from '../../lib/prng.ts';
import { unwrap } from '../../lib/result.ts';
import { circuitOf, gate } from '../circuit/builder.ts';
import type { Circuit, Operation } from '../circuit/circuit.ts';
import { createCpuDevice } from '../engine/cpu-device.ts';
import { parsePauliSum } from '../engine/pauli.ts';
import { createEngine } from '../engine/simulator.ts';
import { bitFlip, depolarizing2 } from './channels.ts';
import { amplitudeDamping, phaseDamping } from './relaxation.ts';
import { runDensityMatrix } from './density-matrix.ts';
import { exampleDevice } from './example-device.ts';
import { noisyCircuit } from './noisy-circuit.ts';
import { randomNoisyCircuit } from './testing/random-circuit.ts';
import { runTrajectories } from './trajectories.ts';

const engine = createEngine(createCpuDevice());
afterAll(() => engine.dispose());

const measure = (qubit: number, clbit: number): Operation => ({ kind: 'measure', qubit, clbit });

/** What is off: counts by more than 4.5 sigma of the exact distribution, means by more than 4 of their own standard errors. */
async function differences(circuit: Circuit, shots: number, seed: number, words: readonly string[]): Promise<string[]> {
  const observables = words.map((word) => unwrap(parsePauliSum(word, circuit.qubits)));
  const exact = unwrap(await runDensityMatrix(circuit));
  const report = unwrap(await runTrajectories(engine, circuit, { shots, seed, observables }));
  const out: string[] = [];
  const sum = [...report.counts.values()].reduce((total, n) => total + n, 0);
  if (sum !== shots) out.push(`${sum} counts of ${shots} shots`);
  const distribution = unwrap(exact.outcomes.distribution());
  for (const key of new Set([...distribution.keys(), ...report.counts.keys()])) {
    const p = distribution.get(key) ?? 0;
    const count = report.counts.get(key) ?? 0;
    // 1 more for what is expected less than once.
    const most = p === 0 ? 0 : 4.5 * Math.sqrt(shots * p * Math.max(0, 1 - p)) + 1;
    if (Math.abs(count - shots * p) > most) out.push(`${key}: ${count} counts, expected ${shots * p} (seed ${seed})`);
  }
  for (const [i, observable] of observables.entries()) {
    const expected = unwrap(exact.state.expectations(observable)).reduce((total, term) => total + term, 0);
    const { mean, standardError } = at(report.expectations, i);
    if (!(Math.abs(mean - expected) <= 4 * (standardError ?? Number.NaN) + 1e-9))
      out.push(`${words[i]}: ${mean} +- ${standardError}, expected ${expected} (seed ${seed})`);
  }
  return out;
}

describe('trajectories equal the density matrix', () => {
  it.each([101, 102, 103, 104, 105, 106])('random channels on three qubits (seed %d)', async (seed) => {
    const circuit = randomNoisyCircuit(new Prng(seed), 3, 12, false);
    expect(await differences(circuit, 1500, seed, ['ZZI', 'XYZ + 0.5*IIZ', 'YIX'])).toEqual([]);
  });

  it.each([201, 202, 203, 204])('with measurements, resets and conditions (seed %d)', async (seed) => {
    const circuit = randomNoisyCircuit(new Prng(seed), 3, 12, true);
    expect(await differences(circuit, 1500, seed, ['ZIZ', 'IXI'])).toEqual([]);
  });

  it('a noisy Bell pair on the example device, read out', async () => {
    const bell = circuitOf(2, [gate('h', [0]), gate('x', [1], [], [0]), measure(0, 0), measure(1, 1)], 2);
    expect(await differences(unwrap(noisyCircuit(bell, exampleDevice())), 4000, 7, ['ZZ', 'XX'])).toEqual([]);
  });

  it('single channels that a trajectory could get wrong', async () => {
    const around = (channel: Operation, qubits: number) =>
      circuitOf(qubits, [gate('ry', [0], [1]), gate('s', [0]), channel, gate('h', [0])]);
    expect(await differences(around(unwrap(amplitudeDamping(0.4, 0)), 1), 4000, 1, ['X', 'Y', 'Z'])).toEqual([]);
    expect(await differences(around(unwrap(phaseDamping(0.4, 0)), 1), 4000, 2, ['X', 'Y', 'Z'])).toEqual([]);
    expect(await differences(around(unwrap(depolarizing2(0.6, [1, 0])), 2), 4000, 3, ['IX', 'ZI', 'ZZ'])).toEqual([]);
  });
});

describe('runTrajectories', () => {
  const noisy = circuitOf(
    2,
    [gate('h', [0]), unwrap(bitFlip(0.2, 0)), unwrap(amplitudeDamping(0.3, 1)), measure(0, 0), measure(1, 1)],
    2,
  );

  it('gives the same for the same seed, and other counts for another', async () => {
    const run = async (seed: number) => unwrap(await runTrajectories(engine, noisy, { shots: 300, seed }));
    expect(await run(5)).toEqual(await run(5));
    const zeroes = async (seed: number) => (await run(seed)).counts.get('00') ?? 0;
    const found = await Promise.all([5, 6, 7, 8, 9, 10].map(zeroes));
    // Neighbouring seeds must not share trajectories: 300 fair coins spread by 8.7.
    expect(Math.max(...found) - Math.min(...found)).toBeGreaterThan(3);
  });

  it('runs once where nothing is left to chance but the reading: standard error 0, a million shots', async () => {
    const circuit = circuitOf(1, [gate('ry', [0], [1]), { kind: 'measure', qubit: 0, clbit: 0, flip: [0.1, 0] }], 1);
    const observables = [unwrap(parsePauliSum('X', 1))];
    const shots = 200_000;
    const report = unwrap(await runTrajectories(engine, circuit, { shots, seed: 1, observables }));
    expect(at(report.expectations, 0).mean).toBeCloseTo(Math.sin(1), 12);
    expect(at(report.expectations, 0).standardError).toBe(0);
    const p = Math.sin(0.5) ** 2 + 0.1 * Math.cos(0.5) ** 2;
    expect(Math.abs((report.counts.get('1') ?? 0) - shots * p)).toBeLessThan(4.5 * Math.sqrt(shots * p * (1 - p)));
  });

  it('the standard error is that of independent trajectories: 2 sqrt(p (1 - p)/(n - 1)) for flips with frequency p', async () => {
    const circuit = circuitOf(1, [unwrap(bitFlip(0.3, 0))]);
    const observables = [unwrap(parsePauliSum('Z', 1))];
    const shots = 500;
    const report = unwrap(await runTrajectories(engine, circuit, { shots, seed: 12, observables }));
    const { mean, standardError } = at(report.expectations, 0);
    const p = (1 - mean) / 2;
    expect(p).toBeCloseTo((report.counts.get('1') ?? 0) / shots, 12);
    expect(standardError).toBeCloseTo(2 * Math.sqrt((p * (1 - p)) / (shots - 1)), 12);
  });

  it('one shot has no standard error', async () => {
    const report = unwrap(
      await runTrajectories(engine, noisy, { shots: 1, seed: 1, observables: [unwrap(parsePauliSum('ZZ', 2))] }),
    );
    expect(at(report.expectations, 0).standardError).toBeNull();
  });

  it('refuses bad numbers of shots, observables of another size, and stops at an abort', async () => {
    for (const shots of [0, -1, 2.5, Number.NaN])
      expect(await runTrajectories(engine, noisy, { shots, seed: 1 })).toMatchObject({
        error: { code: 'QUANTUM_SHOTS' },
      });
    const observables = [unwrap(parsePauliSum('ZZZ', 3))];
    expect(await runTrajectories(engine, noisy, { shots: 1, seed: 1, observables })).toMatchObject({
      error: { code: 'QUANTUM_OBSERVABLE' },
    });
    const abort = new AbortController();
    const options = { shots: 1000, seed: 1, signal: abort.signal, pause: async () => abort.abort() };
    expect(await runTrajectories(engine, noisy, options)).toMatchObject({ error: { code: 'QUANTUM_ABORTED' } });
  });
});
