import type { Lexer } from './lexer.ts';
import { KINDS, QUBITS_DECLARED_MAX, type Operand, type Program } from './program.ts';

/** A place in a register of OpenQASM: `q`, `q[2]`, in version 3 also `q[0:2:6]`, `q[{0, 2}]`, `q[-1]`, `$3`. */
export function operand(program: Program, kind: 'qubits' | 'bits'): Operand {
  const lexer: Lexer = program.lexer;
  if (lexer.kind === 'physical' && kind === 'qubits') return physicalQubit(program);
  const what = kind === 'qubits' ? 'a qubit or quantum register' : 'a classical bit or register';
  if (lexer.kind !== 'name') lexer.fail('QASM_SYNTAX', what);
  const named = program.find(lexer.text);
  if (named === undefined) lexer.fail('QASM_NAME', `${what} that is declared before`);
  if (named.kind !== kind) lexer.fail('QASM_TYPE', `${what}: ${lexer.text} is ${KINDS[named.kind]}`);
  lexer.advance();
  return lexer.at('[') ? indexed(program, named.operand) : named.operand;
}

function indexed(program: Program, whole: Operand): Operand {
  const lexer: Lexer = program.lexer;
  const { version } = program;
  if (typeof whole === 'number')
    lexer.fail('QASM_TYPE', program.body === null ? 'no index: this is a single one' : 'no index within a gate');
  lexer.advance();
  let result: Operand;
  if (version === 3 && lexer.at('{')) {
    result = braced(program, (): number => whole[index(program, whole.length)] as number);
  } else {
    const first = version === 3 && lexer.at(':') ? null : index(program, whole.length);
    result = version === 3 && lexer.at(':') ? slice(program, whole, first) : (whole[first ?? 0] as number);
  }
  lexer.expect(']', 'a whole number and "]"');
  return result;
}

/** Plain digits first: nearly all indices are. */
function index(program: Program, size: number): number {
  const lexer: Lexer = program.lexer;
  const { version } = program;
  const from = lexer.start;
  let value: number;
  if (version === 2) {
    if (lexer.kind !== 'integer') lexer.fail('QASM_SYNTAX', 'a whole number as index');
    value = Number(lexer.text);
    lexer.advance();
  } else {
    const { angle, whole } = program.expressions.value(program.resolve);
    if (typeof angle !== 'number' || !whole)
      lexer.fail('QASM_TYPE', 'a whole number that is known before the run', from, lexer.previousEnd);
    value = angle < 0 ? angle + size : angle;
  }
  if (!(value >= 0 && value < size))
    lexer.fail(
      'QASM_RANGE',
      size === 1 ? 'index 0, the only one' : `an index from 0 to ${size - 1}`,
      from,
      lexer.previousEnd,
    );
  return value;
}

/** `first` is read already; OpenQASM ranges include their last element. */
function slice(program: Program, whole: readonly number[], first: number | null): readonly number[] {
  const lexer: Lexer = program.lexer;
  const size = whole.length;
  lexer.expect(':');
  let step = 1;
  let last = lexer.at(']')
    ? null
    : program.expressions.integer(program.resolve, -size, QUBITS_DECLARED_MAX, 'a step or last index');
  if (lexer.accept(':')) {
    step = last ?? 1;
    last = lexer.at(']')
      ? null
      : program.expressions.integer(program.resolve, -size, QUBITS_DECLARED_MAX, 'a last index');
  }
  const end = last === null ? (step > 0 ? size - 1 : 0) : last < 0 ? last + size : last;
  const start = first ?? (step > 0 ? 0 : size - 1);
  if (step === 0) lexer.fail('QASM_RANGE', 'a step other than 0');
  if (end >= size) lexer.fail('QASM_RANGE', `a last index from 0 to ${size - 1}`);
  const out: number[] = [];
  for (let i = start; step > 0 ? i <= end : i >= end; i += step) out.push(whole[i] as number);
  if (out.length === 0) lexer.fail('QASM_RANGE', 'a range with at least one index');
  program.spend(out.length);
  return out;
}

/** The elements of `{a, b, c}`. */
export function braced(program: Program, element: () => number): readonly number[] {
  const lexer: Lexer = program.lexer;
  lexer.expect('{');
  const out: number[] = [];
  do {
    if (lexer.at('}')) break;
    out.push(element());
    program.spend(1);
  } while (lexer.accept(','));
  lexer.expect('}', '"," or "}"');
  if (out.length === 0) lexer.fail('QASM_RANGE', 'a set with at least one element');
  return out;
}

function physicalQubit(program: Program): number {
  const lexer: Lexer = program.lexer;
  const qubit = Number(lexer.text.slice(1));
  if (program.body !== null) lexer.fail('QASM_TYPE', 'a qubit of the gate, not a physical one');
  if (program.quantumRegisters.length > 0) lexer.fail('QASM_TYPE', 'either declared or physical qubits in one program');
  if (!(qubit < QUBITS_DECLARED_MAX)) lexer.fail('QASM_LIMIT', `physical qubits $0 to $${QUBITS_DECLARED_MAX - 1}`);
  program.physical = Math.max(program.physical, qubit);
  lexer.advance();
  return qubit;
}

/** All of an operand as a list. */
export const listOf = (operand: Operand): readonly number[] => (typeof operand === 'number' ? [operand] : operand);

/** Operands with commas between them; their places in the text go to `places`. */
export function operands(program: Program, places: number[]): Operand[] {
  const lexer: Lexer = program.lexer;
  const out: Operand[] = [];
  do {
    places.push(lexer.start);
    out.push(operand(program, 'qubits'));
  } while (lexer.accept(','));
  return out;
}
