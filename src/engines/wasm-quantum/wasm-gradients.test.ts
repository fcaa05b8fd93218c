import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Prng } from '../../core/lib/prng.ts';
import { unwrap } from '../../core/lib/result.ts';
import { combine, negate, parameter, type Angle } from '../../core/quantum/circuit/angle.ts';
import { circuitOf, gate } from '../../core/quantum/circuit/builder.ts';
import type { Circuit, UnitaryStep } from '../../core/quantum/circuit/circuit.ts';
import { createCpuDevice } from '../../core/quantum/engine/cpu-device.ts';
import type { QuantumEngine } from '../../core/quantum/engine/engine.ts';
import { parameterShift } from '../../core/quantum/engine/parameter-shift.ts';
import { parsePauliSum, type PauliSum } from '../../core/quantum/engine/pauli.ts';
import { createEngine } from '../../core/quantum/engine/simulator.ts';
import { randomOrder, scramble } from '../../core/quantum/engine/testing/random-circuits.ts';
import { distance } from '../../core/quantum/engine/testing/suite.ts';
import { openWasmEngine } from './wasm-engine.ts';

function randomObservable(prng: Prng, qubits: number): PauliSum {
  const mask = (): number => prng.below(2 ** qubits) & prng.below(2 ** qubits);
  return { qubits, terms: Array.from({ length: 5 }, () => ({ coefficient: prng.normal(), x: mask(), z: mask() })) };
}

type Make = (prng: Prng, angle: () => Angle, a: number, b: number, c: number) => readonly UnitaryStep[];

/** What a parameter may sit in, and still be read between slices. */
const READ_IN_SLICES: readonly Make[] = [
  (_, angle, a, b) => [gate('rzz', [a, b], [angle()])],
  (_, angle, a, b) => [gate('rx', [a], [angle()], [b])],
  (_, angle, a, b) => [gate('ry', [a], [angle()], [b])],
  (_, angle, a, b, c) => [gate('rz', [a], [angle()], [b, c])],
  (_, angle, a, b, c) => [gate('p', [a], [angle()], [b, c])],
  (_, angle, a, b) => [gate('rxx', [a, b], [angle()]), gate('h', [a])],
  (_, angle, a, b) => [gate('ryy', [a, b], [angle()])],
  (_, angle, a, b) => [gate('rzx', [a, b], [angle()])],
  (_, angle) => [gate('gphase', [], [angle()])],
  (_, angle, a, b) => [gate('gphase', [], [angle()], [a, b])],
  (_, angle, a) => [gate('u', [a], [angle(), angle(), angle()])],
  (_, angle, a) => [gate('rx', [a], [angle()]), gate('rz', [a], [angle()]), gate('ry', [a], [angle()])],
  (_, angle, a, b) => [gate('rz', [a], [angle()]), gate('iswap', [a, b])],
  (_, angle, a, b) => [gate('ry', [a], [angle()]), gate('swap', [a, b]), gate('x', [a], [], [b])],
];

/** Whose eigenvectors depend on parameters: such a circuit is walked gate by gate. */
const WALKED: readonly Make[] = [
  (_, angle, a, b) => [gate('u', [a], [angle(), angle(), angle()], [b]), gate('p', [b], [angle()])],
  (_, angle, a, b) => [gate('xxplusyy', [a, b], [angle(), angle()])],
];

function parametric(prng: Prng, qubits: number, kinds: readonly Make[], names: readonly string[]): Circuit {
  const angle = (): Angle => {
    const one = parameter(prng.pick(names));
    const other = parameter(prng.pick(names));
    return prng.pick([
      one,
      negate(one),
      combine('add', combine('multiply', 0.5, one), 0.3),
      combine('multiply', one, other),
      combine('subtract', one, other),
    ]);
  };
  const steps: UnitaryStep[] = scramble(prng, qubits);
  for (const make of kinds) {
    const [a = 0, b = 1, c = 2, d = 3] = randomOrder(prng, qubits);
    steps.push(...make(prng, angle, a, b, c), gate('sx', [d]), gate('z', [d], [], [a]));
  }
  // Diagonals at the very end: what is read there is in the tail.
  for (let q = 0; q < qubits; q += 3) steps.push(gate('rz', [q], [angle()]), gate('p', [q], [angle()]));
  for (let q = 0; q < qubits; q++) steps.push(gate('h', [q]));
  steps.push(gate('rzz', [0, qubits - 1], [angle()]), gate('rz', [1], [angle()]), gate('p', [2], [angle()], [5]));
  return circuitOf(qubits, steps);
}

describe.each([
  { precision: 'f32', tolerance: 2e-5 },
  { precision: 'f64', tolerance: 1e-11 },
] as const)('gradients of wide circuits, $precision', ({ precision, tolerance }) => {
  let engine: QuantumEngine;
  const oracle = createEngine(createCpuDevice());
  beforeAll(async () => {
    engine = unwrap(await openWasmEngine({ precision, threads: 1, spawnThread: null }));
  });
  afterAll(() => {
    engine.dispose();
    oracle.dispose();
  });

  const gradientOn = async (on: QuantumEngine, circuit: Circuit, observable: PauliSum, values: readonly number[]) =>
    unwrap(await on.gradient(unwrap(await on.prepare(circuit)), observable, values));

  it.each([
    { qubits: 12, name: 'between slices', kinds: READ_IN_SLICES },
    { qubits: 14, name: 'between slices', kinds: [...READ_IN_SLICES.slice(7), ...READ_IN_SLICES.slice(0, 7)] },
    { qubits: 12, name: 'gate by gate', kinds: [...READ_IN_SLICES, ...WALKED] },
  ])('equal those of the oracle, read $name, at $qubits qubits', async ({ qubits, name, kinds }) => {
    const prng = new Prng(`gradient ${name} ${qubits}`);
    const names = ['a', 'b', 'c', 'd', 'e'];
    const circuit = parametric(prng, qubits, kinds, names);
    expect(circuit.parameters.toSorted()).toEqual(names);
    const observable = randomObservable(prng, qubits);
    for (let round = 0; round < 2; round++) {
      const values = circuit.parameters.map(() => 2 * prng.normal());
      const wanted = await gradientOn(oracle, circuit, observable, values);
      expect(Math.max(...wanted.gradient.map(Math.abs)), 'something to compare').toBeGreaterThan(1e-3);
      const got = await gradientOn(engine, circuit, observable, values);
      expect(Math.abs(got.value - wanted.value)).toBeLessThan(tolerance);
      expect(distance(got.gradient, wanted.gradient), `round ${round}`).toBeLessThan(tolerance);
    }
  });

  it('equal the parameter shift at 12 qubits', async () => {
    const prng = new Prng('gradient shift');
    const own: string[] = [];
    const steps: UnitaryStep[] = [];
    const fresh = (): Angle => parameter(own[own.push(`t${own.length}`) - 1] ?? '');
    for (let q = 0; q < 12; q++) steps.push(gate('ry', [q], [q % 3 === 0 ? fresh() : 0.4 + q]));
    for (let q = 0; q + 1 < 12; q++)
      steps.push(q % 4 === 0 ? gate('rzz', [q, q + 1], [fresh()]) : gate('x', [q + 1], [], [q]));
    for (let q = 0; q < 12; q++) steps.push(gate('rx', [q], [q % 4 === 1 ? fresh() : 0.2 * q]));
    steps.push(gate('rx', [3], [fresh()], [8]), gate('rz', [11], [fresh()]), gate('h', [11]));
    const circuit = circuitOf(12, steps);
    const observable = unwrap(parsePauliSum('0.7*ZIIIXIIIZIIZ - XIIYIIIIIIIY + 0.4*IIZIIIIXIIII', 12));
    const values = circuit.parameters.map(() => prng.normal());
    const shift = unwrap(await parameterShift(oracle, circuit, observable, values));
    expect(shift.filter((slope) => Math.abs(slope) > 1e-3).length).toBeGreaterThan(3);
    expect(distance((await gradientOn(engine, circuit, observable, values)).gradient, shift)).toBeLessThan(tolerance);
  });

  it('of a state against a cotangent equal those of the oracle', async () => {
    const prng = new Prng('cotangent');
    const circuit = parametric(prng, 12, READ_IN_SLICES, ['a', 'b', 'c']);
    const values = circuit.parameters.map(() => prng.normal());
    const cotangent = Float64Array.from({ length: 2 ** 13 }, () => prng.normal() / 64);
    const on = async (which: QuantumEngine): Promise<Float64Array> =>
      unwrap(await which.vectorJacobian(unwrap(await which.prepare(circuit)), cotangent, values));
    const wanted = await on(oracle);
    expect(Math.max(...wanted.map(Math.abs))).toBeGreaterThan(1e-2);
    expect(distance(await on(engine), wanted)).toBeLessThan(5 * tolerance);
  });

  it('leave no memory behind', async () => {
    const prng = new Prng('gradients in a row');
    const circuit = parametric(prng, 12, READ_IN_SLICES.slice(0, 4), ['a']);
    const observable = randomObservable(prng, 12);
    const prepared = unwrap(await engine.prepare(circuit));
    const first = unwrap(await engine.gradient(prepared, observable, [0.3]));
    const grow = vi.spyOn(WebAssembly.Memory.prototype, 'grow');
    for (let round = 0; round < 20; round++) {
      const again = unwrap(await engine.gradient(prepared, observable, [0.3]));
      expect([again.value, ...again.gradient]).toEqual([first.value, ...first.gradient]);
    }
    expect(grow).not.toHaveBeenCalled();
    // The count is a real one: a state that does not fit any more grows the memory.
    const states = [];
    for (let i = 0; i < 64 && grow.mock.calls.length === 0; i++)
      states.push(unwrap(await engine.run(unwrap(await engine.prepare(circuitOf(16, []))))).state);
    expect(grow).toHaveBeenCalled();
    for (const state of states) state.dispose();
    grow.mockRestore();
  });
});
