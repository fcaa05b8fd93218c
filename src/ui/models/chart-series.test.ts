import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHART_POINTS_MAX, columns, smooth, thin, trend } from './chart-series.ts';
import { hexRows } from './hex.ts';

describe('chart series', () => {
  it('thins long series evenly and keeps both ends', () => {
    fc.assert(
      fc.property(fc.integer({ min: CHART_POINTS_MAX + 1, max: 5_000 }), (length) => {
        const points = Array.from({ length }, (_, index) => index);
        const kept = thin(points);
        expect(kept).toHaveLength(CHART_POINTS_MAX);
        expect([kept[0], kept.at(-1)]).toEqual([0, length - 1]);
        expect(new Set(kept).size).toBe(CHART_POINTS_MAX);
      }),
    );
    expect(thin([1, 2, 3])).toEqual([1, 2, 3]);
  });

  it('makes a gap of every value that is no number and drops points without a place', () => {
    const points = [
      { x: 0, y: 1 },
      { x: 1, y: Number.NaN },
      { x: Number.NaN, y: 3 },
      { x: 2, y: Infinity },
    ];
    expect(
      columns(
        points,
        (point) => point.x,
        (point) => point.y,
      ),
    ).toEqual([
      [0, 1, 2],
      [1, null, null],
    ]);
  });

  it('has one column per line also without points', () => {
    expect(
      columns(
        [] as number[],
        (x) => x,
        (y) => y,
        (y) => y,
      ),
    ).toEqual([[], [], []]);
  });

  it('tells the way from the first to the last number', () => {
    expect(trend([4, null, 3])).toEqual({ first: 4, last: 3, change: -0.25 });
    expect(trend([4])).toBeNull();
    expect(trend([])).toBeNull();
    expect(trend([0, 5])?.change).toBe(0);
  });

  it('smooths without a shift of level and keeps the length', () => {
    expect(smooth([2, 2, 2], 5)).toEqual([2, 2, 2]);
    expect(smooth([0, 4, 8], 2)).toEqual([0, 2, 6]);
    expect(smooth([], 5)).toEqual([]);
  });
});

describe('hex dump', () => {
  it('shows 16 bytes a row in groups of four and loses none', () => {
    const hex = Array.from({ length: 37 }, (_, index) => index.toString(16).padStart(2, '0')).join('');
    const rows = hexRows(hex);
    expect(rows).toHaveLength(3);
    expect(rows[0]).toBe('00 01 02 03  04 05 06 07  08 09 0a 0b  0c 0d 0e 0f');
    expect(rows.join(' ').replaceAll(/ +/gu, '')).toBe(hex);
    expect(hexRows('')).toEqual([]);
  });
});
