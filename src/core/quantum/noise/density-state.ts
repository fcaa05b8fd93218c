import { assert } from '../../lib/assert.ts';
import { fail, ok, type Failure, type Result } from '../../lib/result.ts';
import type { Matrix } from '../circuit/gate-table.ts';
import { checkPauliSum, type PauliFailure, type PauliSum } from '../engine/pauli.ts';
import { applyTransfer1, applyTransfer2, applyWide, spread, toMatrixUnits, toPaulis } from './density-kernels.ts';
import { compose1, compose2, swapped2, type TransferMatrix } from './transfer-matrix.ts';

/** 4^13 float64 coefficients are 512 MiB, which a tab may have; 14 qubits would be 2 GiB. */
export const DENSITY_QUBITS_MAX = 13;
/** A matrix read out has 16 bytes an entry: 10 qubits are 16 MiB. */
export const MATRIX_QUBITS_MAX = 10;

/**
 * A density matrix as the vector of its Pauli coefficients r_P = Tr(P rho): 4^n real numbers instead of 4^n complex ones,
 * in which channels are real matrices, Pauli noise is a scaling and expectation values are entries. Bits 2q and 2q + 1 of
 * an index are the x and z bit of qubit q. The trace is below 1 while it stands for one outcome among several.
 * Maps wait until another operation needs their qubits, so that a gate and its noise cost one pass: one map for each single
 * qubit, and one on a pair, which comes before those of its two qubits.
 */
export class DensityMatrix {
  readonly qubits: number;
  readonly #vector: Float64Array;
  readonly #pending: (TransferMatrix | null)[];
  #pair: { readonly targets: readonly [number, number]; readonly map: TransferMatrix } | null = null;

  private constructor(qubits: number, vector: Float64Array) {
    this.qubits = qubits;
    this.#vector = vector;
    this.#pending = Array<TransferMatrix | null>(qubits).fill(null);
  }

  /** |0...0><0...0|: all products of I and Z have the value 1. Failure QUANTUM_MEMORY where the host has no room. */
  static zero(qubits: number): Result<DensityMatrix, Failure<'QUANTUM_MEMORY'>> {
    const vector = allocate(qubits);
    if (!vector.ok) return vector;
    for (let z = 0; z < 2 ** qubits; z++) vector.value[2 * spread(z)] = 1;
    return ok(new DensityMatrix(qubits, vector.value));
  }

  /** From a row-major, interleaved Hermitian matrix of 2^n x 2^n, n at most 10. The anti-Hermitian part is ignored. */
  static fromMatrix(qubits: number, rho: ArrayLike<number>): DensityMatrix {
    assert(qubits <= MATRIX_QUBITS_MAX && rho.length === 2 * 4 ** qubits, `${rho.length} numbers for ${qubits} qubits`);
    const re = new Float64Array(4 ** qubits);
    const im = new Float64Array(4 ** qubits);
    for (let row = 0; row < 2 ** qubits; row++)
      for (let column = 0; column < 2 ** qubits; column++) {
        const from = 2 * (row * 2 ** qubits + column);
        re[2 * spread(row) + spread(column)] = rho[from] as number;
        im[2 * spread(row) + spread(column)] = rho[from + 1] as number;
      }
    for (let q = 0; q < qubits; q++) toPaulis(re, im, q);
    return new DensityMatrix(qubits, re);
  }

  apply1(qubit: number, map: TransferMatrix): void {
    const before = this.#pending[qubit] ?? null;
    this.#pending[qubit] = before === null ? map : compose1(map, before);
  }

  apply2(targets: readonly [number, number], map: TransferMatrix): void {
    const [a, b] = targets;
    const alone = (this.#pending[a] ?? null) === null && (this.#pending[b] ?? null) === null;
    if (alone && this.#pair !== null && this.#pair.targets.includes(a) && this.#pair.targets.includes(b)) {
      const inOrder = this.#pair.targets[0] === a ? map : swapped2(map);
      this.#pair = { targets: this.#pair.targets, map: compose2(inOrder, this.#pair.map) };
      return;
    }
    this.#flushPair();
    for (const qubit of targets) this.#flush(qubit);
    this.#pair = { targets, map };
  }

  /** A controlled unitary on three or more qubits together. */
  applyUnitary(matrix: Matrix, targets: readonly number[], controls: readonly number[]): void {
    for (const qubit of targets) this.#flush(qubit);
    for (const qubit of controls) this.#flush(qubit);
    applyWide(this.#vector, this.qubits, matrix, targets, controls);
  }

  clone(): Result<DensityMatrix, Failure<'QUANTUM_MEMORY'>> {
    this.#flushAll();
    const vector = allocate(this.qubits);
    if (!vector.ok) return vector;
    vector.value.set(this.#vector);
    return ok(new DensityMatrix(this.qubits, vector.value));
  }

  /** this + other, in place. */
  add(other: DensityMatrix): void {
    assert(other.qubits === this.qubits, `sum of ${this.qubits} and ${other.qubits} qubits`);
    this.#flushAll();
    other.#flushAll();
    for (let i = 0; i < this.#vector.length; i++)
      this.#vector[i] = (this.#vector[i] as number) + (other.#vector[i] as number);
  }

  /** Maps keep the trace unless they read a classical value, so the waiting ones count. */
  trace(): number {
    this.#flushAll();
    return this.#vector[0] as number;
  }

  /** Tr(rho^2) = sum of squares / 2^n. */
  purity(): number {
    this.#flushAll();
    let sum = 0;
    for (const value of this.#vector) sum += value * value;
    return sum / 2 ** this.qubits;
  }

  /** Joint distribution of the given qubits; entry bit j is qubits[j]. Sums to the trace. */
  probabilities(qubits: readonly number[]): Float64Array {
    this.#flushAll();
    const size = 2 ** qubits.length;
    const out = new Float64Array(size);
    for (let z = 0; z < size; z++) {
      let index = 0;
      for (const [j, qubit] of qubits.entries()) index += ((z >> j) & 1) * 2 * 4 ** qubit;
      out[z] = this.#vector[index] as number;
    }
    for (let step = 1; step < size; step *= 2)
      for (let block = 0; block < size; block += 2 * step)
        for (let i = block; i < block + step; i++) {
          const [a, b] = [out[i] as number, out[i + step] as number];
          out[i] = a + b;
          out[i + step] = a - b;
        }
    // Rounding may leave -1e-17 where the probability is 0.
    for (let i = 0; i < size; i++) out[i] = Math.max(0, (out[i] as number) / size);
    return out;
  }

  /** Tr(P rho) of every term, coefficient included. Failure QUANTUM_OBSERVABLE. */
  expectations(observable: PauliSum): Result<Float64Array, PauliFailure> {
    const fits = checkPauliSum(observable, this.qubits);
    if (!fits.ok) return fits;
    this.#flushAll();
    return ok(
      Float64Array.from(
        observable.terms,
        ({ coefficient, x, z }) => coefficient * (this.#vector[spread(x) + 2 * spread(z)] as number),
      ),
    );
  }

  /** Row-major 2^k x 2^k, interleaved; the first qubit is the lowest bit. Failure QUANTUM_QUBITS above 10 qubits. */
  reducedDensityMatrix(qubits: readonly number[]): Result<Float64Array, Failure<'QUANTUM_QUBITS'>> {
    const k = qubits.length;
    const wrong = qubits.find((q, i) => !Number.isInteger(q) || q < 0 || q >= this.qubits || qubits.indexOf(q) !== i);
    if (wrong !== undefined)
      return fail('QUANTUM_QUBITS', `qubit ${wrong}: expected different qubits from 0 to ${this.qubits - 1}`);
    if (k > MATRIX_QUBITS_MAX)
      return fail(
        'QUANTUM_QUBITS',
        `a density matrix of ${k} qubits, at most ${MATRIX_QUBITS_MAX} are read out at once`,
      );
    this.#flushAll();
    const re = new Float64Array(4 ** k);
    const im = new Float64Array(4 ** k);
    for (let i = 0; i < re.length; i++) {
      let index = 0;
      for (let j = 0; j < k; j++) index += ((i >> (2 * j)) & 3) * 4 ** (qubits[j] as number);
      re[i] = this.#vector[index] as number;
    }
    for (let q = 0; q < k; q++) toMatrixUnits(re, im, q);
    const out = new Float64Array(2 * 4 ** k);
    for (let row = 0; row < 2 ** k; row++)
      for (let column = 0; column < 2 ** k; column++) {
        const from = 2 * spread(row) + spread(column);
        out[2 * (row * 2 ** k + column)] = re[from] as number;
        out[2 * (row * 2 ** k + column) + 1] = im[from] as number;
      }
    return ok(out);
  }

  #flushPair(): void {
    if (this.#pair === null) return;
    applyTransfer2(this.#vector, this.#pair.targets, this.#pair.map);
    this.#pair = null;
  }

  #flush(qubit: number): void {
    if (this.#pair?.targets.includes(qubit) === true) this.#flushPair();
    const map = this.#pending[qubit] ?? null;
    if (map === null) return;
    this.#pending[qubit] = null;
    applyTransfer1(this.#vector, qubit, map);
  }

  #flushAll(): void {
    for (let qubit = 0; qubit < this.qubits; qubit++) this.#flush(qubit);
  }
}

function allocate(qubits: number): Result<Float64Array, Failure<'QUANTUM_MEMORY'>> {
  assert(qubits >= 0 && qubits <= DENSITY_QUBITS_MAX, `a density matrix of ${qubits} qubits`);
  try {
    return ok(new Float64Array(4 ** qubits));
  } catch {
    return fail(
      'QUANTUM_MEMORY',
      `a density matrix of ${qubits} qubits needs ${8 * 4 ** qubits} bytes, the host refused; close other tabs or take trajectories`,
      true,
    );
  }
}
