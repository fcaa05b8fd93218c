import { expect, it } from 'vitest';
import { CONFIG } from '../federation/testing/wire-cases.ts';
import { reportOf } from './participant-report.ts';
import { INITIAL_VIEW } from './view-store.ts';

function told(epsilon: number | null, epsilonBudget: number): number | null {
  const config = { ...CONFIG, privacy: { ...CONFIG.privacy, epsilonBudget } };
  const spend = { epsilon, delta: 1e-5, rounds: 1, roundsLeft: null };
  return reportOf({ ...INITIAL_VIEW, config, spend }, 'browser', 0).epsilon;
}

it.each([
  [1.2345678, 8, 1.3],
  [0.012345, 8, 0.013],
  [7.91, 8, 8],
  [7.96, 7.97, 7.97],
  [1.3, 8, 1.3],
  [12.1, 8, 13],
  [0, 8, 0],
  [null, 8, null],
])(
  'tells epsilon %s (budget %s) as %s: its digits would give the exact size of the text',
  (epsilon, budget, expected) => {
    expect(told(epsilon, budget)).toBe(expected);
  },
);
