import { describe, expect, it } from 'vitest';
import { Prng } from '../../lib/prng.ts';
import { unwrap } from '../../lib/result.ts';
import type { Clock } from '../../lib/world.ts';
import { combine, negate, parameter } from '../circuit/angle.ts';
import { circuitOf, gate, inverseOf } from '../circuit/builder.ts';
import type { Circuit, Operation, UnitaryStep } from '../circuit/circuit.ts';
import { randomSteps } from '../qasm/testing/random-circuit.ts';
import type { ErrorRates, Objective } from './cost.ts';
import { countGates } from './count.ts';
import { tGate } from './gates.ts';
import { optimise, optimiseWith, type OptimiseOptions, type Optimised } from './optimise.ts';
import { FROZEN, infidelity, randomCliffordT } from './testing/circuits.ts';

const run = (circuit: Circuit, options: Partial<OptimiseOptions> = {}): Optimised =>
  unwrap(optimise(circuit, { clock: FROZEN, effort: 0.03, ...options }));
const cx = (control: number, target: number): UnitaryStep => gate('x', [target], [], [control]) as UnitaryStep;
const DEVICE: ErrorRates = {
  oneQubit: [1e-4, 2e-4, 5e-4, 1e-4],
  twoQubit: { get: (a, b) => (Math.abs(a - b) === 1 ? 0.01 * (1 + Math.min(a, b)) : undefined) },
};
const OBJECTIVES: readonly Objective[] = ['gates', 'two-qubit', 't', 'depth', 'noise'];
const names = ({ operations }: Circuit): string[] =>
  operations.map((operation) =>
    operation.kind === 'gate' ? 'c'.repeat(operation.controls.length) + operation.name : operation.kind,
  );

/** -log of the probability that no gate of one or two qubits fails. */
function failure({ operations }: Circuit): number {
  let sum = 0;
  for (const operation of operations) {
    if (operation.kind !== 'gate') continue;
    const [a = 0, b] = [...operation.targets, ...operation.controls];
    const error = b === undefined ? DEVICE.oneQubit[a] : (DEVICE.twoQubit.get(a, b) ?? 0.5);
    sum -= Math.log1p(-(error ?? 0));
  }
  return sum;
}

describe('random circuits', () => {
  it.each(OBJECTIVES)('stay equal up to phase and never get worse by the objective %s', (objective) => {
    let changed = 0;
    for (let seed = 0; seed < 6; seed++) {
      const prng = new Prng(`${objective} ${seed}`);
      const circuit = circuitOf(4, randomCliffordT(prng, 4, 30 + prng.below(20), seed % 2 === 1));
      const { circuit: out, before, after, equivalence, permutation } = run(circuit, { objective, device: DEVICE });
      const where = `seed ${objective} ${seed}`;
      expect(infidelity(circuit, out), where).toBeLessThan(1e-9);
      expect(before).toEqual(countGates(circuit));
      expect(after).toEqual(countGates(out));
      if (objective === 'noise') expect(failure(out), where).toBeLessThanOrEqual(failure(circuit) + 1e-9);
      const measure = { gates: 'total', 'two-qubit': 'twoQubit', t: 't', depth: 'depth', noise: 't' } as const;
      expect(after[measure[objective]], where).toBeLessThanOrEqual(before[measure[objective]]);
      expect(after.t, where).toBeLessThanOrEqual(before.t);
      expect(equivalence.checked, where).toBe(true);
      expect(permutation).toEqual([0, 1, 2, 3]);
      if (out !== circuit) changed++;
    }
    expect(changed).toBeGreaterThan(4);
  });

  it('of every gate in the table, with controls and matrices, stay equal', () => {
    for (let seed = 0; seed < 12; seed++) {
      const prng = new Prng(`table ${seed}`);
      const circuit = circuitOf(4, randomSteps(prng, 4, 15, { unitaries: true, controlsMax: 2 }));
      const { circuit: out, before, after } = run(circuit);
      expect(infidelity(circuit, out), `seed table ${seed}`).toBeLessThan(1e-9);
      expect(after.total, `seed table ${seed}`).toBeLessThanOrEqual(before.total);
    }
  });

  it('running twice is never worse', () => {
    for (let seed = 0; seed < 6; seed++) {
      const once = run(circuitOf(4, randomCliffordT(new Prng(`twice ${seed}`), 4, 60)));
      const twice = run(once.circuit);
      expect(twice.before).toEqual(once.after);
      expect(twice.after.total).toBeLessThanOrEqual(once.after.total);
      expect(twice.after.t).toBeLessThanOrEqual(once.after.t);
    }
  });

  it('a circuit before its own inverse vanishes', () => {
    for (let seed = 0; seed < 6; seed++) {
      const steps = randomCliffordT(new Prng(`mirror ${seed}`), 5, 40, true);
      const { circuit, after } = run(circuitOf(5, [...steps, ...steps.toReversed().map(inverseOf)]));
      expect(circuit.operations, `seed mirror ${seed}`).toEqual([]);
      expect(after).toEqual({ total: 0, t: 0, twoQubit: 0, depth: 0 });
    }
  });
});

describe('small and odd circuits', () => {
  it('empty, one gate, identities', () => {
    for (const operations of [[], [gate('h', [1])], [gate('t', [0])], [cx(0, 1)]]) {
      const result = run(circuitOf(2, operations));
      expect(result.circuit.operations).toEqual(operations);
      expect(result.changed).toBe(false);
      expect(result.equivalence.checked).toBe(true);
    }
    expect(run(circuitOf(0, [])).changed).toBe(false);
    const identities = [
      gate('id', [0]),
      gate('rz', [1], [2 * Math.PI - 1e-15]),
      gate('u', [0], [0, 1, -1]),
      gate('rx', [1], [0]),
    ];
    expect(run(circuitOf(2, identities)).circuit.operations).toEqual([]);
    const pairs = [gate('swap', [0, 1]), gate('swap', [1, 0]), gate('iswap', [0, 2]), inverseOf(gate('iswap', [0, 2]))];
    expect(run(circuitOf(3, pairs)).circuit.operations).toEqual([]);
  });

  it('merges gates that it does not take apart, whichever qubit is named first', () => {
    const phases = [
      gate('p', [0], [0.3], [1]),
      gate('t', [0]),
      gate('p', [1], [0.4], [0]),
      gate('p', [2], [1], [0, 1]),
    ];
    const { circuit } = run(circuitOf(3, [...phases, inverseOf(gate('p', [0], [1], [2, 1]))]));
    expect(names(circuit).toSorted()).toEqual(['cp', 't']);
    expect(infidelity(circuitOf(3, phases.slice(0, 3)), circuit)).toBeLessThan(1e-12);
  });

  it('leaves alone what is best already: a Toffoli, a swap, a controlled phase', () => {
    for (const step of [
      gate('x', [2], [], [0, 1]),
      gate('swap', [0, 2]),
      gate('p', [1], [0.3], [0]),
      gate('ecr', [0, 1]),
    ]) {
      const result = run(circuitOf(3, [step]));
      expect(names(result.circuit)).toEqual(names(circuitOf(3, [step])));
      expect(result.changed).toBe(false);
    }
  });

  it('counts Toffolis in Clifford+T on both sides', () => {
    const { before, after } = run(circuitOf(3, [gate('x', [2], [], [0, 1]), gate('z', [1], [], [0, 2])]));
    expect(before).toMatchObject({ total: 28, t: 14 });
    expect(after.t).toBeLessThanOrEqual(14);
    expect(after.total).toBeLessThanOrEqual(28);
  });

  it('thousands of gates on two qubits become a few', () => {
    const steps = randomCliffordT(new Prng('two qubits'), 2, 4000, true);
    const circuit = circuitOf(2, steps);
    const { circuit: out, after } = run(circuit);
    expect(infidelity(circuit, out)).toBeLessThan(1e-8);
    // Three CX and at most five gates on each side of every one and qubit.
    expect(after.twoQubit).toBeLessThanOrEqual(3);
    expect(after.total).toBeLessThanOrEqual(30);
  });

  it('keeps angles of 1e-7, which an overlap of matrices would not see', () => {
    for (const tiny of [1e-7, -1e-7, 3e-9])
      for (const name of ['rx', 'ry', 'rz'] as const) {
        const steps = [
          gate('x', [0]),
          gate(name, [0], [tiny]),
          gate('h', [0]),
          gate('y', [0]),
          gate(name, [0], [tiny]),
        ];
        const blocks = [
          cx(0, 1),
          gate(name, [1], [tiny]),
          cx(0, 1),
          gate(name, [0], [1]),
          cx(1, 0),
          cx(0, 1),
          cx(1, 0),
        ];
        const { equivalence } = run(circuitOf(2, [...steps, ...blocks]));
        expect(equivalence.checked, `${name} ${tiny}`).toBe(true);
        expect(equivalence.error, `${name} ${tiny}`).toBeLessThan(2e-10);
      }
  });

  it('writes one-qubit gates with the names of the input', () => {
    const prng = new Prng('one qubit');
    const turns = (name: 'rx' | 'ry' | 'u'): UnitaryStep[] =>
      Array.from(
        { length: 9 },
        () =>
          gate(
            name,
            [0],
            Array.from({ length: name === 'u' ? 3 : 1 }, () => prng.float() * 6),
          ) as UnitaryStep,
      );
    expect(names(run(circuitOf(1, turns('u'))).circuit)).toEqual(['u']);
    expect(names(run(circuitOf(1, turns('rx'))).circuit)).toEqual(['rx']);
    expect(names(run(circuitOf(1, turns('ry'))).circuit)).toEqual(['ry']);
    const cz = gate('z', [1], [], [0]);
    const alternating = circuitOf(2, [cz, gate('sx', [0]), gate('sx', [0]), gate('x', [0]), cz, gate('sx', [1])]);
    expect(names(run(alternating).circuit)).toEqual(['sx']);
  });

  it('works far beyond 12 qubits, on gates of unused qubits and scattered ones', () => {
    const qubits = 300;
    const prng = new Prng('wide');
    const steps = Array.from({ length: 400 }, () => {
      const q = prng.below(qubits - 1);
      return prng.pick([gate('t', [q]), gate('h', [q]), cx(q, q + 1)]);
    });
    const wide = run(
      circuitOf(qubits, [...steps, ...steps.toReversed().map(inverseOf), gate('t', [299]), gate('t', [299])]),
    );
    expect(wide.circuit.operations).toEqual([gate('s', [299])]);
    expect(wide.equivalence.checked).toBe(true);
    expect(wide.equivalence.error).toBeLessThan(1e-12);
    // All 300 qubits joined: no simulation reaches that.
    const chain = Array.from({ length: qubits - 1 }, (_, q) => cx(q, q + 1));
    const joined = run(circuitOf(qubits, [...chain, ...steps, ...steps.toReversed().map(inverseOf)]));
    expect(joined.after.total).toBeLessThan(qubits + 3);
    expect(joined.equivalence).toMatchObject({ checked: true, error: 0 });
    expect(joined.equivalence.method).toContain('proof');
  });
});

describe('what is never crossed', () => {
  const pair = [gate('h', [0]), gate('h', [0])] as const;

  it.each<[string, Operation]>([
    ['a measurement', { kind: 'measure', qubit: 0, clbit: 0 }],
    ['a reset', { kind: 'reset', qubit: 0 }],
    ['a barrier', { kind: 'barrier', qubits: [0] }],
    ['a barrier on another qubit', { kind: 'barrier', qubits: [1] }],
    [
      'a channel',
      {
        kind: 'channel',
        label: 'none',
        kraus: [Float64Array.of(1, 0, 0, 0, 0, 0, 1, 0)],
        probabilities: null,
        targets: [0],
      },
    ],
    ['a conditional', { kind: 'if', clbits: [0], equals: 1, then: [gate('x', [0])], otherwise: [] }],
  ])('%s', (_, between) => {
    const circuit = circuitOf(2, [pair[0], between, pair[1]], 1);
    expect(run(circuit)).toMatchObject({ circuit, changed: false });
    const more = run(circuitOf(2, [...pair, pair[0], between, ...pair, pair[1]], 1));
    expect(more.circuit.operations).toEqual([pair[0], between, pair[1]]);
    expect(more.equivalence.checked).toBe(true);
  });

  it('branches of conditionals are optimised inside', () => {
    const branch: Operation = {
      kind: 'if',
      clbits: [0],
      equals: 1,
      then: [...pair, gate('x', [1])],
      otherwise: [...pair],
    };
    const { circuit } = run(circuitOf(2, [branch], 1));
    expect(circuit.operations).toEqual([{ ...branch, then: [gate('x', [1])], otherwise: [] }]);
  });
});

describe('symbols', () => {
  const theta = parameter('theta');

  it('merge as sums, cancel, and keep the circuit bindable', () => {
    const { circuit } = run(circuitOf(1, [gate('rz', [0], [theta]), gate('rz', [0], [combine('multiply', 2, theta)])]));
    expect(circuit.operations).toEqual([gate('rz', [0], [combine('multiply', 3, theta)])]);
    expect(circuit.parameters).toEqual(['theta']);
    expect(
      run(circuitOf(2, [gate('rz', [0], [theta]), cx(0, 1), gate('rz', [0], [negate(theta)]), cx(0, 1)])).circuit
        .operations,
    ).toEqual([]);
    const turned = [gate('rx', [0], [theta]), gate('ry', [1], [theta]), gate('h', [2]), gate('h', [2])];
    expect(names(run(circuitOf(3, turned)).circuit).toSorted()).toEqual(['rx', 'ry']);
  });

  it('random circuits with symbols are equal for every value', () => {
    for (let seed = 0; seed < 8; seed++) {
      const prng = new Prng(`symbols ${seed}`);
      const circuit = circuitOf(3, randomCliffordT(prng, 3, 40, false, ['a', 'b']));
      const { circuit: out } = run(circuit);
      for (const value of [0, 0.7, -2.1])
        expect(
          infidelity(
            circuit,
            out,
            new Map([
              ['a', value],
              ['b', 1.3 * value + 0.2],
            ]),
          ),
          `seed symbols ${seed}`,
        ).toBeLessThan(1e-9);
    }
  });

  it('keeps hardware-efficient layers of symbolic ry and rz', () => {
    const layer = [0, 1, 2].flatMap((q) => [
      gate('ry', [q], [parameter(`a${q}`)]),
      gate('rz', [q], [parameter(`b${q}`)]),
    ]);
    const circuit = circuitOf(3, [...layer, cx(0, 1), cx(1, 2)]);
    expect(run(circuit)).toMatchObject({ changed: false });
  });
});

describe('refusals and limits', () => {
  it('bad circuits and options', () => {
    const code = (circuit: Circuit, options: Partial<OptimiseOptions> = {}): string => {
      const result = optimise(circuit, { clock: FROZEN, ...options });
      return result.ok ? 'ok' : result.error.code;
    };
    expect(code(circuitOf(1, [gate('rz', [0], [Number.NaN])]))).toBe('QUANTUM_GATE');
    expect(code(circuitOf(1, [gate('h', [4])]))).toBe('QUANTUM_GATE');
    expect(code(circuitOf(2, [cx(1, 1)]))).toBe('QUANTUM_GATE');
    expect(code({ ...circuitOf(1, []), qubits: 1e9 })).toBe('QUANTUM_QUBITS');
    expect(code(circuitOf(1, []), { objective: 'noise' })).toBe('QUANTUM_OBJECTIVE');
    const controller = new AbortController();
    controller.abort();
    expect(code(circuitOf(1, [gate('h', [0])]), { signal: controller.signal })).toBe('QUANTUM_ABORTED');
  });

  it('ends at the deadline, and what it returns by then is checked', () => {
    let reads = 0;
    const clock: Clock = { ...FROZEN, monotonic: () => reads++ };
    const circuit = circuitOf(5, randomCliffordT(new Prng('deadline'), 5, 300));
    for (const budgetMs of [0, 5, 50, 500]) {
      reads = 0;
      const result = run(circuit, { clock, budgetMs });
      expect(infidelity(circuit, result.circuit)).toBeLessThan(1e-9);
      // One more read after the second limit at most in every loop that is left to end.
      expect(reads).toBeLessThan(2 * budgetMs + 200);
    }
  });

  it('returns the input and says so where a pass is broken', () => {
    const circuit = circuitOf(2, [gate('h', [0]), gate('t', [0]), gate('t', [0]), cx(0, 1)]);
    const broken = unwrap(optimiseWith(circuit, { clock: FROZEN }, (gates) => gates.slice(1)));
    expect(broken).toMatchObject({ circuit, changed: false, equivalence: { checked: false } });
    expect(broken.equivalence.error).toBeGreaterThan(0.1);
    expect(broken.equivalence.method).toContain('failed');
    expect(broken.after).toEqual(broken.before);
    // A wrong phase alone, small counts.
    const subtle = unwrap(optimiseWith(circuit, { clock: FROZEN }, () => [tGate(0, 2)]));
    expect(subtle).toMatchObject({ circuit, changed: false, equivalence: { checked: false } });
  });

  it('returns the input where no check reaches', () => {
    // 24 qubits with a gate that is no rotation about a Pauli product.
    const ccp = gate('p', [23], [0.3], [0, 1, 2]);
    const rest = Array.from({ length: 24 }, (_, q) => gate('h', [q]));
    const chain = Array.from({ length: 23 }, (_, q) => cx(q, q + 1));
    const circuit = circuitOf(24, [...chain, ccp, ...rest, ...rest]);
    const result = run(circuit);
    expect(result).toMatchObject({ circuit, changed: false, equivalence: { checked: false, error: null } });
    expect(result.equivalence.method).toContain('24 qubits');
  });
});

describe('noise', () => {
  it('prefers good edges: a CX over a bad edge goes where a good one does the same', () => {
    const bad: ErrorRates = { oneQubit: [1e-4, 1e-4, 1e-4], twoQubit: { get: (a, b) => (a + b === 2 ? 0.2 : 0.001) } };
    // CX(0,1) CX(1,2) CX(0,1) CX(1,2) is CX(0,2): fewer gates, but over the edge 0-2.
    const circuit = circuitOf(3, [cx(0, 1), cx(1, 2), cx(0, 1), cx(1, 2)]);
    expect(run(circuit).after.total).toBe(1);
    expect(run(circuit, { objective: 'noise', device: bad }).changed).toBe(false);
    const direct = circuitOf(3, [cx(0, 2)]);
    const detour = run(direct, { objective: 'noise', device: bad });
    expect(detour.after.twoQubit).toBe(4);
    expect(infidelity(direct, detour.circuit)).toBeLessThan(1e-12);
  });
});
