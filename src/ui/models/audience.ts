import type { RoundView, RunEvent, RunView } from '../../core/federation/run-view.ts';

/** An answer older than this is shown with its age; the relay sends at least every few seconds. */
export const STALE_MS = 6_000;

export type AudienceFace = 'loading' | 'failed' | 'live' | 'stale';

export function audienceFace(view: RunView | null, failed: boolean, ageMs: number): AudienceFace {
  if (view === null) return failed ? 'failed' : 'loading';
  return ageMs > STALE_MS ? 'stale' : 'live';
}

/** Updates that the open round needs; null while none is open. */
export function quorumCount(view: Pick<RunView, 'quorum'>): number | null {
  return view.quorum > 0 ? Math.ceil(view.quorum) : null;
}

export const FEED_SHOWN = 12;

/** Newest first, by sequence number: clocks may jump. */
export function newestEvents(events: readonly RunEvent[], count = FEED_SHOWN): readonly RunEvent[] {
  return events.toSorted((a, b) => b.seq - a.seq).slice(0, count);
}

export const ROUNDS_SHOWN = 20;

export interface TimelineBar {
  readonly round: number;
  readonly outcome: RoundView['outcome'];
  readonly tookMs: number;
  /** 0..1 of the longest shown. */
  readonly height: number;
  readonly invited: number;
  readonly accepted: number;
  readonly loss: number | null;
}

/** The last rounds as bars, oldest first; an open round grows until now. */
export function timelineBars(rounds: readonly RoundView[], now: number): readonly TimelineBar[] {
  const shown = rounds.toSorted((a, b) => a.openedAt - b.openedAt).slice(-ROUNDS_SHOWN);
  const took = shown.map((round) => Math.max(0, (round.closedAt ?? now) - round.openedAt));
  const longest = Math.max(1, ...took);
  return shown.map((round, index) => {
    const tookMs = took[index] ?? 0;
    return {
      round: round.round,
      outcome: round.outcome,
      tookMs,
      height: Math.min(1, Math.max(0.06, tookMs / longest)),
      invited: round.invited,
      accepted: round.accepted,
      loss: round.loss,
    };
  });
}

/** Tokens per second of everybody at work. */
export function totalSpeed(view: Pick<RunView, 'participants'>): number {
  return view.participants
    .filter((participant) => participant.state !== 'away')
    .reduce(
      (sum, participant) => sum + (Number.isFinite(participant.tokensPerSecond) ? participant.tokensPerSecond : 0),
      0,
    );
}
