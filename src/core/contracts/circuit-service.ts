import type { Result } from '../lib/result.ts';

/** Circuits in, numbers out: what the lab page, the console and the command line share. Everything quantum here is simulated. */
export interface CircuitService {
  /** Runs one circuit. At most one at a time; a later call waits. Cancel with `cancel(id)`: QUANTUM_ABORTED. */
  runCircuit(request: CircuitRequest, id?: string): Promise<Result<CircuitReport>>;
  optimiseCircuit(request: OptimiseRequest, id?: string): Promise<Result<OptimiseReport>>;
  cancel(id: string): Promise<void>;
  /** The engines of this host, with their measured speed where they were calibrated. */
  engines(): Promise<readonly EngineInfo[]>;
}

export interface CircuitRequest {
  /** OpenQASM 2 or 3. */
  readonly qasm: string;
  readonly engine?: 'auto' | 'cpu' | 'wasm' | 'webgpu';
  readonly precision?: 'f32' | 'f64';
  readonly threads?: number;
  /** Values of the circuit's parameters by name, radians. */
  readonly values?: Readonly<Record<string, number>>;
  /** 0 to 100 million; 0 (default) takes no samples. */
  readonly shots?: number;
  readonly seed?: number;
  /** Pauli sums, highest qubit first: `ZZIX`, `0.5*ZZ - XI`. */
  readonly observables?: readonly string[];
  /** Which amplitudes to return. Default: all up to 12 qubits, none above. */
  readonly amplitudes?: 'all' | 'none' | readonly number[];
  /** A device model (JSON): the run is then noisy, by density matrix or by one trajectory a shot. */
  readonly noise?: unknown;
  /** Stop after this many operations (for stepping through). Default: all. */
  readonly operations?: number;
  /** Also Bloch vectors of every qubit. */
  readonly bloch?: boolean;
}

export interface CircuitReport {
  readonly qubits: number;
  readonly clbits: number;
  readonly engine: 'cpu' | 'wasm' | 'webgpu';
  readonly device: string;
  readonly precision: 'f32' | 'f64';
  readonly threads: number;
  readonly seconds: {
    readonly parse: number;
    readonly plan: number;
    readonly run: number;
    /** Reading the state out: amplitudes, samples, expectations. */
    readonly read: number;
  };
  readonly plan: {
    readonly gates: number;
    readonly passes: number;
    readonly bytes: number;
    readonly dispatches: number;
  };
  /** Bit k of an index is qubit k in order of declaration. */
  readonly amplitudes: readonly (readonly [re: number, im: number])[] | null;
  /** Of the same basis states as `amplitudes`. */
  readonly probabilities: readonly number[] | null;
  /** Probability of 1, by qubit. */
  readonly marginals: readonly number[];
  readonly expectations: readonly {
    readonly observable: string;
    readonly value: number;
    readonly standardError: number | null;
  }[];
  /** Highest classical bit first (highest qubit first where the circuit measures nothing). Null without shots. */
  readonly counts: Readonly<Record<string, number>> | null;
  readonly bloch: readonly (readonly [x: number, y: number, z: number])[] | null;
  /** What people should know: a fallback, a conversion, a limit. */
  readonly notes: readonly string[];
}

export interface OptimiseRequest {
  readonly qasm: string;
  readonly objective?: 'gates' | 'two-qubit' | 't' | 'depth' | 'noise';
  readonly noise?: unknown;
}

export interface GateCounts {
  readonly total: number;
  /** Rotations by odd multiples of pi/4 about Z. */
  readonly t: number;
  readonly twoQubit: number;
  readonly depth: number;
}

export interface OptimiseReport {
  readonly qasm: string;
  readonly before: GateCounts;
  readonly after: GateCounts;
  readonly seconds: number;
  /** How the result was checked against the input, for people; `changed` false means that the input was returned. */
  readonly equivalence: { readonly checked: boolean; readonly method: string; readonly error: number | null };
  readonly changed: boolean;
  /** Where each input qubit ended up; the identity unless swaps were absorbed. */
  readonly permutation: readonly number[];
}

export interface EngineInfo {
  readonly engine: 'cpu' | 'wasm' | 'webgpu';
  readonly available: boolean;
  /** Why not, or on what. */
  readonly detail: string;
  readonly qubitsMax: number;
  readonly threads: number;
  /** 2^qubits * gates / seconds of the calibration circuit; null where it was not measured. */
  readonly amplitudesPerSecond: number | null;
  /** What `auto` takes. */
  readonly chosen: boolean;
}
