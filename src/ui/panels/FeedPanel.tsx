import { useId } from 'react';
import type { RunView, Severity } from '../../core/federation/run-view.ts';
import { newestEvents } from '../models/audience.ts';
import { namedText } from '../models/feed.ts';
import { friendlyNames } from '../names.ts';
import { Icon, type IconName } from '../primitives/Icon.tsx';
import { useWords } from '../strings/language.tsx';
import screen from './screen.module.css';
import css from './feed-panel.module.css';

const ICONS: Readonly<Record<Severity, IconName>> = { info: 'note', good: 'check', warning: 'warn', error: 'stop' };

export interface FeedPanelProps {
  readonly view: Pick<RunView, 'events' | 'participants'>;
  readonly className: string | undefined;
}

/** What happened, one sentence each, newest first. The relay writes English. */
export function FeedPanel({ view, className }: FeedPanelProps) {
  const { t, f } = useWords();
  const id = useId();
  const shown = newestEvents(view.events);
  const names = friendlyNames(view.participants.map((participant) => participant.id));
  return (
    <section className={`${screen['panel'] ?? ''} ${className ?? ''}`} aria-labelledby={id}>
      <h2 id={id} className={screen['title']}>
        {t.audience.feed}
      </h2>
      {shown.length === 0 ? (
        <p className={screen['empty']}>{t.audience.feedEmpty}</p>
      ) : (
        <ol className={css['feed']}>
          {shown.map((event) => (
            <li key={event.seq} className={css[event.severity]}>
              <Icon name={ICONS[event.severity]} />
              <p>
                <span className="visually-hidden">{t.audience.severities[event.severity]}: </span>
                <span lang="en" dir="auto">
                  {namedText(event, names)}
                </span>
              </p>
              <time dateTime={isoTime(event.at)}>{f.shortTime(event.at)}</time>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

function isoTime(at: number): string | undefined {
  return Number.isFinite(at) && Math.abs(at) < 8.64e15 ? new Date(at).toISOString() : undefined;
}
