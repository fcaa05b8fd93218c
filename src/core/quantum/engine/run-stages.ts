import { assert, at } from '../../lib/assert.ts';
import type { Prng } from '../../lib/prng.ts';
import { fail, ok, type Result } from '../../lib/result.ts';
import type { Bindings } from '../circuit/angle.ts';
import type { ChannelOperation, MeasureOperation } from '../circuit/circuit.ts';
import type { DevicePlan, StateDevice } from './device.ts';
import type { BranchStage, Stage } from './stages.ts';

/** One run in progress. */
export interface Trajectory<State, Plan extends DevicePlan> {
  readonly device: StateDevice<State, Plan>;
  readonly state: State;
  readonly clbits: Uint8Array;
  readonly values: Bindings;
  /** Of everything that chance decides; the same seed gives the same run. */
  readonly prng: Prng;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((done: number) => void) | undefined;
}

const DONE = ok(null);

/** What may follow a stage: a failure ends the run. `steps`: gates of the stage, 1 for others. */
export type AfterStage = (next: number, steps: number) => Promise<Result<null>>;

/** Runs the stages from number `first` on, on the state, in place. The state is unusable after a failure. */
export async function runStages<State, Plan extends DevicePlan>(
  run: Trajectory<State, Plan>,
  stages: readonly Stage<Plan>[],
  first = 0,
  after: AfterStage | null = null,
): Promise<Result<null>> {
  const weights = stages.map((stage) => (stage.kind === 'unitary' ? stage.steps.length : 1));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let before = 0;
  for (const [i, stage] of stages.entries()) {
    if (run.signal?.aborted === true)
      return fail('QUANTUM_ABORTED', `the run was aborted after ${i} of ${stages.length} parts`);
    const start = before;
    const weight = at(weights, i);
    if (i < first) {
      before += weight;
      continue;
    }
    const onProgress = (done: number): void => run.onProgress?.((start + weight * done) / total);
    const done = await runStage(run, stage, onProgress);
    if (!done.ok) return done;
    before += weight;
    onProgress(1);
    const followed = (await after?.(i + 1, weight)) ?? DONE;
    if (!followed.ok) return followed;
  }
  return DONE;
}

function runStage<State, Plan extends DevicePlan>(
  run: Trajectory<State, Plan>,
  stage: Stage<Plan>,
  onProgress: (done: number) => void,
): Promise<Result<null>> {
  const { device, state, values, signal } = run;
  switch (stage.kind) {
    case 'unitary':
      return device.apply(state, stage.plan, values, { signal, onProgress });
    case 'measure':
      return record(run, stage);
    case 'reset':
      return reset(run, stage.qubit);
    case 'channel':
      return passThrough(run, stage);
    case 'if':
      // Progress inside a branch would have to know which branch comes.
      return runStages({ ...run, onProgress: undefined }, holds(run.clbits, stage) ? stage.taken : stage.otherwise);
  }
}

function holds(clbits: Uint8Array, { clbits: read, equals }: BranchStage<unknown>): boolean {
  return read.reduce((value, clbit, i) => value + at(clbits, clbit) * 2 ** i, 0) === equals;
}

async function record<State, Plan extends DevicePlan>(
  run: Trajectory<State, Plan>,
  { qubit, clbit, flip }: MeasureOperation,
): Promise<Result<null>> {
  const outcome = await collapse(run, qubit, false);
  if (!outcome.ok) return outcome;
  const wrong = flip !== undefined && run.prng.float() < flip[outcome.value];
  run.clbits[clbit] = wrong ? 1 - outcome.value : outcome.value;
  return DONE;
}

async function reset<State, Plan extends DevicePlan>(
  run: Trajectory<State, Plan>,
  qubit: number,
): Promise<Result<null>> {
  const outcome = await collapse(run, qubit, true);
  return outcome.ok ? DONE : outcome;
}

/** Measures in the computational basis; with `clear` the qubit is then |0>. */
async function collapse<State, Plan extends DevicePlan>(
  { device, state, prng }: Trajectory<State, Plan>,
  qubit: number,
  clear: boolean,
): Promise<Result<0 | 1>> {
  const found = await device.probabilities(state, [qubit]);
  if (!found.ok) return found;
  const outcome = choose(prng, found.value);
  if (outcome === null) return wrongNorm(found.value);
  assert(outcome === 0 || outcome === 1, `outcome ${outcome} of one qubit`);
  const scale = 1 / Math.sqrt(at(found.value, outcome));
  const projected = await device.project(state, qubit, outcome, scale, clear && outcome === 1);
  return projected.ok ? ok(outcome) : projected;
}

/** An index with probability proportional to its weight; null where the weights are no distribution. */
function choose(prng: Prng, weights: ArrayLike<number>): number | null {
  let total = 0;
  for (let i = 0; i < weights.length; i++) total += at(weights, i);
  if (!Number.isFinite(total) || total <= 0) return null;
  let left = prng.float() * total;
  let last = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = at(weights, i);
    // Rounding may leave something over at the end: it goes to the last one that is possible.
    if (!(weight > 0)) continue;
    last = i;
    if (left < weight) return i;
    left -= weight;
  }
  return last;
}

/** One Kraus operator at random: of a mixture by its probability, otherwise by the norm of what it leaves. */
async function passThrough<State, Plan extends DevicePlan>(
  run: Trajectory<State, Plan>,
  channel: ChannelOperation,
): Promise<Result<null>> {
  const { device, state, prng } = run;
  const { kraus, probabilities, targets } = channel;
  if (probabilities !== null) {
    const chosen = choose(prng, probabilities);
    assert(chosen !== null, `mixture ${channel.label} without a possible operator`);
    const operator = at(kraus, chosen);
    return isScalar(operator) ? DONE : device.applyMatrix(state, operator, targets);
  }
  // ||K psi||^2 = Tr(K^dagger K rho) needs only the reduced density matrix of the targets, no copy of the state.
  const density = await device.reducedDensityMatrix(state, targets);
  if (!density.ok) return density;
  const weights = kraus.map((operator) => weightOf(operator, density.value));
  const chosen = choose(prng, weights);
  if (chosen === null) return wrongNorm(weights);
  const operator = at(kraus, chosen);
  if (isScalar(operator)) return DONE;
  const scale = 1 / Math.sqrt(at(weights, chosen));
  return device.applyMatrix(
    state,
    operator.map((value) => scale * value),
    targets,
  );
}

/** Tr(K rho K^dagger), real. */
function weightOf(operator: Float64Array, density: Float64Array): number {
  const size = Math.sqrt(operator.length / 2);
  let sum = 0;
  for (let row = 0; row < size; row++)
    for (let a = 0; a < size; a++)
      for (let b = 0; b < size; b++) {
        const k = 2 * (row * size + a);
        const l = 2 * (row * size + b);
        const d = 2 * (a * size + b);
        // Re(K_ra conj(K_rb) rho_ab)
        const re = at(operator, k) * at(operator, l) + at(operator, k + 1) * at(operator, l + 1);
        const im = at(operator, k + 1) * at(operator, l) - at(operator, k) * at(operator, l + 1);
        sum += re * at(density, d) - im * at(density, d + 1);
      }
  // Rounding may leave a little less than nothing.
  return sum < 0 ? 0 : sum;
}

/** A multiple of the identity moves nothing: norms are restored and global phases are not seen. */
function isScalar(operator: Float64Array): boolean {
  const size = Math.sqrt(operator.length / 2);
  return operator.every((value, i) => {
    const diagonal = Math.floor(i / 2 / size) === Math.floor(i / 2) % size;
    return diagonal ? value === operator[i % 2] : value === 0;
  });
}

function wrongNorm(weights: ArrayLike<number>): Result<never> {
  const seen = Array.from({ length: Math.min(4, weights.length) }, (_, i) => at(weights, i)).join(', ');
  return fail('QUANTUM_NORM', `outcomes have weights ${seen}, which is no distribution: the engine computes wrongly`);
}
