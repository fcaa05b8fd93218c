import type { Precision } from '../../core/quantum/engine/engine.ts';

/** Numbers of the engine's memory in one precision. */
export type Numbers = Float32Array | Float64Array;

/**
 * A state in memory, read by basis state: the real part of amplitude i is number `at(i)`, the imaginary part `lanes`
 * further. Short-lived: a view ends where the memory grows.
 */
export class AmplitudeView {
  readonly numbers: Numbers;
  readonly lanes: 2 | 4;
  readonly laneBits: 1 | 2;
  /** Amplitudes, without padding. */
  readonly count: number;
  /** Qubits in memory. */
  readonly qubits: number;

  constructor(buffer: ArrayBufferLike, pointer: number, qubits: number, paddedQubits: number, precision: Precision) {
    const length = 2 * 2 ** paddedQubits;
    this.numbers =
      precision === 'f32' ? new Float32Array(buffer, pointer, length) : new Float64Array(buffer, pointer, length);
    this.lanes = precision === 'f32' ? 4 : 2;
    this.laneBits = precision === 'f32' ? 2 : 1;
    this.count = 2 ** qubits;
    this.qubits = paddedQubits;
  }

  at(index: number): number {
    const lane = index & (this.lanes - 1);
    return 2 * (index - lane) + lane;
  }

  /** Interleaved amplitudes of consecutive basis states. */
  read(from: number, count: number): Float64Array {
    const { numbers, lanes } = this;
    const out = new Float64Array(2 * count);
    for (let i = 0; i < count; i++) {
      const at = this.at(from + i);
      out[2 * i] = numbers[at] as number;
      out[2 * i + 1] = numbers[at + lanes] as number;
    }
    return out;
  }

  write(amplitudes: ArrayLike<number>): void {
    const { numbers, lanes, count } = this;
    for (let i = 0; i < count; i++) {
      const at = this.at(i);
      numbers[at] = amplitudes[2 * i] as number;
      numbers[at + lanes] = amplitudes[2 * i + 1] as number;
    }
  }
}

/** Sums go in pieces of this many terms, so that 2^28 of them keep their digits. */
const PIECE = 4096;

/** Sum of squares. */
export function normOf({ numbers }: AmplitudeView): number {
  let sum = 0;
  for (let from = 0; from < numbers.length; from += PIECE) {
    const to = Math.min(numbers.length, from + PIECE);
    let piece = 0;
    for (let i = from; i < to; i++) piece += (numbers[i] as number) * (numbers[i] as number);
    sum += piece;
  }
  return sum;
}

/** Marginal distribution; entry bit j is qubits[j]. */
export function marginals(view: AmplitudeView, qubits: readonly number[]): Float64Array {
  const { numbers, lanes, laneBits, count } = view;
  const out = new Float64Array(2 ** qubits.length);
  const inLanes = laneEntries(qubits, lanes);
  const high = qubits.flatMap((qubit, bit) => (qubit >= laneBits ? [{ shift: qubit, bit }] : []));
  const sums = new Float64Array(lanes);
  const units = Math.max(1, count >>> laneBits);
  let entry = -1;
  const flush = (): void => {
    for (let lane = 0; lane < lanes; lane++) {
      const to = entry | (inLanes[lane] as number);
      out[to] = (out[to] as number) + (sums[lane] as number);
    }
    sums.fill(0);
  };
  for (let unit = 0; unit < units; unit++) {
    const index = unit * lanes;
    let here = 0;
    for (const { shift, bit } of high) here |= ((index >>> shift) & 1) << bit;
    if (here !== entry || (unit & (PIECE - 1)) === 0) {
      if (entry >= 0) flush();
      entry = here;
    }
    const at = 2 * index;
    for (let lane = 0; lane < lanes; lane++) {
      const re = numbers[at + lane] as number;
      const im = numbers[at + lanes + lane] as number;
      sums[lane] = (sums[lane] as number) + re * re + im * im;
    }
  }
  flush();
  return out;
}

/** Bits of the entry that the lane number decides. */
function laneEntries(qubits: readonly number[], lanes: number): Int32Array {
  return Int32Array.from({ length: lanes }, (_, lane) =>
    qubits.reduce((entry, qubit, bit) => (2 ** qubit < lanes ? entry | (((lane >>> qubit) & 1) << bit) : entry), 0),
  );
}

/** For ascending thresholds: the smallest index whose cumulative sum of squares exceeds each (StateDevice.search). */
export function searchCumulative(view: AmplitudeView, thresholds: Float64Array): Float64Array {
  const { numbers, lanes, count } = view;
  const out = new Float64Array(thresholds.length);
  let found = 0;
  let last = 0;
  let cumulative = 0;
  for (let from = 0; from < count && found < out.length; from += PIECE) {
    const to = Math.min(count, from + PIECE);
    let piece = 0;
    for (let i = 2 * from; i < 2 * Math.max(to, lanes); i++) piece += (numbers[i] as number) * (numbers[i] as number);
    if ((thresholds[found] as number) >= cumulative + piece * (1 + 1e-12)) {
      if (piece > 0) last = lastIn(view, from, to);
      cumulative += piece;
      continue;
    }
    let running = cumulative;
    for (let index = from; index < to; index++) {
      const at = view.at(index);
      const square = (numbers[at] as number) ** 2 + (numbers[at + lanes] as number) ** 2;
      if (square === 0) continue;
      running += square;
      last = index;
      while (found < out.length && (thresholds[found] as number) < running) out[found++] = index;
    }
    cumulative = running;
  }
  return out.fill(last, found);
}

function lastIn(view: AmplitudeView, from: number, to: number): number {
  for (let index = to - 1; index >= from; index--) {
    const at = view.at(index);
    if (view.numbers[at] !== 0 || view.numbers[at + view.lanes] !== 0) return index;
  }
  return from;
}

/** Keeps amplitudes where `qubit` is `outcome`, times `scale`; with `flip` they move to where it is 0. */
export function project(view: AmplitudeView, qubit: number, outcome: 0 | 1, scale: number, flip: boolean): void {
  const { numbers, lanes, count } = view;
  const bit = 2 ** qubit;
  for (let index = 0; index < count; index++) {
    if ((index & bit) !== 0) continue;
    const zero = view.at(index);
    const one = view.at(index + bit);
    const kept = outcome === 0 ? zero : one;
    const re = scale * (numbers[kept] as number);
    const im = scale * (numbers[kept + lanes] as number);
    const to = flip ? zero : kept;
    const cleared = to === zero ? one : zero;
    numbers[to] = re;
    numbers[to + lanes] = im;
    numbers[cleared] = 0;
    numbers[cleared + lanes] = 0;
  }
}

/** A matrix on one or two qubits, unitary or not. */
export function applyMatrix(view: AmplitudeView, matrix: Float64Array, targets: readonly number[]): void {
  const { numbers, lanes, count } = view;
  const size = 2 ** targets.length;
  const offsets = Array.from({ length: size }, (_, row) =>
    targets.reduce((sum, target, bit) => sum + (((row >>> bit) & 1) === 1 ? 2 ** target : 0), 0),
  );
  const inside = targets.reduce((mask, target) => mask | (1 << target), 0);
  const re = new Float64Array(size);
  const im = new Float64Array(size);
  for (let base = 0; base < count; base++) {
    if ((base & inside) !== 0) continue;
    for (let row = 0; row < size; row++) {
      const at = view.at(base + (offsets[row] as number));
      re[row] = numbers[at] as number;
      im[row] = numbers[at + lanes] as number;
    }
    for (let row = 0; row < size; row++) {
      let [r, m] = [0, 0];
      for (let column = 0; column < size; column++) {
        const entry = 2 * (row * size + column);
        const [mr, mi] = [matrix[entry] as number, matrix[entry + 1] as number];
        r += mr * (re[column] as number) - mi * (im[column] as number);
        m += mr * (im[column] as number) + mi * (re[column] as number);
      }
      const at = view.at(base + (offsets[row] as number));
      numbers[at] = r;
      numbers[at + lanes] = m;
    }
  }
}

/** Row-major, interleaved; entry (r, c) is the sum over the other qubits of psi_r conj(psi_c). */
export function reducedDensity(view: AmplitudeView, qubits: readonly number[]): Float64Array {
  const { numbers, lanes, count } = view;
  const size = 2 ** qubits.length;
  const offsets = Array.from({ length: size }, (_, row) =>
    qubits.reduce((sum, qubit, bit) => sum + (((row >>> bit) & 1) === 1 ? 2 ** qubit : 0), 0),
  );
  const inside = qubits.reduce((mask, qubit) => mask | (1 << qubit), 0);
  const out = new Float64Array(2 * size * size);
  const re = new Float64Array(size);
  const im = new Float64Array(size);
  for (let base = 0; base < count; base++) {
    if ((base & inside) !== 0) continue;
    for (let row = 0; row < size; row++) {
      const at = view.at(base + (offsets[row] as number));
      re[row] = numbers[at] as number;
      im[row] = numbers[at + lanes] as number;
    }
    for (let row = 0; row < size; row++)
      for (let column = 0; column <= row; column++) {
        const [rr, ri] = [re[row] as number, im[row] as number];
        const [cr, ci] = [re[column] as number, im[column] as number];
        const entry = 2 * (row * size + column);
        out[entry] = (out[entry] as number) + rr * cr + ri * ci;
        out[entry + 1] = (out[entry + 1] as number) + ri * cr - rr * ci;
      }
  }
  for (let row = 0; row < size; row++)
    for (let column = row + 1; column < size; column++) {
      out[2 * (row * size + column)] = out[2 * (column * size + row)] as number;
      out[2 * (row * size + column) + 1] = -(out[2 * (column * size + row) + 1] as number);
    }
  return out;
}
