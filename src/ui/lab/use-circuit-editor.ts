import { useCallback, useMemo, useState } from 'react';
import { gridOf, type Cell, type Draft } from '../../app/lab/edit.ts';
import { itemAt, type Grid, type GridItem } from '../../app/lab/grid.ts';
import { EMPTY_DRAFT } from '../../app/lab/lab-core.ts';
import type { PaletteId } from '../../app/lab/palette.ts';
import type { Operation } from '../../core/quantum/circuit/circuit.ts';
import { useLabWords } from '../strings/lab-language.tsx';
import { useLab, useLabState } from './lab-context.ts';
import { within, type GridCommand } from './models/grid-keys.ts';
import { cellWords } from './models/operation-words.ts';
import { moving, placing, plannedEdit, removingQubit, replacing, type PlannedEdit } from './models/planned-edit.ts';
import type { Cargo } from './use-gate-drag.ts';

export interface CircuitEditor {
  readonly draft: Draft;
  readonly grid: Grid;
  readonly columns: number;
  readonly cursor: Cell;
  readonly here: { readonly item: GridItem; readonly operation: Operation } | null;
  readonly hereWords: string;
  /** Grows when the focus shall go to the cursor. */
  readonly focusWish: number;
  /** What happened last, for the live region. */
  readonly said: string;
  /** The operation whose properties are open. */
  readonly editing: { readonly index: number; readonly operation: Operation } | null;
  readonly setCursor: (cell: Cell) => void;
  readonly run: (command: GridCommand, focus: boolean) => void;
  readonly drop: (cargo: Cargo, cell: Cell) => void;
  readonly place: (id: PaletteId) => void;
  readonly removeQubit: () => void;
  /** Closes the properties with another operation; null deletes the one that was open. */
  readonly apply: (operation: Operation | null) => void;
  readonly close: () => void;
}

/** Room behind the last gate, so that there is always a free column to go on in. */
const SPARE_COLUMNS = 2;

/** Cursor, edits and what is said about them; `room` is the number of columns that fit the panel. */
export function useCircuitEditor(room: number): CircuitEditor {
  const words = useLabWords();
  const draft = useLabState((state) => state.draft) ?? EMPTY_DRAFT;
  const [wanted, setCursor] = useState<Cell>({ row: 0, column: 0 });
  const [editing, setEditing] = useState<CircuitEditor['editing']>(null);
  const grid = useMemo(() => gridOf(draft), [draft]);
  const columns = Math.max(grid.columns + SPARE_COLUMNS, room);
  const cursor = within(wanted, { rows: grid.qubits, columns });
  const { said, say, edit, focusWish, wishFocus } = useEdits(setCursor);
  const item = itemAt(grid, cursor.row, cursor.column);
  const operation = item === null ? undefined : draft.circuit.operations[item.index];
  const here = item === null || operation === undefined ? null : { item, operation };

  const run = (command: GridCommand, focus: boolean): void => {
    if (command.kind === 'cursor') {
      setCursor(command.to);
      if (focus) wishFocus();
    } else if (command.kind === 'properties') {
      if (here === null) say(words.t.circuit.refusals['no-gate-here']());
      else setEditing({ index: here.item.index, operation: here.operation });
    } else edit(plannedEdit(command, cursor, draft, words), focus);
  };
  return {
    draft,
    grid,
    columns,
    cursor,
    here,
    hereWords: cellWords(here?.operation ?? null, cursor.row, draft.circuit, words),
    focusWish,
    said,
    editing,
    setCursor: useCallback((cell: Cell) => {
      setCursor((old) => (old.row === cell.row && old.column === cell.column ? old : cell));
    }, []),
    run,
    drop: (cargo, cell) => {
      if (cargo.kind === 'new') edit(placing(cargo.id, cell, words), true);
      else if (cargo.from.row !== cell.row || cargo.from.column !== cell.column)
        edit(moving(cargo.from, cell, words), true);
    },
    place: (id) => run({ kind: 'place', id }, false),
    removeQubit: () => edit(removingQubit(cursor.row, words), false),
    apply: (changed) => {
      setEditing(null);
      if (editing !== null) edit(replacing(editing.index, changed, cursor, words), true);
    },
    close: () => {
      setEditing(null);
      wishFocus();
    },
  };
}

/** Carries edits out, moves the cursor to what came of them, and says so. */
function useEdits(setCursor: (cell: Cell) => void) {
  const { t } = useLabWords();
  const { commands } = useLab();
  const [focusWish, setFocusWish] = useState(0);
  const [said, setSaid] = useState('');
  /** The same sentence twice in a row must differ, or a live region stays silent the second time. */
  const say = (sentence: string): void => setSaid((last) => (last === sentence ? `${sentence}\u00a0` : sentence));
  const wishFocus = (): void => setFocusWish((wish) => wish + 1);
  const edit = ({ change, sentence }: PlannedEdit, focus: boolean): void => {
    const edited = commands.edit(change);
    if (edited === null) return;
    if (!edited.ok) {
      const { refusal } = edited;
      say(t.circuit.refusals[refusal.kind](refusal.kind === 'needs-qubits' ? refusal.qubits : 0));
      return;
    }
    setCursor(edited.cursor);
    say(sentence(edited));
    if (focus) wishFocus();
  };
  return { said, say, edit, focusWish, wishFocus };
}
