import { controlledGate, GATE_DEPTH_MAX, inverseGate, powerGate, type Gate } from './gate.ts';
import type { Lexer } from './lexer.ts';
import { operands } from './operands.ts';
import { QUBITS_DECLARED_MAX, type Program } from './program.ts';
import { calledGate, callParams, checkParams } from './statements.ts';

const MODIFIERS = new Set(['ctrl', 'negctrl', 'inv', 'pow']);

/** A gate with its modifiers; each acts on everything to its right. */
export function modifiedCall(program: Program): void {
  const lexer: Lexer = program.lexer;
  const from = lexer.start;
  const modifiers: ((gate: Gate) => Gate)[] = [];
  while (lexer.kind === 'name' && MODIFIERS.has(lexer.text)) {
    modifiers.push(modifier(program));
    if (modifiers.length > GATE_DEPTH_MAX) lexer.fail('QASM_LIMIT', `at most ${GATE_DEPTH_MAX} modifiers`);
  }
  if (lexer.kind !== 'name') lexer.fail('QASM_SYNTAX', 'a gate');
  let gate = calledGate(program);
  lexer.advance();
  const params = callParams(program, program.resolve);
  checkParams(program, gate, params, from);
  for (const change of modifiers.reverse()) gate = change(gate);
  if (gate.depth > GATE_DEPTH_MAX)
    lexer.fail(
      'QASM_LIMIT',
      `at most ${GATE_DEPTH_MAX} levels of gate definitions and modifiers`,
      from,
      lexer.previousEnd,
    );
  const places: number[] = [];
  const on = gate.qubits === 0 && lexer.at(';') ? [] : operands(program, places);
  program.call(gate, params, on, places, from);
  lexer.expect(';', on.length < gate.qubits ? '","' : '";"');
}

function modifier(program: Program): (gate: Gate) => Gate {
  const lexer: Lexer = program.lexer;
  const name = lexer.text;
  lexer.advance();
  if (name === 'inv') {
    lexer.expect('@');
    return inverseGate;
  }
  if (name === 'pow') {
    lexer.expect('(');
    const from = lexer.start;
    const exponent = program.expressions.angle(program.resolve);
    if (typeof exponent !== 'number')
      lexer.fail('QASM_UNSUPPORTED', 'an exponent that is known before the run', from, lexer.previousEnd);
    lexer.expect(')');
    lexer.expect('@');
    return (gate) => powerGate(gate, exponent);
  }
  let count = 1;
  if (lexer.accept('(')) {
    count = program.expressions.integer(program.resolve, 1, QUBITS_DECLARED_MAX, 'a number of controls');
    lexer.expect(')');
  }
  lexer.expect('@');
  return (gate) => controlledGate(gate, count, name === 'negctrl');
}
