import type { Circuit, GateOperation, IfOperation, Operation, Register } from '../circuit/circuit.ts';

/**
 * Where the operations of a circuit stand in a picture: rows are the qubits, then the classical registers; columns are time steps.
 * Used by the text drawing, the SVG and the editor.
 */
export interface Layout {
  readonly qubits: number;
  /** One row each, below the qubits; one `c` where the circuit has bits but no registers. */
  readonly classical: readonly Register[];
  /** Operations of one column share no row. */
  readonly columns: readonly (readonly Placed[])[];
  /** Global phases without condition stand on no row. */
  readonly phases: readonly GateOperation[];
}

export interface Placed {
  /** Never an `if`: its operations are placed by themselves, with the condition. */
  readonly operation: Exclude<Operation, IfOperation>;
  readonly conditions: readonly Condition[];
  /** Where in the circuit: the index of the operation, then for each condition around it the branch and the index there. */
  readonly path: readonly (number | 'then' | 'otherwise')[];
  readonly column: number;
  /** First and last row that it covers; those between are crossed by its lines. */
  readonly first: number;
  readonly last: number;
}

export interface Condition {
  readonly clbits: readonly number[];
  readonly equals: number;
  /** In the `otherwise` branch: acts where the bits do not read as `equals`. */
  readonly negated: boolean;
}

/** As early as the rows allow. O(operations x rows crossed). */
export function layoutCircuit(circuit: Circuit): Layout {
  const classical = classicalRows(circuit);
  const state: State = {
    qubits: circuit.qubits,
    rowOfBit: (clbit) => circuit.qubits + rowIn(classical, clbit),
    free: Array.from({ length: circuit.qubits + classical.length }, () => 0),
    columns: [],
    phases: [],
  };
  for (const [index, operation] of circuit.operations.entries()) place(state, operation, [], [index]);
  return { qubits: circuit.qubits, classical, columns: state.columns, phases: state.phases };
}

interface State {
  readonly qubits: number;
  readonly rowOfBit: (clbit: number) => number;
  /** First column of each row behind everything that is placed there. */
  readonly free: number[];
  readonly columns: Placed[][];
  readonly phases: GateOperation[];
}

function classicalRows({ clbits, classicalRegisters }: Circuit): readonly Register[] {
  const covered = (clbit: number): boolean => classicalRegisters.some((register) => isIn(register, clbit));
  const all = clbits > 0 && Array.from({ length: clbits }, (_, i) => i).every(covered);
  return all
    ? classicalRegisters.filter(({ size }) => size > 0)
    : clbits > 0
      ? [{ name: 'c', offset: 0, size: clbits }]
      : [];
}

const isIn = ({ offset, size }: Register, clbit: number): boolean => clbit >= offset && clbit < offset + size;
const rowIn = (registers: readonly Register[], clbit: number): number =>
  Math.max(
    0,
    registers.findIndex((register) => isIn(register, clbit)),
  );

function place(state: State, operation: Operation, conditions: readonly Condition[], path: Placed['path']): void {
  if (operation.kind === 'if') {
    const { clbits, equals } = operation;
    for (const branch of ['then', 'otherwise'] as const)
      for (const [i, inner] of operation[branch].entries())
        place(state, inner, [...conditions, { clbits, equals, negated: branch === 'otherwise' }], [...path, branch, i]);
    return;
  }
  const rows = rowsOf(state, operation, conditions);
  if (rows.length === 0) {
    if (operation.kind === 'gate') state.phases.push(operation);
    return;
  }
  const first = Math.min(...rows);
  const last = Math.max(...rows);
  let column = 0;
  for (let row = first; row <= last; row++) column = Math.max(column, state.free[row] as number);
  for (let row = first; row <= last; row++) state.free[row] = column + 1;
  while (state.columns.length <= column) state.columns.push([]);
  state.columns[column]?.push({ operation, conditions, path, column, first, last });
}

/** The rows that an operation touches. A conditional global phase stands on the first qubit, since it must stand somewhere. */
function rowsOf(state: State, operation: Placed['operation'], conditions: readonly Condition[]): readonly number[] {
  const bits = conditions.flatMap(({ clbits }) => clbits.map(state.rowOfBit));
  const qubits = qubitsOf(operation);
  if (operation.kind === 'measure') bits.push(state.rowOfBit(operation.clbit));
  if (qubits.length === 0 && bits.length > 0 && state.qubits > 0) return [0, ...bits];
  return qubits.length === 0 ? [] : [...qubits, ...bits];
}

/** Qubits in the order of the operation: controls, then targets. */
export function qubitsOf(operation: Placed['operation']): readonly number[] {
  switch (operation.kind) {
    case 'gate':
    case 'unitary':
      return [...operation.controls, ...operation.targets];
    case 'channel':
      return operation.targets;
    case 'barrier':
      return operation.qubits;
    case 'measure':
    case 'reset':
      return [operation.qubit];
    default:
      return operation satisfies never;
  }
}
