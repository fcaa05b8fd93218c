import type { Angle } from './angle.ts';

/**
 * The intermediate representation of every circuit. Immutable. Qubit 0 is the least significant bit of a basis-state
 * index; registers are laid out in the order of their declaration.
 */
export interface Circuit {
  readonly qubits: number;
  readonly clbits: number;
  readonly quantumRegisters: readonly Register[];
  readonly classicalRegisters: readonly Register[];
  /** Free parameters in order of declaration; values are given at run time, by position. */
  readonly parameters: readonly string[];
  readonly operations: readonly Operation[];
}

export interface Register {
  readonly name: string;
  /** First qubit or classical bit of the register. */
  readonly offset: number;
  readonly size: number;
}

export type Operation =
  | GateOperation
  | UnitaryOperation
  | ChannelOperation
  | MeasureOperation
  | ResetOperation
  | BarrierOperation
  | IfOperation;

/** What acts unitarily: the only operations that engines plan and fuse. */
export type UnitaryStep = GateOperation | UnitaryOperation;

/** A gate of the table (gate-table.ts), applied to `targets` where all `controls` are 1. cx is `x` with one control. */
export interface GateOperation {
  readonly kind: 'gate';
  readonly name: GateName;
  /** Radians. */
  readonly params: readonly Angle[];
  readonly targets: readonly number[];
  readonly controls: readonly number[];
}

/** A dense unitary: row-major, interleaved re, im, 2^k x 2^k for k targets; targets[0] is the lowest bit of row and column. */
export interface UnitaryOperation {
  readonly kind: 'unitary';
  readonly label: string;
  readonly matrix: Float64Array;
  readonly targets: readonly number[];
  readonly controls: readonly number[];
}

/** A noise channel by its Kraus operators, each laid out like the matrix of a unitary. A statevector takes one of them at random. */
export interface ChannelOperation {
  readonly kind: 'channel';
  readonly label: string;
  readonly kraus: readonly Float64Array[];
  /** For mixtures of unitaries: the probability of each operator, which is then a unitary (not scaled). Null otherwise. */
  readonly probabilities: readonly number[] | null;
  readonly targets: readonly number[];
}

/** `flip`: probability that the recorded bit is wrong where the qubit was 0 and where it was 1; absent means never. */
export interface MeasureOperation {
  readonly kind: 'measure';
  readonly qubit: number;
  readonly clbit: number;
  readonly flip?: readonly [zero: number, one: number];
}

export interface ResetOperation {
  readonly kind: 'reset';
  readonly qubit: number;
}

/** Optimisers move nothing across it; it does nothing to the state. */
export interface BarrierOperation {
  readonly kind: 'barrier';
  readonly qubits: readonly number[];
}

export interface IfOperation {
  readonly kind: 'if';
  /** True where the bits, clbits[0] lowest, read as `equals`. At most 53 bits. */
  readonly clbits: readonly number[];
  readonly equals: number;
  readonly then: readonly Operation[];
  readonly otherwise: readonly Operation[];
}

/**
 * Base gates; every one takes any number of controls.
 * No target: gphase(g). One target: id to u. Two targets: swap to xxplusyy; the first target is the lower bit of the matrix.
 */
export type GateName =
  | 'gphase'
  | 'id'
  | 'x'
  | 'y'
  | 'z'
  | 'h'
  | 's'
  | 'sdg'
  | 't'
  | 'tdg'
  | 'sx'
  | 'sxdg'
  | 'rx'
  | 'ry'
  | 'rz'
  | 'p'
  | 'u'
  | 'swap'
  | 'iswap'
  | 'ecr'
  | 'rxx'
  | 'ryy'
  | 'rzz'
  | 'rzx'
  | 'xxplusyy';

export function isUnitaryStep(operation: Operation): operation is UnitaryStep {
  return operation.kind === 'gate' || operation.kind === 'unitary';
}
