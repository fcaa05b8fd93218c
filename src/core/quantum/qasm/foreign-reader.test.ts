import { describe, expect, it } from 'vitest';
import { Prng } from '../../lib/prng.ts';
import { unwrap } from '../../lib/result.ts';
import { circuitOf, gate } from '../circuit/builder.ts';
import type { Circuit, GateName, Operation } from '../circuit/circuit.ts';
import { GATES } from '../circuit/gate-table.ts';
import { printQasm } from './print-qasm.ts';
import { GATE_NAMES, matrixOfCircuit, randomAngle, randomUnitary } from './testing/random-circuit.ts';

/** The part of the npm package quantum-circuit that is used here. */
interface Peer {
  importQASM(text: string, onError: (errors: readonly unknown[]) => void): void;
  run(): void;
  stateAsArray(onlyPossible: boolean): readonly { readonly amplitude: { readonly re: number; readonly im: number } }[];
}

/** Has no types; as a variable, so that the compiler does not look for them. */
const PACKAGE: string = 'quantum-circuit';
const { default: QuantumCircuit } = (await import(/* @vite-ignore */ PACKAGE)) as { readonly default: new () => Peer };

/** |<a|b>|^2 of normalised states; 1 where they differ by a phase only. */
function fidelity(a: readonly (readonly [number, number])[], b: readonly (readonly [number, number])[]): number {
  let [re, im] = [0, 0];
  for (const [k, [ar, ai]] of a.entries()) {
    const [br, bi] = b[k] ?? [Number.NaN, Number.NaN];
    re += ar * br + ai * bi;
    im += ar * bi - ai * br;
  }
  return re * re + im * im;
}

/** The state of the peer after a program; index bit k is qubit k, as here. */
function stateOf(qasm: string): readonly (readonly [number, number])[] {
  const peer = new QuantumCircuit();
  const errors: unknown[] = [];
  peer.importQASM(qasm, (found) => errors.push(...found));
  expect(errors).toEqual([]);
  peer.run();
  return peer.stateAsArray(false).map(({ amplitude: { re, im } }) => [re, im] as const);
}

/** Overlap of our state with that of the peer. */
function agreement(circuit: Circuit): number {
  const matrix = matrixOfCircuit(circuit);
  const size = 2 ** circuit.qubits;
  const ours = Array.from(
    { length: size },
    (_, k) => [matrix[2 * size * k] ?? 0, matrix[2 * size * k + 1] ?? 0] as const,
  );
  const theirs = stateOf(unwrap(printQasm(circuit, 2)));
  expect(theirs.length).toBe(size);
  return fidelity(ours, theirs);
}

/**
 * The peer mixes up the angles of definitions with several parameters: `gate g(theta, phi) p { rx(theta) p; rz(phi) p; ry(theta) p; }`
 * is enough; and its rxx is another gate than Qiskit's. Left out are the gates that need these.
 */
function readable(name: GateName, controls: number): boolean {
  if (name === 'rxx') return controls > 0;
  return name !== 'xxplusyy' && (name !== 'u' || controls < 2);
}

// An independent reader and simulator: our own parser could share a mistake with the printer.
describe('another simulator reads printed programs as the same state', () => {
  const cases = GATE_NAMES.flatMap((name) => [0, 1, 2, 3].map((controls) => ({ name, controls })));
  it.each(cases.filter(({ name, controls }) => readable(name, controls)))(
    '$name with $controls controls',
    ({ name, controls }) => {
      const rng = new Prng(`foreign ${name} ${controls}`);
      const { targets, params } = GATES[name];
      const qubits = rng.shuffle([0, 1, 2, 3, 4]);
      const angles = params.map(() => randomAngle(rng));
      const before = [0, 1, 2, 3, 4].map((qubit) => gate('u', [qubit], [0.3 + qubit, 1 - qubit, 0.2]));
      const on = gate(name, qubits.slice(0, targets), angles, qubits.slice(targets, targets + controls));
      // The peer rounds amplitudes to 14 digits at every gate.
      expect(agreement(circuitOf(5, [...before, on, ...before]))).toBeCloseTo(1, 10);
    },
  );

  it('dense matrices on one qubit', () => {
    const matrix = randomUnitary(new Prng('foreign matrix'), 1);
    const before = gate('u', [0], [0.3, 1, 0.2]);
    const on: Operation = { kind: 'unitary', label: '', matrix, targets: [0], controls: [] };
    expect(agreement(circuitOf(1, [before, on]))).toBeCloseTo(1, 10);
  });
});
