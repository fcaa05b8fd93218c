import { describe, expect, it } from 'vitest';
import type { OptimiseRequest } from '../../contracts/circuit-service.ts';
import { unwrap } from '../../lib/result.ts';
import { exampleDevice, EXAMPLE_DEVICE_FILE } from '../noise/example-device.ts';
import { errorRatesOf } from './error-rates.ts';
import { optimiseCircuit } from './optimise-circuit.ts';
import { runCircuit } from './run-circuit.ts';
import { cpuPool, steppingClock } from './testing/cpu-world.ts';

const clock = steppingClock(() => Promise.resolve(), 0.001);
const optimise = (qasm: string, options: Omit<OptimiseRequest, 'qasm'> = {}) =>
  optimiseCircuit({ qasm, ...options }, { clock });

const HEADER = 'OPENQASM 2.0; include "qelib1.inc";\n';
/** Three pairs cancel and two T gates become one S. */
const WASTEFUL = `${HEADER}qreg q[3]; creg c[3];
ry(0.4) q[0]; h q[1]; h q[1]; t q[2]; t q[2]; cx q[0],q[1]; cx q[1],q[2]; cx q[1],q[2]; h q[2];
x q[0]; x q[0]; measure q -> c;`;

describe('optimise a circuit', () => {
  it('gives a shorter program with the same state and the same measurements', async () => {
    const report = unwrap(await optimise(WASTEFUL));
    expect(report.changed).toBe(true);
    expect(report.equivalence.checked).toBe(true);
    expect(report.after.total).toBeLessThanOrEqual(report.before.total - 7);
    expect(report.after).toMatchObject({ t: 0, twoQubit: 1 });
    expect(report.seconds).toBeGreaterThan(0);
    expect(report.permutation).toEqual([0, 1, 2]);
    const world = { openEngine: cpuPool().open, clock };
    const [before, after] = [
      unwrap(await runCircuit({ qasm: WASTEFUL, shots: 200 }, world)),
      unwrap(await runCircuit({ qasm: report.qasm, shots: 200 }, world)),
    ];
    for (const [i, p] of before.probabilities!.entries()) expect(after.probabilities![i]).toBeCloseTo(p, 10);
    expect(Object.keys(after.counts!).sort()).toEqual(Object.keys(before.counts!).sort());
  });

  it('returns a program that cannot be shortened as it is', async () => {
    const short = `${HEADER}qreg q[2]; // a comment\ncx q[0],q[1];`;
    expect(unwrap(await optimise(short))).toMatchObject({ qasm: short, changed: false });
  });

  it.each([
    [{ qasm: 'qreg q[1]; hh q[0];' }, 'QASM_NAME'],
    [{ qasm: 7 }, 'QUANTUM_REQUEST'],
    [null, 'QUANTUM_REQUEST'],
    [{ qasm: WASTEFUL, objective: 'beauty' }, 'QUANTUM_REQUEST'],
    [{ qasm: WASTEFUL, speed: 1 }, 'QUANTUM_REQUEST'],
    [{ qasm: WASTEFUL, objective: 'noise' }, 'QUANTUM_OBJECTIVE'],
    [{ qasm: WASTEFUL, noise: {} }, 'QUANTUM_DEVICE_MODEL'],
  ])('refuses %j with %s', async (request, code) => {
    const result = await optimiseCircuit(request as unknown as OptimiseRequest, { clock });
    expect(result).toMatchObject({ ok: false, error: { code } });
  });
});

describe('error rates of a device', () => {
  it('are the worst of a qubit and an edge, in both directions', () => {
    const { oneQubit, twoQubit } = unwrap(errorRatesOf(exampleDevice(), 3));
    expect(oneQubit).toEqual([3.1e-4, 7.84e-4, 1.492e-3]);
    expect([twoQubit.get(1, 2), twoQubit.get(2, 1)]).toEqual([1.394e-2, 1.394e-2]);
    expect(twoQubit.get(0, 2)).toBeUndefined();
  });

  it('do not exist for more qubits than the device has', () => {
    const model = { ...exampleDevice(), defaultQubit: null };
    expect(errorRatesOf(model, 6)).toMatchObject({ ok: false, error: { code: 'QUANTUM_QUBITS' } });
  });

  it('make the noise objective work', async () => {
    const noisy = unwrap(await optimise(WASTEFUL, { objective: 'noise', noise: EXAMPLE_DEVICE_FILE }));
    expect(noisy.after.twoQubit).toBe(1);
  });
});
