import { describe, expect, it } from 'vitest';
import { Prng } from '../../lib/prng.ts';
import { unwrap } from '../../lib/result.ts';
import { call, combine, negate, parameter, type Angle } from '../circuit/angle.ts';
import { circuitOf, gate } from '../circuit/builder.ts';
import type { Circuit } from '../circuit/circuit.ts';
import { circuitFromJson, circuitToJson } from './circuit-json.ts';
import { randomSteps } from './testing/random-circuit.ts';

const KRAUS = [
  Float64Array.of(1, 0, 0, 0, 0, 0, Math.sqrt(0.9), 0),
  Float64Array.of(0, 0, Math.sqrt(0.1), 0, 0, 0, 0, 0),
];

function everything(): Circuit {
  const theta = parameter('theta');
  const angles: Angle[] = [
    -0,
    negate(theta),
    call('sin', combine('power', theta, 2)),
    combine('divide', combine('add', theta, 1), combine('multiply', 3, parameter('phi'))),
  ];
  const operations = [
    ...randomSteps(new Prng('json'), 4, 40, { unitaries: true }),
    ...angles.map((angle) => gate('rx', [1], [angle])),
    { kind: 'channel' as const, label: 'damping', kraus: KRAUS, probabilities: null, targets: [2] },
    { kind: 'measure' as const, qubit: 0, clbit: 1 },
    { kind: 'measure' as const, qubit: 1, clbit: 0, flip: [0.01, 0.02] as const },
    { kind: 'reset' as const, qubit: 3 },
    { kind: 'barrier' as const, qubits: [0, 3] },
    // oxlint-disable-next-line unicorn/no-thenable -- the name of the field in the representation
    { kind: 'if' as const, clbits: [1, 0], equals: 2, then: [gate('x', [0])], otherwise: [gate('y', [2], [], [1])] },
  ];
  return circuitOf(4, operations, 2);
}

describe('a circuit as JSON', () => {
  it('comes back as it was', () => {
    const circuit = everything();
    expect(circuit.parameters).toEqual(['theta', 'phi']);
    expect(unwrap(circuitFromJson(JSON.parse(JSON.stringify(circuitToJson(circuit)))))).toEqual(circuit);
  });

  const base = (): Record<string, unknown> =>
    JSON.parse(JSON.stringify(circuitToJson(everything()))) as Record<string, unknown>;
  const withGate = (change: object): unknown => ({
    ...base(),
    operations: [{ kind: 'gate', name: 'rx', params: [1], targets: [0], controls: [], ...change }],
  });
  const withOperation = (operation: unknown): unknown => ({ ...base(), operations: [operation] });
  let nested: unknown = { kind: 'reset', qubit: 0 };
  for (let i = 0; i < 10_000; i++)
    // oxlint-disable-next-line unicorn/no-thenable -- the name of the field in the representation
    nested = { kind: 'if', clbits: [0], equals: 1, then: [nested], otherwise: [] };
  let deep: unknown = 1;
  for (let i = 0; i < 10_000; i++) deep = { kind: 'negate', of: deep };

  it.each([
    ['no object', 7, 'circuit: got 7, expected an object'],
    ['null', null, 'circuit: got null, expected an object'],
    ['another format', { ...base(), format: 'svg' }, 'circuit.format: got "svg", expected "plaquette-circuit"'],
    ['a later version', { ...base(), version: 2 }, 'circuit.version: got 2, expected version 1'],
    [
      'a missing field',
      withOperation({ kind: 'reset' }),
      'circuit.operations[0].qubit: got undefined, expected a value',
    ],
    [
      'a field too many',
      withGate({ color: 'red' }),
      'circuit.operations[0]: got "a field color", expected kind, name, params, targets, controls',
    ],
    [
      'half a qubit',
      withGate({ targets: [0.5] }),
      'circuit.operations[0].targets[0]: got 0.5, expected a whole number from 0',
    ],
    [
      'a text for an angle',
      withGate({ params: ['1'] }),
      'circuit.operations[0].params[0]: got "1", expected a finite number',
    ],
    ['no number', withGate({ params: [null] }), 'circuit.operations[0].params[0]: got null, expected a finite number'],
    [
      'an unknown gate',
      withGate({ name: 'constructor' }),
      'circuit.operations[0].name: got "constructor", expected one of gphase, id',
    ],
    [
      'an unknown kind',
      withOperation({ kind: 'jump' }),
      'circuit.operations[0].kind: got "jump", expected gate, unitary',
    ],
    [
      'an unknown parameter',
      withGate({ params: [{ kind: 'parameter', name: 'x' }] }),
      'params[0]: got "x", expected a parameter of the circuit',
    ],
    ['an unknown function', withGate({ params: [{ kind: 'call', fn: 'eval', of: 1 }] }), 'params[0].fn: got "eval"'],
    ['an unknown expression', withGate({ params: [{ kind: 'xor', a: 1, b: 1 }] }), 'params[0].kind: got "xor"'],
    ['a qubit out of range', withGate({ targets: [4] }), 'operation 0 (rx): qubit 4, expected 0 to 3'],
    ['a qubit twice', withGate({ controls: [0] }), 'operation 0 (rx): qubit 0 is used twice'],
    [
      'a matrix that is not unitary',
      withOperation({ kind: 'unitary', label: 'm', matrix: [1, 0, 0, 0, 0, 0, 2, 0], targets: [0], controls: [] }),
      'matrix is not unitary',
    ],
    [
      'a register outside',
      { ...base(), quantumRegisters: [{ name: 'q', offset: 2, size: 3 }] },
      'circuit.quantumRegisters[0]: got "2 + 3", expected places below 4',
    ],
    [
      'a parameter twice',
      { ...base(), parameters: ['theta', 'theta'] },
      'circuit.parameters[1]: got "theta", expected each parameter once',
    ],
    ['conditions too deep', withOperation(nested), 'expected conditions nested at most 64 deep'],
    ['an expression too deep', withGate({ params: [deep] }), 'expected at most 256 levels of an expression'],
    [
      'three flips',
      withOperation({ kind: 'measure', qubit: 0, clbit: 0, flip: [0, 0, 0] }),
      'circuit.operations[0].flip: got a list of 3, expected two probabilities',
    ],
  ])('%s is refused', (_, value, sentence) => {
    const result = circuitFromJson(value);
    expect(result.ok ? 'accepted' : result.error.message).toContain(sentence);
  });
});
