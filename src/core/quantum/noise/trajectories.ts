import { at } from '../../lib/assert.ts';
import { Prng } from '../../lib/prng.ts';
import { fail, ok, type Result } from '../../lib/result.ts';
import type { Circuit, MeasureOperation } from '../circuit/circuit.ts';
import type { Prepared, QuantumEngine, QuantumState } from '../engine/engine.ts';
import { checkPauliSum, type PauliSum } from '../engine/pauli.ts';
import { keyOf, shotsProblem } from './outcomes.ts';
import { measuresAnything, terminalMeasurements } from './terminal-measurements.ts';

export interface TrajectoryOptions {
  /** Number of trajectories, 1 to 100 million; each gives one count. */
  readonly shots: number;
  readonly seed: number;
  /** By position of `circuit.parameters`. */
  readonly values?: ArrayLike<number>;
  readonly observables?: readonly PauliSum[];
  readonly signal?: AbortSignal;
  /** Gives the host's event loop a turn between trajectories (`() => clock.sleep(0)`). */
  readonly pause?: () => Promise<void>;
  /** The part that is done, 0 to 1. */
  readonly onProgress?: (done: number) => void;
}

export interface TrajectoryReport {
  readonly shots: number;
  /** Highest classical bit first; highest qubit first where the circuit measures nothing. */
  readonly counts: ReadonlyMap<string, number>;
  /** Of the state before the measurements at the end, one per observable. */
  readonly expectations: readonly Estimate[];
}

export interface Estimate {
  readonly mean: number;
  /** Of the mean, from the spread of the trajectories; 0 where the circuit has no chance in it, null after a single one. */
  readonly standardError: number | null;
}

/** Sampled at once from one state; more would hold the event loop for too long. */
const SAMPLES_AT_ONCE = 2 ** 20;
/** Far from the seeds of the runs: 2^31 is more than SHOTS_MAX. */
const SAMPLE_SEEDS = 2 ** 31;
/** Trajectories between two turns of the event loop. */
const RUNS_PER_PAUSE = 16;

/**
 * Monte Carlo over noise, measurements and resets: one run of the engine per shot, with a seed of its own (Dalibard, Castin,
 * Molmer, PRL 68, 1992). The means converge to the density matrix with the stated standard errors. Measurements at the end
 * are sampled from the state; a circuit without any other chance runs once.
 * Failures: those of the engine, QUANTUM_SHOTS, QUANTUM_OBSERVABLE, QUANTUM_ABORTED.
 */
export async function runTrajectories(
  engine: QuantumEngine,
  circuit: Circuit,
  options: TrajectoryOptions,
): Promise<Result<TrajectoryReport>> {
  const { shots, observables = [] } = options;
  const wrong = shots === 0 ? fail('QUANTUM_SHOTS', 'got 0 shots, expected at least 1') : shotsProblem(shots);
  if (wrong !== null) return wrong;
  for (const observable of observables) {
    const fits = checkPauliSum(observable, circuit.qubits);
    if (!fits.ok) return fits;
  }
  const terminal = terminalMeasurements(circuit);
  const operations = circuit.operations.filter((_, i) => !terminal.has(i));
  const prepared = await engine.prepare({ ...circuit, operations });
  if (!prepared.ok) return prepared;
  const measures = circuit.operations.filter((operation, i): operation is MeasureOperation => terminal.has(i));
  const bare = !measuresAnything(circuit.operations);
  const certain = operations.every(({ kind }) => kind === 'gate' || kind === 'unitary' || kind === 'barrier');
  const estimates = observables.map(() => new RunningMean());
  const reader = new ShotReader(circuit, measures, bare, options.seed);
  const start = new Prng(options.seed).uint32();
  const job = { engine, prepared: prepared.value, options, start, reader, estimates };
  const done = certain ? await runOnce(job) : await runAll(job);
  if (!done.ok) return done;
  const expectations = estimates.map((estimate) => ({
    mean: estimate.mean,
    standardError: certain ? 0 : estimate.standardError,
  }));
  return ok({ shots, counts: job.reader.counts, expectations });
}

interface Job {
  readonly engine: QuantumEngine;
  readonly prepared: Prepared;
  readonly options: TrajectoryOptions;
  /** Of the seeds, see `seedOf`. */
  readonly start: number;
  readonly reader: ShotReader;
  readonly estimates: readonly RunningMean[];
}

async function runOnce(job: Job): Promise<Result<null>> {
  const { options } = job;
  return withState(job, 0, async (state, clbits) => {
    for (let done = 0, batch = 0; done < options.shots; done += SAMPLES_AT_ONCE, batch++) {
      if (isAborted(options.signal)) return aborted();
      const drawn = await state.sample(
        Math.min(SAMPLES_AT_ONCE, options.shots - done),
        seedOf(job.start + SAMPLE_SEEDS, batch),
      );
      if (!drawn.ok) return drawn;
      for (const index of drawn.value) job.reader.add(index, clbits);
      await options.pause?.();
    }
    options.onProgress?.(1);
    return ok(null);
  });
}

async function runAll(job: Job): Promise<Result<null>> {
  const { shots, signal, pause, onProgress } = job.options;
  for (let shot = 0; shot < shots; shot++) {
    if (isAborted(signal)) return aborted();
    const done = await withState(job, shot, async (state, clbits) => {
      const drawn = await state.sample(1, seedOf(job.start + SAMPLE_SEEDS, shot));
      if (!drawn.ok) return drawn;
      job.reader.add(at(drawn.value, 0), clbits);
      return ok(null);
    });
    if (!done.ok) return done;
    if (shot % RUNS_PER_PAUSE === RUNS_PER_PAUSE - 1) await pause?.();
    onProgress?.((shot + 1) / shots);
  }
  return ok(null);
}

/** One run; its expectation values are added to the estimates, then `read` gets the state, which is disposed of afterwards. */
async function withState(
  { engine, prepared, options, start, estimates }: Job,
  shot: number,
  read: (state: QuantumState, clbits: Uint8Array) => Promise<Result<null>>,
): Promise<Result<null>> {
  const { values, signal, observables = [] } = options;
  const ran = await engine.run(prepared, {
    seed: seedOf(start, shot),
    ...(values === undefined ? {} : { values }),
    ...(signal === undefined ? {} : { signal }),
  });
  if (!ran.ok) return ran;
  const { state, clbits } = ran.value;
  try {
    for (const [i, observable] of observables.entries()) {
      const terms = await state.expectations(observable);
      if (!terms.ok) return terms;
      at(estimates, i).add(terms.value.reduce((sum, term) => sum + term, 0));
    }
    return await read(state, clbits);
  } finally {
    state.dispose();
  }
}

/** From a sampled basis state and the classical bits of one run to a counted key, with readout errors. */
class ShotReader {
  readonly counts = new Map<string, number>();
  readonly #bits: number;
  readonly #measures: readonly MeasureOperation[];
  readonly #bare: boolean;
  readonly #flips: Prng;

  constructor({ qubits, clbits }: Circuit, measures: readonly MeasureOperation[], bare: boolean, seed: number) {
    this.#bits = bare ? qubits : clbits;
    this.#measures = measures;
    this.#bare = bare;
    this.#flips = new Prng(`readout errors ${seed}`);
  }

  add(index: number, clbits: Uint8Array): void {
    const bits = new Uint8Array(this.#bits);
    if (this.#bare) for (let q = 0; q < this.#bits; q++) bits[q] = bitOf(index, q);
    else bits.set(clbits);
    for (const { qubit, clbit, flip } of this.#measures) {
      const truth = bitOf(index, qubit);
      const wrong = flip !== undefined && this.#flips.float() < flip[truth];
      bits[clbit] = wrong ? 1 - truth : truth;
    }
    const key = keyOf(bits);
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
  }
}

/** Indices go beyond 32 bits. */
const bitOf = (index: number, qubit: number): 0 | 1 => (Math.floor(index / 2 ** qubit) % 2 === 1 ? 1 : 0);

/** Welford's running mean and variance. */
class RunningMean {
  mean = 0;
  #count = 0;
  #squares = 0;

  add(value: number): void {
    this.#count++;
    const off = value - this.mean;
    this.mean += off / this.#count;
    this.#squares += off * (value - this.mean);
  }

  get standardError(): number | null {
    return this.#count < 2 ? null : Math.sqrt(this.#squares / (this.#count - 1) / this.#count);
  }
}

/**
 * Seeds of the trajectories: a bijection of 32-bit numbers (the finaliser of MurmurHash3) over start + shot, so no two shots
 * of a run share one. The start is drawn from the run's seed: neighbouring seeds must not give the same trajectories.
 */
function seedOf(start: number, shot: number): number {
  let h = (start + shot) >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A function, because the type of a property seems not to change over an await. */
function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

function aborted() {
  return fail('QUANTUM_ABORTED', 'the run was cancelled');
}
