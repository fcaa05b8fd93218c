import { at } from '../../lib/assert.ts';
import { ok } from '../../lib/result.ts';
import type { Matrix } from '../circuit/gate-table.ts';
import { channel, channelFailure, mixture, rangeProblem, SUM_TOLERANCE, type Channel } from './channels.ts';
import { PAULIS } from './kraus.ts';

/** |1> decays to |0> with probability gamma. */
export function amplitudeDamping(gamma: number, qubit: number): Channel {
  const problem = rangeProblem('amplitude damping', 'gamma', gamma, 1);
  const kraus = [diagonal(1, Math.sqrt(1 - gamma)), lowering(Math.sqrt(gamma))];
  return problem ?? ok(channel('amplitude damping', kraus, [qubit]));
}

/** Coherences shrink by sqrt(1 - lambda); as a mixture, Z with probability (1 - sqrt(1 - lambda))/2. */
export function phaseDamping(lambda: number, qubit: number): Channel {
  const problem = rangeProblem('phase damping', 'lambda', lambda, 1);
  if (problem !== null) return problem;
  const p = (1 - Math.sqrt(1 - lambda)) / 2;
  return ok(mixture('phase damping', [at(PAULIS, 0), at(PAULIS, 3)], [1 - p, p], [qubit]));
}

/** Relaxation by gamma towards a mixture with `excited` of |1>: |1> to |0> with gamma (1 - excited), |0> to |1> with gamma excited. */
export function generalizedAmplitudeDamping(gamma: number, excited: number, qubit: number): Channel {
  const label = 'generalised amplitude damping';
  const problem = rangeProblem(label, 'gamma', gamma, 1) ?? rangeProblem(label, 'excited', excited, 1);
  return problem ?? ok(channel(label, relaxing(gamma, excited, Math.sqrt(1 - gamma)), [qubit]));
}

export interface Relaxation {
  /** Decay time of the population and of the coherence, in the unit of `time`; Infinity for none. 0 < t2 <= 2 t1. */
  readonly t1: number;
  readonly t2: number;
  readonly time: number;
  /** Equilibrium population of |1>, 0 to 1. */
  readonly excited: number;
}

/**
 * Thermal relaxation for `time`: populations approach equilibrium with e^(-time/t1), coherences shrink by e^(-time/t2).
 * For t2 <= t1 a mixture of nothing, Z and a reset, which mostly leaves a trajectory alone; above it the reset form would
 * need a negative probability, so Kraus operators from the Choi matrix, which is block diagonal and has a closed form.
 */
export function thermalRelaxation(relaxation: Relaxation, qubit: number): Channel {
  const problem = relaxationProblem(relaxation);
  if (problem !== null) return problem;
  const { t1, t2, time, excited } = relaxation;
  const gamma = -Math.expm1(-time / t1);
  const coherence = Math.exp(-time / t2);
  const kraus = t2 <= t1 ? resetting(gamma, excited, coherence) : relaxing(gamma, excited, coherence);
  return ok(channel('thermal relaxation', kraus, [qubit]));
}

function relaxationProblem({ t1, t2, time, excited }: Relaxation): ReturnType<typeof channelFailure> | null {
  const label = 'thermal relaxation';
  if (!(t1 > 0)) return channelFailure(`${label}: t1 is ${t1}, expected a positive time`);
  if (!(t2 > 0)) return channelFailure(`${label}: t2 is ${t2}, expected a positive time`);
  if (t2 > 2 * t1)
    return channelFailure(`${label}: t2 is ${t2} with t1 ${t1}, physics allows at most 2 t1; check the units`);
  if (!(time >= 0 && time < Infinity)) return channelFailure(`${label}: time is ${time}, expected 0 or more, finite`);
  return rangeProblem(label, 'excited', excited, 1);
}

/** sqrt(p) I, sqrt(p) Z, and a reset to |0> or |1> with probability gamma; sums to the same map as `relaxing`. */
function resetting(gamma: number, excited: number, coherence: number): readonly Matrix[] {
  const kept = 1 - gamma;
  // Rounding at t2 = t1 may put the coherence a little above the population that is left.
  const z = Math.max(0, (kept - coherence) / 2);
  const down = Math.sqrt(gamma * (1 - excited));
  const up = Math.sqrt(gamma * excited);
  const kraus = [diagonal(Math.sqrt(kept - z), Math.sqrt(kept - z)), diagonal(Math.sqrt(z), -Math.sqrt(z))];
  return nonZero([...kraus, diagonal(down, 0), lowering(down), diagonal(0, up), raising(up)]);
}

/**
 * The Choi matrix of a map that damps coherences by `coherence` and moves populations is [[1 - gamma e, c], [c, 1 - gamma (1 - e)]]
 * on |00>, |11> and diagonal elsewhere; a Cholesky factor of the block gives two diagonal operators, the rest jump.
 */
function relaxing(gamma: number, excited: number, coherence: number): readonly Matrix[] {
  const zero = 1 - gamma * excited;
  const one = 1 - gamma * (1 - excited);
  const first = Math.sqrt(zero);
  // A population that never stays |0> has no coherence to keep.
  const second = first > 0 ? Math.min(coherence / first, Math.sqrt(one)) : 0;
  const left = one - second * second;
  // At t2 = 2 t1 nothing is left but rounding, which would be an operator of its own.
  const rest = left > 4 * Number.EPSILON ? Math.sqrt(left) : 0;
  const jumps = [lowering(Math.sqrt(gamma * (1 - excited))), raising(Math.sqrt(gamma * excited))];
  return nonZero([diagonal(first, second), ...jumps, diagonal(0, rest)]);
}

/** With probability `toZero` the qubit is set to |0>, with `toOne` to |1>, otherwise left alone (Aer's reset_error). */
export function spontaneousReset(toZero: number, toOne: number, qubit: number): Channel {
  const label = 'spontaneous reset';
  const problem = rangeProblem(label, 'toZero', toZero, 1) ?? rangeProblem(label, 'toOne', toOne, 1);
  if (problem !== null) return problem;
  const kept = 1 - toZero - toOne;
  if (kept < -SUM_TOLERANCE)
    return channelFailure(`${label}: toZero and toOne sum to ${toZero + toOne}, expected at most 1`);
  const [id, zero, one] = [Math.max(0, kept), toZero, toOne].map(Math.sqrt) as [number, number, number];
  return ok(
    channel(label, nonZero([diagonal(id, id), diagonal(zero, 0), lowering(zero), diagonal(0, one), raising(one)]), [
      qubit,
    ]),
  );
}

/** Operators that are zero cost an engine a pass each; the first is kept, so that there is always one. */
function nonZero(kraus: readonly Matrix[]): readonly Matrix[] {
  return kraus.filter((k, i) => i === 0 || k.some((value) => value !== 0));
}

const diagonal = (a: number, b: number): Matrix => Float64Array.of(a, 0, 0, 0, 0, 0, b, 0);
/** f |0><1| and f |1><0|. */
const lowering = (f: number): Matrix => Float64Array.of(0, 0, f, 0, 0, 0, 0, 0);
const raising = (f: number): Matrix => Float64Array.of(0, 0, 0, 0, f, 0, 0, 0);
