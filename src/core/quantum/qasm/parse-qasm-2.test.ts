import { describe, expect, it } from 'vitest';
import { unwrap } from '../../lib/result.ts';
import { circuitOf, gate } from '../circuit/builder.ts';
import type { Circuit, Operation } from '../circuit/circuit.ts';
import { LIBRARY_2 } from './library.ts';
import { parseQasm } from './parse-qasm.ts';
import { condition } from './testing/condition.ts';
import { distance, matrixOfCircuit } from './testing/random-circuit.ts';

const HEAD = 'OPENQASM 2.0;\ninclude "qelib1.inc";\n';
const parse = (body: string): Circuit => unwrap(parseQasm(HEAD + body));
const operations = (body: string): readonly Operation[] => parse(body).operations;
/** The only angle of the only gate. */
const angle = (text: string): unknown => {
  const [first] = operations(`qreg q[1]; rx(${text}) q[0];`);
  return first?.kind === 'gate' ? first.params[0] : undefined;
};

describe('a program of OpenQASM 2', () => {
  it('lays registers out in the order of their declaration', () => {
    expect(parse('creg b[1]; qreg a[2]; creg c[3]; qreg b2[1];\nx b2[0]; x a[1]; measure a[0] -> c[2];')).toEqual({
      qubits: 3,
      clbits: 4,
      quantumRegisters: [
        { name: 'a', offset: 0, size: 2 },
        { name: 'b2', offset: 2, size: 1 },
      ],
      classicalRegisters: [
        { name: 'b', offset: 0, size: 1 },
        { name: 'c', offset: 1, size: 3 },
      ],
      parameters: [],
      operations: [gate('x', [2]), gate('x', [1]), { kind: 'measure', qubit: 0, clbit: 3 }],
    });
  });

  it('needs no header and no include as a fragment', () => {
    expect(unwrap(parseQasm('qreg q[2];\nh q[0];\ncx q[0],q[1];'))).toEqual(
      circuitOf(2, [gate('h', [0]), gate('x', [1], [], [0])]),
    );
  });

  it('knows U and CX without the library', () => {
    const text = 'OPENQASM 2.0; qreg q[2]; U(pi/2,0,pi) q[0]; CX q[0],q[1];';
    expect(unwrap(parseQasm(text)).operations).toEqual([
      gate('u', [0], [Math.PI / 2, 0, Math.PI]),
      gate('x', [1], [], [0]),
    ]);
  });

  it('applies gates to registers, bit by bit', () => {
    expect(operations('qreg a[2]; qreg b[2]; qreg d[1]; h a; cx a,b; cx d[0],b; cx a,d[0];')).toEqual([
      gate('h', [0]),
      gate('h', [1]),
      gate('x', [2], [], [0]),
      gate('x', [3], [], [1]),
      gate('x', [2], [], [4]),
      gate('x', [3], [], [4]),
      gate('x', [4], [], [0]),
      gate('x', [4], [], [1]),
    ]);
  });

  it('measures, resets and separates registers', () => {
    expect(operations('qreg q[2]; creg c[2]; reset q; barrier q; barrier q[1],q; measure q->c;')).toEqual([
      { kind: 'reset', qubit: 0 },
      { kind: 'reset', qubit: 1 },
      { kind: 'barrier', qubits: [0, 1] },
      { kind: 'barrier', qubits: [1, 0] },
      { kind: 'measure', qubit: 0, clbit: 0 },
      { kind: 'measure', qubit: 1, clbit: 1 },
    ]);
  });

  it('makes each operation conditional by itself, registers too', () => {
    const text = 'qreg q[2]; creg d[1]; creg c[2]; if(c==2) x q; if (d == 1) measure q[0] -> c[0];';
    expect(operations(text)).toEqual([
      condition([1, 2], 2, [gate('x', [0]), gate('x', [1])]),
      condition([0], 1, [{ kind: 'measure', qubit: 0, clbit: 1 }]),
    ]);
  });

  it('expands definitions, with barriers inside and names that are gates elsewhere', () => {
    const text = `
      gate nothing a {}
      gate half(theta) t, x { rx(theta/2) t; barrier t, x; x x; t t; }
      gate twice(a, b) p, q { half(a+b) p, q; nothing p; half(-a*b^2) q, p; }
      qreg r[3];
      twice(pi, 0.5) r[2], r[0];`;
    expect(operations(text)).toEqual([
      gate('rx', [2], [(Math.PI + 0.5) / 2]),
      { kind: 'barrier', qubits: [2, 0] },
      gate('x', [0]),
      gate('t', [2]),
      gate('rx', [0], [(-Math.PI * 0.25) / 2]),
      { kind: 'barrier', qubits: [0, 2] },
      gate('x', [2]),
      gate('t', [0]),
    ]);
  });

  it('lets programs define what only later libraries have', () => {
    expect(operations('gate ryy(a) p,q { x p; } qreg q[2]; ryy(1) q[0],q[1];')).toEqual([gate('x', [0])]);
    expect(operations('opaque magic(a) p,q; gate sx a { h a; } qreg q[2]; sx q[0];')).toEqual([gate('h', [0])]);
  });

  it('lets registers be called like library gates', () => {
    expect(operations('qreg h[1]; creg crz[1]; h h[0]; measure h -> crz; if(crz==1) h h;')).toEqual([
      gate('h', [0]),
      { kind: 'measure', qubit: 0, clbit: 0 },
      condition([0], 1, [gate('h', [0])]),
    ]);
    const text =
      'OPENQASM 3; qubit[2] q; bit[2] crz; input float t; crz[0] = measure q[0]; crz = measure q; crz(t) q[0], q[1]; t q[0];';
    expect(unwrap(parseQasm(text)).operations.length).toBe(5);
  });

  it('reads comments, odd blanks, a byte order mark and names of any letters', () => {
    const text =
      '\u{feff}// first\nOPENQASM 2.0;// second\ninclude "qelib1.inc";/* third\n*/qreg\tqüβ[1]\u{a0};\r\nh qüβ\r[\n0];//';
    expect(unwrap(parseQasm(text)).operations).toEqual([gate('h', [0])]);
  });
});

describe('an expression of OpenQASM 2', () => {
  it.each([
    ['pi', Math.PI],
    ['-pi/2', -Math.PI / 2],
    ['3*pi/4', (3 * Math.PI) / 4],
    ['1/2', 0.5],
    ['2-3-4', -5],
    ['2/4/2', 0.25],
    ['2+3*4^2', 50],
    ['2^3^2', 512],
    ['-2^2', -4],
    ['2^-1', 0.5],
    ['-(1+2)*-3', 9],
    ['+1', 1],
    ['--1', 1],
    ['1e3', 1000],
    ['.5', 0.5],
    ['5.', 5],
    ['1.5E-2', 0.015],
    ['sin(pi/2)', 1],
    ['cos(0)', 1],
    ['tan(pi/4)', Math.tan(Math.PI / 4)],
    ['exp(1)', Math.E],
    ['ln(exp(2))', 2],
    ['sqrt(2)', Math.SQRT2],
    ['0.1', 0.1],
    ['1.7976931348623157e308', Number.MAX_VALUE],
    ['5e-324', 5e-324],
    ['-0', -0],
  ])('%s is %d', (text, value) => {
    expect(angle(text)).toBe(value);
  });
});

/** The gates of the library as the paper and Qiskit define them, by U and CX alone; q and r stand for their operands. */
const DEFINITIONS: Readonly<Record<string, string>> = {
  u3: 'u3(a,b,c) p { U(a,b,c) p; }',
  u2: 'u2(a,b) p { U(pi/2,a,b) p; }',
  u1: 'u1(a) p { U(0,0,a) p; }',
  u0: 'u0(a) p { U(0,0,0) p; }',
  u: 'u(a,b,c) p { U(a,b,c) p; }',
  p: 'p(a) p { U(0,0,a) p; }',
  cx: 'cx p,q { CX p,q; }',
  id: 'id p { U(0,0,0) p; }',
  x: 'x p { U(pi,0,pi) p; }',
  y: 'y p { U(pi,pi/2,pi/2) p; }',
  z: 'z p { U(0,0,pi) p; }',
  h: 'h p { U(pi/2,0,pi) p; }',
  s: 's p { U(0,0,pi/2) p; }',
  sdg: 'sdg p { U(0,0,-pi/2) p; }',
  t: 't p { U(0,0,pi/4) p; }',
  tdg: 'tdg p { U(0,0,-pi/4) p; }',
  rx: 'rx(a) p { U(a,-pi/2,pi/2) p; }',
  ry: 'ry(a) p { U(a,0,0) p; }',
  cz: 'cz p,q { h q; CX p,q; h q; }',
  cy: 'cy p,q { sdg q; CX p,q; s q; }',
  swap: 'swap p,q { CX p,q; CX q,p; CX p,q; }',
  ccx: 'ccx p,q,r { h r; CX q,r; tdg r; CX p,r; t r; CX q,r; tdg r; CX p,r; t q; t r; h r; CX p,q; t p; tdg q; CX p,q; }',
  cswap: 'cswap p,q,r { CX r,q; ccx p,q,r; CX r,q; }',
  crx: 'crx(a) p,q { u1(pi/2) q; CX p,q; U(-a/2,0,0) q; CX p,q; U(a/2,-pi/2,0) q; }',
  cry: 'cry(a) p,q { U(a/2,0,0) q; CX p,q; U(-a/2,0,0) q; CX p,q; }',
  crz: 'crz(a) p,q { u1(a/2) q; CX p,q; u1(-a/2) q; CX p,q; }',
  cu1: 'cu1(a) p,q { u1(a/2) p; CX p,q; u1(-a/2) q; CX p,q; u1(a/2) q; }',
  cp: 'cp(a) p,q { u1(a/2) p; CX p,q; u1(-a/2) q; CX p,q; u1(a/2) q; }',
  cu3: 'cu3(a,b,c) p,q { u1((c+b)/2) p; u1((c-b)/2) q; CX p,q; U(-a/2,0,-(b+c)/2) q; CX p,q; U(a/2,b,0) q; }',
  cu: 'cu(a,b,c,d) p,q { u1(d) p; u1((c+b)/2) p; u1((c-b)/2) q; CX p,q; U(-a/2,0,-(b+c)/2) q; CX p,q; U(a/2,b,0) q; }',
  csx: 'csx p,q { h q; cu1(pi/2) p,q; h q; }',
  c3x: 'c3x p,q,r,s { h s; ccu(pi) p,q,r,s; h s; }',
  c3sqrtx: 'c3sqrtx p,q,r,s { h s; ccu(pi/2) p,q,r,s; h s; }',
  c4x: 'c4x p,q,r,s,v { h v; cu1(pi/2) s,v; h v; c3x p,q,r,s; h v; cu1(-pi/2) s,v; h v; c3x p,q,r,s; c3sqrtx p,q,r,v; }',
  rccx: 'rccx p,q,r { u2(0,pi) r; u1(pi/4) r; cx q,r; u1(-pi/4) r; cx p,r; u1(pi/4) r; cx q,r; u1(-pi/4) r; u2(0,pi) r; }',
  rc3x:
    'rc3x p,q,r,s { u2(0,pi) s; u1(pi/4) s; cx r,s; u1(-pi/4) s; u2(0,pi) s; cx p,s; u1(pi/4) s; cx q,s; u1(-pi/4) s; cx p,s; ' +
    'u1(pi/4) s; cx q,s; u1(-pi/4) s; u2(0,pi) s; u1(pi/4) s; cx r,s; u1(-pi/4) s; u2(0,pi) s; }',
  dcx: 'dcx p,q { CX p,q; CX q,p; }',
  ccz: 'ccz p,q,r { h r; ccx p,q,r; h r; }',
  cs: 'cs p,q { cu1(pi/2) p,q; }',
  csdg: 'csdg p,q { cu1(-pi/2) p,q; }',
};
/** Where the definition by U and CX has another global phase than Qiskit's gate. */
const UP_TO_PHASE: Readonly<Record<string, string>> = {
  ch: 'ch p,q { h q; sdg q; CX p,q; h q; t q; CX p,q; t q; h q; s q; x q; s p; }',
  sx: 'sx p { sdg p; h p; sdg p; }',
  sxdg: 'sxdg p { s p; h p; s p; }',
  rz: 'rz(a) p { u1(a) p; }',
  rzz: 'rzz(a) p,q { CX p,q; u1(a) q; CX p,q; }',
  rxx: 'rxx(a) p,q { u3(pi/2,a,0) p; h q; CX p,q; u1(-a) q; CX p,q; h q; u2(-pi,pi-a) p; }',
  ryy: 'ryy(a) p,q { rx(pi/2) p; rx(pi/2) q; CX p,q; u1(a) q; CX p,q; rx(-pi/2) p; rx(-pi/2) q; }',
  rzx: 'rzx(a) p,q { h q; CX p,q; u1(a) q; CX p,q; h q; }',
  ecr: 'ecr p,q { h q; CX p,q; u1(pi/4) q; CX p,q; h q; x p; h q; CX p,q; u1(-pi/4) q; CX p,q; h q; }',
  iswap: 'iswap p,q { s p; s q; h p; CX p,q; CX q,p; h q; }',
  xx_plus_yy:
    'xx_plus_yy(a,b) p,q { u1(b) p; u1(-pi/2) q; sdg q; h q; sdg q; u1(pi/2) q; s p; CX q,p; ry(-a/2) q; ry(-a/2) p; CX q,p; ' +
    'sdg p; u1(-pi/2) q; s q; h q; s q; u1(pi/2) q; u1(-b) p; }',
};
/** A phase where p, q and r are all 1, on s. */
const CCU =
  'gate ccu(a) p,q,r,s { cu1(a/4) p,s; CX p,q; cu1(-a/4) q,s; CX p,q; cu1(a/4) q,s; CX q,r; cu1(-a/4) r,s; CX p,r; cu1(a/4) r,s; ' +
  'CX q,r; cu1(-a/4) r,s; CX p,r; cu1(a/4) r,s; }';
const ARGUMENTS = ['0.7', '-1.9', '2.3', '0.4'];

describe('the library', () => {
  const names = [...LIBRARY_2.hard.keys(), ...LIBRARY_2.soft.keys()];

  it('is covered by the definitions of this test', () => {
    expect(names.toSorted()).toEqual([...Object.keys(DEFINITIONS), ...Object.keys(UP_TO_PHASE)].toSorted());
    expect(names.length).toBeGreaterThan(45);
  });

  it.each(names)('has %s as it is defined by U and CX', (name) => {
    const exact = DEFINITIONS[name];
    const text = `gate ${exact ?? UP_TO_PHASE[name] ?? ''}`.replace(`gate ${name}`, 'gate mine');
    const library = LIBRARY_2.hard.get(name) ?? LIBRARY_2.soft.get(name);
    const on = ['q[2]', 'q[0]', 'q[3]', 'q[1]', 'q[4]'].slice(0, library?.qubits ?? 0).join(',');
    const list = library?.params === 0 ? '' : `(${ARGUMENTS.slice(0, library?.params).join(',')})`;
    const actual = matrixOfCircuit(parse(`qreg q[5]; ${name}${list} ${on};`));
    const wanted = matrixOfCircuit(parse(`${CCU}\n${text}\nqreg q[5]; mine${list} ${on};`));
    expect(distance(exact === undefined ? inPhase(wanted, actual) : wanted, actual)).toBeLessThan(1e-14);
  });
});

/** `a` times the phase that makes its first entry like that of `b`. */
function inPhase(a: Float64Array, b: Float64Array): Float64Array {
  const i = a.findIndex((_, k) => k % 2 === 0 && Math.hypot(a[k] ?? 0, a[k + 1] ?? 0) > 0.1);
  const turn = Math.atan2(b[i + 1] ?? 0, b[i] ?? 0) - Math.atan2(a[i + 1] ?? 0, a[i] ?? 0);
  const [c, s] = [Math.cos(turn), Math.sin(turn)];
  return a.map((value, k) => (k % 2 === 0 ? c * value - s * (a[k + 1] ?? 0) : c * value + s * (a[k - 1] ?? 0)));
}

it('reads a million gates in a few seconds', () => {
  const lines = Array.from({ length: 1_000_000 }, (_, i) =>
    i % 2 === 0 ? `rz(${i % 997}*pi/512) q[${i % 20}];` : `cx q[${i % 20}],q[${(i + 7) % 20}];`,
  );
  const text = `${HEAD}qreg q[20];\n${lines.join('\n')}`;
  const start = performance.now();
  const circuit = unwrap(parseQasm(text));
  const seconds = (performance.now() - start) / 1000;
  expect(circuit.operations.length).toBe(1_000_000);
  // About 1.5 s on a slow core; the rest is room for a busy machine.
  expect(seconds).toBeLessThan(30);
});
