import { assert, at } from '../../lib/assert.ts';
import { evaluate, negate, type Angle, type Bindings } from './angle.ts';
import type { GateName, UnitaryStep } from './circuit.ts';

/** Row-major complex square matrix, interleaved re, im. */
export type Matrix = Float64Array;

export interface GateSpec {
  readonly targets: 0 | 1 | 2;
  /** Names of the angles, for messages. */
  readonly params: readonly string[];
  /** The matrix on the targets; targets[0] is the lowest bit. Angles in radians. */
  readonly matrix: (params: readonly number[]) => Matrix;
  /** Diagonal for all angles. */
  readonly diagonal: boolean;
  /** The inverse gate on the same targets. */
  readonly inverse: (params: readonly Angle[]) => { readonly name: GateName; readonly params: readonly Angle[] };
}

const R = Math.SQRT1_2;
const real = (...entries: readonly number[]): Matrix => Float64Array.from(entries.flatMap((re) => [re, 0]));
const complex = (...entries: readonly number[]): Matrix => Float64Array.from(entries);

const fixed = (matrix: Matrix, inverse: GateName, diagonal = false): GateSpec => ({
  targets: matrix.length === 8 ? 1 : 2,
  params: [],
  matrix: () => matrix,
  diagonal,
  inverse: () => ({ name: inverse, params: [] }),
});

const turning = (
  name: GateName,
  targets: 0 | 1 | 2,
  matrix: (theta: number) => Matrix,
  diagonal = false,
): GateSpec => ({
  targets,
  params: ['theta'],
  matrix: ([theta]) => matrix(theta ?? Number.NaN),
  diagonal,
  inverse: (params) => ({ name, params: params.map(negate) }),
});

/** cos and sin of half the angle. */
const half = (theta: number): readonly [number, number] => [Math.cos(theta / 2), Math.sin(theta / 2)];
const turn = (angle: number): readonly [number, number] => [Math.cos(angle), Math.sin(angle)];

function u(theta: number, phi: number, lambda: number): Matrix {
  const [c, s] = half(theta);
  const [lr, li] = turn(lambda);
  const [pr, pi] = turn(phi);
  // Not the turn of phi + lambda: that sum loses digits where one of them is large.
  const [br, bi] = [pr * lr - pi * li, pr * li + pi * lr];
  return complex(c, 0, -s * lr, -s * li, s * pr, s * pi, c * br, c * bi);
}

/** exp(-i theta/2 P) for a two-qubit Pauli product with real (`im` 0) or imaginary entries on the anti-diagonal. */
function rxx(theta: number): Matrix {
  const [c, s] = half(theta);
  const m = new Float64Array(32);
  for (let i = 0; i < 4; i++) {
    m[8 * i + 2 * i] = c;
    m[8 * i + 2 * (3 - i) + 1] = -s;
  }
  return m;
}

function ryy(theta: number): Matrix {
  const m = rxx(theta);
  const s = Math.sin(theta / 2);
  m[7] = s;
  m[25] = s;
  return m;
}

function rzz(theta: number): Matrix {
  const [c, s] = half(theta);
  const m = new Float64Array(32);
  for (let i = 0; i < 4; i++) {
    m[10 * i] = c;
    m[10 * i + 1] = i === 0 || i === 3 ? -s : s;
  }
  return m;
}

/** exp(-i theta/2 Z x X): Z on targets[0] (the low bit), X on targets[1]. */
function rzx(theta: number): Matrix {
  const [c, s] = half(theta);
  const m = new Float64Array(32);
  for (let row = 0; row < 4; row++) {
    m[10 * row] = c;
    m[8 * row + 2 * (row ^ 2) + 1] = row % 2 === 0 ? -s : s;
  }
  return m;
}

/** Qiskit's XXPlusYYGate(theta, beta): a rotation in the span of |01> and |10>; targets[0] is its first qubit. */
function xxplusyy(theta: number, beta: number): Matrix {
  const [c, s] = half(theta);
  const [r, i] = turn(beta);
  const m = new Float64Array(32);
  m[0] = 1;
  m[30] = 1;
  m[10] = c;
  m[20] = c;
  // Row 1, column 2: -i sin e^(-i beta); row 2, column 1: -i sin e^(i beta).
  m[12] = -s * i;
  m[13] = -s * r;
  m[18] = s * i;
  m[19] = -s * r;
  return m;
}

const IDENTITY = real(1, 0, 0, 1);
const X = real(0, 1, 1, 0);
const Y = complex(0, 0, 0, -1, 0, 1, 0, 0);
const Z = real(1, 0, 0, -1);
const H = real(R, R, R, -R);
const phased = (angle: number): Matrix => complex(1, 0, 0, 0, 0, 0, ...turn(angle));
const S = complex(1, 0, 0, 0, 0, 0, 0, 1);
const SDG = complex(1, 0, 0, 0, 0, 0, 0, -1);
const T = complex(1, 0, 0, 0, 0, 0, R, R);
const TDG = complex(1, 0, 0, 0, 0, 0, R, -R);
const SX = complex(0.5, 0.5, 0.5, -0.5, 0.5, -0.5, 0.5, 0.5);
const SXDG = complex(0.5, -0.5, 0.5, 0.5, 0.5, 0.5, 0.5, -0.5);
const SWAP = real(1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1);
const ISWAP = complex(
  ...[1, 0, 0, 0, 0, 0, 0, 0],
  ...[0, 0, 0, 0, 0, 1, 0, 0],
  ...[0, 0, 0, 1, 0, 0, 0, 0],
  ...[0, 0, 0, 0, 0, 0, 1, 0],
);
/** Qiskit's ECRGate (IX - XY)/sqrt 2 with targets[0] as its first qubit. */
const ECR = complex(
  ...[0, 0, R, 0, 0, 0, 0, R],
  ...[R, 0, 0, 0, 0, -R, 0, 0],
  ...[0, 0, 0, R, 0, 0, R, 0],
  ...[0, -R, 0, 0, R, 0, 0, 0],
);

/** The gates of the representation. Sources: OpenQASM 2 (arXiv:1707.03429), OpenQASM 3 stdgates.inc, Qiskit's circuit library. */
export const GATES: Readonly<Record<GateName, GateSpec>> = {
  gphase: turning('gphase', 0, (angle) => complex(...turn(angle)), true),
  id: fixed(IDENTITY, 'id', true),
  x: fixed(X, 'x'),
  y: fixed(Y, 'y'),
  z: fixed(Z, 'z', true),
  h: fixed(H, 'h'),
  s: fixed(S, 'sdg', true),
  sdg: fixed(SDG, 's', true),
  t: fixed(T, 'tdg', true),
  tdg: fixed(TDG, 't', true),
  sx: fixed(SX, 'sxdg'),
  sxdg: fixed(SXDG, 'sx'),
  rx: turning('rx', 1, (theta) => {
    const [c, s] = half(theta);
    return complex(c, 0, 0, -s, 0, -s, c, 0);
  }),
  ry: turning('ry', 1, (theta) => u(theta, 0, 0)),
  rz: turning(
    'rz',
    1,
    (theta) => {
      const [c, s] = half(theta);
      return complex(c, -s, 0, 0, 0, 0, c, s);
    },
    true,
  ),
  p: turning('p', 1, phased, true),
  /** U(theta, phi, lambda) of OpenQASM 2 and Qiskit: upper left entry cos(theta/2), real. */
  u: {
    targets: 1,
    params: ['theta', 'phi', 'lambda'],
    matrix: ([theta, phi, lambda]) => u(theta ?? Number.NaN, phi ?? Number.NaN, lambda ?? Number.NaN),
    diagonal: false,
    inverse: ([theta, phi, lambda]) => ({
      name: 'u',
      params: [theta, lambda, phi].map((angle) => negate(angle ?? Number.NaN)),
    }),
  },
  swap: fixed(SWAP, 'swap'),
  iswap: { ...fixed(ISWAP, 'iswap'), inverse: () => ({ name: 'xxplusyy', params: [Math.PI, 0] }) },
  ecr: fixed(ECR, 'ecr'),
  rxx: turning('rxx', 2, rxx),
  ryy: turning('ryy', 2, ryy),
  rzz: turning('rzz', 2, rzz, true),
  rzx: turning('rzx', 2, rzx),
  xxplusyy: {
    targets: 2,
    params: ['theta', 'beta'],
    matrix: ([theta, beta]) => xxplusyy(theta ?? Number.NaN, beta ?? Number.NaN),
    diagonal: false,
    inverse: ([theta, beta]) => ({ name: 'xxplusyy', params: [negate(theta ?? Number.NaN), beta ?? Number.NaN] }),
  },
};

/** The matrix of a step on its targets (controls not included). A symbolic angle without a value gives NaN. */
export function matrixOf(step: UnitaryStep, values: Bindings): Matrix {
  if (step.kind === 'unitary') return step.matrix;
  return GATES[step.name].matrix(step.params.map((angle) => evaluate(angle, values)));
}

/** a times b, both 2^k x 2^k. */
export function multiply(a: Matrix, b: Matrix): Matrix {
  const size = Math.sqrt(a.length / 2);
  assert(a.length === b.length, `product of matrices of ${a.length} and ${b.length} numbers`);
  const out = new Float64Array(a.length);
  for (let row = 0; row < size; row++)
    for (let k = 0; k < size; k++) {
      const re = at(a, 2 * (row * size + k));
      const im = at(a, 2 * (row * size + k) + 1);
      if (re === 0 && im === 0) continue;
      for (let column = 0; column < size; column++) {
        const from = 2 * (k * size + column);
        const to = 2 * (row * size + column);
        out[to] = at(out, to) + re * at(b, from) - im * at(b, from + 1);
        out[to + 1] = at(out, to + 1) + re * at(b, from + 1) + im * at(b, from);
      }
    }
  return out;
}

/** Conjugate transpose. */
export function adjoint(a: Matrix): Matrix {
  const size = Math.sqrt(a.length / 2);
  const out = new Float64Array(a.length);
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++) {
      const from = 2 * (column * size + row);
      out[2 * (row * size + column)] = at(a, from);
      out[2 * (row * size + column) + 1] = -at(a, from + 1);
    }
  return out;
}

/** Largest deviation of a a^dagger from the identity over real and imaginary parts; infinite where an entry is no finite number. */
export function unitarityError(a: Matrix): number {
  const size = Math.sqrt(a.length / 2);
  let worst = 0;
  // Entry (row, other) of the product is the conjugate of (other, row): half of them are enough.
  for (let row = 0; row < size; row++)
    for (let other = 0; other <= row; other++) {
      let re = row === other ? -1 : 0;
      let im = 0;
      for (let k = 0, i = 2 * row * size, j = 2 * other * size; k < size; k++, i += 2, j += 2) {
        const [ar, ai] = [a[i] as number, a[i + 1] as number];
        const [br, bi] = [a[j] as number, a[j + 1] as number];
        re += ar * br + ai * bi;
        im += ai * br - ar * bi;
      }
      const deviation = Math.max(Math.abs(re), Math.abs(im));
      if (!Number.isFinite(deviation)) return Infinity;
      worst = Math.max(worst, deviation);
    }
  return worst;
}
