import type { PauliSum, PauliTerm } from './pauli.ts';
import { offsetsOf, type Amplitudes } from './cpu-kernels.ts';

/** What is read out of a float64 state. Sums go one index after the other: 2^22 terms lose less than 1e-12. */

const squareAt = (state: Amplitudes, index: number): number =>
  (state[2 * index] as number) ** 2 + (state[2 * index + 1] as number) ** 2;

export function normOf(state: Amplitudes): number {
  let sum = 0;
  for (const part of state) sum += part * part;
  return sum;
}

/** Marginal distribution, unnormalised; entry bit j is qubits[j]. */
export function marginals(state: Amplitudes, qubits: readonly number[]): Float64Array {
  const out = new Float64Array(2 ** qubits.length);
  for (let index = 0; index < state.length / 2; index++) {
    let entry = 0;
    for (let bit = 0; bit < qubits.length; bit++) entry |= ((index >>> (qubits[bit] as number)) & 1) << bit;
    out[entry] = (out[entry] as number) + squareAt(state, index);
  }
  return out;
}

/** For ascending thresholds: the smallest index whose cumulative sum of squares exceeds each; see StateDevice.search. */
export function searchCumulative(state: Amplitudes, thresholds: Float64Array): Float64Array {
  const out = new Float64Array(thresholds.length);
  let found = 0;
  let cumulative = 0;
  let last = 0;
  for (let index = 0; index < state.length / 2 && found < out.length; index++) {
    const square = squareAt(state, index);
    if (square === 0) continue;
    cumulative += square;
    last = index;
    while (found < out.length && (thresholds[found] as number) < cumulative) out[found++] = index;
  }
  return out.fill(last, found);
}

/** Keeps amplitudes where `qubit` is `outcome`, times `scale`; with `flip` they move to where it is 0. */
export function project(state: Amplitudes, qubit: number, outcome: 0 | 1, scale: number, flip: boolean): void {
  const stride = 2 ** qubit;
  for (let index = 0; index < state.length / 2; index++) {
    if (((index >>> qubit) & 1) === 1) continue;
    const zero = 2 * index;
    const one = 2 * (index + stride);
    const kept = outcome === 0 ? zero : one;
    const re = scale * (state[kept] as number);
    const im = scale * (state[kept + 1] as number);
    const to = flip ? zero : kept;
    state.fill(0, zero, zero + 2);
    state.fill(0, one, one + 2);
    state[to] = re;
    state[to + 1] = im;
  }
}

/** <a|b>. */
export function innerProduct(a: Amplitudes, b: Amplitudes): readonly [number, number] {
  let re = 0;
  let im = 0;
  for (let i = 0; i < a.length; i += 2) {
    re += (a[i] as number) * (b[i] as number) + (a[i + 1] as number) * (b[i + 1] as number);
    im += (a[i] as number) * (b[i + 1] as number) - (a[i + 1] as number) * (b[i] as number);
  }
  return [re, im];
}

/** out += coefficient P state. P|j> = i^(number of Y) (-1)^(bits of j under z) |j xor x>. */
export function addPauli(out: Amplitudes, state: Amplitudes, { coefficient, x, z }: PauliTerm): void {
  const turns = bits(x & z) % 4;
  for (let index = 0; index < state.length / 2; index++) {
    const sign = bits(index & z) % 2 === 0 ? coefficient : -coefficient;
    const re = sign * (state[2 * index] as number);
    const im = sign * (state[2 * index + 1] as number);
    const to = 2 * ((index ^ x) >>> 0);
    // i^turns (re + i im)
    out[to] = (out[to] as number) + (turns === 0 ? re : turns === 1 ? -im : turns === 2 ? -re : im);
    out[to + 1] = (out[to + 1] as number) + (turns === 0 ? im : turns === 1 ? re : turns === 2 ? -im : -re);
  }
}

/** <psi|P|psi> of every term, with its coefficient. */
export function expectationValues(state: Amplitudes, observable: PauliSum): Float64Array {
  return Float64Array.from(observable.terms, (term) => term.coefficient * pauliValue(state, term));
}

/** Re of the sum over j of conj(psi_(j xor x)) i^(number of Y) (-1)^(bits of j under z) psi_j. */
function pauliValue(state: Amplitudes, { x, z }: PauliTerm): number {
  const turns = bits(x & z) % 4;
  let [re, im] = [0, 0];
  for (let index = 0; index < state.length / 2; index++) {
    const to = 2 * ((index ^ x) >>> 0);
    const [cr, ci] = [state[to] as number, state[to + 1] as number];
    const [pr, pi] = [state[2 * index] as number, state[2 * index + 1] as number];
    const sign = bits(index & z) % 2 === 0 ? 1 : -1;
    re += sign * (cr * pr + ci * pi);
    im += sign * (cr * pi - ci * pr);
  }
  return turns === 0 ? re : turns === 1 ? -im : turns === 2 ? -re : im;
}

function bits(value: number): number {
  let count = 0;
  for (let left = value >>> 0; left !== 0; left &= left - 1) count++;
  return count;
}

/** Row-major, interleaved; entry (r, c) is the sum over the other qubits of psi_r conj(psi_c). */
export function reducedDensity(state: Amplitudes, qubits: readonly number[]): Float64Array {
  const offsets = offsetsOf(qubits);
  const size = offsets.length;
  const inside = offsets[size - 1] as number;
  const out = new Float64Array(2 * size * size);
  for (let base = 0; base < state.length / 2; base++) {
    if ((base & inside) !== 0) continue;
    for (let row = 0; row < size; row++) {
      const r = 2 * (base + (offsets[row] as number));
      const re = state[r] as number;
      const im = state[r + 1] as number;
      if (re === 0 && im === 0) continue;
      for (let column = 0; column < size; column++) {
        const c = 2 * (base + (offsets[column] as number));
        const entry = 2 * (row * size + column);
        const cr = state[c] as number;
        const ci = state[c + 1] as number;
        out[entry] = (out[entry] as number) + re * cr + im * ci;
        out[entry + 1] = (out[entry + 1] as number) + im * cr - re * ci;
      }
    }
  }
  return out;
}
