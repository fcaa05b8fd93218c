import type { Circuit, Operation } from '../circuit/circuit.ts';

/**
 * Positions of the measurements after which nothing touches the qubit and nothing reads or writes the classical bit: their
 * outcomes can be drawn from the final state all at once, instead of one projection each.
 */
export function terminalMeasurements({ operations }: Circuit): ReadonlySet<number> {
  const qubits = new Set<number>();
  const clbits = new Set<number>();
  const found = new Set<number>();
  for (let i = operations.length - 1; i >= 0; i--) {
    const operation = operations[i] as Operation;
    if (operation.kind === 'measure' && !qubits.has(operation.qubit) && !clbits.has(operation.clbit)) found.add(i);
    touch(operation, qubits, clbits);
  }
  return found;
}

/** Adds what an operation acts on. A barrier acts on nothing. */
export function touch(operation: Operation, qubits: Set<number>, clbits: Set<number>): void {
  switch (operation.kind) {
    case 'gate':
    case 'unitary':
      for (const qubit of operation.targets) qubits.add(qubit);
      for (const qubit of operation.controls) qubits.add(qubit);
      return;
    case 'channel':
      for (const qubit of operation.targets) qubits.add(qubit);
      return;
    case 'measure':
      qubits.add(operation.qubit);
      clbits.add(operation.clbit);
      return;
    case 'reset':
      qubits.add(operation.qubit);
      return;
    case 'barrier':
      return;
    case 'if':
      for (const clbit of operation.clbits) clbits.add(clbit);
      for (const inner of [...operation.then, ...operation.otherwise]) touch(inner, qubits, clbits);
  }
}

export function measuresAnything(operations: readonly Operation[]): boolean {
  return operations.some(
    (operation) =>
      operation.kind === 'measure' ||
      (operation.kind === 'if' && (measuresAnything(operation.then) || measuresAnything(operation.otherwise))),
  );
}
