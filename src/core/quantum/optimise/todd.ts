import { Prng } from '../../lib/prng.ts';
import type { Stop } from './cancel.ts';
import { addPhase, isT, phaseOf, type Phase } from './phase.ts';

/** Parities beyond these are left as they are: the elimination grows with the square of their number. */
const COLUMNS_MAX = 160;
/** Steps found before the best of them is taken. */
const CHOICES = 24;
const DESCENTS_MAX = 8;

/**
 * Phases by parity with fewer T: the third-order duplicate-and-destroy method of Heyfron and Campbell (arXiv:1712.01557). The odd
 * multiples of pi/4 matter, up to Clifford gates, only through the symmetric tensor sum_k c_i c_j c_l mod 2 of their parities c_k;
 * z = c_a + c_b is added to parities in a way that keeps the tensor and makes two of them equal, which then cancel. The Clifford
 * difference comes back as S and CZ, written as phases of parities of one and two inputs. Ends after about `workMax` words were
 * touched by eliminations (1e8 a second).
 */
export function fewerParities(
  phases: Map<number, Phase>,
  qubits: number,
  workMax: number,
  stop: Stop,
): Map<number, Phase> {
  const before = new Map([...phases].filter(([, phase]) => isT(phase)).slice(0, COLUMNS_MAX));
  const fewer = reduced([...before.keys()], qubits, workMax, stop);
  if (fewer.length >= before.size) return phases;
  const rest = new Map([...phases].filter(([parity]) => !before.has(parity)));
  return withBestSenses(rest, weights(before), fewer, qubits);
}

/** Senses are changed one at a time while that removes terms; more rounds than this change nothing in practice. */
const SENSE_ROUNDS = 6;

/** T or its inverse on each parity, so that few S and CZ are left over. */
function withBestSenses(
  rest: ReadonlyMap<number, Phase>,
  before: Weights,
  parities: readonly number[],
  qubits: number,
): Map<number, Phase> {
  const left = new Leftover(before, parities, qubits);
  const senses = parities.map(() => 1);
  let terms = left.terms();
  for (let round = 0, changed = true; changed && round < SENSE_ROUNDS; round++) {
    changed = false;
    for (const [k, parity] of parities.entries()) {
      const sense = senses[k] as number;
      left.add(parity, 2 * sense);
      const next = left.terms();
      if (next < terms) {
        terms = next;
        senses[k] = -sense;
        changed = true;
      } else left.add(parity, -2 * sense);
    }
  }
  const out = new Map(rest);
  for (const [k, parity] of parities.entries()) addPhase(out, parity, phaseOf(senses[k] as number));
  for (const [parity, eighths] of left.phases()) addPhase(out, parity, phaseOf(eighths));
  return out;
}

/**
 * What the new parities leave to be done. The parity of the bits of c x is sum c_i x_i - 2 sum c_i c_j x_i x_j + 4 (...): with
 * equal cubic parts the linear coefficients differ by even numbers mod 8, which are S, and the quadratic ones by even numbers
 * mod 4, which are CZ: 4 x_i x_j = 2 x_i + 2 x_j - 2 (x_i xor x_j).
 */
class Leftover {
  readonly #qubits: number;
  readonly #linear: Int32Array;
  /** Coefficient of x_i x_j at i n + j, i < j. */
  readonly #pairs: Int32Array;
  /** Qubits that carry a T anyway: an S there is no gate more. */
  readonly #units: number;

  /** Starts with every new parity in the positive sense. */
  constructor(before: Weights, parities: readonly number[], qubits: number) {
    this.#qubits = qubits;
    this.#linear = new Int32Array(qubits);
    this.#pairs = new Int32Array(qubits * qubits);
    this.#units = parities.reduce((units, parity) => ((parity & (parity - 1)) === 0 ? units | parity : units), 0);
    for (const [parity, weight] of before) this.add(parity, weight);
    for (const parity of parities) this.add(parity, -1);
  }

  add(parity: number, weight: number): void {
    for (let i = 0; i < this.#qubits; i++) {
      if (((parity >> i) & 1) === 0) continue;
      this.#linear[i] = (this.#linear[i] as number) + weight;
      for (let j = i + 1; j < this.#qubits; j++)
        if (((parity >> j) & 1) === 1)
          this.#pairs[i * this.#qubits + j] = (this.#pairs[i * this.#qubits + j] as number) + weight;
    }
  }

  phases(): [parity: number, eighths: number][] {
    const out: [number, number][] = [];
    const n = this.#qubits;
    const single = this.#linear.slice();
    for (let i = 0; i < n; i++)
      for (let j = i + 1; j < n; j++) {
        if (((this.#pairs[i * n + j] as number) & 3) === 0) continue;
        single[i] = (single[i] as number) + 2;
        single[j] = (single[j] as number) + 2;
        out.push([(1 << i) | (1 << j), -2]);
      }
    for (const [i, eighths] of single.entries()) if ((eighths & 7) !== 0) out.push([1 << i, eighths]);
    return out;
  }

  /** Rotations that these phases need beyond those of the parities. */
  terms(): number {
    return this.phases().filter(([parity]) => (parity & this.#units) !== parity).length;
  }
}

type Weights = readonly (readonly [parity: number, eighths: number])[];

const weights = (phases: ReadonlyMap<number, Phase>): Weights =>
  [...phases].map(([parity, { eighths }]) => [parity, eighths]);

/** The best of some descents in random order, from a fixed seed. */
function reduced(start: readonly number[], qubits: number, workMax: number, stop: Stop): number[] {
  const prng = new Prng('parities');
  const budget = { left: workMax };
  let best = [...start];
  for (let k = 0; k < DESCENTS_MAX && budget.left > 0 && !stop(); k++) {
    const found = descent(start, qubits, prng, budget, stop);
    if (found.length < best.length) best = found;
    // One that finds nothing has tried everything.
    if (found.length === start.length) break;
  }
  return best;
}

/** Repeats the best of a few steps until none is left. */
function descent(start: readonly number[], qubits: number, prng: Prng, budget: { left: number }, stop: Stop): number[] {
  const rows = qubits + ((qubits - 1) * (qubits - 2)) / 2;
  let columns = [...start];
  for (;;) {
    let best: number[] | null = null;
    let found = 0;
    for (const z of prng.shuffle(sumsOfTwo(columns))) {
      if (budget.left < 0 || found >= CHOICES || stop()) break;
      budget.left -= rows * rows * ((columns.length + 31) >> 5);
      const next = destroyed(columns, z, qubits);
      if (next === null) continue;
      found++;
      if (best === null || next.length < best.length) best = next;
    }
    if (best === null) return columns;
    columns = best;
  }
}

/** All that can be added to columns so that two become equal, or one zero. */
function sumsOfTwo(columns: readonly number[]): number[] {
  const sums = new Set(columns);
  for (const [k, a] of columns.entries()) for (const b of columns.slice(k + 1)) sums.add(a ^ b);
  return [...sums];
}

/** Fewer columns with the same tensor, by adding z to some of them; null where that is not possible. */
function destroyed(columns: readonly number[], z: number, qubits: number): number[] | null {
  let best: number[] | null = null;
  for (const y of kernel(conditions(columns, z, qubits), columns.length)) {
    const next = added(columns, z, y);
    if (next.length < (best ?? columns).length) best = next;
  }
  return best;
}

function added(columns: readonly number[], z: number, y: Uint32Array): number[] {
  // Equal columns cancel in pairs (two T are an S), zero columns are nothing.
  const odd = new Set<number>();
  const toggle = (column: number): void => {
    if (column !== 0 && !odd.delete(column)) odd.add(column);
  };
  for (const [k, column] of columns.entries()) {
    if (bit(y, k)) {
      toggle(column ^ z);
      // Once for each column in y: z is left over where their number is odd.
      toggle(z);
    } else toggle(column);
  }
  return [...odd];
}

const bit = (words: Uint32Array, k: number): boolean => (((words[k >> 5] as number) >>> (k & 31)) & 1) === 1;

/**
 * Linear conditions on y under which adding z to the columns in y keeps the tensor. In a basis where z is a unit vector they are:
 * every row of the matrix, and every product of two rows other than that of z, has even overlap with y.
 */
function conditions(columns: readonly number[], z: number, qubits: number): Uint32Array[] {
  const words = (columns.length + 31) >> 5;
  const pivot = 31 - Math.clz32(z);
  // Row i plus row of the pivot where z has bit i: the rows of the matrix in the basis in which z is the pivot's unit vector.
  const rows = Array.from({ length: qubits }, (_, i) => {
    const row = new Uint32Array(words);
    const both = i !== pivot && ((z >> i) & 1) === 1;
    for (const [k, column] of columns.entries()) {
      const value = ((column >> i) & 1) ^ (both ? (column >> pivot) & 1 : 0);
      if (value === 1) setBit(row, k);
    }
    return row;
  });
  const out = [...rows];
  for (let i = 0; i < qubits; i++)
    for (let j = i + 1; j < qubits; j++)
      if (i !== pivot && j !== pivot)
        out.push((rows[i] as Uint32Array).map((word, k) => word & ((rows[j] as Uint32Array)[k] as number)));
  return out;
}

/** A basis of the vectors that all the rows are orthogonal to. */
function kernel(rows: readonly Uint32Array[], length: number): Uint32Array[] {
  const reducedRows: Uint32Array[] = [];
  const pivots: number[] = [];
  for (const row of rows) {
    const left = row.slice();
    for (const [k, other] of reducedRows.entries()) if (bit(left, pivots[k] as number)) xor(left, other);
    const pivot = firstBit(left);
    if (pivot < 0) continue;
    for (const other of reducedRows) if (bit(other, pivot)) xor(other, left);
    reducedRows.push(left);
    pivots.push(pivot);
  }
  const isPivot = new Set(pivots);
  const basis: Uint32Array[] = [];
  // Each free position gives a vector: itself and the pivots whose rows contain it.
  for (let free = 0; free < length; free++) {
    if (isPivot.has(free)) continue;
    const y = new Uint32Array((length + 31) >> 5);
    setBit(y, free);
    for (const [k, row] of reducedRows.entries()) if (bit(row, free)) setBit(y, pivots[k] as number);
    basis.push(y);
  }
  return basis;
}

function setBit(words: Uint32Array, k: number): void {
  words[k >> 5] = (words[k >> 5] as number) | (1 << (k & 31));
}

function xor(into: Uint32Array, other: Uint32Array): void {
  for (let k = 0; k < into.length; k++) into[k] = (into[k] as number) ^ (other[k] as number);
}

function firstBit(words: Uint32Array): number {
  for (let k = 0; k < words.length; k++) {
    const word = words[k] as number;
    if (word !== 0) return 32 * k + (31 - Math.clz32(word & -word));
  }
  return -1;
}
