import { combine, negate, type Angle } from '../circuit/angle.ts';

/**
 * The angle of a rotation about Z, kept so that sums are exact where it matters: a whole number of eighth turns (pi/4),
 * a remainder in radians, and a linear form over symbolic expressions. Defined modulo 2 pi: the sign of Rz(2 pi) is a
 * global phase.
 */
export interface Phase {
  /** 0 to 7. */
  readonly eighths: number;
  /** Radians, at most pi/8 in size; 0 for Clifford+T angles. */
  readonly rest: number;
  /** Sorted by key, without zero factors. */
  readonly terms: readonly Term[];
}

interface Term {
  readonly key: string;
  readonly of: Angle;
  readonly factor: number;
}

/** Angles this close to a multiple of pi/4 are that multiple: above the rounding of a sum of a thousand angles, below any device. */
const SNAP_RAD = 1e-11;
/** Factors of symbols this small are rounding. */
const FACTOR_MIN = 1e-12;
const EIGHTH = Math.PI / 4;
const NO_TERMS: readonly Term[] = [];

export const phaseOf = (eighths: number): Phase => EIGHTHS[((eighths % 8) + 8) % 8] as Phase;
const EIGHTHS: readonly Phase[] = Array.from({ length: 8 }, (_, eighths) => ({ eighths, rest: 0, terms: NO_TERMS }));

/** Splits an angle in radians, or a symbolic one, into its exact parts. */
export function phaseOfAngle(angle: Angle): Phase {
  const terms = new Map<string, Term>();
  const constant = linear(angle, 1, terms);
  return normal(0, constant, sorted(terms));
}

export function addPhases(a: Phase, b: Phase, sign: 1 | -1 = 1): Phase {
  if (a.rest === 0 && b.rest === 0 && a.terms.length === 0 && b.terms.length === 0)
    return phaseOf(a.eighths + sign * b.eighths);
  const terms = new Map(a.terms.map((term) => [term.key, term]));
  for (const term of b.terms) addTerm(terms, { ...term, factor: sign * term.factor });
  return normal(a.eighths + sign * b.eighths, a.rest + sign * b.rest, sorted(terms));
}

const ZERO_PHASE = phaseOf(0);
export const negatePhase = (phase: Phase): Phase => addPhases(ZERO_PHASE, phase, -1);

export const isZeroPhase = (phase: Phase): boolean =>
  phase.eighths === 0 && phase.rest === 0 && phase.terms.length === 0;
export const isClifford = (phase: Phase): boolean =>
  phase.rest === 0 && phase.terms.length === 0 && phase.eighths % 2 === 0;
export const isT = (phase: Phase): boolean => phase.rest === 0 && phase.terms.length === 0 && phase.eighths % 2 === 1;

/** Adds a phase to that of a parity (bit mask over qubits); parities without a phase are not in the map. */
export function addPhase(phases: Map<number, Phase>, parity: number, phase: Phase): void {
  const sum = addPhases(phases.get(parity) ?? phaseOf(0), phase);
  if (isZeroPhase(sum)) phases.delete(parity);
  else phases.set(parity, sum);
}

/** Radians in (-pi, pi] plus the symbols, as an angle of the circuit representation. */
export function angleOfPhase({ eighths, rest, terms }: Phase): Angle {
  let sum: Angle = (eighths > 4 ? eighths - 8 : eighths) * EIGHTH + rest;
  for (const { of, factor } of terms) {
    const size = Math.abs(factor);
    const scaled = size === 1 ? of : combine('multiply', size, of);
    if (sum === 0) sum = factor > 0 ? scaled : negate(scaled);
    else sum = combine(factor > 0 ? 'add' : 'subtract', sum, scaled);
  }
  return sum;
}

function normal(eighths: number, rest: number, terms: readonly Term[]): Phase {
  const whole = Math.round(rest / EIGHTH);
  const left = rest - whole * EIGHTH;
  const total = (((eighths + whole) % 8) + 8) % 8;
  if (Math.abs(left) <= SNAP_RAD && terms.length === 0) return phaseOf(total);
  return { eighths: total, rest: Math.abs(left) <= SNAP_RAD ? 0 : left, terms };
}

const sorted = (terms: ReadonlyMap<string, Term>): readonly Term[] =>
  terms.size === 0 ? NO_TERMS : [...terms.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1));

/** Adds `factor` times the symbolic part of `angle` to `terms`; returns the constant part. */
function linear(angle: Angle, factor: number, terms: Map<string, Term>): number {
  if (typeof angle === 'number') return factor * angle;
  switch (angle.kind) {
    case 'negate':
      return linear(angle.of, -factor, terms);
    case 'add':
      return linear(angle.a, factor, terms) + linear(angle.b, factor, terms);
    case 'subtract':
      return linear(angle.a, factor, terms) + linear(angle.b, -factor, terms);
    case 'multiply':
      if (typeof angle.a === 'number') return linear(angle.b, factor * angle.a, terms);
      if (typeof angle.b === 'number') return linear(angle.a, factor * angle.b, terms);
      break;
    case 'divide':
      if (typeof angle.b === 'number' && angle.b !== 0) return linear(angle.a, factor / angle.b, terms);
      break;
    default:
  }
  addTerm(terms, { key: JSON.stringify(angle), of: angle, factor });
  return 0;
}

function addTerm(terms: Map<string, Term>, term: Term): void {
  const factor = (terms.get(term.key)?.factor ?? 0) + term.factor;
  if (Math.abs(factor) < FACTOR_MIN) terms.delete(term.key);
  else terms.set(term.key, { ...term, factor });
}
