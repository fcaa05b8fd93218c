import { assert } from '../../lib/assert.ts';
import type { GateName } from '../circuit/circuit.ts';
import { GATES, type Matrix } from '../circuit/gate-table.ts';

/**
 * d matrix / d angle number `which`, laid out like GateSpec.matrix. Exact, without step sizes. Under controls the
 * derivative is this matrix where the controls are 1 and zero elsewhere.
 */
export function gateDerivative(name: GateName, params: readonly number[], which: number): Matrix {
  const { params: names, matrix } = GATES[name];
  assert(which >= 0 && which < names.length, `angle ${which} of ${name}, which has ${names.length}`);
  const here = matrix(params);
  if (name === 'gphase') return timesI(here, [[0, 1]]);
  if (name === 'p') return timesI(here, [[3, 1]]);
  // phi turns the lower row of u, lambda its right column.
  if (name === 'u' && which === 1)
    return timesI(here, [
      [2, 1],
      [3, 1],
    ]);
  if (name === 'u' && which === 2)
    return timesI(here, [
      [1, 1],
      [3, 1],
    ]);
  // Row 1, column 2 turns as e^(-i beta), row 2, column 1 as e^(i beta).
  if (name === 'xxplusyy' && which === 1)
    return timesI(here, [
      [6, -1],
      [9, 1],
    ]);
  // All other entries are cos and sin of half the angle: their derivative is half the entry at angle + pi.
  const turning = matrix(params.map((p, i) => (i === which ? p + Math.PI : p))).map((value) => value / 2);
  if (name === 'xxplusyy') {
    // The corners are 1 for every angle.
    turning[0] = 0;
    turning[30] = 0;
  }
  return turning;
}

/** The named entries (row * size + column) times i times their rate; all others zero. */
function timesI(m: Matrix, entries: readonly (readonly [entry: number, rate: number])[]): Matrix {
  const out = new Float64Array(m.length);
  for (const [entry, rate] of entries) {
    out[2 * entry] = -rate * (m[2 * entry + 1] as number);
    out[2 * entry + 1] = rate * (m[2 * entry] as number);
  }
  return out;
}
