import { memo, useEffect, useMemo, useRef, type KeyboardEvent, type PointerEvent as ReactPointerEvent } from 'react';
import type { Cell, Draft } from '../../app/lab/edit.ts';
import { cellIndex, type Grid, type GridItem } from '../../app/lab/grid.ts';
import { bitName } from '../../app/lab/registers.ts';
import { useLabWords, type LabWords } from '../strings/lab-language.tsx';
import { CELL, CircuitDrawing } from './CircuitDrawing.tsx';
import { gridCommand, type GridCommand } from './models/grid-keys.ts';
import { cellWords } from './models/operation-words.ts';
import type { Cargo, Drag, GateDrag } from './use-gate-drag.ts';
import css from './circuit-grid.module.css';

interface CircuitGridProps {
  readonly draft: Draft;
  readonly grid: Grid;
  readonly columns: number;
  readonly step: number | null;
  readonly cursor: Cell;
  /** Grows when the focus shall go to the cursor. */
  readonly focusWish: number;
  readonly gateDrag: GateDrag;
  readonly helpId: string;
  readonly onCommand: (command: GridCommand) => void;
  readonly onCursor: (cell: Cell) => void;
}

/** The circuit as a grid of qubits and time: one tab stop, arrow keys inside (WAI-ARIA grid pattern). */
export function CircuitGrid(props: CircuitGridProps) {
  const { draft, grid, columns, cursor, onCommand } = props;
  const words = useLabWords();
  const element = useRef<HTMLDivElement>(null);
  const items = useMemo(() => cellIndex(grid), [grid]);
  useEffect(() => {
    if (props.focusWish === 0) return;
    focusCell(element.current, cursor);
    // Only the wish moves the focus; the cursor alone does not.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [props.focusWish]);

  const onKeyDown = (event: KeyboardEvent): void => {
    const command = gridCommand(event, cursor, { rows: grid.qubits, columns });
    if (command === null) return;
    event.preventDefault();
    onCommand(command);
  };
  const { drag } = props.gateDrag;
  return (
    <div
      ref={element}
      className={css['grid']}
      role="grid"
      tabIndex={-1}
      aria-label={words.t.circuit.grid}
      aria-describedby={props.helpId}
      aria-rowcount={grid.qubits}
      aria-colcount={columns + 1}
      onKeyDown={onKeyDown}
    >
      {Array.from({ length: grid.qubits }, (_, row) => (
        <Row
          key={row}
          row={row}
          draft={draft}
          items={items}
          columns={columns}
          cursor={cursor.row === row ? cursor.column : null}
          over={drag?.over?.row === row ? drag.over.column : null}
          words={words}
          begin={props.gateDrag.begin}
          onCursor={props.onCursor}
          onOpen={onCommand}
        />
      ))}
      <div className={css['picture']}>
        <CircuitDrawing draft={draft} grid={grid} columns={columns} step={props.step} />
      </div>
    </div>
  );
}

function focusCell(grid: HTMLElement | null, { row, column }: Cell): void {
  const cell = grid?.querySelector<HTMLElement>(`[data-cell="${row} ${column}"]`);
  cell?.focus({ preventScroll: true });
  // Only the sideways place: the page itself stays where it is.
  cell?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
}

interface RowProps {
  readonly row: number;
  readonly draft: Draft;
  readonly items: (row: number, column: number) => GridItem | null;
  readonly columns: number;
  /** Column of the cursor, if it is in this row. */
  readonly cursor: number | null;
  readonly over: number | null;
  readonly words: LabWords;
  readonly begin: (event: ReactPointerEvent, cargo: Cargo, label: string) => void;
  readonly onCursor: (cell: Cell) => void;
  readonly onOpen: (command: GridCommand) => void;
}

const Row = memo(function Row(props: RowProps) {
  const { row, draft, items, words } = props;
  const name = bitName(draft.circuit.quantumRegisters, row);
  return (
    <div role="row" aria-rowindex={row + 1} className={css['row']}>
      <div role="rowheader" aria-colindex={1} className={css['name']}>
        {name}
      </div>
      {Array.from({ length: props.columns }, (_, column) => {
        const item = items(row, column);
        const operation = item === null ? null : (draft.circuit.operations[item.index] ?? null);
        const what = cellWords(operation, row, draft.circuit, words);
        const atCursor = props.cursor === column;
        return (
          <div
            key={column}
            role="gridcell"
            aria-colindex={column + 2}
            aria-label={words.t.circuit.cell(what, name, column)}
            tabIndex={atCursor ? 0 : -1}
            data-cell={`${row} ${column}`}
            data-filled={operation === null ? undefined : ''}
            className={`${css['cell'] ?? ''} ${atCursor ? (css['cursor'] ?? '') : ''} ${props.over === column ? (css['over'] ?? '') : ''}`}
            onPointerDown={(event) => {
              if (operation !== null) props.begin(event, { kind: 'cell', from: { row, column } }, what);
            }}
            onFocus={() => props.onCursor({ row, column })}
            onDoubleClick={() => props.onOpen({ kind: 'properties' })}
          />
        );
      })}
    </div>
  );
});

/** What is carried follows the pointer. */
export function DragGhost({ drag }: { readonly drag: Drag | null }) {
  if (drag === null) return null;
  return (
    <div
      className={`${css['ghost'] ?? ''} ${drag.over === null ? '' : (css['aimed'] ?? '')}`}
      aria-hidden="true"
      style={{ transform: `translate(${drag.x - CELL / 2}px, ${drag.y - CELL / 2}px)` }}
    >
      {drag.cargo.kind === 'new' ? drag.label : '⠿'}
    </div>
  );
}
