import { describe, expect, it } from 'vitest';
import { Prng } from '../../lib/prng.ts';
import { circuitOf } from '../circuit/builder.ts';
import type { UnitaryStep } from '../circuit/circuit.ts';
import { randomSteps } from '../qasm/testing/random-circuit.ts';
import { anneal } from './anneal.ts';
import { resynthesiseBlocks } from './blocks.ts';
import { cancel } from './cancel.ts';
import { resynthesiseCliffords, synthesiseClifford } from './clifford.ts';
import { costOf } from './cost.ts';
import { CX, cxGate, hGate, isCliffordGate, RZ, tGate, xGate, type Gate } from './gates.ts';
import { lower } from './lower.ts';
import { isT } from './phase.ts';
import { turnTriples } from './polarity.ts';
import { resynthesiseRegions } from './regions.ts';
import { shortenRuns } from './runs.ts';
import { circuitOfGates, infidelity, randomCliffordT } from './testing/circuits.ts';

const never = (): boolean => false;
const QUBITS = 4;
const cost = costOf('gates', QUBITS, null);
const tCount = (gates: readonly Gate[]): number => gates.filter(({ op, phase }) => op === RZ && isT(phase)).length;
const cxCount = (gates: readonly Gate[]): number => gates.filter(({ op }) => op === CX).length;

const PASSES: Readonly<Record<string, (gates: readonly Gate[], seed: number) => Gate[]>> = {
  cancel: (gates) => cancel(gates, QUBITS, 1000, never),
  'turn triples': (gates) => turnTriples(cancel(gates, QUBITS, 1000, never), QUBITS, 1000, never),
  'shorten runs': (gates) => shortenRuns(gates, QUBITS),
  'two-qubit blocks': (gates) => resynthesiseBlocks(gates, QUBITS, cost, never),
  regions: (gates) => resynthesiseRegions(gates, QUBITS, cost, never),
  'Clifford parts': (gates) => resynthesiseCliffords(gates, QUBITS, cost, never),
  anneal: (gates, seed) =>
    anneal(gates, QUBITS, { cost, steps: 3000, heat: 0.8, reach: 1000, prng: new Prng(seed), stop: never }),
};

describe.each(Object.entries(PASSES))('%s', (name, pass) => {
  it.each([
    ['Clifford+T', false],
    ['any angles', true],
  ] as const)('keeps random circuits of %s equal and costs no more', (_, angles) => {
    let changed = 0;
    for (let seed = 0; seed < 25; seed++) {
      const prng = new Prng(`${name} ${seed}`);
      const gates = lower(randomCliffordT(prng, QUBITS, 20 + prng.below(60), angles), 'all');
      const out = pass(gates, seed);
      const where = `seed ${name} ${seed}`;
      expect(infidelity(circuitOfGates(gates, QUBITS), circuitOfGates(out, QUBITS)), where).toBeLessThan(1e-9);
      expect(out.length, where).toBeLessThanOrEqual(gates.length);
      expect(tCount(out), where).toBeLessThanOrEqual(tCount(gates));
      expect(cost.of(out), where).toBeLessThanOrEqual(cost.of(gates) + 1e-9);
      if (out.length < gates.length) changed++;
    }
    // Blocks, regions and Clifford parts of random circuits are short; everything else finds something in most circuits.
    expect(changed).toBeGreaterThan(/blocks|regions|parts/.test(name) ? -1 : 12);
  });
});

describe('Clifford synthesis', () => {
  it('makes the same operator of random Clifford circuits, with at most n(n + 1) CX', () => {
    for (let seed = 0; seed < 30; seed++) {
      const prng = new Prng(`clifford ${seed}`);
      const qubits = 1 + prng.below(5);
      const gates = lower(randomCliffordT(prng, qubits, 80), 'all').filter(isCliffordGate);
      const made = synthesiseClifford(gates, qubits);
      expect(
        infidelity(circuitOfGates(gates, qubits), circuitOfGates(made, qubits)),
        `seed clifford ${seed}`,
      ).toBeLessThan(1e-9);
      expect(cxCount(made)).toBeLessThanOrEqual(qubits * (qubits + 1));
    }
  });
});

describe('lowering', () => {
  it.each(['toffoli', 'all'] as const)('%s keeps every gate of the table, with controls and matrices', (lowering) => {
    const prng = new Prng('lowering');
    let plain = 0;
    for (let k = 0; k < 300; k++) {
      const steps: UnitaryStep[] = randomSteps(prng, QUBITS, 1, { unitaries: true, controlsMax: 2 });
      const gates = lower(steps, lowering);
      expect(infidelity(circuitOf(QUBITS, steps), circuitOfGates(gates, QUBITS)), JSON.stringify(steps)).toBeLessThan(
        1e-10,
      );
      if (gates.every(({ step }) => step === null)) plain++;
    }
    expect(plain).toBeGreaterThan(lowering === 'all' ? 120 : 40);
  });
});

describe('known reductions', () => {
  const after = (...gates: Gate[]): Gate[] => cancel(gates, 3, 100, never);

  it('cancels across what commutes', () => {
    expect(after(hGate(0), hGate(0))).toEqual([]);
    expect(cxCount(after(cxGate(0, 1), tGate(0, 1), xGate(1), cxGate(0, 2), cxGate(0, 1)))).toBe(1);
    expect(after(tGate(1, 1), cxGate(1, 0), tGate(1, -1), cxGate(1, 0))).toEqual([]);
  });

  it('does not cancel across what does not commute', () => {
    expect(after(hGate(0), tGate(0, 1), hGate(0))).toHaveLength(3);
    expect(after(cxGate(0, 1), hGate(0), cxGate(0, 1))).toHaveLength(3);
  });

  it('merges phases of one parity on different qubits and across Hadamards', () => {
    // The parity 0 + 1 first on qubit 1, then on qubit 0.
    expect(tCount(after(cxGate(0, 1), tGate(1, 1), cxGate(0, 1), cxGate(1, 0), tGate(0, 1), cxGate(1, 0)))).toBe(0);
    expect(tCount(after(tGate(0, 1), hGate(1), tGate(1, 1), hGate(1), tGate(0, 1)))).toBe(1);
  });

  it('finds the relative-phase Toffoli of a compute-uncompute pair', () => {
    // CCZ twice is nothing, whatever the sense of its phases.
    const toffoli = lower([{ kind: 'gate', name: 'x', params: [], targets: [2], controls: [0, 1] }], 'all');
    expect(cancel(turnTriples(cancel([...toffoli, ...toffoli], 3, 100, never), 3, 100, never), 3, 100, never)).toEqual(
      [],
    );
  });
});
