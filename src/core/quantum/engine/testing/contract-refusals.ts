import { expect } from 'vitest';
import { Prng } from '../../../lib/prng.ts';
import { unwrap } from '../../../lib/result.ts';
import { parameter } from '../../circuit/angle.ts';
import { circuitOf, gate } from '../../circuit/builder.ts';
import type { Operation } from '../../circuit/circuit.ts';
import { createCpuDevice } from '../cpu-device.ts';
import type { QuantumEngine } from '../engine.ts';
import { createEngine } from '../simulator.ts';
import { randomCircuit } from './random-circuits.ts';
import { referenceState } from './reference.ts';
import { amplitudesOf, distance, stateOf, type Suite } from './suite.ts';

const refused = (code: string, message = ''): object => ({
  ok: false,
  error: { code, message: expect.stringContaining(message) as unknown },
});

const raw = (operation: object): Operation => operation as Operation;
const dense = (...entries: readonly number[]): Operation =>
  raw({ kind: 'unitary', label: 'm', matrix: Float64Array.from(entries), targets: [0], controls: [] });

const BAD_OPERATIONS: readonly (readonly [string, Operation, string])[] = [
  ['a target out of range', gate('h', [2]), 'expected 0 to 1'],
  ['a negative target', gate('h', [-1]), '-1'],
  ['a fractional qubit', gate('h', [0.5]), '0.5'],
  ['a control out of range', gate('x', [0], [], [5]), '5'],
  ['a control that is the target', gate('x', [1], [], [1]), 'twice'],
  ['a control twice', gate('x', [0], [], [1, 1]), 'twice'],
  ['two equal targets', gate('swap', [1, 1]), 'twice'],
  ['an infinite angle', gate('rx', [0], [Infinity]), 'Infinity'],
  ['an angle that is no number', gate('p', [0], [Number.NaN]), 'NaN'],
  ['an unknown gate', raw({ kind: 'gate', name: 'fredkin', params: [], targets: [0], controls: [] }), 'no such gate'],
  ['a short matrix', dense(1, 0, 0, 0), 'expected 8'],
  ['a matrix with NaN', dense(Number.NaN, 0, 0, 0, 0, 0, 1, 0), 'not unitary'],
  ['a matrix that is not unitary, and says by how much', dense(2, 0, 0, 0, 0, 0, 2, 0), 'off by 3.0e+0'],
  ['a measurement into no bit', { kind: 'measure', qubit: 0, clbit: 0 }, 'classical bit'],
  ['a reset out of range', { kind: 'reset', qubit: 7 }, '7'],
  [
    'a channel that is not complete',
    raw({
      kind: 'channel',
      label: 'c',
      kraus: [Float64Array.of(1, 0, 0, 0, 0, 0, 0, 0)],
      probabilities: null,
      targets: [0],
    }),
    'not complete',
  ],
];

/** Bad input is a value with a code, on every engine alike; and calls never mix. */
export function refusalsContract({ test, options }: Suite): void {
  for (const qubits of [-1, 1.5, Number.NaN, 60])
    test(`refuses ${qubits} qubits, and says what it takes`, async (engine) => {
      const result = await engine.prepare({ ...circuitOf(0, []), qubits });
      expect(result).toMatchObject(refused('QUANTUM_QUBITS', `0 to ${engine.qubitsMax}: ${engine.limitReason}`));
      expect(await engine.load(qubits, [1, 0])).toMatchObject(refused('QUANTUM_QUBITS', engine.limitReason));
    });

  test('refuses one qubit more than qubitsMax', async (engine) => {
    expect(engine.qubitsMax).toBeGreaterThanOrEqual(20);
    const result = await engine.prepare({ ...circuitOf(1, [gate('h', [0])]), qubits: engine.qubitsMax + 1 });
    expect(result).toMatchObject(refused('QUANTUM_QUBITS'));
  });

  for (const [what, operation, message] of BAD_OPERATIONS)
    test(`refuses ${what}`, async (engine) => {
      const circuit = circuitOf(2, [gate('h', [0]), operation]);
      expect(await engine.prepare(circuit)).toMatchObject(refused('QUANTUM_GATE', message));
    });

  test('refuses the wrong count of parameters, and values that are no angles', async (engine) => {
    const prepared = unwrap(await engine.prepare(circuitOf(1, [gate('rx', [0], [parameter('a')])])));
    for (const values of [[], [1, 2], [Number.NaN], [Infinity]])
      expect(await engine.run(prepared, { values })).toMatchObject(refused('QUANTUM_PARAMETERS'));
    expect(await engine.run(prepared)).toMatchObject(refused('QUANTUM_PARAMETERS', 'a'));
  });

  test('refuses amplitudes of the wrong length, size or kind', async (engine) => {
    for (const amplitudes of [
      [1, 0],
      [1, 0, 0, 0, 0, 0],
      [1, 0, 1, 0],
      [0, 0, 0, 0],
      [Number.NaN, 0, 1, 0],
      [Infinity, 0, 0, 0],
      [0.9, 0, 0, 0],
    ])
      expect(await engine.load(1, amplitudes)).toMatchObject(refused('QUANTUM_STATE'));
  });

  test('refuses bad questions to a state', async (engine) => {
    const state = await stateOf(engine, circuitOf(3, [gate('h', [1])]));
    for (const index of [-1, 8, 0.5, Number.NaN])
      expect(await state.amplitudes([0, index])).toMatchObject(refused('QUANTUM_INDEX'));
    for (const qubits of [[3], [-1], [0.5], [1, 1]]) {
      expect(await state.probabilities(qubits)).toMatchObject(refused('QUANTUM_QUBITS'));
      expect(await state.reducedDensityMatrix(qubits)).toMatchObject(refused('QUANTUM_QUBITS'));
    }
    expect(await state.reducedDensityMatrix([0, 1, 2, 0, 1, 2, 0, 1, 2])).toMatchObject(refused('QUANTUM_SIZE'));
    for (const shots of [-1, 0.5, Number.NaN, 1e9])
      expect(await state.sample(shots, 1)).toMatchObject(refused('QUANTUM_SHOTS'));
    expect(await state.sample(1, Number.NaN)).toMatchObject(refused('QUANTUM_SEED'));
    const observables = [
      { qubits: 2, terms: [] },
      { qubits: 3, terms: [{ coefficient: Number.NaN, x: 0, z: 0 }] },
      { qubits: 3, terms: [{ coefficient: 1, x: 8, z: 0 }] },
    ];
    for (const observable of observables)
      expect(await state.expectations(observable)).toMatchObject(refused('QUANTUM_OBSERVABLE'));
    const small = await stateOf(engine, circuitOf(1, []));
    expect(await state.inner(small)).toMatchObject(refused('QUANTUM_STATE', '3 and 1'));
    small.dispose();
    state.dispose();
  });

  test('refuses what belongs to another engine', async (engine) => {
    const other = createEngine(createCpuDevice());
    const foreign = await stateOf(other, circuitOf(1, []));
    const mine = await stateOf(engine, circuitOf(1, []));
    expect(await mine.inner(foreign)).toMatchObject(refused('QUANTUM_STATE', 'another engine'));
    const prepared = unwrap(await engine.prepare(circuitOf(1, [])));
    expect(await engine.run(prepared, { from: foreign })).toMatchObject(refused('QUANTUM_STATE', 'another engine'));
    expect(await engine.run(unwrap(await other.prepare(circuitOf(1, []))))).toMatchObject(refused('QUANTUM_PREPARED'));
    const wide = unwrap(await engine.prepare(circuitOf(2, [])));
    expect(await engine.run(wide, { from: mine })).toMatchObject(refused('QUANTUM_STATE', '1 qubits, the circuit 2'));
    other.dispose();
    mine.dispose();
  });

  test('stops when it is told to, before a run and in the middle, and goes on with the next', async (engine) => {
    const h = Array.from({ length: 5 }, (_, q) => gate('h', [q]));
    const middle: Operation = { kind: 'measure', qubit: 0, clbit: 0 };
    const prepared = unwrap(await engine.prepare(circuitOf(5, [...h, middle, ...h, middle, ...h], 1)));
    const before = new AbortController();
    before.abort();
    expect(await engine.run(prepared, { signal: before.signal })).toMatchObject(refused('QUANTUM_ABORTED'));
    const during = new AbortController();
    const run = await engine.run(prepared, { signal: during.signal, onProgress: () => during.abort() });
    expect(run).toMatchObject(refused('QUANTUM_ABORTED'));
    const { state } = unwrap(await engine.run(prepared));
    state.dispose();
  });

  test('refuses a disposed state', async (engine) => {
    const state = await stateOf(engine, circuitOf(2, []));
    // Asked before the end: still answered.
    const last = state.norm();
    state.dispose();
    state.dispose();
    expect(await last).toMatchObject({ ok: true });
    expect(await state.amplitudes()).toMatchObject(refused('QUANTUM_DISPOSED'));
    expect(await state.sample(1, 1)).toMatchObject(refused('QUANTUM_DISPOSED'));
    expect(await state.clone()).toMatchObject(refused('QUANTUM_DISPOSED'));
  });

  test('keeps runs apart that are started together', async (engine) => {
    const prng = new Prng('together');
    const circuits = [3, 5, Math.min(8, options.qubits), 4].map((n) => randomCircuit(prng, n, 40));
    const got = await Promise.all(circuits.map((circuit) => amplitudesOf(engine, circuit)));
    for (const [i, amplitudes] of got.entries())
      expect(distance(amplitudes, referenceState(circuits[i]!)), `circuit ${i}`).toBeLessThan(options.tolerance);
  });
}

/** For an engine of its own: it is gone afterwards. */
export async function expectDisposal(engine: QuantumEngine): Promise<void> {
  const prepared = unwrap(await engine.prepare(circuitOf(2, [gate('h', [0])])));
  const { state } = unwrap(await engine.run(prepared));
  const waiting = engine.run(prepared);
  engine.dispose();
  engine.dispose();
  for (const result of [
    await waiting,
    await engine.run(prepared),
    await engine.prepare(circuitOf(1, [])),
    await engine.load(0, [1, 0]),
    await engine.gradient(prepared, { qubits: 2, terms: [] }, []),
    await engine.vectorJacobian(prepared, [], []),
    await state.norm(),
  ])
    expect(result).toMatchObject(refused('QUANTUM_DISPOSED'));
}
