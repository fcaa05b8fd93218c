import { at } from '../../core/lib/assert.ts';
import type { Circuit, Operation } from '../../core/quantum/circuit/circuit.ts';

/** Where one operation stands: one column, all rows from its first to its last qubit. */
export interface GridItem {
  /** In `circuit.operations`. */
  readonly index: number;
  readonly column: number;
  readonly lo: number;
  readonly hi: number;
}

export interface Grid {
  readonly qubits: number;
  /** Columns in use. */
  readonly columns: number;
  /** By position in `circuit.operations`. */
  readonly items: readonly GridItem[];
}

/** What a cell shows of the operation that stands in it. `through`: only its vertical line passes. */
export type CellPart = 'target' | 'control' | 'through';

/** The page draws one element per cell; beyond this a phone stutters, and nobody edits such a circuit by hand. */
export const GRID_CELLS_MAX = 8_000;
/** More than this is not laid out at all. */
export const GRID_OPERATIONS_MAX = 4_000;

/**
 * Not the layout of drawings (core/quantum/diagram/layout.ts): the editor keeps gaps that people leave, shows a condition as
 * one block, and has no rows for bits. Every operation in the earliest column that is free on all rows it covers, after everything that it depends on (qubits and
 * classical bits), and not before its column in `wanted`. So people can leave gaps; text alone is laid out without.
 */
export function layoutGrid(circuit: Circuit, wanted: readonly number[] | null): Grid {
  const ready = new Int32Array(circuit.qubits);
  const readyBits = new Int32Array(circuit.clbits);
  let columns = 0;
  const items = circuit.operations.map((operation, index): GridItem => {
    const { lo, hi } = spanOf(operation, circuit.qubits);
    const bits = clbitsOf(operation);
    let column = wanted?.[index] ?? 0;
    for (let row = lo; row <= hi; row++) column = Math.max(column, at(ready, row));
    for (const bit of bits) column = Math.max(column, at(readyBits, bit));
    for (let row = lo; row <= hi; row++) ready[row] = column + 1;
    for (const bit of bits) readyBits[bit] = column + 1;
    columns = Math.max(columns, column + 1);
    return { index, column, lo, hi };
  });
  return { qubits: circuit.qubits, columns, items };
}

export function itemAt(grid: Grid, row: number, column: number): GridItem | null {
  return grid.items.find((item) => item.column === column && item.lo <= row && row <= item.hi) ?? null;
}

/** The same for many cells of one grid. */
export function cellIndex(grid: Grid): (row: number, column: number) => GridItem | null {
  const cells = new Map<number, GridItem>();
  for (const item of grid.items)
    for (let row = item.lo; row <= item.hi; row++) cells.set(item.column * grid.qubits + row, item);
  return (row, column) => cells.get(column * grid.qubits + row) ?? null;
}

export function partAt(operation: Operation, row: number): CellPart {
  if ((operation.kind === 'gate' || operation.kind === 'unitary') && operation.controls.includes(row)) return 'control';
  return qubitsOf(operation).includes(row) ? 'target' : 'through';
}

/** A global phase without controls touches no qubit; it stands on the first row. */
function spanOf(operation: Operation, qubits: number): { readonly lo: number; readonly hi: number } {
  const used = qubitsOf(operation);
  if (used.length === 0) return { lo: 0, hi: Math.min(0, qubits - 1) };
  return { lo: Math.min(...used), hi: Math.max(...used) };
}

export function qubitsOf(operation: Operation): readonly number[] {
  switch (operation.kind) {
    case 'gate':
    case 'unitary':
      return [...operation.targets, ...operation.controls];
    case 'channel':
      return operation.targets;
    case 'measure':
    case 'reset':
      return [operation.qubit];
    case 'barrier':
      return operation.qubits;
    case 'if':
      return [...operation.then, ...operation.otherwise].flatMap(qubitsOf);
  }
}

function clbitsOf(operation: Operation): readonly number[] {
  if (operation.kind === 'measure') return [operation.clbit];
  if (operation.kind !== 'if') return [];
  return [...operation.clbits, ...[...operation.then, ...operation.otherwise].flatMap(clbitsOf)];
}

/** What the grid shows as a closed block: its parts are edited in the text. */
export function isLocked(operation: Operation): boolean {
  return operation.kind === 'if' || operation.kind === 'unitary' || operation.kind === 'channel';
}

/** Null: the grid can show it. Otherwise what is too much. */
export function gridRefusal(circuit: Circuit, grid: () => Grid): 'operations' | 'cells' | null {
  if (circuit.operations.length > GRID_OPERATIONS_MAX) return 'operations';
  return circuit.qubits * (grid().columns + 1) > GRID_CELLS_MAX ? 'cells' : null;
}
