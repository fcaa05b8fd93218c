import { beforeAll, describe, expect, it } from 'vitest';
import { Prng } from '../../core/lib/prng.ts';
import { unwrap } from '../../core/lib/result.ts';
import type { Bindings } from '../../core/quantum/circuit/angle.ts';
import { gate } from '../../core/quantum/circuit/builder.ts';
import type { UnitaryStep } from '../../core/quantum/circuit/circuit.ts';
import {
  randomAngle,
  randomOrder,
  randomStep,
  randomUnitary,
  scramble,
} from '../../core/quantum/engine/testing/random-circuits.ts';
import { distance } from '../../core/quantum/engine/testing/suite.ts';
import { lower } from '../../core/quantum/plan/lower.ts';
import { oracleState, randomState, zeroState } from '../../core/quantum/plan/testing/naive.ts';
import { AmplitudeView } from './amplitudes.ts';
import { applyPlan, type PlanHost } from './apply-plan.ts';
import { engineModule } from './emit/engine-module.ts';
import { planGradient } from './gradient-plan.ts';
import { EngineMemory, PROGRAM_WINDOW_BYTES } from './memory.ts';
import { planSequence, type PlanShape, type RunnablePlan } from './plan-passes.ts';
import { ProgramWriter } from './program-writer.ts';
import { TileRunner, type EngineExports } from './tile-runner.ts';

/** The smallest tiles there are: 2^10 amplitudes, so that twelve qubits already are several, most of them gathered. */
const TILE_BITS = 10;
const QUBITS_MAX = 13;
const WATCH = { signal: undefined, onProgress: (): void => {} };
const VALUES: Bindings = new Map([
  ['a', 0.7],
  ['b', -2.1],
]);

describe.each([
  { precision: 'f32', tolerance: 3e-6 },
  { precision: 'f64', tolerance: 1e-13 },
] as const)('plans over small tiles, $precision', ({ precision, tolerance }) => {
  const shape: PlanShape = { laneBits: precision === 'f32' ? 2 : 1, tileBits: TILE_BITS, threads: 1, lowBits: 5 };
  let memory: EngineMemory;
  let host: PlanHost;
  let pointer = 0;

  beforeAll(async () => {
    memory = unwrap(EngineMemory.open(false, 1, 16 * 2 ** TILE_BITS));
    const emitted = engineModule({ precision, fma: false }, { minPages: 1, maxPages: memory.pagesMax, shared: false });
    const { instance } = await WebAssembly.instantiate(emitted.bytes, { env: { memory: memory.memory } });
    pointer = unwrap(memory.reserve(16 * 2 ** QUBITS_MAX));
    host = {
      kernels: emitted.kernels,
      runner: new TileRunner(memory, instance.exports as unknown as EngineExports, []),
      writer: (window: 0 | 1) => {
        const from = memory.programFrom + window * PROGRAM_WINDOW_BYTES;
        return new ProgramWriter(memory.buffer, from, from + PROGRAM_WINDOW_BYTES, precision);
      },
    };
  });

  const view = (qubits: number): AmplitudeView =>
    new AmplitudeView(memory.buffer, pointer, qubits, Math.max(10, qubits), precision);

  async function run(plan: RunnablePlan, qubits: number, from: Float64Array | null): Promise<Float64Array> {
    // What was in memory before must not matter.
    view(qubits).numbers.fill(from === null ? Number.NaN : 0);
    if (from !== null) view(qubits).write(from);
    unwrap(await applyPlan(host, pointer, plan, VALUES, WATCH));
    return view(qubits).read(0, 2 ** qubits);
  }

  async function expectOracle(
    qubits: number,
    steps: readonly UnitaryStep[],
    prng: Prng,
    what: string,
  ): Promise<number> {
    const start = randomState(prng, qubits);
    let passes = 0;
    for (const from of [null, start]) {
      const plan = planSequence({ qubits, steps, parameters: ['a', 'b'], fromZero: from === null }, shape);
      passes = Math.max(passes, plan.passes.length);
      const wanted = await oracleState(qubits, steps, VALUES, from ?? zeroState(qubits));
      expect(distance(await run(plan, qubits, from), wanted), `${what}, ${qubits} qubits`).toBeLessThan(tolerance);
    }
    return passes;
  }

  it('do what the oracle does for random steps of every kind', async () => {
    const prng = new Prng('small tiles');
    let passes = 0;
    for (let round = 0; round < 24; round++) {
      const qubits = 11 + (round % 3);
      const steps = Array.from({ length: 10 + prng.below(60) }, () =>
        randomStep(prng, qubits, { parameters: ['a', 'b'], controls: 4, unitary: 4 }),
      );
      passes = Math.max(passes, await expectOracle(qubits, steps, prng, `small tiles, round ${round}`));
    }
    expect(passes).toBeGreaterThan(2);
  });

  // oxlint-disable-next-line vitest/expect-expect -- expectOracle does
  it('do what the oracle does where signs and phases of pairs cross the tiles', async () => {
    const prng = new Prng('signs across');
    for (let round = 0; round < 8; round++) {
      const qubits = 12 + (round % 2);
      const steps: UnitaryStep[] = [];
      for (let layer = 0; layer < 3; layer++) {
        for (const q of randomOrder(prng, qubits))
          steps.push(
            prng.pick([
              gate('h', [q]),
              gate('x', [q]),
              gate('rx', [q], [randomAngle(prng)]),
              gate('u', [q], [randomAngle(prng), randomAngle(prng), randomAngle(prng)]),
            ]),
          );
        for (let i = 0; i < 3 * qubits; i++) {
          const [a = 0, b = 1] = randomOrder(prng, qubits);
          const angle = round % 2 === 0 ? Math.PI : randomAngle(prng);
          steps.push(gate('p', [a], [angle], [b]));
        }
      }
      await expectOracle(qubits, steps, prng, `signs across, round ${round}`);
    }
  });

  // oxlint-disable-next-line vitest/expect-expect -- expectOracle does
  it('do what the oracle does for gates on fixed pairs of low, middle and high qubits', async () => {
    const prng = new Prng('fixed pairs');
    const qubits = 12;
    for (const [a, b] of [
      [0, 1],
      [0, 11],
      [1, 10],
      [4, 5],
      [5, 6],
      [10, 11],
      [2, 9],
    ] as const) {
      const steps: UnitaryStep[] = [...scramble(prng, qubits)];
      for (let i = 0; i < 12; i++) {
        const [c, d] = prng.below(2) === 0 ? [a, b] : [b, a];
        steps.push(
          prng.pick([
            gate('iswap', [c, d]),
            gate('xxplusyy', [c, d], [randomAngle(prng), randomAngle(prng)]),
            gate('x', [c], [], [d]),
            gate('swap', [c, d], [], [7]),
            gate('rzz', [c, d], [randomAngle(prng)]),
          ]),
          gate('u', [c], [randomAngle(prng), randomAngle(prng), randomAngle(prng)]),
          gate('x', [d]),
        );
      }
      await expectOracle(qubits, steps, prng, `qubits ${a} and ${b}`);
    }
  });

  // oxlint-disable-next-line vitest/expect-expect -- expectOracle does
  it('do what the oracle does for matrices under so many controls that a tile has no room for them', async () => {
    const prng = new Prng('many controls');
    for (let round = 0; round < 16; round++) {
      const qubits = 10 + (round % 4);
      const steps: UnitaryStep[] = scramble(prng, qubits);
      for (let i = 0; i < 6; i++) {
        const order = randomOrder(prng, qubits);
        const targets = 2 + prng.below(4);
        const controls = order.slice(targets, targets + prng.below(qubits - targets + 1));
        const name = prng.pick(['swap', 'iswap', 'ecr'] as const);
        const pair = prng.below(2) === 0 ? [0, 1] : order.slice(0, 2);
        const others = order.filter((q) => !pair.includes(q));
        steps.push(
          gate(name, pair, [], others.slice(0, prng.below(others.length + 1))),
          gate('p', [order[1] ?? 1], [randomAngle(prng)], [order[2] ?? 2]),
          gate('x', [order[0] ?? 0]),
          gate('ry', [order[3] ?? 3], [randomAngle(prng)]),
          {
            kind: 'unitary',
            label: 'w',
            matrix: randomUnitary(prng, targets),
            targets: order.slice(0, targets),
            controls,
          },
          gate('x', [order[5] ?? 0], [], [order[4] ?? 1]),
        );
      }
      await expectOracle(qubits, steps, prng, `many controls, round ${round}`);
    }
  });

  it('run slice by slice to the same end, and all the way back', async () => {
    const prng = new Prng('slices on tiles');
    for (let round = 0; round < 4; round++) {
      const qubits = 11 + (round % 2);
      const steps = Array.from({ length: 40 }, () => randomStep(prng, qubits, { parameters: ['a', 'b'], unitary: 2 }));
      const parameters = ['a', 'b'];
      const { slices, closing } = planGradient(lower({ qubits, steps, parameters, fromZero: true }), shape);
      expect(slices.length).toBeGreaterThan(2);
      view(qubits).numbers.fill(Number.NaN);
      for (const { forward } of slices) unwrap(await applyPlan(host, pointer, forward, VALUES, WATCH));
      if (closing !== null) unwrap(await applyPlan(host, pointer, closing.forward, VALUES, WATCH));
      const end = view(qubits).read(0, 2 ** qubits);
      const wanted = await oracleState(qubits, steps, VALUES, zeroState(qubits));
      expect(distance(end, wanted), `round ${round}`).toBeLessThan(tolerance);
      if (closing !== null) unwrap(await applyPlan(host, pointer, closing.backward, VALUES, WATCH));
      for (const { backward } of slices.toReversed()) unwrap(await applyPlan(host, pointer, backward, VALUES, WATCH));
      expect(distance(view(qubits).read(0, 2 ** qubits), zeroState(qubits)), `back, round ${round}`).toBeLessThan(
        2 * tolerance,
      );
    }
  });
});
