import type { Cell } from '../../../app/lab/edit.ts';
import { paletteByKey, type PaletteId } from '../../../app/lab/palette.ts';

/** What a key asks for while the grid has the focus. */
export type GridCommand =
  | { readonly kind: 'cursor'; readonly to: Cell }
  | { readonly kind: 'move'; readonly to: Cell }
  | { readonly kind: 'place'; readonly id: PaletteId }
  | { readonly kind: 'remove' }
  | { readonly kind: 'properties' }
  | { readonly kind: 'add-qubit' };

/** The part of a keyboard event that is looked at. */
export interface KeyPress {
  readonly key: string;
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly altKey: boolean;
  readonly metaKey: boolean;
}

export interface GridSize {
  readonly rows: number;
  readonly columns: number;
}

const ARROWS: Readonly<Record<string, readonly [row: number, column: number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/**
 * Null: the key is the browser's. Alt, ctrl and command always are (alt with an arrow is back and forward, which is undo
 * and redo here), but ctrl with Home and End go to the corners as in every grid.
 */
export function gridCommand(press: KeyPress, cursor: Cell, size: GridSize): GridCommand | null {
  const { key, shiftKey, ctrlKey } = press;
  if (press.altKey || press.metaKey) return null;
  const edge = edgeOf(key, ctrlKey, cursor, size);
  if (edge !== null) return { kind: 'cursor', to: edge };
  if (ctrlKey) return null;
  const way = ARROWS[key];
  if (way !== undefined) {
    const to = { row: cursor.row + way[0], column: cursor.column + way[1] };
    return shiftKey ? { kind: 'move', to } : { kind: 'cursor', to: within(to, size) };
  }
  if (key === 'Enter') return { kind: 'properties' };
  if (key === 'Delete' || key === 'Backspace') return { kind: 'remove' };
  if (key === '+') return { kind: 'add-qubit' };
  // Caps lock must not turn letters into their shifted gates.
  const item = key.length === 1 ? paletteByKey.get(shiftKey ? key.toUpperCase() : key.toLowerCase()) : undefined;
  return item === undefined ? null : { kind: 'place', id: item.id };
}

function edgeOf(key: string, whole: boolean, { row }: Cell, { rows, columns }: GridSize): Cell | null {
  if (key === 'Home') return { row: whole ? 0 : row, column: 0 };
  if (key === 'End') return { row: whole ? rows - 1 : row, column: columns - 1 };
  return null;
}

export function within({ row, column }: Cell, { rows, columns }: GridSize): Cell {
  return {
    row: Math.max(0, Math.min(rows - 1, row)),
    column: Math.max(0, Math.min(columns - 1, column)),
  };
}
