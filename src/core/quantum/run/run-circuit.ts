import type { CircuitReport, CircuitRequest } from '../../contracts/circuit-service.ts';
import { assert } from '../../lib/assert.ts';
import { ok, type Result } from '../../lib/result.ts';
import type { Clock } from '../../lib/world.ts';
import type { EngineKind, PlanStats, Prepared, QuantumEngine } from '../engine/engine.ts';
import { parseDeviceModel } from '../noise/device-model.ts';
import { noisyCircuit } from '../noise/noisy-circuit.ts';
import { isUnitaryStep, type Circuit } from '../circuit/circuit.ts';
import { checkRequest } from './check-request.ts';
import { densityStats, fitsDensityMatrix, runDensity } from './density-run.ts';
import type { OpenedEngine, OpenEngine } from './engine-choice.ts';
import { TRAJECTORIES_DEFAULT } from './limits.ts';
import { splitMeasurements, type SplitCircuit } from './measurements.ts';
import { createPause } from './pause.ts';
import { readProgram, type Program } from './program.ts';
import { reported, wantedOf, type Wanted } from './read-out.ts';
import { runEveryShot, runOnce, type RunJob } from './shots-run.ts';
import { readingOfAll, type Reading } from './tally.ts';

export interface RunWorld {
  readonly openEngine: OpenEngine;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
}

/** What was understood of a request before any engine is opened. */
export interface PlannedRun {
  readonly request: CircuitRequest;
  /** With its noise. */
  readonly circuit: Circuit;
  readonly program: Program;
  readonly split: SplitCircuit;
  readonly wanted: Wanted;
  readonly reading: Reading;
  readonly secondsOfParsing: number;
}

/** Failures of the density matrix that trajectories do not have. */
const TAKE_TRAJECTORIES: ReadonlySet<string> = new Set(['QUANTUM_BRANCHES', 'QUANTUM_MEMORY']);
/** Failures of an engine that another engine may not have. */
const ENGINE_LOST: ReadonlySet<string> = new Set([
  'QUANTUM_DEVICE_LOST',
  'QUANTUM_GPU_ERROR',
  'QUANTUM_TIMEOUT',
  'QUANTUM_NORM',
  'QUANTUM_NO_GPU',
]);

/**
 * One circuit from text to numbers: what the lab page, the console and the command line call.
 * Failures: QASM_* (line and column in the failure), QUANTUM_REQUEST, QUANTUM_PARAMETERS, QUANTUM_OBSERVABLE, QUANTUM_NOISE_*,
 * QUANTUM_SIZE, QUANTUM_QUBITS, QUANTUM_MEMORY, QUANTUM_ABORTED and those of the engine.
 */
export async function runCircuit(request: CircuitRequest, world: RunWorld): Promise<Result<CircuitReport>> {
  const now = (): number => world.clock.monotonic() / 1000;
  const planned = planRun(request, now);
  if (!planned.ok) return planned;
  const notes: string[] = [];
  if (isNoisy(request) && fitsDensityMatrix(planned.value.circuit.qubits, request.shots ?? 0)) {
    const exact = await runExactly(planned.value, world);
    if (exact.ok || !TAKE_TRAJECTORIES.has(exact.error.code)) return exact;
    notes.push(`No density matrix: ${exact.error.message}.`);
  }
  const without: EngineKind[] = [];
  for (;;) {
    const opened = await world.openEngine({
      engine: request.engine ?? 'auto',
      precision: request.precision ?? null,
      threads: request.threads ?? null,
      qubits: planned.value.circuit.qubits,
      without,
    });
    if (!opened.ok) return opened;
    const { engine } = opened.value;
    const report = await runOn(opened.value, planned.value, world, notes);
    if (report.ok || (request.engine ?? 'auto') !== 'auto' || !otherMayDo(engine.kind, report.error.code))
      return report;
    assert(!without.includes(engine.kind), `engine ${engine.kind} was opened again after it failed`);
    without.push(engine.kind);
    notes.push(`The ${engine.kind} engine failed (${report.error.message}); another one started again.`);
  }
}

/** A GPU has less memory than the machine around it; a memory that is full is full for everybody else. */
function otherMayDo(failed: EngineKind, code: string): boolean {
  return failed !== 'cpu' && (ENGINE_LOST.has(code) || (failed === 'webgpu' && code === 'QUANTUM_MEMORY'));
}

const isNoisy = ({ noise }: CircuitRequest): boolean => noise !== undefined && noise !== null;

function planRun(request: CircuitRequest, now: () => number): Result<PlannedRun> {
  const started = now();
  const checked = checkRequest(request);
  if (!checked.ok) return checked;
  const program = readProgram(request);
  if (!program.ok) return program;
  const circuit = withNoise(program.value.circuit, request);
  if (!circuit.ok) return circuit;
  const { qubits, clbits } = circuit.value;
  const wanted = wantedOf(request, qubits);
  if (!wanted.ok) return wanted;
  const split = splitMeasurements(circuit.value);
  const reading = split.measures ? { bits: clbits, sources: split.final } : readingOfAll(qubits);
  return ok({
    request,
    circuit: circuit.value,
    program: program.value,
    split,
    wanted: wanted.value,
    reading,
    secondsOfParsing: now() - started,
  });
}

function withNoise(circuit: Circuit, request: CircuitRequest): Result<Circuit> {
  if (!isNoisy(request)) return ok(circuit);
  const model = parseDeviceModel(request.noise);
  return model.ok ? noisyCircuit(circuit, model.value) : model;
}

/** The noisy circuit by its density matrix. */
async function runExactly(planned: PlannedRun, { clock, signal }: RunWorld): Promise<Result<CircuitReport>> {
  const { request, circuit, program, split, wanted, secondsOfParsing } = planned;
  const { shots = 0, seed = 0, engine } = request;
  const { body } = split;
  const { values } = program;
  const numbers = await runDensity({ circuit, body, values, shots, seed, wanted, clock, signal });
  if (!numbers.ok) return numbers;
  const { readings, counts, seconds } = numbers.value;
  const elsewhere = engine === 'wasm' || engine === 'webgpu' ? ` and not by the ${engine} engine` : '';
  const notes = [
    `Noise by density matrix: exact, in 64-bit floats on the CPU${elsewhere}. A mixed state has no amplitudes.`,
  ];
  return ok({
    qubits: circuit.qubits,
    clbits: circuit.clbits,
    engine: 'cpu',
    device: 'CPU, density matrix in 64-bit floats',
    precision: 'f64',
    threads: 1,
    seconds: { parse: secondsOfParsing, plan: 0, ...seconds },
    plan: densityStats(circuit),
    ...reported(readings, wanted, null),
    counts,
    notes: [...notes, ...notesOfMeasurements(split)],
  });
}

/** The circuit by statevectors: one, or one a shot. */
async function runOn(
  { engine, notes: openingNotes }: OpenedEngine,
  { request, circuit, program, split, wanted, reading, secondsOfParsing }: PlannedRun,
  { clock, signal }: RunWorld,
  earlierNotes: readonly string[],
): Promise<Result<CircuitReport>> {
  const now = (): number => clock.monotonic() / 1000;
  const started = now();
  const noisy = isNoisy(request);
  const shots = request.shots ?? 0;
  const runs = shots > 0 || !split.random ? shots : noisy ? TRAJECTORIES_DEFAULT : 1;
  const planned = await plan(engine, split, runs);
  if (!planned.ok) return planned;
  const { prepared, prefix } = planned.value;
  const planSeconds = now() - started;
  const job: RunJob = {
    engine,
    prepared,
    prefix,
    values: program.values,
    shots: runs,
    seed: request.seed ?? 0,
    wanted,
    reading,
    signal,
    pause: createPause(clock, signal),
    now,
  };
  const numbers = split.random ? await runEveryShot(job, shots > 0) : await runOnce(job);
  if (!numbers.ok) return numbers;
  const { readings, standardErrors, counts, seconds, notes } = numbers.value;
  const mixed = noisy && split.random;
  return ok({
    qubits: circuit.qubits,
    clbits: circuit.clbits,
    engine: engine.kind,
    device: engine.device,
    precision: engine.precision,
    threads: engine.threads,
    seconds: { parse: secondsOfParsing, plan: planSeconds, ...seconds },
    plan: prefix === null ? prepared.stats : sumOf(prefix.stats, prepared.stats),
    ...reported(mixed ? { ...readings, amplitudes: null } : readings, wanted, standardErrors),
    counts,
    notes: [
      ...earlierNotes,
      ...openingNotes,
      ...notes,
      ...notesOfRuns(split, job, noisy),
      ...notesOfMeasurements(split),
    ],
  });
}

/** Of a random circuit with several runs, what comes before chance is planned apart and run once. */
async function plan(
  engine: QuantumEngine,
  { body, random }: SplitCircuit,
  runs: number,
): Promise<Result<{ readonly prepared: Prepared; readonly prefix: Prepared | null }>> {
  const first = body.operations.findIndex((operation) => !isUnitaryStep(operation) && operation.kind !== 'barrier');
  if (!random || runs < 2 || first < 1) {
    const prepared = await engine.prepare(body);
    return prepared.ok ? ok({ prepared: prepared.value, prefix: null }) : prepared;
  }
  const prefix = await engine.prepare({ ...body, operations: body.operations.slice(0, first) });
  if (!prefix.ok) return prefix;
  const rest = await engine.prepare({ ...body, operations: body.operations.slice(first) });
  return rest.ok ? ok({ prepared: rest.value, prefix: prefix.value }) : rest;
}

function sumOf(a: PlanStats, b: PlanStats): PlanStats {
  return {
    gates: a.gates + b.gates,
    passes: a.passes + b.passes,
    bytes: a.bytes + b.bytes,
    dispatches: a.dispatches + b.dispatches,
  };
}

function notesOfRuns({ random }: SplitCircuit, { shots, seed, wanted }: RunJob, noisy: boolean): readonly string[] {
  if (!random) return [];
  if (noisy)
    return [`Noise by ${shots} trajectories: everything is a mean over them. A mixed state has no amplitudes.`];
  if (shots === 1)
    return [
      `The circuit is random before its end: these are the numbers of one run, with seed ${seed}; ask for shots.`,
    ];
  const first = wanted.indices === null ? '' : ' Amplitudes are those of the first run.';
  return [`The circuit is random before its end: probabilities and expectations are means over ${shots} runs.${first}`];
}

const notesOfMeasurements = ({ final }: SplitCircuit): readonly string[] =>
  final.length > 0 ? ['The state is read before the final measurements.'] : [];
