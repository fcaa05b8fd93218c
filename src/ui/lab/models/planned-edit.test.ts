import { describe, expect, it } from 'vitest';
import { draftOf, type Draft } from '../../../app/lab/edit.ts';
import { circuitOf, gate } from '../../../core/quantum/circuit/builder.ts';
import { createFormat } from '../../format.ts';
import { labEn } from '../../strings/lab-en.ts';
import { moving, placing, plannedEdit, removingQubit, replacing, type PlannedEdit } from './planned-edit.ts';

const f = createFormat('en');
const words = { t: labEn(f), f };
const bell = draftOf(circuitOf(2, [gate('h', [0]), gate('x', [1], [], [0])]), null);
const at = (row: number, column: number) => ({ row, column });

function heard({ change, sentence }: PlannedEdit, draft: Draft = bell): string {
  const edited = change(draft);
  return edited.ok ? sentence(edited) : edited.refusal.kind;
}

describe('what is heard after an edit', () => {
  it('names what was placed and where it stands', () => {
    expect(heard(placing('t', at(1, 3), words))).toBe('T (eighth turn) placed on qubit q[1], column 4.');
    expect(heard(plannedEdit({ kind: 'place', id: 'ccx' }, at(0, 0), bell, words))).toBe('needs-qubits');
    expect(heard(moving(at(0, 0), at(1, 4), words))).toBe('Moved to qubit q[1], column 5.');
  });

  it('tells a control that was removed from a gate that was', () => {
    const remove = { kind: 'remove' } as const;
    expect(heard(plannedEdit(remove, at(0, 1), bell, words))).toBe('Control removed from X (not).');
    expect(heard(plannedEdit(remove, at(1, 1), bell, words))).toBe('X (not) controlled by q[0] removed.');
    expect(heard(replacing(1, null, at(0, 1), words))).toBe('X (not) controlled by q[0] removed.');
  });

  it('says the angle of what was changed, and how many qubits there are now', () => {
    const turned = gate('ry', [1], [Math.PI / 3]);
    expect(heard(replacing(1, turned, at(1, 1), words))).toBe('rotation about Y (π/3) placed on qubit q[1], column 2.');
    expect(heard(plannedEdit({ kind: 'add-qubit' }, at(0, 0), bell, words))).toBe('Now 3 qubits.');
    expect(heard(removingQubit(0, words))).toBe('Now 1 qubit.');
  });
});
