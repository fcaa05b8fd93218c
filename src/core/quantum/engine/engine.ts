import type { Result } from '../../lib/result.ts';
import type { Circuit } from '../circuit/circuit.ts';
import type { PauliSum } from './pauli.ts';

export type EngineKind = 'cpu' | 'wasm' | 'webgpu';
export type Precision = 'f32' | 'f64';

/**
 * Runs circuits on statevectors that stay with the engine until something is read out. One suite (engine.contract.ts)
 * over all implementations; the float64 CPU engine is the oracle of the others.
 * Calls queue up and never overlap. Bad input is refused with a value:
 * QUANTUM_QUBITS, _GATE, _PARAMETERS, _SIZE (circuits); _PREPARED, _STATE, _INDEX, _SHOTS, _SEED, _OBSERVABLE, _GRADIENT
 * (what is asked of them). Later come QUANTUM_ABORTED, _DISPOSED, _MEMORY, _NORM (the engine computes wrongly) and
 * _DEVICE_LOST, which is met by reopening the device and starting again once, and is a failure only after that.
 */
export interface QuantumEngine {
  readonly kind: EngineKind;
  readonly precision: Precision;
  /** Human-readable: adapter, or cores and vector width. */
  readonly device: string;
  readonly threads: number;
  readonly qubitsMax: number;
  /** Why `qubitsMax` is what it is, as the end of a sentence. */
  readonly limitReason: string;
  /** Plans once; the result runs many times with other parameter values. */
  prepare(circuit: Circuit): Promise<Result<Prepared>>;
  /** From |0...0>, or from a copy of `from`. The caller disposes of the state. */
  run(prepared: Prepared, options?: RunOptions): Promise<Result<RunOutcome>>;
  /**
   * A state from interleaved amplitudes (re, im): length 2 * 2^qubits, finite, norm 1 within 1e-3 (it is then scaled to 1
   * where it is off by more than 1e-5). Failures QUANTUM_QUBITS, QUANTUM_STATE, QUANTUM_MEMORY.
   */
  load(qubits: number, amplitudes: ArrayLike<number>): Promise<Result<QuantumState>>;
  /** E = <psi|H|psi> and dE/dparameter for all parameters by one backward sweep. Unitary circuits only. */
  gradient(prepared: Prepared, observable: PauliSum, values: ArrayLike<number>): Promise<Result<Gradient>>;
  /**
   * Vector-Jacobian product for adapters: Re sum_i conj(cotangent_i) d psi_i / d parameter, for all parameters, with
   * the cotangent interleaved like amplitudes. Unitary circuits only.
   */
  vectorJacobian(
    prepared: Prepared,
    cotangent: ArrayLike<number>,
    values: ArrayLike<number>,
  ): Promise<Result<Float64Array>>;
  /** Frees everything; later calls fail with QUANTUM_DISPOSED. */
  dispose(): void;
}

/** A planned circuit; belongs to the engine that made it. */
export interface Prepared {
  readonly circuit: Circuit;
  readonly stats: PlanStats;
}

/** What one run costs, known before it runs. */
export interface PlanStats {
  /** Unitary operations of the circuit, measured ones not included. */
  readonly gates: number;
  /** How often the whole state is read and written. */
  readonly passes: number;
  /** Bytes read and written by those passes. */
  readonly bytes: number;
  /** GPU dispatches; 0 on a CPU. */
  readonly dispatches: number;
}

export interface RunOptions {
  /** By position of `circuit.parameters`. */
  readonly values?: ArrayLike<number>;
  /** Of measurements, resets and channels. Default 0. */
  readonly seed?: number;
  readonly signal?: AbortSignal;
  readonly from?: QuantumState;
  /** Called between passes with the part that is done, 0 to 1. */
  readonly onProgress?: (done: number) => void;
}

export interface RunOutcome {
  readonly state: QuantumState;
  /** 0 or 1 by classical bit. */
  readonly clbits: Uint8Array;
  /** What people should know about this run (a lost device, a repeated start). Absent where there is nothing to say. */
  readonly notes?: readonly string[];
}

export interface Gradient {
  readonly value: number;
  readonly gradient: Float64Array;
}

/** A state in the engine's memory. Methods after `dispose` fail with QUANTUM_DISPOSED. */
export interface QuantumState {
  readonly qubits: number;
  /** Interleaved re, im of the given basis states, or of all. */
  amplitudes(indices?: readonly number[]): Promise<Result<Float64Array>>;
  /** Joint distribution of the given qubits; entry bit j is qubits[j]. At most 2^20 entries at once. */
  probabilities(qubits: readonly number[]): Promise<Result<Float64Array>>;
  /** Basis states drawn independently; the state is not changed and not copied out. Bit q is qubit q. */
  sample(shots: number, seed: number): Promise<Result<Float64Array>>;
  /** <psi|P|psi> for every term, coefficient included, computed in place. */
  expectations(observable: PauliSum): Promise<Result<Float64Array>>;
  /** Row-major 2^k x 2^k, interleaved; the first qubit is the lowest bit. At most 8 qubits. */
  reducedDensityMatrix(qubits: readonly number[]): Promise<Result<Float64Array>>;
  /** <this|other>. */
  inner(other: QuantumState): Promise<Result<readonly [re: number, im: number]>>;
  /** <psi|psi>: 1 but for rounding. */
  norm(): Promise<Result<number>>;
  clone(): Promise<Result<QuantumState>>;
  dispose(): void;
}
