import type { UnitaryStep } from '../circuit/circuit.ts';
import { isClifford, isZeroPhase, negatePhase, phaseOf, type Phase } from './phase.ts';

/**
 * The gates that the optimiser works on: H, X, rotation about Z, CX, and everything else as an opaque step.
 * One shape for all kinds, so that the hot loops see one hidden class.
 */
export interface Gate {
  readonly op: Op;
  /** The qubit; the control of a CX. */
  readonly q: number;
  /** The target of a CX; -1 otherwise. */
  readonly t: number;
  readonly phase: Phase;
  readonly step: UnitaryStep | null;
  /** All qubits of an opaque step. */
  readonly qubits: readonly number[];
  /** Of an opaque step: it commutes with everything that is diagonal on its qubits. */
  readonly diagonal: boolean;
}

export const H = 0;
export const X = 1;
export const RZ = 2;
export const CX = 3;
export const OPAQUE = 4;
export type Op = typeof H | typeof X | typeof RZ | typeof CX | typeof OPAQUE;

const NO_PHASE = phaseOf(0);
const NONE: readonly number[] = [];
const plain = (op: Op, q: number, t: number, phase: Phase): Gate => ({
  op,
  q,
  t,
  phase,
  step: null,
  qubits: NONE,
  diagonal: op === RZ,
});

export const hGate = (q: number): Gate => plain(H, q, -1, NO_PHASE);
export const xGate = (q: number): Gate => plain(X, q, -1, NO_PHASE);
export const rzGate = (q: number, phase: Phase): Gate => plain(RZ, q, -1, phase);
/** Rotation about Z by `eighths` times pi/4. */
export const tGate = (q: number, eighths: number): Gate => plain(RZ, q, -1, phaseOf(eighths));
export const cxGate = (control: number, target: number): Gate => plain(CX, control, target, NO_PHASE);

export const opaqueGate = (step: UnitaryStep, diagonal: boolean): Gate => ({
  ...plain(OPAQUE, -1, -1, NO_PHASE),
  step,
  qubits: [...step.targets, ...step.controls],
  diagonal,
});

/** Clifford gates conjugate Paulis to Paulis. */
export const isCliffordGate = (gate: Gate): boolean =>
  gate.op < RZ || gate.op === CX || (gate.op === RZ && isClifford(gate.phase));

export const isNothing = (gate: Gate): boolean => gate.op === RZ && isZeroPhase(gate.phase);

export function qubitsOf(gate: Gate): readonly number[] {
  if (gate.op === OPAQUE) return gate.qubits;
  return gate.op === CX ? [gate.q, gate.t] : [gate.q];
}

/** Rotation with the opposite angle. */
export const reversed = (gate: Gate): Gate => rzGate(gate.q, negatePhase(gate.phase));
