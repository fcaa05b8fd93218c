import { describe, expect, it } from 'vitest';
import { Prng } from '../../lib/prng.ts';
import { GATES } from '../circuit/gate-table.ts';
import { gateDerivative } from './gate-derivative.ts';
import { GATE_NAMES } from './testing/random-circuits.ts';

const TURNING = GATE_NAMES.filter((name) => GATES[name].params.length > 0);
/** Rounding over the step and its square times the third derivative: below 1e-9 together. */
const STEP = 1e-5;

describe('derivatives of gates', () => {
  it('covers the gates with angles', () => {
    expect(TURNING.length).toBeGreaterThanOrEqual(11);
  });

  it.each(TURNING)('%s agrees with central differences in every angle', (name) => {
    const prng = new Prng(`derivative ${name}`);
    const { params, matrix } = GATES[name];
    for (let repeat = 0; repeat < 4; repeat++) {
      const angles = params.map(() => 4 * prng.normal());
      for (const which of params.keys()) {
        const at = (shift: number): Float64Array => matrix(angles.with(which, angles[which]! + shift));
        const [up, down] = [at(STEP), at(-STEP)];
        const exact = gateDerivative(name, angles, which);
        expect(exact).toHaveLength(up.length);
        for (const [i, value] of exact.entries())
          expect(Math.abs(value - (up[i]! - down[i]!) / (2 * STEP)), `entry ${i}`).toBeLessThan(1e-9);
      }
    }
  });
});
