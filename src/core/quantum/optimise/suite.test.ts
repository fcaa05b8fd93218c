import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { unwrap } from '../../lib/result.ts';
import { parseQasm } from '../qasm/parse-qasm.ts';
import { optimise, type Optimised } from './optimise.ts';
import { FROZEN } from './testing/circuits.ts';

const FOLDER = '../shared/data/circuits/';

/**
 * `total`, `t`: what half of the default search reaches; the test fails when it gets worse. `pyzxT`: T-count that PyZX's
 * full_reduce leaves of these files, measured. `nam`: gates of the "heavy" outputs that Nam et al. published, counted.
 */
const SUITE = [
  { name: 'tof_3', input: 45, total: 33, t: 15, pyzxT: 15, nam: 35 },
  { name: 'tof_4', input: 75, total: 51, t: 23, pyzxT: 23, nam: 55 },
  { name: 'barenco_tof_3', input: 58, total: 35, t: 16, pyzxT: 16, nam: 40 },
  { name: 'mod5_4', input: 63, total: 20, t: 7, pyzxT: 8, nam: 51 },
  { name: 'vbe_adder_3', input: 150, total: 71, t: 24, pyzxT: 24, nam: 89 },
  { name: 'gf2^E4_mult', input: 243, total: 165, t: 68, pyzxT: 68, nam: 187 },
] as const;

describe.skipIf(!existsSync(FOLDER))('arithmetic circuits of Nam et al.', () => {
  const results = new Map<string, Optimised>();
  const run = (name: string): Optimised => {
    const known = results.get(name);
    if (known !== undefined) return known;
    const circuit = unwrap(parseQasm(readFileSync(`${FOLDER}${name}_before.qasm`, 'utf8')));
    const result = unwrap(optimise(circuit, { clock: FROZEN, effort: 0.5 }));
    results.set(name, result);
    return result;
  };

  it.each(SUITE)('$name: at most $total gates and $t T', ({ name, input, total, t, pyzxT, nam }) => {
    const { before, after, equivalence, changed, circuit } = run(name);
    expect(before.total).toBe(input);
    expect(after.total).toBeLessThanOrEqual(total);
    expect(after.t).toBeLessThanOrEqual(t);
    expect(after.t).toBeLessThanOrEqual(pyzxT);
    expect(after.total).toBeLessThan(nam);
    expect(after.total).toBe(circuit.operations.length);
    expect(after.twoQubit).toBeLessThan(before.twoQubit);
    expect(after.depth).toBeLessThan(before.depth);
    expect(changed).toBe(true);
    expect(equivalence.checked).toBe(true);
    expect(equivalence.error).toBeLessThan(1e-12);
    // The output speaks the input's language: no CZ, no u; rz only for 3 pi/4.
    for (const operation of circuit.operations)
      expect(['h', 'x', 't', 'tdg', 's', 'sdg', 'z', 'rz']).toContain(
        operation.kind === 'gate' ? operation.name : operation.kind,
      );
  });

  it('total gates are at least 29.4 % below the input in the geometric mean', () => {
    const logs = SUITE.map(({ name }) => Math.log(run(name).after.total / run(name).before.total));
    const drop = 1 - Math.exp(logs.reduce((sum, log) => sum + log, 0) / logs.length);
    expect(drop).toBeGreaterThan(0.294);
  });
});
