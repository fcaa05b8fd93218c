import type {
  EnginePreference,
  QuantumReport,
  QuantumService,
  VerifyJob,
  VerifyOutcome,
} from '../contracts/quantum-service.ts';
import { fail, ok, type Failure, type Result } from '../lib/result.ts';
import type { Clock } from '../lib/world.ts';
import { createCalibration, type Calibration, type CalibrationStore, type EngineOpener } from './engine/calibration.ts';
import { createCpuDevice } from './engine/cpu-device.ts';
import type { EngineKind, QuantumEngine } from './engine/engine.ts';
import { createEngine } from './engine/simulator.ts';
import { createMirrorCircuit } from './mirror-circuit.ts';

export interface QuantumWorld {
  /** Opens the WASM engine; null where the host cannot have one. */
  readonly openWasm: (() => Promise<Result<QuantumEngine>>) | null;
  /** Opens the WGSL engine; null where the host cannot have one (Node). */
  readonly openWebGpu: (() => Promise<Result<QuantumEngine>>) | null;
  readonly clock: Clock;
  /** Keeps what `auto` measured; null where nothing can be kept. */
  readonly store: CalibrationStore | null;
  /** Given where other parts of the host measure too, so that it happens once. */
  readonly calibration?: Calibration;
}

/** Deep enough to see drift, short enough for every round: 1000 layers of 20 qubits are 60,000 gates. */
const LAYERS_MAX = 1000;
/** Rounding of f32 moves the norm by 1e-6 at depth 1000; more is a broken device. */
const NORM_TOLERANCE = 1e-3;

/** What is tried where one engine is asked for by name, in this order. */
const ASKED: Readonly<Record<EngineKind, readonly EngineKind[]>> = {
  cpu: ['cpu'],
  wasm: ['wasm', 'cpu'],
  webgpu: ['webgpu', 'wasm', 'cpu'],
};
const MISSING: Readonly<Record<EngineKind, string>> = {
  cpu: 'the CPU engine is missing',
  wasm: 'there is no WebAssembly engine in this program',
  webgpu: 'there is no GPU programming interface in this program',
};

/** What this host can open, each engine once; the CPU is always among them. */
export function engineOpeners(world: Pick<QuantumWorld, 'openWasm' | 'openWebGpu' | 'clock'>): readonly EngineOpener[] {
  const { openWasm, openWebGpu, clock } = world;
  const openers: EngineOpener[] = [];
  if (openWasm !== null) openers.push({ kind: 'wasm', open: openWasm });
  if (openWebGpu !== null) openers.push({ kind: 'webgpu', open: openWebGpu });
  openers.push({ kind: 'cpu', open: async () => ok(openCpu(clock)) });
  return openers;
}

const openCpu = (clock: Clock): QuantumEngine => createEngine(createCpuDevice(() => clock.sleep(0)));

/** The simulator of one participant. Jobs run one after the other. */
export function createQuantumService(world: QuantumWorld): QuantumService {
  return new SimulatorService(world);
}

class SimulatorService implements QuantumService {
  readonly #clock: Clock;
  readonly #openers: readonly EngineOpener[];
  readonly #calibration: Calibration;
  #engine: QuantumEngine;
  /** What takes over when the engine fails, best first. */
  #next: readonly EngineKind[] = [];
  #tail: Promise<unknown> = Promise.resolve();

  constructor(world: QuantumWorld) {
    const { clock, store } = world;
    this.#clock = clock;
    this.#openers = engineOpeners(world);
    this.#calibration = world.calibration ?? createCalibration({ openers: this.#openers, clock, store });
    this.#engine = openCpu(clock);
  }

  open(preference: EnginePreference): Promise<QuantumReport> {
    return this.#queue(() => this.#open(preference));
  }

  verify(job: VerifyJob): Promise<Result<VerifyOutcome>> {
    return this.#queue(() => this.#verify(job));
  }

  async ping(): Promise<void> {}

  #queue<T>(job: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(job);
    this.#tail = result.catch(() => undefined);
    return result;
  }

  async #open(preference: EnginePreference): Promise<QuantumReport> {
    const problems: string[] = [];
    if (preference === 'auto') {
      const order = await this.#calibration.order();
      for (const { problem } of order) if (problem !== null) problems.push(problem);
      await this.#take(
        order.filter(({ problem }) => problem === null).map(({ engine }) => engine),
        problems,
      );
      if (this.#openers.length === 1) problems.push(MISSING.wasm);
    } else await this.#take(ASKED[preference], problems);
    const { kind, device, qubitsMax } = this.#engine;
    // WASM without a GPU is nothing to explain; the CPU is, unless it was asked for or measured to be the fastest.
    const content = preference === 'auto' ? kind !== 'cpu' : kind === preference;
    return {
      engine: kind,
      device,
      qubitsMax,
      fallbackReason: content || problems.length === 0 ? null : problems.join('; '),
    };
  }

  /** The first engine that opens; why the others did not goes into `problems`. */
  async #take(order: readonly EngineKind[], problems: string[]): Promise<void> {
    this.#engine.dispose();
    for (const [i, kind] of order.entries()) {
      const opened = await this.#openers.find((opener) => opener.kind === kind)?.open();
      if (opened?.ok === true) {
        this.#engine = opened.value;
        this.#next = order.slice(i + 1);
        return;
      }
      problems.push(opened === undefined ? MISSING[kind] : opened.error.message);
    }
    this.#engine = openCpu(this.#clock);
    this.#next = [];
  }

  async #verify(job: VerifyJob): Promise<Result<VerifyOutcome>> {
    const checked = checkJob(job, this.#engine.qubitsMax);
    if (!checked.ok) return checked;
    const reasons: string[] = [];
    for (;;) {
      const outcome = await this.#measure(this.#engine, job);
      if (outcome.ok)
        return reasons.length === 0 ? outcome : ok({ ...outcome.value, fallbackReason: reasons.join('; ') });
      if (this.#engine.kind === 'cpu') return outcome;
      // The engine failed in the middle. The next one takes over until somebody opens again.
      reasons.push(`${outcome.error.message} (${outcome.error.code})`);
      await this.#take(this.#next, reasons);
    }
  }

  async #measure(engine: QuantumEngine, job: VerifyJob): Promise<Result<VerifyOutcome>> {
    const { circuit, expected } = createMirrorCircuit(job.seed, job.qubits, job.layers);
    const start = this.#clock.monotonic();
    const prepared = await engine.prepare(circuit);
    if (!prepared.ok) return prepared;
    const run = await engine.run(prepared.value);
    if (!run.ok) return run;
    const { state, notes } = run.value;
    // A GPU has only queued its work until something is read.
    const amplitude = await state.amplitudes([expected]);
    const durationMs = this.#clock.monotonic() - start;
    const norm = await state.norm();
    state.dispose();
    if (!amplitude.ok) return amplitude;
    if (!norm.ok) return norm;
    if (!(Math.abs(norm.value - 1) <= NORM_TOLERANCE))
      return fail(
        'QUANTUM_NORM',
        `the state has norm ${norm.value} instead of 1: the ${engine.kind} engine computes wrongly`,
      );
    const fidelity = Math.min(
      1,
      amplitude.value.reduce((sum, part) => sum + part * part, 0),
    );
    const gates = circuit.operations.length;
    // A clock of 1 ms resolution may say that nothing took no time.
    const seconds = Math.max(durationMs, 0.001) / 1000;
    const amplitudesPerSecond = (2 ** job.qubits * gates) / seconds;
    const outcome = { engine: engine.kind, fidelity, gates, qubits: job.qubits, durationMs, amplitudesPerSecond };
    return ok(notes === undefined ? outcome : { ...outcome, notes });
  }
}

function checkJob(job: VerifyJob, qubitsMax: number): Result<null, Failure<'QUANTUM_QUBITS' | 'QUANTUM_JOB'>> {
  const { qubits, layers, seed } = job;
  if (!Number.isInteger(qubits) || qubits < 1 || qubits > qubitsMax)
    return fail('QUANTUM_QUBITS', `got ${qubits} qubits, this engine takes 1 to ${qubitsMax}`);
  if (!Number.isInteger(layers) || layers < 1 || layers > LAYERS_MAX)
    return fail('QUANTUM_JOB', `got ${layers} layers, expected 1 to ${LAYERS_MAX}`);
  if (!Number.isSafeInteger(seed) || seed < 0) return fail('QUANTUM_JOB', `got seed ${seed}, expected an integer >= 0`);
  return ok(null);
}
