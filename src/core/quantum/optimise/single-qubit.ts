import { at } from '../../lib/assert.ts';
import type { Matrix } from '../circuit/gate-table.ts';

/** Entries below this are zero: their phase would be rounding noise. */
const ENTRY_MIN = 1e-12;

/** theta, phi, lambda of the u gate that equals a 2 x 2 unitary up to global phase; radians, theta in [0, pi]. */
export function eulerAngles(m: Matrix): readonly [theta: number, phi: number, lambda: number] {
  const size = (entry: number): number => Math.hypot(at(m, 2 * entry), at(m, 2 * entry + 1));
  const phase = (entry: number): number => Math.atan2(at(m, 2 * entry + 1), at(m, 2 * entry));
  // u = [[cos, -e^(i lambda) sin], [e^(i phi) sin, e^(i (phi + lambda)) cos]].
  if (size(2) < ENTRY_MIN) return [0, 0, phase(3) - phase(0)];
  if (size(0) < ENTRY_MIN) return [Math.PI, 0, phase(1) - phase(2) + Math.PI];
  return [2 * Math.atan2(size(2), size(0)), phase(2) - phase(0), phase(1) + Math.PI - phase(0)];
}
