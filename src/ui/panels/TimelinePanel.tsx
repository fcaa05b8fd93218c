import { useId } from 'react';
import type { RoundView } from '../../core/federation/run-view.ts';
import { timelineBars, type TimelineBar } from '../models/audience.ts';
import { Icon } from '../primitives/Icon.tsx';
import { useWords } from '../strings/language.tsx';
import screen from './screen.module.css';
import css from './timeline-panel.module.css';

export interface TimelinePanelProps {
  readonly rounds: readonly RoundView[];
  readonly now: number;
  readonly className: string | undefined;
}

/** The last twenty rounds: height is how long, mark and colour how it ended. */
export function TimelinePanel({ rounds, now, className }: TimelinePanelProps) {
  const { t } = useWords();
  const id = useId();
  const bars = timelineBars(rounds, now);
  return (
    <section className={`${screen['panel'] ?? ''} ${className ?? ''}`} aria-labelledby={id}>
      <h2 id={id} className={screen['title']}>
        {t.audience.timeline}
      </h2>
      {bars.length === 0 ? (
        <p className={screen['empty']}>{t.audience.timelineEmpty}</p>
      ) : (
        <ol className={css['bars']}>
          {bars.map((bar, index) => (
            <Bar
              key={bar.round}
              bar={bar}
              numbered={bars.length <= 10 || bar.round % 5 === 0 || index === bars.length - 1}
            />
          ))}
        </ol>
      )}
    </section>
  );
}

/** With many bars only every fifth number fits under them. */
function Bar({ bar, numbered }: { readonly bar: TimelineBar; readonly numbered: boolean }) {
  const { t, f } = useWords();
  const outcome = t.audience.outcomes[bar.outcome];
  const sentence = t.audience.roundSummary(
    bar.round,
    outcome,
    bar.accepted,
    bar.invited,
    bar.loss,
    f.duration(bar.tookMs),
  );
  return (
    <li title={sentence}>
      <span className={css['track']} aria-hidden="true">
        <span className={`${css['bar'] ?? ''} ${css[bar.outcome] ?? ''}`} style={{ blockSize: `${bar.height * 100}%` }}>
          <Icon name={bar.outcome === 'committed' ? 'check' : bar.outcome === 'abandoned' ? 'cross' : 'ring'} />
        </span>
      </span>
      <span className={css['number']} aria-hidden="true">
        {numbered ? bar.round : '\u00a0'}
      </span>
      <span className="visually-hidden">{sentence}</span>
    </li>
  );
}
