/** Whole seconds until a deadline, never negative, never NaN; null without a deadline. Computed, not counted down: a hidden tab wakes rarely. */
export function secondsLeft(deadline: number | null, now: number): number | null {
  if (deadline === null || !Number.isFinite(deadline) || !Number.isFinite(now)) return null;
  return Math.max(0, Math.ceil((deadline - now) / 1000));
}

/** How much of the phase has passed, 0..1; null without a deadline or with one before the start. */
export function phaseShare(startedAt: number, deadline: number | null, now: number): number | null {
  if (deadline === null || !Number.isFinite(deadline - startedAt) || deadline <= startedAt) return null;
  return Math.min(1, Math.max(0, (now - startedAt) / (deadline - startedAt)));
}
