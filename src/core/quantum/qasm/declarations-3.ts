import { parameter } from '../circuit/angle.ts';
import { real, whole, type Value } from './expression.ts';
import type { Lexer } from './lexer.ts';
import { listOf, operand } from './operands.ts';
import { include, registerDeclaration } from './program-2.ts';
import type { Program } from './program.ts';
import { gateDefinition, measureInto } from './statements.ts';

/** A register size or whole number of OpenQASM 3; the limit of all registers (program.ts) gives the better message. */
const SIZE_MAX = 1_000_000_000;
const INTEGER_MAX = Number.MAX_SAFE_INTEGER;

/** Statements that stand outside of all blocks. */
export function declaration(program: Program, text: string, statement: () => void): void {
  const lexer: Lexer = program.lexer;
  if (program.scopes.length > 1) lexer.fail('QASM_SYNTAX', `"${text}" outside of all blocks`);
  switch (text) {
    case 'include':
      return include(program);
    case 'gate':
      return gateDefinition(program, statement);
    case 'qubit': {
      lexer.advance();
      const size = optionalSize(program);
      const from = lexer.start;
      program.declareRegister('qubits', lexer.name('a name for the qubits'), size, from);
      return lexer.expect(';');
    }
    case 'input':
      return input(program);
    case 'output':
      lexer.advance();
      if (!lexer.atName('bit')) lexer.fail('QASM_UNSUPPORTED', 'an output of type bit; others are not supported');
      return bitDeclaration(program);
    default:
      return registerDeclaration(program);
  }
}

/** `[n]` after a type; null without. */
export function optionalSize(program: Program): number | null {
  const lexer: Lexer = program.lexer;
  if (!lexer.accept('[')) return null;
  const size = program.expressions.integer(program.resolve, 1, SIZE_MAX, 'a size');
  lexer.expect(']');
  return size;
}

/** `bit[2] c;`, also with a measurement or zeros as first value. */
export function bitDeclaration(program: Program): void {
  const lexer: Lexer = program.lexer;
  if (program.scopes.length > 1) lexer.fail('QASM_SYNTAX', '"bit" outside of all blocks');
  lexer.advance();
  const size = optionalSize(program);
  const from = lexer.start;
  const name = lexer.name('a name for the bits');
  program.declareRegister('bits', name, size, from);
  if (lexer.accept('=')) {
    if (lexer.atName('measure')) return measured(program, program.clbits - (size ?? 1), size, from);
    const zeros =
      (lexer.kind === 'string' && /^["']0*["']$/.test(lexer.text)) || lexer.text === '0' || lexer.text === 'false';
    if (!zeros) lexer.fail('QASM_UNSUPPORTED', 'a measurement or zeros; other first values of bits are not supported');
    lexer.advance();
  }
  lexer.expect(';');
}

/** `measure q;` as the value of bits from `offset` on. */
function measured(program: Program, offset: number, size: number | null, from: number): void {
  const lexer: Lexer = program.lexer;
  lexer.advance();
  const qubits = operand(program, 'qubits');
  const bits = size === null ? offset : Array.from({ length: size }, (_, i) => offset + i);
  measureInto(program, qubits, bits, from);
  lexer.expect(';');
}

function input(program: Program): void {
  const lexer: Lexer = program.lexer;
  lexer.advance();
  if (!lexer.atName('float') && !lexer.atName('angle'))
    lexer.fail('QASM_UNSUPPORTED', 'an input of type float or angle; others are not supported');
  lexer.advance();
  optionalSize(program);
  const from = lexer.start;
  const name = lexer.name('a name for the input');
  program.declare(name, { kind: 'value', value: real(parameter(name)) }, from);
  program.parameters.push(name);
  lexer.expect(';');
}

/** `int[32] n = 3;` with the type as current token. Without assignments later, every such value is a constant. */
export function constant(program: Program): void {
  const lexer: Lexer = program.lexer;
  const type = lexer.text;
  lexer.advance();
  optionalSize(program);
  const from = lexer.start;
  const name = lexer.name('a name for the constant');
  if (lexer.at(';'))
    lexer.fail('QASM_UNSUPPORTED', `"=" and a value for ${name}: variables are not supported, constants are`);
  lexer.expect('=', '"=" and a value');
  if (lexer.atName('measure')) lexer.fail('QASM_TYPE', 'a number; measurements go into bits');
  const isWhole = type === 'int' || type === 'uint' || type === 'bool';
  const min = type === 'int' ? -INTEGER_MAX : 0;
  const max = type === 'bool' ? 1 : INTEGER_MAX;
  const value: Value = isWhole
    ? whole(program.expressions.integer(program.resolve, min, max, `a value of type ${type}`))
    : { ...program.expressions.value(program.resolve), whole: false };
  program.declare(name, { kind: 'value', value }, from);
  lexer.expect(';');
}

/** `let a = q[0:1] ++ r;` */
export function alias(program: Program): void {
  const lexer: Lexer = program.lexer;
  lexer.advance();
  const from = lexer.start;
  const name = lexer.name('a name for the alias');
  lexer.expect('=');
  const kind = program.find(lexer.text)?.kind === 'bits' ? 'bits' : 'qubits';
  const first = operand(program, kind);
  let all = first;
  while (lexer.accept('++')) all = [...listOf(all), ...listOf(operand(program, kind))];
  program.spend(listOf(all).length, from);
  program.declare(name, { kind, operand: all }, from);
  lexer.expect(';');
}
