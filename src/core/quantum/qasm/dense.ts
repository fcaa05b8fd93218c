import { assert, at } from '../../lib/assert.ts';
import type { Bindings } from '../circuit/angle.ts';
import type { UnitaryStep } from '../circuit/circuit.ts';
import { matrixOf, type Matrix } from '../circuit/gate-table.ts';

/** The matrix of steps on a few qubits, `places[0]` lowest, column by column. For definitions and tests, not for simulation. */
export function matrixOn(
  steps: readonly UnitaryStep[],
  places: readonly number[],
  values: Bindings = new Map(),
): Matrix {
  const size = 2 ** places.length;
  const out = new Float64Array(2 * size * size);
  for (let i = 0; i < size; i++) out[2 * (i * size + i)] = 1;
  const bit = (qubit: number): number => {
    const place = places.indexOf(qubit);
    assert(place >= 0, `qubit ${qubit} outside of the matrix`);
    return 2 ** place;
  };
  for (const step of steps) {
    const matrix = matrixOf(step, values);
    applyRows(
      out,
      size,
      matrix,
      step.targets.map(bit),
      step.controls.map(bit).reduce((mask, b) => mask | b, 0),
    );
  }
  return out;
}

/** out = (matrix on these bits) out: mixes rows that differ in the target bits, where all control bits are 1. */
function applyRows(out: Matrix, size: number, matrix: Matrix, targets: readonly number[], controls: number): void {
  const dimension = 2 ** targets.length;
  const spread = Array.from({ length: dimension }, (_, i) =>
    targets.reduce((sum, bit, k) => sum + ((i >> k) & 1) * bit, 0),
  );
  const all = at(spread, dimension - 1);
  const old = new Float64Array(2 * dimension);
  for (let base = 0; base < size; base++) {
    if ((base & all) !== 0 || (base & controls) !== controls) continue;
    for (let column = 0; column < size; column++) {
      for (let i = 0; i < dimension; i++) {
        const from = 2 * ((base + at(spread, i)) * size + column);
        old[2 * i] = at(out, from);
        old[2 * i + 1] = at(out, from + 1);
      }
      for (let row = 0; row < dimension; row++) {
        let re = 0;
        let im = 0;
        for (let i = 0; i < dimension; i++) {
          const m = 2 * (row * dimension + i);
          re += at(matrix, m) * at(old, 2 * i) - at(matrix, m + 1) * at(old, 2 * i + 1);
          im += at(matrix, m) * at(old, 2 * i + 1) + at(matrix, m + 1) * at(old, 2 * i);
        }
        const to = 2 * ((base + at(spread, row)) * size + column);
        out[to] = re;
        out[to + 1] = im;
      }
    }
  }
}
