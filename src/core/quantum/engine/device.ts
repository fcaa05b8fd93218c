import type { Result } from '../../lib/result.ts';
import type { Bindings } from '../circuit/angle.ts';
import type { Circuit, UnitaryStep } from '../circuit/circuit.ts';
import type { EngineKind, PlanStats, Precision } from './engine.ts';
import type { PauliSum } from './pauli.ts';

/**
 * What differs between engines: a statevector in some memory and kernels over it. Everything else (checks, dynamic
 * circuits, noise, sampling statistics, queueing, disposal) is written once on top of it, in simulator.ts.
 * Arguments are already checked. `State` is the device's own handle.
 */
export interface StateDevice<State = unknown, Plan extends DevicePlan = DevicePlan> {
  readonly kind: EngineKind;
  readonly precision: Precision;
  readonly label: string;
  readonly threads: number;
  readonly qubitsMax: number;
  readonly limitReason: string;

  /** It can go away in the middle of a run (QUANTUM_DEVICE_LOST): the driver keeps checkpoints on the host. */
  readonly losable?: boolean;

  /** Plans a run of unitary steps: fusion, tiling. `fromZero`: it will start from |0...0>, which may save work. */
  plan(sequence: UnitarySequence): Result<Plan>;
  /** |0...0>. Failures QUANTUM_MEMORY (says how much was needed), QUANTUM_DEVICE_LOST. */
  zero(qubits: number): Promise<Result<State>>;
  load(qubits: number, amplitudes: ArrayLike<number>): Promise<Result<State>>;
  clone(state: State): Promise<Result<State>>;
  free(state: State): void;

  /** In place. Stops between passes when `signal` aborts (QUANTUM_ABORTED); the state is then unusable. */
  apply(state: State, plan: Plan, values: Bindings, watch: Watch): Promise<Result<null>>;

  /** Interleaved amplitudes of consecutive basis states. */
  read(state: State, from: number, count: number): Promise<Result<Float64Array>>;
  /** Interleaved amplitudes of single basis states. */
  gather(state: State, indices: readonly number[]): Promise<Result<Float64Array>>;
  /** Sum of squares, unnormalised. Float64 or pairwise. */
  norm(state: State): Promise<Result<number>>;
  /** Marginal distribution, unnormalised; entry bit j is qubits[j] (ascending order not required). At most 20 qubits. */
  probabilities(state: State, qubits: readonly number[]): Promise<Result<Float64Array>>;
  /**
   * For thresholds in ascending order, each in [0, norm): the smallest index whose cumulative sum of squares exceeds it.
   * Rounding at the end gives the last index with a non-zero amplitude.
   */
  search(state: State, thresholds: Float64Array): Promise<Result<Float64Array>>;
  /** Keeps amplitudes where `qubit` is `outcome`, times `scale`; zeroes the others. With `flip`, the qubit is then set to 0. */
  project(state: State, qubit: number, outcome: 0 | 1, scale: number, flip: boolean): Promise<Result<null>>;
  /** Every amplitude times a real number. */
  scale(state: State, factor: number): Promise<Result<null>>;
  /** A 2^k x 2^k matrix that need not be unitary (Kraus operators), k = 1 or 2; targets[0] is the lowest bit. */
  applyMatrix(state: State, matrix: Float64Array, targets: readonly number[]): Promise<Result<null>>;
  /** <psi|P|psi> of every term, coefficient included, unnormalised. */
  expectations(state: State, observable: PauliSum): Promise<Result<Float64Array>>;
  /** <a|b>. */
  inner(a: State, b: State): Promise<Result<readonly [number, number]>>;
  /** Unnormalised reduced density matrix, row-major interleaved; at most 8 qubits. */
  reducedDensityMatrix(state: State, qubits: readonly number[]): Promise<Result<Float64Array>>;

  /**
   * Adjoint method on a plan that ran from |0...0>: psi is the final state, lambda = H psi or the cotangent (given as a state).
   * Returns 2 Re <lambda| d psi / d parameter> for every parameter of the sequence. Both states are used up (not freed).
   */
  backward(psi: State, lambda: State, plan: Plan, values: Bindings): Promise<Result<Float64Array>>;
  /**
   * The whole of a gradient at once, for devices that keep states of the way forward: runs the plan from |0...0>, asks for the
   * co-state (which it frees), returns what `backward` returns. Without it the driver calls the parts.
   */
  differentiate?(
    plan: Plan,
    values: Bindings,
    coState: (psi: State) => Promise<Result<State>>,
    watch: Watch,
  ): Promise<Result<Float64Array>>;
  /** A new state: (sum of terms) psi. */
  applyObservable(state: State, observable: PauliSum): Promise<Result<State>>;

  /** Resolves when a lost device has been reopened; at once where nothing was lost. Plans stay valid, states are gone. */
  recover(): Promise<Result<null>>;
  dispose(): void;
}

export interface UnitarySequence {
  readonly qubits: number;
  readonly steps: readonly UnitaryStep[];
  readonly parameters: Circuit['parameters'];
  readonly fromZero: boolean;
}

export interface DevicePlan {
  readonly stats: PlanStats;
}

export interface Watch {
  readonly signal: AbortSignal | undefined;
  /** The part of this plan that is done, 0 to 1. */
  readonly onProgress: (done: number) => void;
}
