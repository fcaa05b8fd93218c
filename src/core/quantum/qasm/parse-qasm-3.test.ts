import { describe, expect, it } from 'vitest';
import { Prng } from '../../lib/prng.ts';
import { unwrap } from '../../lib/result.ts';
import { call, combine, negate, parameter } from '../circuit/angle.ts';
import { gate } from '../circuit/builder.ts';
import type { Circuit, Operation } from '../circuit/circuit.ts';
import { adjoint, GATES, multiply, type Matrix } from '../circuit/gate-table.ts';
import { parseQasm } from './parse-qasm.ts';
import { condition } from './testing/condition.ts';
import { distance, matrixOfCircuit } from './testing/random-circuit.ts';

const HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n';
const parse = (body: string): Circuit => unwrap(parseQasm(HEAD + body));
const operations = (body: string): readonly Operation[] => parse(body).operations;
const matrix = (body: string, qubits = 1): Matrix => matrixOfCircuit(parse(`qubit[${qubits}] q;\n${body}`));
const x = (qubit: number): Operation => gate('x', [qubit]);

/** e^(i angle) on everything. */
const phased = (m: Matrix, angle: number): Matrix => {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  return m.map((value, k) => (k % 2 === 0 ? c * value - s * (m[k + 1] ?? 0) : c * value + s * (m[k - 1] ?? 0)));
};
/** m where the control, the lowest bit, is 1. */
function controlled(m: Matrix): Matrix {
  const size = Math.sqrt(m.length / 2);
  const out = new Float64Array(4 * m.length);
  for (let row = 0; row < 2 * size; row++)
    for (let column = 0; column < 2 * size; column++) {
      const to = 2 * (row * 2 * size + column);
      const from = 2 * ((row >> 1) * size + (column >> 1));
      if (row % 2 === 1 && column % 2 === 1) out.set(m.subarray(from, from + 2), to);
      else if (row === column) out[to] = 1;
    }
  return out;
}

describe('declarations of OpenQASM 3', () => {
  it('are qubits, bits, constants and inputs, old style too', () => {
    const circuit = parse(`
      const int[32] n = 3;
      const float half = 1.0 / 2;
      const uint m = n - 1;
      qubit[n] q; qubit a; qreg old[m]; bit[n] c; bit d; creg e[2];
      input float[64] theta; input angle[32] phi; input float unused;
      rx(theta * half) q[n-1]; p(-phi) a; ry(sin(theta)) old[1]; d = measure a;`);
    expect(circuit).toEqual({
      qubits: 6,
      clbits: 6,
      quantumRegisters: [
        { name: 'q', offset: 0, size: 3 },
        { name: 'a', offset: 3, size: 1 },
        { name: 'old', offset: 4, size: 2 },
      ],
      classicalRegisters: [
        { name: 'c', offset: 0, size: 3 },
        { name: 'd', offset: 3, size: 1 },
        { name: 'e', offset: 4, size: 2 },
      ],
      parameters: ['theta', 'phi', 'unused'],
      operations: [
        gate('rx', [2], [combine('multiply', parameter('theta'), 0.5)]),
        gate('p', [3], [negate(parameter('phi'))]),
        gate('ry', [5], [call('sin', parameter('theta'))]),
        { kind: 'measure', qubit: 3, clbit: 3 },
      ],
    });
  });

  it('are physical qubits up to the highest that is used', () => {
    const circuit = unwrap(parseQasm('OPENQASM 3;\nbit[2] b;\nh $0;\ncnot $0, $5;\nb[0] = measure $5;'));
    expect(circuit.qubits).toBe(6);
    expect(circuit.operations).toEqual([
      gate('h', [0]),
      gate('x', [5], [], [0]),
      { kind: 'measure', qubit: 5, clbit: 0 },
    ]);
  });

  it('are slices, sets, negative indices and aliases', () => {
    const text =
      'qubit[6] q; let a = q[1:2] ++ q[5]; x q[0:2]; x q[0:2:5]; x q[{4, 0}]; x q[-1]; x q[4:]; x q[:1]; x q[3:-1:2]; x a;';
    expect(operations(text)).toEqual([0, 1, 2, 0, 2, 4, 4, 0, 5, 4, 5, 0, 1, 3, 2, 1, 2, 5].map(x));
  });
});

describe('statements of OpenQASM 3', () => {
  it('measure in three ways', () => {
    const text =
      'qubit[2] q; bit[2] c; c = measure q; c[0] = measure q[1]; measure q[0] -> c[1]; bit[2] d = measure q; bit e = measure q[0];';
    const measured = operations(text).map((one) => (one.kind === 'measure' ? [one.qubit, one.clbit] : []));
    expect(measured).toEqual([
      [0, 0],
      [1, 1],
      [1, 0],
      [0, 1],
      [0, 2],
      [1, 3],
      [0, 4],
    ]);
  });

  it('reset and separate', () => {
    expect(operations('qubit[2] q; reset q; barrier q[1]; barrier;')).toEqual([
      { kind: 'reset', qubit: 0 },
      { kind: 'reset', qubit: 1 },
      { kind: 'barrier', qubits: [1] },
      { kind: 'barrier', qubits: [0, 1] },
    ]);
  });

  it.each([
    ['c == 2', [0, 1, 2], 2, false],
    ['c != 2', [0, 1, 2], 2, true],
    ['c == "110"', [0, 1, 2], 6, false],
    ['c[1]', [1], 1, false],
    ['!c[1]', [1], 0, false],
    ['c[1] == 1', [1], 1, false],
    ['c[1] == 0', [1], 0, false],
    ['c[1] == true', [1], 1, false],
    ['c[1] == false', [1], 0, false],
    ['c[1] != 1', [1], 1, true],
    ['d', [3], 1, false],
    ['c[2] && !c[0] && d', [2, 0, 3], 5, false],
    ['c[2] || !c[0]', [2, 0], 2, true],
    ['!(c[2] && d)', [2, 3], 3, true],
    ['(c == 1)', [0, 1, 2], 1, false],
    ['c[0:1] == 3', [0, 1], 3, false],
    ['c[1] != 1 && c[0] == 1', [1, 0], 2, false],
  ] as const)('ask whether %s', (text, clbits, equals, swapped) => {
    const [yes, no] = [[x(0)], [gate('y', [0])]];
    expect(operations(`qubit q; bit[3] c; bit d; if (${text}) { x q; } else y q;`)).toEqual([
      condition(clbits, equals, swapped ? no : yes, swapped ? yes : no),
    ]);
  });

  it('nest conditions', () => {
    const text = 'qubit q; bit[2] c; if (c[0]) if (c[1]) x q; else { y q; } else if (c == 0) { z q; }';
    const inner = [condition([1], 1, [x(0)], [gate('y', [0])])];
    expect(operations(text)).toEqual([condition([0], 1, inner, [condition([0, 1], 0, [gate('z', [0])])])]);
  });

  it('loop over ranges and sets, and not at all', () => {
    const text = `
      const int n = 5;
      qubit[n] q;
      for int i in [0:n-2] { cx q[i], q[i+1]; }
      for uint[8] i in [4:-2:0] x q[i];
      for i in {3, 1} { for int j in [i:i] { x q[j]; } }
      for int i in [3:2] { nonsense { ; } }
      for int i in [3:2] nonsense;
      rx(n * pi / 2) q[0];`;
    expect(operations(text)).toEqual([
      ...[0, 1, 2, 3].map((i) => gate('x', [i + 1], [], [i])),
      ...[4, 2, 0, 3, 1].map(x),
      gate('rx', [0], [(5 * Math.PI) / 2]),
    ]);
  });

  it('pass over annotations, pragmas, and boxes without duration', () => {
    const text =
      'qubit q;\n#pragma braket result state_vector\n@reversible\n  @note a b c;\nx q;\npragma something else\n#pragma braket verbatim\nbox{\n x q;\n}\n';
    expect(operations(text)).toEqual([x(0), x(0)]);
  });

  it('divide whole numbers without remainder, but not silently in angles', () => {
    expect(
      operations('const int n = 7; qubit[n/2] q; rx(6/2) q[7/2-1]; rx(n/2.0) q[0]; rx(-1*pi/2) q[7 % 4 - 1];'),
    ).toEqual([gate('rx', [2], [3]), gate('rx', [0], [3.5]), gate('rx', [2], [-Math.PI / 2])]);
  });
});

describe('gates of OpenQASM 3', () => {
  const [theta, phi, lambda] = [0.7, -1.1, 2.9];
  const u = GATES.u.matrix([theta, phi, lambda]);

  /** Section "Built-in gates" of the specification, 3.1: the matrix of U. */
  const specified = ((): Matrix => {
    const cis = (a: number): readonly [number, number] => [Math.cos(a), Math.sin(a)];
    const times = ([a, b]: readonly [number, number], [c, d]: readonly [number, number]): [number, number] => [
      a * c - b * d,
      a * d + b * c,
    ];
    const [er, ei] = cis(theta);
    const plus = [(1 + er) / 2, ei / 2] as const;
    const minus = [(1 - er) / 2, -ei / 2] as const;
    const entries = [
      plus,
      times([0, -1], times(cis(lambda), minus)),
      times([0, 1], times(cis(phi), minus)),
      times(cis(phi + lambda), plus),
    ];
    return Float64Array.from(entries.flat());
  })();

  it('have the phases of the specification', () => {
    expect(distance(matrix('U(0.7, -1.1, 2.9) q;'), specified)).toBeLessThan(1e-15);
    expect(distance(matrix('ctrl @ U(0.7, -1.1, 2.9) q[0], q[1];', 2), controlled(specified))).toBeLessThan(1e-15);
    const su2 = phased(u, -(phi + lambda) / 2);
    expect(distance(matrix('u3(0.7, -1.1, 2.9) q;'), su2)).toBeLessThan(1e-15);
    expect(distance(matrix('ctrl @ u3(0.7, -1.1, 2.9) q[0], q[1];', 2), controlled(su2))).toBeLessThan(1e-15);
    const u2 = phased(GATES.u.matrix([Math.PI / 2, phi, lambda]), -(phi + lambda) / 2);
    expect(distance(matrix('u2(-1.1, 2.9) q;'), u2)).toBeLessThan(1e-15);
    // I + e^(i gamma) u with the phase of OpenQASM 2 (stdgates.inc: p(gamma - theta/2) and controlled U).
    expect(distance(matrix('cu(0.7, -1.1, 2.9, 0.3) q[0], q[1];', 2), controlled(phased(u, 0.3)))).toBeLessThan(1e-15);
  });

  /** stdgates.inc of the specification, as text. */
  const STD = `
    gate p_(l) a { ctrl @ gphase(l) a; }
    gate x_ a { U(pi, 0, pi) a; gphase(-pi/2); }
    gate y_ a { U(pi, pi/2, pi/2) a; gphase(-pi/2); }
    gate z_ a { p_(pi) a; }
    gate h_ a { U(pi/2, 0, pi) a; gphase(-pi/4); }
    gate s_ a { pow(0.5) @ z_ a; }
    gate sdg_ a { inv @ pow(0.5) @ z_ a; }
    gate t_ a { pow(0.5) @ s_ a; }
    gate tdg_ a { inv @ pow(0.5) @ s_ a; }
    gate sx_ a { pow(0.5) @ x_ a; }
    gate rx_(t) a { U(t, -pi/2, pi/2) a; gphase(-t/2); }
    gate ry_(t) a { U(t, 0, 0) a; gphase(-t/2); }
    gate rz_(l) a { gphase(-l/2); U(0, 0, l) a; }
    gate swap_ a, b { cx a, b; cx b, a; cx a, b; }
    gate phase_(l) a { U(0, 0, l) a; }
    gate id_ a { U(0, 0, 0) a; }
    gate u1_(l) a { U(0, 0, l) a; }
    gate u2_(f, l) a { gphase(-(f+l+pi/2)/2); U(pi/2, f, l) a; }
    gate u3_(t, f, l) a { gphase(-(f+l+t)/2); U(t, f, l) a; }
    gate cu_(t, f, l, g) a, b { p_(g-t/2) a; ctrl @ U(t, f, l) a, b; }
    gate cp_(l) a, b { ctrl @ p_(l) a, b; }
    gate cphase_(l) a, b { ctrl @ phase_(l) a, b; }
    gate crx_(t) a, b { ctrl @ rx_(t) a, b; }
    gate cry_(t) a, b { ctrl @ ry_(t) a, b; }
    gate crz_(t) a, b { ctrl @ rz_(t) a, b; }
    gate cx_ a, b { ctrl @ x_ a, b; }
    gate cy_ a, b { ctrl @ y_ a, b; }
    gate cz_ a, b { ctrl @ z_ a, b; }
    gate ch_ a, b { ctrl @ h_ a, b; }
    gate ccx_ a, b, c { ctrl @ ctrl @ x_ a, b, c; }
    gate cswap_ a, b, c { ctrl @ swap_ a, b, c; }`;
  const defined = [...STD.matchAll(/gate (\w+)_(?:\(([^)]*)\))? ([^{]*)/g)].map(([, name = '', params, on = '']) => ({
    name,
    angles: (params ?? '').split(',').filter((p) => p !== '').length,
    qubits: on.split(',').length,
  }));

  it('are those of stdgates.inc', () => {
    expect(defined.length).toBe(31);
  });

  it.each(defined)('have $name as stdgates.inc defines it', ({ name, angles, qubits }) => {
    const list = angles === 0 ? '' : `(${['0.7', '-1.9', '2.3', '0.4'].slice(0, angles).join(',')})`;
    const on = ['q[2]', 'q[0]', 'q[3]', 'q[1]'];
    const actual = matrix(`${name}${list} ${on.slice(0, qubits).join(',')};`, 4);
    const wanted = matrix(`${STD}\n${name}_${list} ${on.slice(0, qubits).join(',')};`, 4);
    expect(distance(actual, wanted)).toBeLessThan(2e-14);
    const under = matrix(`ctrl @ ${name}${list} ${[...on.slice(0, qubits), on[qubits]].reverse().join(',')};`, 4);
    const underWanted = matrix(
      `${STD}\nctrl @ ${name}_${list} ${[...on.slice(0, qubits), on[qubits]].reverse().join(',')};`,
      4,
    );
    expect(distance(under, underWanted)).toBeLessThan(2e-14);
  });

  it('take controls in front, negative ones too, in any order', () => {
    expect(
      operations(
        'qubit[4] q; ctrl(2) @ z q[3], q[1], q[0]; ctrl @ gphase(0.5) q[2]; ctrl(2) @ gphase(0.5) q[2], q[0];',
      ),
    ).toEqual([gate('z', [0], [], [3, 1]), gate('p', [2], [0.5]), gate('p', [0], [0.5], [2])]);
    expect(operations('qubit[3] q; negctrl @ ctrl @ h q[0], q[1], q[2];')).toEqual([
      x(0),
      gate('h', [2], [], [0, 1]),
      x(0),
    ]);
    expect(operations('qubit[2] a; qubit[2] b; ctrl @ x a, b;')).toEqual([
      gate('x', [2], [], [0]),
      gate('x', [3], [], [1]),
    ]);
  });

  it('invert and repeat whole definitions', () => {
    const definition = 'gate g(a) p, q { rx(a) p; gphase(a); cx p, q; t q; barrier p; iswap p, q; }';
    const forward = matrix(`${definition} g(0.3) q[0], q[1];`, 2);
    expect(distance(matrix(`${definition} inv @ g(0.3) q[0], q[1];`, 2), adjoint(forward))).toBeLessThan(1e-14);
    const cube = multiply(forward, multiply(forward, forward));
    expect(distance(matrix(`${definition} pow(3) @ g(0.3) q[0], q[1];`, 2), cube)).toBeLessThan(1e-14);
    expect(distance(matrix(`${definition} pow(-3) @ g(0.3) q[0], q[1];`, 2), adjoint(cube))).toBeLessThan(1e-14);
    expect(operations('qubit q; pow(0) @ x q;')).toEqual([]);
  });

  it('take principal roots', () => {
    expect(
      operations('qubit q; pow(0.5) @ x q; pow(0.5) @ z q; pow(-0.25) @ z q; pow(0.5) @ rz(pi) q; pow(0.5) @ id q;'),
    ).toEqual([
      gate('sx', [0]),
      gate('p', [0], [Math.PI / 2]),
      gate('p', [0], [-Math.PI / 4]),
      gate('rz', [0], [Math.PI / 2]),
      gate('id', [0]),
    ]);
    const input = operations('input float a; qubit q; pow(0.5) @ rx(a) q;');
    expect(input).toEqual([gate('rx', [0], [combine('multiply', parameter('a'), 0.5)])]);
    // rz(3 pi) has the eigenvalues i and -i: its principal root turns by -pi/2.
    expect(distance(matrix('pow(0.5) @ rz(3*pi) q;'), GATES.rz.matrix([-Math.PI / 2]))).toBeLessThan(1e-14);
    for (const [text, qubits] of [
      ['h q', 1],
      ['ry(1.3) q', 1],
      ['ecr q[0], q[1]', 2],
      ['cswap q[2], q[0], q[1]', 3],
    ] as const) {
      const whole = matrix(`${text};`, qubits);
      const third = matrix(`pow(1.0/3) @ ${text};`, qubits);
      expect(distance(multiply(third, multiply(third, third)), whole)).toBeLessThan(1e-13);
    }
    const definition = 'gate g(a) p, q { rx(a) p; cx p, q; t q; cry(a) q, p; }';
    const root = matrix(`${definition} pow(0.5) @ g(0.3) q[0], q[1];`, 2);
    expect(distance(multiply(root, root), matrix(`${definition} g(0.3) q[0], q[1];`, 2))).toBeLessThan(1e-13);
  });

  it('loop inside of definitions', () => {
    expect(
      operations('gate g(a) p, q { for int i in [1:2] { rx(a*i) p; } cx p, q; } qubit[2] r; g(0.5) r[1], r[0];'),
    ).toEqual([gate('rx', [1], [0.5]), gate('rx', [1], [1]), gate('x', [0], [], [1])]);
  });

  it('have the names and matrices of Amazon Braket', () => {
    const phi0 = 0.3;
    const phi1 = -0.8;
    const cis = (a: number): number[] => [Math.cos(a), Math.sin(a)];
    const mi = (a: number, s: number): number[] => [s * Math.sin(a), -s * Math.cos(a)];
    const [c, s] = [Math.cos(0.35), Math.sin(0.35)];
    const zero = [0, 0];
    const one = [1, 0];
    // First qubit lowest: the order 00, 10, 01, 11 of the developer guide's kets.
    const table: readonly (readonly [string, number, readonly number[][]])[] = [
      ['gpi(0.3) q[0]', 1, [zero, cis(-phi0), cis(phi0), zero]],
      ['gpi2(0.3) q[0]', 1, [[Math.SQRT1_2, 0], mi(-phi0, Math.SQRT1_2), mi(phi0, Math.SQRT1_2), [Math.SQRT1_2, 0]]],
      ['prx(0.7, 0.3) q[0]', 1, [[c, 0], mi(-phi0, s), mi(phi0, s), [c, 0]]],
      [
        'cphaseshift00(0.3) q[0], q[1]',
        2,
        [cis(0.3), zero, zero, zero, zero, one, zero, zero, zero, zero, one, zero, zero, zero, zero, one],
      ],
      [
        'cphaseshift01(0.3) q[0], q[1]',
        2,
        [one, zero, zero, zero, zero, one, zero, zero, zero, zero, cis(0.3), zero, zero, zero, zero, one],
      ],
      [
        'cphaseshift10(0.3) q[0], q[1]',
        2,
        [one, zero, zero, zero, zero, cis(0.3), zero, zero, zero, zero, one, zero, zero, zero, zero, one],
      ],
      [
        'pswap(0.3) q[0], q[1]',
        2,
        [one, zero, zero, zero, zero, zero, cis(0.3), zero, zero, cis(0.3), zero, zero, zero, zero, zero, one],
      ],
      [
        'xy(0.7) q[0], q[1]',
        2,
        [one, zero, zero, zero, zero, [c, 0], [0, s], zero, zero, [0, s], [c, 0], zero, zero, zero, zero, one],
      ],
      [
        'ms(0.3, -0.8, 0.7) q[0], q[1]',
        2,
        [
          [c, 0],
          zero,
          zero,
          mi(-(phi0 + phi1), s),
          zero,
          [c, 0],
          mi(phi0 - phi1, s),
          zero,
          zero,
          mi(-(phi0 - phi1), s),
          [c, 0],
          zero,
          mi(phi0 + phi1, s),
          zero,
          zero,
          [c, 0],
        ],
      ],
    ];
    for (const [text, qubits, wanted] of table)
      expect(distance(matrix(`${text};`, qubits), Float64Array.from(wanted.flat()))).toBeLessThan(1e-15);
    expect(
      operations(
        'qubit[3] q; i q[0]; si q[0]; ti q[0]; v q[0]; vi q[0]; cv q[0], q[1]; ccnot q; xx(0.1) q[0], q[1];'.replace(
          'ccnot q',
          'ccnot q[0], q[1], q[2]',
        ),
      ),
    ).toEqual([
      gate('id', [0]),
      gate('sdg', [0]),
      gate('tdg', [0]),
      gate('sx', [0]),
      gate('sxdg', [0]),
      gate('sx', [1], [], [0]),
      gate('x', [2], [], [0, 1]),
      gate('rxx', [0, 1], [0.1]),
    ]);
  });
});

/** An expression and its value, made together. */
function randomExpression(rng: Prng, depth: number): { readonly text: string; readonly value: number } {
  if (depth === 0) {
    const [text, value] = rng.pick([
      ['0.5', 0.5],
      ['2.25', 2.25],
      ['pi', Math.PI],
      ['1.5e1', 15],
      ['3.0', 3],
    ] as const);
    return { text, value };
  }
  const a = randomExpression(rng, depth - 1);
  const b = randomExpression(rng, rng.below(depth));
  return rng.pick([
    { text: `(${a.text})`, value: a.value },
    { text: `-(${a.text})`, value: -a.value },
    { text: `${a.text} + (${b.text})*2`, value: a.value + b.value * 2 },
    { text: `(${a.text})-(${b.text})`, value: a.value - b.value },
    { text: `(${a.text})*(${b.text})`, value: a.value * b.value },
    { text: `(${a.text})/(${b.text})/4.0`, value: a.value / b.value / 4 },
    { text: `cos(${a.text})`, value: Math.cos(a.value) },
  ]);
}

it('random expressions have the value that JavaScript gives them', () => {
  const rng = new Prng('expressions');
  let finite = 0;
  for (let i = 0; i < 300; i++) {
    const { text, value } = randomExpression(rng, 5);
    const result = parseQasm(`OPENQASM 3;\nqubit q; rx(${text}) q;`);
    if (!Number.isFinite(value)) expect(result.ok ? 'ok' : result.error.code).toBe('QASM_VALUE');
    else {
      finite++;
      expect(unwrap(result).operations).toEqual([gate('rx', [0], [value])]);
    }
  }
  expect(finite).toBeGreaterThan(250);
});
