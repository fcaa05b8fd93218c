import type { Format } from '../../format.ts';

/** Short times with the digits that matter: `12 µs`, `0.42 ms`, `3.1 s`. */
export function secondsText(seconds: number, f: Pick<Format, 'decimal' | 'integer' | 'duration'>): string {
  if (!Number.isFinite(seconds) || seconds < 0) return '–';
  if (seconds < 1e-4) return `${f.integer(seconds * 1e6)}\u00a0µs`;
  if (seconds < 0.01) return `${f.decimal(seconds * 1e3, 2)}\u00a0ms`;
  return f.duration(seconds * 1e3);
}
