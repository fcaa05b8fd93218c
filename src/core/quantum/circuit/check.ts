import { fail, ok, type Failure, type Result } from '../../lib/result.ts';
import { evaluate, type Bindings } from './angle.ts';
import type { ChannelOperation, Circuit, Operation, UnitaryStep } from './circuit.ts';
import { adjoint, GATES, multiply, unitarityError } from './gate-table.ts';

export type CircuitFailure = Failure<'QUANTUM_QUBITS' | 'QUANTUM_GATE' | 'QUANTUM_PARAMETERS' | 'QUANTUM_SIZE'>;

/** Two million operations take a second to check and 400 MB to hold; more belongs into parts. */
export const OPERATIONS_MAX = 2_000_000;
/** Dense unitaries up to 8 qubits are 1 MiB of matrix; beyond that the state itself is the smaller object. */
export const UNITARY_QUBITS_MAX = 8;
/** Far above the rounding of a product of a few matrices in float64, far below anything that changes a result. */
export const UNITARITY_MAX = 1e-9;
/** Deeper nesting than any program that a person or a compiler writes. */
const NESTING_MAX = 64;
/** Bits of a condition: its value is a whole number that a double holds exactly. */
const CONDITION_BITS_MAX = 53;

/** Refuses what no engine may run, before anything is allocated. `limitReason` says where `qubitsMax` comes from. */
export function checkCircuit(circuit: Circuit, qubitsMax: number, limitReason: string): Result<null, CircuitFailure> {
  const { qubits, clbits } = circuit;
  if (!Number.isInteger(qubits) || qubits < 0 || qubits > qubitsMax)
    return fail('QUANTUM_QUBITS', `got ${qubits} qubits, this engine takes 0 to ${qubitsMax}: ${limitReason}`);
  if (!Number.isInteger(clbits) || clbits < 0)
    return fail('QUANTUM_SIZE', `got ${clbits} classical bits, expected a whole number`);
  const budget = { left: OPERATIONS_MAX };
  return checkAll(circuit.operations, circuit, budget, 0);
}

/** Angles are finite for these values. Failure QUANTUM_PARAMETERS says which parameter is missing or which gate got no number. */
export function checkBindings(circuit: Circuit, values: ArrayLike<number>): Result<Bindings, CircuitFailure> {
  const { parameters } = circuit;
  if (values.length !== parameters.length)
    return fail(
      'QUANTUM_PARAMETERS',
      `got ${values.length} parameter values, the circuit has ${parameters.length}: ${parameters.slice(0, 8).join(', ')}`,
    );
  const bindings = new Map<string, number>();
  for (const [i, name] of parameters.entries()) {
    const value = values[i] ?? Number.NaN;
    if (!Number.isFinite(value))
      return fail('QUANTUM_PARAMETERS', `parameter ${name} is ${value}, expected a finite number`);
    bindings.set(name, value);
  }
  const wrong = parameters.length === 0 ? null : notFinite(circuit.operations, bindings);
  return wrong === null ? ok(bindings) : fail('QUANTUM_PARAMETERS', wrong);
}

function notFinite(operations: readonly Operation[], bindings: Bindings): string | null {
  for (const operation of operations) {
    if (operation.kind === 'gate') {
      for (const angle of operation.params) {
        const value = evaluate(angle, bindings);
        if (!Number.isFinite(value))
          return `an angle of ${operation.name} becomes ${value} with these parameter values`;
      }
    } else if (operation.kind === 'if') {
      const wrong = notFinite(operation.then, bindings) ?? notFinite(operation.otherwise, bindings);
      if (wrong !== null) return wrong;
    }
  }
  return null;
}

function checkAll(
  operations: readonly Operation[],
  circuit: Circuit,
  budget: { left: number },
  depth: number,
): Result<null, CircuitFailure> {
  if (depth > NESTING_MAX) return fail('QUANTUM_SIZE', `conditions are nested deeper than ${NESTING_MAX}`);
  budget.left -= operations.length;
  if (budget.left < 0) return fail('QUANTUM_SIZE', `more than ${OPERATIONS_MAX} operations; run the circuit in parts`);
  for (const [index, operation] of operations.entries()) {
    const problem = problemOf(operation, circuit);
    if (problem !== null) return fail('QUANTUM_GATE', `operation ${index} (${nameOf(operation)}): ${problem}`);
    if (operation.kind !== 'if') continue;
    for (const branch of [operation.then, operation.otherwise]) {
      const inner = checkAll(branch, circuit, budget, depth + 1);
      if (!inner.ok) return inner;
    }
  }
  return ok(null);
}

function nameOf(operation: Operation): string {
  if (operation.kind === 'gate') return operation.name;
  return operation.kind === 'unitary' || operation.kind === 'channel' ? operation.label : operation.kind;
}

function problemOf(operation: Operation, { qubits, clbits }: Circuit): string | null {
  switch (operation.kind) {
    case 'gate':
    case 'unitary':
      return distinct([...operation.targets, ...operation.controls], qubits, 'qubit') ?? stepProblem(operation);
    case 'channel':
      return distinct(operation.targets, qubits, 'qubit') ?? channelProblem(operation);
    case 'measure':
      return (
        distinct([operation.qubit], qubits, 'qubit') ??
        distinct([operation.clbit], clbits, 'classical bit') ??
        probabilitiesProblem(operation.flip ?? [])
      );
    case 'reset':
      return distinct([operation.qubit], qubits, 'qubit');
    case 'barrier':
      return distinct(operation.qubits, qubits, 'qubit');
    default:
      operation satisfies { kind: 'if' };
      if (operation.clbits.length > CONDITION_BITS_MAX)
        return `a condition on ${operation.clbits.length} bits, at most ${CONDITION_BITS_MAX} are compared at once`;
      return distinct(operation.clbits, clbits, 'classical bit');
  }
}

function distinct(used: readonly number[], count: number, what: string): string | null {
  for (const index of used)
    if (!Number.isInteger(index) || index < 0 || index >= count)
      return count === 0 ? `${what} ${index}, but there is none` : `${what} ${index}, expected 0 to ${count - 1}`;
  if (used.length < 2) return null;
  if (used.length === 2) return used[0] === used[1] ? `${what} ${used[0]} is used twice` : null;
  const twice = used.find((index, i) => used.indexOf(index) !== i);
  return twice === undefined ? null : `${what} ${twice} is used twice`;
}

function stepProblem(step: UnitaryStep): string | null {
  if (step.kind === 'gate') {
    const spec = GATES[step.name];
    if (spec === undefined) return 'no such gate';
    if (step.targets.length !== spec.targets) return `${step.targets.length} targets, expected ${spec.targets}`;
    if (step.params.length !== spec.params.length)
      return `${step.params.length} angles, expected ${spec.params.length}`;
    for (const angle of step.params)
      if (typeof angle === 'number' && !Number.isFinite(angle)) return `angle ${angle}, expected a finite number`;
    return null;
  }
  const k = step.targets.length;
  if (k < 1 || k > UNITARY_QUBITS_MAX) return `a matrix on ${k} qubits, expected 1 to ${UNITARY_QUBITS_MAX}`;
  if (step.matrix.length !== 2 * 4 ** k) return `matrix of ${step.matrix.length} numbers, expected ${2 * 4 ** k}`;
  const error = unitarityError(step.matrix);
  return error <= UNITARITY_MAX ? null : `matrix is not unitary (off by ${error.toExponential(1)})`;
}

function channelProblem({ kraus, probabilities, targets }: ChannelOperation): string | null {
  const numbers = 2 * 4 ** targets.length;
  if (targets.length < 1 || targets.length > 2) return `a channel on ${targets.length} qubits, expected 1 or 2`;
  if (kraus.length < 1 || kraus.length > 16) return `${kraus.length} Kraus operators, expected 1 to 16`;
  if (kraus.some((k) => k.length !== numbers)) return `Kraus operators of other than ${numbers} numbers`;
  if (probabilities !== null) {
    if (probabilities.length !== kraus.length)
      return `${probabilities.length} probabilities for ${kraus.length} operators`;
    const sum = probabilities.reduce((total, p) => total + p, 0);
    if (!(Math.abs(sum - 1) <= UNITARITY_MAX)) return `probabilities that sum to ${sum}, expected 1`;
    const worst = Math.max(...kraus.map(unitarityError));
    if (!(worst <= UNITARITY_MAX)) return `an operator that is not unitary (off by ${worst.toExponential(1)})`;
    return probabilitiesProblem(probabilities);
  }
  const error = completenessError(kraus);
  return error <= UNITARITY_MAX ? null : `Kraus operators that are not complete (off by ${error.toExponential(1)})`;
}

/** Largest deviation of sum K^dagger K from the identity. */
export function completenessError(kraus: readonly Float64Array[]): number {
  const first = kraus[0];
  if (first === undefined) return Infinity;
  const size = Math.sqrt(first.length / 2);
  const sum = new Float64Array(first.length);
  for (const k of kraus) for (const [i, value] of multiply(adjoint(k), k).entries()) sum[i] = (sum[i] ?? 0) + value;
  let worst = 0;
  for (const [i, value] of sum.entries()) {
    const wanted = i % 2 === 0 && Math.floor(i / 2 / size) === (i / 2) % size ? 1 : 0;
    if (!Number.isFinite(value)) return Infinity;
    worst = Math.max(worst, Math.abs(value - wanted));
  }
  return worst;
}

function probabilitiesProblem(probabilities: readonly number[]): string | null {
  const wrong = probabilities.find((p) => !(p >= 0 && p <= 1));
  return wrong === undefined ? null : `probability ${wrong}, expected 0 to 1`;
}
