import type { Angle } from '../circuit/angle.ts';
import { parameter } from '../circuit/angle.ts';
import { substitute } from './angle-size.ts';
import { real, type Resolve } from './expression.ts';
import { GateProblem } from './failure.ts';
import { opaqueGate, type Gate } from './gate.ts';
import type { Lexer } from './lexer.ts';
import { ownDefinition } from './own-definitions.ts';
import { listOf, operand, operands } from './operands.ts';
import type { Body, BodyStep, Named, Operand, Program } from './program.ts';

const NO_PARAMS: readonly Angle[] = [];

/** Angles in parentheses after a gate's name; `()` is none. */
export function callParams(program: Program, resolve: Resolve): readonly Angle[] {
  const lexer: Lexer = program.lexer;
  if (!lexer.accept('(')) return NO_PARAMS;
  if (lexer.accept(')')) return NO_PARAMS;
  const params: Angle[] = [];
  do params.push(program.expressions.angle(resolve));
  while (lexer.accept(','));
  lexer.expect(')', 'an operator, "," or ")"');
  return params;
}

export function checkParams(program: Program, gate: Gate, params: readonly Angle[], from: number): void {
  const lexer: Lexer = program.lexer;
  if (params.length === gate.params) return;
  const plural = gate.params === 1 ? 'angle' : 'angles';
  lexer.fail('QASM_TYPE', `${gate.params} ${plural} for ${gate.name}, not ${params.length}`, from, lexer.previousEnd);
}

/** `name(angles) qubits;` with the name as current token. */
export function gateCall(program: Program): void {
  const lexer: Lexer = program.lexer;
  const from = lexer.start;
  const gate = calledGate(program);
  lexer.advance();
  const params = callParams(program, program.resolve);
  checkParams(program, gate, params, from);
  const places: number[] = [];
  const on = gate.qubits === 0 && lexer.at(';') ? [] : operands(program, places);
  program.call(gate, params, on, places, from);
  lexer.expect(';', on.length < gate.qubits ? '","' : '";"');
}

export function calledGate(program: Program): Gate {
  const lexer: Lexer = program.lexer;
  const name = lexer.text;
  const gate = program.gate(name);
  if (gate !== undefined && name !== program.defining) return gate;
  if (name === program.defining)
    lexer.fail('QASM_RECURSION', `a gate that is defined before: ${name} calls itself, which OpenQASM does not allow`);
  const named = program.find(name);
  if (named !== undefined) lexer.fail('QASM_TYPE', `a statement or a gate: ${name} is declared as something else`);
  const { hard, soft, include } = program.library;
  if (hard.has(name) || soft.has(name))
    lexer.fail('QASM_NAME', `a gate that is defined before; ${name} comes with include "${include}";`);
  return lexer.fail('QASM_NAME', 'a statement, or a gate that is defined before with "gate"');
}

/** `gate name(a, b) q, r { ... }`; statements of the body are read by `statement`. */
export function gateDefinition(program: Program, statement: () => void): void {
  const lexer: Lexer = program.lexer;
  const start = lexer.start;
  lexer.advance();
  const { name, from, params, qubits } = signature(program);
  lexer.expect('{');
  const body: Body = { steps: [], cost: 1, depth: 1 };
  const scope = new Map<string, Named>();
  for (const formal of params) scope.set(formal, { kind: 'value', value: real(parameter(formal)) });
  for (const [i, formal] of qubits.entries()) scope.set(formal, { kind: 'qubits', operand: i });
  program.scopes.push(scope);
  program.body = body;
  program.defining = name;
  while (!lexer.at('}')) {
    if (lexer.kind === 'end') lexer.fail('QASM_SYNTAX', `"}" at the end of gate ${name}`);
    statement();
  }
  program.defining = null;
  program.body = null;
  program.scopes.pop();
  const text = lexer.source.slice(start, lexer.end);
  lexer.advance();
  const gate = ownGate(text, name, program.version, body) ?? defined(name, params, qubits.length, body);
  program.declare(name, { kind: 'gate', gate }, from);
}

/** The gate of the representation whose definition by print-qasm.ts this is, letter for letter. */
function ownGate(text: string, name: string, version: 2 | 3, body: Body): Gate | null {
  const own = ownDefinition(name, version);
  const same = own?.text === text && body.steps.every((step) => step.kind === 'call' && step.gate.trusted);
  return same ? own.gate : null;
}

/** `opaque name(a) q, r;` */
export function opaqueDefinition(program: Program): void {
  const lexer: Lexer = program.lexer;
  lexer.advance();
  const { name, from, params, qubits } = signature(program);
  lexer.expect(';');
  program.declare(name, { kind: 'gate', gate: opaqueGate(name, params.length, qubits.length) }, from);
}

function signature(program: Program): { name: string; from: number; params: string[]; qubits: string[] } {
  const lexer: Lexer = program.lexer;
  const from = lexer.start;
  const name = lexer.name('a name for the gate');
  const params: string[] = [];
  const qubits: string[] = [];
  const formal = (into: string[], what: string): void => {
    const twice = params.includes(lexer.text) || qubits.includes(lexer.text);
    if (lexer.kind === 'name' && twice) lexer.fail('QASM_NAME', `a new name for ${what} of ${name}`);
    into.push(lexer.name(`a name for ${what} of ${name}`));
  };
  if (lexer.accept('(') && !lexer.accept(')')) {
    do formal(params, 'an angle');
    while (lexer.accept(','));
    lexer.expect(')', '"," or ")"');
  }
  do formal(qubits, 'a qubit');
  while (lexer.accept(','));
  return { name, from, params, qubits };
}

function defined(name: string, params: readonly string[], qubits: number, body: Body): Gate {
  const { steps } = body;
  return {
    name,
    params: params.length,
    qubits,
    cost: body.cost,
    depth: body.depth,
    trusted: false,
    build: (angles, on, out) => {
      const values = new Map(params.map((formal, i) => [formal, angles[i] as Angle]));
      for (const step of steps) {
        const places = step.qubits.map((place) => on[place] as number);
        if (step.kind === 'barrier') out.push({ kind: 'barrier', qubits: places });
        else step.gate.build(bound(step, values, name), places, out);
      }
    },
  };
}

function bound(step: BodyStep & { kind: 'call' }, values: ReadonlyMap<string, Angle>, name: string): readonly Angle[] {
  if (values.size === 0 || step.params.length === 0) return step.params;
  return step.params.map((angle) => {
    const result = substitute(angle, values);
    if (result === null)
      throw new GateProblem('QASM_LIMIT', `an angle within ${name} that does not grow with each level`);
    return result;
  });
}

/** `barrier q, r[0];`; without operands all qubits. */
export function barrier(program: Program): void {
  const lexer: Lexer = program.lexer;
  const from = lexer.start;
  lexer.advance();
  const all = (): Operand[] => [Array.from({ length: program.qubits }, (_, i) => i)];
  const on = lexer.at(';') && program.body === null ? all() : operands(program, []);
  lexer.expect(';', '"," or ";"');
  const named = on.length === 1 ? listOf(on[0] as Operand) : on.flatMap(listOf);
  // A qubit that is named twice stands behind one barrier; registers, which may be large, name none twice.
  const qubits = named.every((qubit, i) => i === 0 || qubit > (named[i - 1] as number)) ? named : [...new Set(named)];
  program.spend(qubits.length, from);
  if (program.body === null) program.emit({ kind: 'barrier', qubits }, from);
  else {
    program.body.steps.push({ kind: 'barrier', qubits });
    program.body.cost += 1 + qubits.length;
  }
}

export function reset(program: Program): void {
  const lexer: Lexer = program.lexer;
  const from = lexer.start;
  lexer.advance();
  const on = operand(program, 'qubits');
  lexer.expect(';');
  for (const qubit of listOf(on)) {
    program.spend(1, from);
    program.emit({ kind: 'reset', qubit }, from);
  }
}

/** Measures qubit by qubit; both sides have the same size. */
export function measureInto(program: Program, qubits: Operand, bits: Operand, from: number): void {
  const [from1, to1] = [listOf(qubits), listOf(bits)];
  if (from1.length !== to1.length)
    program.lexer.fail(
      'QASM_TYPE',
      `as many classical bits as qubits: ${from1.length} qubits are measured into ${to1.length} bits`,
      from,
      program.lexer.previousEnd,
    );
  for (let k = 0; k < from1.length; k++) {
    program.spend(1, from);
    program.emit({ kind: 'measure', qubit: from1[k] as number, clbit: to1[k] as number }, from);
  }
}

/** `measure q -> c;` with `measure` as current token. */
export function measureArrow(program: Program): void {
  const lexer: Lexer = program.lexer;
  const from = lexer.start;
  lexer.advance();
  const qubits = operand(program, 'qubits');
  lexer.expect('->', '"->" and a classical bit');
  const bits = operand(program, 'bits');
  measureInto(program, qubits, bits, from);
  lexer.expect(';');
}
