import type { Result } from '../lib/result.ts';
import type { EngineKind } from '../quantum/engine/engine.ts';

/** `auto`: the fastest engine of this machine, by a measurement that is kept. */
export type EnginePreference = 'auto' | EngineKind;

/** The simulator, in the quantum worker (browser) or in process (Node). Everything quantum here is simulated. */
export interface QuantumService {
  /** Opens the best engine of this host. Never fails: the float64 CPU engine is always there. */
  open(preference: EnginePreference): Promise<QuantumReport>;
  /** Runs a mirror circuit (random layers followed by their inverse) and compares with the ideal outcome. */
  verify(job: VerifyJob): Promise<Result<VerifyOutcome>>;
  ping(): Promise<void>;
}

export interface QuantumReport {
  readonly engine: EngineKind;
  /** Human-readable adapter, e.g. "SwiftShader (software)". */
  readonly device: string;
  readonly qubitsMax: number;
  /** Why the asked-for engine, or any faster one, was not taken; null if the best one is in use. */
  readonly fallbackReason: string | null;
}

export interface VerifyJob {
  readonly seed: number;
  readonly qubits: number;
  readonly layers: number;
}

export interface VerifyOutcome {
  readonly engine: EngineKind;
  /** |<expected|final>|^2: probability of the one bit string that the ideal circuit returns, 0..1. */
  readonly fidelity: number;
  readonly gates: number;
  readonly qubits: number;
  readonly durationMs: number;
  /** 2^qubits * gates / seconds. */
  readonly amplitudesPerSecond: number;
  /** Present if an engine failed during this job and another one did it: the reason, for people. */
  readonly fallbackReason?: string;
  /** What else people should know: a device that was lost and reopened. */
  readonly notes?: readonly string[];
}
