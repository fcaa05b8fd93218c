import type { Millis } from '../lib/world.ts';

/** Longest pause between two `tick` events: the error of every deadline. */
export const TICK_MS: Millis = 250;
/** Two unanswered ones make a participant reconnect: a black hole is found in at most 3 x 1.5 s = 4.5 s (goal: 5 s). */
export const HEARTBEAT_MS: Millis = 1_500;
/** Hidden tabs wake once a minute, so shorter silences say nothing. */
export const SILENCE_MS: Millis = 75_000;
/** A reload is back in 5 s; a round in which a third of the tabs was killed is to end within 10 s. */
export const RETURN_GRACE_MS: Millis = 8_000;
/** After a restart the tabs need up to 2 s of jitter and a handshake to come back: an open round lasts at least this long. */
export const RESUME_GRACE_MS: Millis = 10_000;
/** If no event came for this long, the relay itself was suspended and nobody else's silence is counted. */
export const SUSPENDED_MS: Millis = 10_000;
/** Merging 200 updates of 16 M values takes seconds; a minute means that it hangs. */
export const MERGE_LIMIT_MS: Millis = 60_000;
/** Pause after an abandoned round, so that a cohort that declines at once does not make the relay spin. */
export const ABANDON_PAUSE_MS: Millis = 1_000;
/** Share of the deadline that must be left for an invitation in the middle of a round. */
export const JOIN_SHARE = 0.5;
/** After so many failed merges in a row an operator has to look. */
export const AGGREGATION_FAILURES_MAX = 3;
/** A tab that sends so many broken messages on one connection is cut off. */
export const MALFORMED_MAX = 20;
/** The relay is built for 5,000 tabs; twice that is a flood. */
export const MEMBERS_MAX = 10_000;
/** Rounds and feed lines that the view carries: about 30 KB each at most. */
export const ROUNDS_SHOWN = 128;
export const EVENTS_SHOWN = 100;
/** Rounds whose invitations are remembered; updates for older ones are stale. */
export const ROUNDS_REMEMBERED = 256;
/** Merged updates are remembered for so many rounds; after that the ledger answers for them. */
export const MERGED_REMEMBERED = 4;

/** Invitations per round: ceil(1.3 x target), in integers because 1.3 is not exact (over-selection: arXiv 1902.01046, section 9). */
export function cohortMax(target: number): number {
  return Math.ceil((13 * target) / 10);
}

/**
 * Updates that a round needs: ceil(quorum x invited), at least 1, and never more than the target, which over-selection would
 * otherwise put out of reach. The epsilon keeps 0.1 x 30 at 3.
 */
export function updatesNeeded(
  rounds: { readonly quorum: number; readonly cohortTarget: number },
  invited: number,
): number {
  const quorum = Math.max(1, Math.ceil(rounds.quorum * invited - 1e-9));
  return Math.min(rounds.cohortTarget, quorum);
}

/** Staleness discount of FedBuff (arXiv 2106.06639, section 3.2). */
export function stalenessWeight(staleness: number): number {
  return 1 / Math.sqrt(1 + staleness);
}
