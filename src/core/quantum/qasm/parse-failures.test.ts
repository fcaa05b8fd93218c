import { describe, expect, it } from 'vitest';
import { Prng } from '../../lib/prng.ts';
import { parseQasm } from './parse-qasm.ts';

const TWO = 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[3]; creg c[2];\n';
const THREE = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[3] q; bit[2] c;\n';
const long = (line: number): string => '\n'.repeat(line - 4);

/** program, code, line, column, found, a part of what was expected. */
type Case = readonly [text: string, code: string, line: number, column: number, found: string, expected: string];

const CASES_2: readonly Case[] = [
  ['', 'QASM_SYNTAX', 1, 1, '', 'an OpenQASM program'],
  ['// nothing\n', 'QASM_SYNTAX', 2, 1, '', 'an OpenQASM program'],
  ['OPENQASM 2.0', 'QASM_SYNTAX', 1, 13, '', '";"'],
  ['OPENQASM two;', 'QASM_SYNTAX', 1, 10, 'two', 'a version'],
  ['OPENQASM 4.0;', 'QASM_VERSION', 1, 10, '4.0', 'version 2.0 or 3.0'],
  ['OPENQASM 2.0;\nOPENQASM 2.0;', 'QASM_SYNTAX', 2, 1, 'OPENQASM', 'only once'],
  ['OPENQASM 2.0;\ninclude "mylib.inc";', 'QASM_INCLUDE', 2, 9, '"mylib.inc"', '"qelib1.inc"'],
  ['OPENQASM 2.0;\ninclude qelib1;', 'QASM_SYNTAX', 2, 9, 'qelib1', 'in quotes'],
  ['OPENQASM 2.0;\ninclude "qelib1.inc\n;', 'QASM_SYNTAX', 2, 9, '"qelib1.inc', 'ends on its line'],
  ['OPENQASM 2.0;\nqreg q[1];\nh q[0];', 'QASM_NAME', 3, 1, 'h', 'include "qelib1.inc";'],
  [`${TWO}foo q[0];`, 'QASM_NAME', 4, 1, 'foo', 'defined before'],
  [`${TWO}q q[0];`, 'QASM_TYPE', 4, 1, 'q', 'declared as something else'],
  [`${TWO}x r[0];`, 'QASM_NAME', 4, 3, 'r', 'declared before'],
  [`${TWO}x c[0];`, 'QASM_TYPE', 4, 3, 'c', 'c is a classical register'],
  [`${TWO}measure q[0] -> q[1];`, 'QASM_TYPE', 4, 17, 'q', 'q is a quantum register'],
  [`${TWO}x q[3];`, 'QASM_RANGE', 4, 5, '3', 'an index from 0 to 2'],
  [`${TWO}x q[99999999999999999999];`, 'QASM_RANGE', 4, 5, '99999999999999999999', 'an index from 0 to 2'],
  [`${TWO}x q[-1];`, 'QASM_SYNTAX', 4, 5, '-', 'a whole number'],
  [`${TWO}x q[0.5];`, 'QASM_SYNTAX', 4, 5, '0.5', 'a whole number'],
  [`${TWO}x q[0;`, 'QASM_SYNTAX', 4, 6, ';', '"]"'],
  [`${TWO}cx q[1],q[1];`, 'QASM_DUPLICATE', 4, 9, 'q[1]', 'different qubits for cx'],
  [`${TWO}ccx q[0],q[1],q[0];`, 'QASM_DUPLICATE', 4, 15, 'q[0]', 'different qubits for ccx'],
  [`${TWO}cx q,q;`, 'QASM_DUPLICATE', 4, 6, 'q', 'different qubits for cx'],
  [`${TWO}cx q[0];`, 'QASM_TYPE', 4, 1, 'cx q[0]', '2 qubits for cx, not 1'],
  [`${TWO}h q[0],q[1];`, 'QASM_TYPE', 4, 1, 'h q[0],q[1]', '1 qubits for h, not 2'],
  [`${TWO}rx q[0];`, 'QASM_TYPE', 4, 1, 'rx', '1 angle for rx, not 0'],
  [`${TWO}h(1) q[0];`, 'QASM_TYPE', 4, 1, 'h(1)', '0 angles for h, not 1'],
  [`${TWO}u3(1,2) q[0];`, 'QASM_TYPE', 4, 1, 'u3(1,2)', '3 angles for u3, not 2'],
  [`${TWO}qreg r[2]; cx q,r;`, 'QASM_TYPE', 4, 17, 'r', 'this has 2 qubits, the one before 3'],
  [`${TWO}measure q -> c;`, 'QASM_TYPE', 4, 1, 'measure q -> c', '3 qubits are measured into 2 bits'],
  [`${TWO}measure q[0];`, 'QASM_SYNTAX', 4, 13, ';', '"->"'],
  [`${TWO}rx(1/0) q[0];`, 'QASM_VALUE', 4, 4, '1/0', 'this is Infinity'],
  [`${TWO}rx(ln(0)) q[0];`, 'QASM_VALUE', 4, 4, 'ln(0)', 'this is -Infinity'],
  [`${TWO}rx(sqrt(-1)) q[0];`, 'QASM_VALUE', 4, 4, 'sqrt(-1)', 'this is NaN'],
  [`${TWO}rx(1e999) q[0];`, 'QASM_VALUE', 4, 4, '1e999', 'below 1.8e308'],
  [`${TWO}rx(a) q[0];`, 'QASM_NAME', 4, 4, 'a', 'a number, pi, a parameter'],
  [`${TWO}rx(q) q[0];`, 'QASM_TYPE', 4, 4, 'q', 'q is a quantum register'],
  [`${TWO}rx() q[0];`, 'QASM_TYPE', 4, 1, 'rx()', '1 angle for rx, not 0'],
  [`${TWO}rx(1 q[0];`, 'QASM_SYNTAX', 4, 6, 'q', 'an operator, "," or ")"'],
  [`${TWO}rx(1+) q[0];`, 'QASM_SYNTAX', 4, 6, ')', 'a number, pi'],
  [`${TWO}rx(sin 1) q[0];`, 'QASM_SYNTAX', 4, 8, '1', '"(" after sin'],
  [`${TWO}rx(2pi) q[0];`, 'QASM_SYNTAX', 4, 4, '2pi', 'a number that ends before the letter'],
  [`${TWO}rx(2%1) q[0];`, 'QASM_SYNTAX', 4, 5, '%', 'an operator, "," or ")"'],
  [`${TWO}qreg q[2];`, 'QASM_NAME', 4, 6, 'q', 'q is declared already'],
  [`${TWO}creg q[2];`, 'QASM_NAME', 4, 6, 'q', 'q is declared already'],
  [`${TWO}qreg CX[2];`, 'QASM_NAME', 4, 6, 'CX', 'CX is a gate of the language or library'],
  [`${TWO}qreg pi[2];`, 'QASM_NAME', 4, 6, 'pi', 'pi is a constant'],
  [`${TWO}gate cx a,b { }`, 'QASM_NAME', 4, 6, 'cx', 'cx is a gate'],
  [`${TWO}gate g a { } gate g a { }`, 'QASM_NAME', 4, 19, 'g', 'g is declared already'],
  ['OPENQASM 2.0;\ngate h a { }\ninclude "qelib1.inc";', 'QASM_NAME', 3, 9, '"qelib1.inc"', 'the include before h'],
  [`${TWO}qreg r[0];`, 'QASM_RANGE', 4, 8, '0', 'a size of the register'],
  [`${TWO}qreg r[999999];`, 'QASM_LIMIT', 4, 6, 'r[999999]', 'at most 100000 qubits'],
  [`${TWO}qreg r;`, 'QASM_SYNTAX', 4, 7, ';', '"[" and the size'],
  [`${TWO}gate g a { g a; }`, 'QASM_RECURSION', 4, 12, 'g', 'g calls itself'],
  [`${TWO}gate ryy(t) a,b { ryy(t) a,b; }`, 'QASM_RECURSION', 4, 19, 'ryy', 'ryy calls itself'],
  [`${TWO}gate g a { later a; } gate later a { }`, 'QASM_NAME', 4, 12, 'later', 'defined before'],
  [`${TWO}gate g a { x b; }`, 'QASM_NAME', 4, 14, 'b', 'declared before'],
  [`${TWO}gate g a { x a[0]; }`, 'QASM_TYPE', 4, 15, '[', 'no index within a gate'],
  [`${TWO}gate g a,a { }`, 'QASM_NAME', 4, 10, 'a', 'a new name for a qubit of g'],
  [`${TWO}gate g(a) a { }`, 'QASM_NAME', 4, 11, 'a', 'a new name for a qubit of g'],
  [`${TWO}gate g a,b { cx a,a; }`, 'QASM_DUPLICATE', 4, 19, 'a', 'different qubits for cx'],
  [`${TWO}gate g a { measure a -> c[0]; }`, 'QASM_SYNTAX', 4, 12, 'measure', 'within a gate definition'],
  [`${TWO}gate g a { x a;`, 'QASM_SYNTAX', 4, 16, '', '"}" at the end of gate g'],
  [`${TWO}gate g { }`, 'QASM_SYNTAX', 4, 8, '{', 'a name for a qubit of g'],
  [`${TWO}gate g(t) a { rx(1/t) a; }\ng(0) q[0];`, 'QASM_VALUE', 5, 1, 'g(0) q[0]', 'inside of g are finite'],
  [`${TWO}opaque magic a;\nmagic q[0];`, 'QASM_OPAQUE', 5, 1, 'magic q[0]', 'magic is opaque'],
  [`${TWO}opaque magic a;\ngate g b { magic b; }\ng q[1];`, 'QASM_OPAQUE', 6, 1, 'g q[1]', 'magic is opaque'],
  [`${TWO}if(d==1) x q[0];`, 'QASM_NAME', 4, 4, 'd', 'a classical register'],
  [`${TWO}if(q==1) x q[0];`, 'QASM_TYPE', 4, 4, 'q', 'a classical register'],
  [`${TWO}if(c=1) x q[0];`, 'QASM_SYNTAX', 4, 5, '=', '"=="'],
  [`${TWO}if(c==-1) x q[0];`, 'QASM_SYNTAX', 4, 7, '-', 'a whole number'],
  [`${TWO}if(c==99999999999999999) x q[0];`, 'QASM_RANGE', 4, 7, '99999999999999999', '9007199254740991'],
  [`${TWO}if(c==1) qreg r[2];`, 'QASM_SYNTAX', 4, 10, 'qreg', 'after a condition'],
  [`${TWO}if(c==1) if(c==1) x q[0];`, 'QASM_SYNTAX', 4, 10, 'if', 'after a condition'],
  [`${TWO}creg w[60]; if(w==1) x q[0];`, 'QASM_LIMIT', 4, 16, 'w', 'at most 53 bits'],
  [`${TWO}x q[0]`, 'QASM_SYNTAX', 4, 7, '', '";"'],
  [`${TWO}x q[0] x q[1];`, 'QASM_SYNTAX', 4, 8, 'x', '";"'],
  [`${TWO}x q[0];;`, 'QASM_SYNTAX', 4, 8, ';', 'a statement'],
  [`${TWO}/* x q[0];`, 'QASM_SYNTAX', 4, 1, '/* x q[0];', '"*/"'],
  [`${TWO}qubit r;`, 'QASM_SYNTAX', 4, 1, 'qubit', 'OPENQASM 3;'],
  [`${TWO}barrier c;`, 'QASM_TYPE', 4, 9, 'c', 'c is a classical register'],
  [`${TWO}reset c;`, 'QASM_TYPE', 4, 7, 'c', 'c is a classical register'],
  [`${TWO}${long(1000)}x q[7];`, 'QASM_RANGE', 1000, 5, '7', 'an index from 0 to 2'],
  [`${TWO}\u{1F40D} q[0];`, 'QASM_SYNTAX', 4, 1, '\u{1F40D}', 'a statement'],
  [`${TWO}${'y'.repeat(50)} q[0];`, 'QASM_NAME', 4, 1, `${'y'.repeat(40)}…`, 'a gate that is defined before'],
];

const CASES_3: readonly Case[] = [
  ...['def', 'while', 'extern', 'cal', 'defcal', 'delay', 'stretch', 'switch', 'array', 'complex', 'end', 'nop'].map(
    (word): Case => [`${THREE}${word} a;`, 'QASM_UNSUPPORTED', 4, 1, word, `"${word}" is not supported`],
  ),
  [`${THREE}cnot q[0], q[0];`, 'QASM_DUPLICATE', 4, 12, 'q[0]', 'different qubits for cnot'],
  [`${THREE}x q[3];`, 'QASM_RANGE', 4, 5, '3', 'an index from 0 to 2'],
  [`${THREE}x q[-4];`, 'QASM_RANGE', 4, 5, '-4', 'an index from 0 to 2'],
  [`${THREE}x q[0.5];`, 'QASM_TYPE', 4, 5, '0.5', 'a whole number'],
  [`${THREE}x q[0:3];`, 'QASM_RANGE', 4, 8, ']', 'a last index from 0 to 2'],
  [`${THREE}x q[2:1];`, 'QASM_RANGE', 4, 8, ']', 'at least one index'],
  [`${THREE}x q[0:0:2];`, 'QASM_RANGE', 4, 10, ']', 'a step other than 0'],
  [`${THREE}x q[{}];`, 'QASM_RANGE', 4, 7, ']', 'at least one element'],
  [`${THREE}rx(1/2) q[0];`, 'QASM_VALUE', 4, 4, '1/2', 'write 1.0/2'],
  [`${THREE}rx(2^2) q[0];`, 'QASM_SYNTAX', 4, 5, '^', 'an operator'],
  [`${THREE}rx(2im) q[0];`, 'QASM_UNSUPPORTED', 4, 4, '2im', 'complex'],
  [`${THREE}int n;`, 'QASM_UNSUPPORTED', 4, 6, ';', 'variables are not supported'],
  [`${THREE}const n = 2;`, 'QASM_SYNTAX', 4, 7, 'n', 'a type'],
  [`${THREE}const int n = 0.5;`, 'QASM_TYPE', 4, 15, '0.5', 'a value of type int'],
  [`${THREE}const uint n = -1;`, 'QASM_RANGE', 4, 16, '-1', 'a value of type uint'],
  [`${THREE}const int n = 1; n = 2;`, 'QASM_UNSUPPORTED', 4, 18, 'n', 'known before the run'],
  [`${THREE}const float pi = 3;`, 'QASM_NAME', 4, 13, 'pi', 'pi is a constant'],
  [`${THREE}input int n;`, 'QASM_UNSUPPORTED', 4, 7, 'int', 'float or angle'],
  [`${THREE}input float a; input float a;`, 'QASM_NAME', 4, 28, 'a', 'a is declared already'],
  [`${THREE}input float a; x q[a];`, 'QASM_TYPE', 4, 20, 'a', 'known before the run'],
  [`${THREE}input float a; pow(a) @ x q[0];`, 'QASM_UNSUPPORTED', 4, 20, 'a', 'an exponent that is known'],
  [
    `${THREE}input float a; pow(0.5) @ u3(a, 0, 0) q[0];`,
    'QASM_UNSUPPORTED',
    4,
    16,
    'pow(0.5) @ u3(a, 0, 0) q[0]',
    'a whole power',
  ],
  [`${THREE}pow(1/2) @ x q[0];`, 'QASM_VALUE', 4, 5, '1/2', 'write 1.0/2'],
  [`${THREE}pow(1e12) @ x q[0];`, 'QASM_LIMIT', 4, 1, 'pow(1e12) @ x q[0]', 'at most 2000000 operations'],
  [`${THREE}ctrl(0) @ x q[0], q[1];`, 'QASM_RANGE', 4, 6, '0', 'a number of controls'],
  [`${THREE}ctrl x q[0], q[1];`, 'QASM_SYNTAX', 4, 6, 'x', '"@"'],
  [`${THREE}ctrl @ x q[0];`, 'QASM_TYPE', 4, 1, 'ctrl @ x q[0]', '2 qubits for x, not 1'],
  [`${THREE}ctrl @ x q[0], q[0];`, 'QASM_DUPLICATE', 4, 16, 'q[0]', 'different qubits for x'],
  [`${THREE}c = 3;`, 'QASM_UNSUPPORTED', 4, 5, '3', 'a measurement'],
  [`${THREE}c[0] = measure q;`, 'QASM_TYPE', 4, 1, 'c[0] = measure q', '3 qubits are measured into 1 bits'],
  [`${THREE}bit[2] d = "10";`, 'QASM_UNSUPPORTED', 4, 12, '"10"', 'a measurement or zeros'],
  [`${THREE}measure q[0];`, 'QASM_UNSUPPORTED', 4, 13, ';', 'a measurement whose result is lost'],
  [`${THREE}if (c == 4) x q[0];`, 'QASM_RANGE', 4, 10, '4', '0 to 3'],
  [`${THREE}if (c < 2) x q[0];`, 'QASM_UNSUPPORTED', 4, 7, '<', '"==" or "!="'],
  [`${THREE}if (c) x q[0];`, 'QASM_SYNTAX', 4, 6, ')', '"==" or "!=" after a register'],
  [`${THREE}if (c == 1 || c == 2) x q[0];`, 'QASM_UNSUPPORTED', 4, 12, '|| c == 2', 'one comparison'],
  [`${THREE}if (c[0] && !c[0]) x q[0];`, 'QASM_UNSUPPORTED', 4, 10, '&& !c[0]', 'both values of one bit'],
  [`${THREE}if (c == "1") x q[0];`, 'QASM_TYPE', 4, 10, '"1"', '2 digits'],
  [`${THREE}if (c[0]) { x q[0];`, 'QASM_SYNTAX', 4, 20, '', '"}"'],
  [`${THREE}if (c[0]) { qubit r; }`, 'QASM_SYNTAX', 4, 13, 'qubit', 'outside of all blocks'],
  [`${THREE}for int i in [0:2] { gate g a { } }`, 'QASM_SYNTAX', 4, 22, 'gate', 'outside of all blocks'],
  [`${THREE}for int i in [0:0:2] x q[i];`, 'QASM_RANGE', 4, 20, ']', 'a step other than 0'],
  [`${THREE}for int i in [0:3] x q[i];`, 'QASM_RANGE', 4, 24, 'i', 'an index from 0 to 2'],
  [`${THREE}for int i of [0:3] x q[i];`, 'QASM_SYNTAX', 4, 11, 'of', '"in"'],
  [`${THREE}for int i in [0:1000000000] { }`, 'QASM_LIMIT', 4, 29, '{ }', 'operations in total'],
  [`${THREE}gate g a { U(0,0,0) a; c[0] = measure a; }`, 'QASM_TYPE', 4, 24, 'c', 'declared as something else'],
  [`${THREE}gate g a { inv @ g a; }`, 'QASM_RECURSION', 4, 18, 'g', 'calls itself'],
  [`${THREE}x $0;`, 'QASM_TYPE', 4, 3, '$0', 'either declared or physical'],
  ['OPENQASM 3;\nx $0;\nqubit q;', 'QASM_TYPE', 3, 7, 'q', 'either declared or physical'],
  ['OPENQASM 3;\nx $999999;', 'QASM_LIMIT', 2, 3, '$999999', 'physical qubits $0 to $99999'],
  [
    `${THREE}#pragma braket noise bit_flip(0.1) q[0]\n`,
    'QASM_UNSUPPORTED',
    4,
    1,
    '#pragma braket noise bit_flip(0.1) q[0]',
    'noise pragma',
  ],
  [
    `${THREE}#pragma braket unitary([[1, 0], [0, 2]]) q[0]\n`,
    'QASM_VALUE',
    4,
    1,
    '#pragma braket unitary([[1, 0], [0, 2]])…',
    'off by 3.0e+0',
  ],
  [
    `${THREE}#pragma braket unitary([[1, 0]]) q[0]\n`,
    'QASM_TYPE',
    4,
    1,
    '#pragma braket unitary([[1, 0]]) q[0]',
    '2 rows of 2 numbers for 1 qubits',
  ],
  [`${THREE}#pragma braket unitary([[1, 0], [0, a]]) q[0]\n`, 'QASM_SYNTAX', 4, 37, 'a', 'a number such as'],
  [`${THREE}#define x\n`, 'QASM_SYNTAX', 4, 1, '#define x', '"#pragma"'],
  [`${THREE}box[100ns] { }`, 'QASM_UNSUPPORTED', 4, 4, '[', 'timing is not supported'],
  ['OPENQASM 3;\ninclude "qelib1.inc";', 'QASM_INCLUDE', 2, 9, '"qelib1.inc"', '"stdgates.inc"'],
];

describe.each([
  ['OpenQASM 2', CASES_2],
  ['OpenQASM 3', CASES_3],
])('failures of %s say where and what', (_, cases) => {
  it.each(cases)('%j', (text, code, line, column, found, expected) => {
    const result = parseQasm(text);
    if (result.ok) throw new Error('accepted');
    const { error } = result;
    expect({ code: error.code, line: error.line, column: error.column, found: error.found }).toEqual({
      code,
      line,
      column,
      found,
    });
    expect(error.expected).toContain(expected);
    const got = found === '' ? 'the end of the text' : `"${found}"`;
    expect(error.message).toBe(`line ${line}, column ${column}: got ${got}, expected ${error.expected}`);
  });
});

describe('hostile texts are refused quickly and without an exception', () => {
  const nested = (open: string, close: string, times: number): string => `${open.repeat(times)}1${close.repeat(times)}`;
  const chain = Array.from({ length: 2000 }, (_, i) => `gate g${i + 1} a { g${i} a; }`).join('\n');
  const doubling = (body: (i: number) => string, count: number): string =>
    Array.from({ length: count }, (_, i) => body(i)).join('\n');
  it.each<readonly [string, string, string]>([
    ['parentheses', `${TWO}rx(${nested('(', ')', 1e6)}) q[0];`, 'QASM_LIMIT'],
    ['signs', `${TWO}rx(${nested('- ', '', 1e6)}) q[0];`, 'QASM_LIMIT'],
    ['powers', `${TWO}rx(${nested('1^', '', 1e6)}) q[0];`, 'QASM_LIMIT'],
    ['functions', `${TWO}rx(${nested('sin(', ')', 1e6)}) q[0];`, 'QASM_LIMIT'],
    ['functions of two', `${THREE}rx(${nested('pow(', ',1)', 1e5)}) q[0];`, 'QASM_LIMIT'],
    ['a long symbolic sum', `${THREE}input float a; rx(a${'+a'.repeat(1e5)}) q[0];`, 'QASM_LIMIT'],
    ['definitions on definitions', `${TWO}gate g0 a { x a; }\n${chain}\ng2000 q[0];`, 'QASM_LIMIT'],
    [
      'doubling definitions',
      `${TWO}gate g0 a { x a; }\n${doubling((i) => `gate g${i + 1} a { g${i} a; g${i} a; }`, 60)}\ng60 q[0];`,
      'QASM_LIMIT',
    ],
    [
      'doubling empty definitions',
      `${TWO}gate g0 a { }\n${doubling((i) => `gate g${i + 1} a { g${i} a; g${i} a; }`, 60)}\ng60 q[0];`,
      'QASM_LIMIT',
    ],
    [
      'doubling angles',
      `${THREE}input float th; gate g0(b) a { rx(b) a; }\n${doubling((i) => `gate g${i + 1}(b) a { g${i}(b+b) a; }`, 60)}\ng60(th) q[0];`,
      'QASM_LIMIT',
    ],
    ['powers of powers', `${THREE}pow(1000) @ pow(1000) @ pow(1000) @ x q[0];`, 'QASM_LIMIT'],
    ['modifiers', `${THREE}${'inv @ '.repeat(1e6)} x q[0];`, 'QASM_LIMIT'],
    ['controls', `${THREE}ctrl(99999) @ ctrl(99999) @ x q;`, 'QASM_TYPE'],
    ['blocks', `${THREE}${'if (c[0]) { '.repeat(1e5)}`, 'QASM_LIMIT'],
    ['loops', `${THREE}qubit[999] w; ${'for int i in [0:9] { '.repeat(8)} barrier w; ${'}'.repeat(8)}`, 'QASM_LIMIT'],
    ['conditions', `${THREE}if (${'('.repeat(1e6)}c[0]) x q[0];`, 'QASM_LIMIT'],
    ['negations', `${THREE}if (${'!'.repeat(1e6)}c[0]) x q[0];`, 'QASM_LIMIT'],
    ['barriers', `${THREE}qubit[99990] w; ${'barrier w;'.repeat(100)}`, 'QASM_LIMIT'],
    ['ten megabytes of zeros', '\0'.repeat(1e7), 'QASM_SYNTAX'],
    ['ten megabytes of a name', 'a'.repeat(1e7), 'QASM_NAME'],
    ['ten megabytes of a number', `${TWO}rx(${'9'.repeat(1e7)}) q[0];`, 'QASM_VALUE'],
    ['ten megabytes of quotes', `${TWO}${'"'.repeat(1e7)}`, 'QASM_SYNTAX'],
    ['ten megabytes of comments', `${'/**/'.repeat(2.5e6)}!`, 'QASM_SYNTAX'],
    ['ten megabytes of lines before a mistake', `${TWO}${'\n'.repeat(1e7)}?`, 'QASM_SYNTAX'],
  ])('%s', (_, text, code) => {
    const start = performance.now();
    const result = parseQasm(text);
    expect(result.ok ? 'accepted' : result.error.code).toBe(code);
    expect(result.ok ? Infinity : result.error.message.length).toBeLessThan(300);
    expect(performance.now() - start).toBeLessThan(20_000);
  });

  const SAMPLES = [
    `${TWO}gate g(a,b) p,r { rx(a/2) p; cu3(a,b,-a) p,r; barrier p; }\ng(pi,0.5) q[0],q[2];\nif(c==1) measure q[1] -> c[0];\nu2(0,pi) q;`,
    `${THREE}input float th;\nconst int n = 2;\nfor int i in [0:n-1] { ctrl @ rx(th*i) q[i], q[i+1]; }\nif (c[0] && !c[1]) { inv @ pow(2) @ s q[{0,1}]; } else reset q;\nc = measure q[0:1];`,
  ];
  it.each(SAMPLES)('every beginning of %j', (text) => {
    for (let end = 0; end < text.length; end++) {
      const result = parseQasm(text.slice(0, end));
      if (!result.ok) expect(result.error.line).toBeGreaterThan(0);
    }
    expect(parseQasm(text).ok).toBe(true);
  });

  it('5,000 random changes of programs', () => {
    const rng = new Prng('mutations');
    const pieces = [
      '(',
      ')',
      '{',
      '}',
      '[',
      ']',
      ';',
      ',',
      '"',
      '@',
      '->',
      '==',
      '0',
      '1e9',
      'pi',
      'q',
      'c',
      'x',
      'gate ',
      'for ',
      'in',
      '\n',
      '$1',
      '\u{fffd}',
      '.',
      '-',
      '//',
      '/*',
      'pow(',
      'ctrl',
    ];
    const codes = new Set<string>();
    for (let i = 0; i < 5000; i++) {
      let text = rng.pick(SAMPLES);
      for (let changes = 1 + rng.below(4); changes > 0; changes--) {
        const at = rng.below(text.length);
        text = text.slice(0, at) + (rng.below(3) === 0 ? '' : rng.pick(pieces)) + text.slice(at + rng.below(4));
      }
      const result = parseQasm(text);
      if (!result.ok) codes.add(result.error.code);
    }
    expect(codes.size).toBeGreaterThan(6);
  });
});
