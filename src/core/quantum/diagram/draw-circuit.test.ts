import { describe, expect, it } from 'vitest';
import { Prng } from '../../lib/prng.ts';
import { unwrap } from '../../lib/result.ts';
import { parameter } from '../circuit/angle.ts';
import { circuitOf, gate } from '../circuit/builder.ts';
import type { Circuit, GateName, Operation } from '../circuit/circuit.ts';
import { GATES } from '../circuit/gate-table.ts';
import { parseQasm } from '../qasm/parse-qasm.ts';
import { condition } from '../qasm/testing/condition.ts';
import { distance, GATE_NAMES, matrixOfCircuit, randomStep } from '../qasm/testing/random-circuit.ts';
import { drawCircuit } from './draw-circuit.ts';
import { parseDiagram } from './parse-diagram.ts';
import { parseDrawing } from './parse-drawing.ts';

const draw = (qasm: string, width?: number): string =>
  drawCircuit(unwrap(parseQasm(qasm)), width === undefined ? {} : { width });
/** Without the first line end and the margin of the template. */
const picture = (text: string): string => text.replace(/^\n/, '').replace(/ *$/, '');

describe('drawCircuit', () => {
  it('draws boxes, controls, swaps, measurements, conditions and barriers', () => {
    const qasm = `OPENQASM 2.0; include "qelib1.inc"; qreg q[3]; creg c[2]; h q[0]; cx q[0],q[2]; swap q[1],q[2]; rz(-pi/2) q[0]; cz q[0],q[1];
      barrier q; measure q[1] -> c[1]; if(c==2) x q[0]; reset q[2]; ecr q[2],q[0];`;
    expect(draw(qasm)).toBe(
      picture(`
       ┌───┐   ┌───────────┐   ░       ┌───┐         ┌───────┐
q[0]: ─┤ H ├─●─┤ Rz(-π/2)  ├─●─░───────┤ X ├─────────┤ ECR₁  ├─
       └───┘ │ └───────────┘ │ ░       └─╥─┘         └───┬───┘
             │               │ ░ ┌───┐   ║               │
q[1]: ───────┼───────×───────●─░─┤ M ├───╫───────────────┼─────
             │       │         ░ └─╥─┘   ║               │
             │       │         ░   ║     ║   ┌─────┐ ┌───┴───┐
q[2]: ───────⊕───────×─────────░───╫─────╫───┤ |0⟩ ├─┤ ECR₀  ├─
                               ░   ║     ║   └─────┘ └───────┘
                                   ║     ║
 c: 2/═════════════════════════════╩═════╩═════════════════════
                                   1    c=2
`),
    );
  });

  it('wraps at the width, with the names again', () => {
    const text = draw('qreg q[2]; h q[0]; cx q[0],q[1]; h q[1]; cx q[1],q[0];', 20);
    expect(text).toBe(
      picture(`
       ┌───┐
q[0]: ─┤ H ├─●─
       └───┘ │
             │
q[1]: ───────⊕─

             │
q[0]: ───────⊕─
       ┌───┐ │
q[1]: ─┤ H ├─●─
       └───┘
`).replace('             │\nq[0]: ───────⊕─\n       ┌───┐ │', 'q[0]: ───────⊕─\n             │\n       ┌───┐ │'),
    );
    for (const line of draw(`qreg q[3]; ${'cx q[0],q[2]; h q[1]; rx(0.123456) q[0];'.repeat(20)}`, 40).split('\n'))
      expect(Array.from(line).length).toBeLessThanOrEqual(40);
  });

  it('shows global phases, symbols and short numbers', () => {
    const text = draw(
      'OPENQASM 3; qubit q; input float theta; gphase(pi/4); rx(theta/2) q; ry(0.1234567891) q; u(3*pi/4, theta, 1) q;',
    );
    expect(text).toContain('global phase: π/4\n');
    for (const label of ['Rx(theta/2)', 'Ry(0.1235)', 'U(3π/4, theta, 1)']) expect(text).toContain(label);
  });

  it('draws nothing as nothing, and says when a circuit is too large', () => {
    expect(drawCircuit(circuitOf(0, []))).toBe('');
    expect(drawCircuit(circuitOf(2, []))).toBe('q[0]: ─\nq[1]: ─\n');
    expect(
      drawCircuit(
        circuitOf(
          1,
          Array.from({ length: 30_000 }, () => gate('x', [0])),
        ),
      ),
    ).toBe('1 qubit, 30000 operations: too large to draw\n');
    expect(drawCircuit(circuitOf(5000, []))).toContain('too large to draw');
  });

  it('keeps names from outside on their line', () => {
    const circuit: Circuit = {
      ...circuitOf(1, [gate('rx', [0], [parameter('a\nb')]), condition([0], 1, [gate('x', [0])])], 1),
      quantumRegisters: [{ name: 'q: ─\n', offset: 0, size: 1 }],
      classicalRegisters: [{ name: 'c\r\n', offset: 0, size: 1 }],
    };
    const lines = drawCircuit(circuit).split('\n');
    expect(lines.length).toBe(7);
    expect(lines[1]).toContain('q__─_: ─┤ Rx(a_b)');
    expect(lines[5]).toContain('c__=1');
  });

  it('keeps labels from outside within their box', () => {
    const matrix = Float64Array.of(1, 0, 0, 0, 0, 0, 1, 0);
    const text = drawCircuit(
      circuitOf(1, [{ kind: 'unitary', label: `a\nb\u0007 ${'long'.repeat(20)}`, matrix, targets: [0], controls: [] }]),
    );
    expect(text.split('\n').length).toBe(4);
    expect(text).toContain('┤ a b');
    expect(text).toContain('…');
  });
});

const PLAIN = GATE_NAMES.filter((name) => GATES[name].params.length === 0);

describe('parseDrawing', () => {
  const random = (rng: Prng, qubits: number): Circuit => {
    const operations: Operation[] = [];
    while (operations.length < 15) {
      const step = randomStep(rng, qubits, { gates: PLAIN });
      const qubit = rng.below(qubits);
      const other: Operation = rng.pick<Operation>([
        { kind: 'measure', qubit, clbit: rng.below(12) },
        { kind: 'reset', qubit },
        { kind: 'barrier', qubits: Array.from({ length: qubits }, (_, i) => i).slice(qubit) },
      ]);
      if (rng.below(4) === 0) operations.push(other);
      else if (step !== null) operations.push(step);
    }
    return {
      ...circuitOf(qubits, operations, 12),
      classicalRegisters: [
        { name: 'a', offset: 0, size: 1 },
        { name: 'bits', offset: 1, size: 11 },
      ],
    };
  };
  /** Operations on each qubit in their order; gates alike on both sides of a swap, or controls of a Z, in one form. */
  const story = ({ operations, qubits }: Circuit): string[][] =>
    Array.from({ length: qubits }, (_, qubit) =>
      operations.flatMap((operation) => {
        const on =
          operation.kind === 'gate'
            ? [...operation.controls, ...operation.targets]
            : operation.kind === 'barrier'
              ? operation.qubits
              : 'qubit' in operation
                ? [operation.qubit]
                : [];
        if (!on.includes(qubit)) return [];
        if (operation.kind !== 'gate') return [JSON.stringify(operation)];
        const alike: readonly GateName[] = ['swap', 'iswap'];
        const controls = operation.controls.toSorted((a, b) => a - b);
        if (operation.name === 'z') return [`z ${[...on].toSorted((a, b) => a - b).join()}`];
        const targets = alike.includes(operation.name)
          ? operation.targets.toSorted((a, b) => a - b)
          : operation.targets;
        return [`${operation.name} ${targets.join()} ${controls.join()}`];
      }),
    );

  it.each(Array.from({ length: 40 }, (_, seed) => seed))('reads drawings back (seed %d)', (seed) => {
    const rng = new Prng(`drawing ${seed}`);
    const qubits = 1 + rng.below(6);
    const circuit = random(rng, qubits);
    const back = unwrap(parseDrawing(drawCircuit(circuit, { width: rng.pick([30, 60, 100, Infinity]) })));
    expect({ ...back, operations: [] }).toEqual({ ...circuit, operations: [] });
    expect(back.operations.length).toBe(circuit.operations.length);
    expect(story(back)).toEqual(story(circuit));
    expect(distance(matrixOfCircuit(back), matrixOfCircuit(circuit))).toBeLessThan(1e-12);
  });

  it('keeps registers', () => {
    const circuit = unwrap(
      parseQasm(
        'OPENQASM 2.0; include "qelib1.inc"; qreg left[2]; qreg one[1]; qreg right[2]; cx left[1],right[1]; x one[0];',
      ),
    );
    expect(unwrap(parseDrawing(drawCircuit(circuit))).quantumRegisters).toEqual(circuit.quantumRegisters);
  });

  it.each([
    ['', 'got no wire'],
    ['hello', 'got the line "hello", expected a wire'],
    ['q: ─┤ Rx(1) ├─', 'got the box "Rx(1)", expected a gate without angles'],
    ['q: ─┤ H ─', 'got an open box on q'],
    ['q: ─?─', 'got "?" on wire q'],
    ['q: ─●─', 'got ● in one column, expected the signs of one gate'],
    ['q: ─⊕─', 'got ⊕ in one column'],
    ['a: ─●─\nb: ─⊕─', 'got ● in one column'],
    ['q: ─┤ ECR₀ ├─', 'got boxes "ECR₀" as one gate, expected 2 of "ECR"'],
    ['q: ─┤ M ├─', 'got a measurement without a classical wire'],
    ['global phase: 1\nq: ─', 'got a global phase'],
    ['q: ─\n\nr: ─', 'got wires r, expected the wires of the first block'],
    [draw('qreg q[1]; creg c[1]; if(c==1) x q[0];'), 'got a condition'],
    [
      draw('qreg q[1]; creg c[1]; if(c==1) measure q[0] -> c[0];'),
      'under c, expected a bit from 0 to 0, and no condition',
    ],
  ])('refuses %j', (text, sentence) => {
    const result = parseDrawing(text);
    expect(result.ok ? 'accepted' : `${result.error.code} ${result.error.message}`).toContain(
      `QUANTUM_DRAWING ${sentence.startsWith('got') ? sentence : ''}`,
    );
    expect(result.ok ? '' : result.error.message).toContain(sentence);
  });
});

describe('parseDiagram', () => {
  it('reads compact circuits', () => {
    const circuit = parseDiagram(`
      H-•-×-•-M0
      --X-|-•-Ms
      ----×---Mv
    `);
    expect(circuit).toEqual(
      circuitOf(
        3,
        [
          gate('h', [0]),
          gate('x', [1], [], [0]),
          gate('swap', [0, 2]),
          gate('z', [0], [], [1]),
          ...[0, 1, 2].map((k): Operation => ({ kind: 'measure', qubit: k, clbit: k })),
          { kind: 'reset', qubit: 0 },
          gate('sdg', [1]),
          gate('sxdg', [2]),
        ],
        3,
      ),
    );
    expect(parseDiagram('•\n×\n×').operations).toEqual([gate('swap', [1, 2], [], [0])]);
  });

  it.each([
    ['?', 'symbol "?"'],
    ['', 'without a gate'],
    ['---', 'without a gate'],
    ['•', 'nothing to control'],
    ['×', 'swap column'],
    ['•\nM', '"M" with controls'],
  ])('throws on %j', (text, sentence) => {
    expect(() => parseDiagram(text)).toThrow(sentence);
  });
});
