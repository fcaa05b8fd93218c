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
import { runStages, type AfterStage, type Trajectory } from './run-stages.ts';
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

/** Where a run on a device that can be lost would go on: the state after some of its stages, on the host. */
interface RunCheckpoint {
  readonly next: number;
  /** `next` counts the stages for a start from any state. */
  readonly general: boolean;
  readonly amplitudes: Float64Array;
  readonly clbits: Uint8Array;
  readonly prng: Prng;
}

interface Kept {
  last: RunCheckpoint | null;
}

/** Reading a state costs some passes: after this many gates that is a hundredth of what they cost. */
const CHECKPOINT_STEPS = 256;
/** 64 MiB on the host. Larger runs start again. */
const CHECKPOINT_QUBITS_MAX = 22;

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
      const watch = { signal, onProgress: options.onProgress };
      const kept: Kept = { last: null };
      const first = await this.#runOnce(bound.value, start, new Prng(seed), watch, kept);
      if (first.ok || first.error.code !== 'QUANTUM_DEVICE_LOST') return first;
      // A state to start from went with the device, what was kept on the host did not.
      const resumed = kept.last;
      if (resumed === null && from !== undefined) return first;
      const recovered = await this.#device.recover();
      if (!recovered.ok) return recovered;
      const prng = resumed?.prng.clone() ?? new Prng(seed);
      const second = await this.#runOnce(bound.value, null, prng, watch, { last: null }, resumed);
      const where = resumed === null ? 'repeated from its start' : `resumed after part ${resumed.next}`;
      const note = `the device was lost (${first.error.message}); it was reopened and the run ${where}`;
      return second.ok ? ok({ ...second.value, notes: [note] }) : second;
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

  async gradient(prepared: Prepared, observable: PauliSum, values: ArrayLike<number>): Promise<Result<Gradient>> {
    let value = Number.NaN;
    const coState = async (psi: State): Promise<Result<State>> => {
      const lambda = await this.#device.applyObservable(psi, observable);
      if (!lambda.ok) return lambda;
      const energy = await this.#device.inner(psi, lambda.value);
      if (!energy.ok) return this.#freed(energy, lambda.value);
      [value] = energy.value;
      return lambda;
    };
    const check = (qubits: number): Result<null> => checkPauliSum(observable, qubits);
    const gradient = await this.#differentiate(prepared, values, check, coState);
    return gradient.ok ? ok({ value, gradient: gradient.value }) : gradient;
  }

  async vectorJacobian(
    prepared: Prepared,
    cotangent: ArrayLike<number>,
    values: ArrayLike<number>,
  ): Promise<Result<Float64Array>> {
    const check = (qubits: number): Result<null> => {
      const problem = lengthProblem(cotangent, qubits, 'the cotangent');
      if (problem !== null) return fail('QUANTUM_GRADIENT', problem);
      if (Number.isFinite(squares(cotangent))) return ok(null);
      return fail('QUANTUM_GRADIENT', 'the cotangent contains NaN or infinity, expected finite numbers');
    };
    const coState = (): Promise<Result<State>> => this.#device.load(prepared.circuit.qubits, cotangent);
    const twice = await this.#differentiate(prepared, values, check, coState);
    return twice.ok ? ok(twice.value.map((value) => value / 2)) : twice;
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

  /** From |0...0>, from a state, or on from a checkpoint of the same run. */
  async #runOnce(
    { prepared, values }: Bound<Plan>,
    from: { readonly value: State } | null,
    prng: Prng,
    watch: Pick<Trajectory<State, Plan>, 'signal' | 'onProgress'>,
    kept: Kept,
    resumed: RunCheckpoint | null = null,
  ): Promise<Result<RunOutcome>> {
    const { circuit } = prepared;
    const { qubits } = circuit;
    const device = this.#device;
    const fromZero = from === null && (resumed === null || !resumed.general);
    const stages = fromZero ? ok(prepared.stages) : this.#generalStages(prepared);
    if (!stages.ok) return stages;
    const started =
      resumed !== null
        ? await device.load(qubits, resumed.amplitudes)
        : from === null
          ? await device.zero(qubits)
          : await device.clone(from.value);
    if (!started.ok) return started;
    const state = started.value;
    const clbits = resumed?.clbits.slice() ?? new Uint8Array(circuit.clbits);
    let steps = 0;
    const keep: AfterStage = async (next, stepsOfStage) => {
      steps += stepsOfStage;
      if (steps < CHECKPOINT_STEPS || next === stages.value.length) return ok(null);
      steps = 0;
      const amplitudes = await device.read(state, 0, 2 ** qubits);
      if (!amplitudes.ok) return amplitudes;
      const general = !fromZero;
      kept.last = { next, general, amplitudes: amplitudes.value, clbits: clbits.slice(), prng: prng.clone() };
      return ok(null);
    };
    const after = device.losable === true && qubits <= CHECKPOINT_QUBITS_MAX ? keep : null;
    const run = { device, state, clbits, values, prng, ...watch };
    const done = await runStages(run, stages.value, resumed?.next ?? 0, after);
    if (!done.ok) return this.#freed(done, state);
    return ok({ state: new HeldState(this.#queue, state, qubits), clbits });
  }

  /** Once more, on a reopened device, where the device was lost. `job` starts from nothing on the device. */
  async #recovering<T>(job: () => Promise<Result<T>>): Promise<Result<T>> {
    const first = await job();
    if (first.ok || first.error.code !== 'QUANTUM_DEVICE_LOST') return first;
    const recovered = await this.#device.recover();
    return recovered.ok ? job() : recovered;
  }

  #generalStages(prepared: PreparedCircuit<Plan>): Result<readonly Stage<Plan>[]> {
    if (prepared.general !== null) return ok(prepared.general);
    const { circuit } = prepared;
    const planned = planStages(this.#device, circuit, circuit.operations, false);
    if (planned.ok) prepared.general = planned.value;
    return planned;
  }

  /** 2 Re <lambda| d psi / d parameter> with lambda from `coState`; once more where the device was lost. */
  #differentiate(
    prepared: Prepared,
    values: ArrayLike<number>,
    check: (qubits: number) => Result<null>,
    coState: (psi: State) => Promise<Result<State>>,
  ): Promise<Result<Float64Array>> {
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
      const checked = check(circuit.qubits);
      if (!checked.ok) return checked;
      const [stage] = stages as readonly UnitaryStage<Plan>[];
      const once = (): Promise<Result<Float64Array>> =>
        stage === undefined
          ? this.#withoutGates(circuit, coState)
          : this.#sweep(stage.plan, circuit.qubits, bound.value.values, coState, signal);
      const first = await once();
      const recovered = !first.ok && first.error.code === 'QUANTUM_DEVICE_LOST' ? await this.#device.recover() : null;
      const gradient = recovered === null ? first : recovered.ok ? await once() : recovered;
      if (!gradient.ok || gradient.value.every(Number.isFinite)) return gradient;
      return fail(
        'QUANTUM_GRADIENT',
        'an angle has no finite derivative at these parameter values; move them a little',
      );
    });
  }

  /** Nothing depends on a parameter, but the value is still asked for. */
  async #withoutGates(
    circuit: Circuit,
    coState: (psi: State) => Promise<Result<State>>,
  ): Promise<Result<Float64Array>> {
    const psi = await this.#device.zero(circuit.qubits);
    if (!psi.ok) return psi;
    const lambda = await coState(psi.value);
    this.#device.free(psi.value);
    if (!lambda.ok) return lambda;
    this.#device.free(lambda.value);
    return ok(new Float64Array(circuit.parameters.length));
  }

  async #sweep(
    plan: Plan,
    qubits: number,
    values: Bindings,
    coState: (psi: State) => Promise<Result<State>>,
    signal: AbortSignal,
  ): Promise<Result<Float64Array>> {
    const device = this.#device;
    const watch = { signal, onProgress: () => undefined };
    if (device.differentiate !== undefined) return device.differentiate(plan, values, coState, watch);
    const start = await device.zero(qubits);
    if (!start.ok) return start;
    const psi = start.value;
    const done = await device.apply(psi, plan, values, watch);
    const lambda = done.ok ? await coState(psi) : done;
    if (!lambda.ok) return this.#freed(lambda, psi);
    const gradient = await device.backward(psi, lambda.value, plan, values);
    device.free(lambda.value);
    return this.#freed(gradient, psi);
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
