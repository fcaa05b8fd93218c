import type { Operation } from '../circuit/circuit.ts';
import type { Lexer } from './lexer.ts';
import type { Program } from './program.ts';
import { barrier, gateCall, gateDefinition, measureArrow, opaqueDefinition, reset } from './statements.ts';

/** A condition compares a whole register, whose value a double must hold exactly. */
export const CONDITION_BITS_MAX = 53;
/** Registers up to here are far below the limit of all registers (program.ts), which gives the better message. */
const SIZE_MAX = 1_000_000_000;

const KEYWORDS_3 = new Set([
  'qubit',
  'bit',
  'for',
  'while',
  'def',
  'const',
  'let',
  'input',
  'ctrl',
  'negctrl',
  'inv',
  'pow',
]);

/** The statements of OpenQASM 2 (arXiv:1707.03429, appendix A) until the end of the text. */
export function readProgram2(program: Program): void {
  const lexer: Lexer = program.lexer;
  while (lexer.kind !== 'end') statement(program);
}

function statement(program: Program): void {
  const lexer: Lexer = program.lexer;
  if (lexer.kind === 'line') return lexer.advance();
  if (lexer.kind !== 'name') lexer.fail('QASM_SYNTAX', 'a statement');
  switch (lexer.text) {
    case 'qreg':
    case 'creg':
      return registerDeclaration(program);
    case 'gate':
      return gateDefinition(program, () => bodyStatement(program));
    case 'opaque':
      return opaqueDefinition(program);
    case 'include':
      return include(program);
    case 'if':
      return conditional(program);
    default:
      return operation(program);
  }
}

function operation(program: Program): void {
  const lexer: Lexer = program.lexer;
  switch (lexer.kind === 'name' ? lexer.text : '') {
    case 'measure':
      return measureArrow(program);
    case 'reset':
      return reset(program);
    case 'barrier':
      return barrier(program);
    case '':
      return lexer.fail('QASM_SYNTAX', 'a gate, measure, reset or barrier');
    case 'if':
    case 'qreg':
    case 'creg':
    case 'gate':
    case 'opaque':
    case 'include':
      return lexer.fail('QASM_SYNTAX', 'a gate, measure, reset or barrier after a condition');
    case 'OPENQASM':
      return lexer.fail('QASM_SYNTAX', 'the version only once, as the first statement');
    default:
      if (KEYWORDS_3.has(lexer.text) && program.gate(lexer.text) === undefined)
        lexer.fail(
          'QASM_SYNTAX',
          'a statement of OpenQASM 2; this is one of OpenQASM 3, which begins with "OPENQASM 3;"',
        );
      return gateCall(program);
  }
}

function bodyStatement(program: Program): void {
  const lexer: Lexer = program.lexer;
  if (lexer.atName('barrier')) return barrier(program);
  if (lexer.kind !== 'name') lexer.fail('QASM_SYNTAX', 'a gate, barrier or "}"');
  if (['measure', 'reset', 'if', 'qreg', 'creg', 'gate', 'opaque', 'include'].includes(lexer.text))
    lexer.fail('QASM_SYNTAX', 'a gate, barrier or "}" within a gate definition');
  return gateCall(program);
}

/** `qreg q[3];` in both languages. */
export function registerDeclaration(program: Program): void {
  const lexer: Lexer = program.lexer;
  const kind = lexer.text === 'qreg' ? 'qubits' : 'bits';
  lexer.advance();
  const from = lexer.start;
  const name = lexer.name('a name for the register');
  if (program.version === 3 && !lexer.at('[')) {
    program.declareRegister(kind, name, null, from);
    return lexer.expect(';');
  }
  lexer.expect('[', '"[" and the size of the register');
  if (program.version === 2 && lexer.kind !== 'integer')
    lexer.fail('QASM_SYNTAX', 'the size of the register, a whole number');
  const size = program.expressions.integer(program.resolve, 1, SIZE_MAX, 'a size of the register');
  lexer.expect(']');
  program.declareRegister(kind, name, size, from);
  lexer.expect(';');
}

/** `include "file";`: the library of the version, which is built in. */
export function include(program: Program): void {
  const lexer: Lexer = program.lexer;
  const { library } = program;
  lexer.advance();
  if (lexer.kind !== 'string') lexer.fail('QASM_SYNTAX', `a file name in quotes, "${library.include}"`);
  const file = lexer.text.slice(1, -1);
  if (file !== library.include)
    lexer.fail(
      'QASM_INCLUDE',
      `"${library.include}", the only file that is built in; put other definitions into the program`,
    );
  for (const name of library.hard.keys())
    if (!program.included && program.scopes[0]?.get(name)?.kind === 'gate')
      lexer.fail('QASM_NAME', `the include before ${name} is declared, since the file defines it, too`);
  program.included = true;
  lexer.advance();
  lexer.expect(';');
}

/** `if (c == 3) operation` */
function conditional(program: Program): void {
  const lexer: Lexer = program.lexer;
  const from = lexer.start;
  lexer.advance();
  lexer.expect('(');
  if (lexer.kind !== 'name') lexer.fail('QASM_SYNTAX', 'a classical register');
  const named = program.find(lexer.text);
  if (named === undefined) lexer.fail('QASM_NAME', 'a classical register that is declared before');
  if (named.kind !== 'bits' || typeof named.operand === 'number') lexer.fail('QASM_TYPE', 'a classical register');
  const clbits = named.operand;
  if (clbits.length > CONDITION_BITS_MAX)
    lexer.fail('QASM_LIMIT', `a register of at most ${CONDITION_BITS_MAX} bits in a condition`);
  lexer.advance();
  lexer.expect('==');
  if (!lexer.is('integer')) lexer.fail('QASM_SYNTAX', 'a whole number');
  const equals = Number(lexer.text);
  if (equals > Number.MAX_SAFE_INTEGER) lexer.fail('QASM_RANGE', 'a whole number up to 9007199254740991');
  lexer.advance();
  lexer.expect(')');
  const outer = program.out;
  const then: Operation[] = [];
  program.out = then;
  operation(program);
  program.out = outer;
  program.emitIf(clbits, equals, [then, []], from);
}
