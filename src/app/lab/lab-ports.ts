import type { CircuitService } from '../../core/contracts/circuit-service.ts';
import type { Result } from '../../core/lib/result.ts';
import type { Angle } from '../../core/quantum/circuit/angle.ts';
import type { Circuit } from '../../core/quantum/circuit/circuit.ts';
import type { TextFailure } from './lab-state.ts';

/** What the lab takes from outside; the browser's side is in browser-ports.ts. */
export interface LabPorts {
  readonly service: CircuitService;
  readonly language: LabLanguage;
  readonly history: LabHistory;
  readonly timer: LabTimer;
  /** A device model (JSON) of at least so many qubits. */
  readonly exampleDevice: (qubits: number) => unknown;
  readonly saveFile: (name: string, type: string, content: string) => void;
  /** False where the browser does not let the page write to the clipboard. */
  readonly copy: (text: string) => Promise<boolean>;
  /** The page's address with this fragment. */
  readonly address: (fragment: string) => string;
}

/** OpenQASM and the other forms of a circuit. */
export interface LabLanguage {
  parse(text: string): Parsed;
  /** The version that the circuit needs where `version` is absent. Fails where a form cannot say what the circuit does. */
  print(circuit: Circuit, version?: 2 | 3): Result<string>;
  json(circuit: Circuit): Promise<Result<string>>;
  svg(circuit: Circuit): Promise<Result<string>>;
  parseAngle(text: string): Result<Angle>;
  printAngle(angle: Angle): string;
}

export type Parsed =
  | { readonly ok: true; readonly value: Circuit }
  | { readonly ok: false; readonly error: TextFailure };

/** The tab's session history. Entries carry a fragment and a copyable value. */
export interface LabHistory {
  current(): HistoryEntry;
  push(entry: HistoryEntry): void;
  replace(entry: HistoryEntry): void;
  /** Back, forward, or another fragment in the address bar. */
  onChange(listener: (entry: HistoryEntry) => void): void;
}

export interface HistoryEntry {
  readonly fragment: string;
  readonly state: unknown;
}

export interface LabTimer {
  /** Monotonic milliseconds. */
  now(): number;
  /** Returns what calls it off. */
  later(delayMs: number, work: () => void): () => void;
}
