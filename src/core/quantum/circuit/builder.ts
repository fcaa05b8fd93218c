import { assert } from '../../lib/assert.ts';
import { parametersOf, type Angle } from './angle.ts';
import type { Circuit, GateName, Operation, Register, UnitaryStep } from './circuit.ts';
import { adjoint, GATES } from './gate-table.ts';

/** An immutable circuit of unnamed operations: one quantum register `q`, one classical register `c`. */
export function circuitOf(qubits: number, operations: readonly Operation[], clbits = 0): Circuit {
  return {
    qubits,
    clbits,
    quantumRegisters: register('q', qubits),
    classicalRegisters: register('c', clbits),
    parameters: [...parametersIn(operations)],
    operations,
  };
}

const register = (name: string, size: number): readonly Register[] => (size > 0 ? [{ name, offset: 0, size }] : []);

function parametersIn(operations: readonly Operation[], into: Set<string> = new Set()): Set<string> {
  for (const operation of operations) {
    if (operation.kind === 'gate') for (const angle of operation.params) parametersOf(angle, into);
    if (operation.kind === 'if') parametersIn(operation.otherwise, parametersIn(operation.then, into));
  }
  return into;
}

/** One gate; `gate('x', [1], [], [0])` is a cx from qubit 0 to qubit 1. */
export function gate(
  name: GateName,
  targets: readonly number[],
  params: readonly Angle[] = [],
  controls: readonly number[] = [],
): Operation & UnitaryStep {
  const spec = GATES[name];
  assert(targets.length === spec.targets, `${name} takes ${spec.targets} targets, got ${targets.length}`);
  assert(params.length === spec.params.length, `${name} takes ${spec.params.length} angles, got ${params.length}`);
  return { kind: 'gate', name, params, targets, controls };
}

/** The inverse of one step. */
export function inverseOf(step: UnitaryStep): UnitaryStep {
  if (step.kind === 'unitary') return { ...step, label: `${step.label}†`, matrix: adjoint(step.matrix) };
  return { ...step, ...GATES[step.name].inverse(step.params) };
}
