import type {
  CircuitReport,
  CircuitRequest,
  EngineInfo,
  OptimiseReport,
  OptimiseRequest,
} from '../../core/contracts/circuit-service.ts';
import type { Failure } from '../../core/lib/result.ts';
import type { Draft } from './edit.ts';
import type { LabDocument } from './lab-document.ts';

/** Why the text is no circuit, and where. Lines and columns count from 1. */
export interface TextFailure {
  readonly code: string;
  readonly line: number;
  readonly column: number;
  /** Characters to mark, at least 1. */
  readonly length: number;
  readonly message: string;
}

export type RunState =
  /** Nothing to run: no text, or none that can be read. */
  | { readonly state: 'idle' }
  | { readonly state: 'waiting' }
  | { readonly state: 'running'; readonly id: string; readonly startedAt: number }
  | { readonly state: 'done' }
  | { readonly state: 'cancelled' }
  | { readonly state: 'failed'; readonly failure: Failure };

export type OptimiseState =
  | { readonly state: 'idle' }
  | { readonly state: 'running' }
  /** `of` is the text that went in: the offer lapses when the text changes. */
  | { readonly state: 'done'; readonly report: OptimiseReport; readonly of: string }
  | { readonly state: 'failed'; readonly failure: Failure };

export type LabNotice =
  /** Fields of the address that could not be read; `#` is the whole. */
  | { readonly kind: 'hash'; readonly fields: readonly string[] }
  | { readonly kind: 'address-too-long' }
  | { readonly kind: 'too-long' }
  | { readonly kind: 'file-unreadable'; readonly name: string }
  | { readonly kind: 'unprintable'; readonly message: string }
  | { readonly kind: 'copied' }
  | { readonly kind: 'not-copied' };

export type EngineChoice = NonNullable<CircuitRequest['engine']>;
/** `auto`: whatever the engine does best. */
export type PrecisionChoice = NonNullable<CircuitRequest['precision']> | 'auto';
export type Objective = NonNullable<OptimiseRequest['objective']>;

export interface LabState {
  /** False until the address has been read. */
  readonly ready: boolean;
  readonly document: LabDocument;
  /** The last text that could be read, as a circuit; null before there was one. */
  readonly draft: Draft | null;
  /** The text is not (yet) what `draft` shows. */
  readonly textFailure: TextFailure | null;
  /** Operations to run; null means all. */
  readonly step: number | null;
  readonly engine: EngineChoice;
  readonly precision: PrecisionChoice;
  readonly run: RunState;
  /** The last finished run; it may be of an earlier circuit while `run` is not `done`. */
  readonly report: CircuitReport | null;
  readonly optimise: OptimiseState;
  readonly engines: readonly EngineInfo[] | null;
  readonly notice: LabNotice | null;
}
