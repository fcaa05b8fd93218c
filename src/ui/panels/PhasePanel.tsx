import { useId } from 'react';
import type { RunView } from '../../core/federation/run-view.ts';
import { quorumCount } from '../models/audience.ts';
import { phaseShare, secondsLeft } from '../models/time-left.ts';
import { useWords } from '../strings/language.tsx';
import screen from './screen.module.css';

export interface PhasePanelProps {
  readonly view: RunView;
  /** The relay's clock. */
  readonly now: number;
  readonly className: string | undefined;
}

/** What is happening now and until when. */
export function PhasePanel({ view, now, className }: PhasePanelProps) {
  const { t } = useWords();
  const id = useId();
  const left = secondsLeft(view.deadline, now);
  const share = phaseShare(view.phaseStartedAt, view.deadline, now);
  const quorum = view.phase === 'training' ? quorumCount(view) : null;
  const over = view.phase === 'finished' || view.phase === 'stopped';
  return (
    <section className={`${screen['panel'] ?? ''} ${className ?? ''}`} aria-labelledby={id}>
      <div className={screen['row']}>
        <h2 id={id} className={screen['title']}>
          {t.audience.roundOf(view.round, view.roundsMax)}
        </h2>
        <p className={screen['quiet']}>
          {left === null || over ? '' : left === 0 ? t.tab.overdue : t.audience.left(left)}
        </p>
      </div>
      <div className={screen['row']}>
        <p className={screen['big']}>{t.audience.phases[view.phase]}</p>
        <p className={screen['quiet']}>
          {t.audience.phaseSentence(view.phase, view.accepted, view.invited)}
          {quorum === null ? '' : ` · ${t.audience.quorum(quorum)}`}
        </p>
      </div>
      <progress className={screen['bar']} aria-label={t.audience.phaseLabel} max={1} value={over ? 1 : (share ?? 0)} />
    </section>
  );
}
