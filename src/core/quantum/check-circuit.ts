import { fail, ok, type Failure, type Result } from '../lib/result.ts';
import type { Circuit, Gate } from './engine.ts';
import { unitarityError } from './gates.ts';

export type CircuitFailure = Failure<'QUANTUM_QUBITS' | 'QUANTUM_GATE'>;

/** A million gates of 8 doubles are 64 MB; more belongs into parts. */
const GATES_MAX = 1_000_000;

/** Far above the rounding of a product of a few matrices in f64, far below anything that changes a result. */
const UNITARITY_MAX = 1e-9;

/** Refuses what no engine may run: before anything is allocated. `limitReason` says where `qubitsMax` comes from. */
export function checkCircuit(circuit: Circuit, qubitsMax: number, limitReason: string): Result<null, CircuitFailure> {
  const { qubits, gates } = circuit;
  if (!Number.isInteger(qubits) || qubits < 1 || qubits > qubitsMax)
    return fail('QUANTUM_QUBITS', `got ${qubits} qubits, this engine takes 1 to ${qubitsMax}: ${limitReason}`);
  if (gates.length > GATES_MAX)
    return fail('QUANTUM_GATE', `got ${gates.length} gates, at most ${GATES_MAX} run at once`);
  for (const [index, gate] of gates.entries()) {
    const problem = problemOf(gate, qubits);
    if (problem !== null) return fail('QUANTUM_GATE', `gate ${index} (${gate.name}): ${problem}`);
  }
  return ok(null);
}

function problemOf(gate: Gate, qubits: number): string | null {
  const used = [gate.target, ...gate.controls];
  for (const qubit of used)
    if (!Number.isInteger(qubit) || qubit < 0 || qubit >= qubits) return `qubit ${qubit}, expected 0 to ${qubits - 1}`;
  if (new Set(used).size !== used.length) return `qubits ${used.join(', ')}, expected each one once`;
  if (gate.matrix.length !== 8) return `matrix of ${gate.matrix.length} numbers, expected 8`;
  const error = unitarityError(gate.matrix);
  if (!(error <= UNITARITY_MAX)) return `matrix is not unitary (off by ${error.toExponential(1)})`;
  return null;
}
