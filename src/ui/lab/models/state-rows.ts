import type { CircuitReport } from '../../../core/contracts/circuit-service.ts';

/** One basis state of the list. */
export interface StateRow {
  readonly index: number;
  /** Highest qubit first. */
  readonly bits: string;
  readonly probability: number;
  /** Null where the report has probabilities only (noise makes a mixture, which has no amplitudes). */
  readonly amplitude: readonly [re: number, im: number] | null;
}

export interface StateList {
  readonly rows: readonly StateRow[];
  /** Basis states that have a probability above rounding, listed or not. */
  readonly occupied: number;
  /** Basis states that the report has; the state itself may have more. */
  readonly known: number;
  /** The probabilities are those of a mixture, so that the amplitudes of any one run would mislead beside them. */
  readonly mixed: boolean;
  /** Probability of all rows together. */
  readonly covered: number;
}

/** As many rows as a person scans; the ones that are left out are counted. */
export const ROWS_MAX = 64;
/** Below this a probability is rounding of float32 amplitudes (errors near 1e-7 each), not physics. */
const ROUNDING = 1e-12;
/** Up to here all basis states stand in their order, occupied or not: so nothing jumps while a slider moves. */
const ALL_QUBITS_MAX = 3;
/** So few occupied states keep the order of the basis too; more of them are read from the likeliest on. */
const ORDERED_MAX = 16;

/** Small states whole and in order, few occupied basis states in order, else the likeliest first. */
export function stateList(
  report: Pick<CircuitReport, 'qubits' | 'amplitudes' | 'probabilities'>,
  rowsMax = ROWS_MAX,
): StateList {
  const { qubits } = report;
  const probabilities = report.probabilities ?? (report.amplitudes ?? []).map(([re, im]) => re * re + im * im);
  const mixed = report.amplitudes === null || !belongTogether(report.amplitudes, probabilities);
  const amplitudes = mixed ? null : report.amplitudes;
  const known = probabilities.length;
  const indices: number[] = [];
  for (let i = 0; i < known; i++) if ((probabilities[i] ?? 0) > ROUNDING) indices.push(i);
  const occupied = indices.length;
  const chosen =
    qubits <= ALL_QUBITS_MAX
      ? Array.from({ length: known }, (_, i) => i)
      : indices.length <= ORDERED_MAX
        ? indices
        : largest(indices, probabilities, rowsMax);
  const rows = chosen.map((index): StateRow => {
    const probability = probabilities[index] ?? 0;
    return { index, bits: bitsOf(index, qubits), probability, amplitude: amplitudes?.[index] ?? null };
  });
  return { rows, occupied, known, mixed, covered: rows.reduce((sum, row) => sum + row.probability, 0) };
}

/** Where a circuit is random before its end, probabilities are means over shots and amplitudes those of one of them. */
function belongTogether(
  amplitudes: NonNullable<CircuitReport['amplitudes']>,
  probabilities: readonly number[],
): boolean {
  return amplitudes.every(([re, im], i) => Math.abs(re * re + im * im - (probabilities[i] ?? 0)) < 1e-3);
}

/** Ties keep the order of the basis, so that equal states do not change places between runs. */
function largest(indices: readonly number[], probabilities: readonly number[], count: number): readonly number[] {
  return indices
    .toSorted((a, b) => {
      const difference = (probabilities[b] ?? 0) - (probabilities[a] ?? 0);
      return Math.abs(difference) > 1e-9 ? difference : a - b;
    })
    .slice(0, count);
}

export function bitsOf(index: number, qubits: number): string {
  let bits = '';
  for (let q = qubits - 1; q >= 0; q--) bits += Math.floor(index / 2 ** q) % 2;
  return bits;
}

/** Radians in (-pi, pi]; null where the amplitude is too small to have one. */
export function phaseOf([re, im]: readonly [number, number]): number | null {
  if (re * re + im * im <= ROUNDING) return null;
  // Rounding of float32 must not turn a phase of pi into -pi, which is the same angle at the other end of the list.
  const phase = Math.atan2(Math.abs(im) < 1e-6 ? 0 : im, re);
  return phase;
}

/** A circle of hues for a circle of angles: 0 is the accent's hue, pi stands opposite. */
export const hueOf = (phase: number): number => ((((phase * 180) / Math.PI + 205) % 360) + 360) % 360;

const FRACTIONS: readonly (readonly [numerator: number, denominator: number])[] = [
  [0, 1],
  [1, 1],
  [1, 2],
  [1, 3],
  [2, 3],
  [1, 4],
  [3, 4],
  [1, 6],
  [5, 6],
  [1, 8],
  [3, 8],
  [5, 8],
  [7, 8],
];

/** `π/4`, `−2π/3`, `0`; otherwise null, and the caller shows a decimal. */
export function piFraction(angle: number): string | null {
  for (const [n, d] of FRACTIONS) {
    if (Math.abs(Math.abs(angle) - (n * Math.PI) / d) > 1e-5) continue;
    if (n === 0) return '0';
    return `${angle < 0 ? '−' : ''}${n === 1 ? '' : n}π${d === 1 ? '' : `/${d}`}`;
  }
  return null;
}

/** Rounded so that 0.7071067 reads as 0.707, without negative zeros and without noise of 1e-8. */
export function complexText(re: number, im: number, decimal: (value: number) => string): string {
  const clean = (value: number): number => (Math.abs(value) < 5e-4 ? 0 : value);
  const [a, b] = [clean(re), clean(im)];
  if (b === 0) return decimal(a).replace('-', '−');
  const sign = b < 0 ? '−' : '+';
  if (a === 0) return `${b < 0 ? '−' : ''}${decimal(Math.abs(b))}i`;
  return `${decimal(a).replace('-', '−')} ${sign} ${decimal(Math.abs(b))}i`;
}
