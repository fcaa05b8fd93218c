import { describe, expect, it } from 'vitest';
import { circuitOf, gate } from '../circuit/builder.ts';
import type { Operation } from '../circuit/circuit.ts';
import { countGates } from './count.ts';

const counts = (...operations: Operation[]): readonly number[] => {
  const { total, t, twoQubit, depth } = countGates(circuitOf(3, operations, 2));
  return [total, t, twoQubit, depth];
};
const cx = (c: number, t: number): Operation => gate('x', [t], [], [c]);

describe('counts: total, T, two-qubit, depth', () => {
  it.each<[string, Operation[], number[]]>([
    ['nothing', [], [0, 0, 0, 0]],
    ['gates side by side', [gate('h', [0]), gate('h', [1]), gate('h', [2])], [3, 0, 0, 1]],
    ['gates in a row', [gate('h', [0]), cx(0, 1), cx(1, 2)], [3, 0, 2, 3]],
    [
      'T under its names',
      [gate('t', [0]), gate('tdg', [0]), gate('rz', [1], [Math.PI / 4]), gate('p', [2], [(-3 * Math.PI) / 4])],
      [4, 4, 0, 2],
    ],
    [
      'Clifford and other angles are no T',
      [gate('s', [0]), gate('rz', [0], [Math.PI / 2]), gate('p', [0], [0.3])],
      [3, 0, 0, 3],
    ],
    ['a rotation about X by pi/4 is no T', [gate('rx', [0], [Math.PI / 4])], [1, 0, 0, 1]],
    ['a Toffoli as fifteen gates, seven of them T and six CX', [gate('x', [2], [], [0, 1])], [15, 7, 6, 12]],
    ['a CCZ as thirteen', [gate('z', [2], [], [0, 1])], [13, 7, 6, 11]],
    ['identities and global phases count nothing', [gate('id', [0]), gate('gphase', [], [1])], [0, 0, 0, 0]],
    ['a controlled gate of many qubits as one', [gate('swap', [0, 1], [], [2])], [1, 0, 1, 1]],
    ['barriers hold back', [gate('h', [0]), { kind: 'barrier', qubits: [0, 1] }, gate('h', [1])], [2, 0, 0, 2]],
    [
      'measurements and resets',
      [
        { kind: 'measure', qubit: 0, clbit: 0 },
        { kind: 'reset', qubit: 0 },
      ],
      [2, 0, 0, 2],
    ],
    [
      'the longer branch, after its bit is known',
      [
        { kind: 'measure', qubit: 0, clbit: 0 },
        { kind: 'if', clbits: [0], equals: 1, then: [gate('t', [1])], otherwise: [gate('h', [1]), cx(1, 2)] },
      ],
      [3, 0, 1, 3],
    ],
  ])('%s', (_, operations, wanted) => {
    expect(counts(...operations)).toEqual(wanted);
  });
});
