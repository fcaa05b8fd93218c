import { at } from '../../lib/assert.ts';
import type { GateName, UnitaryOperation, UnitaryStep } from '../circuit/circuit.ts';
import { adjoint, multiply, type Matrix } from '../circuit/gate-table.ts';
import { kakOf } from '../optimise/kak.ts';
import { matrixOn } from './dense.ts';
import { controlledStep } from './gate.ts';

/** 6 qubits are 2,016 controlled gates; larger matrices would be texts that nobody runs. */
export const UNITARY_TEXT_QUBITS_MAX = 6;

/** e^(i gamma) u(theta, phi, lambda) for a 2 x 2 unitary. */
export function eulerAngles(m: Matrix): { theta: number; phi: number; lambda: number; gamma: number } {
  const [r00, i00, r01, i01, r10, i10, r11, i11] = Array.from(m) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const cos = Math.hypot(r00, i00);
  const sin = Math.hypot(r10, i10);
  const theta = 2 * Math.atan2(sin, cos);
  // The larger entries carry the phases; the others may be nothing but rounding.
  if (cos < 1e-14) {
    const gamma = Math.atan2(-i01, -r01);
    return { theta, gamma, phi: Math.atan2(i10, r10) - gamma, lambda: 0 };
  }
  const gamma = Math.atan2(i00, r00);
  if (sin < 1e-14) return { theta, gamma, phi: 0, lambda: Math.atan2(i11, r11) - gamma };
  return { theta, gamma, phi: Math.atan2(i10, r10) - gamma, lambda: Math.atan2(-i01, -r01) - gamma };
}

/**
 * A dense unitary as controlled one-qubit gates and phases, exactly up to rounding, global phase included: Givens rotations of
 * rows that are neighbours in a Gray code, so that each acts on one qubit where the others have given values
 * (Nielsen, Chuang, Quantum Computation and Quantum Information, 4.5.1 and 4.5.2).
 */
export function twoLevelSteps({ matrix, targets, controls }: UnitaryOperation): readonly UnitaryStep[] {
  const local = targets.length === 1 ? oneQubit(matrix, at(targets, 0)) : null;
  // Three rotations of two qubits instead of six controlled gates; under controls each would be more than those.
  const cartan = targets.length === 2 && controls.length === 0 ? cartanSteps(matrix, targets) : null;
  return (local ?? cartan ?? levels(matrix, targets)).map((step) => controlledStep(step, controls));
}

/** Far above the rounding of the form, far below what a printed matrix may be off. */
const CARTAN_ERROR_MAX = 1e-13;

/** Local gates around rotations about XX, YY and ZZ (kak.ts). Null where rounding spoils the form. */
function cartanSteps(matrix: Matrix, targets: readonly number[]): readonly UnitaryStep[] | null {
  const form = kakOf(matrix);
  if (form === null) return null;
  const { left, right, x, y, z } = form;
  const locals = (pair: readonly [Matrix, Matrix]): readonly UnitaryStep[] =>
    pair.flatMap((one, k) => oneQubit(one, at(targets, k)).filter(({ targets: on }) => on.length > 0));
  const turn = (name: GateName, angle: number): UnitaryStep => ({
    kind: 'gate',
    name,
    params: [-2 * angle],
    targets,
    controls: [],
  });
  const turns = [turn('rxx', x), turn('ryy', y), turn('rzz', z)];
  const steps = [...locals(right), ...turns, ...locals(left)];
  const made = matrixOn(steps, targets);
  // The phase that is missing is that of the trace of matrix made^dagger.
  const product = multiply(matrix, adjoint(made));
  const phase = Math.atan2(
    at(product, 1) + at(product, 11) + at(product, 21) + at(product, 31),
    at(product, 0) + at(product, 10) + at(product, 20) + at(product, 30),
  );
  const whole = [gphase(phase), ...steps];
  const back = matrixOn(whole, targets);
  return matrix.every((value, i) => Math.abs(value - at(back, i)) < CARTAN_ERROR_MAX) ? whole : null;
}

function oneQubit(matrix: Matrix, target: number): readonly UnitaryStep[] {
  const { theta, phi, lambda, gamma } = eulerAngles(matrix);
  const phase = gamma === 0 ? [] : [gphase(gamma)];
  return [...phase, { kind: 'gate', name: 'u', params: [theta, phi, lambda], targets: [target], controls: [] }];
}

const gphase = (angle: number): UnitaryStep => ({
  kind: 'gate',
  name: 'gphase',
  params: [angle],
  targets: [],
  controls: [],
});

interface Rotation {
  readonly bit: number;
  /** One of the two basis states; they differ in `bit`. */
  readonly state: number;
  /** On the states with `bit` 0 and 1. */
  readonly matrix: Matrix;
}

function levels(matrix: Matrix, targets: readonly number[]): readonly UnitaryStep[] {
  const size = 2 ** targets.length;
  const m = Float64Array.from(matrix);
  const gray = Array.from({ length: size }, (_, i) => i ^ (i >> 1));
  const rotations: Rotation[] = [];
  for (let column = 0; column < size - 1; column++)
    for (let i = size - 1; i > column; i--) {
      const rotation = eliminate(m, size, at(gray, i - 1), at(gray, i), at(gray, column));
      if (rotation !== null) rotations.push(rotation);
    }
  // What is left is a phase of the last state; then the inverse rotations, last first.
  const last = at(gray, size - 1);
  const place = 2 * (last * size + last);
  const angle = Math.atan2(at(m, place + 1), at(m, place));
  const out = new Conditioned(targets);
  if (Math.abs(angle) > 1e-15) out.add(last, 0, phaseOf(angle, (last & 1) === 1));
  for (const { bit, state, matrix: inverse } of rotations.reverse()) out.add(state, bit, inverse);
  return out.finish();
}

const phaseOf = (angle: number, one: boolean): Matrix =>
  Float64Array.from(
    one ? [1, 0, 0, 0, 0, 0, Math.cos(angle), Math.sin(angle)] : [Math.cos(angle), Math.sin(angle), 0, 0, 0, 0, 1, 0],
  );

/** Makes m[lower, column] zero and m[upper, column] real and positive; the inverse of what it did, or null for nothing. */
function eliminate(m: Matrix, size: number, upper: number, lower: number, column: number): Rotation | null {
  const u = 2 * (upper * size + column);
  const l = 2 * (lower * size + column);
  const [ar, ai, br, bi] = [at(m, u), at(m, u + 1), at(m, l), at(m, l + 1)];
  const r = Math.hypot(ar, ai, br, bi);
  // Nothing in both rows, or done already: a rotation by rounding errors would only add gates.
  if (r < 1e-15 || (Math.hypot(br, bi) < 1e-15 && Math.abs(ai) < 1e-15 && ar > 0)) return null;
  const [cr, ci, sr, si] = [ar / r, ai / r, br / r, bi / r];
  for (let k = 0; k < size; k++) {
    const x = 2 * (upper * size + k);
    const y = 2 * (lower * size + k);
    const [xr, xi, yr, yi] = [at(m, x), at(m, x + 1), at(m, y), at(m, y + 1)];
    // upper = conj(c) x + conj(s) y; lower = -s x + c y
    m[x] = cr * xr + ci * xi + sr * yr + si * yi;
    m[x + 1] = cr * xi - ci * xr + sr * yi - si * yr;
    m[y] = -sr * xr + si * xi + cr * yr - ci * yi;
    m[y + 1] = -sr * xi - si * xr + cr * yi + ci * yr;
  }
  // The inverse in the order upper, lower: [[c, -conj(s)], [s, conj(c)]].
  const bit = Math.round(Math.log2(upper ^ lower));
  const inOrder = ((upper >> bit) & 1) === 0;
  const matrix = inOrder ? [cr, ci, -sr, si, sr, si, cr, -ci] : [cr, -ci, sr, si, -sr, si, cr, ci];
  return { bit, state: upper, matrix: Float64Array.from(matrix) };
}

/** One-qubit matrices under given values of the other qubits; flips for zeros are shared between neighbours. */
class Conditioned {
  readonly #targets: readonly number[];
  readonly #steps: UnitaryStep[] = [];
  #flipped = 0;

  constructor(targets: readonly number[]) {
    this.#targets = targets;
  }

  add(state: number, bit: number, matrix: Matrix): void {
    const others = (2 ** this.#targets.length - 1) & ~(1 << bit);
    this.#flip(~state & others);
    const controls = this.#targets.filter((_, k) => k !== bit);
    for (const step of oneQubit(matrix, at(this.#targets, bit))) this.#steps.push(controlledStep(step, controls));
  }

  finish(): readonly UnitaryStep[] {
    this.#flip(0);
    return this.#steps;
  }

  #flip(wanted: number): void {
    for (const [k, target] of this.#targets.entries())
      if ((((wanted ^ this.#flipped) >> k) & 1) === 1)
        this.#steps.push({ kind: 'gate', name: 'x', params: [], targets: [target], controls: [] });
    this.#flipped = wanted;
  }
}
