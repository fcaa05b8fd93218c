import { expect } from 'vitest';
import { Prng } from '../../../lib/prng.ts';
import { unwrap } from '../../../lib/result.ts';
import { call, combine, negate, parameter, type Angle } from '../../circuit/angle.ts';
import { circuitOf, gate } from '../../circuit/builder.ts';
import type { Circuit, Operation } from '../../circuit/circuit.ts';
import { GATES } from '../../circuit/gate-table.ts';
import { createCpuDevice } from '../cpu-device.ts';
import { parameterShift } from '../parameter-shift.ts';
import { pauliWord, type PauliSum } from '../pauli.ts';
import { createEngine } from '../simulator.ts';
import { GATE_NAMES, randomOrder, randomUnitary, scramble } from './random-circuits.ts';
import { applyWord, referenceInner, referenceState } from './reference.ts';
import { distance, type Suite } from './suite.ts';

/** Every gate with angles, under 0 to 2 controls, each angle of its own parameter or an expression of several. */
function everyTurn(prng: Prng, qubits: number): Circuit {
  const [a, b] = [parameter('a'), parameter('b')];
  const shared: readonly Angle[] = [
    a,
    negate(b),
    combine('add', combine('multiply', 2, a), 0.3),
    combine('multiply', a, b),
    call('sin', combine('subtract', a, b)),
  ];
  const operations: Operation[] = [...scramble(prng, qubits)];
  let own = 0;
  for (const name of GATE_NAMES) {
    const { targets, params } = GATES[name];
    if (params.length === 0) continue;
    for (let controls = 0; controls <= 2; controls++) {
      const order = randomOrder(prng, qubits);
      const angles = params.map((_, p) => ((p + controls) % 2 === 0 ? parameter(`t${own++}`) : prng.pick(shared)));
      operations.push(gate(name, order.slice(0, targets), angles, order.slice(targets, targets + controls)));
      operations.push(
        prng.pick([gate('h', [order[0]!]), gate('x', [order[1]!], [], [order[0]!]), gate('sx', [order[2]!])]),
      );
    }
    const matrix = randomUnitary(prng, 2);
    operations.push({
      kind: 'unitary',
      label: 'w',
      matrix,
      targets: randomOrder(prng, qubits).slice(0, 2),
      controls: [],
    });
  }
  return circuitOf(qubits, operations);
}

function randomObservable(prng: Prng, qubits: number): PauliSum {
  const terms = Array.from({ length: 6 }, () => ({
    coefficient: prng.normal(),
    x: prng.below(2 ** qubits),
    z: prng.below(2 ** qubits),
  }));
  return { qubits, terms };
}

function energyOf(state: Float64Array, { qubits, terms }: PauliSum): number {
  return terms.reduce(
    (sum, term) => sum + term.coefficient * referenceInner(state, applyWord(pauliWord(term, qubits), state))[0],
    0,
  );
}

/** Central differences: h^2 of cubic terms against rounding over h, together below 1e-8 here. */
const STEP = 1e-4;
const FINITE_DIFFERENCE = 1e-5;

/** Gradients against parameter shift on the float64 oracle and against finite differences of the reference. */
export function gradientsContract({ test, options }: Suite): void {
  test('gives all derivatives of an energy, equal to the parameter shift and to finite differences', async (engine) => {
    const prng = new Prng('gradient');
    const circuit = everyTurn(prng, 4);
    const values = circuit.parameters.map(() => 2 * prng.normal());
    const observable = randomObservable(prng, 4);
    const got = unwrap(await engine.gradient(unwrap(await engine.prepare(circuit)), observable, values));
    expect(Math.abs(got.value - energyOf(referenceState(circuit, values), observable))).toBeLessThan(
      100 * options.tolerance,
    );

    const oracle = createEngine(createCpuDevice());
    const shifted = unwrap(await parameterShift(oracle, circuit, observable, values));
    oracle.dispose();
    expect(got.gradient.length).toBeGreaterThan(20);
    expect(distance(got.gradient, shifted)).toBeLessThan(options.gradient * 10);
    for (const p of [0, 1, 2, 7, circuit.parameters.length - 1]) {
      const at = (shift: number): number =>
        energyOf(referenceState(circuit, values.with(p, values[p]! + shift)), observable);
      const slope = (at(STEP) - at(-STEP)) / (2 * STEP);
      expect(Math.abs(got.gradient[p]! - slope), `parameter ${circuit.parameters[p]}`).toBeLessThan(FINITE_DIFFERENCE);
    }
  });

  test('gives the gradient of a layered circuit on all qubits', async (engine) => {
    const n = options.qubits;
    const prng = new Prng('layers');
    const operations: Operation[] = [];
    for (let layer = 0; layer < 2; layer++) {
      for (let q = 0; q < n; q++) {
        operations.push(gate('ry', [q], [parameter(`y${layer}_${q}`)]), gate('rz', [q], [parameter(`z${layer}_${q}`)]));
      }
      for (let q = 0; q + 1 < n; q++) operations.push(gate('x', [q + 1], [], [q]));
    }
    const circuit = circuitOf(n, operations);
    const values = circuit.parameters.map(() => prng.normal());
    const observable = randomObservable(prng, n);
    const prepared = unwrap(await engine.prepare(circuit));
    const { gradient } = unwrap(await engine.gradient(prepared, observable, values));
    const oracle = createEngine(createCpuDevice());
    const shifted = unwrap(await parameterShift(oracle, circuit, observable, values));
    oracle.dispose();
    expect(distance(gradient, shifted)).toBeLessThan(options.gradient);
    // The same again: nothing of the first sweep is left over.
    expect(distance(unwrap(await engine.gradient(prepared, observable, values)).gradient, gradient)).toBeLessThan(
      options.tolerance,
    );
  });

  test('pulls a cotangent of the whole state back to the parameters', async (engine) => {
    const prng = new Prng('pullback');
    const circuit = everyTurn(prng, 4);
    const values = circuit.parameters.map(() => prng.normal());
    const cotangent = Float64Array.from({ length: 32 }, () => prng.normal());
    const got = unwrap(await engine.vectorJacobian(unwrap(await engine.prepare(circuit)), cotangent, values));
    expect(got).toHaveLength(circuit.parameters.length);
    for (const p of circuit.parameters.keys()) {
      const at = (shift: number): number =>
        referenceState(circuit, values.with(p, values[p]! + shift)).reduce((sum, v, i) => sum + v * cotangent[i]!, 0);
      const slope = (at(STEP) - at(-STEP)) / (2 * STEP);
      expect(Math.abs(got[p]! - slope), `parameter ${circuit.parameters[p]}`).toBeLessThan(2 * FINITE_DIFFERENCE);
    }
  });

  test('differentiates circuits without gates or without parameters', async (engine) => {
    const observable: PauliSum = { qubits: 1, terms: [{ coefficient: 2, x: 0, z: 1 }] };
    for (const [operations, value] of [
      [[], 2],
      [[gate('x', [0])], -2],
    ] as const) {
      const got = unwrap(await engine.gradient(unwrap(await engine.prepare(circuitOf(1, operations))), observable, []));
      expect(got.value).toBeCloseTo(value, 5);
      expect(got.gradient).toHaveLength(0);
    }
  });

  test('refuses to differentiate measurements and angles without a derivative', async (engine) => {
    const observable: PauliSum = { qubits: 1, terms: [{ coefficient: 1, x: 0, z: 1 }] };
    const measured = circuitOf(1, [gate('h', [0]), { kind: 'measure', qubit: 0, clbit: 0 }], 1);
    const refused = { ok: false, error: { code: 'QUANTUM_GRADIENT' } };
    expect(await engine.gradient(unwrap(await engine.prepare(measured)), observable, [])).toMatchObject(refused);
    expect(await engine.vectorJacobian(unwrap(await engine.prepare(measured)), [1, 0, 0, 0], [])).toMatchObject(
      refused,
    );
    const root = unwrap(
      await engine.prepare(circuitOf(1, [gate('h', [0]), gate('ry', [0], [call('sqrt', parameter('a'))])])),
    );
    expect(await engine.gradient(root, observable, [0])).toMatchObject(refused);
    expect((await engine.gradient(root, observable, [1])).ok).toBe(true);
    expect(await engine.vectorJacobian(root, [1, 0], [1])).toMatchObject(refused);
    expect(await engine.vectorJacobian(root, [1, 0, Number.NaN, 0], [1])).toMatchObject(refused);
    const wide: PauliSum = { qubits: 2, terms: [] };
    expect(await engine.gradient(root, wide, [1])).toMatchObject({ ok: false, error: { code: 'QUANTUM_OBSERVABLE' } });
  });
}
