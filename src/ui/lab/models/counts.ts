export interface CountRow {
  readonly bits: string;
  readonly count: number;
  readonly share: number;
}

export interface CountList {
  readonly rows: readonly CountRow[];
  readonly shots: number;
  readonly outcomes: number;
}

/** As many bars as fit beside the state list. */
export const COUNT_ROWS_MAX = 32;

/** The most frequent outcomes first; equal ones in the order of their bits. */
export function countList(counts: Readonly<Record<string, number>>, rowsMax = COUNT_ROWS_MAX): CountList {
  const entries = Object.entries(counts);
  const shots = entries.reduce((sum, [, count]) => sum + count, 0);
  const rows = entries
    .toSorted(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    .slice(0, rowsMax)
    .map(([bits, count]) => ({ bits, count, share: shots === 0 ? 0 : count / shots }));
  return { rows, shots, outcomes: entries.length };
}
