import type { Matrix } from '../../core/quantum/circuit/gate-table.ts';
import { bits } from '../../core/quantum/plan/passes.ts';

/** A factor of size 1 where this qubit and `other` are both 1. A number, not an angle: sums of large angles lose digits. */
export interface PhaseTerm {
  readonly other: number;
  readonly re: number;
  readonly im: number;
}

/**
 * How the true state follows from the stored one: multiply by a number, by a factor per qubit where its stored bit is 1,
 * by -1 for every pair of `signs` that is 1 1, by phases for pairs; then exchange the halves of the qubits in `flips`.
 * Everything diagonal waits here until a turn on its qubit needs it.
 */
export class Pending {
  readonly re: Float64Array;
  readonly im: Float64Array;
  /** Row q: qubits whose controlled Z with q is pending. Symmetric. */
  readonly signs: Int32Array;
  flips = 0;
  readonly #phases: Map<number, PhaseTerm>[];
  scaleRe = 1;
  scaleIm = 0;

  constructor(qubits: number) {
    this.re = new Float64Array(qubits).fill(1);
    this.im = new Float64Array(qubits);
    this.signs = new Int32Array(qubits);
    this.#phases = Array.from({ length: qubits }, () => new Map());
  }

  isFlipped(qubit: number): boolean {
    return ((this.flips >>> qubit) & 1) === 1;
  }

  setFlipped(qubit: number, flipped: boolean): void {
    this.flips = flipped ? this.flips | (1 << qubit) : this.flips & ~(1 << qubit);
  }

  /** The caller exchanges the halves of this qubit: what waits for its stored bit now waits for 1 - bit. */
  unflip(qubit: number): void {
    this.setFlipped(qubit, false);
    for (const { other, re, im } of this.takePhases(qubit)) {
      this.multiplyQubit(other, re, im);
      this.#addStored(qubit, other, re, -im);
    }
    for (const other of bits(this.signs[qubit] as number)) this.multiplyQubit(other, -1, 0);
    const [re, im] = [this.re[qubit] as number, this.im[qubit] as number];
    this.multiplyScale(re, im);
    const size = re * re + im * im;
    this.re[qubit] = re / size;
    this.im[qubit] = -im / size;
  }

  /** Controlled Z. Where a bit is stored the other way round, 1 - bit takes its place. */
  addSign(a: number, b: number): void {
    this.signs[a] = (this.signs[a] as number) ^ (1 << b);
    this.signs[b] = (this.signs[b] as number) ^ (1 << a);
    const [flippedA, flippedB] = [this.isFlipped(a), this.isFlipped(b)];
    if (flippedB) this.multiplyQubit(a, -1, 0);
    if (flippedA) this.multiplyQubit(b, -1, 0);
    if (flippedA && flippedB) this.multiplyScale(-1, 0);
  }

  /** re + i im, of size 1, where both qubits are 1. */
  addPhase(a: number, b: number, re: number, im: number): void {
    let turned = im;
    if (this.isFlipped(a)) {
      this.addLocal(b, Float64Array.of(1, 0, 0, 0, 0, 0, re, turned));
      turned = -turned;
    }
    if (this.isFlipped(b)) {
      this.multiplyQubit(a, re, turned);
      turned = -turned;
    }
    this.#addStored(a, b, re, turned);
  }

  #addStored(a: number, b: number, re: number, im: number): void {
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
    const flipped = this.isFlipped(qubit);
    const [zr, zi] = [m[flipped ? 6 : 0] as number, m[flipped ? 7 : 1] as number];
    const [or, oi] = [m[flipped ? 0 : 6] as number, m[flipped ? 1 : 7] as number];
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

  /** Takes the phases of a qubit out, by stored bits: the caller applies them. */
  takePhases(qubit: number): PhaseTerm[] {
    const row = this.#phases[qubit] as Map<number, PhaseTerm>;
    const terms = [...row.values()];
    for (const { other } of terms) (this.#phases[other] as Map<number, PhaseTerm>).delete(qubit);
    row.clear();
    return terms;
  }

  /** Signs of a qubit as factors, by stored bits; the caller applies them. */
  takeSigns(qubit: number): PhaseTerm[] {
    const terms = bits(this.signs[qubit] as number).map((other) => ({ other, re: -1, im: 0 }));
    for (const { other } of terms) this.signs[other] = (this.signs[other] as number) & ~(1 << qubit);
    this.signs[qubit] = 0;
    return terms;
  }

  exchange(a: number, b: number): void {
    for (const values of [this.re, this.im]) {
      const held = values[a] as number;
      values[a] = values[b] as number;
      values[b] = held;
    }
    this.flips = exchangeBits(this.flips, a, b);
    for (const q of this.signs.keys()) this.signs[q] = exchangeBits(this.signs[q] as number, a, b);
    const row = this.signs[a] as number;
    this.signs[a] = this.signs[b] as number;
    this.signs[b] = row;
    const termsA = this.takePhases(a);
    const termsB = this.takePhases(b);
    for (const { other, re, im } of termsA) this.#addStored(b, other === b ? a : other, re, im);
    for (const { other, re, im } of termsB) this.#addStored(a, other, re, im);
  }

  /** Nothing to multiply by but the number. */
  get isTrivial(): boolean {
    const one = this.re.every((re, q) => re === 1 && this.im[q] === 0);
    return (
      one && this.flips === 0 && this.signs.every((row) => row === 0) && this.#phases.every((row) => row.size === 0)
    );
  }
}

function exchangeBits(mask: number, a: number, b: number): number {
  const differ = ((mask >>> a) ^ (mask >>> b)) & 1;
  return differ === 0 ? mask : mask ^ (1 << a) ^ (1 << b);
}
