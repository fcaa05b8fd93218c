import { fail, ok, type Failure, type Result } from '../../lib/result.ts';
import { edgeKey, type DeviceModel, type GateNoise } from '../noise/device-model.ts';
import type { ErrorRates } from '../optimise/optimise.ts';

/**
 * What the optimiser needs of a device: one error rate a qubit and an edge, the worst of the gates that are listed there. Gates
 * that are free (frame changes) do not count. Failure QUANTUM_QUBITS where the device has fewer qubits than the circuit.
 */
export function errorRatesOf(model: DeviceModel, qubits: number): Result<ErrorRates, Failure<'QUANTUM_QUBITS'>> {
  const { defaultQubit, defaultEdge } = model;
  if (defaultQubit === null && qubits > model.qubits.length)
    return fail(
      'QUANTUM_QUBITS',
      `the circuit has ${qubits} qubits, the device "${model.name}" ${model.qubits.length}`,
    );
  const edges = new Map(model.edges.map(({ qubits: [a, b], gates }) => [edgeKey(a, b), worst(gates)]));
  const otherwise = defaultEdge === null ? undefined : worst(defaultEdge.gates);
  return ok({
    oneQubit: Array.from({ length: qubits }, (_, q) => worst((model.qubits[q] ?? defaultQubit)?.gates ?? new Map())),
    twoQubit: { get: (a, b) => edges.get(edgeKey(a, b)) ?? otherwise },
  });
}

function worst(gates: ReadonlyMap<string, GateNoise>): number {
  return Math.max(0, ...[...gates.values()].map(({ error }) => error));
}
