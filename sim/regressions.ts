/** Seeds that once broke a promise, each with what was wrong. They stay in the quick run for ever. */
export const REGRESSIONS: readonly { readonly seed: number; readonly was: string }[] = [
  { seed: 5, was: 'a quorum above target / invited abandoned every round that reached its target' },
  { seed: 74, was: 'a kill after the last commit was taken for a run that never ended' },
  { seed: 1033, was: 'a hello that was stuck in the network took the identity from its own successor, for good' },
];
