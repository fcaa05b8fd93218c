import type { Result } from '../lib/result.ts';

/** The simulator, in the quantum worker (browser) or in process (Node). Everything quantum here is simulated. */
export interface QuantumService {
  /** Opens the best engine of this host. Never fails: the float64 CPU engine is always there. */
  open(preference: 'auto' | 'webgpu' | 'cpu'): Promise<QuantumReport>;
  /** Runs a mirror circuit (random layers followed by their inverse) and compares with the ideal outcome. */
  verify(job: VerifyJob): Promise<Result<VerifyOutcome>>;
  ping(): Promise<void>;
}

export interface QuantumReport {
  readonly engine: 'webgpu' | 'cpu';
  /** Human-readable adapter, e.g. "SwiftShader (software)". */
  readonly device: string;
  readonly qubitsMax: number;
  /** Why a better engine was not taken; null if the best one is in use. */
  readonly fallbackReason: string | null;
}

export interface VerifyJob {
  readonly seed: number;
  readonly qubits: number;
  readonly layers: number;
}

export interface VerifyOutcome {
  readonly engine: 'webgpu' | 'cpu';
  /** |<expected|final>|^2: probability of the one bit string that the ideal circuit returns, 0..1. */
  readonly fidelity: number;
  readonly gates: number;
  readonly qubits: number;
  readonly durationMs: number;
  /** 2^qubits * gates / seconds. */
  readonly amplitudesPerSecond: number;
  /** Present if the GPU failed during this job and the CPU did it: the reason, for people. */
  readonly fallbackReason?: string;
}
