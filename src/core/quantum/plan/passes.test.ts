import { describe, expect, it } from 'vitest';
import {
  randomCircuit as randomGrid,
  toCircuit,
  ansatzCircuit,
  fourierCircuit,
} from '../../../../bench/support/circuits.ts';
import { at } from '../../lib/assert.ts';
import { Prng } from '../../lib/prng.ts';
import { gate } from '../circuit/builder.ts';
import { isUnitaryStep, type Circuit, type UnitaryStep } from '../circuit/circuit.ts';
import { distance } from '../engine/testing/suite.ts';
import type { Elementary, Lowered } from './elementary.ts';
import { lower } from './lower.ts';
import { bits, masksOf, qubitMask, splitIntoPasses, type Pass, type TileShape } from './passes.ts';
import { limitedShape } from './testing/limited-shape.ts';
import {
  applyElementary,
  fixedAngle,
  fixedPart,
  isDiagonal,
  orderProblem,
  qubitsOf,
  randomOperations,
  randomState,
} from './testing/naive.ts';

/** Every rule that passes must keep, against the whole sequence. Controls may be outside of the tile: they only choose. */
function expectPasses(
  operations: readonly Elementary[],
  passes: readonly Pass[],
  shape: TileShape,
  what: string,
): void {
  expect(
    orderProblem(
      operations,
      passes.flatMap((pass) => pass.operations),
    ),
    what,
  ).toBeNull();
  const low = 2 ** Math.min(shape.lowBits, shape.qubits) - 1;
  for (const { tile, operations: taken } of passes) {
    expect(bits(tile), `${what}: qubits of a tile`).toHaveLength(Math.min(shape.qubits, shape.tileBits));
    expect(Math.max(...bits(tile))).toBeLessThan(shape.qubits);
    expect(tile & low, `${what}: the lowest qubits are in every tile`).toBe(low);
    expect(taken.length, `${what}: a pass does something`).toBeGreaterThan(0);
    for (const index of taken) {
      const operation = at(operations, index);
      if (isDiagonal(operation)) continue;
      const moved = operation.kind === 'dense' ? operation.targets : qubitsOf(operation);
      for (const q of moved) expect(bits(tile), `${what}: ${operation.kind} ${index}`).toContain(q);
    }
  }
}

const sequence = ({ qubits, operations }: Circuit): Lowered =>
  lower({ qubits, steps: operations.filter(isUnitaryStep), parameters: [], fromZero: true });

describe('passes', () => {
  it('hold every operation once, in an order that depends on nothing, inside their tile', () => {
    const prng = new Prng('passes');
    let several = 0;
    for (let round = 0; round < 150; round++) {
      const qubits = 3 + prng.below(12);
      const lowBits = prng.below(3);
      // As wide as the widest dense operation with its lanes, at least.
      const tileBits = Math.min(qubits, 4 + lowBits + prng.below(5));
      const operations = randomOperations(prng, qubits, 1 + prng.below(120));
      const shape = { qubits, tileBits, lowBits };
      const passes = splitIntoPasses(operations, shape);
      expectPasses(operations, passes, shape, `round ${round}`);
      if (passes.length > 1) several += 1;
    }
    expect(several).toBeGreaterThan(50);
  });

  it('do to a state what the sequence does', () => {
    const prng = new Prng('passes on states');
    for (let round = 0; round < 20; round++) {
      const qubits = 5 + prng.below(3);
      const operations = randomOperations(prng, qubits, 60, { wide: 3 });
      const expected = randomState(prng, qubits);
      const got = expected.slice();
      for (const operation of operations) applyElementary(expected, operation, new Map());
      for (const pass of splitIntoPasses(operations, { qubits, tileBits: 4, lowBits: 1 }))
        for (const index of pass.operations) applyElementary(got, at(operations, index), new Map());
      expect(distance(got, expected), `round ${round}`).toBeLessThan(1e-13);
    }
  });

  it('need no place in the tile for diagonals, and let them overtake other diagonals only', () => {
    const shape = { qubits: 6, tileBits: 2, lowBits: 0 };
    const turn = (qubit: number): Elementary => ({
      kind: 'turn',
      qubit,
      parts: [fixedPart(Float64Array.of(0.6, 0, -0.8, 0, 0.8, 0, 0.6, 0))],
    });
    const operations: readonly Elementary[] = [
      turn(0),
      { kind: 'sign', a: 4, b: 5 },
      { kind: 'phase', qubits: [2, 3, 4], angle: fixedAngle(0.3) },
      turn(1),
      turn(5),
      { kind: 'sign', a: 0, b: 5 },
      { kind: 'sign', a: 0, b: 3 },
      turn(0),
    ];
    const passes = splitIntoPasses(operations, shape);
    expectPasses(operations, passes, shape, 'diagonals');
    expect(passes.length).toBeLessThanOrEqual(2);
    expect(splitIntoPasses(operations.filter(isDiagonal), shape)).toHaveLength(1);
  });

  it('are one where the tile is the whole state, and none where there is nothing to do', () => {
    const prng = new Prng('one pass');
    const operations = randomOperations(prng, 6, 50);
    const passes = splitIntoPasses(operations, { qubits: 6, tileBits: 10, lowBits: 5 });
    expect(passes).toEqual([{ tile: 63, operations: operations.map((_, i) => i) }]);
    expect(splitIntoPasses([], { qubits: 20, tileBits: 16, lowBits: 5 })).toEqual([]);
  });

  // oxlint-disable-next-line vitest/expect-expect -- expectPasses does
  it('take matrices whose targets and controls together are wider than a tile', () => {
    const controls = Array.from({ length: 9 }, (_, i) => i);
    const steps: readonly UnitaryStep[] = [
      gate('h', [11]),
      gate('swap', [10, 11], [], controls),
      gate('h', [0]),
      gate('iswap', [3, 5], [], [0, 1, 2, 4, 6, 7, 8]),
    ];
    const { operations } = lower({ qubits: 12, steps, parameters: [], fromZero: false });
    const shape = limitedShape({ qubits: 12, tileBits: 6, lowBits: 2 });
    expectPasses(operations, splitIntoPasses(operations, shape), shape, 'wide');
  });

  it('make at least 15 gates of a random circuit on a grid share one pass at 24 qubits', () => {
    const shape = { qubits: 24, tileBits: 16, lowBits: 5 };
    for (const seed of [1, 2, 3]) {
      const circuit = toCircuit(randomGrid(24, 20, seed));
      const { operations } = sequence(circuit);
      const passes = splitIntoPasses(operations, shape);
      expectPasses(operations, passes, shape, `seed ${seed}`);
      expect(circuit.operations.length / passes.length, `gates a pass, seed ${seed}`).toBeGreaterThanOrEqual(15);
    }
  });

  it('stay few for Fourier transforms and ladders of cx', () => {
    const shape = { qubits: 22, tileBits: 16, lowBits: 5 };
    for (const bench of [fourierCircuit(22), ansatzCircuit(22, 5)]) {
      const circuit = toCircuit(bench);
      const { operations } = sequence(circuit);
      const passes = splitIntoPasses(operations, shape);
      expectPasses(operations, passes, shape, bench.name);
      expect(circuit.operations.length / passes.length, bench.name).toBeGreaterThanOrEqual(15);
    }
  });
});

describe('masks', () => {
  it('have a bit for every qubit of an operation', () => {
    const prng = new Prng('masks');
    const operations = randomOperations(prng, 12, 200);
    const masks = masksOf(operations);
    for (const [i, operation] of operations.entries()) {
      expect(bits(at(masks, i))).toEqual(qubitsOf(operation).toSorted((a, b) => a - b));
      expect(qubitMask(operation)).toBe(masks[i]);
    }
    expect(bits(0)).toEqual([]);
    expect(bits(2 ** 31)).toEqual([31]);
  });
});
