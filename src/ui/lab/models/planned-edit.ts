import {
  addQubit,
  moveOperation,
  place,
  removeAt,
  removeOperation,
  removeQubit,
  replaceOperation,
  type Cell,
  type Draft,
  type Edited,
} from '../../../app/lab/edit.ts';
import { bitName } from '../../../app/lab/registers.ts';
import type { PaletteId } from '../../../app/lab/palette.ts';
import type { Operation } from '../../../core/quantum/circuit/circuit.ts';
import type { LabWords } from '../../strings/lab-language.tsx';
import type { GridCommand } from './grid-keys.ts';
import { operationWords } from './operation-words.ts';

export type DoneEdit = Extract<Edited, { readonly ok: true }>;

/** A change of the circuit, and what a screen reader hears when it is done. */
export interface PlannedEdit {
  readonly change: (draft: Draft) => Edited;
  readonly sentence: (done: DoneEdit) => string;
}

/** Commands that change the circuit; the others only move the cursor or open something. */
export type EditCommand = Exclude<GridCommand, { readonly kind: 'cursor' | 'properties' }>;

export function plannedEdit(command: EditCommand, cursor: Cell, before: Draft, words: LabWords): PlannedEdit {
  const { t } = words;
  switch (command.kind) {
    case 'place':
      return placing(command.id, cursor, words);
    case 'move':
      return moving(cursor, command.to, words);
    case 'add-qubit':
      return { change: addQubit, sentence: ({ draft }) => t.circuit.nowQubits(draft.circuit.qubits) };
    case 'remove':
      return {
        change: (draft) => removeAt(draft, cursor),
        sentence: ({ draft, operation }) => {
          const what = said(operation, draft, words);
          const onlyControl = draft.circuit.operations.length === before.circuit.operations.length;
          return onlyControl ? t.circuit.freed(what) : t.circuit.removed(what);
        },
      };
  }
}

export function placing(id: PaletteId, cell: Cell, words: LabWords): PlannedEdit {
  return {
    change: (draft) => place(draft, id, cell),
    sentence: (done) => placed(done, words.t.circuit.gates[id], words),
  };
}

export function moving(from: Cell, to: Cell, { t }: LabWords): PlannedEdit {
  return {
    change: (draft) => moveOperation(draft, from, to),
    sentence: ({ draft, cursor }) =>
      t.circuit.moved(bitName(draft.circuit.quantumRegisters, cursor.row), cursor.column),
  };
}

/** Another operation in the place of one, or none. */
export function replacing(index: number, operation: Operation | null, cursor: Cell, words: LabWords): PlannedEdit {
  if (operation === null)
    return {
      change: (draft) => removeOperation(draft, index, cursor),
      sentence: (done) => words.t.circuit.removed(said(done.operation, done.draft, words)),
    };
  return {
    change: (draft) => replaceOperation(draft, index, operation),
    sentence: (done) => placed(done, said(operation, done.draft, words), words),
  };
}

export function removingQubit(row: number, { t }: LabWords): PlannedEdit {
  return {
    change: (draft) => removeQubit(draft, row),
    sentence: ({ draft }) => t.circuit.nowQubits(draft.circuit.qubits),
  };
}

const said = (operation: Operation | null, { circuit }: Draft, words: LabWords): string =>
  operation === null ? '' : operationWords(operation, circuit, words);

const placed = ({ draft, cursor }: DoneEdit, what: string, { t }: LabWords): string =>
  t.circuit.placed(what, bitName(draft.circuit.quantumRegisters, cursor.row), cursor.column);
