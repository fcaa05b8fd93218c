import type { Circuit, MeasureOperation, Operation } from '../circuit/circuit.ts';

/** A circuit taken apart into what evolves the state and the measurements that nothing comes after. */
export interface SplitCircuit {
  /** Without the final measurements and without resets of qubits that are still |0>. */
  readonly body: Circuit;
  /** At most one a classical bit. They commute with the rest, so they are drawn from the final state. */
  readonly final: readonly MeasureOperation[];
  /** The body measures, resets, branches or meets a noise channel: two runs may differ. */
  readonly random: boolean;
  /** The circuit writes a classical bit somewhere. */
  readonly measures: boolean;
}

export function splitMeasurements(circuit: Circuit): SplitCircuit {
  const kept: Operation[] = [];
  const final: MeasureOperation[] = [];
  const later = new Later();
  for (const operation of circuit.operations.toReversed()) {
    if (operation.kind === 'measure' && !later.qubits.has(operation.qubit) && !later.read.has(operation.clbit)) {
      // Overwritten and not read in between: nobody sees this result.
      if (!later.written.has(operation.clbit)) final.push(operation);
      later.written.add(operation.clbit);
      continue;
    }
    later.note(operation, false);
    kept.push(operation);
  }
  const operations = withoutIdleResets(kept.toReversed());
  const random = operations.some(({ kind }) => kind !== 'gate' && kind !== 'unitary' && kind !== 'barrier');
  return { body: { ...circuit, operations }, final: final.toReversed(), random, measures: writes(circuit.operations) };
}

/** What happens after a point of the circuit. */
class Later {
  /** Acted on. Another final measurement of the same qubit sees the same value and is no obstacle. */
  readonly qubits = new Set<number>();
  /** Read by a condition, or written under one: an earlier measurement into them has to stay where it is. */
  readonly read = new Set<number>();
  readonly written = new Set<number>();

  note(operation: Operation, conditional: boolean): void {
    switch (operation.kind) {
      case 'barrier':
        return;
      case 'if':
        for (const clbit of operation.clbits) this.read.add(clbit);
        for (const inner of [...operation.then, ...operation.otherwise]) this.note(inner, true);
        return;
      case 'measure':
        this.qubits.add(operation.qubit);
        (conditional ? this.read : this.written).add(operation.clbit);
        return;
      case 'reset':
        this.qubits.add(operation.qubit);
        return;
      case 'channel':
        for (const qubit of operation.targets) this.qubits.add(qubit);
        return;
      case 'gate':
      case 'unitary':
        for (const qubit of operation.targets) this.qubits.add(qubit);
        for (const qubit of operation.controls) this.qubits.add(qubit);
    }
  }
}

/** Programs often begin with `reset q`; it does nothing there, and would make every shot a run of its own. */
function withoutIdleResets(operations: readonly Operation[]): readonly Operation[] {
  const touched = new Later();
  return operations.filter((operation) => {
    if (operation.kind === 'reset' && !touched.qubits.has(operation.qubit)) return false;
    touched.note(operation, false);
    return true;
  });
}

function writes(operations: readonly Operation[]): boolean {
  return operations.some(
    (operation) =>
      operation.kind === 'measure' ||
      (operation.kind === 'if' && (writes(operation.then) || writes(operation.otherwise))),
  );
}
