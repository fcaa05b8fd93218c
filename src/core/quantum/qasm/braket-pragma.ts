import { UNITARITY_MAX, UNITARY_QUBITS_MAX } from '../circuit/check.ts';
import { unitarityError } from '../circuit/gate-table.ts';
import type { Lexer } from './lexer.ts';
import { listOf, operands } from './operands.ts';
import type { Program } from './program.ts';

/**
 * Amazon Braket puts matrices and noise into pragmas (developer guide, "Braket OpenQASM pragmas"). Matrices are read, noise is
 * refused rather than lost; requests for results and verbatim boxes change nothing here.
 */
export function braketPragma(program: Program): void {
  const lexer: Lexer = program.lexer;
  const { start, text } = lexer;
  const kind = /^#\s*pragma\s+braket\s+([a-z_]+)/.exec(text)?.[1];
  if (kind === 'noise')
    lexer.fail('QASM_UNSUPPORTED', "a circuit without Braket's noise pragma, which is not supported");
  if (kind !== 'unitary') return lexer.advance();
  if (program.body !== null) lexer.fail('QASM_SYNTAX', 'a gate, barrier, for or "}" within a gate definition');
  const lineEnd = lexer.end;
  lexer.seek(start + text.indexOf('unitary') + 'unitary'.length);
  const bracket = lexer.accept('(');
  const rows = matrixRows(program);
  if (bracket) lexer.expect(')');
  const places: number[] = [];
  const on = operands(program, places).flatMap(listOf);
  const to = lexer.previousEnd;
  const size = 2 ** on.length;
  // The first qubit is the highest bit of Braket's matrices, the first target the lowest of ours.
  const targets = on.toReversed();
  if (to > lineEnd) lexer.fail('QASM_SYNTAX', 'a pragma that ends on its line', start, lineEnd);
  if (new Set(on).size < on.length) lexer.fail('QASM_DUPLICATE', 'different qubits for the matrix', places[0], to);
  if (on.length > UNITARY_QUBITS_MAX)
    lexer.fail('QASM_LIMIT', `a matrix on at most ${UNITARY_QUBITS_MAX} qubits`, places[0], to);
  if (rows.length !== size || rows.some((row) => row.length !== 2 * size))
    lexer.fail('QASM_TYPE', `a matrix of ${size} rows of ${size} numbers for ${on.length} qubits`, start, to);
  const matrix = Float64Array.from(rows.flat());
  const error = unitarityError(matrix);
  if (!(error <= UNITARITY_MAX))
    lexer.fail('QASM_VALUE', `a unitary matrix (this is off by ${error.toExponential(1)})`, start, to);
  program.spend(matrix.length, start);
  program.emit({ kind: 'unitary', label: 'unitary', matrix, targets, controls: [] }, start);
}

/** `[[1, 0], [0, 0.6+0.8im]]`, interleaved re, im. */
function matrixRows(program: Program): number[][] {
  const lexer: Lexer = program.lexer;
  const rows: number[][] = [];
  lexer.expect('[');
  do {
    const row: number[] = [];
    lexer.expect('[');
    do row.push(...complexNumber(lexer));
    while (lexer.accept(','));
    lexer.expect(']', '"," or "]"');
    rows.push(row);
    program.spend(row.length);
  } while (lexer.accept(','));
  lexer.expect(']', '"," or "]"');
  return rows;
}

/** Terms with signs, real or with `im`. */
function complexNumber(lexer: Lexer): [re: number, im: number] {
  const sum: [number, number] = [0, 0];
  for (let first = true; first || lexer.at('+') || lexer.at('-'); first = false) {
    const sign = lexer.at('-') ? -1 : 1;
    if (lexer.at('+') || lexer.at('-')) lexer.advance();
    const imaginary = lexer.is('imaginary');
    if (!imaginary && !lexer.is('integer') && !lexer.is('real'))
      lexer.fail('QASM_SYNTAX', 'a number such as 0.5-0.5im');
    sum[imaginary ? 1 : 0] += sign * Number(lexer.text.replace(/im$/, ''));
    lexer.advance();
  }
  return sum;
}
