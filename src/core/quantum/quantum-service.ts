import type { QuantumReport, QuantumService, VerifyJob, VerifyOutcome } from '../contracts/quantum-service.ts';
import { fail, ok, type Failure, type Result } from '../lib/result.ts';
import type { Clock } from '../lib/world.ts';
import { createCpuEngine } from './cpu-engine.ts';
import type { QuantumEngine } from './engine.ts';
import { createMirrorCircuit, fidelityWith } from './mirror-circuit.ts';

export interface QuantumWorld {
  /** Opens the WGSL engine; null where the host cannot have one (Node). */
  readonly openWebGpu: (() => Promise<Result<QuantumEngine>>) | null;
  readonly clock: Clock;
}

/** Deep enough to see drift, short enough for every round: 1000 layers of 20 qubits are 60,000 gates. */
const LAYERS_MAX = 1000;
/** Rounding of f32 moves the norm by 1e-6 at depth 1000; more is a broken device. */
const NORM_TOLERANCE = 1e-3;

const OPEN_FIRST = 'the simulator was not opened';

/** The simulator of one participant. Jobs run one after the other. */
export function createQuantumService(world: QuantumWorld): QuantumService {
  return new SimulatorService(world);
}

class SimulatorService implements QuantumService {
  readonly #world: QuantumWorld;
  #engine: QuantumEngine = createCpuEngine();
  #fallbackReason: string | null = OPEN_FIRST;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(world: QuantumWorld) {
    this.#world = world;
  }

  open(preference: 'auto' | 'webgpu' | 'cpu'): Promise<QuantumReport> {
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

  async #open(preference: 'auto' | 'webgpu' | 'cpu'): Promise<QuantumReport> {
    const { openWebGpu } = this.#world;
    this.#engine.dispose();
    this.#engine = createCpuEngine();
    this.#fallbackReason = null;
    if (preference === 'cpu') return this.#report();
    if (openWebGpu === null) {
      this.#fallbackReason = 'there is no GPU programming interface in this program';
      return this.#report();
    }
    const opened = await openWebGpu();
    if (opened.ok) this.#engine = opened.value;
    else this.#fallbackReason = opened.error.message;
    return this.#report();
  }

  #report(): QuantumReport {
    const { kind, device, qubitsMax } = this.#engine;
    return { engine: kind, device, qubitsMax, fallbackReason: this.#fallbackReason };
  }

  async #verify(job: VerifyJob): Promise<Result<VerifyOutcome>> {
    const checked = checkJob(job, this.#engine.qubitsMax);
    if (!checked.ok) return checked;
    const first = await this.#measure(this.#engine, job);
    if (first.ok || this.#engine.kind === 'cpu') return first;
    // The GPU failed in the middle. The CPU takes over until somebody opens again.
    this.#engine.dispose();
    this.#engine = createCpuEngine();
    this.#fallbackReason = `${first.error.message} (${first.error.code})`;
    const second = await this.#measure(this.#engine, job);
    return second.ok ? ok({ ...second.value, fallbackReason: this.#fallbackReason }) : second;
  }

  async #measure(engine: QuantumEngine, job: VerifyJob): Promise<Result<VerifyOutcome>> {
    const { circuit, expected } = createMirrorCircuit(job.seed, job.qubits, job.layers);
    const start = this.#world.clock.monotonic();
    const result = await engine.run(circuit);
    const durationMs = this.#world.clock.monotonic() - start;
    if (!result.ok) return result;
    const { fidelity, norm } = fidelityWith(result.value, expected);
    if (!(Math.abs(norm - 1) <= NORM_TOLERANCE))
      return fail(
        'QUANTUM_NORM',
        `the state has norm ${norm} instead of 1: the ${engine.kind} engine computes wrongly`,
      );
    const gates = circuit.gates.length;
    // A clock of 1 ms resolution may say that nothing took no time.
    const seconds = Math.max(durationMs, 0.001) / 1000;
    const amplitudesPerSecond = (2 ** job.qubits * gates) / seconds;
    return ok({ engine: engine.kind, fidelity, gates, qubits: job.qubits, durationMs, amplitudesPerSecond });
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
