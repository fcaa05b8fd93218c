import { fail, ok, type Failure, type Result } from '../../lib/result.ts';
import type { DeviceQueue } from './device-queue.ts';
import type { DevicePlan, StateDevice } from './device.ts';
import type { QuantumState } from './engine.ts';
import { checkPauliSum, type PauliSum } from './pauli.ts';
import { sampleState } from './sampling.ts';

/** All amplitudes as doubles are then 1 GiB; chosen ones are read of any state. */
export const READ_QUBITS_MAX = 26;
/** 256 MiB of answers. */
const GATHER_MAX = 2 ** 24;
/** 8 MiB of probabilities. */
const MARGINAL_QUBITS_MAX = 20;
/** 2^16 complex entries. */
const DENSITY_QUBITS_MAX = 8;
/** 800 MB of outcomes. */
export const SHOTS_MAX = 100_000_000;

type Owner<State> = DeviceQueue<State, DevicePlan>;

/** A state in a device's memory. */
export class HeldState<State> implements QuantumState {
  readonly qubits: number;
  readonly #owner: Owner<State>;
  readonly #handle: State;
  #disposed = false;

  constructor(owner: Owner<State>, handle: State, qubits: number) {
    this.#owner = owner;
    this.#handle = handle;
    this.qubits = qubits;
  }

  /** The device's handle, if the state is alive and belongs to this owner. Ask at the time of the call, not in its turn. */
  static handleOf<State>(state: QuantumState, owner: Owner<State>): Result<State> {
    if (!(state instanceof HeldState) || state.#owner !== owner)
      return fail('QUANTUM_STATE', 'the state belongs to another engine; read it out and load it here');
    return state.#disposed ? disposedState() : ok(state.#handle as State);
  }

  amplitudes(indices?: readonly number[]): Promise<Result<Float64Array>> {
    const size = 2 ** this.qubits;
    return this.#use(async (device, handle) => {
      if (indices !== undefined) {
        const problem = indicesProblem(indices, size);
        return problem === null ? device.gather(handle, indices) : fail('QUANTUM_INDEX', problem);
      }
      if (this.qubits <= READ_QUBITS_MAX) return device.read(handle, 0, size);
      return fail(
        'QUANTUM_SIZE',
        `all amplitudes of ${this.qubits} qubits; at most ${READ_QUBITS_MAX}: name the basis states`,
      );
    });
  }

  probabilities(qubits: readonly number[]): Promise<Result<Float64Array>> {
    return this.#use(async (device, handle) => {
      const problem = this.#subsetProblem(qubits, MARGINAL_QUBITS_MAX);
      if (problem !== null) return problem;
      if (qubits.length > 0) return device.probabilities(handle, qubits);
      const norm = await device.norm(handle);
      return norm.ok ? ok(Float64Array.of(norm.value)) : norm;
    });
  }

  sample(shots: number, seed: number): Promise<Result<Float64Array>> {
    return this.#use(async (device, handle) => {
      if (!Number.isInteger(shots) || shots < 0 || shots > SHOTS_MAX)
        return fail('QUANTUM_SHOTS', `got ${shots} shots, expected 0 to ${SHOTS_MAX}`);
      if (!Number.isSafeInteger(seed)) return fail('QUANTUM_SEED', `got seed ${seed}, expected a whole number`);
      return sampleState(device, handle, shots, seed);
    });
  }

  expectations(observable: PauliSum): Promise<Result<Float64Array>> {
    return this.#use(async (device, handle) => {
      const checked = checkPauliSum(observable, this.qubits);
      return checked.ok ? device.expectations(handle, observable) : checked;
    });
  }

  reducedDensityMatrix(qubits: readonly number[]): Promise<Result<Float64Array>> {
    return this.#use(async (device, handle) => {
      const problem = this.#subsetProblem(qubits, DENSITY_QUBITS_MAX);
      if (problem !== null) return problem;
      if (qubits.length > 0) return device.reducedDensityMatrix(handle, qubits);
      const norm = await device.norm(handle);
      return norm.ok ? ok(Float64Array.of(norm.value, 0)) : norm;
    });
  }

  inner(other: QuantumState): Promise<Result<readonly [re: number, im: number]>> {
    const right = HeldState.handleOf(other, this.#owner);
    return this.#use(async (device, handle) => {
      if (!right.ok) return right;
      if (other.qubits !== this.qubits)
        return fail(
          'QUANTUM_STATE',
          `the product of states of ${this.qubits} and ${other.qubits} qubits; expected equal ones`,
        );
      return device.inner(handle, right.value);
    });
  }

  norm(): Promise<Result<number>> {
    return this.#use((device, handle) => device.norm(handle));
  }

  clone(): Promise<Result<QuantumState>> {
    return this.#use(async (device, handle) => {
      const copy = await device.clone(handle);
      return copy.ok ? ok(new HeldState(this.#owner, copy.value, this.qubits)) : copy;
    });
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    // A call that is at work may still read it.
    void this.#owner.enqueue(async () => {
      this.#owner.device.free(this.#handle);
      return ok(null);
    });
  }

  #use<T>(job: (device: StateDevice<State>, handle: State) => Promise<Result<T>>): Promise<Result<T>> {
    // What was asked before `dispose` is still answered: the memory is freed in its turn.
    if (this.#disposed) return Promise.resolve(disposedState());
    return this.#owner.enqueue(() => job(this.#owner.device, this.#handle));
  }

  #subsetProblem(qubits: readonly number[], most: number): Result<never> | null {
    if (qubits.length > most) return fail('QUANTUM_SIZE', `got ${qubits.length} qubits, at most ${most} at once`);
    for (const [i, qubit] of qubits.entries()) {
      if (!Number.isInteger(qubit) || qubit < 0 || qubit >= this.qubits)
        return fail('QUANTUM_QUBITS', `got qubit ${qubit}, the state has ${this.qubits}, counted from 0`);
      if (qubits.indexOf(qubit) !== i) return fail('QUANTUM_QUBITS', `qubit ${qubit} is named twice`);
    }
    return null;
  }
}

function disposedState(): { readonly ok: false; readonly error: Failure<'QUANTUM_DISPOSED'> } {
  return fail('QUANTUM_DISPOSED', 'the state was disposed; run or load again');
}

function indicesProblem(indices: readonly number[], size: number): string | null {
  if (indices.length > GATHER_MAX) return `got ${indices.length} basis states, at most ${GATHER_MAX} at once`;
  for (const index of indices)
    if (!Number.isInteger(index) || index < 0 || index >= size)
      return `got basis state ${index}, expected 0 to ${size - 1}`;
  return null;
}
