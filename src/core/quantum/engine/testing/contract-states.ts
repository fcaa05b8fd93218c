import { expect } from 'vitest';
import { Prng } from '../../../lib/prng.ts';
import { circuitOf, gate } from '../../circuit/builder.ts';
import type { Circuit, Operation, UnitaryStep } from '../../circuit/circuit.ts';
import { GATES } from '../../circuit/gate-table.ts';
import { GATE_NAMES, randomAngle, randomOrder, randomUnitary, scramble } from './random-circuits.ts';
import { referenceState } from './reference.ts';
import { amplitudesOf, distance, named, type Named, type Suite } from './suite.ts';

/** Known states, every gate, special angles. */
export function statesContract({ test, options }: Suite): void {
  for (const { name, circuit, expected } of KNOWN_STATES)
    test(name, async (engine) => {
      const amplitudes = await amplitudesOf(engine, circuit);
      expect(distance(amplitudes, named(circuit.qubits, expected))).toBeLessThan(options.tolerance);
    });

  for (const name of GATE_NAMES)
    test(`applies ${name} with 0 to 3 controls like its definition, on qubits in any order`, async (engine) => {
      const prng = new Prng(`gate ${name}`);
      const { targets, params } = GATES[name];
      const steps: UnitaryStep[] = scramble(prng, 5);
      for (let controls = 0; controls <= 3; controls++)
        for (let repeat = 0; repeat < 2; repeat++) {
          const order = randomOrder(prng, 5);
          steps.push({
            kind: 'gate',
            name,
            params: params.map(() => randomAngle(prng)),
            targets: order.slice(0, targets),
            controls: order.slice(targets, targets + controls),
          });
        }
      await expectReference(engine, circuitOf(5, steps), options.tolerance);
    });

  test('applies dense unitaries of 1 to 5 qubits, with and without controls', async (engine) => {
    const prng = new Prng('unitaries');
    const steps: UnitaryStep[] = scramble(prng, 6);
    for (let k = 1; k <= 5; k++)
      for (const controls of [0, 1]) {
        const order = randomOrder(prng, 6);
        const matrix = randomUnitary(prng, k);
        steps.push({
          kind: 'unitary',
          label: `u${k}`,
          matrix,
          targets: order.slice(0, k),
          controls: order.slice(k, k + controls),
        });
      }
    await expectReference(engine, circuitOf(6, steps), options.tolerance);
  });

  test('takes angles at every turn, next to pi, and far out', async (engine) => {
    const prng = new Prng('angles');
    const angles = [
      0,
      -0,
      1e-300,
      Math.PI,
      2 * Math.PI,
      4 * Math.PI,
      -Math.PI,
      Math.PI + 1e-12,
      Math.PI - 1e-12,
      1e6,
      -1e6,
    ];
    for (const name of GATE_NAMES) {
      const { targets, params } = GATES[name];
      if (params.length === 0) continue;
      const steps: UnitaryStep[] = scramble(prng, 4);
      for (const [i, angle] of angles.entries()) {
        const order = randomOrder(prng, 4);
        const all = params.map((_, p) => angles[(i + 3 * p) % angles.length] ?? angle);
        steps.push({
          kind: 'gate',
          name,
          params: all,
          targets: order.slice(0, targets),
          controls: order.slice(targets, targets + (i % 3)),
        });
      }
      await expectReference(engine, circuitOf(4, steps), options.tolerance, name);
    }
  });

  const families: readonly (readonly [string, (prng: Prng, n: number) => UnitaryStep[]])[] = [
    ['diagonal gates only', (prng, n) => many(prng, n, ['z', 's', 't', 'p', 'rz', 'rzz', 'gphase'], 2)],
    ['swaps only', (prng, n) => many(prng, n, ['swap'], 1)],
    ['permutations only', (prng, n) => many(prng, n, ['x', 'swap'], 3)],
    [
      'everything on the two lowest qubits',
      (prng) => many(prng, 2, ['u', 'h', 'x', 'rxx', 'iswap', 'xxplusyy', 'p'], 1),
    ],
    [
      'everything on the two highest qubits',
      (prng, n) =>
        many(prng, 2, ['u', 'h', 'x', 'rxx', 'iswap', 'xxplusyy', 'p'], 1).map((step) => ({
          ...step,
          targets: step.targets.map((q) => q + n - 2),
          controls: step.controls.map((q) => q + n - 2),
        })),
    ],
  ];
  for (const [what, build] of families)
    test(`runs ${what}`, async (engine) => {
      const prng = new Prng(what);
      for (const n of [2, 3, options.qubits])
        await expectReference(
          engine,
          circuitOf(n, [...scramble(prng, n), ...build(prng, n)]),
          options.tolerance,
          `${n} qubits`,
        );
    });
}

/** Thirty gates of the given names. */
function many(prng: Prng, qubits: number, names: readonly (keyof typeof GATES)[], controls: number): UnitaryStep[] {
  return Array.from({ length: 30 }, () => {
    const name = prng.pick(names.filter((name) => GATES[name].targets <= qubits));
    const { targets, params } = GATES[name];
    const order = randomOrder(prng, qubits);
    const count = prng.below(Math.min(controls, qubits - targets) + 1);
    return {
      kind: 'gate',
      name,
      params: params.map(() => randomAngle(prng)),
      targets: order.slice(0, targets),
      controls: order.slice(targets, targets + count),
    };
  });
}

async function expectReference(
  engine: Parameters<typeof amplitudesOf>[0],
  circuit: Circuit,
  tolerance: number,
  what = '',
): Promise<void> {
  const expected = referenceState(circuit);
  expect(distance(await amplitudesOf(engine, circuit), expected), `deviation ${what}`).toBeLessThan(tolerance);
}

interface KnownState {
  readonly name: string;
  readonly circuit: Circuit;
  readonly expected: Named;
}

const known = (name: string, qubits: number, operations: readonly Operation[], expected: Named): KnownState => ({
  name,
  circuit: circuitOf(qubits, operations),
  expected,
});

const R = Math.SQRT1_2;
const [COS, SIN] = [Math.cos(0.3), Math.sin(0.3)];
const H = (q: number): Operation => gate('h', [q]);
const cx = (control: number, target: number): Operation => gate('x', [target], [], [control]);

const KNOWN_STATES: readonly KnownState[] = [
  known('runs nothing on no qubit', 0, [], { 0: [1, 0] }),
  known('turns the phase of no qubit', 0, [gate('gphase', [], [Math.PI / 2])], { 0: [0, 1] }),
  known('starts at |0>', 1, [], { 0: [1, 0] }),
  known('starts at |000>', 3, [], { 0: [1, 0] }),
  known('passes barriers', 2, [H(0), { kind: 'barrier', qubits: [0, 1] }, H(0)], { 0: [1, 0] }),
  known('counts qubit 0 as the lowest bit', 3, [gate('x', [0])], { 1: [1, 0] }),
  known('counts the last qubit as the highest bit', 3, [gate('x', [2])], { 4: [1, 0] }),
  known('makes a Bell state', 2, [H(0), cx(0, 1)], { 0: [R, 0], 3: [R, 0] }),
  known('makes a GHZ state', 3, [H(0), cx(0, 1), cx(1, 2)], { 0: [R, 0], 7: [R, 0] }),
  known('keeps the sign of S', 1, [H(0), gate('s', [0])], { 0: [R, 0], 1: [0, R] }),
  known('keeps the sign of the inverse of S', 1, [H(0), gate('sdg', [0])], { 0: [R, 0], 1: [0, -R] }),
  known('keeps the sign of Y', 1, [gate('y', [0])], { 1: [0, 1] }),
  known('turns by an eighth with T', 1, [H(0), gate('t', [0])], { 0: [R, 0], 1: [0.5, 0.5] }),
  known('halves X', 1, [gate('sx', [0])], { 0: [0.5, 0.5], 1: [0.5, -0.5] }),
  known('leaves the target alone where no control is 1', 3, [gate('x', [1], [], [0, 2])], { 0: [1, 0] }),
  known('leaves the target alone where the high control is 0', 3, [gate('x', [0]), gate('x', [1], [], [0, 2])], {
    1: [1, 0],
  }),
  known('leaves the target alone where the low control is 0', 3, [gate('x', [2]), gate('x', [1], [], [0, 2])], {
    4: [1, 0],
  }),
  known('acts where all controls are 1', 3, [gate('x', [0]), gate('x', [2]), gate('x', [1], [], [0, 2])], {
    7: [1, 0],
  }),
  known('swaps', 2, [gate('x', [0]), gate('swap', [0, 1])], { 2: [1, 0] }),
  known('swaps with the factor i', 2, [gate('x', [0]), gate('iswap', [0, 1])], { 2: [0, 1] }),
  known('gives only |11> the sign of cz', 2, [H(0), H(1), gate('z', [1], [], [0])], {
    0: [0.5, 0],
    1: [0.5, 0],
    2: [0.5, 0],
    3: [-0.5, 0],
  }),
  known(
    'turns only the controlled half by a controlled global phase',
    1,
    [H(0), gate('gphase', [], [Math.PI / 2], [0])],
    {
      0: [R, 0],
      1: [0, R],
    },
  ),
  known('turns about x', 1, [gate('rx', [0], [0.6])], { 0: [COS, 0], 1: [0, -SIN] }),
  known('turns about y', 1, [gate('ry', [0], [0.6])], { 0: [COS, 0], 1: [SIN, 0] }),
  known('turns about z', 1, [gate('rz', [0], [0.6])], { 0: [COS, -SIN] }),
  known('turns by the three angles of u', 1, [gate('u', [0], [0.6, 0.5, 0.25])], {
    0: [COS, 0],
    1: [SIN * Math.cos(0.5), SIN * Math.sin(0.5)],
  }),
  known('turns z on the first target and x on the second', 2, [gate('x', [0]), gate('rzx', [0, 1], [0.6])], {
    1: [COS, 0],
    3: [0, SIN],
  }),
];
