import { GATES, multiply, type Matrix } from '../circuit/gate-table.ts';
import type { Stop } from './cancel.ts';
import type { Cost } from './cost.ts';
import { CX, cxGate, hGate, isNothing, OPAQUE, qubitsOf, rzGate, xGate, type Gate } from './gates.ts';
import { kakOf, type Kak } from './kak.ts';
import { phaseOf, phaseOfAngle } from './phase.ts';
import { eulerForm, isSymbolic, keepsGateSet, matrixOfGate, shortenRuns } from './runs.ts';

/** A maximal run of gates on two qubits; `b` is -1 while there is only one. */
interface Block {
  readonly a: number;
  readonly b: number;
  readonly gates: Gate[];
}

/**
 * Two-qubit block resynthesis: each maximal run on a pair of qubits that has two or more CX becomes its Cartan form with 0 to 3
 * CX where that costs less. Clifford+T stays Clifford+T (see runs.ts), symbolic angles are left alone.
 */
export function resynthesiseBlocks(gates: readonly Gate[], qubits: number, cost: Cost, stop: Stop): Gate[] {
  const open: (Block | null)[] = Array.from({ length: qubits }, () => null);
  const out: Gate[] = [];
  const close = (q: number): void => {
    const block = open[q];
    if (block === null || block === undefined) return;
    for (const gate of stop() ? block.gates : cheaper(block, cost, qubits)) out.push(gate);
    open[block.a] = null;
    if (block.b >= 0) open[block.b] = null;
  };
  for (const gate of gates) {
    if (gate.op === OPAQUE) {
      for (const q of qubitsOf(gate)) close(q);
      out.push(gate);
    } else if (gate.op === CX) join(open, gate, close);
    else {
      const block = (open[gate.q] ??= { a: gate.q, b: -1, gates: [] });
      block.gates.push(gate);
    }
  }
  for (let q = 0; q < qubits; q++) close(q);
  return out;
}

function join(open: (Block | null)[], gate: Gate, close: (q: number) => void): void {
  const { q, t } = gate;
  const [first, second] = [open[q] ?? null, open[t] ?? null];
  if (first !== null && first === second) {
    first.gates.push(gate);
    return;
  }
  // Gates on one qubit alone join the block; a block with a third qubit ends here.
  const before: Gate[] = [];
  for (const [block, qubit] of [
    [first, q],
    [second, t],
  ] as const) {
    if (block === null) continue;
    if (block.b < 0) before.push(...block.gates);
    else close(qubit);
  }
  const block: Block = { a: q, b: t, gates: [...before, gate] };
  open[q] = block;
  open[t] = block;
}

function cheaper({ a, b, gates }: Block, cost: Cost, qubits: number): readonly Gate[] {
  if (gates.filter(({ op }) => op === CX).length < 2 || gates.some(isSymbolic)) return gates;
  const kak = kakOf(gates.reduce<Matrix>((m, gate) => multiply(embedded(gate, a), m), IDENTITY));
  if (kak === null) return gates;
  const made = shortenRuns(synthesise(kak, a, b), qubits);
  return cost.of(made) < cost.of(gates) && keepsGateSet(gates, made) ? made : gates;
}

const IDENTITY: Matrix = Float64Array.from({ length: 32 }, (_, i) => (i % 10 === 0 ? 1 : 0));

/** The 4 x 4 matrix of a gate where qubit `low` is the low bit. */
function embedded(gate: Gate, low: number): Matrix {
  const out = new Float64Array(32);
  if (gate.op === CX) {
    const control = gate.q === low ? 1 : 2;
    for (let column = 0; column < 4; column++)
      out[8 * ((column & control) !== 0 ? column ^ (3 - control) : column) + 2 * column] = 1;
    return out;
  }
  const m = matrixOfGate(gate);
  const bit = gate.q === low ? 0 : 1;
  for (let row = 0; row < 4; row++)
    for (let column = 0; column < 4; column++) {
      if (((row ^ column) & (2 >> bit)) !== 0) continue;
      const from = 4 * ((row >> bit) & 1) + 2 * ((column >> bit) & 1);
      out[8 * row + 2 * column] = m[from] as number;
      out[8 * row + 2 * column + 1] = m[from + 1] as number;
    }
  return out;
}

/** Coordinates this close to 0 or pi/4 are that: far above rounding, and far below what the check lets pass. */
const COORDINATE_ERROR = 1e-10;
const QUARTER = Math.PI / 4;

/** Gates in order of time for (left) exp(i (x XX + y YY + z ZZ)) (right), a the low bit. */
export function synthesise({ left, right, x, y, z }: Kak, a: number, b: number): Gate[] {
  // exp(i pi/2 XX) = i XX: whole multiples of pi/2 are Paulis on both qubits.
  const coordinates = [x, y, z].map((value) => {
    const turns = Math.round(value / (2 * QUARTER));
    return { rest: clean(value - turns * 2 * QUARTER), odd: turns % 2 !== 0 };
  }) as unknown as readonly [Coordinate, Coordinate, Coordinate];
  let low = left[0];
  let high = left[1];
  for (const [k, { odd }] of coordinates.entries()) {
    if (!odd) continue;
    const pauli = (PAULIS[k] as (typeof PAULIS)[number]).matrix([]);
    low = multiply(low, pauli);
    high = multiply(high, pauli);
  }
  const core = middle(coordinates.map(({ rest }) => rest) as unknown as readonly [number, number, number], a, b);
  return [
    ...eulerForm(right[0], a),
    ...eulerForm(right[1], b),
    ...core,
    ...eulerForm(low, a),
    ...eulerForm(high, b),
  ].filter((gate) => !isNothing(gate));
}

interface Coordinate {
  readonly rest: number;
  readonly odd: boolean;
}

const PAULIS = [GATES.x, GATES.y, GATES.z] as const;

function clean(value: number): number {
  if (Math.abs(value) < COORDINATE_ERROR) return 0;
  return Math.abs(Math.abs(value) - QUARTER) < COORDINATE_ERROR ? Math.sign(value) * QUARTER : value;
}

const rz = (q: number, angle: number): Gate => rzGate(q, phaseOfAngle(angle));
const both = (a: number, b: number, ...make: readonly ((q: number) => Gate)[]): Gate[] =>
  make.flatMap((one) => [one(a), one(b)]);
const s = (q: number): Gate => rzGate(q, phaseOf(2));
const sdg = (q: number): Gate => rzGate(q, phaseOf(-2));
/** exp(-i angle/2 X). */
const rx = (q: number, angle: number): Gate[] => [hGate(q), rz(q, angle), hGate(q)];
const ry = (q: number, angle: number): Gate[] => [sdg(q), ...rx(q, angle), s(q)];

/** exp(i (x XX + y YY + z ZZ)), coordinates in [-pi/4, pi/4]. */
function middle([x, y, z]: readonly [number, number, number], a: number, b: number): Gate[] {
  const zeros = [x, y, z].filter((value) => value === 0).length;
  if (zeros === 3) return [];
  // S on both turns YY into XX (and back up to sign, squared away); sqrt X on both turns YY into ZZ.
  if (x === 0 && z !== 0 && y !== 0) return [...both(a, b, sdg), ...middle([y, 0, z], a, b), ...both(a, b, s)];
  if (z === 0 && y !== 0) {
    const into = both(a, b, hGate, sdg, hGate);
    return [...into, ...middle([x, 0, y], a, b), ...both(a, b, hGate, s, hGate)];
  }
  if (y === 0) return x === 0 || z === 0 ? single(x === 0 ? 'z' : 'x', x + z, a, b) : double(x, z, a, b);
  if (x === 0 && z === 0) {
    return [...both(a, b, sdg), ...middle([y, 0, 0], a, b), ...both(a, b, s)];
  }
  return triple(x, y, z, a, b);
}

/** exp(i (x XX + z ZZ)): under a CX, XX is X on the control and ZZ is Z on the target. */
const double = (x: number, z: number, a: number, b: number): Gate[] => [
  cxGate(a, b),
  ...rx(a, -2 * x),
  rz(b, -2 * z),
  cxGate(a, b),
];

/** One letter only. At pi/4 one CX: C(Z, X) = exp(i pi/4 (1 - Z)(1 - X)), so exp(i pi/4 ZX) is CX between quarter turns. */
function single(letter: 'x' | 'z', angle: number, a: number, b: number): Gate[] {
  if (Math.abs(angle) !== QUARTER) return letter === 'x' ? double(angle, 0, a, b) : double(0, angle, a, b);
  // exp(i pi/4 ZX) is, up to phase, the CX after S^dagger on the control and its like about X on the target; the opposite sign
  // differs by exp(-i pi/2 ZX) = -i ZX.
  const zx = [cxGate(a, b), sdg(a), hGate(b), sdg(b), hGate(b)];
  if (angle < 0) zx.push(rzGate(a, phaseOf(4)), xGate(b));
  return letter === 'z' ? [hGate(b), ...zx, hGate(b)] : [hGate(a), ...zx, hGate(a)];
}

/** Three CX: Vatan and Williams (arXiv:quant-ph/0308006), figure 6. */
function triple(x: number, y: number, z: number, a: number, b: number): Gate[] {
  return [
    s(b),
    cxGate(b, a),
    rz(a, 2 * QUARTER - 2 * z),
    ...ry(b, 2 * QUARTER - 2 * x),
    cxGate(a, b),
    ...ry(b, 2 * y - 2 * QUARTER),
    cxGate(b, a),
    sdg(a),
  ];
}
