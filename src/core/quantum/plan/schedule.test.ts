import { describe, expect, it } from 'vitest';
import { at } from '../../lib/assert.ts';
import { Prng } from '../../lib/prng.ts';
import { distance } from '../engine/testing/suite.ts';
import type { Elementary } from './elementary.ts';
import { masksOf, splitIntoPasses } from './passes.ts';
import { schedulePass, type Visit } from './schedule.ts';
import { applyElementary, fixedPart, orderProblem, randomOperations, randomState } from './testing/naive.ts';

const visited = (visit: Visit): readonly number[] => {
  switch (visit.kind) {
    case 'pair':
      return [visit.a, visit.b];
    case 'single':
      return [visit.a];
    case 'lanes':
      return visit.turns.filter((index) => index >= 0);
    default:
      return [visit.index];
  }
};

function qubitOf(operations: readonly Elementary[], index: number): number {
  const operation = at(operations, index);
  expect(operation.kind, `operation ${index}`).toBe('turn');
  return operation.kind === 'turn' ? operation.qubit : -1;
}

function expectVisits(operations: readonly Elementary[], visits: readonly Visit[], laneBits: number): void {
  for (const visit of visits) {
    switch (visit.kind) {
      case 'pair': {
        const [a, b] = [qubitOf(operations, visit.a), qubitOf(operations, visit.b)];
        expect(a, 'a pair acts on different qubits').not.toBe(b);
        expect(Math.min(a, b), 'a pair acts above the lanes').toBeGreaterThanOrEqual(laneBits);
        break;
      }
      case 'single':
        expect(qubitOf(operations, visit.a)).toBeGreaterThanOrEqual(laneBits);
        break;
      case 'lanes':
        expect(visit.turns).toHaveLength(laneBits);
        expect(visit.turns.some((index) => index >= 0)).toBe(true);
        for (const [qubit, index] of visit.turns.entries())
          if (index >= 0) expect(qubitOf(operations, index)).toBe(qubit);
        break;
      default:
        expect(at(operations, visit.index).kind).not.toBe('turn');
    }
  }
}

describe('schedules', () => {
  it('visit every operation of a pass once, in an order that depends on nothing', () => {
    const prng = new Prng('schedule');
    const kinds = new Set<Visit['kind']>();
    for (let round = 0; round < 200; round++) {
      const qubits = 3 + prng.below(8);
      const laneBits = 1 + prng.below(2);
      const operations = randomOperations(prng, qubits, prng.below(100));
      const visits = schedulePass(operations, masksOf(operations), [...operations.keys()], laneBits);
      expect(orderProblem(operations, visits.flatMap(visited)), `round ${round}`).toBeNull();
      expectVisits(operations, visits, laneBits);
      for (const { kind } of visits) kinds.add(kind);
    }
    expect([...kinds].toSorted()).toEqual(['lanes', 'other', 'pair', 'single']);
  });

  it('keep the order across passes, and the state', () => {
    const prng = new Prng('schedule passes');
    for (let round = 0; round < 20; round++) {
      const qubits = 6 + prng.below(2);
      const operations = randomOperations(prng, qubits, 80);
      const masks = masksOf(operations);
      const order = splitIntoPasses(operations, { qubits, tileBits: 5, lowBits: 1 }).flatMap((pass) =>
        schedulePass(operations, masks, pass.operations, 1).flatMap(visited),
      );
      expect(orderProblem(operations, order), `round ${round}`).toBeNull();
      const expected = randomState(prng, qubits);
      const got = expected.slice();
      for (const operation of operations) applyElementary(expected, operation, new Map());
      for (const index of order) applyElementary(got, at(operations, index), new Map());
      expect(distance(got, expected), `round ${round}`).toBeLessThan(1e-13);
    }
  });

  it('pair all turns of a layer of an even number of qubits, and leave one of an odd number over', () => {
    const matrix = Float64Array.of(0.6, 0, -0.8, 0, 0.8, 0, 0.6, 0);
    const layers = (qubits: number, count: number): Elementary[] =>
      Array.from({ length: qubits * count }, (_, i) => ({
        kind: 'turn',
        qubit: 2 + (i % qubits),
        parts: [fixedPart(matrix)],
      }));
    for (const [qubits, count] of [
      [4, 3],
      [5, 4],
      [7, 2],
      [5, 3],
    ] as const) {
      const operations = layers(qubits, count);
      const visits = schedulePass(operations, masksOf(operations), [...operations.keys()], 2);
      const pairs = visits.filter(({ kind }) => kind === 'pair').length;
      expect(2 * pairs + visits.filter(({ kind }) => kind === 'single').length).toBe(qubits * count);
      // An odd one waits for the next layer, so that at most one turn of the whole has no partner.
      expect(pairs, `${count} layers of ${qubits}`).toBe(Math.floor((qubits * count) / 2));
    }
  });
});
