import { assert } from '../lib/assert.ts';
import type { Gate } from './engine.ts';

/** Row-major 2x2 complex matrix: re00, im00, re01, im01, re10, im10, re11, im11. */
export type Matrix2 = Float64Array;

const HALF = Math.SQRT1_2;
const matrix = (...entries: readonly number[]): Matrix2 => Float64Array.from(entries);

const IDENTITY = matrix(1, 0, 0, 0, 0, 0, 1, 0);
const X = matrix(0, 0, 1, 0, 1, 0, 0, 0);
const Y = matrix(0, 0, 0, -1, 0, 1, 0, 0);
const Z = matrix(1, 0, 0, 0, 0, 0, -1, 0);
const H = matrix(HALF, 0, HALF, 0, HALF, 0, -HALF, 0);
const S = matrix(1, 0, 0, 0, 0, 0, 0, 1);
const T = matrix(1, 0, 0, 0, 0, 0, HALF, HALF);

/** Pauli matrix X^x Z^z up to a global phase. */
export function pauliMatrix(x: boolean, z: boolean): Matrix2 {
  if (x) return z ? Y : X;
  return z ? Z : IDENTITY;
}

/** a times b. */
export function multiply(a: Matrix2, b: Matrix2): Matrix2 {
  const out = new Float64Array(8);
  for (let row = 0; row < 2; row++)
    for (let column = 0; column < 2; column++)
      for (let k = 0; k < 2; k++) {
        const [ar, ai] = entry(a, row, k);
        const [br, bi] = entry(b, k, column);
        const at = 4 * row + 2 * column;
        out[at] = (out[at] ?? 0) + ar * br - ai * bi;
        out[at + 1] = (out[at + 1] ?? 0) + ar * bi + ai * br;
      }
  return out;
}

/** Conjugate transpose: the inverse of a unitary. */
export function adjoint(a: Matrix2): Matrix2 {
  const out = new Float64Array(8);
  for (let row = 0; row < 2; row++)
    for (let column = 0; column < 2; column++) {
      const [re, im] = entry(a, column, row);
      out[4 * row + 2 * column] = re;
      out[4 * row + 2 * column + 1] = -im;
    }
  return out;
}

function entry(a: Matrix2, row: number, column: number): readonly [number, number] {
  return [a[4 * row + 2 * column] ?? Number.NaN, a[4 * row + 2 * column + 1] ?? Number.NaN];
}

/** Largest deviation of a a^dagger from the identity, over the entries' real and imaginary parts; infinite where an entry is no number. */
export function unitarityError(a: Matrix2): number {
  const product = multiply(a, adjoint(a));
  let worst = 0;
  for (let i = 0; i < 8; i++) {
    const deviation = Math.abs((product[i] ?? Number.NaN) - (IDENTITY[i] ?? 0));
    if (Number.isNaN(deviation)) return Infinity;
    worst = Math.max(worst, deviation);
  }
  return worst;
}

/** U(theta, phi, lambda) of OpenQASM 2: [[cos, -e^(i lambda) sin], [e^(i phi) sin, e^(i(phi+lambda)) cos]] of theta/2. */
function general(theta: number, phi: number, lambda: number): Matrix2 {
  const c = Math.cos(theta / 2);
  const s = Math.sin(theta / 2);
  const sum = phi + lambda;
  return matrix(
    c,
    0,
    -s * Math.cos(lambda),
    -s * Math.sin(lambda),
    s * Math.cos(phi),
    s * Math.sin(phi),
    c * Math.cos(sum),
    c * Math.sin(sum),
  );
}

/** exp(-i theta/2 P) for a Pauli matrix P. */
function rotation(theta: number, pauli: Matrix2): Matrix2 {
  const c = Math.cos(theta / 2);
  const s = Math.sin(theta / 2);
  // -i (re + i im) = im - i re
  return Float64Array.from({ length: 8 }, (_, i) => {
    const part = i % 2 === 0 ? s * (pauli[i + 1] ?? 0) : -s * (pauli[i - 1] ?? 0);
    return c * (IDENTITY[i] ?? 0) + part;
  });
}

function phase(lambda: number): Matrix2 {
  return matrix(1, 0, 0, 0, 0, 0, Math.cos(lambda), Math.sin(lambda));
}

const on =
  (name: string, m: Matrix2) =>
  (target: number, ...controls: readonly number[]): Gate => ({ name, target, controls, matrix: m });

/**
 * Gates by name; angles in radians. Every one takes any number of control qubits after its target.
 * A global phase counts as soon as there is a control: p(x) and rz(x) differ.
 */
export const gates = {
  x: on('x', X),
  y: on('y', Y),
  z: on('z', Z),
  h: on('h', H),
  s: on('s', S),
  t: on('t', T),
  sdg: on('sdg', adjoint(S)),
  tdg: on('tdg', adjoint(T)),
  rx: (theta: number, target: number, ...controls: readonly number[]) =>
    on('rx', rotation(theta, X))(target, ...controls),
  ry: (theta: number, target: number, ...controls: readonly number[]) =>
    on('ry', rotation(theta, Y))(target, ...controls),
  rz: (theta: number, target: number, ...controls: readonly number[]) =>
    on('rz', rotation(theta, Z))(target, ...controls),
  p: (lambda: number, target: number, ...controls: readonly number[]) => on('p', phase(lambda))(target, ...controls),
  u: (theta: number, phi: number, lambda: number, target: number, ...controls: readonly number[]) =>
    on('u', general(theta, phi, lambda))(target, ...controls),
  cx: (control: number, target: number) => on('cx', X)(target, control),
  cz: (control: number, target: number) => on('cz', Z)(target, control),
  /** Three controlled X gates. */
  swap: (a: number, b: number): readonly Gate[] => {
    assert(a !== b, `swap of qubit ${a} with itself`);
    return [on('cx', X)(b, a), on('cx', X)(a, b), on('cx', X)(b, a)];
  },
  /** Any 2x2 unitary. */
  unitary: (name: string, m: Matrix2, target: number, ...controls: readonly number[]) =>
    on(name, m)(target, ...controls),
} as const;
