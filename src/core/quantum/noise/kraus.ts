import { assert, at } from '../../lib/assert.ts';
import type { ChannelOperation } from '../circuit/circuit.ts';
import { adjoint, GATES, multiply, type Matrix } from '../circuit/gate-table.ts';

/** I, X, Y, Z. */
export const PAULIS: readonly [Matrix, Matrix, Matrix, Matrix] = [
  GATES.id.matrix([]),
  GATES.x.matrix([]),
  GATES.y.matrix([]),
  GATES.z.matrix([]),
];

/** The 16 products by index a + 4 b: Pauli a on targets[0] (the low bit), b on targets[1]; 0 to 3 are I, X, Y, Z. */
export const PAULI_PAIRS: readonly Matrix[] = PAULIS.flatMap((high) => PAULIS.map((low) => kron(high, low)));

/** high (x) low: the rows and columns of `low` are the low bits. */
export function kron(high: Matrix, low: Matrix): Matrix {
  const h = Math.sqrt(high.length / 2);
  const l = Math.sqrt(low.length / 2);
  const out = new Float64Array(2 * (h * l) ** 2);
  for (let row = 0; row < h * l; row++)
    for (let column = 0; column < h * l; column++) {
      const a = 2 * (Math.floor(row / l) * h + Math.floor(column / l));
      const b = 2 * ((row % l) * l + (column % l));
      const to = 2 * (row * h * l + column);
      out[to] = at(high, a) * at(low, b) - at(high, a + 1) * at(low, b + 1);
      out[to + 1] = at(high, a) * at(low, b + 1) + at(high, a + 1) * at(low, b);
    }
  return out;
}

export function scaled(matrix: Matrix, factor: number): Matrix {
  return matrix.map((value) => value * factor);
}

/** Tr(a^dagger b), real and imaginary part. */
export function overlap(a: Matrix, b: Matrix): readonly [re: number, im: number] {
  assert(a.length === b.length, `overlap of matrices of ${a.length} and ${b.length} numbers`);
  let re = 0;
  let im = 0;
  for (let i = 0; i < a.length; i += 2) {
    re += at(a, i) * at(b, i) + at(a, i + 1) * at(b, i + 1);
    im += at(a, i) * at(b, i + 1) - at(a, i + 1) * at(b, i);
  }
  return [re, im];
}

/** The operators K of a channel with the factor sqrt(p) of a mixture multiplied in, so that rho becomes sum K rho K^dagger. */
export function scaledKraus({
  kraus,
  probabilities,
}: Pick<ChannelOperation, 'kraus' | 'probabilities'>): readonly Matrix[] {
  if (probabilities === null) return kraus;
  return kraus.map((k, i) => scaled(k, Math.sqrt(at(probabilities, i))));
}

/** sum K rho K^dagger for a matrix of the channel's own size (row-major, interleaved). For small matrices and tests. */
export function applyKraus(kraus: readonly Matrix[], rho: Matrix): Matrix {
  const out = new Float64Array(rho.length);
  for (const k of kraus)
    for (const [i, value] of multiply(multiply(k, rho), adjoint(k)).entries()) out[i] = at(out, i) + value;
  return out;
}

/** Entanglement (process) fidelity with the identity: sum |Tr K|^2 / d^2. Nielsen and Chuang, section 9.3. */
export function processFidelity(channel: Pick<ChannelOperation, 'kraus' | 'probabilities'>): number {
  const kraus = scaledKraus(channel);
  const size = Math.sqrt(at(kraus, 0).length / 2);
  let sum = 0;
  for (const k of kraus) {
    let re = 0;
    let im = 0;
    for (let i = 0; i < size; i++) {
      re += at(k, 2 * (i * size + i));
      im += at(k, 2 * (i * size + i) + 1);
    }
    sum += re * re + im * im;
  }
  return sum / size ** 2;
}
