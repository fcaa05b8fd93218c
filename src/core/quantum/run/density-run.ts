import { at } from '../../lib/assert.ts';
import { ok, type Result } from '../../lib/result.ts';
import type { Clock } from '../../lib/world.ts';
import type { Circuit } from '../circuit/circuit.ts';
import type { PlanStats } from '../engine/engine.ts';
import { runDensityMatrix, type DensityOptions } from '../noise/density-matrix.ts';
import type { DensityMatrix } from '../noise/density-state.ts';
import { DENSITY_QUBITS_DEFAULT, DENSITY_QUBITS_MAX } from './limits.ts';
import { addMarginals, blochOf, type Readings, type Wanted } from './read-out.ts';
import type { RunNumbers } from './shots-run.ts';

export interface DensityJob {
  /** With its final measurements. */
  readonly circuit: Circuit;
  /** Without them; expectations are of the state before. */
  readonly body: Circuit;
  readonly values: Float64Array;
  readonly shots: number;
  readonly seed: number;
  readonly wanted: Wanted;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
}

/**
 * Whether the whole density matrix is less work than trajectories: 4^n entries a gate against 2^n amplitudes a gate and shot.
 * Without shots it is taken as long as it fits, because it is exact.
 */
export function fitsDensityMatrix(qubits: number, shots: number): boolean {
  if (qubits <= DENSITY_QUBITS_DEFAULT) return true;
  return qubits <= DENSITY_QUBITS_MAX && (shots === 0 || shots >= 2 ** qubits);
}

/** Exact noisy numbers. Failures as of runDensityMatrix; QUANTUM_BRANCHES and QUANTUM_MEMORY mean: take trajectories. */
export async function runDensity(job: DensityJob): Promise<Result<RunNumbers>> {
  const { circuit, body, values, shots, seed, wanted, clock, signal } = job;
  const options: DensityOptions = { values, pause: () => clock.sleep(0), ...(signal === undefined ? {} : { signal }) };
  const started = clock.monotonic();
  const whole = await runDensityMatrix(circuit, options);
  if (!whole.ok) return whole;
  const measured = body.operations.length < circuit.operations.length;
  // Measurements leave probabilities alone, but not the phases that other observables see.
  const phases = measured && (wanted.observables.length > 0 || wanted.bloch);
  const before = phases ? await runDensityMatrix(body, options) : whole;
  if (!before.ok) return before;
  const run = (clock.monotonic() - started) / 1000;
  const readings = readDensity(before.value.state, wanted);
  if (!readings.ok) return readings;
  const counts = shots > 0 ? whole.value.outcomes.counts(shots, seed) : ok(null);
  if (!counts.ok) return counts;
  const read = (clock.monotonic() - started) / 1000 - run;
  return ok({
    readings: readings.value,
    standardErrors: null,
    counts: counts.value === null ? null : Object.fromEntries([...counts.value].sort(([a], [b]) => (a < b ? -1 : 1))),
    seconds: { run, read },
    notes: [],
  });
}

function readDensity(state: DensityMatrix, wanted: Wanted): Result<Readings> {
  const { qubits, indices } = wanted;
  const all = state.probabilities(Array.from({ length: qubits }, (_, q) => q));
  const marginals = new Float64Array(qubits);
  addMarginals(all, marginals);
  const expectations = new Float64Array(wanted.observables.length);
  for (const [i, { sum }] of wanted.observables.entries()) {
    const terms = state.expectations(sum);
    if (!terms.ok) return terms;
    expectations[i] = terms.value.reduce((total, term) => total + term, 0);
  }
  const bloch = wanted.bloch ? new Float64Array(3 * qubits) : null;
  for (let q = 0; q < qubits; q++) {
    if (bloch === null) break;
    const density = state.reducedDensityMatrix([q]);
    if (!density.ok) return density;
    bloch.set(blochOf(density.value), 3 * q);
  }
  const probabilities =
    indices === null || indices === 'all'
      ? indices === null
        ? null
        : all
      : Float64Array.from(indices, (i) => at(all, i));
  return ok({ amplitudes: null, probabilities, marginals, expectations, bloch });
}

/** Every step reads and writes 4^n numbers of 8 bytes. */
export function densityStats({ qubits, operations }: Circuit): PlanStats {
  const gates = operations.filter(({ kind }) => kind === 'gate' || kind === 'unitary').length;
  const passes = operations.filter(({ kind }) => kind !== 'barrier' && kind !== 'measure').length;
  return { gates, passes, bytes: passes * 16 * 4 ** qubits, dispatches: 0 };
}
