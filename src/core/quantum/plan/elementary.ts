import type { Bindings } from '../circuit/angle.ts';
import type { Matrix } from '../circuit/gate-table.ts';

/** A 2x2 matrix that may depend on parameters; `fixed` where it does not. */
export interface Part {
  readonly at: (values: Bindings) => Matrix;
  readonly fixed: boolean;
  readonly diagonal: boolean;
  /** Null where nothing depends on a parameter, or where the derivative is not written down (Lowered.differentiable). */
  readonly slope: PartSlope | null;
}

export interface PartSlope {
  readonly parameters: readonly string[];
  /** d matrix / d parameter. */
  readonly by: (values: Bindings, parameter: string) => Matrix;
}

/** An angle in radians that may depend on parameters. */
export interface PhaseAngle {
  readonly at: (values: Bindings) => number;
  readonly parameters: readonly string[];
  readonly slope: (values: Bindings, parameter: string) => number;
}

/**
 * What every gate is lowered to. Diagonal operations commute with each other and may stay pending:
 * - turn: a one-qubit unitary that is not diagonal, the product of its parts (the first is applied first);
 * - local: diagonal parts on one qubit, before a dense matrix;
 * - sign: controlled Z, a factor -1 where both qubits are 1;
 * - phase: exp(i angle) where all qubits are 1 (two or more);
 * - dense: a matrix on two or more qubits, targets[0] the lowest bit, where all controls are 1;
 * - exchange: two qubits change places in memory.
 */
export type Elementary =
  | { readonly kind: 'turn'; readonly qubit: number; readonly parts: readonly Part[] }
  | { readonly kind: 'local'; readonly qubit: number; readonly parts: readonly Part[] }
  | { readonly kind: 'sign'; readonly a: number; readonly b: number }
  | { readonly kind: 'phase'; readonly qubits: readonly number[]; readonly angle: PhaseAngle }
  | {
      readonly kind: 'dense';
      readonly targets: readonly number[];
      readonly controls: readonly number[];
      readonly at: (values: Bindings) => Matrix;
    }
  | { readonly kind: 'exchange'; readonly a: number; readonly b: number };

/** A lowered sequence. Qubits are bit positions in memory. */
export interface Lowered {
  readonly qubits: number;
  /** Product of one-qubit unitaries that act on |0...0> before everything else, by qubit; empty where the start is another state. */
  readonly start: readonly (readonly Part[])[];
  readonly operations: readonly Elementary[];
  /** Diagonal one-qubit parts that are left at the end, by qubit. */
  readonly tail: readonly (readonly Part[])[];
  /** Angles of the global phase. */
  readonly globalPhase: readonly PhaseAngle[];
  /** Every dependence on a parameter has its slope. */
  readonly differentiable: boolean;
}
