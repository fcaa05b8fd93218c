import type { Result } from '../lib/result.ts';

/** One gate: a 2x2 unitary on `target`, applied where all `controls` are 1. Qubit 0 is the least significant bit of the index. */
export interface Gate {
  readonly name: string;
  readonly target: number;
  readonly controls: readonly number[];
  /** Row-major 2x2 complex matrix: re00, im00, re01, im01, re10, im10, re11, im11. Float64. */
  readonly matrix: Float64Array;
}

export interface Circuit {
  readonly qubits: number;
  readonly gates: readonly Gate[];
}

/** Runs circuits from |0...0>. Implementations: cpu (float64, the oracle), webgpu (WGSL, float32). */
export interface QuantumEngine {
  readonly kind: 'cpu' | 'webgpu';
  readonly device: string;
  readonly qubitsMax: number;
  /** Final amplitudes, interleaved re, im: length 2 * 2^qubits. Refuses more than `qubitsMax` with QUANTUM_QUBITS. */
  run(circuit: Circuit): Promise<Result<Float32Array | Float64Array>>;
  dispose(): void;
}
