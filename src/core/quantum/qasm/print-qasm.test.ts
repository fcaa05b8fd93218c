import { describe, expect, it } from 'vitest';
import { Prng } from '../../lib/prng.ts';
import { unwrap } from '../../lib/result.ts';
import { combine, parameter } from '../circuit/angle.ts';
import { circuitOf, gate } from '../circuit/builder.ts';
import type { Circuit, Operation } from '../circuit/circuit.ts';
import { GATES } from '../circuit/gate-table.ts';
import { parseQasm } from './parse-qasm.ts';
import { printQasm } from './print-qasm.ts';
import { condition } from './testing/condition.ts';
import { distance, GATE_NAMES, matrixOfCircuit, randomAngle, randomSteps } from './testing/random-circuit.ts';

/** Printed and read again. */
function round(circuit: Circuit, version?: 2 | 3): Circuit {
  const text = unwrap(printQasm(circuit, version));
  return unwrap(parseQasm(text));
}

/** What comes back for gates that need no decomposition: the same, with a controlled global phase as a phase. */
function normal(operation: Operation): Operation {
  if (operation.kind !== 'gate' || operation.name !== 'gphase' || operation.controls.length === 0) return operation;
  const { controls } = operation;
  return { ...operation, name: 'p', targets: controls.slice(-1), controls: controls.slice(0, -1) };
}

describe.each([2, 3] as const)('printed OpenQASM %d', (version) => {
  it('reads back as the same operations, every gate with 0 to 6 controls, angles to the last bit', () => {
    const rng = new Prng(`gates ${version}`);
    const operations = GATE_NAMES.flatMap((name) =>
      [0, 1, 2, 3, 4, 5, 6].flatMap((controls) => {
        const { targets, params } = GATES[name];
        const qubits = rng.shuffle([0, 1, 2, 3, 4, 5, 6, 7, 8]);
        const angles = params.map(() => randomAngle(rng));
        // An identity with controls is printed without them.
        const count = name === 'id' && version === 2 ? 0 : controls;
        return [gate(name, qubits.slice(0, targets), angles, qubits.slice(targets, targets + count))];
      }),
    );
    const circuit = circuitOf(9, operations);
    expect(operations.length).toBe(7 * GATE_NAMES.length);
    const back = round(circuit, version);
    expect(back.operations).toEqual(operations.map(normal));
    expect({ ...back, operations: [] }).toEqual({ ...circuit, operations: [] });
  });

  it.each(Array.from({ length: 20 }, (_, seed) => seed))(
    'acts like the circuit, dense matrices too (seed %d)',
    (seed) => {
      const rng = new Prng(`print ${version} ${seed}`);
      const qubits = 1 + rng.below(5);
      const circuit = circuitOf(qubits, randomSteps(rng, qubits, 12, { unitaries: true, controlsMax: 4 }));
      expect(distance(matrixOfCircuit(round(circuit, version)), matrixOfCircuit(circuit))).toBeLessThan(1e-12);
    },
  );

  it('keeps measurements, resets, barriers and conditions on a register', () => {
    const then = [gate('x', [0]), { kind: 'reset' as const, qubit: 1 }];
    const circuit: Circuit = {
      qubits: 3,
      clbits: 3,
      quantumRegisters: [
        { name: 'a', offset: 0, size: 1 },
        { name: 'b', offset: 1, size: 2 },
      ],
      classicalRegisters: [
        { name: 'left', offset: 0, size: 2 },
        { name: 'right', offset: 2, size: 1 },
      ],
      parameters: [],
      operations: [
        gate('h', [2]),
        { kind: 'measure', qubit: 2, clbit: 1 },
        { kind: 'barrier', qubits: [0, 2] },
        ...(version === 3 ? [condition([0, 1], 2, then)] : then.map((one) => condition([0, 1], 2, [one]))),
        { kind: 'reset', qubit: 2 },
      ],
    };
    expect(round(circuit, version)).toEqual(circuit);
  });
});

describe('OpenQASM 3', () => {
  it('is chosen for parameters, which come back by name and in order', () => {
    const circuit: Circuit = {
      ...circuitOf(3, randomSteps(new Prng('symbols'), 3, 60, { parameters: ['beta', 'alpha', 'θ'], controlsMax: 1 })),
      parameters: ['beta', 'alpha', 'θ'],
    };
    const text = unwrap(printQasm(circuit));
    expect(text).toContain('OPENQASM 3.0;\ninclude "stdgates.inc";');
    expect(text).toContain('input float[64] beta;\ninput float[64] alpha;\ninput float[64] θ;');
    const back = unwrap(parseQasm(text));
    expect(back).toEqual({ ...circuit, operations: circuit.operations.map(normal) });
  });

  it('keeps conditions on single bits, else branches and nesting', () => {
    const inner = condition([1], 0, [gate('z', [0])]);
    const circuit = circuitOf(
      2,
      [condition([1, 0], 2, [gate('x', [0]), inner], [gate('y', [1])]), condition([2], 1, [])],
      3,
    );
    expect(round(circuit)).toEqual(circuit);
  });

  it.each(Array.from({ length: 20 }, (_, seed) => seed))('keeps programs of nested conditions (seed %d)', (seed) => {
    const rng = new Prng(`programs ${seed}`);
    const operations = (depth: number): Operation[] =>
      Array.from({ length: 1 + rng.below(4) }, (): Operation => {
        const clbits = rng.shuffle([0, 1, 2, 3, 4]).slice(0, 1 + rng.below(5));
        const [qubit, clbit] = [rng.below(3), rng.below(5)];
        switch (depth < 3 ? rng.below(6) : rng.below(4)) {
          case 0:
            return { kind: 'measure', qubit, clbit };
          case 1:
            return { kind: 'reset', qubit };
          case 2:
            return { kind: 'barrier', qubits: [qubit] };
          case 3:
            return normal(randomSteps(rng, 3, 1)[0] as Operation);
          default:
            return condition(
              clbits,
              rng.below(2 ** clbits.length),
              operations(depth + 1),
              rng.below(2) === 0 ? [] : operations(depth + 1),
            );
        }
      });
    const circuit = circuitOf(3, operations(0), 5);
    expect(round(circuit, 3)).toEqual(circuit);
  });

  it('keeps physical qubits', () => {
    const text = 'OPENQASM 3.0;\ninclude "stdgates.inc";\ncx $0, $3;\n';
    expect(unwrap(printQasm(unwrap(parseQasm(text)), 3))).toBe(text);
  });
});

describe('names', () => {
  it('of registers and parameters that OpenQASM cannot have are replaced', () => {
    const circuit: Circuit = {
      ...circuitOf(4, [gate('rx', [1], [parameter('gate')]), gate('x', [3])], 0),
      parameters: ['gate'],
      quantumRegisters: ['Q', 'x', 'pi', 'x y'].map((name, offset) => ({ name, offset, size: 1 })),
    };
    const back = round(circuit, 3);
    expect(back.quantumRegisters.map(({ name }) => name)).toEqual(['Q', 'q', 'q_1', 'q_2']);
    expect(back.parameters).toEqual(['theta']);
    const plain = { ...circuit, parameters: [], operations: [gate('x', [3])] };
    expect(round(plain, 2).quantumRegisters.map(({ name }) => name)).toEqual(['q', 'q_1', 'q_2', 'q_3']);
  });

  it('that overlap or leave gaps give way to one register', () => {
    const circuit = { ...circuitOf(2, [gate('x', [1])]), quantumRegisters: [{ name: 'a', offset: 1, size: 1 }] };
    expect(round(circuit)).toEqual(circuitOf(2, [gate('x', [1])]));
  });
});

describe('what has no text', () => {
  const refused = (circuit: Circuit, version?: 2 | 3): string => {
    const result = printQasm(circuit, version);
    expect(result.ok).toBe(false);
    return result.ok ? '' : `${result.error.code}: ${result.error.message}`;
  };

  it.each([
    [
      'a parameter in version 2',
      circuitOf(1, [gate('rx', [0], [parameter('a')])]),
      2,
      'got the parameter a, expected what OpenQASM 2 can say',
    ],
    ['else in version 2', circuitOf(1, [condition([0], 1, [gate('x', [0])], [gate('y', [0])])], 1), 2, 'else branch'],
    [
      'single bits in version 2',
      circuitOf(1, [condition([1], 1, [gate('x', [0])])], 2),
      2,
      'no whole classical register',
    ],
    [
      'a condition that changes in version 2',
      circuitOf(1, [condition([0], 1, [{ kind: 'measure', qubit: 0, clbit: 0 }, gate('x', [0])])], 1),
      2,
      'change its own bits',
    ],
    [
      'an angle without value',
      circuitOf(1, [gate('rx', [0], [Number.NaN])]),
      undefined,
      'got angle NaN of rx, expected finite numbers',
    ],
    [
      'an expression without value',
      circuitOf(1, [gate('rx', [0], [combine('add', parameter('NaN'), Infinity)])]),
      undefined,
      'got an angle of rx with NaN or infinity in it',
    ],
    [
      'a channel',
      circuitOf(1, [
        {
          kind: 'channel',
          label: 'flip',
          kraus: [Float64Array.of(1, 0, 0, 0, 0, 0, 1, 0)],
          probabilities: null,
          targets: [0],
        },
      ]),
      3,
      'got channel flip, expected a circuit without noise',
    ],
    [
      'a readout error',
      circuitOf(1, [{ kind: 'measure', qubit: 0, clbit: 0, flip: [0.1, 0] }], 1),
      2,
      'readout errors',
    ],
    [
      'a large matrix',
      circuitOf(7, [
        {
          kind: 'unitary',
          label: 'big',
          matrix: new Float64Array(2 ** 15),
          targets: [0, 1, 2, 3, 4, 5, 6],
          controls: [],
        },
      ]),
      3,
      'at most 6 qubits',
    ],
    ['a phase of nothing', circuitOf(0, [gate('gphase', [], [1])]), 2, 'a qubit in the circuit'],
  ] as const)('%s is refused', (_, circuit, version, sentence) => {
    const message = refused(circuit, version);
    expect(message).toContain('QASM_UNPRINTABLE: got ');
    expect(message).toContain(sentence);
  });
});
