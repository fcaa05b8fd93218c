import { assert } from '../../core/lib/assert.ts';
import type { Circuit, GateName, GateOperation, Operation } from '../../core/quantum/circuit/circuit.ts';
import { parametersOf } from '../../core/quantum/circuit/angle.ts';
import { GATES } from '../../core/quantum/circuit/gate-table.ts';
import { GRID_OPERATIONS_MAX, itemAt, layoutGrid, partAt, qubitsOf, type Grid, type GridItem } from './grid.ts';
import { firstAngles, isGateName, type PaletteId } from './palette.ts';
import { withBit, withoutQubit, withQubit } from './registers.ts';

/** A circuit with the column that its author chose for each operation. */
export interface Draft {
  readonly circuit: Circuit;
  readonly columns: readonly number[];
}

export interface Cell {
  readonly row: number;
  readonly column: number;
}

export type EditRefusal =
  | { readonly kind: 'needs-qubits'; readonly qubits: number }
  | { readonly kind: 'no-gate-here' }
  | { readonly kind: 'no-gate-to-control' }
  | { readonly kind: 'not-controllable' }
  | { readonly kind: 'empty-cell' }
  | { readonly kind: 'last-qubit' }
  | { readonly kind: 'edge' }
  /** The text cannot be read, so there is no circuit to edit. */
  | { readonly kind: 'text-broken' };

/** A new draft and the cell to look at, or why nothing was changed. */
export type Edited =
  | { readonly ok: true; readonly draft: Draft; readonly cursor: Cell; readonly operation: Operation | null }
  | { readonly ok: false; readonly refusal: EditRefusal };

const refuse = (refusal: EditRefusal): Edited => ({ ok: false, refusal });

/** Circuits that are too long to draw have no columns. */
export function draftOf(circuit: Circuit, columns: readonly number[] | null): Draft {
  if (circuit.operations.length > GRID_OPERATIONS_MAX) return { circuit, columns: [] };
  return { circuit, columns: layoutGrid(circuit, columns).items.map((item) => item.column) };
}

export const gridOf = (draft: Draft): Grid => layoutGrid(draft.circuit, draft.columns);

/**
 * Operations in order of their columns. Operations that depend on each other stand in ascending columns, so this
 * changes nothing but the order of independent ones.
 */
function sorted({ circuit, columns }: Draft): Draft {
  const order = columns.map((column, index) => ({ column, index })).sort((a, b) => a.column - b.column);
  const operations = order.map(({ index }) => circuit.operations[index]).filter((operation) => operation !== undefined);
  return { circuit: { ...circuit, operations }, columns: order.map(({ column }) => column) };
}

function insert(draft: Draft, operation: Operation, column: number, row: number): Edited {
  const { circuit, columns } = sorted(draft);
  const before = columns.findIndex((other) => other >= column);
  const index = before === -1 ? columns.length : before;
  const next = draftOf(
    withParameters({ ...circuit, operations: circuit.operations.toSpliced(index, 0, operation) }),
    columns.toSpliced(index, 0, column),
  );
  return { ok: true, draft: next, cursor: { row, column: next.columns[index] ?? column }, operation };
}

function without(draft: Draft, index: number): Draft {
  const { circuit, columns } = draft;
  return {
    circuit: withParameters({ ...circuit, operations: circuit.operations.toSpliced(index, 1) }),
    columns: columns.toSpliced(index, 1),
  };
}

/** Declared parameters follow from what is used; the order of those that stay is kept. */
function withParameters(circuit: Circuit): Circuit {
  const used = new Set<string>();
  const visit = (operations: readonly Operation[]): void => {
    for (const operation of operations) {
      if (operation.kind === 'gate') for (const angle of operation.params) parametersOf(angle, used);
      if (operation.kind === 'if') {
        visit(operation.then);
        visit(operation.otherwise);
      }
    }
  };
  visit(circuit.operations);
  const kept = circuit.parameters.filter((name) => used.has(name));
  return { ...circuit, parameters: [...kept, ...[...used].filter((name) => !kept.includes(name))] };
}

/** Puts one thing of the palette on a cell. On a gate of the same width it takes that gate's place and keeps its controls. */
export function place(draft: Draft, id: PaletteId, { row, column }: Cell): Edited {
  if (id === 'control') return toggleControl(draft, { row, column });
  const { circuit } = draft;
  const here = itemAt(gridOf(draft), row, column);
  const old = here === null ? undefined : circuit.operations[here.index];
  if (here !== null && old?.kind === 'gate' && isGateName(id) && old.targets.includes(row) && fits(id, old)) {
    const operation: GateOperation = { ...old, name: id, params: sameAngles(id, old) };
    return insert(without(draft, here.index), operation, here.column, row);
  }
  const needed = qubitsNeeded(id);
  if (circuit.qubits < needed) return refuse({ kind: 'needs-qubits', qubits: needed });
  if (id === 'measure') {
    const { circuit: grown, bit } = withBit(circuit, row);
    return insert({ ...draft, circuit: grown }, { kind: 'measure', qubit: row, clbit: bit }, column, row);
  }
  return insert(draft, newOperation(id, row, circuit.qubits), column, row);
}

const fits = (name: GateName, old: GateOperation): boolean => GATES[name].targets === old.targets.length;

/** An angle stays where the new gate has as many. */
function sameAngles(name: GateName, old: GateOperation): GateOperation['params'] {
  const fresh = firstAngles(name);
  return fresh.length === old.params.length ? old.params : fresh;
}

function qubitsNeeded(id: PaletteId): number {
  if (id === 'ccx') return 3;
  if (id === 'cx' || id === 'cz') return 2;
  return isGateName(id) ? GATES[id].targets : 1;
}

function newOperation(id: Exclude<PaletteId, 'control' | 'measure'>, row: number, qubits: number): Operation {
  const rows = neighbours(row, qubitsNeeded(id), qubits);
  if (id === 'reset') return { kind: 'reset', qubit: row };
  if (id === 'barrier') return { kind: 'barrier', qubits: Array.from({ length: qubits }, (_, q) => q) };
  if (id === 'cx' || id === 'cz' || id === 'ccx') {
    const target = rows.at(-1) ?? row;
    return { kind: 'gate', name: id === 'cz' ? 'z' : 'x', params: [], targets: [target], controls: rows.slice(0, -1) };
  }
  return { kind: 'gate', name: id, params: firstAngles(id), targets: rows, controls: [] };
}

/** `count` rows from `row` downwards; at the lower edge upwards instead. */
function neighbours(row: number, count: number, qubits: number): readonly number[] {
  const way = row + count <= qubits ? 1 : -1;
  const rows = Array.from({ length: count }, (_, i) => row + way * i);
  if (rows.every((r) => r >= 0 && r < qubits)) return rows;
  // In the middle of too few rows above and below: the block ends at the last row, with `row` as its first control.
  return [row, ...Array.from({ length: qubits }, (_, q) => q).filter((q) => q !== row)].slice(0, count);
}

/** Adds a control on this row to the nearest gate of the column, or takes it away. */
export function toggleControl(draft: Draft, { row, column }: Cell): Edited {
  const { circuit } = draft;
  const grid = gridOf(draft);
  const here = itemAt(grid, row, column);
  const operation = here === null ? undefined : circuit.operations[here.index];
  if (here !== null && operation !== undefined) {
    const part = partAt(operation, row);
    if (part === 'control') return removeAt(draft, { row, column });
    if (part === 'target') return refuse({ kind: 'not-controllable' });
    return addControl(draft, here, row);
  }
  const nearest = grid.items
    .filter((item) => item.column === column && circuit.operations[item.index]?.kind === 'gate')
    .toSorted((a, b) => distance(a, row) - distance(b, row))[0];
  return nearest === undefined ? refuse({ kind: 'no-gate-to-control' }) : addControl(draft, nearest, row);
}

const distance = ({ lo, hi }: GridItem, row: number): number => (row < lo ? lo - row : row - hi);

function addControl(draft: Draft, item: GridItem, row: number): Edited {
  const operation = draft.circuit.operations[item.index];
  if (operation?.kind !== 'gate') return refuse({ kind: 'not-controllable' });
  const controlled = { ...operation, controls: [...operation.controls, row] };
  return insert(without(draft, item.index), controlled, item.column, row);
}

/** On a control only the control goes, elsewhere the whole operation. */
export function removeAt(draft: Draft, cell: Cell): Edited {
  const item = itemAt(gridOf(draft), cell.row, cell.column);
  const operation = item === null ? undefined : draft.circuit.operations[item.index];
  if (item === null || operation === undefined) return refuse({ kind: 'empty-cell' });
  if (operation.kind === 'gate' && operation.controls.includes(cell.row)) {
    const freed = { ...operation, controls: operation.controls.filter((control) => control !== cell.row) };
    // A phase controlled by nothing is a global phase; it stays.
    return insert(without(draft, item.index), freed, item.column, cell.row);
  }
  return removeOperation(draft, item.index, cell);
}

/** The whole operation, its controls too. */
export function removeOperation(draft: Draft, index: number, cursor: Cell): Edited {
  const operation = draft.circuit.operations[index];
  if (operation === undefined) return refuse({ kind: 'empty-cell' });
  const rest = without(draft, index);
  return { ok: true, draft: draftOf(rest.circuit, rest.columns), cursor, operation };
}

/** Another operation in the place of `index`, in the same column where that is free. */
export function replaceOperation(draft: Draft, index: number, operation: Operation): Edited {
  const column = draft.columns[index];
  assert(column !== undefined, `no operation ${index}`);
  return insert(without(draft, index), operation, column, qubitsOf(operation)[0] ?? 0);
}

/** Moves what stands in `from` by whole rows and columns. `through` cells move nothing. */
export function moveOperation(draft: Draft, from: Cell, to: Cell): Edited {
  const item = itemAt(gridOf(draft), from.row, from.column);
  const operation = item === null ? undefined : draft.circuit.operations[item.index];
  if (item === null || operation === undefined) return refuse({ kind: 'empty-cell' });
  const moved = shifted(operation, from.row, to.row, draft.circuit.qubits);
  if (moved === null || to.column < 0) return refuse({ kind: 'edge' });
  return insert(without(draft, item.index), moved, to.column, to.row);
}

/** A control that is grabbed moves alone; everything else moves as one. Null: it would leave the grid or meet itself. */
function shifted(operation: Operation, from: number, to: number, qubits: number): Operation | null {
  const by = to - from;
  if (by === 0) return operation;
  if (operation.kind === 'gate' && operation.controls.includes(from)) {
    if (qubitsOf(operation).includes(to)) return null;
    return { ...operation, controls: operation.controls.map((control) => (control === from ? to : control)) };
  }
  if (qubitsOf(operation).some((qubit) => qubit + by < 0 || qubit + by >= qubits)) return null;
  return renumbered(operation, (qubit) => qubit + by);
}

function renumbered(operation: Operation, map: (qubit: number) => number): Operation {
  switch (operation.kind) {
    case 'gate':
    case 'unitary':
      return { ...operation, targets: operation.targets.map(map), controls: operation.controls.map(map) };
    case 'channel':
      return { ...operation, targets: operation.targets.map(map) };
    case 'measure':
    case 'reset':
      return { ...operation, qubit: map(operation.qubit) };
    case 'barrier':
      return { ...operation, qubits: operation.qubits.map(map) };
    case 'if': {
      const inner = (branch: readonly Operation[]): readonly Operation[] => branch.map((o) => renumbered(o, map));
      return { ...operation, then: inner(operation.then), otherwise: inner(operation.otherwise) };
    }
  }
}

/** One more qubit at the end of the last register. */
export function addQubit(draft: Draft): Edited {
  const circuit = withQubit(draft.circuit);
  return {
    ok: true,
    draft: { ...draft, circuit },
    cursor: { row: circuit.qubits - 1, column: 0 },
    operation: null,
  };
}

/** Takes a qubit away with everything that acts on it; barriers only lose that qubit. */
export function removeQubit(draft: Draft, row: number): Edited {
  const { circuit, columns } = draft;
  if (circuit.qubits <= 1) return refuse({ kind: 'last-qubit' });
  const kept = circuit.operations.flatMap((operation, index) => {
    const rest =
      operation.kind === 'barrier' ? { ...operation, qubits: operation.qubits.filter((q) => q !== row) } : operation;
    if (qubitsOf(rest).includes(row) || (rest.kind === 'barrier' && rest.qubits.length === 0)) return [];
    return [{ operation: renumbered(rest, (q) => (q > row ? q - 1 : q)), column: columns[index] ?? 0 }];
  });
  const operations = kept.map(({ operation }) => operation);
  const smaller = withParameters({ ...withoutQubit(circuit, row), operations });
  return {
    ok: true,
    draft: draftOf(
      smaller,
      kept.map(({ column }) => column),
    ),
    cursor: { row: Math.min(row, smaller.qubits - 1), column: 0 },
    operation: null,
  };
}
