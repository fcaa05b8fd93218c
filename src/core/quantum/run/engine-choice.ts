import type { Result } from '../../lib/result.ts';
import type { EngineKind, Precision, QuantumEngine } from '../engine/engine.ts';

/** Which engine a request wants. */
export interface EngineChoice {
  readonly engine: 'auto' | EngineKind;
  /** Null: what the engine is best at. */
  readonly precision: Precision | null;
  /** Null: as many as the machine has. */
  readonly threads: number | null;
  /** What `auto` has to be able to hold. */
  readonly qubits: number;
  /** Kinds that failed this request already. */
  readonly without: readonly EngineKind[];
}

export interface OpenedEngine {
  readonly engine: QuantumEngine;
  /** Sentences for people: a fallback, a precision that the engine does not have. */
  readonly notes: readonly string[];
}

/** Engines are lent: they belong to whoever opened them and serve many requests. */
export type OpenEngine = (choice: EngineChoice) => Promise<Result<OpenedEngine>>;
