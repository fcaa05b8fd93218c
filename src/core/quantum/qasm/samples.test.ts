import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { unwrap } from '../../lib/result.ts';
import { combine, negate, parameter } from '../circuit/angle.ts';
import { gate } from '../circuit/builder.ts';
import type { Circuit, Operation } from '../circuit/circuit.ts';
import { drawCircuit } from '../diagram/draw-circuit.ts';
import { circuitFromJson, circuitToJson } from './circuit-json.ts';
import { parseQasm } from './parse-qasm.ts';
import { printQasm } from './print-qasm.ts';
import { condition } from './testing/condition.ts';
import { distance, matrixOfCircuit } from './testing/random-circuit.ts';

const read = (name: string): Circuit =>
  unwrap(parseQasm(readFileSync(new URL(`fixtures/${name}.qasm`, import.meta.url), 'utf8')));
const measure = (qubit: number, clbit: number): Operation => ({ kind: 'measure', qubit, clbit });

describe('programs as other tools write them', () => {
  it('Qiskit, OpenQASM 2: transforms with definitions return to the basis state 5', () => {
    const circuit = read('qiskit-qft');
    const matrix = matrixOfCircuit(circuit);
    // All between the two flips and the end cancels: column 0 is |101>.
    for (let row = 0; row < 8; row++)
      expect(Math.hypot(matrix[16 * row] ?? 0, matrix[16 * row + 1] ?? 0)).toBeCloseTo(row === 5 ? 1 : 0, 12);
    expect(circuit.operations.slice(-3)).toEqual([measure(0, 0), measure(1, 1), measure(2, 2)]);
    // The first transform alone: amplitudes e^(2 pi i 5 k / 8) / sqrt 8.
    const barrier = circuit.operations.findIndex(({ kind }) => kind === 'barrier');
    const qft = matrixOfCircuit({ ...circuit, operations: circuit.operations.slice(0, barrier) });
    for (let k = 0; k < 8; k++) {
      expect(qft[16 * k]).toBeCloseTo(Math.cos((2 * Math.PI * 5 * k) / 8) / Math.sqrt(8), 12);
      expect(qft[16 * k + 1]).toBeCloseTo(Math.sin((2 * Math.PI * 5 * k) / 8) / Math.sqrt(8), 12);
    }
  });

  it('Qiskit, OpenQASM 2: teleportation with conditions on registers', () => {
    expect(read('qiskit-teleport').operations).toEqual([
      gate('u', [0], [1.2345678901234567, -0.5, 0.25]),
      gate('h', [1]),
      gate('x', [2], [], [1]),
      { kind: 'barrier', qubits: [0, 1, 2] },
      gate('x', [1], [], [0]),
      gate('h', [0]),
      measure(0, 0),
      measure(1, 1),
      condition([1], 1, [gate('x', [2])]),
      condition([0], 1, [gate('z', [2])]),
      { kind: 'reset', qubit: 0 },
    ]);
  });

  it('Qiskit, OpenQASM 3: inputs, definitions, loops, conditions, modifiers', () => {
    const theta = parameter('theta');
    const rzz = (angle: Parameters<typeof negate>[0], a: number, b: number): Operation[] => [
      gate('x', [b], [], [a]),
      gate('rz', [b], [angle]),
      gate('x', [b], [], [a]),
    ];
    const circuit = read('qiskit-dynamic');
    expect(circuit.parameters).toEqual(['theta']);
    expect(circuit.operations).toEqual([
      gate('h', [0]),
      gate('h', [1]),
      ...rzz(combine('divide', theta, 2), 0, 1),
      ...rzz(combine('add', combine('multiply', -2, theta), Math.PI / 4), 1, 2),
      ...[0, 2].flatMap((q) => [gate('s', [q]), gate('h', [q]), gate('s', [q])]),
      gate('x', [3], [], [0, 1, 2]),
      measure(0, 0),
      measure(1, 1),
      condition(
        [0, 1],
        3,
        [gate('x', [2]), { kind: 'reset', qubit: 0 }],
        [condition([0], 0, [gate('p', [3], [negate(theta)])])],
      ),
      gate('x', [2]),
      gate('ry', [3], [theta], [2, 1]),
      gate('x', [2]),
      measure(3, 2),
    ]);
  });

  it('Amazon Braket: its gates, matrices and verbatim boxes; results are no part of the circuit', () => {
    const circuit = read('braket-ghz');
    expect(
      circuit.operations.map((operation) => (operation.kind === 'gate' ? operation.name : operation.kind)),
    ).toEqual([
      ...['h', 'x', 'x', 'rx', 'rxx', 'unitary', 'u'],
      ...['rz', 'rz', 'rxx', 'rz', 'rz', 'sxdg'],
      ...['measure', 'measure', 'measure'],
    ]);
    // The first qubit is the high bit of the matrix: 01 goes to (-0.6 + 0.8i) 11.
    const only = { ...circuit, operations: circuit.operations.filter(({ kind }) => kind === 'unitary') };
    const matrix = matrixOfCircuit(only);
    const entry = (row: number, column: number): number[] =>
      Array.from(matrix.slice(16 * row + 2 * column, 16 * row + 2 * column + 2));
    // Here qubit 0 is the low bit: q[0] = 0, q[1] = 1 is the state 2, both 1 is 3.
    expect(entry(3, 2)).toEqual([-0.6, 0.8]);
    expect(entry(2, 3)).toEqual([0, 1]);
    expect(entry(1, 0)).toEqual([1, 0]);
  });

  it.each(['qiskit-qft', 'qiskit-teleport', 'qiskit-dynamic', 'braket-ghz'])(
    '%s survives printing, JSON and drawing',
    (name) => {
      const circuit = read(name);
      const again = unwrap(parseQasm(unwrap(printQasm(circuit))));
      const values = new Map([
        ['theta', 0.7],
        ['alpha', -1.3],
      ]);
      expect(distance(matrixOfCircuit(again, values), matrixOfCircuit(circuit, values))).toBeLessThan(1e-14);
      expect(again.operations.filter(({ kind }) => kind !== 'gate')).toEqual(
        circuit.operations.filter(({ kind }) => kind !== 'gate' && kind !== 'unitary'),
      );
      expect(unwrap(circuitFromJson(JSON.parse(JSON.stringify(circuitToJson(circuit)))))).toEqual(circuit);
      expect(drawCircuit(circuit).split('\n').length).toBeGreaterThan(6);
    },
  );
});
