import { Prng } from '../../lib/prng.ts';
import { fail, ok, type Result } from '../../lib/result.ts';
import type { Bindings } from '../circuit/angle.ts';
import { checkBindings, checkCircuit } from '../circuit/check.ts';
import type { Circuit } from '../circuit/circuit.ts';
import { DeviceQueue } from './device-queue.ts';
import type { DevicePlan, StateDevice } from './device.ts';
import type { Gradient, Prepared, QuantumEngine, QuantumState, RunOptions, RunOutcome } from './engine.ts';
import { HeldState } from './held-state.ts';
import { checkPauliSum, type PauliSum } from './pauli.ts';
import { runStages, type Trajectory } from './run-stages.ts';
import { planStages, statsOf, type Stage, type UnitaryStage } from './stages.ts';

/** Amplitudes that people type or that lost some digits; more is another state. */
const LOAD_NORM_OFF_MAX = 1e-3;
/** Above what float32 loses in a thousand layers, so that a state comes back from a checkpoint bit by bit. */
const LOAD_NORM_OFF_KEPT = 1e-5;

/** Everything that engines have in common, over what they differ in. Owns the device. */
export function createEngine<State, Plan extends DevicePlan>(device: StateDevice<State, Plan>): QuantumEngine {
  return new Simulator(device);
}

class PreparedCircuit<Plan> implements Prepared {
  readonly owner: unknown;
  readonly circuit: Circuit;
  readonly stats: Prepared['stats'];
  /** Planned for a start from |0...0>. */
  readonly stages: readonly Stage<Plan>[];
  /** Planned for a start from any state, when one was first asked for. */
  general: readonly Stage<Plan>[] | null = null;

  constructor(owner: unknown, circuit: Circuit, stages: readonly Stage<Plan>[], stats: Prepared['stats']) {
    this.owner = owner;
    this.circuit = circuit;
    this.stages = stages;
    this.stats = stats;
  }
}

/** One use of a prepared circuit, checked. */
interface Bound<Plan> {
  readonly prepared: PreparedCircuit<Plan>;
  readonly values: Bindings;
}

const NO_VALUES: readonly number[] = [];

class Simulator<State, Plan extends DevicePlan> implements QuantumEngine {
  readonly #queue: DeviceQueue<State, Plan>;

  constructor(device: StateDevice<State, Plan>) {
    this.#queue = new DeviceQueue(device);
  }

  get #device(): StateDevice<State, Plan> {
    return this.#queue.device;
  }

  get kind(): QuantumEngine['kind'] {
    return this.#device.kind;
  }

  get precision(): QuantumEngine['precision'] {
    return this.#device.precision;
  }

  get device(): string {
    return this.#device.label;
  }

  get threads(): number {
    return this.#device.threads;
  }

  get qubitsMax(): number {
    return this.#device.qubitsMax;
  }

  get limitReason(): string {
    return this.#device.limitReason;
  }

  prepare(circuit: Circuit): Promise<Result<Prepared>> {
    return this.#queue.enqueue(async () => {
      const checked = checkCircuit(circuit, this.qubitsMax, this.limitReason);
      if (!checked.ok) return checked;
      const stages = planStages(this.#device, circuit, circuit.operations, true);
      if (!stages.ok) return stages;
      return ok(new PreparedCircuit(this, circuit, stages.value, statsOf(stages.value)));
    });
  }

  run(prepared: Prepared, options: RunOptions = {}): Promise<Result<RunOutcome>> {
    const { values = NO_VALUES, seed = 0, from } = options;
    const start = from === undefined ? null : HeldState.handleOf(from, this.#queue);
    return this.#queue.enqueueRun(options.signal, async (signal) => {
      const bound = this.#bind(prepared, values);
      if (!bound.ok) return bound;
      if (!Number.isSafeInteger(seed)) return fail('QUANTUM_SEED', `got seed ${seed}, expected a whole number`);
      if (start?.ok === false) return start;
      const { circuit } = prepared;
      if (from !== undefined && from.qubits !== circuit.qubits)
        return fail(
          'QUANTUM_STATE',
          `the state to start from has ${from.qubits} qubits, the circuit ${circuit.qubits}`,
        );
      const once = (): Promise<Result<RunOutcome>> =>
        this.#runOnce(bound.value, start, new Prng(seed), { signal, onProgress: options.onProgress });
      // A state to start from goes with the device.
      if (from !== undefined) return once();
      const notes: string[] = [];
      const outcome = await this.#recovering(once, notes);
      return outcome.ok && notes.length > 0 ? ok({ ...outcome.value, notes }) : outcome;
    });
  }

  load(qubits: number, amplitudes: ArrayLike<number>): Promise<Result<QuantumState>> {
    return this.#queue.enqueue(async () => {
      if (!Number.isInteger(qubits) || qubits < 0 || qubits > this.qubitsMax)
        return fail(
          'QUANTUM_QUBITS',
          `got ${qubits} qubits, this engine takes 0 to ${this.qubitsMax}: ${this.limitReason}`,
        );
      const problem = lengthProblem(amplitudes, qubits, 'amplitudes');
      if (problem !== null) return fail('QUANTUM_STATE', problem);
      const norm = squares(amplitudes);
      if (!(Math.abs(norm - 1) <= LOAD_NORM_OFF_MAX))
        return fail('QUANTUM_STATE', `the amplitudes have norm ${norm}, expected 1 within ${LOAD_NORM_OFF_MAX}`);
      const loaded = await this.#recovering(() => this.#device.load(qubits, amplitudes));
      if (!loaded.ok) return loaded;
      if (Math.abs(norm - 1) > LOAD_NORM_OFF_KEPT) {
        const scaled = await this.#device.scale(loaded.value, 1 / Math.sqrt(norm));
        if (!scaled.ok) return this.#freed(scaled, loaded.value);
      }
      return ok(new HeldState(this.#queue, loaded.value, qubits));
    });
  }

  gradient(prepared: Prepared, observable: PauliSum, values: ArrayLike<number>): Promise<Result<Gradient>> {
    return this.#sweep(prepared, values, async (psi, bound) => {
      const checked = checkPauliSum(observable, bound.prepared.circuit.qubits);
      if (!checked.ok) return checked;
      const lambda = await this.#device.applyObservable(psi, observable);
      if (!lambda.ok) return lambda;
      const value = await this.#device.inner(psi, lambda.value);
      if (!value.ok) return this.#freed(value, lambda.value);
      const gradient = await this.#backward(psi, lambda.value, bound);
      return gradient.ok ? ok({ value: value.value[0], gradient: gradient.value }) : gradient;
    });
  }

  vectorJacobian(
    prepared: Prepared,
    cotangent: ArrayLike<number>,
    values: ArrayLike<number>,
  ): Promise<Result<Float64Array>> {
    return this.#sweep(prepared, values, async (psi, bound) => {
      const { qubits } = bound.prepared.circuit;
      const problem = lengthProblem(cotangent, qubits, 'the cotangent');
      if (problem !== null) return fail('QUANTUM_GRADIENT', problem);
      if (!Number.isFinite(squares(cotangent)))
        return fail('QUANTUM_GRADIENT', 'the cotangent contains NaN or infinity, expected finite numbers');
      const lambda = await this.#device.load(qubits, cotangent);
      if (!lambda.ok) return lambda;
      const twice = await this.#backward(psi, lambda.value, bound);
      return twice.ok ? ok(twice.value.map((value) => value / 2)) : twice;
    });
  }

  dispose(): void {
    this.#queue.dispose();
  }

  #bind(prepared: Prepared, values: ArrayLike<number>): Result<Bound<Plan>> {
    if (!(prepared instanceof PreparedCircuit) || prepared.owner !== this)
      return fail('QUANTUM_PREPARED', 'the circuit was prepared by another engine; prepare it here');
    const bindings = checkBindings(prepared.circuit, values);
    return bindings.ok ? ok({ prepared: prepared as PreparedCircuit<Plan>, values: bindings.value }) : bindings;
  }

  async #runOnce(
    { prepared, values }: Bound<Plan>,
    from: { readonly value: State } | null,
    prng: Prng,
    watch: Pick<Trajectory<State, Plan>, 'signal' | 'onProgress'>,
  ): Promise<Result<RunOutcome>> {
    const { circuit } = prepared;
    const device = this.#device;
    const stages = from === null ? ok(prepared.stages) : this.#generalStages(prepared);
    if (!stages.ok) return stages;
    const started = from === null ? await device.zero(circuit.qubits) : await device.clone(from.value);
    if (!started.ok) return started;
    const state = started.value;
    const clbits = new Uint8Array(circuit.clbits);
    const done = await runStages({ device, state, clbits, values, prng, ...watch }, stages.value);
    if (!done.ok) return this.#freed(done, state);
    return ok({ state: new HeldState(this.#queue, state, circuit.qubits), clbits });
  }

  /** Once more, on a reopened device, where the device was lost. `job` starts from nothing on the device. */
  async #recovering<T>(job: () => Promise<Result<T>>, notes: string[] = []): Promise<Result<T>> {
    const first = await job();
    if (first.ok || first.error.code !== 'QUANTUM_DEVICE_LOST') return first;
    const recovered = await this.#device.recover();
    if (!recovered.ok) return recovered;
    notes.push(`the device was lost (${first.error.message}); it was reopened and the run repeated from its start`);
    return job();
  }

  #generalStages(prepared: PreparedCircuit<Plan>): Result<readonly Stage<Plan>[]> {
    if (prepared.general !== null) return ok(prepared.general);
    const { circuit } = prepared;
    const planned = planStages(this.#device, circuit, circuit.operations, false);
    if (planned.ok) prepared.general = planned.value;
    return planned;
  }

  /** Runs a unitary circuit from |0...0> and hands the final state to `job`; once more where the device was lost. */
  #sweep<T>(
    prepared: Prepared,
    values: ArrayLike<number>,
    job: (psi: State, bound: Bound<Plan>) => Promise<Result<T>>,
  ): Promise<Result<T>> {
    return this.#queue.enqueueRun(undefined, async (signal) => {
      const bound = this.#bind(prepared, values);
      if (!bound.ok) return bound;
      const { circuit, stages } = bound.value.prepared;
      const dynamic = stages.find((stage) => stage.kind !== 'unitary');
      if (dynamic !== undefined)
        return fail(
          'QUANTUM_GRADIENT',
          `the circuit contains "${dynamic.kind}"; gradients need unitary operations only`,
        );
      const once = async (): Promise<Result<T>> => {
        const start = await this.#device.zero(circuit.qubits);
        if (!start.ok) return start;
        const psi = start.value;
        const clbits = new Uint8Array(0);
        const run = { device: this.#device, state: psi, clbits, values: bound.value.values, prng: new Prng(0), signal };
        const done = await runStages({ ...run, onProgress: undefined }, stages);
        return this.#freed(done.ok ? await job(psi, bound.value) : done, psi);
      };
      return this.#recovering(once);
    });
  }

  /** Uses up both states; frees lambda. */
  async #backward(psi: State, lambda: State, { prepared, values }: Bound<Plan>): Promise<Result<Float64Array>> {
    const [stage] = prepared.stages as readonly UnitaryStage<Plan>[];
    const gradient =
      stage === undefined
        ? ok(new Float64Array(prepared.circuit.parameters.length))
        : await this.#device.backward(psi, lambda, stage.plan, values);
    this.#device.free(lambda);
    if (!gradient.ok || gradient.value.every(Number.isFinite)) return gradient;
    return fail('QUANTUM_GRADIENT', 'an angle has no finite derivative at these parameter values; move them a little');
  }

  #freed<T>(result: Result<T>, state: State): Result<T> {
    this.#device.free(state);
    return result;
  }
}

function lengthProblem(amplitudes: ArrayLike<number>, qubits: number, what: string): string | null {
  const expected = 2 * 2 ** qubits;
  return amplitudes.length === expected
    ? null
    : `${what}: got ${amplitudes.length} numbers, expected ${expected} (re, im of 2^${qubits} basis states)`;
}

/** Sum of squares, in pieces, so that 2^27 of them keep their digits. NaN where one is NaN. */
function squares(values: ArrayLike<number>): number {
  let sum = 0;
  for (let from = 0; from < values.length; from += 4096) {
    const to = Math.min(values.length, from + 4096);
    let part = 0;
    for (let i = from; i < to; i++) part += (values[i] as number) ** 2;
    sum += part;
  }
  return sum;
}
