/** Columns for a line chart: x ascending, null where a line has no point. */
export type ChartColumns = readonly [x: readonly number[], ...lines: readonly (readonly (number | null)[])[]];

/** A chart is at most this many points wide: more is below a pixel and slows a phone. */
export const CHART_POINTS_MAX = 240;

/** Drops what is not a number, keeps the order and thins evenly; first and last point always stay. */
export function thin<T>(points: readonly T[], max = CHART_POINTS_MAX): readonly T[] {
  if (points.length <= max) return points;
  const kept: T[] = [];
  for (let i = 0; i < max; i++) {
    const point = points[Math.round((i * (points.length - 1)) / (max - 1))];
    if (point !== undefined) kept.push(point);
  }
  return kept;
}

/** One column of x and one column per line; values that are not finite become gaps. */
export function columns<T>(
  points: readonly T[],
  x: (point: T, index: number) => number,
  ...lines: ((point: T) => number | null)[]
): ChartColumns {
  const usable = thin(
    points.map((point, index) => ({ point, x: x(point, index) })).filter((p) => Number.isFinite(p.x)),
  );
  const gap = (value: number | null): number | null => (value !== null && Number.isFinite(value) ? value : null);
  return [usable.map((p) => p.x), ...lines.map((line) => usable.map((p) => gap(line(p.point))))];
}

/** First and last finite value of a line and the change between them, for the sentence under the chart. */
export function trend(values: readonly (number | null)[]): { first: number; last: number; change: number } | null {
  const finite = values.filter((value): value is number => value !== null && Number.isFinite(value));
  const first = finite[0];
  const last = finite.at(-1);
  if (first === undefined || last === undefined || finite.length < 2) return null;
  return { first, last, change: first === 0 ? 0 : last / first - 1 };
}

/** Mean over a sliding window, so that single noisy batches do not hide the way down. Ends keep their own value. */
export function smooth(values: readonly number[], window: number): readonly number[] {
  return values.map((_, index) => {
    const from = Math.max(0, index - window + 1);
    const part = values.slice(from, index + 1);
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
}
