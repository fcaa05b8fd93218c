import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Prng } from '../../core/lib/prng.ts';
import { unwrap } from '../../core/lib/result.ts';
import { circuitOf, gate, inverseOf } from '../../core/quantum/circuit/builder.ts';
import type { Circuit, UnitaryStep } from '../../core/quantum/circuit/circuit.ts';
import { createCpuDevice } from '../../core/quantum/engine/cpu-device.ts';
import type { QuantumEngine } from '../../core/quantum/engine/engine.ts';
import { createEngine } from '../../core/quantum/engine/simulator.ts';
import { randomAngle, randomOrder, randomStep, scramble } from '../../core/quantum/engine/testing/random-circuits.ts';
import { amplitudesOf, distance, stateOf } from '../../core/quantum/engine/testing/suite.ts';
import { createMirrorCircuit } from '../../core/quantum/mirror-circuit.ts';
import { lower } from '../../core/quantum/plan/lower.ts';
import { splitIntoPasses } from '../../core/quantum/plan/passes.ts';
import { limitedShape } from '../../core/quantum/plan/testing/limited-shape.ts';
import { openWasmEngine } from './wasm-engine.ts';

/** Turns everywhere, then pairs of every kind over the whole width, some matrices. Small tiles have tests of their own: apply-plan.test.ts. */
function deepSteps(prng: Prng, qubits: number, layers: number): UnitaryStep[] {
  const steps: UnitaryStep[] = [];
  for (let layer = 0; layer < layers; layer++) {
    for (const q of randomOrder(prng, qubits))
      steps.push(
        prng.pick([
          gate('u', [q], [randomAngle(prng), randomAngle(prng), randomAngle(prng)]),
          gate('h', [q]),
          gate('rx', [q], [randomAngle(prng)]),
          gate('sx', [q]),
          gate('y', [q]),
        ]),
      );
    const order = randomOrder(prng, qubits);
    for (let i = 0; i + 1 < qubits; i += 2) {
      const [a = 0, b = 1] = order.slice(i, i + 2);
      steps.push(
        prng.pick([
          gate('x', [a], [], [b]),
          gate('p', [a], [randomAngle(prng)], [b]),
          gate('rzz', [a, b], [randomAngle(prng)]),
          gate('z', [a], [], [b]),
          gate('swap', [a, b]),
          gate('iswap', [a, b]),
        ]),
      );
    }
    steps.push(randomStep(prng, qubits));
  }
  return steps;
}

/** Of the oracle, which is slow, by the seed of the circuit: the same for both precisions. */
const wantedStates = new Map<string, Float64Array>();

describe.each([
  // The kernels round once a turn: errors of some hundred turns add up like their square root.
  { precision: 'f32', tolerance: 3e-6 },
  { precision: 'f64', tolerance: 1e-13 },
] as const)('long circuits on one thread, $precision', ({ precision, tolerance }) => {
  let engine: QuantumEngine;
  const oracle = createEngine(createCpuDevice());
  beforeAll(async () => {
    engine = unwrap(await openWasmEngine({ precision, threads: 1, spawnThread: null }));
  });
  afterAll(() => {
    engine.dispose();
    oracle.dispose();
  });

  const offOracle = async (name: string, circuit: Circuit): Promise<number> => {
    const wanted = wantedStates.get(name) ?? (await amplitudesOf(oracle, circuit));
    wantedStates.set(name, wanted);
    return distance(await amplitudesOf(engine, circuit), wanted);
  };

  const passesOf = async (circuit: Circuit): Promise<number> => unwrap(await engine.prepare(circuit)).stats.passes;

  it('agree with the oracle at 17 qubits', async () => {
    const circuit = circuitOf(17, deepSteps(new Prng('several tiles'), 17, 5));
    expect(await offOracle('several tiles', circuit)).toBeLessThan(tolerance);
  });

  it('return to |0...0> after their inverse at 18 qubits', async () => {
    const steps = deepSteps(new Prng('there and back'), 18, 6);
    const circuit = circuitOf(18, [...steps, ...steps.map(inverseOf).reverse()]);
    const state = await stateOf(engine, circuit);
    const [re = 0, im = 0] = unwrap(await state.amplitudes([0]));
    expect(Math.abs(re - 1) + Math.abs(im)).toBeLessThan(3 * tolerance);
    expect(Math.abs(unwrap(await state.norm()) - 1)).toBeLessThan(10 * tolerance);
    state.dispose();
  });

  it('end in the one outcome of a mirror circuit at 18 qubits', async () => {
    const { circuit, expected } = createMirrorCircuit(5, 18, 12);
    const state = await stateOf(engine, circuit);
    const [re = 0, im = 0] = unwrap(await state.amplitudes([expected]));
    expect(Math.abs(re * re + im * im - 1)).toBeLessThan(10 * tolerance);
    state.dispose();
  });

  it('take matrices under more controls than a tile has bits', async () => {
    const prng = new Prng('wider than a tile');
    const order = randomOrder(prng, 18);
    const steps: UnitaryStep[] = [
      ...order.slice(2).map((q) => gate('ry', [q], [Math.PI - 0.3])),
      gate('ry', [order[0] ?? 0], [0.4]),
      gate('swap', order.slice(0, 2), [], order.slice(2)),
      gate('h', [order[3] ?? 0]),
    ];
    // Guards this test: a plan that gets nowhere has no end.
    const { operations } = lower({ qubits: 18, steps, parameters: [], fromZero: true });
    splitIntoPasses(operations, limitedShape({ qubits: 18, tileBits: 15, lowBits: 5 }));
    expect(await offOracle('wider than a tile', circuitOf(18, steps))).toBeLessThan(tolerance);
  });

  it('start from a state of several tiles, with swaps as exchanges', async () => {
    const prng = new Prng('from several tiles');
    const first = circuitOf(17, scramble(prng, 17));
    const steps = deepSteps(prng, 17, 2);
    for (let i = 0; i < 10; i++) steps.push(gate('swap', randomOrder(prng, 17).slice(0, 2)));
    const second = circuitOf(17, steps);
    const from = await stateOf(engine, first);
    const got = await stateOf(engine, second, { from });
    const wanted = await amplitudesOf(oracle, circuitOf(17, [...first.operations, ...second.operations]));
    expect(distance(unwrap(await got.amplitudes()), wanted)).toBeLessThan(tolerance);
    from.dispose();
    got.dispose();
  });

  it('take more gates than one program holds: 12,000 on 10 qubits', async () => {
    const prng = new Prng('12,000 gates');
    const steps: UnitaryStep[] = [];
    while (steps.length < 12_000) {
      const [a = 0, b = 1] = randomOrder(prng, 10);
      steps.push(
        prng.pick([
          gate('u', [a], [randomAngle(prng), randomAngle(prng), randomAngle(prng)]),
          gate('x', [a], [], [b]),
          gate('p', [a], [randomAngle(prng)], [b]),
          gate('h', [a]),
        ]),
      );
    }
    const circuit = circuitOf(10, steps);
    expect(await passesOf(circuit)).toBeGreaterThan(3);
    expect(await offOracle('12,000 gates', circuit)).toBeLessThan(10 * tolerance);
  });

  it('multiply in phases of all pairs, and of many qubits at once', async () => {
    const prng = new Prng('all pairs');
    const steps: UnitaryStep[] = scramble(prng, 12);
    for (let round = 0; round < 3; round++) {
      for (let a = 0; a < 12; a++) for (let b = 0; b < a; b++) steps.push(gate('p', [a], [randomAngle(prng)], [b]));
      for (const q of randomOrder(prng, 12).slice(0, 5))
        steps.push(gate('x', [q]), gate('ry', [q], [randomAngle(prng)]));
      const order = randomOrder(prng, 12);
      for (let k = 2; k < 12; k++) steps.push(gate('z', [order[0] ?? 0], [], order.slice(1, k)));
      steps.push(gate('rx', [order[1] ?? 0], [randomAngle(prng)], order.slice(2, 11)));
    }
    expect(await offOracle('all pairs', circuitOf(12, steps))).toBeLessThan(tolerance);
  });

  it('keep hundreds of states apart', async () => {
    const prng = new Prng('many states');
    const held: { readonly state: Awaited<ReturnType<typeof stateOf>>; readonly expected: Float64Array }[] = [];
    const indices = Array.from({ length: 8 }, (_, i) => 37 * i);
    for (let round = 0; round < 300; round++) {
      if (held.length > 20 && prng.below(3) === 0) {
        held.splice(prng.below(held.length), 1)[0]?.state.dispose();
        continue;
      }
      const qubits = 9 + prng.below(5);
      const state =
        held.length > 0 && prng.below(2) === 0
          ? unwrap(await prng.pick(held).state.clone())
          : await stateOf(engine, circuitOf(qubits, scramble(prng, qubits)));
      held.push({ state, expected: unwrap(await state.amplitudes(indices)) });
    }
    expect(held.length).toBeGreaterThan(80);
    for (const { state, expected } of held) {
      expect(distance(unwrap(await state.amplitudes(indices)), expected)).toBe(0);
      expect(Math.abs(unwrap(await state.norm()) - 1)).toBeLessThan(10 * tolerance);
      state.dispose();
    }
  });
});
