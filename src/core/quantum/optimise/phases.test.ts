import { describe, expect, it } from 'vitest';
import { Prng } from '../../lib/prng.ts';
import { circuitOf } from '../circuit/builder.ts';
import { matrixOfCircuit as matrixOf, randomUnitary } from '../qasm/testing/random-circuit.ts';
import { synthesise } from './blocks.ts';
import { CX, rzGate, type Gate, RZ, cxGate, tGate } from './gates.ts';
import { gatherPhases } from './gather.ts';
import { kakOf } from './kak.ts';
import { linearCircuit, parityNetwork } from './parity-network.ts';
import { addPhase, addPhases, angleOfPhase, isT, negatePhase, phaseOf, phaseOfAngle, type Phase } from './phase.ts';
import { phasePolynomial } from './regions.ts';
import { circuitOfGates, infidelity, randomCliffordT } from './testing/circuits.ts';
import { fewerParities } from './todd.ts';
import { lower } from './lower.ts';

const never = (): boolean => false;
const WORK = 1e7;

/** Every phase on its parity by brute force: a ladder of CX to the lowest qubit, the rotation, the ladder back. */
function ladder(phases: ReadonlyMap<number, Phase>, qubits: number): Gate[] {
  return [...phases].flatMap(([parity, phase]) => {
    const on = Array.from({ length: qubits }, (_, q) => q).filter((q) => ((parity >> q) & 1) === 1);
    const [target, ...others] = on as [number, ...number[]];
    const flips = others.map((q) => cxGate(q, target));
    return [...flips, rzGate(target, phase), ...flips];
  });
}

function randomPhases(prng: Prng, qubits: number, count: number): Map<number, Phase> {
  const phases = new Map<number, Phase>();
  for (let k = 0; k < count; k++)
    addPhase(phases, 1 + prng.below(2 ** qubits - 1), phaseOf(prng.pick([1, 7, 3, 2, 1, 7])));
  return phases;
}

const tCount = (phases: ReadonlyMap<number, Phase>): number => [...phases.values()].filter(isT).length;
const tGates = (gates: readonly Gate[]): number => gates.filter(({ op, phase }) => op === RZ && isT(phase)).length;
const same = (a: readonly Gate[], b: readonly Gate[], qubits: number): number =>
  infidelity(circuitOfGates(a, qubits), circuitOfGates(b, qubits));

describe('phases', () => {
  it('are exact in eighths and snap rounding', () => {
    expect(phaseOfAngle(Math.PI / 4)).toEqual(phaseOf(1));
    expect(phaseOfAngle(-Math.PI / 4)).toEqual(phaseOf(7));
    expect(phaseOfAngle(2 * Math.PI - 1e-15)).toEqual(phaseOf(0));
    expect(phaseOfAngle(1e6 * 2 * Math.PI + Math.PI)).toEqual(phaseOf(4));
    expect(phaseOfAngle(1e-6).rest).toBe(1e-6);
    const prng = new Prng('phases');
    for (let k = 0; k < 200; k++) {
      const [a, b] = [prng.float() * 20 - 10, prng.float() * 20 - 10];
      const sum = angleOfPhase(addPhases(phaseOfAngle(a), negatePhase(phaseOfAngle(b)))) as number;
      expect(Math.abs(Math.sin((sum - (a - b)) / 2))).toBeLessThan(1e-12);
    }
  });
});

describe('phase polynomials', () => {
  it('parity networks and linear circuits do what ladders do', () => {
    for (let seed = 0; seed < 40; seed++) {
      const prng = new Prng(`network ${seed}`);
      const qubits = 1 + prng.below(5);
      const phases = randomPhases(prng, qubits, prng.below(12));
      const { gates, outputs } = parityNetwork(phases, qubits);
      const back = linearCircuit(
        outputs,
        outputs.map((_, q) => 1 << q),
        qubits,
      );
      expect(same([...gates, ...back], ladder(phases, qubits), qubits), `seed network ${seed}`).toBeLessThan(1e-9);
      // Every phase once.
      expect(gates.filter(({ op }) => op === RZ)).toHaveLength(phases.size);
    }
  });

  it('is read back from a circuit', () => {
    for (let seed = 0; seed < 20; seed++) {
      const prng = new Prng(`read ${seed}`);
      const gates = lower(randomCliffordT(prng, 4, 40), 'all').filter(({ op }) => op === CX || op === RZ);
      const { phases, outputs } = phasePolynomial(gates, 4);
      const linear = linearCircuit([1, 2, 4, 8], outputs, 4);
      expect(same([...ladder(phases, 4), ...linear], gates, 4), `seed read ${seed}`).toBeLessThan(1e-9);
    }
  });

  it('fewer parities are the same diagonal, up to n(n+1)/2 + 1 of them', () => {
    let saved = 0;
    for (let seed = 0; seed < 20; seed++) {
      const prng = new Prng(`fewer ${seed}`);
      const qubits = 4 + prng.below(2);
      const phases = randomPhases(prng, qubits, 28);
      const fewer = fewerParities(phases, qubits, WORK, never);
      expect(same(ladder(fewer, qubits), ladder(phases, qubits), qubits), `seed fewer ${seed}`).toBeLessThan(1e-9);
      expect(tCount(fewer)).toBeLessThanOrEqual(tCount(phases));
      // Vandaele (arXiv:2407.08695): at most (n^2 + n)/2 + 1 T gates for a diagonal circuit after this kind of reduction.
      expect(tCount(fewer)).toBeLessThanOrEqual((qubits * (qubits + 1)) / 2 + 1);
      saved += tCount(phases) - tCount(fewer);
    }
    expect(saved).toBeGreaterThan(20);
  });

  it('knows that T on all 31 parities of 5 qubits is Clifford', () => {
    // From four qubits on every three of them are in an even number of parities (Amy, Mosca, arXiv:1601.07363).
    const all = new Map(Array.from({ length: 31 }, (_, k) => [k + 1, phaseOf(1)]));
    expect(tCount(fewerParities(all, 5, WORK, never))).toBe(0);
  });

  it('gathering keeps the circuit and never adds T', () => {
    let fewer = 0;
    for (let seed = 0; seed < 20; seed++) {
      const prng = new Prng(`gather ${seed}`);
      const steps = lower(randomCliffordT(prng, 4, 80), 'all').filter(
        ({ op }) => op === CX || op === RZ || prng.below(6) === 0,
      );
      const out = gatherPhases(steps, 4, 1000, WORK, never);
      expect(same(out, steps, 4), `seed gather ${seed}`).toBeLessThan(1e-9);
      expect(tGates(out)).toBeLessThanOrEqual(tGates(steps));
      if (tGates(out) < tGates(steps)) fewer++;
    }
    expect(fewer).toBeGreaterThan(10);
  });
});

describe('two-qubit synthesis', () => {
  const embed = (gates: readonly Gate[]): number => gates.filter(({ op }) => op === CX).length;

  it('any unitary with three CX', () => {
    for (let seed = 0; seed < 60; seed++) {
      const matrix = randomUnitary(new Prng(`kak ${seed}`), 2);
      const kak = kakOf(matrix);
      expect(kak, `seed kak ${seed}`).not.toBeNull();
      if (kak === null) continue;
      const gates = synthesise(kak, 0, 1);
      const wanted = circuitOf(2, [{ kind: 'unitary', label: 'u', matrix, targets: [0, 1], controls: [] }]);
      expect(infidelity(circuitOfGates(gates, 2), wanted), `seed kak ${seed}`).toBeLessThan(1e-10);
      expect(embed(gates)).toBeLessThanOrEqual(3);
    }
  });

  it('takes no more CX than the unitary needs: 0 to 3 by how it was made', () => {
    for (let count = 0; count <= 3; count++)
      for (let seed = 0; seed < 10; seed++) {
        const prng = new Prng(`cx ${count} ${seed}`);
        const turn = (): Gate[] =>
          lower(randomCliffordT(prng, 1, 8, true), 'all').flatMap((gate) => [gate, { ...gate, q: 1 }]);
        const gates = [
          ...turn(),
          ...Array.from({ length: count }, () => [cxGate(0, 1), ...turn()]).flat(),
          tGate(0, 1),
        ];
        const whole = circuitOfGates(gates, 2);
        const kak = kakOf(matrixOf(whole));
        expect(kak).not.toBeNull();
        if (kak === null) continue;
        const made = synthesise(kak, 0, 1);
        expect(infidelity(circuitOfGates(made, 2), whole), `seed cx ${count} ${seed}`).toBeLessThan(1e-10);
        expect(embed(made), `seed cx ${count} ${seed}`).toBeLessThanOrEqual(count);
      }
  });
});
