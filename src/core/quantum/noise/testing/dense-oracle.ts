import { at } from '../../../lib/assert.ts';
import type { Circuit, Operation } from '../../circuit/circuit.ts';
import { adjoint, matrixOf, multiply, type Matrix } from '../../circuit/gate-table.ts';
import { scaledKraus } from '../kraus.ts';

/** The dull way: full 2^n x 2^n matrices, sum K rho K^dagger, one unnormalised matrix for each value of the classical bits. */
export type Ensemble = ReadonlyMap<string, Matrix>;

export function runDense(circuit: Circuit): Ensemble {
  const rho = new Float64Array(2 * 4 ** circuit.qubits);
  rho[0] = 1;
  return runAll(circuit.operations, new Map([['0'.repeat(circuit.clbits), rho]]), circuit.qubits);
}

function runAll(operations: readonly Operation[], ensemble: Ensemble, qubits: number): Ensemble {
  let now = ensemble;
  for (const operation of operations) now = run(operation, now, qubits);
  return now;
}

function run(operation: Operation, ensemble: Ensemble, n: number): Ensemble {
  const out = new Map<string, Matrix>();
  for (const [bits, rho] of ensemble) {
    if (operation.kind === 'measure') {
      const { qubit, clbit, flip = [0, 0] } = operation;
      for (const truth of [0, 1] as const)
        for (const record of [0, 1] as const) {
          const wrong = flip[truth];
          const chance = record === truth ? 1 - wrong : wrong;
          const projector = new Float64Array(8);
          projector[6 * truth] = Math.sqrt(chance);
          add(
            out,
            bits.slice(0, clbit) + record + bits.slice(clbit + 1),
            sandwich([embed(projector, [qubit], [], n)], rho),
          );
        }
    } else if (operation.kind === 'if') {
      const value = operation.clbits.reduce((sum, clbit, j) => sum + Number(bits[clbit]) * 2 ** j, 0);
      const body = value === operation.equals ? operation.then : operation.otherwise;
      for (const [key, part] of runAll(body, new Map([[bits, rho]]), n)) add(out, key, part);
    } else add(out, bits, sandwich(operatorsOf(operation, n), rho));
  }
  return out;
}

function operatorsOf(operation: Exclude<Operation, { kind: 'measure' | 'if' }>, n: number): readonly Matrix[] {
  switch (operation.kind) {
    case 'gate':
    case 'unitary':
      return [embed(matrixOf(operation, new Map()), operation.targets, operation.controls, n)];
    case 'channel':
      return scaledKraus(operation).map((k) => embed(k, operation.targets, [], n));
    case 'reset':
      return [
        embed(Float64Array.of(1, 0, 0, 0, 0, 0, 0, 0), [operation.qubit], [], n),
        embed(Float64Array.of(0, 0, 1, 0, 0, 0, 0, 0), [operation.qubit], [], n),
      ];
    case 'barrier':
      return [embed(Float64Array.of(1, 0), [], [], n)];
  }
}

export function embed(matrix: Matrix, targets: readonly number[], controls: readonly number[], n: number): Matrix {
  const size = 2 ** n;
  const small = 2 ** targets.length;
  const out = new Float64Array(2 * size * size);
  for (let column = 0; column < size; column++) {
    if (controls.some((q) => ((column >> q) & 1) === 0)) {
      out[2 * (column * size + column)] = 1;
      continue;
    }
    const from = targets.reduce((bits, q, j) => bits | (((column >> q) & 1) << j), 0);
    for (let to = 0; to < small; to++) {
      const row = targets.reduce((bits, q, j) => (bits & ~(1 << q)) | (((to >> j) & 1) << q), column);
      out[2 * (row * size + column)] = at(matrix, 2 * (to * small + from));
      out[2 * (row * size + column) + 1] = at(matrix, 2 * (to * small + from) + 1);
    }
  }
  return out;
}

export function sandwich(kraus: readonly Matrix[], rho: Matrix): Matrix {
  const out = new Float64Array(rho.length);
  for (const k of kraus) {
    const part = multiply(multiply(k, rho), adjoint(k));
    for (let i = 0; i < out.length; i++) out[i] = at(out, i) + at(part, i);
  }
  return out;
}

export function total(ensemble: Ensemble): Matrix {
  let sum: Matrix | null = null;
  for (const rho of ensemble.values()) sum = sum === null ? rho : sum.map((value, i) => value + at(rho, i));
  return sum ?? new Float64Array(0);
}

export function traceOf(rho: Matrix): number {
  const size = Math.sqrt(rho.length / 2);
  let sum = 0;
  for (let i = 0; i < size; i++) sum += at(rho, 2 * (i * size + i));
  return sum;
}

function add(into: Map<string, Matrix>, key: string, rho: Matrix): void {
  const known = into.get(key);
  into.set(key, known === undefined ? rho : known.map((value, i) => value + at(rho, i)));
}
