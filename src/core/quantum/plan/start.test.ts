import { describe, expect, it } from 'vitest';
import { Prng } from '../../lib/prng.ts';
import type { Bindings } from '../circuit/angle.ts';
import { gate } from '../circuit/builder.ts';
import type { UnitaryStep } from '../circuit/circuit.ts';
import { randomAngle, randomOrder, randomStep } from '../engine/testing/random-circuits.ts';
import { distance } from '../engine/testing/suite.ts';
import type { Elementary } from './elementary.ts';
import { lower } from './lower.ts';
import { absorbStart } from './start.ts';
import { startVector } from './start-vectors.ts';
import { commute, qubitsOf, runLowered, zeroState } from './testing/naive.ts';

const VALUES: Bindings = new Map([['a', 0.7]]);

/** A state of the start, times what is left over, against the whole sequence. */
function expectSame(qubits: number, steps: readonly UnitaryStep[], what: string): { readonly absorbed: number } {
  const lowered = lower({ qubits, steps, parameters: ['a'], fromZero: true });
  const { start, operations } = absorbStart(lowered);
  const { cut, low, high } = start;
  const [lowVector, highVector] = [startVector(low, 0, cut, VALUES), startVector(high, cut, qubits, VALUES)];
  expect([lowVector.length, highVector.length]).toEqual([2 * 2 ** cut, 2 * 2 ** (qubits - cut)]);
  const state = new Float64Array(2 * 2 ** qubits);
  for (let i = 0; i < 2 ** qubits; i++) {
    const [h, l] = [2 * Math.floor(i / 2 ** cut), 2 * (i % 2 ** cut)];
    const [hr = 0, hi = 0] = highVector.subarray(h, h + 2);
    const [lr = 0, li = 0] = lowVector.subarray(l, l + 2);
    state.set([hr * lr - hi * li, hr * li + hi * lr], 2 * i);
  }
  const got = runLowered({ ...lowered, start: [], operations }, VALUES, state);
  expect(distance(got, runLowered(lowered, VALUES, zeroState(qubits))), what).toBeLessThan(1e-13);

  const blocks = [...low, ...high];
  expect(blocks.flatMap((block) => block.qubits).toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: qubits }, (_, q) => q),
  );
  expect(low.every((block) => block.qubits.every((q) => q < cut))).toBe(true);
  expect(high.every((block) => block.qubits.every((q) => q >= cut))).toBe(true);
  const starts = lowered.start.filter((parts) => parts.length > 0).length;
  const absorbed = blocks.reduce((sum, block) => sum + block.operations.length, 0) - starts;
  expect(absorbed + operations.length, `${what}: every operation once`).toBe(lowered.operations.length);
  expectFree(lowered.operations, operations, what);
  return { absorbed };
}

/** What was left behind did not have to come before anything that was taken. */
function expectFree(all: readonly Elementary[], left: readonly Elementary[], what: string): void {
  const waits = new Set(left);
  for (const [i, operation] of all.entries()) {
    if (waits.has(operation)) continue;
    for (const earlier of all.slice(0, i))
      if (waits.has(earlier))
        expect(commute(earlier, operation), `${what}: ${operation.kind} ${i} overtakes a ${earlier.kind}`).toBe(true);
  }
  expect(left, `${what}: in order`).toEqual(all.filter((operation) => waits.has(operation)));
}

describe('product states to start from', () => {
  it('are what the operations inside them make of |0...0>, for random circuits', () => {
    const prng = new Prng('start');
    let absorbed = 0;
    for (let round = 0; round < 30; round++) {
      const qubits = 6 + prng.below(6);
      const steps = Array.from({ length: prng.below(50) }, () =>
        randomStep(prng, qubits, { parameters: ['a'], unitary: 2, controls: 2 }),
      );
      absorbed += expectSame(qubits, steps, `round ${round}, ${qubits} qubits`).absorbed;
    }
    expect(absorbed).toBeGreaterThan(50);
  });

  it('take deep blocks of neighbours whole', () => {
    const prng = new Prng('blocks');
    const steps: UnitaryStep[] = [];
    for (let layer = 0; layer < 6; layer++)
      for (let q = 0; q < 10; q += 2) {
        steps.push(gate('u', [q], [randomAngle(prng), 0.2, randomAngle(prng)]), gate('ry', [q + 1], [0.3 + layer]));
        steps.push(gate('x', [q], [], [q + 1]), gate('rzz', [q, q + 1], [randomAngle(prng)]));
      }
    const lowered = lower({ qubits: 10, steps, parameters: ['a'], fromZero: true });
    expect(expectSame(10, steps, 'pairs').absorbed).toBe(lowered.operations.length);
  });

  it('stop where a block grows too wide', () => {
    const prng = new Prng('wide');
    const steps: UnitaryStep[] = [];
    for (let i = 0; i < 80; i++) {
      const [a = 0, b = 1] = randomOrder(prng, 11);
      steps.push(gate('ry', [a], [randomAngle(prng)]), gate('x', [a], [], [b]));
    }
    const lowered = lower({ qubits: 11, steps, parameters: ['a'], fromZero: true });
    const { absorbed } = expectSame(11, steps, 'wide');
    expect(absorbed).toBeLessThan(lowered.operations.length);
    for (const block of [...absorbStart(lowered).start.low, ...absorbStart(lowered).start.high]) {
      expect(block.qubits.length).toBeLessThanOrEqual(8);
      for (const operation of block.operations) for (const q of qubitsOf(operation)) expect(block.qubits).toContain(q);
    }
  });
});
