import type { CircuitRequest } from '../../contracts/circuit-service.ts';
import { fail, ok, type Failure, type Result } from '../../lib/result.ts';
import type { Circuit } from '../circuit/circuit.ts';
import type { QasmFailure } from '../qasm/failure.ts';
import { parseQasm } from '../qasm/parse-qasm.ts';

/** A circuit with numbers for its parameters. */
export interface Program {
  readonly circuit: Circuit;
  /** By position of `circuit.parameters`. */
  readonly values: Float64Array;
}

export type ProgramFailure = QasmFailure | Failure<'QUANTUM_PARAMETERS'>;

/** Names listed in a message. */
const NAMES_SHOWN = 8;

/**
 * Parses, cuts off after `operations`, binds. Failures: QASM_* with line and column, QUANTUM_PARAMETERS with the names of the
 * parameters that got no value or that do not exist.
 */
export function readProgram({ qasm, operations, values }: CircuitRequest): Result<Program, ProgramFailure> {
  const parsed = parseQasm(qasm);
  if (!parsed.ok) return parsed;
  const whole = parsed.value;
  const circuit =
    operations === undefined || operations >= whole.operations.length
      ? whole
      : { ...whole, operations: whole.operations.slice(0, operations) };
  const bound = bind(circuit.parameters, values ?? {});
  return bound.ok ? ok({ circuit, values: bound.value }) : bound;
}

function bind(
  names: readonly string[],
  values: Readonly<Record<string, number>>,
): Result<Float64Array, Failure<'QUANTUM_PARAMETERS'>> {
  const missing = names.filter((name) => !Object.hasOwn(values, name));
  if (missing.length > 0)
    return fail('QUANTUM_PARAMETERS', `no value for ${listed(missing)}; give one to every parameter of the circuit`);
  const known = new Set(names);
  const unknown = Object.keys(values).filter((name) => !known.has(name));
  if (unknown.length > 0) {
    const there = names.length === 0 ? 'the circuit has none' : `the circuit has ${listed(names)}`;
    return fail('QUANTUM_PARAMETERS', `there is no parameter ${listed(unknown)}; ${there}`);
  }
  const wrong = names.find((name) => !Number.isFinite(values[name]));
  if (wrong !== undefined)
    return fail('QUANTUM_PARAMETERS', `parameter ${wrong} is ${values[wrong]}, expected a finite number`);
  return ok(Float64Array.from(names, (name) => values[name] ?? Number.NaN));
}

function listed(names: readonly string[]): string {
  const more = names.length > NAMES_SHOWN ? ` and ${names.length - NAMES_SHOWN} more` : '';
  return `${names.slice(0, NAMES_SHOWN).join(', ')}${more}`;
}
