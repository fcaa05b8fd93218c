import { fail, ok, type Failure, type Result } from '../../lib/result.ts';
import { chiSquareSurvival } from './chi-square.ts';

export interface BornCheck {
  readonly ok: boolean;
  /** Of the chi-square test; 0 where an outcome came that practically cannot. */
  readonly pValue: number;
  readonly chiSquare: number;
  readonly freedom: number;
  /** Correct counts are refused with at most about this probability. */
  readonly falseAlarmRate: number;
  readonly message: string;
}

/** One wrong alarm in a million correct runs: a red test means something. */
export const FALSE_ALARM_RATE = 1e-6;
/** Cells with fewer expected counts are pooled: below it the chi-square distribution is a bad approximation (Cochran 1954). */
const EXPECTED_MIN = 5;
/** Probabilities from float32 states sum to 1 within this. */
const SUM_TOLERANCE = 1e-4;

/**
 * Do the counts follow the probabilities (Born's rule)? Both by index. Half of the false-alarm rate goes to outcomes so rare
 * that together they are expected less than that often: one of them is an alarm. The other half goes to Pearson's chi-square
 * over the rest, sparse cells pooled; its rate holds asymptotically.
 * Failure QUANTUM_COUNTS: lengths differ, a count is no whole number, no shots, or the probabilities do not sum to 1.
 */
export function checkBornFrequencies(
  counts: ArrayLike<number>,
  probabilities: ArrayLike<number>,
  falseAlarmRate = FALSE_ALARM_RATE,
): Result<BornCheck, Failure<'QUANTUM_COUNTS'>> {
  const cells = Array.from({ length: counts.length }, (_, i) => ({
    count: counts[i] as number,
    p: probabilities[i] as number,
  }));
  const problem = problemOf(cells, probabilities.length);
  if (problem !== null) return fail('QUANTUM_COUNTS', problem);
  const shots = cells.reduce((sum, { count }) => sum + count, 0);
  const total = cells.reduce((sum, { p }) => sum + p, 0);
  const sorted = cells
    .map(({ count, p }) => ({ count, expected: (shots * p) / total }))
    .sort((a, b) => a.expected - b.expected);

  let expected = 0;
  let rare = 0;
  while (rare < sorted.length && expected + (sorted[rare]?.expected ?? 0) <= falseAlarmRate / 2) {
    expected += sorted[rare]?.expected ?? 0;
    rare++;
  }
  const impossible = sorted.slice(0, rare).reduce((sum, { count }) => sum + count, 0);
  if (impossible > 0) {
    const message = `${impossible} of ${shots} counts are of outcomes that were expected ${expected.toExponential(1)} times`;
    return ok({ ok: false, pValue: 0, chiSquare: Infinity, freedom: 0, falseAlarmRate, message });
  }
  const pooled = pool(sorted.slice(rare));
  const freedom = pooled.length - 1;
  const chiSquare = pooled.reduce((sum, cell) => sum + (cell.count - cell.expected) ** 2 / cell.expected, 0);
  const pValue = freedom < 1 ? 1 : chiSquareSurvival(chiSquare, freedom);
  const fine = pValue >= falseAlarmRate / 2;
  const message = `chi-square ${chiSquare.toFixed(1)} with ${freedom} degrees of freedom, p = ${pValue.toExponential(1)}`;
  return ok({ ok: fine, pValue, chiSquare, freedom, falseAlarmRate, message });
}

interface Cell {
  readonly count: number;
  readonly expected: number;
}

/** Ascending cells, joined from the sparse end until each has enough; a remainder that has not goes to the next one. */
function pool(sorted: readonly Cell[]): readonly Cell[] {
  const out: Cell[] = [];
  let open: Cell = { count: 0, expected: 0 };
  for (const cell of sorted) {
    open = { count: open.count + cell.count, expected: open.expected + cell.expected };
    if (open.expected < EXPECTED_MIN) continue;
    out.push(open);
    open = { count: 0, expected: 0 };
  }
  const last = out.pop();
  if (open.expected === 0) return last === undefined ? [] : [...out, last];
  return [...out, { count: open.count + (last?.count ?? 0), expected: open.expected + (last?.expected ?? 0) }];
}

function problemOf(
  cells: readonly { readonly count: number; readonly p: number }[],
  probabilities: number,
): string | null {
  if (cells.length !== probabilities)
    return `got ${cells.length} counts and ${probabilities} probabilities, expected as many`;
  const count = cells.find((cell) => !(Number.isSafeInteger(cell.count) && cell.count >= 0));
  if (count !== undefined) return `count ${count.count}, expected a whole number from 0`;
  const p = cells.find((cell) => !(cell.p >= 0 && cell.p <= 1 + SUM_TOLERANCE));
  if (p !== undefined) return `probability ${p.p}, expected 0 to 1`;
  if (cells.every((cell) => cell.count === 0)) return 'all counts are 0, expected at least one shot';
  const sum = cells.reduce((total, cell) => total + cell.p, 0);
  return Math.abs(sum - 1) <= SUM_TOLERANCE ? null : `probabilities sum to ${sum}, expected 1 within ${SUM_TOLERANCE}`;
}
