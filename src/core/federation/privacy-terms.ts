import type { PrivacyConfig } from './run-config.ts';

/** Does a run with `now` protect a participant less than one with `before`? Less noise, or more of the budget or of delta. [CF4] */
export function hasLessPrivacy(now: PrivacyConfig, before: PrivacyConfig): boolean {
  // Without noise there was nothing to lose.
  if (before.noiseMultiplier === 0) return false;
  return (
    now.noiseMultiplier < before.noiseMultiplier || now.epsilonBudget > before.epsilonBudget || now.delta > before.delta
  );
}
