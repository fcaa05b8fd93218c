import type { CircuitReport, CircuitRequest } from '../../contracts/circuit-service.ts';
import { at } from '../../lib/assert.ts';
import { fail, ok, type Failure, type Result } from '../../lib/result.ts';
import { parsePauliSum, type PauliFailure, type PauliSum } from '../engine/pauli.ts';
import type { QuantumState } from '../engine/engine.ts';
import { AMPLITUDES_DEFAULT_QUBITS, AMPLITUDES_MAX } from './limits.ts';

/** What a request reads out of a state. */
export interface Wanted {
  readonly qubits: number;
  /** Basis states; null for none. */
  readonly indices: readonly number[] | 'all' | null;
  readonly observables: readonly { readonly text: string; readonly sum: PauliSum }[];
  readonly bloch: boolean;
}

export type WantedFailure = PauliFailure | Failure<'QUANTUM_REQUEST' | 'QUANTUM_SIZE'>;

/** Failures QUANTUM_OBSERVABLE, QUANTUM_REQUEST (an index beyond the state), QUANTUM_SIZE (too many amplitudes). */
export function wantedOf(request: CircuitRequest, qubits: number): Result<Wanted, WantedFailure> {
  const observables: { readonly text: string; readonly sum: PauliSum }[] = [];
  for (const text of request.observables ?? []) {
    const sum = parsePauliSum(text, qubits);
    if (!sum.ok) return sum;
    observables.push({ text, sum: sum.value });
  }
  const indices = indicesOf(request.amplitudes ?? (qubits <= AMPLITUDES_DEFAULT_QUBITS ? 'all' : 'none'), qubits);
  return indices.ok ? ok({ qubits, indices: indices.value, observables, bloch: request.bloch === true }) : indices;
}

function indicesOf(
  asked: 'all' | 'none' | readonly number[],
  qubits: number,
): Result<readonly number[] | 'all' | null, WantedFailure> {
  if (asked === 'none') return ok(null);
  const size = 2 ** qubits;
  if (asked === 'all') {
    if (size <= AMPLITUDES_MAX) return ok('all');
    return fail(
      'QUANTUM_SIZE',
      `${qubits} qubits have ${size} amplitudes, at most ${AMPLITUDES_MAX} are returned at once; ask for indices`,
    );
  }
  const beyond = asked.find((index) => index >= size);
  if (beyond === undefined) return ok(asked);
  return fail('QUANTUM_REQUEST', `amplitude ${beyond} does not exist, ${qubits} qubits have indices 0 to ${size - 1}`);
}

/** The numbers of one pure state, or their means over several. */
export interface Readings {
  readonly amplitudes: Float64Array | null;
  readonly probabilities: Float64Array | null;
  /** Probability of 1, by qubit. */
  readonly marginals: Float64Array;
  /** By observable. */
  readonly expectations: Float64Array;
  /** x, y, z by qubit. */
  readonly bloch: Float64Array | null;
}

/** Rounding of f32 moves the norm by 1e-6 at depth 1000; more is a broken device. */
const NORM_TOLERANCE = 1e-3;

/** Failure QUANTUM_NORM where the engine computed something that is no state; no number of it would be worth anything. */
export async function readState(state: QuantumState, wanted: Wanted): Promise<Result<Readings>> {
  const norm = await state.norm();
  if (!norm.ok) return norm;
  if (!(Math.abs(norm.value - 1) <= NORM_TOLERANCE))
    return fail(
      'QUANTUM_NORM',
      `the state has norm ${norm.value} instead of 1: the engine computes wrongly; take another`,
    );
  const amplitudes = await readAmplitudes(state, wanted);
  if (!amplitudes.ok) return amplitudes;
  const marginals = await readMarginals(state);
  if (!marginals.ok) return marginals;
  const expectations = new Float64Array(wanted.observables.length);
  for (const [i, { sum }] of wanted.observables.entries()) {
    const terms = await state.expectations(sum);
    if (!terms.ok) return terms;
    expectations[i] = terms.value.reduce((total, term) => total + term, 0);
  }
  const bloch = wanted.bloch ? await readBloch(state) : ok(null);
  if (!bloch.ok) return bloch;
  const probabilities = amplitudes.value === null ? null : squares(amplitudes.value);
  return ok({
    amplitudes: amplitudes.value,
    probabilities,
    marginals: marginals.value,
    expectations,
    bloch: bloch.value,
  });
}

async function readAmplitudes(state: QuantumState, { indices }: Wanted): Promise<Result<Float64Array | null>> {
  if (indices === null) return ok(null);
  return indices === 'all' ? state.amplitudes() : state.amplitudes(indices);
}

function squares(amplitudes: Float64Array): Float64Array {
  return Float64Array.from({ length: amplitudes.length / 2 }, (_, i) => {
    const re = at(amplitudes, 2 * i);
    const im = at(amplitudes, 2 * i + 1);
    return re * re + im * im;
  });
}

/** Qubits that share one pass over the state: a table of 2^10 entries fits every cache. */
const MARGINAL_GROUP = 10;

async function readMarginals(state: QuantumState): Promise<Result<Float64Array>> {
  const marginals = new Float64Array(state.qubits);
  for (let first = 0; first < state.qubits; first += MARGINAL_GROUP) {
    const group = Array.from({ length: Math.min(MARGINAL_GROUP, state.qubits - first) }, (_, j) => first + j);
    const joint = await state.probabilities(group);
    if (!joint.ok) return joint;
    addMarginals(joint.value, marginals.subarray(first, first + group.length));
  }
  return ok(marginals);
}

/** Adds to entry j the probability that bit j of the index is 1. */
export function addMarginals(joint: ArrayLike<number>, into: Float64Array): void {
  for (let j = 0; j < into.length; j++) {
    let sum = 0;
    for (let i = 0; i < joint.length; i++) if ((i >>> j) & 1) sum += joint[i] as number;
    into[j] = at(into, j) + sum;
  }
}

/** rho = (1 + x X + y Y + z Z) / 2 of every qubit. */
async function readBloch(state: QuantumState): Promise<Result<Float64Array>> {
  const bloch = new Float64Array(3 * state.qubits);
  for (let q = 0; q < state.qubits; q++) {
    const density = await state.reducedDensityMatrix([q]);
    if (!density.ok) return density;
    bloch.set(blochOf(density.value), 3 * q);
  }
  return ok(bloch);
}

/** Of a 2 x 2 density matrix, row-major interleaved: the upper right entry is (x - iy) / 2. */
export function blochOf(density: ArrayLike<number>): readonly [x: number, y: number, z: number] {
  return [2 * at(density, 2), -2 * at(density, 3), at(density, 0) - at(density, 6)];
}

/** Readings as the report has them. */
export function reported(
  { amplitudes, probabilities, marginals, expectations, bloch }: Readings,
  wanted: Wanted,
  standardErrors: Float64Array | null,
): Pick<CircuitReport, 'amplitudes' | 'probabilities' | 'marginals' | 'expectations' | 'bloch'> {
  return {
    amplitudes:
      amplitudes === null
        ? null
        : Array.from(
            { length: amplitudes.length / 2 },
            (_, i) => [at(amplitudes, 2 * i), at(amplitudes, 2 * i + 1)] as const,
          ),
    probabilities: probabilities === null ? null : Array.from(probabilities),
    marginals: Array.from(marginals),
    expectations: wanted.observables.map(({ text }, i) => ({
      observable: text,
      value: at(expectations, i),
      standardError: standardErrors === null ? null : at(standardErrors, i),
    })),
    bloch:
      bloch === null
        ? null
        : Array.from(
            { length: wanted.qubits },
            (_, q) => [at(bloch, 3 * q), at(bloch, 3 * q + 1), at(bloch, 3 * q + 2)] as const,
          ),
  };
}
