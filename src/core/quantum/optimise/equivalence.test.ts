import { describe, expect, it } from 'vitest';
import { Prng } from '../../lib/prng.ts';
import { circuitOf, gate, inverseOf } from '../circuit/builder.ts';
import type { UnitaryStep } from '../circuit/circuit.ts';
import { compare } from './equivalence.ts';
import { lower } from './lower.ts';
import { inverseGates, isIdentity } from './pauli-form.ts';
import { infidelity, randomCliffordT } from './testing/circuits.ts';

const never = (): boolean => false;
const on = (steps: readonly UnitaryStep[], shift: number): UnitaryStep[] =>
  steps.map((step) => ({
    ...step,
    targets: step.targets.map((q) => q + shift),
    controls: step.controls.map((q) => q + shift),
  }));
/** The steps on other qubits, after a chain of CX that joins all of them, so that nothing can be compared apart. */
const joined = (steps: readonly UnitaryStep[], shift: number, qubits: number): UnitaryStep[] => [
  ...Array.from({ length: qubits - 1 }, (_, q) => gate('x', [q + 1], [], [q]) as UnitaryStep),
  ...on(steps, shift),
];
/** A circuit that is equal, longer, and looks different. */
const padded = (steps: readonly UnitaryStep[], prng: Prng, qubits: number): UnitaryStep[] =>
  steps.flatMap((step) => {
    const extra = randomCliffordT(prng, qubits, 2);
    return [...extra, ...extra.toReversed().map(inverseOf), step];
  });

describe.each([
  ['few qubits, all basis states', 3, 0, 'exact'],
  ['12 qubits, random states', 12, 9, 'random states'],
  ['16 qubits, proof by Pauli rotations', 16, 13, 'proof'],
  ['500 qubits, proof by Pauli rotations', 500, 490, 'proof'],
] as const)('%s', (_, qubits, shift, method) => {
  it('finds equal circuits equal', () => {
    for (let seed = 0; seed < 5; seed++) {
      const prng = new Prng(`equal ${qubits} ${seed}`);
      const steps = randomCliffordT(prng, 3, 25, true);
      const result = compare(
        joined(steps, shift, qubits),
        joined(padded(steps, prng, 3), shift, qubits),
        qubits,
        never,
      );
      expect(result.verdict, `seed equal ${qubits} ${seed}`).toBe('equal');
      expect(result.method).toContain(method);
      expect(result.error).toBeLessThan(1e-12);
    }
  });

  it('finds circuits different that differ by one gate or a small angle', () => {
    for (let seed = 0; seed < 8; seed++) {
      const prng = new Prng(`different ${qubits} ${seed}`);
      const steps = randomCliffordT(prng, 3, 25);
      const change = prng.pick([
        gate('z', [0]),
        gate('rz', [2], [1e-4]),
        gate('x', [1], [], [2]),
        gate('z', [1], [], [0, 2]),
      ]);
      const other = [...steps.slice(0, 12), change, ...steps.slice(12)] as UnitaryStep[];
      const verdict = compare(joined(steps, shift, qubits), joined(other, shift, qubits), qubits, never).verdict;
      // Beyond simulation a difference cannot be shown, but it is never called equal.
      expect(verdict, `seed different ${qubits} ${seed}`).toBe(qubits > 20 ? 'unknown' : 'different');
    }
  });
});

describe('details', () => {
  it('one global phase is free, a phase of one basis state is not', () => {
    expect(compare([gate('rz', [0], [1])], [gate('p', [0], [1])], 1, never).verdict).toBe('equal');
    expect(compare([gate('gphase', [], [1])], [], 1, never).verdict).toBe('equal');
    expect(compare([gate('z', [1], [], [0])], [], 2, never).verdict).toBe('different');
    expect(compare([gate('p', [11], [1e-3], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])], [], 12, never).verdict).toBe(
      'different',
    );
  });

  it('compares parts that share no qubit apart, so that each may be simulated', () => {
    // No rotations about Pauli products: only a simulation of each 5 qubits decides.
    const block = (first: number, angle: number): UnitaryStep =>
      gate('p', [first], [angle], [first + 1, first + 2, first + 3, first + 4]) as UnitaryStep;
    const blocks = Array.from({ length: 8 }, (_, k) => block(5 * k, 0.3 + k));
    const split = blocks.flatMap((_, k) => [block(5 * k, 0.1), block(5 * k, 0.2 + k)]);
    expect(compare(blocks, split, 40, never)).toMatchObject({ verdict: 'equal' });
    expect(compare(blocks, split.slice(1), 40, never)).toMatchObject({ verdict: 'different' });
    expect(compare([...blocks, gate('x', [5], [], [4]) as UnitaryStep], blocks, 40, never).verdict).not.toBe('equal');
  });

  it('says unknown when the time is up', () => {
    expect(compare([gate('h', [0])], [gate('h', [0])], 1, () => true).verdict).toBe('unknown');
    expect(compare([gate('h', [0])], [gate('h', [0])], 30, () => true).verdict).toBe('unknown');
  });

  it('the Pauli form agrees with dense matrices on what is the identity', () => {
    const tally = { proved: 0, open: 0, different: 0 };
    for (let seed = 0; seed < 400; seed++) {
      const prng = new Prng(`form ${seed}`);
      const steps = randomCliffordT(prng, 2, 1 + prng.below(6));
      const twisted = padded(steps, prng, 2).slice(0, prng.below(3) === 0 ? -1 : undefined);
      const really = infidelity(circuitOf(2, steps), circuitOf(2, twisted)) < 1e-9;
      const found = isIdentity([...lower(steps, 'all'), ...inverseGates(lower(twisted, 'all'))], 2, never);
      if (found) expect(really, `seed form ${seed}`).toBe(true);
      tally[found ? 'proved' : really ? 'open' : 'different']++;
    }
    expect(tally.proved).toBeGreaterThan(200);
    expect(tally.different).toBeGreaterThan(50);
    expect(tally.open).toBe(0);
  });
});
