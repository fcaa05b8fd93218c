import { at } from '../../../lib/assert.ts';
import { evaluate, type Bindings } from '../../circuit/angle.ts';
import { isUnitaryStep, type Circuit, type GateName, type UnitaryStep } from '../../circuit/circuit.ts';

/**
 * A second, independent way to every amplitude. Gate matrices come from products and exponentials of Pauli matrices (the
 * defining equations), not from the gate table; a step is one sum over columns for every single basis state, out of place.
 */
export type Complex = readonly [re: number, im: number];
/** Square, row by row. */
export type Dense = readonly (readonly Complex[])[];

const times = ([a, b]: Complex, [c, d]: Complex): Complex => [a * c - b * d, a * d + b * c];
const plus = ([a, b]: Complex, [c, d]: Complex): Complex => [a + c, b + d];
const ZERO: Complex = [0, 0];
const turn = (angle: number): Complex => [Math.cos(angle), Math.sin(angle)];

const mapped = (m: Dense, f: (entry: Complex) => Complex): Dense => m.map((row) => row.map(f));
export const scaled = (factor: Complex, m: Dense): Dense => mapped(m, (entry) => times(factor, entry));
export const sum = (a: Dense, b: Dense): Dense => a.map((row, r) => row.map((v, c) => plus(v, at(at(b, r), c))));
export const product = (a: Dense, b: Dense): Dense =>
  a.map((row) => row.map((_, c) => row.reduce((total, v, k) => plus(total, times(v, at(at(b, k), c))), ZERO)));
/** `high` acts on the higher bits. */
export const kron = (high: Dense, low: Dense): Dense =>
  high.flatMap((row) => low.map((inner) => row.flatMap((v) => inner.map((w) => times(v, w)))));
export const identity = (size: number): Dense =>
  Array.from({ length: size }, (_, r) => Array.from({ length: size }, (_, c): Complex => [r === c ? 1 : 0, 0]));

export const PAULI: Readonly<Record<'I' | 'X' | 'Y' | 'Z', Dense>> = {
  I: identity(2),
  X: [
    [ZERO, [1, 0]],
    [[1, 0], ZERO],
  ],
  Y: [
    [ZERO, [0, -1]],
    [[0, 1], ZERO],
  ],
  Z: [
    [[1, 0], ZERO],
    [ZERO, [-1, 0]],
  ],
};

/** A word like ZX: the first letter on the highest qubit. */
export const pauliDense = (word: string): Dense =>
  Array.from(word).reduce<Dense>((m, letter) => kron(m, PAULI[letter as 'X']), identity(1));

/** exp(-i angle P) for whole eigenvalues: the series after halving the angle 6 times (12 terms of 0.05 leave 1e-25), squared back. */
function exponential(angle: number, p: Dense): Dense {
  const step = scaled([0, -Math.atan2(Math.sin(angle), Math.cos(angle)) / 64], p);
  let term = identity(p.length);
  let total = term;
  for (let k = 1; k <= 12; k++) {
    term = scaled([1 / k, 0], product(term, step));
    total = sum(total, term);
  }
  for (let i = 0; i < 6; i++) total = product(total, total);
  return total;
}

const word = pauliDense;
const rotation = (angle: number, generator: Dense): Dense => exponential(angle / 2, generator);
const phase = (angle: number): Dense => [
  [[1, 0], ZERO],
  [ZERO, turn(angle)],
];
const mix = (...parts: readonly (readonly [Complex, Dense])[]): Dense =>
  parts.map(([factor, m]) => scaled(factor, m)).reduce(sum);
const R = Math.SQRT1_2;
/** XX + YY over 2: what iswap and xxplusyy turn about. */
const EXCHANGE = mix([[0.5, 0], word('XX')], [[0.5, 0], word('YY')]);

/** Definitions: Nielsen, Chuang, section 4.2; OpenQASM 3 specification, stdgates.inc; Qiskit's circuit library. */
const GATE_DEFINITIONS: Readonly<Record<GateName, (angles: readonly number[]) => Dense>> = {
  gphase: ([g]) => [[turn(g!)]],
  id: () => word('I'),
  x: () => word('X'),
  y: () => word('Y'),
  z: () => word('Z'),
  h: () => mix([[R, 0], word('X')], [[R, 0], word('Z')]),
  s: () => phase(Math.PI / 2),
  sdg: () => phase(-Math.PI / 2),
  t: () => phase(Math.PI / 4),
  tdg: () => phase(-Math.PI / 4),
  // The root of X with eigenvalues 1 and i: e^(i pi/4) rx(pi/2).
  sx: () => scaled(turn(Math.PI / 4), rotation(Math.PI / 2, word('X'))),
  sxdg: () => scaled(turn(-Math.PI / 4), rotation(-Math.PI / 2, word('X'))),
  rx: ([t]) => rotation(t!, word('X')),
  ry: ([t]) => rotation(t!, word('Y')),
  rz: ([t]) => rotation(t!, word('Z')),
  p: ([l]) => phase(l!),
  u: ([t, f, l]) => product(phase(f!), product(rotation(t!, word('Y')), phase(l!))),
  swap: () => mix([[0.5, 0], word('II')], [[0.5, 0], word('XX')], [[0.5, 0], word('YY')], [[0.5, 0], word('ZZ')]),
  iswap: () => exponential(-Math.PI / 2, EXCHANGE),
  ecr: () => mix([[R, 0], word('IX')], [[-R, 0], word('XY')]),
  rxx: ([t]) => rotation(t!, word('XX')),
  ryy: ([t]) => rotation(t!, word('YY')),
  rzz: ([t]) => rotation(t!, word('ZZ')),
  // Z on the first target, which is the low bit.
  rzx: ([t]) => rotation(t!, word('XZ')),
  xxplusyy: ([t, b]) => {
    const before = kron(word('I'), rotation(b!, word('Z')));
    const after = kron(word('I'), rotation(-b!, word('Z')));
    return product(after, product(rotation(t!, EXCHANGE), before));
  },
};

/** The matrix of a step on its targets, controls left out. */
export function referenceMatrix(step: UnitaryStep, values: Bindings): Dense {
  if (step.kind === 'gate') return GATE_DEFINITIONS[step.name](step.params.map((angle) => evaluate(angle, values)));
  const size = 2 ** step.targets.length;
  return Array.from({ length: size }, (_, r) =>
    Array.from({ length: size }, (_, c): Complex => [
      at(step.matrix, 2 * (r * size + c)),
      at(step.matrix, 2 * (r * size + c) + 1),
    ]),
  );
}

const bit = (index: number, qubit: number): number => Math.floor(index / 2 ** qubit) % 2;

/** The interleaved state after one step. */
export function referenceStep(state: Float64Array, step: UnitaryStep, values: Bindings): Float64Array {
  const matrix = referenceMatrix(step, values).map((row) => Float64Array.from(row.flat()));
  const targets = step.targets.map((q) => 2 ** q);
  const controls = step.controls.map((q) => 2 ** q);
  const one = (index: number, weight: number): boolean => Math.floor(index / weight) % 2 === 1;
  const out = state.slice();
  for (let index = 0; index < state.length / 2; index++) {
    if (controls.some((weight) => !one(index, weight))) continue;
    let row = 0;
    let base = index;
    for (let i = 0; i < targets.length; i++)
      if (one(index, targets[i]!)) {
        row += 2 ** i;
        base -= targets[i]!;
      }
    const entries = matrix[row]!;
    let re = 0;
    let im = 0;
    for (let column = 0; column < 2 ** targets.length; column++) {
      let from = base;
      for (let i = 0; i < targets.length; i++) if (one(column, 2 ** i)) from += targets[i]!;
      const mr = entries[2 * column]!;
      const mi = entries[2 * column + 1]!;
      re += mr * state[2 * from]! - mi * state[2 * from + 1]!;
      im += mr * state[2 * from + 1]! + mi * state[2 * from]!;
    }
    out[2 * index] = re;
    out[2 * index + 1] = im;
  }
  return out;
}

/** Final interleaved amplitudes of a circuit of gates and unitaries, from |0...0> or from `start`. */
export function referenceState(circuit: Circuit, values: readonly number[] = [], start?: Float64Array): Float64Array {
  const bindings = new Map(circuit.parameters.map((name, i) => [name, at(values, i)]));
  let state = start ?? Float64Array.from({ length: 2 * 2 ** circuit.qubits }, (_, i) => (i === 0 ? 1 : 0));
  for (const operation of circuit.operations) {
    if (operation.kind === 'barrier') continue;
    if (!isUnitaryStep(operation)) throw new Error(`the reference runs gates only, got ${operation.kind}`);
    state = referenceStep(state, operation, bindings);
  }
  return state;
}

/** The whole 2^n x 2^n matrix of a step, built from projectors: for small n, and to check the reference itself. */
export function fullMatrix(step: UnitaryStep, qubits: number, values: Bindings): Dense {
  const small = referenceMatrix(step, values);
  const size = 2 ** qubits;
  return Array.from({ length: size }, (_, row) =>
    Array.from({ length: size }, (_, column): Complex => {
      for (let q = 0; q < qubits; q++) if (!step.targets.includes(q) && bit(row, q) !== bit(column, q)) return ZERO;
      if (step.controls.some((q) => bit(column, q) === 0)) return row === column ? [1, 0] : ZERO;
      const local = (index: number): number => step.targets.reduce((v, q, i) => v + bit(index, q) * 2 ** i, 0);
      return at(at(small, local(row)), local(column));
    }),
  );
}

/** M times an interleaved vector. */
export function applyDense(m: Dense, state: ArrayLike<number>): Float64Array {
  const out = new Float64Array(2 * m.length);
  for (const [r, row] of m.entries())
    for (const [c, entry] of row.entries()) {
      const [re, im] = times(entry, [at(state, 2 * c), at(state, 2 * c + 1)]);
      out[2 * r] = at(out, 2 * r) + re;
      out[2 * r + 1] = at(out, 2 * r + 1) + im;
    }
  return out;
}

/** <a|b> of interleaved vectors. */
export function referenceInner(a: ArrayLike<number>, b: ArrayLike<number>): Complex {
  let [re, im] = [0, 0];
  for (let i = 0; i < a.length; i += 2) {
    re += a[i]! * b[i]! + a[i + 1]! * b[i + 1]!;
    im += a[i]! * b[i + 1]! - a[i + 1]! * b[i]!;
  }
  return [re, im];
}

/** P psi for a Pauli word (highest qubit first), letter by letter. */
export function applyWord(word: string, state: Float64Array): Float64Array {
  return Array.from(word)
    .reverse()
    .reduce((psi, letter, q) => {
      if (letter === 'I') return psi;
      const name = letter.toLowerCase() as GateName;
      return referenceStep(psi, { kind: 'gate', name, params: [], targets: [q], controls: [] }, new Map());
    }, state);
}
