import type { Operation } from '../circuit/circuit.ts';
import { braketPragma } from './braket-pragma.ts';
import { condition } from './condition.ts';
import { alias, bitDeclaration, constant, declaration, optionalSize } from './declarations-3.ts';
import { whole } from './expression.ts';
import { modifiedCall } from './gate-call-3.ts';
import type { Lexer } from './lexer.ts';
import { braced, operand } from './operands.ts';
import type { Named, Program } from './program.ts';
import { barrier, measureInto, reset } from './statements.ts';

/** Blocks within blocks; the circuit check refuses deeper conditions, too. */
const BLOCKS_MAX = 64;
const INTEGER_MAX = Number.MAX_SAFE_INTEGER;
/** A turn of a loop reads its body again, which takes as long as a few operations. */
const LOOP_COST = 8;

const UNSUPPORTED = new Set(
  (
    'def while extern cal defcal defcalgrammar delay stretch duration complex array switch return break continue end ' +
    'readonly mutable nop durationof sizeof'
  ).split(' '),
);
const NUMBERS = new Set(['int', 'uint', 'float', 'angle', 'bool']);

/**
 * OpenQASM 3 as far as it describes circuits (https://openqasm.com/versions/3.0): declarations, constants, inputs, gates with
 * modifiers, measurements, reset, barriers, conditions on bits, loops over known ranges. Loops are unrolled. Other statements
 * are refused by name.
 */
export function readProgram3(program: Program): void {
  const lexer: Lexer = program.lexer;
  while (lexer.kind !== 'end') statement(program);
}

function statement(program: Program): void {
  const lexer: Lexer = program.lexer;
  program.spend(1);
  if (lexer.kind === 'line') return directive(program);
  if (lexer.kind === 'physical') lexer.fail('QASM_SYNTAX', 'a statement');
  if (lexer.kind !== 'name') lexer.fail('QASM_SYNTAX', 'a statement');
  const { text } = lexer;
  if (program.body !== null) return bodyStatement(program, text);
  if (NUMBERS.has(text)) return constant(program);
  switch (text) {
    case 'include':
    case 'qreg':
    case 'creg':
    case 'qubit':
    case 'input':
    case 'output':
    case 'gate':
      return declaration(program, text, () => statement(program));
    case 'bit':
      return bitDeclaration(program);
    case 'const':
      lexer.advance();
      if (!NUMBERS.has(lexer.text)) lexer.fail('QASM_SYNTAX', 'a type: int, uint, float, angle or bool');
      return constant(program);
    case 'let':
      return alias(program);
    case 'measure':
      return measureStatement(program);
    case 'reset':
      return reset(program);
    case 'barrier':
      return barrier(program);
    case 'if':
      return conditional(program);
    case 'for':
      return loop(program);
    case 'box':
      lexer.advance();
      if (lexer.at('[')) lexer.fail('QASM_UNSUPPORTED', 'a box without duration: timing is not supported');
      return block(program);
    case 'pragma':
      return lexer.seek(lineEnd(program));
    default:
      return other(program, text);
  }
}

function other(program: Program, text: string): void {
  const lexer: Lexer = program.lexer;
  if (UNSUPPORTED.has(text))
    lexer.fail('QASM_UNSUPPORTED', `a statement that describes a circuit: "${text}" is not supported`);
  if (text === 'OPENQASM') lexer.fail('QASM_SYNTAX', 'the version only once, as the first statement');
  const named = program.find(text)?.kind;
  // A name may be both a library gate and something else: then the next letter tells which.
  const call = program.gate(text) !== undefined && !['=', '['].includes(lexer.peek());
  if (named === 'bits' && !call) return assignment(program);
  if (named === 'value' && !call)
    lexer.fail(
      'QASM_UNSUPPORTED',
      `a statement other than an assignment: ${text} is known before the run and stays as it is`,
    );
  return modifiedCall(program);
}

function bodyStatement(program: Program, text: string): void {
  const lexer: Lexer = program.lexer;
  if (text === 'barrier') return barrier(program);
  if (text === 'for') return loop(program);
  if (UNSUPPORTED.has(text)) lexer.fail('QASM_UNSUPPORTED', `a gate or barrier: "${text}" is not supported`);
  if (['measure', 'reset', 'if', 'qubit', 'bit', 'gate', 'include', 'input', 'let', 'const', 'box'].includes(text))
    lexer.fail('QASM_SYNTAX', 'a gate, barrier, for or "}" within a gate definition');
  return modifiedCall(program);
}

const lineEnd = ({ lexer }: Program): number => {
  const end = lexer.source.indexOf('\n', lexer.start);
  return end < 0 ? lexer.source.length : end;
};

/** Annotations and pragmas are notes to others, except where Braket puts operations into them. */
function directive(program: Program): void {
  const lexer: Lexer = program.lexer;
  if (!/^(?:@\s*[\p{L}_]|#\s*(?:pragma|dim)\b)/u.test(lexer.text))
    lexer.fail('QASM_SYNTAX', 'a statement, "#pragma" or "@annotation"');
  if (/^#\s*pragma\s+braket\b/.test(lexer.text)) return braketPragma(program);
  lexer.advance();
}

function measureStatement(program: Program): void {
  const lexer: Lexer = program.lexer;
  const from = lexer.start;
  lexer.advance();
  const qubits = operand(program, 'qubits');
  if (lexer.at(';'))
    lexer.fail('QASM_UNSUPPORTED', '"->" and a classical bit: a measurement whose result is lost is not supported');
  lexer.expect('->', '"->" and a classical bit');
  measureInto(program, qubits, operand(program, 'bits'), from);
  lexer.expect(';');
}

/** `c[0] = measure q[0];` */
function assignment(program: Program): void {
  const lexer: Lexer = program.lexer;
  const from = lexer.start;
  const bits = operand(program, 'bits');
  lexer.expect('=', '"=" and a measurement');
  if (!lexer.atName('measure')) lexer.fail('QASM_UNSUPPORTED', 'a measurement: other values of bits are not supported');
  lexer.advance();
  measureInto(program, operand(program, 'qubits'), bits, from);
  lexer.expect(';');
}

/** Statements in braces, or one without. */
function block(program: Program, scope: Map<string, Named> = new Map()): void {
  const lexer: Lexer = program.lexer;
  if (program.scopes.length > BLOCKS_MAX) lexer.fail('QASM_LIMIT', `at most ${BLOCKS_MAX} nested blocks`);
  program.scopes.push(scope);
  if (!lexer.accept('{')) statement(program);
  else {
    const from = lexer.previousEnd - 1;
    while (!lexer.at('}')) {
      if (lexer.kind === 'end') lexer.fail('QASM_SYNTAX', `"}" for the block at offset ${from}`);
      statement(program);
    }
    lexer.advance();
  }
  program.scopes.pop();
}

/** The operations of a block, apart from those around it. */
function branch(program: Program): readonly Operation[] {
  const outer = program.out;
  const inner: Operation[] = [];
  program.out = inner;
  block(program);
  program.out = outer;
  return inner;
}

function conditional(program: Program): void {
  const lexer: Lexer = program.lexer;
  const from = lexer.start;
  lexer.advance();
  lexer.expect('(');
  const { bits, holds } = condition(program);
  lexer.expect(')', '"&&", "||" or ")"');
  const first = branch(program);
  let second: readonly Operation[] = [];
  if (lexer.atName('else')) {
    lexer.advance();
    second = branch(program);
  }
  let equals = 0;
  for (const [k, value] of [...bits.values()].entries()) equals += value * 2 ** k;
  program.emitIf([...bits.keys()], equals, holds ? [first, second] : [second, first], from);
}

/** `for int i in [0:4] { ... }`: the body is read once for every value. */
function loop(program: Program): void {
  const lexer: Lexer = program.lexer;
  lexer.advance();
  if (NUMBERS.has(lexer.text)) {
    lexer.advance();
    optionalSize(program);
  }
  const name = lexer.name('a name for the loop variable');
  if (!lexer.atName('in')) lexer.fail('QASM_SYNTAX', '"in"');
  lexer.advance();
  const values = loopValues(program);
  const start = lexer.start;
  let turns = 0;
  for (const value of values) {
    program.spend(LOOP_COST, start);
    if (turns++ > 0) lexer.seek(start);
    block(program, new Map([[name, { kind: 'value', value: whole(value) }]]));
  }
  if (turns === 0) skip(program);
}

function loopValues(program: Program): Iterable<number> {
  const lexer: Lexer = program.lexer;
  const { expressions, resolve } = program;
  const part = (): number => expressions.integer(resolve, -INTEGER_MAX, INTEGER_MAX, 'a bound');
  if (lexer.at('{')) return braced(program, part);
  lexer.expect('[', '"[" and a range, or "{" and a set');
  const first = part();
  lexer.expect(':');
  let last = part();
  let step = 1;
  if (lexer.accept(':')) {
    step = last;
    last = part();
  }
  if (step === 0) lexer.fail('QASM_RANGE', 'a step other than 0');
  lexer.expect(']');
  return range(first, step, last);
}

function* range(first: number, step: number, last: number): Iterable<number> {
  for (let i = first; step > 0 ? i <= last : i >= last; i += step) yield i;
}

/** Passes over a body that is never run. */
function skip(program: Program): void {
  const lexer: Lexer = program.lexer;
  const braces = lexer.at('{');
  let depth = 0;
  for (;;) {
    if (lexer.kind === 'end') lexer.fail('QASM_SYNTAX', braces ? '"}"' : '";"');
    if (lexer.at('{')) depth++;
    if (lexer.at('}')) depth--;
    const done = depth === 0 && (lexer.at('}') || (!braces && lexer.at(';')));
    lexer.advance();
    if (done) return;
  }
}
