import { ROUND_STEPS, type RoundEnd, type RoundProgress, type RoundStep } from '../../core/session/session-view.ts';

export type StepMark = 'done' | 'now' | 'next' | 'missed';

export interface StepView {
  readonly step: RoundStep;
  readonly mark: StepMark;
}

/** A round that ended without our update never reached the last step: what was not done is missed, not next. */
const LOST: ReadonlySet<RoundEnd> = new Set(['committed', 'abandoned', 'stopped', 'failed', 'declined']);

export function stepViews(round: Pick<RoundProgress, 'step' | 'end'> | null): readonly StepView[] {
  if (round === null) return ROUND_STEPS.map((step) => ({ step, mark: 'next' }));
  const at = ROUND_STEPS.indexOf(round.step);
  const lost = round.end !== null && LOST.has(round.end);
  const merged = round.end === 'merged' || round.step === 'merged';
  return ROUND_STEPS.map((step, index) => {
    if (merged && !lost) return { step, mark: 'done' };
    if (index < at) return { step, mark: 'done' };
    if (lost) return { step, mark: 'missed' };
    return { step, mark: index === at ? 'now' : 'next' };
  });
}

/** Share of the whole way through the round, 0..1: training is most of it, the other steps are short. */
export function roundShare(round: Pick<RoundProgress, 'step' | 'progress' | 'end'> | null): number {
  if (round === null) return 0;
  const progress = Number.isFinite(round.progress) ? Math.min(1, Math.max(0, round.progress)) : 0;
  switch (round.step) {
    case 'invited':
      return 0.02;
    case 'training':
      return 0.05 + 0.75 * progress;
    case 'sealing':
      return 0.85;
    case 'sent':
      return 0.93;
    case 'merged':
      return 1;
  }
}
