import { at } from '../../src/core/lib/assert.ts';
import { Prng } from '../../src/core/lib/prng.ts';
import { circuitOf, gate } from '../../src/core/quantum/circuit/builder.ts';
import type { Circuit, Operation } from '../../src/core/quantum/circuit/circuit.ts';

/**
 * The three families of circuits that simulators are compared on, each from a seed, and the same circuit for other programs:
 * as OpenQASM 2 and in qsim's text format. They agree up to a global phase.
 */
export interface BenchCircuit {
  readonly name: string;
  readonly qubits: number;
  readonly gates: readonly BenchGate[];
}

/** rx, ry, rz: angle; cp: angle, two qubits; w: a quarter turn about (X + Y) / sqrt 2; cx: control first. */
export type BenchGate =
  | { readonly name: 'h' | 'w'; readonly qubits: readonly [number] }
  | { readonly name: 'rx' | 'ry' | 'rz'; readonly qubits: readonly [number]; readonly angle: number }
  | { readonly name: 'cz' | 'cx' | 'swap'; readonly qubits: readonly [number, number] }
  | { readonly name: 'cp'; readonly qubits: readonly [number, number]; readonly angle: number };

const COLUMNS = 5;
const QUARTER = Math.PI / 2;
/** Two horizontal patterns (0, 1) and two vertical ones (2, 3). */
const PATTERN_ORDER = [0, 1, 2, 3, 2, 3, 0, 1] as const;

/** H on every qubit, then `depth` cycles of a random square root of X, Y or W on every qubit, and CZ along a grid five wide. */
export function randomCircuit(qubits: number, depth = 20, seed = 1): BenchCircuit {
  const prng = new Prng(seed);
  const gates: BenchGate[] = Array.from({ length: qubits }, (_, q) => ({ name: 'h', qubits: [q] }));
  const last = Array<number>(qubits).fill(-1);
  for (let cycle = 0; cycle < depth; cycle++) {
    for (let q = 0; q < qubits; q++) {
      // Never the same root twice in a row on a qubit.
      const before = at(last, q);
      const root = before < 0 ? prng.below(3) : (before + 1 + prng.below(2)) % 3;
      last[q] = root;
      if (root === 2) gates.push({ name: 'w', qubits: [q] });
      else gates.push({ name: root === 0 ? 'rx' : 'ry', qubits: [q], angle: QUARTER });
    }
    const pattern = at(PATTERN_ORDER, cycle % PATTERN_ORDER.length);
    for (const pair of gridPairs(qubits, pattern)) gates.push({ name: 'cz', qubits: pair });
  }
  return { name: `random circuit, ${qubits} qubits, depth ${depth}`, qubits, gates };
}

function gridPairs(qubits: number, pattern: 0 | 1 | 2 | 3): readonly (readonly [number, number])[] {
  const step = pattern < 2 ? 1 : COLUMNS;
  return Array.from({ length: qubits }, (_, q) => [q, q + step] as const).filter(([q, next]) => {
    const column = q % COLUMNS;
    const row = Math.floor(q / COLUMNS);
    const exists = next < qubits && (step > 1 || column < COLUMNS - 1);
    return exists && (column + row) % 2 === pattern % 2;
  });
}

/** Quantum Fourier transform of a random product state. */
export function fourierCircuit(qubits: number, seed = 1): BenchCircuit {
  const prng = new Prng(seed);
  const gates: BenchGate[] = Array.from({ length: qubits }, (_, q) => ({
    name: 'ry',
    qubits: [q],
    angle: Math.PI * prng.float(),
  }));
  for (let i = qubits - 1; i >= 0; i--) {
    gates.push({ name: 'h', qubits: [i] });
    for (let j = i - 1; j >= 0; j--) gates.push({ name: 'cp', qubits: [j, i], angle: Math.PI / 2 ** (i - j) });
  }
  for (let i = 0; i < qubits >> 1; i++) gates.push({ name: 'swap', qubits: [i, qubits - 1 - i] });
  return { name: `Fourier transform, ${qubits} qubits`, qubits, gates };
}

/** Hardware-efficient ansatz: layers of RY and RZ on every qubit and a ladder of CNOTs. */
export function ansatzCircuit(qubits: number, layers = 10, seed = 1): BenchCircuit {
  const prng = new Prng(seed);
  const gates: BenchGate[] = [];
  for (let layer = 0; layer < layers; layer++) {
    for (const name of ['ry', 'rz'] as const)
      for (let q = 0; q < qubits; q++) gates.push({ name, qubits: [q], angle: 2 * Math.PI * prng.float() });
    for (let q = 0; q + 1 < qubits; q++) gates.push({ name: 'cx', qubits: [q, q + 1] });
  }
  return { name: `ansatz, ${qubits} qubits, ${layers} layers`, qubits, gates };
}

export function toCircuit({ qubits, gates }: BenchCircuit): Circuit {
  return circuitOf(qubits, gates.map(operationOf));
}

function operationOf(step: BenchGate): Operation {
  switch (step.name) {
    case 'w':
      return gate('u', step.qubits, [QUARTER, -Math.PI / 4, Math.PI / 4]);
    case 'h':
    case 'swap':
      return gate(step.name, step.qubits);
    case 'cz':
    case 'cx':
      return gate(step.name === 'cz' ? 'z' : 'x', [step.qubits[1]], [], [step.qubits[0]]);
    case 'cp':
      return gate('p', [step.qubits[1]], [step.angle], [step.qubits[0]]);
    case 'rx':
    case 'ry':
    case 'rz':
      return gate(step.name, step.qubits, [step.angle]);
  }
}

/** OpenQASM 2 with qelib1.inc. */
export function toQasm({ qubits, gates }: BenchCircuit): string {
  const lines = ['OPENQASM 2.0;', 'include "qelib1.inc";', `qreg q[${qubits}];`];
  for (const step of gates) {
    const on = step.qubits.map((q) => `q[${q}]`).join(',');
    lines.push(`${qasmName(step)} ${on};`);
  }
  return `${lines.join('\n')}\n`;
}

function qasmName(step: BenchGate): string {
  if (step.name === 'w') return 'u3(pi/2,-pi/4,pi/4)';
  const name = step.name === 'cp' ? 'cu1' : step.name;
  return 'angle' in step ? `${name}(${decimal(step.angle)})` : name;
}

/** Some parsers know no exponents. */
function decimal(value: number): string {
  const short = String(value);
  return short.includes('e') ? value.toFixed(20) : short;
}

/**
 * The input format of qsim (docs/input_format.md of quantumlib/qsim): gates sorted by moments. qsim has no swap: it is three
 * CNOTs there, which its fusion makes one.
 */
export function toQsim({ qubits, gates }: BenchCircuit): string {
  const free = Array<number>(qubits).fill(0);
  const moments: string[][] = [];
  const place = (name: string, on: readonly number[], angle?: number): void => {
    const moment = Math.max(...on.map((q) => at(free, q)));
    for (const q of on) free[q] = moment + 1;
    const line = [moment, name, ...on, ...(angle === undefined ? [] : [angle])].join(' ');
    (moments[moment] ??= []).push(line);
  };
  for (const step of gates) {
    if (step.name === 'swap') {
      const [a, b] = step.qubits;
      for (const on of [
        [a, b],
        [b, a],
        [a, b],
      ] as const)
        place('cnot', on);
    } else place(QSIM_NAMES[step.name], step.qubits, 'angle' in step ? step.angle : undefined);
  }
  return `${[String(qubits), ...moments.flat()].join('\n')}\n`;
}

const QSIM_NAMES: Readonly<Record<Exclude<BenchGate['name'], 'swap'>, string>> = {
  h: 'h',
  w: 'hz_1_2',
  rx: 'rx',
  ry: 'ry',
  rz: 'rz',
  cz: 'cz',
  cx: 'cnot',
  cp: 'cp',
};
