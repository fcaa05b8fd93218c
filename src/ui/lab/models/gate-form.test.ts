import { describe, expect, it } from 'vitest';
import { gate } from '../../../core/quantum/circuit/builder.ts';
import { fail, ok } from '../../../core/lib/result.ts';
import { angleNames, formOf, readForm } from './gate-form.ts';

const parse = (text: string) => (text === 'pi' ? ok(Math.PI) : fail('QASM_SYNTAX', `got "${text}"`));

describe('properties of a gate', () => {
  const turned = gate('rx', [1], [0.5], [0]);
  it('start from the operation', () => {
    expect(formOf(turned, String)).toEqual({ angles: ['0.5'], targets: [1], controls: [0], clbit: null });
    expect(formOf({ kind: 'measure', qubit: 2, clbit: 1 }, String)).toMatchObject({ targets: [2], clbit: 1 });
    expect(angleNames(gate('u', [0], [1, 2, 3]))).toEqual(['theta', 'phi', 'lambda']);
  });

  it('give the changed operation', () => {
    const read = readForm(turned, { angles: ['pi'], targets: [2], controls: [], clbit: null }, parse);
    expect(read).toEqual({ ok: true, operation: gate('rx', [2], [Math.PI]) });
    const bit = readForm(
      { kind: 'measure', qubit: 0, clbit: 0 },
      { angles: [], targets: [1], controls: [], clbit: 3 },
      parse,
    );
    expect(bit).toEqual({ ok: true, operation: { kind: 'measure', qubit: 1, clbit: 3 } });
  });

  it('say which angle is wrong and whether a qubit is used twice', () => {
    const read = readForm(turned, { angles: ['pie'], targets: [1], controls: [1], clbit: null }, parse);
    expect(read).toEqual({ ok: false, twice: true, angles: ['got "pie"'] });
  });

  it('leave closed blocks as they are', () => {
    const barrier = { kind: 'barrier', qubits: [0, 1] } as const;
    expect(readForm(barrier, formOf(barrier, String), parse)).toEqual({ ok: true, operation: barrier });
  });
});
