import { expect } from 'vitest';
import { Prng } from '../../../lib/prng.ts';
import { unwrap } from '../../../lib/result.ts';
import { circuitOf, gate, inverseOf } from '../../circuit/builder.ts';
import type { UnitaryStep } from '../../circuit/circuit.ts';
import { randomAngle, randomCircuit, randomOrder, randomStep } from './random-circuits.ts';
import { referenceInner, referenceState } from './reference.ts';
import { amplitudesOf, distance, named, stateOf, type Suite } from './suite.ts';

/** Random circuits against the reference and against themselves. */
export function randomContract({ test, options }: Suite): void {
  const { tolerance, qubits } = options;

  test('agrees with the reference on random circuits of every size and leaves the norm at 1', async (engine) => {
    const prng = new Prng(`contract ${qubits}`);
    for (let n = 0; n <= qubits; n++)
      for (let repeat = 0; repeat < (n < 6 ? 3 : 1); repeat++) {
        const circuit = randomCircuit(prng, n, 60);
        const state = await stateOf(engine, circuit);
        const amplitudes = unwrap(await state.amplitudes());
        expect(distance(amplitudes, referenceState(circuit)), `${n} qubits, round ${repeat}`).toBeLessThan(tolerance);
        expect(Math.abs(unwrap(await state.norm()) - 1)).toBeLessThan(tolerance);
        state.dispose();
      }
  });

  test('returns to |0...0> when a circuit is followed by its inverse', async (engine) => {
    const prng = new Prng('inverse');
    for (const n of [1, 2, 3, qubits]) {
      const steps = Array.from({ length: 60 }, () => randomStep(prng, n));
      const circuit = circuitOf(n, [...steps, ...steps.map(inverseOf).reverse()]);
      expect(distance(await amplitudesOf(engine, circuit), named(n, { 0: [1, 0] })), `${n} qubits`).toBeLessThan(
        tolerance,
      );
    }
  });

  test('does not depend on the order of gates on disjoint qubits, nor of diagonal gates', async (engine) => {
    const prng = new Prng('commuting');
    const spread = Array.from({ length: 20 }, () => randomStep(prng, qubits));
    const order = randomOrder(prng, qubits);
    const disjoint: UnitaryStep[] = order.map((q) =>
      gate('u', [q], [randomAngle(prng), randomAngle(prng), randomAngle(prng)]),
    );
    const diagonal: UnitaryStep[] = Array.from({ length: 20 }, () => {
      const [a = 0, b = 1, c = 2] = randomOrder(prng, qubits);
      return prng.pick([
        gate('p', [a], [randomAngle(prng)], [b, c]),
        gate('rzz', [a, b], [randomAngle(prng)]),
        gate('t', [c]),
      ]);
    });
    for (const layer of [disjoint, diagonal]) {
      const one = await amplitudesOf(engine, circuitOf(qubits, [...spread, ...layer]));
      const other = await amplitudesOf(engine, circuitOf(qubits, [...spread, ...prng.shuffle([...layer])]));
      expect(distance(one, other)).toBeLessThan(tolerance);
    }
  });

  test('runs a prepared circuit again with other parameter values', async (engine) => {
    const prng = new Prng('rebind');
    const names = ['a', 'b', 'c'];
    const circuit = randomCircuit(prng, Math.min(6, qubits), 50, { parameters: names });
    expect(circuit.parameters.toSorted()).toEqual(names);
    const prepared = unwrap(await engine.prepare(circuit));
    for (let round = 0; round < 3; round++) {
      const values = circuit.parameters.map(() => randomAngle(prng));
      const { state } = unwrap(await engine.run(prepared, { values }));
      expect(distance(unwrap(await state.amplitudes()), referenceState(circuit, values))).toBeLessThan(tolerance);
      state.dispose();
    }
  });

  test('starts from a state, and leaves that state as it was', async (engine) => {
    const prng = new Prng('from');
    const first = randomCircuit(prng, Math.min(7, qubits), 30);
    const second = randomCircuit(prng, Math.min(7, qubits), 30);
    const from = await stateOf(engine, first);
    const start = referenceState(first);
    const prepared = unwrap(await engine.prepare(second));
    // Without and with the start: a plan from |0...0> must not be taken for the other.
    for (const given of [undefined, from, undefined]) {
      const { state } = unwrap(await engine.run(prepared, given === undefined ? {} : { from: given }));
      const expected = given === undefined ? referenceState(second) : referenceState(second, [], start);
      expect(distance(unwrap(await state.amplitudes()), expected)).toBeLessThan(tolerance);
      state.dispose();
    }
    expect(distance(unwrap(await from.amplitudes()), start)).toBeLessThan(tolerance);
    from.dispose();
  });

  test('keeps its precision over 1000 layers', async (engine) => {
    const prng = new Prng('depth 1000');
    const n = Math.min(6, qubits);
    const steps: UnitaryStep[] = [];
    for (let layer = 0; layer < 1000; layer++) {
      for (let q = 0; q < n; q++) steps.push(gate('u', [q], [randomAngle(prng), randomAngle(prng), randomAngle(prng)]));
      const order = randomOrder(prng, n);
      for (let i = 0; i + 1 < n; i += 2) steps.push(gate('z', [order[i]!], [], [order[i + 1]!]));
    }
    const circuit = circuitOf(n, steps);
    const amplitudes = await amplitudesOf(engine, circuit);
    const expected = referenceState(circuit);
    const [re, im] = referenceInner(expected, amplitudes);
    const squares = (v: Float64Array): number => referenceInner(v, v)[0];
    const fidelity = (re * re + im * im) / (squares(amplitudes) * squares(expected));
    expect(1 - fidelity).toBeLessThan(options.infidelity);
    expect(Math.abs(squares(amplitudes) - 1)).toBeLessThan(tolerance);
  });
}
