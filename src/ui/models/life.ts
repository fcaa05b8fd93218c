import type { SessionLife, SessionView } from '../../core/session/session-view.ts';

/** Is there a life in this tab that the page shows instead of the invitation? */
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
