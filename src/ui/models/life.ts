import type { RoundProgress, SessionLife, SessionView } from '../../core/session/session-view.ts';
import type { PageState } from '../../app/participant-app.ts';
import type { Strings } from '../strings/en.ts';

/**
 * Does the page show this tab's life instead of the invitation? From the click on, not only when the session has answered:
 * a page that turns over seconds later would move under the finger.
 */
export function showsLife(start: PageState['start'], life: SessionLife | null): boolean {
  return start === 'starting' || (start === 'running' && life?.state === 'opening') || isIn(life);
}

/** Has this tab begun to take part? */
export function isIn(life: SessionLife | null): boolean {
  if (life === null) return false;
  switch (life.state) {
    case 'joining':
    case 'joined':
    case 'paused':
    case 'budget-spent':
    case 'finished':
      return true;
    case 'closed':
    case 'opening':
    case 'ready':
    case 'failed':
      return false;
  }
}

export type PauseButton = 'pause' | 'resume' | 'none';

export function pauseButton(life: SessionLife): PauseButton {
  if (life.state === 'joined') return 'pause';
  return life.state === 'paused' ? 'resume' : 'none';
}

/** Share of the model that has arrived, 0..1; null while its size is unknown or nothing loads. */
export function modelShare(model: SessionView['model']): number | null {
  if (model.state !== 'loading' || model.bytesTotal === null || model.bytesTotal <= 0) return null;
  return Math.min(1, model.bytesLoaded / model.bytesTotal);
}

/** What is happening now, one sentence in the page's language. */
export function statusSentence(
  view: Pick<SessionView, 'life' | 'model' | 'shard' | 'connection' | 'round'>,
  t: Strings,
): string {
  const { life } = view;
  switch (life.state) {
    case 'closed':
    case 'opening':
    case 'paused':
    case 'budget-spent':
      return t.tab.life[life.state];
    case 'ready':
      return life.left ? t.tab.life.left : t.tab.life.ready;
    case 'failed':
      return life.message;
    case 'finished':
      return t.tab.life.finished(life.rounds);
    case 'joining':
      return joiningSentence(view, t);
    case 'joined':
      if (view.connection.state !== 'connected') return t.tab.doing.unreachable;
      return roundSentence(view.round, t);
  }
}

function joiningSentence(view: Pick<SessionView, 'model' | 'shard' | 'connection'>, t: Strings): string {
  if (view.model.state === 'loading') return t.tab.doing.fetching;
  if (view.shard.state === 'chosen') return t.tab.doing.reading;
  return view.connection.state === 'securing' ? t.tab.doing.keys : t.tab.doing.connecting;
}

function roundSentence(round: RoundProgress | null, t: Strings): string {
  if (round === null) return t.tab.doing.waiting;
  if (round.end !== null) return t.tab.ends[round.end];
  if (round.step === 'sent' && !round.accepted) return t.tab.doing.sending(round.round);
  return t.tab.doing[round.step](round.round);
}
