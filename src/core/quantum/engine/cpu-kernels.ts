/**
 * The arithmetic of the float64 oracle: one matrix at a time over the whole state. Nothing is fused, nothing is skipped.
 * States are interleaved re, im. Indices stay below 2^22, so 32-bit masks are safe; masks of observables may use all
 * 32 bits and are compared unsigned.
 */
export type Amplitudes = Float64Array;

/** Bits of the given qubits. */
export function maskOf(qubits: readonly number[]): number {
  let mask = 0;
  for (const qubit of qubits) mask |= 1 << qubit;
  return mask;
}

/** Offset in basis states of every row of a matrix on `targets`, targets[0] lowest. */
export function offsetsOf(targets: readonly number[]): readonly number[] {
  return Array.from({ length: 2 ** targets.length }, (_, row) =>
    targets.reduce((offset, target, bit) => offset + (((row >>> bit) & 1) !== 0 ? 2 ** target : 0), 0),
  );
}

/** In place: any 2^k x 2^k matrix on k targets (k = 0 is a factor), where all controls are 1. */
export function applyMatrix(
  state: Amplitudes,
  matrix: Float64Array,
  targets: readonly number[],
  controls: readonly number[],
): void {
  if (targets.length === 1) return applyToOne(state, matrix, targets[0] as number, maskOf(controls));
  const offsets = offsetsOf(targets);
  const size = offsets.length;
  const targetMask = maskOf(targets);
  const controlMask = maskOf(controls);
  const held = new Float64Array(2 * size);
  for (let base = 0; base < state.length / 2; base++) {
    if ((base & targetMask) !== 0 || (base & controlMask) !== controlMask) continue;
    for (let row = 0; row < size; row++) {
      const from = 2 * (base + (offsets[row] as number));
      held[2 * row] = state[from] as number;
      held[2 * row + 1] = state[from + 1] as number;
    }
    for (let row = 0; row < size; row++) {
      let re = 0;
      let im = 0;
      for (let column = 0; column < size; column++) {
        const entry = 2 * (row * size + column);
        const mr = matrix[entry] as number;
        const mi = matrix[entry + 1] as number;
        const hr = held[2 * column] as number;
        const hi = held[2 * column + 1] as number;
        re += mr * hr - mi * hi;
        im += mr * hi + mi * hr;
      }
      const to = 2 * (base + (offsets[row] as number));
      state[to] = re;
      state[to + 1] = im;
    }
  }
}

/** The same for one target, written out: most gates of most circuits. */
function applyToOne(state: Amplitudes, matrix: Float64Array, target: number, controlMask: number): void {
  const [re00, im00, re01, im01, re10, im10, re11, im11] = matrix as unknown as EightNumbers;
  const stride = 2 ** target;
  const amplitudes = state.length / 2;
  for (let block = 0; block < amplitudes; block += 2 * stride)
    for (let low = block; low < block + stride; low++) {
      if ((low & controlMask) !== controlMask) continue;
      const a = 2 * low;
      const b = a + 2 * stride;
      const reA = state[a] as number;
      const imA = state[a + 1] as number;
      const reB = state[b] as number;
      const imB = state[b + 1] as number;
      state[a] = re00 * reA - im00 * imA + re01 * reB - im01 * imB;
      state[a + 1] = re00 * imA + im00 * reA + re01 * imB + im01 * reB;
      state[b] = re10 * reA - im10 * imA + re11 * reB - im11 * imB;
      state[b + 1] = re10 * imA + im10 * reA + re11 * imB + im11 * reB;
    }
}

type EightNumbers = readonly [number, number, number, number, number, number, number, number];

/** Re <lambda| M |psi> with M on `targets`, zero where a control is 0. */
export function realOverlap(
  lambda: Amplitudes,
  psi: Amplitudes,
  matrix: Float64Array,
  targets: readonly number[],
  controls: readonly number[],
): number {
  const offsets = offsetsOf(targets);
  const size = offsets.length;
  const targetMask = maskOf(targets);
  const controlMask = maskOf(controls);
  let sum = 0;
  for (let base = 0; base < psi.length / 2; base++) {
    if ((base & targetMask) !== 0 || (base & controlMask) !== controlMask) continue;
    for (let row = 0; row < size; row++) {
      const left = 2 * (base + (offsets[row] as number));
      for (let column = 0; column < size; column++) {
        const entry = 2 * (row * size + column);
        const mr = matrix[entry] as number;
        const mi = matrix[entry + 1] as number;
        if (mr === 0 && mi === 0) continue;
        const right = 2 * (base + (offsets[column] as number));
        const pr = psi[right] as number;
        const pi = psi[right + 1] as number;
        sum += (lambda[left] as number) * (mr * pr - mi * pi) + (lambda[left + 1] as number) * (mr * pi + mi * pr);
      }
    }
  }
  return sum;
}
