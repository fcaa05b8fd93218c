import { describe, expect, it } from 'vitest';
import { Prng } from '../../lib/prng.ts';
import { combine, parameter, type Angle, type Bindings } from '../circuit/angle.ts';
import { gate } from '../circuit/builder.ts';
import type { UnitaryStep } from '../circuit/circuit.ts';
import { GATES } from '../circuit/gate-table.ts';
import {
  GATE_NAMES,
  randomAngle,
  randomOrder,
  randomStep,
  randomUnitary,
  scramble,
} from '../engine/testing/random-circuits.ts';
import { distance } from '../engine/testing/suite.ts';
import type { Elementary, Lowered, Part, PhaseAngle } from './elementary.ts';
import { lower, multiply2, productOf } from './lower.ts';
import { oracleState, randomState, runLowered, zeroState } from './testing/naive.ts';

const NONE: Bindings = new Map();
const QUBITS = 5;
const VALUES: Bindings = new Map([
  ['a', 0.7],
  ['b', -2.1],
]);

const lowered = (qubits: number, steps: readonly UnitaryStep[], fromZero = false): Lowered =>
  lower({ qubits, steps, parameters: ['a', 'b'], fromZero });

const count = ({ operations }: Lowered, kind: Elementary['kind']): number =>
  operations.filter((operation) => operation.kind === kind).length;

/** Lowered from |0...0> and from a random state; both equal to the float64 oracle. */
async function expectSame(prng: Prng, qubits: number, steps: readonly UnitaryStep[], what: string): Promise<void> {
  const random = randomState(prng, qubits);
  for (const [from, fromZero] of [
    [zeroState(qubits), true],
    [random, false],
  ] as const) {
    const got = runLowered(lowered(qubits, steps, fromZero), VALUES, from);
    expect(distance(got, await oracleState(qubits, steps, VALUES, from)), what).toBeLessThan(1e-13);
  }
}

const ANGLES: readonly Angle[] = [parameter('a'), combine('add', combine('multiply', -0.5, parameter('b')), 0.2)];

/** Every gate under 0 to 2 controls, with numbers, with quarter turns and with parameters for angles. */
function everyGate(prng: Prng, each: (step: UnitaryStep, what: string) => void): number {
  let seen = 0;
  for (const name of GATE_NAMES)
    for (let controls = 0; controls <= 2; controls++)
      for (const kind of ['number', 'quarter', 'parameter'] as const) {
        const { targets, params } = GATES[name];
        if (kind !== 'number' && params.length === 0) continue;
        const order = randomOrder(prng, QUBITS);
        const angles = params.map((_, i): Angle => {
          if (kind === 'parameter') return ANGLES[i % 2] ?? 0;
          return kind === 'quarter' ? (Math.PI / 2) * (prng.below(9) - 4) : 0.1 + randomAngle(prng);
        });
        const step = gate(name, order.slice(0, targets), angles, order.slice(targets, targets + controls));
        each(step, `${name}, ${controls} controls, ${kind}`);
        seen += 1;
      }
  return seen;
}

describe('lowering of single gates', () => {
  it('keeps what every gate does, alone and between other gates', async () => {
    const prng = new Prng('every gate');
    const all: [UnitaryStep, string][] = [];
    expect(everyGate(prng, (step, what) => all.push([step, what]))).toBeGreaterThan(100);
    for (const [step, what] of all) {
      await expectSame(prng, QUBITS, [step], `${what}, alone`);
      await expectSame(prng, QUBITS, [...scramble(prng, QUBITS), step, ...scramble(prng, QUBITS)], what);
    }
  });

  // oxlint-disable-next-line vitest/expect-expect -- expectSame does
  it('keeps what dense unitaries do, under controls too', async () => {
    const prng = new Prng('dense');
    for (let k = 1; k <= 3; k++)
      for (let controls = 0; controls <= 2; controls++) {
        const order = randomOrder(prng, QUBITS);
        const step: UnitaryStep = {
          kind: 'unitary',
          label: 'w',
          matrix: randomUnitary(prng, k),
          targets: order.slice(0, k),
          controls: order.slice(k, k + controls),
        };
        await expectSame(
          prng,
          QUBITS,
          [...scramble(prng, QUBITS), step, ...scramble(prng, QUBITS)],
          `${k} targets, ${controls} controls`,
        );
      }
  });

  // oxlint-disable-next-line vitest/expect-expect -- expectSame does
  it('keeps what random circuits do', async () => {
    const prng = new Prng('lower random');
    for (let round = 0; round < 40; round++) {
      const qubits = 1 + prng.below(6);
      const steps = Array.from({ length: 40 }, () => randomStep(prng, qubits, { parameters: ['a', 'b'] }));
      await expectSame(prng, qubits, steps, `round ${round}, ${qubits} qubits`);
    }
  });

  it('needs no qubit for a global phase, and keeps one under controls', () => {
    const bare = lowered(2, [gate('gphase', [], [0.4])]);
    expect(bare.operations).toEqual([]);
    expect(bare.globalPhase.map((angle) => angle.at(NONE))).toEqual([0.4]);
    const controlled = lowered(2, [gate('gphase', [], [0.4], [0, 1])]);
    expect(controlled.operations).toMatchObject([{ kind: 'phase', qubits: [0, 1] }]);
    expect(controlled.globalPhase).toEqual([]);
  });
});

describe('swaps', () => {
  it('only rename qubits from |0...0>', async () => {
    const prng = new Prng('swaps from zero');
    const steps = [...scramble(prng, 6)];
    for (let i = 0; i < 30; i++) {
      const [a = 0, b = 1] = randomOrder(prng, 6);
      steps.push(gate('swap', [a, b]), randomStep(prng, 6, { controls: 1 }));
    }
    expect(count(lowered(6, steps, true), 'exchange')).toBe(0);
    await expectSame(prng, 6, steps, 'swaps between gates');
  });

  it('become as few exchanges as the permutation needs from another state', () => {
    const prng = new Prng('swaps from a state');
    for (let round = 0; round < 20; round++) {
      const steps: UnitaryStep[] = [];
      const content = Array.from({ length: 7 }, (_, i) => i);
      for (let i = 0; i < 10; i++) {
        const [a = 0, b = 1] = randomOrder(prng, 7);
        steps.push(gate('swap', [a, b]));
        [content[a], content[b]] = [content[b] ?? 0, content[a] ?? 0];
      }
      // A permutation is as many transpositions as it has elements, less one for each of its cycles.
      const seen = new Set<number>();
      let cycles = 0;
      for (let start = 0; start < 7; start++) {
        if (seen.has(start)) continue;
        cycles += 1;
        for (let q = start; !seen.has(q); q = content[q] ?? 0) seen.add(q);
      }
      const result = lowered(7, steps);
      expect(count(result, 'exchange'), `round ${round}`).toBe(7 - cycles);
      expect(result.operations).toHaveLength(7 - cycles);
    }
  });

  // oxlint-disable-next-line vitest/expect-expect -- expectSame does
  it('take waiting phases along', async () => {
    const prng = new Prng('leads');
    await expectSame(
      prng,
      3,
      [gate('t', [0]), gate('p', [1], [parameter('a')]), gate('swap', [0, 1]), gate('s', [2]), gate('swap', [1, 2])],
      'phases and swaps',
    );
  });
});

describe('merging', () => {
  it('makes one turn of adjacent gates on a qubit, whatever happens elsewhere', () => {
    const result = lowered(3, [
      gate('h', [0]),
      gate('h', [1]),
      gate('t', [0]),
      gate('p', [2], [0.2], [1]),
      gate('rx', [0], [0.3]),
      gate('sx', [0]),
    ]);
    expect(count(result, 'turn')).toBe(2);
    for (const operation of result.operations)
      if (operation.kind === 'turn') expect(operation.parts, `qubit ${operation.qubit}`).toHaveLength(1);
  });

  it('adds no turn for cx after cx', () => {
    for (let times = 1; times <= 6; times++) {
      const result = lowered(
        2,
        Array.from({ length: times }, () => gate('x', [1], [], [0])),
      );
      expect(count(result, 'turn'), `${times} times cx`).toBe(2);
      expect(count(result, 'sign')).toBe(times);
    }
  });

  it('adds no turn for controlled gates that are diagonal', () => {
    const diagonal: readonly UnitaryStep[] = [
      gate('z', [0], [], [1]),
      gate('s', [0], [], [1]),
      gate('sdg', [0], [], [1]),
      gate('t', [0], [], [1]),
      gate('tdg', [0], [], [1]),
      gate('z', [0], [], [1, 2]),
      gate('p', [0], [0.3], [1]),
      gate('rz', [0], [0.3], [1, 2]),
      gate('rzz', [0, 1], [0.3], [2]),
      gate('gphase', [], [0.3], [0, 2]),
      gate('id', [0], [], [1]),
    ];
    for (const step of diagonal)
      expect(count(lowered(3, [step]), 'turn'), step.kind === 'gate' ? `controlled ${step.name}` : '').toBe(0);
  });

  it('lets products vanish that are diagonal', () => {
    const pairs: readonly (readonly UnitaryStep[])[] = [
      [gate('h', [0]), gate('h', [0])],
      [gate('x', [0]), gate('z', [0]), gate('x', [0])],
      [gate('sx', [0]), gate('sxdg', [0])],
      [gate('h', [0]), gate('x', [0]), gate('h', [0])],
      [gate('rx', [0], [0.3]), gate('rx', [0], [-0.3])],
      [gate('y', [0]), gate('x', [0])],
    ];
    for (const steps of pairs) {
      const result = lowered(1, steps);
      expect(result.operations, steps.map((s) => (s.kind === 'gate' ? s.name : '')).join(' ')).toEqual([]);
    }
    // An identity leaves not even a phase.
    expect(lowered(1, [gate('h', [0]), gate('h', [0])]).tail).toEqual([[]]);
    expect(lowered(1, [gate('y', [0]), gate('x', [0])]).tail[0]).toHaveLength(1);
  });

  it('never drops what depends on a parameter', () => {
    const result = lowered(1, [gate('rx', [0], [parameter('a')]), gate('rx', [0], [parameter('b')])]);
    expect(result.operations).toMatchObject([{ kind: 'turn', parts: [{ fixed: false }, { fixed: false }] }]);
    expect(count(lowered(2, [gate('rzz', [0, 1], [parameter('a')])]), 'phase')).toBe(1);
  });

  it('takes the first turns for the start, diagonals on |0> included, and leaves the last diagonals to the tail', () => {
    const steps = [gate('s', [0]), gate('h', [0]), gate('h', [1]), gate('z', [1], [], [0]), gate('t', [1])];
    const result = lowered(3, steps, true);
    expect(result.start.map((parts) => parts.length)).toEqual([1, 1, 0]);
    expect(result.operations).toMatchObject([{ kind: 'sign' }]);
    expect(result.tail.map((parts) => parts.length)).toEqual([0, 1, 0]);
  });
});

/** Central differences of cubic terms: h^2 against rounding over h. */
const STEP = 1e-5;

describe('slopes', () => {
  it('are the derivatives of every part and angle, for all gates that say so', () => {
    const prng = new Prng('slopes');
    let parts = 0;
    let angles = 0;
    everyGate(prng, (step, what) => {
      const result = lowered(QUBITS, [gate('h', [0]), step, gate('h', [0])]);
      const byParameter = step.kind === 'gate' && step.params.some((angle) => typeof angle !== 'number');
      if (!byParameter || !result.differentiable) return;
      const found = partsAndAngles(result);
      for (const part of found.parts) parts += expectSlope(part, what);
      for (const angle of found.angles) angles += expectAngleSlope(angle, what);
      const named = new Set([
        ...found.parts.flatMap(({ slope }) => slope?.parameters ?? []),
        ...found.angles.flatMap(({ parameters }) => parameters),
      ]);
      expect(named.has('a'), `${what} depends on a`).toBe(true);
    });
    expect(parts).toBeGreaterThan(8);
    expect(angles).toBeGreaterThan(15);
  });

  it('are missing, and said to be, where eigenvectors depend on a parameter', () => {
    const [a, b] = [parameter('a'), parameter('b')];
    expect(lowered(2, [gate('u', [0], [a, b, 0.1], [1])]).differentiable).toBe(false);
    expect(lowered(2, [gate('xxplusyy', [0, 1], [a, b])]).differentiable).toBe(false);
    expect(lowered(2, [gate('u', [0], [a, b, 0.1])]).differentiable).toBe(true);
    expect(lowered(2, [gate('u', [0], [1, 2, 0.1], [1])]).differentiable).toBe(true);
    expect(lowered(3, [gate('rx', [0], [a], [1, 2]), gate('ryy', [0, 1], [b], [2])]).differentiable).toBe(true);
  });
});

function partsAndAngles({ start, operations, tail, globalPhase }: Lowered): {
  readonly parts: readonly Part[];
  readonly angles: readonly PhaseAngle[];
} {
  const parts = [...start, ...tail].flat();
  const angles = [...globalPhase];
  for (const operation of operations) {
    if (operation.kind === 'turn' || operation.kind === 'local') parts.push(...operation.parts);
    if (operation.kind === 'phase') angles.push(operation.angle);
  }
  return { parts, angles };
}

const shifted = (name: string, by: number): Bindings => new Map(VALUES).set(name, (VALUES.get(name) ?? 0) + by);

function expectSlope(part: Part, what: string): number {
  if (part.slope === null) {
    expect(part.fixed, `a part of ${what} without a slope is fixed`).toBe(true);
    return 0;
  }
  for (const name of part.slope.parameters) {
    const [after, before] = [part.at(shifted(name, STEP)), part.at(shifted(name, -STEP))];
    const rate = after.map((value, i) => (value - (before[i] ?? 0)) / (2 * STEP));
    expect(distance(part.slope.by(VALUES, name), rate), `${what} by ${name}`).toBeLessThan(1e-9);
  }
  return 1;
}

function expectAngleSlope(angle: PhaseAngle, what: string): number {
  for (const name of angle.parameters) {
    const rate = (angle.at(shifted(name, STEP)) - angle.at(shifted(name, -STEP))) / (2 * STEP);
    expect(Math.abs(angle.slope(VALUES, name) - rate), `${what} by ${name}`).toBeLessThan(1e-9);
  }
  return angle.parameters.length;
}

describe('products', () => {
  it('apply the first part first', () => {
    const prng = new Prng('products');
    const [first, second] = [randomUnitary(prng, 1), randomUnitary(prng, 1)];
    const parts = [first, second].map((matrix): Part => ({
      at: () => matrix,
      fixed: true,
      diagonal: false,
      slope: null,
    }));
    expect(distance(productOf(parts, NONE), multiply2(second, first))).toBe(0);
    expect([...productOf([], NONE)]).toEqual([1, 0, 0, 0, 0, 0, 1, 0]);
  });
});
