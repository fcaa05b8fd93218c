import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unwrap } from '../lib/result.ts';
import { createCpuEngine } from './cpu-engine.ts';
import type { Gate } from './engine.ts';
import { adjoint, gates, multiply, pauliMatrix, unitarityError, type Matrix2 } from './gates.ts';

const angle = fc.double({ min: -20, max: 20, noNaN: true });
const far = (a: Matrix2, b: Matrix2): number => Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));

describe('gates', () => {
  it('are unitary for any angles', () => {
    fc.assert(
      fc.property(angle, angle, angle, (a, b, c) => {
        for (const gate of [gates.rx(a, 0), gates.ry(a, 0), gates.rz(a, 0), gates.p(a, 0), gates.u(a, b, c, 0)])
          expect(unitarityError(gate.matrix)).toBeLessThan(1e-14);
      }),
    );
    for (const gate of [gates.x(0), gates.y(0), gates.z(0), gates.h(0), gates.s(0), gates.t(0)])
      expect(unitarityError(gate.matrix)).toBeLessThan(1e-15);
  });

  it('satisfy the algebra: XY = iZ, HXH = Z, SS = Z, TT = S, and inverses', () => {
    const m = (gate: Gate): Matrix2 => gate.matrix;
    const iZ = Float64Array.of(0, 1, 0, 0, 0, 0, 0, -1);
    expect(far(multiply(m(gates.x(0)), m(gates.y(0))), iZ)).toBeLessThan(1e-15);
    const hxh = multiply(multiply(m(gates.h(0)), m(gates.x(0))), m(gates.h(0)));
    expect(far(hxh, m(gates.z(0)))).toBeLessThan(1e-15);
    expect(far(multiply(m(gates.s(0)), m(gates.s(0))), m(gates.z(0)))).toBeLessThan(1e-15);
    expect(far(multiply(m(gates.t(0)), m(gates.t(0))), m(gates.s(0)))).toBeLessThan(1e-15);
    for (const [one, other] of [
      [gates.sdg(0), gates.s(0)],
      [gates.tdg(0), gates.t(0)],
    ] as const)
      expect(far(adjoint(m(one)), m(other))).toBe(0);
    expect(pauliMatrix(true, true)).toEqual(m(gates.y(0)));
  });

  it('u covers the named gates: h = u(pi/2, 0, pi), p(l) = u(0, 0, l)', () => {
    expect(far(gates.u(Math.PI / 2, 0, Math.PI, 0).matrix, gates.h(0).matrix)).toBeLessThan(1e-15);
    fc.assert(
      fc.property(angle, (a) => {
        expect(far(gates.u(0, 0, a, 0).matrix, gates.p(a, 0).matrix)).toBeLessThan(1e-15);
        expect(far(gates.u(a, 0, 0, 0).matrix, gates.ry(a, 0).matrix)).toBeLessThan(1e-15);
        const bent = gates.u(a, -Math.PI / 2, Math.PI / 2, 0).matrix;
        expect(far(bent, gates.rx(a, 0).matrix)).toBeLessThan(1e-14);
      }),
    );
  });

  it('swap exchanges the states of two qubits', async () => {
    const prepare = [gates.u(0.4, 1.1, 0, 0), gates.u(2, -0.3, 0, 2)];
    const swapped = [gates.u(0.4, 1.1, 0, 2), gates.u(2, -0.3, 0, 0)];
    const engine = createCpuEngine();
    const got = unwrap(await engine.run({ qubits: 3, gates: [...prepare, ...gates.swap(0, 2)] }));
    const expected = unwrap(await engine.run({ qubits: 3, gates: swapped }));
    expect(far(got as Float64Array, expected as Float64Array)).toBeLessThan(1e-15);
    expect(() => gates.swap(1, 1)).toThrow('itself');
  });
});
