import type { Matrix } from '../../core/quantum/circuit/gate-table.ts';
import { bits } from '../../core/quantum/plan/passes.ts';

/** A factor of size 1 where this qubit and `other` are both 1. A number, not an angle: sums of large angles lose digits. */
export interface PhaseTerm {
  readonly other: number;
  readonly re: number;
  readonly im: number;
}

/**
 * What stored amplitudes must still be multiplied by: a number, a factor per qubit where it is 1, -1 for every pair of
 * `signs` that is 1 1, and phases for pairs. Everything diagonal waits here until a turn on its qubit needs it.
 */
export class Pending {
  readonly re: Float64Array;
  readonly im: Float64Array;
  /** Row q: qubits whose controlled Z with q is pending. Symmetric. */
  readonly signs: Int32Array;
  readonly #phases: Map<number, PhaseTerm>[];
  scaleRe = 1;
  scaleIm = 0;

  constructor(qubits: number) {
    this.re = new Float64Array(qubits).fill(1);
    this.im = new Float64Array(qubits);
    this.signs = new Int32Array(qubits);
    this.#phases = Array.from({ length: qubits }, () => new Map());
  }

  addSign(a: number, b: number): void {
    this.signs[a] = (this.signs[a] as number) ^ (1 << b);
    this.signs[b] = (this.signs[b] as number) ^ (1 << a);
  }

  addPhase(a: number, b: number, re: number, im: number): void {
    for (const [q, other] of [
      [a, b],
      [b, a],
    ] as const) {
      const row = this.#phases[q] as Map<number, PhaseTerm>;
      const had = row.get(other) ?? { re: 1, im: 0 };
      row.set(other, { other, re: had.re * re - had.im * im, im: had.re * im + had.im * re });
    }
  }

  /** diag(m00, m11) on one qubit. */
  addLocal(qubit: number, m: Matrix): void {
    const [zr, zi, or, oi] = [m[0] as number, m[1] as number, m[6] as number, m[7] as number];
    this.multiplyScale(zr, zi);
    const z2 = zr * zr + zi * zi;
    this.multiplyQubit(qubit, (or * zr + oi * zi) / z2, (oi * zr - or * zi) / z2);
  }

  multiplyScale(re: number, im: number): void {
    const r = this.scaleRe * re - this.scaleIm * im;
    this.scaleIm = this.scaleRe * im + this.scaleIm * re;
    this.scaleRe = r;
  }

  multiplyQubit(qubit: number, re: number, im: number): void {
    const [pr, pi] = [this.re[qubit] as number, this.im[qubit] as number];
    this.re[qubit] = pr * re - pi * im;
    this.im[qubit] = pr * im + pi * re;
  }

  hasPhases(qubit: number): boolean {
    return (this.#phases[qubit] as Map<number, PhaseTerm>).size > 0;
  }

  /** Takes the phases of a qubit out: the caller applies them. */
  takePhases(qubit: number): PhaseTerm[] {
    const row = this.#phases[qubit] as Map<number, PhaseTerm>;
    const terms = [...row.values()];
    for (const { other } of terms) (this.#phases[other] as Map<number, PhaseTerm>).delete(qubit);
    row.clear();
    return terms;
  }

  /** Signs of a qubit as factors; the caller applies them. */
  takeSigns(qubit: number): PhaseTerm[] {
    const terms = bits(this.signs[qubit] as number).map((other) => ({ other, re: -1, im: 0 }));
    for (const { other } of terms) this.addSign(qubit, other);
    return terms;
  }

  exchange(a: number, b: number): void {
    for (const values of [this.re, this.im]) {
      const held = values[a] as number;
      values[a] = values[b] as number;
      values[b] = held;
    }
    for (const q of this.signs.keys()) this.signs[q] = exchangeBits(this.signs[q] as number, a, b);
    const row = this.signs[a] as number;
    this.signs[a] = this.signs[b] as number;
    this.signs[b] = row;
    const termsA = this.takePhases(a);
    const termsB = this.takePhases(b);
    for (const { other, re, im } of termsA) this.addPhase(b, other === b ? a : other, re, im);
    for (const { other, re, im } of termsB) this.addPhase(a, other, re, im);
  }

  /** Nothing to multiply by but the number. */
  get isTrivial(): boolean {
    const one = this.re.every((re, q) => re === 1 && this.im[q] === 0);
    return one && this.signs.every((row) => row === 0) && this.#phases.every((row) => row.size === 0);
  }
}

function exchangeBits(mask: number, a: number, b: number): number {
  const differ = ((mask >>> a) ^ (mask >>> b)) & 1;
  return differ === 0 ? mask : mask ^ (1 << a) ^ (1 << b);
}
