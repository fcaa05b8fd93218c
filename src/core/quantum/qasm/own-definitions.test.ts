import { describe, expect, it } from 'vitest';
import { Prng } from '../../lib/prng.ts';
import { unwrap } from '../../lib/result.ts';
import { circuitOf, gate } from '../circuit/builder.ts';
import type { Circuit, GateName } from '../circuit/circuit.ts';
import { GATES } from '../circuit/gate-table.ts';
import { nameIn2, ownDefinition } from './own-definitions.ts';
import { parseQasm } from './parse-qasm.ts';
import { printQasm } from './print-qasm.ts';
import { distance, GATE_NAMES, matrixOfCircuit, randomAngle } from './testing/random-circuit.ts';

/** One gate as a program, with its definitions respaced: the parser no longer knows them and must expand them. */
function expanded(circuit: Circuit, version: 2 | 3): Circuit {
  const text = unwrap(printQasm(circuit, version));
  return unwrap(parseQasm(text.replaceAll(' { ', ' {  ')));
}

function single(rng: Prng, name: GateName, controls: number): Circuit {
  const { targets, params } = GATES[name];
  const qubits = rng.shuffle(Array.from({ length: Math.max(1, targets + controls) }, (_, i) => i));
  const angles = params.map(() => randomAngle(rng));
  return circuitOf(qubits.length, [
    gate(name, qubits.slice(0, targets), angles, qubits.slice(targets, targets + controls)),
  ]);
}

describe('a definition is its gate, global phase included', () => {
  const cases = GATE_NAMES.flatMap((name) => [0, 1, 2, 3, 4].map((controls) => ({ name, controls })));
  it.each(cases)('$name with $controls controls in OpenQASM 2', ({ name, controls }) => {
    const circuit = single(new Prng(`${name} ${controls}`), name, controls);
    const steps = expanded(circuit, 2);
    expect(distance(matrixOfCircuit(steps), matrixOfCircuit(circuit))).toBeLessThan(2e-14);
  });

  it.each(GATE_NAMES)('%s in OpenQASM 3', (name) => {
    const circuit = single(new Prng(name), name, 1);
    expect(distance(matrixOfCircuit(expanded(circuit, 3)), matrixOfCircuit(circuit))).toBeLessThan(2e-14);
  });

  it.each([5, 6])('x with %d controls, by gates on three qubits at most', (controls) => {
    const circuit = single(new Prng(`x ${controls}`), 'x', controls);
    const steps = expanded(circuit, 2);
    const widths = steps.operations.map((step) =>
      step.kind === 'gate' ? step.controls.length + step.targets.length : 99,
    );
    expect(steps.operations.length).toBeGreaterThan(40);
    expect(Math.max(...widths)).toBe(3);
    expect(distance(matrixOfCircuit(steps), matrixOfCircuit(circuit))).toBeLessThan(2e-14);
  });

  it('grows with the square of the controls', () => {
    const count = (controls: number): number => expanded(single(new Prng('size'), 'p', controls), 2).operations.length;
    const [small, large] = [count(16), count(32)];
    expect(large / small).toBeGreaterThan(3);
    expect(large / small).toBeLessThan(5.5);
  });
});

describe('a definition of the same name', () => {
  const steps = (text: string): Circuit => unwrap(parseQasm(text));
  const own = ownDefinition('ryy', 2)?.text ?? '';
  const program = (definition: string, more = ''): string =>
    `OPENQASM 2.0;\ninclude "qelib1.inc";\n${more}${definition}\nqreg q[2];\nryy(0.5) q[0], q[1];\n`;

  it('is the gate where it is ours letter for letter', () => {
    expect(steps(program(own)).operations).toEqual([gate('ryy', [0, 1], [0.5])]);
  });

  it('is what it says where it differs', () => {
    expect(steps(program('gate ryy(theta) a, b { x a; }')).operations).toEqual([gate('x', [0])]);
  });

  it('is expanded where it calls a gate that the program defined', () => {
    const c5 = ownDefinition('c5_y', 2)?.text ?? '';
    expect(c5).toContain('c5_x');
    const text = `OPENQASM 2.0;\ninclude "qelib1.inc";\ngate c5_x a,b,c,d,e,f { h f; }\n${c5}\nqreg q[6];\nc5_y q[0],q[1],q[2],q[3],q[4],q[5];`;
    expect(steps(text).operations).toEqual([gate('sdg', [5]), gate('h', [5]), gate('s', [5])]);
  });

  it('is unknown for names that qelib1.inc has, or that no gate has', () => {
    expect(nameIn2('x', 2)).toBe('ccx');
    const names = ['c2_x', 'c1_p', 'c0_x', 'c99_x', 'c3_toString', 'c3_id', 'c3_gphase', 'x2_borrowing', 'cx', ''];
    expect(names.filter((name) => ownDefinition(name, 2) !== null)).toEqual([]);
    expect(ownDefinition('c5_x', 3)).toBeNull();
  });
});
