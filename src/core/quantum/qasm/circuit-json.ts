import { unreachable } from '../../lib/assert.ts';
import { fail, ok, type Failure, type Result } from '../../lib/result.ts';
import type { Angle, AngleFunction, Expression } from '../circuit/angle.ts';
import { parametersOf } from '../circuit/angle.ts';
import { checkCircuit, OPERATIONS_MAX, type CircuitFailure } from '../circuit/check.ts';
import type { Circuit, GateName, Operation, Register } from '../circuit/circuit.ts';
import { GATES } from '../circuit/gate-table.ts';
import { fits, TERMS_MAX } from './angle-size.ts';
import { shorten } from './failure.ts';
import { QUBITS_DECLARED_MAX } from './program.ts';

/**
 * Circuits as plain JSON values: what the editor saves and the page puts into files. The fields are those of the representation
 * (circuit.ts) with matrices as arrays of numbers; `format` and `version` come first. Version 1 is the only one so far.
 */
const FORMAT = 'plaquette-circuit';
const VERSION = 1;
/** As in the circuit check; here it also guards the stack. */
const NESTING_MAX = 64;
const LEVELS_MAX = 256;

export type CircuitJsonFailure = Failure<'QUANTUM_JSON'> | CircuitFailure;

/** A value for JSON.stringify. Angles keep their bits: -0, which JSON has no number for, is the string "-0". */
export function circuitToJson(circuit: Circuit): unknown {
  const { qubits, clbits, quantumRegisters, classicalRegisters, parameters, operations } = circuit;
  return {
    format: FORMAT,
    version: VERSION,
    qubits,
    clbits,
    quantumRegisters: quantumRegisters.map(registerToJson),
    classicalRegisters: classicalRegisters.map(registerToJson),
    parameters: [...parameters],
    operations: operations.map(operationToJson),
  };
}

const registerToJson = ({ name, offset, size }: Register): unknown => ({ name, offset, size });
const numberToJson = (value: number): unknown => (Object.is(value, -0) ? '-0' : value);

function angleToJson(angle: Angle): unknown {
  if (typeof angle === 'number') return numberToJson(angle);
  if (angle.kind === 'parameter') return { kind: 'parameter', name: angle.name };
  if (angle.kind === 'negate') return { kind: 'negate', of: angleToJson(angle.of) };
  if (angle.kind === 'call') return { kind: 'call', fn: angle.fn, of: angleToJson(angle.of) };
  return { kind: angle.kind, a: angleToJson(angle.a), b: angleToJson(angle.b) };
}

function operationToJson(operation: Operation): unknown {
  switch (operation.kind) {
    case 'gate':
      return { ...operation, params: operation.params.map(angleToJson) };
    case 'unitary':
      return { ...operation, matrix: Array.from(operation.matrix, numberToJson) };
    case 'channel':
      return { ...operation, kraus: operation.kraus.map((k) => Array.from(k, numberToJson)) };
    case 'if': {
      const { then, otherwise } = operation;
      // oxlint-disable-next-line unicorn/no-thenable -- the name of the field in the representation
      return { ...operation, then: then.map(operationToJson), otherwise: otherwise.map(operationToJson) };
    }
    case 'measure':
    case 'reset':
    case 'barrier':
      return { ...operation };
    default:
      return unreachable(operation);
  }
}

/**
 * Reads what `circuitToJson` wrote, and trusts nothing: unknown fields, wrong types and sizes are refused with their path, and
 * the circuit is checked as before a run. Never throws.
 */
export function circuitFromJson(value: unknown): Result<Circuit, CircuitJsonFailure> {
  try {
    const circuit = new Reader().circuit(value);
    const checked = checkCircuit(circuit, QUBITS_DECLARED_MAX, 'larger circuits are slips');
    return checked.ok ? ok(circuit) : checked;
  } catch (problem) {
    if (!(problem instanceof JsonProblem)) throw problem;
    return fail('QUANTUM_JSON', `${problem.path}: got ${problem.found}, expected ${problem.expected}`);
  }
}

class JsonProblem {
  readonly path: string;
  readonly found: string;
  readonly expected: string;
  constructor(path: string, found: unknown, expected: string) {
    this.path = path;
    this.found = describe(found);
    this.expected = expected;
  }
}

function describe(value: unknown): string {
  if (typeof value === 'string') return `"${shorten(value)}"`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  return typeof value === 'function' || typeof value === 'symbol' ? `a ${typeof value}` : String(value);
}

const BINARY = new Set(['add', 'subtract', 'multiply', 'divide', 'power']);
const FUNCTIONS = new Set(['sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'exp', 'ln', 'sqrt']);

class Reader {
  #operations = 0;
  readonly #parameters = new Set<string>();

  circuit(value: unknown): Circuit {
    const path = 'circuit';
    const fields = 'format version qubits clbits quantumRegisters classicalRegisters parameters operations';
    const o = record(value, path, fields);
    if (o['format'] !== FORMAT) throw new JsonProblem(`${path}.format`, o['format'], `"${FORMAT}"`);
    if (o['version'] !== VERSION) throw new JsonProblem(`${path}.version`, o['version'], `version ${VERSION}`);
    const qubits = count(o['qubits'], `${path}.qubits`);
    const clbits = count(o['clbits'], `${path}.clbits`);
    const parameters = list(o['parameters'], `${path}.parameters`, (name, at) => string(name, at));
    for (const [i, name] of parameters.entries()) {
      if (this.#parameters.has(name)) throw new JsonProblem(`${path}.parameters[${i}]`, name, 'each parameter once');
      this.#parameters.add(name);
    }
    return {
      qubits,
      clbits,
      quantumRegisters: registers(o['quantumRegisters'], `${path}.quantumRegisters`, qubits),
      classicalRegisters: registers(o['classicalRegisters'], `${path}.classicalRegisters`, clbits),
      parameters,
      operations: this.#list(o['operations'], `${path}.operations`, 0),
    };
  }

  #list(value: unknown, path: string, depth: number): readonly Operation[] {
    if (depth > NESTING_MAX) throw new JsonProblem(path, value, `conditions nested at most ${NESTING_MAX} deep`);
    return list(value, path, (item, at) => {
      this.#operations++;
      if (this.#operations > OPERATIONS_MAX) throw new JsonProblem(at, item, `at most ${OPERATIONS_MAX} operations`);
      return this.#operation(item, at, depth);
    });
  }

  #operation(value: unknown, path: string, depth: number): Operation {
    const { kind } = record(value, path, null);
    switch (kind) {
      case 'gate':
        return this.#gate(value, path);
      case 'unitary': {
        const o = record(value, path, 'kind label matrix targets controls');
        const matrix = numbers(o['matrix'], `${path}.matrix`);
        const { targets, controls } = places(o, path);
        return { kind, label: string(o['label'], `${path}.label`), matrix, targets, controls };
      }
      case 'channel': {
        const o = record(value, path, 'kind label kraus probabilities targets');
        const weights = o['probabilities'];
        const probabilities = weights === null ? null : list(weights, `${path}.probabilities`, number);
        const kraus = list(o['kraus'], `${path}.kraus`, numbers);
        const targets = list(o['targets'], `${path}.targets`, count);
        return { kind, label: string(o['label'], `${path}.label`), kraus, probabilities, targets };
      }
      case 'measure':
        return measure(value, path);
      case 'reset': {
        const o = record(value, path, 'kind qubit');
        return { kind, qubit: count(o['qubit'], `${path}.qubit`) };
      }
      case 'barrier': {
        const o = record(value, path, 'kind qubits');
        return { kind, qubits: list(o['qubits'], `${path}.qubits`, count) };
      }
      case 'if': {
        const o = record(value, path, 'kind clbits equals then otherwise');
        const clbits = list(o['clbits'], `${path}.clbits`, count);
        const equals = count(o['equals'], `${path}.equals`);
        const then = this.#list(o['then'], `${path}.then`, depth + 1);
        const otherwise = this.#list(o['otherwise'], `${path}.otherwise`, depth + 1);
        // oxlint-disable-next-line unicorn/no-thenable -- the name of the field in the representation
        return { kind, clbits, equals, then, otherwise };
      }
      default:
        throw new JsonProblem(`${path}.kind`, kind, 'gate, unitary, channel, measure, reset, barrier or if');
    }
  }

  #gate(value: unknown, path: string): Operation {
    const o = record(value, path, 'kind name params targets controls');
    const name = string(o['name'], `${path}.name`);
    if (!Object.hasOwn(GATES, name))
      throw new JsonProblem(`${path}.name`, name, `one of ${Object.keys(GATES).join(', ')}`);
    const params = list(o['params'], `${path}.params`, (angle, at) => this.#angle(angle, at, 0));
    for (const [i, angle] of params.entries()) {
      if (!fits(angle))
        throw new JsonProblem(`${path}.params[${i}]`, 'a long expression', `at most ${TERMS_MAX} terms`);
      for (const used of parametersOf(angle))
        if (!this.#parameters.has(used))
          throw new JsonProblem(`${path}.params[${i}]`, used, 'a parameter of the circuit');
    }
    return { kind: 'gate', name: name as GateName, params, ...places(o, path) };
  }

  #angle(value: unknown, path: string, level: number): Angle {
    if (typeof value !== 'object' || value === null) return number(value, path);
    if (level > LEVELS_MAX) throw new JsonProblem(path, value, `at most ${LEVELS_MAX} levels of an expression`);
    const { kind } = record(value, path, null);
    if (kind === 'parameter') return { kind, name: string(record(value, path, 'kind name')['name'], `${path}.name`) };
    if (kind === 'negate')
      return { kind, of: this.#angle(record(value, path, 'kind of')['of'], `${path}.of`, level + 1) };
    if (kind === 'call') {
      const o = record(value, path, 'kind fn of');
      const fn = string(o['fn'], `${path}.fn`);
      if (!FUNCTIONS.has(fn)) throw new JsonProblem(`${path}.fn`, fn, [...FUNCTIONS].join(', '));
      return { kind, fn: fn as AngleFunction, of: this.#angle(o['of'], `${path}.of`, level + 1) };
    }
    if (typeof kind !== 'string' || !BINARY.has(kind))
      throw new JsonProblem(`${path}.kind`, kind, 'a kind of expression');
    const o = record(value, path, 'kind a b');
    const a = this.#angle(o['a'], `${path}.a`, level + 1);
    const b = this.#angle(o['b'], `${path}.b`, level + 1);
    return { kind, a, b } as Expression;
  }
}

/** `fields` with blanks between them: all must be there and no others; null for any. */
function record(value: unknown, path: string, fields: string | null): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new JsonProblem(path, value, 'an object');
  if (fields === null) return value as Record<string, unknown>;
  const names = fields.split(' ');
  for (const name of names)
    if (!Object.hasOwn(value, name)) throw new JsonProblem(`${path}.${name}`, undefined, 'a value');
  for (const name of Object.keys(value))
    if (!names.includes(name)) throw new JsonProblem(path, `a field ${shorten(name)}`, names.join(', '));
  return value as Record<string, unknown>;
}

function list<T>(value: unknown, path: string, item: (value: unknown, path: string) => T): readonly T[] {
  if (!Array.isArray(value)) throw new JsonProblem(path, value, 'a list');
  return value.map((one: unknown, i) => item(one, `${path}[${i}]`));
}

function string(value: unknown, path: string): string {
  if (typeof value !== 'string') throw new JsonProblem(path, value, 'a string');
  return value;
}

function number(value: unknown, path: string): number {
  if (value === '-0') return -0;
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new JsonProblem(path, value, 'a finite number');
  return value;
}

function count(value: unknown, path: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw new JsonProblem(path, value, 'a whole number from 0');
  return value;
}

const numbers = (value: unknown, path: string): Float64Array => Float64Array.from(list(value, path, number));

function places(
  o: Readonly<Record<string, unknown>>,
  path: string,
): { targets: readonly number[]; controls: readonly number[] } {
  return {
    targets: list(o['targets'], `${path}.targets`, count),
    controls: list(o['controls'], `${path}.controls`, count),
  };
}

function measure(value: unknown, path: string): Operation {
  const flips = Object.hasOwn(record(value, path, null), 'flip');
  const o = record(value, path, flips ? 'kind qubit clbit flip' : 'kind qubit clbit');
  const qubit = count(o['qubit'], `${path}.qubit`);
  const clbit = count(o['clbit'], `${path}.clbit`);
  if (!flips) return { kind: 'measure', qubit, clbit };
  const [zero, one, ...more] = list(o['flip'], `${path}.flip`, number);
  if (zero === undefined || one === undefined || more.length > 0)
    throw new JsonProblem(`${path}.flip`, o['flip'], 'two probabilities');
  return { kind: 'measure', qubit, clbit, flip: [zero, one] };
}

/** Registers name places of the circuit, each at most once. */
function registers(value: unknown, path: string, total: number): readonly Register[] {
  const names = new Set<string>();
  return list(value, path, (item, at) => {
    const o = record(item, at, 'name offset size');
    const name = string(o['name'], `${at}.name`);
    const offset = count(o['offset'], `${at}.offset`);
    const size = count(o['size'], `${at}.size`);
    if (names.has(name)) throw new JsonProblem(`${at}.name`, name, 'each register once');
    if (offset + size > total) throw new JsonProblem(at, `${offset} + ${size}`, `places below ${total}`);
    names.add(name);
    return { name, offset, size };
  });
}
