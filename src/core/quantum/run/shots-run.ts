import { assert, at } from '../../lib/assert.ts';
import { Prng } from '../../lib/prng.ts';
import { fail, ok, type Result } from '../../lib/result.ts';
import type { Prepared, QuantumEngine, QuantumState, RunOptions } from '../engine/engine.ts';
import { TRAJECTORIES_MAX, TRAJECTORY_WORK_MAX } from './limits.ts';
import { MeanReadings } from './mean.ts';
import { readState, type Readings, type Wanted } from './read-out.ts';
import { Tally, type Reading } from './tally.ts';

/** What every kind of run needs. */
export interface RunJob {
  readonly engine: QuantumEngine;
  readonly prepared: Prepared;
  /** What every shot does alike before chance has its first say, planned on its own; `prepared` then goes on from there. */
  readonly prefix: Prepared | null;
  /** By position of the circuit's parameters. */
  readonly values: Float64Array;
  readonly shots: number;
  readonly seed: number;
  readonly wanted: Wanted;
  /** Of the count keys. */
  readonly reading: Reading;
  readonly signal: AbortSignal | undefined;
  readonly pause: () => Promise<Result<null>>;
  /** Seconds since any moment. */
  readonly now: () => number;
}

export interface RunNumbers {
  readonly readings: Readings;
  readonly standardErrors: Float64Array | null;
  readonly counts: Readonly<Record<string, number>> | null;
  readonly seconds: { readonly run: number; readonly read: number };
  /** Of the engine. */
  readonly notes: readonly string[];
}

/** Samples of one state that are drawn before the thread is given away: a tenth of a second. */
const SAMPLES_AT_ONCE = 1_048_576;

/** A circuit whose only chance is in its final measurements: one run, then samples of its state. */
export async function runOnce(job: RunJob): Promise<Result<RunNumbers>> {
  const { engine, prepared, seed, wanted, now } = job;
  const started = now();
  const ran = await engine.run(prepared, optionsOf(job, seed));
  if (!ran.ok) return ran;
  const { state, clbits, notes = [] } = ran.value;
  try {
    const run = now() - started;
    const readings = await readState(state, wanted);
    if (!readings.ok) return readings;
    const counts = job.shots > 0 ? await sampleCounts(job, state, clbits) : ok(null);
    if (!counts.ok) return counts;
    const read = now() - started - run;
    return ok({ readings: readings.value, standardErrors: null, counts: counts.value, seconds: { run, read }, notes });
  } finally {
    state.dispose();
  }
}

async function sampleCounts(
  { shots, seed, reading, pause }: RunJob,
  state: QuantumState,
  clbits: Uint8Array,
): Promise<Result<Readonly<Record<string, number>>>> {
  assert(
    clbits.every((bit) => bit === 0),
    'a circuit without measurements in its body wrote a classical bit',
  );
  const seeds = new Prng(seed);
  const tally = new Tally(reading, seeds.uint32());
  for (let done = 0; done < shots; done += SAMPLES_AT_ONCE) {
    const going = await pause();
    if (!going.ok) return going;
    const states = await state.sample(Math.min(SAMPLES_AT_ONCE, shots - done), seeds.uint32());
    if (!states.ok) return states;
    tally.addStates(states.value);
    const fits = tally.check();
    if (!fits.ok) return fits;
  }
  return ok(tally.counts());
}

/** A circuit that is random before its end: one run a shot. Everything is a mean over the runs, amplitudes are of the first. */
export async function runEveryShot(job: RunJob, countsWanted: boolean): Promise<Result<RunNumbers>> {
  const allowed = checkWork(job);
  if (!allowed.ok) return allowed;
  if (job.prefix === null) return runShots(job, countsWanted, null, 0);
  const started = job.now();
  const start = await job.engine.run(job.prefix, optionsOf(job, 0));
  if (!start.ok) return start;
  try {
    return await runShots(job, countsWanted, start.value.state, job.now() - started);
  } finally {
    start.value.state.dispose();
  }
}

const optionsOf = ({ values, signal }: RunJob, seed: number): RunOptions => ({
  values,
  seed,
  ...(signal === undefined ? {} : { signal }),
});

async function runShots(
  job: RunJob,
  countsWanted: boolean,
  from: QuantumState | null,
  prefixSeconds: number,
): Promise<Result<RunNumbers>> {
  const { engine, prepared, shots, wanted, now } = job;
  const seeds = new Prng(job.seed);
  const tally = new Tally(job.reading, seeds.uint32());
  const mean = new MeanReadings();
  const seconds = { run: prefixSeconds, read: 0 };
  const notes = new Set<string>();
  for (let shot = 0; shot < shots; shot++) {
    const going = await job.pause();
    if (!going.ok) return going;
    const started = now();
    const options = optionsOf(job, seeds.uint32());
    const ran = await engine.run(prepared, from === null ? options : { ...options, from });
    if (!ran.ok) return ran;
    const { state, clbits } = ran.value;
    for (const note of ran.value.notes ?? []) notes.add(note);
    try {
      const evolved = now();
      const readings = await readState(state, wanted);
      if (!readings.ok) return readings;
      mean.add(readings.value);
      const sampleSeed = seeds.uint32();
      const drawn = countsWanted ? await state.sample(1, sampleSeed) : ok(null);
      if (!drawn.ok) return drawn;
      if (drawn.value !== null) tally.addShot(at(drawn.value, 0), clbits);
      seconds.run += evolved - started;
      seconds.read += now() - evolved;
    } finally {
      state.dispose();
    }
  }
  const fits = tally.check();
  if (!fits.ok) return fits;
  assert(mean.mean !== null, 'a run of no shots');
  const { standardErrors } = mean;
  return ok({
    readings: mean.mean,
    standardErrors,
    counts: countsWanted ? tally.counts() : null,
    seconds,
    notes: [...notes],
  });
}

function checkWork({ shots, prepared, wanted }: RunJob): Result<null> {
  if (shots > TRAJECTORIES_MAX)
    return fail(
      'QUANTUM_SIZE',
      `${shots} shots of a circuit that is random before its end, at most ${TRAJECTORIES_MAX} runs; take fewer shots`,
    );
  const work = shots * Math.max(1, prepared.stats.gates) * 2 ** wanted.qubits;
  if (work <= TRAJECTORY_WORK_MAX) return ok(null);
  return fail(
    'QUANTUM_SIZE',
    `${shots} runs of ${prepared.stats.gates} gates on ${wanted.qubits} qubits would take hours; take fewer shots`,
  );
}
