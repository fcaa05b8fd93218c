import type { Circuit } from '../circuit/circuit.ts';
import { ok, type Result } from '../../lib/result.ts';
import { QasmStop, type QasmFailure } from './failure.ts';
import { Lexer } from './lexer.ts';
import { LIBRARY_2, LIBRARY_3 } from './library.ts';
import { Program } from './program.ts';
import { readProgram2 } from './program-2.ts';
import { readProgram3 } from './program-3.ts';

/** The longest string that a browser may hold is 512 Mi units; a million gates are about 30 million. */
const TEXT_MAX = 2 ** 28;

/**
 * The circuit of an OpenQASM 2 or 3 program; without a header the program is of version 2 and knows qelib1.inc.
 * Version 2 is the whole language, version 3 the part that describes circuits (program-3.ts). Never throws on a text: a failure
 * names line, column, what was found there and what was expected. Qubits are laid out in the order of declaration.
 */
export function parseQasm(text: string): Result<Circuit, QasmFailure> {
  try {
    return ok(read(text));
  } catch (stop) {
    if (!(stop instanceof QasmStop)) throw stop;
    return { ok: false, error: stop.failure };
  }
}

function read(text: string): Circuit {
  const lexer = new Lexer(text);
  if (text.length > TEXT_MAX) lexer.fail('QASM_LIMIT', `a text of at most ${TEXT_MAX} characters`);
  if (lexer.kind === 'end') lexer.fail('QASM_SYNTAX', 'an OpenQASM program, such as "OPENQASM 2.0;"');
  const version = header(lexer);
  const program = new Program(lexer, version ?? 2, version === 3 ? LIBRARY_3 : LIBRARY_2);
  if (version === null) program.included = true;
  if (version === 3) readProgram3(program);
  else readProgram2(program);
  return program.finish();
}

/** Null without a header. */
function header(lexer: Lexer): 2 | 3 | null {
  if (!lexer.atName('OPENQASM')) return null;
  lexer.advance();
  if (lexer.kind !== 'integer' && lexer.kind !== 'real') lexer.fail('QASM_SYNTAX', 'a version, 2.0 or 3.0');
  const major = /^([23])(?:\.\d+)?$/.exec(lexer.text)?.[1];
  if (major === undefined) lexer.fail('QASM_VERSION', 'version 2.0 or 3.0');
  lexer.advance();
  lexer.expect(';');
  return major === '2' ? 2 : 3;
}
