import { describe, expect, it } from 'vitest';
import { Prng } from '../../../core/lib/prng.ts';
import { unwrap } from '../../../core/lib/result.ts';
import type { Bindings } from '../../../core/quantum/circuit/angle.ts';
import { gate } from '../../../core/quantum/circuit/builder.ts';
import type { UnitaryStep } from '../../../core/quantum/circuit/circuit.ts';
import { matrixOf } from '../../../core/quantum/circuit/gate-table.ts';
import { applyMatrix } from '../../../core/quantum/engine/cpu-kernels.ts';
import { randomStep, scramble } from '../../../core/quantum/engine/testing/random-circuits.ts';
import { interpret } from '../testing/interpret.ts';
import { randomGrid } from '../testing/random-grid.ts';
import type { TileShape } from './passes.ts';
import { makePlan, programOf, type WebGpuPlan } from './plan.ts';

const SMALL: TileShape = { tile: 11, registers: 3, low: 4 };
const LARGE: TileShape = { tile: 12, registers: 4, low: 4 };
const NONE: Bindings = new Map();
/** The program holds float32. */
const TOLERANCE = 2e-6;

interface Case {
  readonly qubits: number;
  readonly steps: readonly UnitaryStep[];
  readonly shape?: TileShape;
  readonly fromZero?: boolean;
  readonly fuse?: boolean;
  readonly parameters?: readonly string[];
}

function planOf({ qubits, steps, shape = SMALL, fromZero = true, fuse = true, parameters = [] }: Case): WebGpuPlan {
  return unwrap(makePlan({ qubits, steps, parameters, fromZero }, { shape, fuse, submissionWork: 2 ** 40 }));
}

/** Largest deviation of an amplitude between the plan, read as the shaders read it, and one gate after the other. */
function deviation(plan: WebGpuPlan, values: Bindings = NONE): number {
  const { qubits, steps, fromZero } = plan.sequence;
  const start = new Float64Array(2 * 2 ** qubits);
  start[0] = 1;
  if (!fromZero)
    for (const step of scramble(new Prng(99), qubits))
      applyMatrix(start, matrixOf(step, NONE), step.targets, step.controls);
  const planned = start.slice();
  interpret(planned, plan, values);
  for (const step of steps) applyMatrix(start, matrixOf(step, values), step.targets, step.controls);
  return start.reduce((worst, value, i) => Math.max(worst, Math.abs(value - planned[i]!)), 0);
}

const randomSteps = (
  seed: number,
  qubits: number,
  count: number,
  parameters: readonly string[] = [],
): UnitaryStep[] => {
  const prng = new Prng(seed);
  return Array.from({ length: count }, () => randomStep(prng, qubits, { parameters, unitary: 3 }));
};

describe('WebGPU plan', () => {
  it.each([1, 2, 3, 4, 10, 11, 12, 13])(
    'does what the circuit says on %d qubits, for any gates and shapes',
    (qubits) => {
      const count = Math.min(100, 20 * qubits);
      let tried = 0;
      for (const shape of [SMALL, LARGE, { ...LARGE, low: 3 }])
        for (const fromZero of [true, false]) {
          const seed = 1000 * qubits + tried++;
          const plan = planOf({ qubits, steps: randomSteps(seed, qubits, count), shape, fromZero });
          expect(deviation(plan), `seed ${seed}`).toBeLessThan(TOLERANCE);
        }
      expect(tried).toBe(6);
    },
  );

  it('takes a pass a gate without fusion', () => {
    const steps = randomSteps(5, 5, 40).filter((step) => step.kind === 'unitary' || step.name !== 'id');
    const plan = planOf({ qubits: 5, steps, fuse: false });
    expect(plan.stats).toMatchObject({ gates: steps.length, passes: steps.length });
    expect(deviation(plan)).toBeLessThan(TOLERANCE);
  });

  it('needs no tile for a gate alone', () => {
    for (const step of [
      gate('ry', [7], [0.3]),
      gate('x', [12], [], [3, 0]),
      gate('rzz', [12, 4], [0.8]),
      gate('gphase', [], [0.2], [5]),
      gate('gphase', [], [0.2]),
    ]) {
      const plan = planOf({ qubits: 13, steps: [step], fromZero: false });
      expect(plan.passes.map(({ kind }) => kind)).toEqual(['gate']);
      expect(deviation(plan)).toBeLessThan(TOLERANCE);
    }
  });

  it('binds other values to the same plan', () => {
    const parameters = ['a', 'b', 'c'];
    const steps = randomSteps(6, 12, 120, parameters);
    const plan = planOf({ qubits: 12, steps, parameters, fromZero: false });
    for (const values of [
      [0.3, -1.2, 2.9],
      [0, Math.PI, -Math.PI / 2],
      [1e6, 4 * Math.PI, 1e-13],
    ]) {
      const bound = new Map(parameters.map((name, i) => [name, values[i]!]));
      expect(deviation(plan, bound), String(values)).toBeLessThan(TOLERANCE);
    }
    expect(plan.program).toBeNull();
  });

  it('keeps the norm of a deep circuit, though 1/sqrt 2 is no float32', () => {
    const steps = Array.from({ length: 150 }, () => [
      gate('h', [0]),
      gate('ry', [1], [Math.PI / 2]),
      gate('x', [0], [], [1]),
    ]);
    const plan = planOf({ qubits: 2, steps: steps.flat() });
    const state = Float64Array.of(1, 0, 0, 0, 0, 0, 0, 0);
    interpret(state, plan, NONE);
    expect(Math.abs(state.reduce((total, v) => total + v * v, 0) - 1)).toBeLessThan(2e-7);
  });

  it('writes programs of any length', () => {
    const prng = new Prng(31);
    const steps = Array.from({ length: 2500 }, (_, i) =>
      i % 2 === 0 ? gate('u', [prng.below(4)], [prng.float(), prng.float(), prng.float()]) : gate('iswap', [i % 3, 3]),
    );
    const plan = planOf({ qubits: 4, steps });
    expect(programOf(plan, NONE).words.length).toBeGreaterThan(40_000);
    expect(deviation(plan)).toBeLessThan(100 * TOLERANCE);
  });

  it('keeps the program of a circuit without parameters', () => {
    const plan = planOf({ qubits: 4, steps: randomSteps(7, 4, 20) });
    expect(programOf(plan, NONE)).toBe(programOf(plan, NONE));
  });

  it('takes more blocks than it looks ahead over', () => {
    const plan = planOf({ qubits: 12, steps: randomSteps(8, 12, 600).flatMap((s) => [s, gate('t', [0]), s, s, s]) });
    expect(plan.stats.gates).toBe(3000);
    expect(deviation(plan)).toBeLessThan(10 * TOLERANCE);
  });

  describe('swaps', () => {
    const all = [...Array.from({ length: 6 }, (_, i) => gate('swap', [i, 12 - i])), gate('swap', [3, 7])];

    it('costs nothing from |0...0>', () => {
      expect(planOf({ qubits: 13, steps: all }).stats.passes).toBe(0);
      const mixed = [gate('h', [0]), ...all, gate('ry', [12], [0.4]), gate('x', [5], [], [12])];
      const plan = planOf({ qubits: 13, steps: mixed });
      expect(plan.stats.passes).toBe(1);
      expect(deviation(plan)).toBeLessThan(TOLERANCE);
    });

    it('moves amplitudes inside passes otherwise', () => {
      for (const shape of [SMALL, LARGE]) {
        const plan = planOf({ qubits: 13, steps: all, fromZero: false, shape });
        expect(plan.stats.passes).toBeGreaterThan(0);
        expect(plan.stats.passes).toBeLessThanOrEqual(3);
        expect(deviation(plan)).toBeLessThan(TOLERANCE);
      }
    });

    it('forgets pairs of them', () => {
      expect(planOf({ qubits: 13, steps: [...all, ...all.toReversed()], fromZero: false }).stats.passes).toBe(0);
    });
  });

  describe('corners', () => {
    const corner: readonly (readonly [string, Case])[] = [
      ['nothing', { qubits: 3, steps: [] }],
      ['only identities', { qubits: 3, steps: [gate('id', [1])] }],
      ['no qubit', { qubits: 0, steps: [gate('gphase', [], [0.7])] }],
      ['only a global phase', { qubits: 12, steps: [gate('gphase', [], [0.7]), gate('gphase', [], [0.2])] }],
      ['a global phase that is a turn', { qubits: 2, steps: [gate('gphase', [], [2 * Math.PI])] }],
      ['phases that only matrices carry', { qubits: 2, steps: [gate('sx', [0]), gate('y', [1])] }],
      [
        'only diagonals',
        { qubits: 13, steps: randomSteps(9, 13, 400).filter((s) => s.kind === 'gate' && /^[szt]|^rz|^p/.test(s.name)) },
      ],
      [
        'signs and phases under many controls',
        {
          qubits: 6,
          fromZero: false,
          steps: [gate('z', [0], [], [1, 2, 3, 4, 5]), gate('p', [2], [0.9], [0, 1, 5, 4]), gate('t', [5], [], [0])],
        },
      ],
      [
        'the two highest qubits only',
        { qubits: 13, steps: [gate('h', [12]), gate('x', [11], [], [12]), gate('rxx', [12, 11], [0.3])] },
      ],
      ['gates on the memory lines only', { qubits: 13, fromZero: false, steps: randomSteps(11, 3, 60) }],
    ];
    it.each(corner)('%s', (_, circuit) => {
      for (const shape of [SMALL, LARGE]) expect(deviation(planOf({ ...circuit, shape }))).toBeLessThan(TOLERANCE);
    });
  });

  describe('random circuit of depth 20 at 24 qubits', () => {
    const steps = randomGrid(new Prng(1), 24, 20);

    it.each([
      ['16 KiB of workgroup memory', SMALL, 14],
      ['32 KiB of workgroup memory', LARGE, 12],
    ] as const)('takes at least 15 gates a pass with %s', (_, shape, passes) => {
      const { stats } = planOf({ qubits: 24, steps, shape });
      expect(stats.gates).toBe(steps.length);
      expect(stats.gates / stats.passes).toBeGreaterThanOrEqual(15);
      expect(stats.passes).toBeLessThanOrEqual(passes);
      expect(stats).toMatchObject({ dispatches: stats.passes, bytes: stats.passes * 16 * 2 ** 24 });
    });

    it('is planned the same way every time', () => {
      const programs = [0, 1].map(() => programOf(planOf({ qubits: 24, steps }), NONE));
      expect(programs[0]).toEqual(programs[1]);
    });
  });

  it('splits a pass that would be too long for one submission', () => {
    const sequence = { qubits: 16, steps: [gate('h', [3])], parameters: [], fromZero: true };
    const { stats } = unwrap(makePlan(sequence, { shape: SMALL, fuse: true, submissionWork: 2 ** 14 }));
    expect(stats).toMatchObject({ passes: 1, dispatches: 4 });
  });
});
