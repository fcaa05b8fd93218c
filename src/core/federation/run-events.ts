import type { LossPoint, RunEvent, Severity } from './run-view.ts';

/** A line of the feed before it gets its number and time. */
export type EventDraft = Omit<RunEvent, 'seq' | 'at'>;

const count = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;

function draft(kind: string, severity: Severity, text: string, participant: string | null = null): EventDraft {
  return { kind, severity, text, participant };
}

export const runEvents = {
  runStarted: (name: string): EventDraft => draft('run-started', 'info', `The run "${name}" is open for participants.`),
  runResumed: (round: number, unmerged: number): EventDraft =>
    draft(
      'run-resumed',
      'info',
      `The relay is back: ${count(round, 'round')} and ${count(unmerged, 'waiting update')} restored from the ledger.`,
    ),
  runFinished: (rounds: number): EventDraft =>
    draft('run-finished', 'good', `The run is finished after ${count(rounds, 'merged round')}.`),
  runStopped: (reason: string): EventDraft => draft('run-stopped', 'warning', `The run was stopped: ${reason}.`),

  joined: (id: string, engine: string): EventDraft =>
    draft('joined', 'good', engine === '' ? `Tab ${id} joined.` : `Tab ${id} joined, training on ${engine}.`, id),
  returned: (id: string): EventDraft => draft('returned', 'good', `Tab ${id} is back.`, id),
  replaced: (id: string): EventDraft =>
    draft('replaced', 'info', `Tab ${id} opened a second connection; the older one was closed.`, id),
  left: (id: string): EventDraft => draft('left', 'info', `Tab ${id} left the run.`, id),
  lost: (id: string): EventDraft => draft('away', 'warning', `Lost touch with tab ${id}; its place is kept.`, id),
  silent: (id: string, seconds: number): EventDraft =>
    draft('away', 'warning', `Tab ${id} has been silent for ${seconds} seconds; its place is kept.`, id),
  paused: (id: string): EventDraft => draft('paused', 'info', `Tab ${id} is paused.`, id),
  resumed: (id: string): EventDraft => draft('resumed', 'info', `Tab ${id} goes on.`, id),
  budgetSpent: (id: string): EventDraft =>
    draft('budget-spent', 'info', `Tab ${id} has used its privacy budget and stops training.`, id),
  declined: (id: string, round: number, why: string): EventDraft =>
    draft('declined', 'info', `Tab ${id} sits out round ${round} (${why}).`, id),
  malformed: (id: string, messages: number): EventDraft =>
    draft('malformed', 'error', `Tab ${id} sent ${count(messages, 'unreadable message')} and was disconnected.`, id),

  roundOpened: (round: number, invited: number): EventDraft =>
    draft('round-opened', 'info', `Round ${round} began with ${count(invited, 'tab')}.`),
  roundMerging: (round: number, updates: number): EventDraft =>
    draft('round-merging', 'info', `Round ${round} has its updates; merging ${updates}.`),
  roundCommitted: (round: number, merged: number, late: number, before: number | null, after: number | null) => {
    const updates = late === 0 ? count(merged, 'update') : `${count(merged, 'update')} (${late} late)`;
    return draft('round-committed', 'good', `Round ${round} merged ${updates}${lossClause(before, after)}.`);
  },
  roundAbandoned: (round: number, reason: string, kept: number): EventDraft =>
    draft(
      'round-abandoned',
      'warning',
      `Round ${round} ended without a merge: ${reason}.${kept === 0 ? '' : ` ${count(kept, 'update')} will count in the next round.`}`,
    ),
  evaluated: (before: LossPoint | null, after: LossPoint): EventDraft =>
    draft(
      'evaluated',
      'info',
      after.round === 0
        ? `Before training the loss is ${after.loss.toFixed(2)}.`
        : `After round ${after.round} ${lossClause(before?.loss ?? null, after.loss).replace(/^; /, '')}.`,
    ),
  updateAccepted: (id: string, round: number): EventDraft =>
    draft('update-accepted', 'info', `Tab ${id} delivered its update for round ${round}.`, id),
  updateLate: (id: string, round: number): EventDraft =>
    draft('update-late', 'info', `An update of tab ${id} for round ${round} came late; it counts a little less.`, id),
  mergeFailed: (round: number, why: string): EventDraft =>
    draft('merge-failed', 'error', `Merging round ${round} failed: ${why}. No update is lost.`),
} as const;

/** "; loss fell from 2.91 to 2.83", or nothing where it was not evaluated. */
function lossClause(before: number | null, after: number | null): string {
  if (after === null) return '';
  const to = after.toFixed(2);
  if (before === null) return `; loss is ${to}`;
  const from = before.toFixed(2);
  if (from === to) return `; loss stays at ${to}`;
  return `; loss ${after < before ? 'fell' : 'rose'} from ${from} to ${to}`;
}
