import type { CircuitRequest } from '../../core/contracts/circuit-service.ts';
import { parsePauliSum } from '../../core/quantum/engine/pauli.ts';
import type { Circuit } from '../../core/quantum/circuit/circuit.ts';
import type { LabState } from './lab-state.ts';

/** 2^14 amplitudes cross from the worker in a few milliseconds; the list shows the largest of them. */
export const AMPLITUDES_QUBITS_MAX = 14;
/** Beyond that the page lists the first basis states; the counts say which ones are likely. */
export const FIRST_AMPLITUDES = 32;
/** One sphere a qubit; each costs a reduced density matrix. */
export const BLOCH_QUBITS_MAX = 16;

/** Null: nothing to run. */
export function requestOf(state: LabState, exampleDevice: (qubits: number) => unknown): CircuitRequest | null {
  const { draft, document, step } = state;
  if (draft === null || state.textFailure !== null || document.qasm.trim() === '') return null;
  const { circuit } = draft;
  return {
    qasm: document.qasm,
    engine: state.engine,
    values: valuesOf(circuit, document.values),
    shots: document.shots,
    seed: document.seed,
    observables: readObservables(document.observables, circuit.qubits).flatMap(({ line, problem }) =>
      problem === null ? [line] : [],
    ),
    amplitudes: circuit.qubits <= AMPLITUDES_QUBITS_MAX ? 'all' : Array.from({ length: FIRST_AMPLITUDES }, (_, i) => i),
    bloch: circuit.qubits <= BLOCH_QUBITS_MAX,
    ...(document.noise ? { noise: exampleDevice(circuit.qubits) } : {}),
    ...(state.precision === 'auto' ? {} : { precision: state.precision }),
    ...(step === null ? {} : { operations: step }),
  };
}

export interface ObservableLine {
  readonly line: string;
  /** Why it is no observable of this circuit. */
  readonly problem: string | null;
}

/** Half-written lines are left out of the run: the rest of the page goes on while somebody types. */
export function readObservables(lines: readonly string[], qubits: number): readonly ObservableLine[] {
  return lines
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const sum = parsePauliSum(line, qubits);
      return { line, problem: sum.ok ? null : sum.error.message };
    });
}

/** A parameter without a value starts at zero. */
export function valuesOf(circuit: Circuit, values: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(circuit.parameters.map((name) => [name, values[name] ?? 0]));
}
