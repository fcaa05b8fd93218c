import { describe, expect, it } from 'vitest';
import { circuitOf, gate } from '../../../core/quantum/circuit/builder.ts';
import type { Operation } from '../../../core/quantum/circuit/circuit.ts';
import { createFormat } from '../../format.ts';
import { labDe } from '../../strings/lab-de.ts';
import { labEn } from '../../strings/lab-en.ts';
import { cellWords, lockedLabel, operationWords, prettyAngle } from './operation-words.ts';

const f = createFormat('en');
const english = { t: labEn(f), f };
const german = { t: labDe(createFormat('de')), f: createFormat('de') };

describe('angles as people write them', () => {
  it('have π, Greek names and no needless signs', () => {
    const written = ['3*pi/4', '-pi', '2.0*beta', 'sin(theta)', '0.25', 'alpha1 + 1.0', '10.05*x'].map(prettyAngle);
    expect(written).toEqual(['3π/4', '−π', '2β', 'sin(θ)', '0.25', 'alpha1+1', '10.05x']);
  });
});

describe('operations in words', () => {
  const condition: Operation = { kind: 'if', clbits: [0], equals: 1, then: [gate('x', [1])], otherwise: [] };
  const circuit = circuitOf(3, [gate('x', [1], [], [0]), gate('rx', [2], [0.5], [0, 1]), condition], 2);

  it('name gate, angle and controls', () => {
    const said = circuit.operations.map((operation) => operationWords(operation, circuit, english));
    expect(said).toEqual([
      'X (not) controlled by q[0]',
      'rotation about X (0.5) controlled by q[0] and q[1]',
      'block if c[0]=1, edited in the text',
    ]);
    expect(operationWords({ kind: 'measure', qubit: 0, clbit: 1 }, circuit, english)).toBe('measurement into c[1]');
    expect(operationWords(gate('h', [0]), circuit, german)).toBe('Hadamard');
  });

  it('tell the parts of one operation apart', () => {
    const [first = null] = circuit.operations;
    const wide = gate('x', [2], [], [0]);
    const said = [
      cellWords(first, 0, circuit, english),
      cellWords(first, 1, circuit, english),
      cellWords(wide, 1, circuit, english),
      cellWords(null, 1, circuit, english),
    ];
    expect(said).toEqual([
      'control of X (not) controlled by q[0]',
      'X (not) controlled by q[0]',
      'line of X (not) controlled by q[0]',
      'empty',
    ]);
  });

  it('name a whole register in a condition by its name', () => {
    const whole: Operation = { kind: 'if', clbits: [0, 1], equals: 3, then: [], otherwise: [] };
    expect(lockedLabel(whole, circuit)).toBe('c=3');
  });
});
