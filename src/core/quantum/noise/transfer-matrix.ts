import { assert, at } from '../../lib/assert.ts';
import type { ChannelOperation } from '../circuit/circuit.ts';
import { adjoint, multiply, type Matrix } from '../circuit/gate-table.ts';
import { kron, PAULIS } from './kraus.ts';

/**
 * A linear map on k qubits in the Pauli basis: real, row-major, 4^k x 4^k, M[i][j] = Tr(P_i E(P_j)) / 2^k (Greenbaum,
 * arXiv:1509.02921). A Pauli index has one base-4 digit a qubit, targets[0] lowest: 0 I, 1 X, 2 Z, 3 Y, which are the bits
 * (x, z) of a Pauli mask.
 */
export type TransferMatrix = Float64Array;

const DIGITS: readonly Matrix[] = [at(PAULIS, 0), at(PAULIS, 1), at(PAULIS, 3), at(PAULIS, 2)];
const PAIRS: readonly Matrix[] = DIGITS.flatMap((high) => DIGITS.map((low) => kron(high, low)));

/** Matrices of fixed gates and of Pauli mixtures are shared objects: each is transformed once. */
const ofMatrices = new WeakMap<Matrix, TransferMatrix>();
const ofChannels = new WeakMap<ChannelOperation, TransferMatrix>();

/** rho to K rho K^dagger; K (1 or 2 qubits) need not be unitary. */
export function transferOfMatrix(k: Matrix): TransferMatrix {
  const known = ofMatrices.get(k);
  if (known !== undefined) return known;
  assert(k.length === 8 || k.length === 32, `transfer matrix of ${k.length} numbers, expected 1 or 2 qubits`);
  const paulis = k.length === 8 ? DIGITS : PAIRS;
  const size = paulis.length;
  const dagger = adjoint(k);
  const dimension = Math.sqrt(size);
  const out = new Float64Array(size * size);
  for (const [j, pauli] of paulis.entries()) {
    const image = multiply(multiply(k, pauli), dagger);
    for (const [i, probe] of paulis.entries()) out[i * size + j] = realOverlap(probe, image) / dimension;
  }
  ofMatrices.set(k, out);
  return out;
}

/** rho to sum K rho K^dagger, probabilities included. */
export function transferOfChannel(operation: ChannelOperation): TransferMatrix {
  const known = ofChannels.get(operation);
  if (known !== undefined) return known;
  const { kraus, probabilities } = operation;
  const out = new Float64Array(4 ** (2 * operation.targets.length));
  for (const [n, k] of kraus.entries()) {
    const weight = probabilities === null ? 1 : at(probabilities, n);
    const part = transferOfMatrix(k);
    for (let i = 0; i < out.length; i++) out[i] = (out[i] as number) + weight * (part[i] as number);
  }
  ofChannels.set(operation, out);
  return out;
}

/**
 * The unnormalised map of reading one classical value: the weights say with which probability that value is recorded where
 * the qubit is 0 and where it is 1. Coherences between the two are lost.
 */
export function transferOfReadout(ifZero: number, ifOne: number): TransferMatrix {
  const sum = (ifZero + ifOne) / 2;
  const difference = (ifZero - ifOne) / 2;
  const out = new Float64Array(16);
  out[0] = sum;
  out[2] = difference;
  out[8] = difference;
  out[10] = sum;
  return out;
}

/** Any state to |0><0|. */
export const RESET: TransferMatrix = Float64Array.of(1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0);

/** a after b, both on one qubit. */
export function compose1(a: TransferMatrix, b: TransferMatrix): TransferMatrix {
  return product(a, b, 4);
}

/** a after b, both on the same two qubits in the same order. */
export function compose2(a: TransferMatrix, b: TransferMatrix): TransferMatrix {
  return product(a, b, 16);
}

/** The same map on two qubits with its targets named the other way round. */
export function swapped2(map: TransferMatrix): TransferMatrix {
  const swap = (index: number): number => (index >> 2) + 4 * (index % 4);
  const out = new Float64Array(256);
  for (let i = 0; i < 16; i++) for (let j = 0; j < 16; j++) out[16 * swap(i) + swap(j)] = map[16 * i + j] as number;
  return out;
}

function product(a: TransferMatrix, b: TransferMatrix, size: number): TransferMatrix {
  const out = new Float64Array(size * size);
  for (let i = 0; i < size; i++)
    for (let k = 0; k < size; k++) {
      const factor = a[size * i + k] as number;
      // Most maps have few entries.
      if (factor === 0) continue;
      for (let j = 0; j < size; j++)
        out[size * i + j] = (out[size * i + j] as number) + factor * (b[size * k + j] as number);
    }
  return out;
}

/** Re Tr(a^dagger b) of Hermitian a. */
function realOverlap(a: Matrix, b: Matrix): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
