import { matrixOf, type Matrix } from '../circuit/gate-table.ts';
import type { Bindings } from '../circuit/angle.ts';
import type { UnitaryStep } from '../circuit/circuit.ts';
import type { Stop } from './cancel.ts';

/**
 * Applies steps to a float64 state of 2^n amplitudes (interleaved re, im; qubit 0 lowest), in place. Plain gate matrices and no
 * reordering: the optimiser's own rules are not used here, so that a check by simulation does not repeat their mistakes. False where `stop` ended it.
 */
export function applySteps(state: Float64Array, steps: readonly UnitaryStep[], values: Bindings, stop: Stop): boolean {
  let work = 0;
  for (const step of steps) {
    applyStep(state, step, matrixOf(step, values));
    work += state.length;
    if (work < WORK_BETWEEN_LOOKS) continue;
    if (stop()) return false;
    work = 0;
  }
  return true;
}

/** Some milliseconds of numbers. */
const WORK_BETWEEN_LOOKS = 1e6;

function applyStep(state: Float64Array, step: UnitaryStep, matrix: Matrix): void {
  let controls = 0;
  for (const q of step.controls) controls |= 1 << q;
  if (step.targets.length === 1) applyOne(state, 1 << (step.targets[0] as number), controls, matrix);
  else applyMany(state, step.targets, controls, matrix);
}

function applyOne(state: Float64Array, bit: number, controls: number, m: Matrix): void {
  const [ar, ai, br, bi, cr, ci, dr, di] = m as unknown as readonly [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const size = state.length / 2;
  for (let i = 0; i < size; i++) {
    if ((i & bit) !== 0 || (i & controls) !== controls) continue;
    const x = 2 * i;
    const y = 2 * (i | bit);
    const xr = state[x] as number;
    const xi = state[x + 1] as number;
    const yr = state[y] as number;
    const yi = state[y + 1] as number;
    state[x] = ar * xr - ai * xi + br * yr - bi * yi;
    state[x + 1] = ar * xi + ai * xr + br * yi + bi * yr;
    state[y] = cr * xr - ci * xi + dr * yr - di * yi;
    state[y + 1] = cr * xi + ci * xr + dr * yi + di * yr;
  }
}

function applyMany(state: Float64Array, targets: readonly number[], controls: number, m: Matrix): void {
  const width = 1 << targets.length;
  const offsets = Array.from({ length: width }, (_, row) =>
    targets.reduce((sum, q, k) => ((row >> k) & 1 ? sum | (1 << q) : sum), 0),
  );
  const mask = offsets[width - 1] as number;
  const gathered = new Float64Array(2 * width);
  const size = state.length / 2;
  for (let i = 0; i < size; i++) {
    if ((i & mask) !== 0 || (i & controls) !== controls) continue;
    for (let k = 0; k < width; k++) {
      const from = 2 * (i | (offsets[k] as number));
      gathered[2 * k] = state[from] as number;
      gathered[2 * k + 1] = state[from + 1] as number;
    }
    for (let row = 0; row < width; row++) {
      let re = 0;
      let im = 0;
      for (let k = 0; k < width; k++) {
        const entry = 2 * (row * width + k);
        const a = m[entry] as number;
        const b = m[entry + 1] as number;
        const x = gathered[2 * k] as number;
        const y = gathered[2 * k + 1] as number;
        re += a * x - b * y;
        im += a * y + b * x;
      }
      const to = 2 * (i | (offsets[row] as number));
      state[to] = re;
      state[to + 1] = im;
    }
  }
}
