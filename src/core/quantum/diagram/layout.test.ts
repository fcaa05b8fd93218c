import { describe, expect, it } from 'vitest';
import { Prng } from '../../lib/prng.ts';
import { circuitOf, gate } from '../circuit/builder.ts';
import type { Circuit, Operation } from '../circuit/circuit.ts';
import { condition } from '../qasm/testing/condition.ts';
import { randomSteps } from '../qasm/testing/random-circuit.ts';
import { layoutCircuit, qubitsOf, type Placed } from './layout.ts';

const columnsOf = (circuit: Circuit): number[] =>
  layoutCircuit(circuit)
    .columns.flat()
    .toSorted((a, b) => Number(a.path[0]) - Number(b.path[0]))
    .map(({ column }) => column);

describe('layoutCircuit', () => {
  it('puts operations as early as their rows are free', () => {
    const circuit = circuitOf(4, [
      gate('h', [0]),
      gate('h', [3]),
      gate('x', [2], [], [0]),
      gate('y', [1]),
      gate('z', [3]),
      gate('t', [1]),
    ]);
    // The cx crosses qubit 1, so that y there must wait for it.
    expect(columnsOf(circuit)).toEqual([0, 0, 1, 2, 1, 3]);
  });

  it('lets measurements cross the qubits below them, down to their register', () => {
    const circuit: Circuit = {
      ...circuitOf(
        2,
        [{ kind: 'measure', qubit: 0, clbit: 1 }, gate('h', [1]), { kind: 'measure', qubit: 1, clbit: 0 }],
        2,
      ),
      classicalRegisters: [
        { name: 'a', offset: 0, size: 1 },
        { name: 'b', offset: 1, size: 1 },
      ],
    };
    const { columns, classical } = layoutCircuit(circuit);
    expect(classical.length).toBe(2);
    expect(columns.map((column) => column.map(({ first, last }) => [first, last]))).toEqual([
      [[0, 3]],
      [[1, 1]],
      [[1, 2]],
    ]);
  });

  it('places the operations of conditions one by one, with all conditions and their path', () => {
    const inner = condition([1], 0, [gate('x', [0])]);
    const circuit = circuitOf(1, [gate('h', [0]), condition([0], 1, [gate('z', [0]), inner], [gate('y', [0])])], 2);
    const placed = layoutCircuit(circuit).columns.flat();
    expect(placed.map(({ path }) => path)).toEqual([
      [0],
      [1, 'then', 0],
      [1, 'then', 1, 'then', 0],
      [1, 'otherwise', 0],
    ]);
    expect(placed[2]?.conditions).toEqual([
      { clbits: [0], equals: 1, negated: false },
      { clbits: [1], equals: 0, negated: false },
    ]);
    expect(placed[3]?.conditions).toEqual([{ clbits: [0], equals: 1, negated: true }]);
    expect(placed.map(({ last }) => last)).toEqual([0, 1, 1, 1]);
  });

  it('keeps global phases off the rows', () => {
    const layout = layoutCircuit(circuitOf(1, [gate('gphase', [], [1]), gate('x', [0])]));
    expect(layout.phases).toEqual([gate('gphase', [], [1])]);
    expect(layout.columns.flat().map(({ operation }) => operation)).toEqual([gate('x', [0])]);
    expect(layoutCircuit(circuitOf(0, []))).toEqual({ qubits: 0, classical: [], columns: [], phases: [] });
  });

  it.each(Array.from({ length: 10 }, (_, seed) => seed))(
    'never overlaps, and keeps the order on every row (seed %d)',
    (seed) => {
      const rng = new Prng(`layout ${seed}`);
      const qubits = 1 + rng.below(6);
      const operations: Operation[] = randomSteps(rng, qubits, 40, { unitaries: true }).filter(
        (step) => step.targets.length > 0,
      );
      const { columns } = layoutCircuit(circuitOf(qubits, operations));
      const placed: Placed[] = columns.flat();
      expect(placed.length).toBe(operations.length);
      expect(columns.every((column) => column.length > 0)).toBe(true);
      const on = (row: number): number[] =>
        placed.filter(({ first, last }) => first <= row && row <= last).map(({ column }) => column);
      for (let row = 0; row < qubits; row++) expect(new Set(on(row)).size).toBe(on(row).length);
      for (let qubit = 0; qubit < qubits; qubit++) {
        const order = placed
          .filter(({ operation }) => qubitsOf(operation).includes(qubit))
          .toSorted((a, b) => a.column - b.column)
          .map(({ path }) => Number(path[0]));
        expect(order).toEqual(order.toSorted((a, b) => a - b));
      }
    },
  );
});
