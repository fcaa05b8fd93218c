import { ok, type Result } from '../../core/lib/result.ts';
import type { PauliSum, PauliTerm } from '../../core/quantum/engine/pauli.ts';
import { jobOf, piecesOf, type Dispatch } from './gpu.ts';
import { allocateState, isSplit, stateBindings, type GpuState, type StateLayout } from './state.ts';

/** Amplitudes of a block of `block-sums.wgsl` and of a workgroup of `overlap.wgsl`. */
export const BLOCK = 2048;
const OVERLAP_AMPLITUDES = 4096;
/** Sums of one dispatch of `overlap.wgsl`. */
const OVERLAP_TERMS = 8;
/** Eight sums over two states, against one gate. */
const OVERLAP_WORK = 2;
const THREADS = 256;
/** Values that a thread adds one after the other, before sums go pairwise. */
const RUN_MAX = 64;
/** Numbers that a reduction may leave for the host. */
const PARTIAL_MAX = 2 ** 22;

/** Sums of squares of consecutive blocks. */
export async function blockSums(state: GpuState): Promise<Result<Float32Array>> {
  const { gpu, qubits, chunkBits } = state;
  const blocks = Math.ceil(2 ** qubits / BLOCK);
  const sums = gpu.buffer('block sums', 4 * blocks);
  const dispatches = piecesOf(blocks, 2 ** qubits, gpu.submissionWork).map(({ from, to }): Dispatch => ({
    shader: 'blockSums',
    split: isSplit(state),
    buffers: [...stateBindings(state), sums],
    job: jobOf(from, to, chunkBits),
    workgroups: to - from,
    work: (to - from) * BLOCK,
  }));
  const done = await gpu.run(dispatches);
  const read = done.ok ? await gpu.readFloats(sums, blocks) : done;
  sums.destroy();
  return read;
}

export async function norm(state: GpuState): Promise<Result<number>> {
  const sums = await blockSums(state);
  return sums.ok ? ok(sums.value.reduce((total, sum) => total + sum, 0)) : sums;
}

/** Marginal distribution of at most 20 qubits; entry bit j is qubits[j]. */
export async function marginals(state: GpuState, qubits: readonly number[]): Promise<Result<Float64Array>> {
  const { gpu, chunkBits } = state;
  const ascending = qubits.toSorted((a, b) => a - b);
  const k = qubits.length;
  const rest = state.qubits - k;
  const lanes = Math.min(8, rest);
  const each = Math.min(RUN_MAX, 2 ** (rest - lanes));
  const slices = 2 ** (rest - lanes) / each;
  const workgroups = Math.ceil(2 ** k / (THREADS >> lanes)) * slices;
  const sums = gpu.buffer('marginal sums', 4 * 2 ** k * slices);
  const entriesFirst = ascending[0] === 0 ? 1 : 0;
  const work = 2 ** state.qubits;
  const dispatches = piecesOf(workgroups, work, gpu.submissionWork).map(({ from, to }): Dispatch => ({
    shader: 'marginal',
    split: isSplit(state),
    buffers: [...stateBindings(state), sums],
    job: jobOf(chunkBits, k, lanes, each, slices, from, to, entriesFirst, padded(ascending, 20)),
    workgroups: to - from,
    work: (work * (to - from)) / workgroups,
  }));
  const done = await gpu.run(dispatches);
  const read = done.ok ? await gpu.readFloats(sums, 2 ** k * slices) : done;
  sums.destroy();
  if (!read.ok) return read;
  const sorted = foldSlices(read.value, 2 ** k, slices, 1);
  return ok(reordered(sorted, qubits, ascending));
}

const padded = (list: readonly number[], length: number): readonly number[] =>
  Array.from({ length }, (_, i) => list[i] ?? 0);

/** Adds the slices of every entry, in float64; `parts` numbers an entry (2 for complex ones). */
function foldSlices(values: Float32Array, entries: number, slices: number, parts: number): Float64Array {
  const out = new Float64Array(entries * parts);
  for (let entry = 0; entry < entries; entry++)
    for (let slice = 0; slice < slices; slice++)
      for (let part = 0; part < parts; part++)
        out[entry * parts + part] =
          (out[entry * parts + part] as number) + (values[(entry * slices + slice) * parts + part] as number);
  return out;
}

function reordered(sorted: Float64Array, wanted: readonly number[], ascending: readonly number[]): Float64Array {
  if (wanted.every((qubit, j) => qubit === ascending[j])) return sorted;
  const bitOf = wanted.map((qubit) => ascending.indexOf(qubit));
  return sorted.map((_, entry) => {
    const from = bitOf.reduce((sum, bit, j) => sum | (((entry >> j) & 1) << bit), 0);
    return sorted[from] as number;
  });
}

/** Unnormalised, row-major, interleaved; at most 8 qubits, the first is the lowest bit. */
export async function reducedDensity(state: GpuState, qubits: readonly number[]): Promise<Result<Float64Array>> {
  const { gpu, chunkBits } = state;
  const k = qubits.length;
  const entries = 4 ** k;
  const rest = state.qubits - k;
  const lanes = Math.min(8 - Math.min(8, 2 * k), rest);
  const serial = 2 ** (rest - lanes);
  const inner = Math.min(RUN_MAX, serial);
  // Two levels of runs; more only where there would be too many partial sums for the host.
  const leastOuter = Math.ceil((entries * serial) / inner / PARTIAL_MAX);
  const outer = Math.min(serial / inner, Math.max(RUN_MAX, 2 ** Math.ceil(Math.log2(Math.max(1, leastOuter)))));
  const slices = serial / inner / outer;
  const groups = Math.ceil(entries / (THREADS >> lanes)) * slices;
  const sums = gpu.buffer('density sums', 8 * entries * slices);
  const ascending = qubits.toSorted((a, b) => a - b);
  const work = 2 ** (state.qubits + k);
  const dispatches = piecesOf(groups, work, gpu.submissionWork).map(({ from, to }): Dispatch => ({
    shader: 'density',
    split: isSplit(state),
    buffers: [...stateBindings(state), sums],
    job: jobOf(chunkBits, k, lanes, inner, outer, slices, from, to, padded(qubits, 8), padded(ascending, 8)),
    workgroups: to - from,
    work: (work * (to - from)) / groups,
  }));
  const done = await gpu.run(dispatches);
  const read = done.ok ? await gpu.readFloats(sums, 2 * entries * slices) : done;
  sums.destroy();
  return read.ok ? ok(foldSlices(read.value, entries, slices, 2)) : read;
}

/** One sum over conj(left[i ^ x]) right[i]. */
export interface OverlapTerm {
  readonly x: number;
  /** The summand changes sign with the parity of i & z. */
  readonly z: number;
  readonly part: 'real' | 'imaginary';
  /** Only indices with all these bits. */
  readonly condition: number;
}

/** Sums in the order of the terms. `left` and `right` may be the same state. */
export async function overlaps(
  left: GpuState,
  right: GpuState,
  terms: readonly OverlapTerm[],
): Promise<Result<Float64Array>> {
  const out = new Float64Array(terms.length);
  const positions = [...terms.keys()].toSorted((a, b) => (terms[a] as OverlapTerm).x - (terms[b] as OverlapTerm).x);
  const batches: number[][] = [];
  for (const position of positions) {
    const open = batches.at(-1);
    const x = (terms[position] as OverlapTerm).x;
    const fits = open !== undefined && open.length < OVERLAP_TERMS && terms[open[0] as number]?.x === x;
    if (fits) open.push(position);
    else batches.push([position]);
  }
  // So many sums at once that the host's part is one reading of a few MiB.
  const groups = Math.ceil(2 ** right.qubits / OVERLAP_AMPLITUDES);
  const together = Math.max(1, Math.floor(PARTIAL_MAX / (OVERLAP_TERMS * groups)));
  for (let from = 0; from < batches.length; from += together) {
    const done = await overlapBatches(left, right, terms, batches.slice(from, from + together), out);
    if (!done.ok) return done;
  }
  return ok(out);
}

async function overlapBatches(
  left: GpuState,
  right: GpuState,
  terms: readonly OverlapTerm[],
  batches: readonly (readonly number[])[],
  out: Float64Array,
): Promise<Result<null>> {
  const { gpu, qubits, chunkBits } = right;
  const amplitudes = Math.min(2 ** qubits, 2 ** chunkBits);
  const chunks = 2 ** qubits / amplitudes;
  const groups = Math.ceil(amplitudes / OVERLAP_AMPLITUDES);
  // One buffer for all: batch by batch, in a batch chunk by chunk.
  const sums = gpu.buffer('overlap sums', 4 * OVERLAP_TERMS * groups * chunks * batches.length);
  const dispatches: Dispatch[] = [];
  for (const [b, batch] of batches.entries()) {
    const { x } = terms[batch[0] as number] as OverlapTerm;
    const masks = batch.flatMap((position) => {
      const { z, part, condition } = terms[position] as OverlapTerm;
      return [z, part === 'real' ? 0 : 1, condition, 0];
    });
    for (let chunk = 0; chunk < chunks; chunk++) {
      const partner = left.buffers[chunk ^ Math.floor(x / 2 ** chunkBits)] as GPUBuffer;
      const index = [x % 2 ** chunkBits, amplitudes, chunk * 2 ** chunkBits];
      const offset = (b * chunks + chunk) * groups;
      for (const { from, to } of piecesOf(groups, OVERLAP_WORK * amplitudes, gpu.submissionWork))
        dispatches.push({
          shader: 'overlap',
          split: false,
          buffers: [partner, right.buffers[chunk] as GPUBuffer, sums],
          job: jobOf(index, from, to, offset, [0, 0], padded(masks, 4 * OVERLAP_TERMS)),
          workgroups: to - from,
          work: (OVERLAP_WORK * amplitudes * (to - from)) / groups,
        });
    }
  }
  const each = OVERLAP_TERMS * groups * chunks;
  const done = await gpu.run(dispatches);
  const read = done.ok ? await gpu.readFloats(sums, each * batches.length) : done;
  sums.destroy();
  if (!read.ok) return read;
  for (const [b, batch] of batches.entries())
    for (const [t, position] of batch.entries())
      for (let at = b * each + t; at < (b + 1) * each; at += OVERLAP_TERMS)
        out[position] = (out[position] as number) + (read.value[at] as number);
  return ok(null);
}

/** P|i> = i^(number of Y) (-1)^|z & i| |i ^ x>. */
export function powerOfI({ x, z }: Pick<PauliTerm, 'x' | 'z'>): 0 | 1 | 2 | 3 {
  let ys = 0;
  for (let both = x & z; both !== 0; both &= both - 1) ys++;
  return (ys % 4) as 0 | 1 | 2 | 3;
}

/** <psi|P|psi> of every term, with its coefficient. */
export async function expectations(state: GpuState, observable: PauliSum): Promise<Result<Float64Array>> {
  const sums = await overlaps(
    state,
    state,
    observable.terms.map((term) => ({
      x: term.x,
      z: term.z,
      part: powerOfI(term) % 2 === 0 ? 'real' : 'imaginary',
      condition: 0,
    })),
  );
  if (!sums.ok) return sums;
  // Re(i^n v): Re v, -Im v, -Re v, Im v.
  const signs = [1, -1, -1, 1] as const;
  return ok(
    sums.value.map((sum, t) => {
      const term = observable.terms[t] as PauliTerm;
      return term.coefficient * signs[powerOfI(term)] * sum;
    }),
  );
}

export async function inner(a: GpuState, b: GpuState): Promise<Result<readonly [number, number]>> {
  const sums = await overlaps(a, b, [
    { x: 0, z: 0, part: 'real', condition: 0 },
    { x: 0, z: 0, part: 'imaginary', condition: 0 },
  ]);
  return sums.ok ? ok([sums.value[0] as number, sums.value[1] as number]) : sums;
}

/** Terms of one dispatch of `observable.wgsl`. */
const OBSERVABLE_TERMS = 64;

/** A new state: the sum of the terms, applied. */
export async function observed(state: GpuState, layout: StateLayout, observable: PauliSum): Promise<Result<GpuState>> {
  const { gpu, qubits, chunkBits } = state;
  const result = allocateState(gpu, layout, qubits);
  // Neighbouring terms read the same amplitudes.
  const terms = observable.terms.toSorted((a, b) => a.x - b.x);
  const words = new Uint32Array(4 * Math.max(1, terms.length));
  const floats = new Float32Array(words.buffer);
  const powers = [
    [1, 0],
    [0, 1],
    [-1, 0],
    [0, -1],
  ] as const;
  for (const [t, term] of terms.entries()) {
    const [re, im] = powers[powerOfI(term)];
    words.set([term.x, term.z], 4 * t);
    floats.set([re * term.coefficient, im * term.coefficient], 4 * t + 2);
  }
  const list = gpu.buffer('observable', words);
  const amplitudes = Math.min(2 ** qubits, 2 ** chunkBits);
  const dispatches: Dispatch[] = [];
  for (let first = 0; first < terms.length; first += OBSERVABLE_TERMS)
    for (const [chunk, buffer] of result.buffers.entries()) {
      const last = Math.min(terms.length, first + OBSERVABLE_TERMS);
      dispatches.push({
        shader: 'observable',
        split: isSplit(state),
        buffers: [...stateBindings(state), buffer, list],
        job: jobOf(chunkBits, chunk * 2 ** chunkBits, amplitudes, first, last),
        workgroups: Math.ceil(amplitudes / THREADS),
        work: amplitudes * (last - first),
      });
    }
  const done = await gpu.run(dispatches);
  list.destroy();
  if (done.ok) return ok(result);
  for (const buffer of result.buffers) buffer.destroy();
  return done;
}
