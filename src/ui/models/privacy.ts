import type { SpendView } from '../../core/contracts/vault-service.ts';

export type BudgetLevel = 'ok' | 'near' | 'spent' | 'unlimited' | 'unknown';

export interface BudgetView {
  readonly level: BudgetLevel;
  /** What was spent; null = infinite or unknown. */
  readonly spent: number | null;
  readonly limit: number;
  /** 0..1 for the meter. */
  readonly share: number;
  readonly roundsLeft: number | null;
}

/** From here on the meter warns. */
const NEAR = 0.8;

/** `noiseMultiplier` 0 means epsilon is infinite: the level says so, and no meter may look full or empty. */
export function budgetView(spend: SpendView | null, limit: number, noiseMultiplier: number): BudgetView {
  if (noiseMultiplier === 0) return { level: 'unlimited', spent: null, limit, share: 0, roundsLeft: null };
  const spent = spend?.epsilon;
  if (spent === null) return { level: 'unlimited', spent: null, limit, share: 0, roundsLeft: null };
  if (spent === undefined || !Number.isFinite(spent) || !(limit > 0)) {
    return { level: 'unknown', spent: null, limit, share: 0, roundsLeft: null };
  }
  const share = Math.min(1, Math.max(0, spent / limit));
  const roundsLeft = spend?.roundsLeft ?? null;
  const level = spent >= limit || roundsLeft === 0 ? 'spent' : share >= NEAR ? 'near' : 'ok';
  return { level, spent, limit, share, roundsLeft };
}
