import type { ParticipantView } from '../../core/federation/run-view.ts';
import { STATE_ORDER, type PeopleView } from '../models/people.ts';
import { friendlyNames } from '../names.ts';
import { StateMark } from '../primitives/StateMark.tsx';
import { useWords } from '../strings/language.tsx';
import css from './people-panel.module.css';

export interface PeopleListProps {
  readonly participants: readonly ParticipantView[];
  readonly self: string | null;
  /** The rest is counted in a last line. */
  readonly max: number;
}

/** The twin of the picture: every tab with shape, name and state in words. */
export function PeopleList(props: PeopleListProps) {
  const { t, f } = useWords();
  const names = friendlyNames(props.participants.map((participant) => participant.id));
  const ordered = props.participants.toSorted(
    (a, b) => STATE_ORDER.indexOf(a.state) - STATE_ORDER.indexOf(b.state) || a.joinedAt - b.joinedAt,
  );
  return (
    <div className={css['scroll']} role="region" aria-label={t.people.list} tabIndex={0}>
      <ul className={css['list']}>
        {ordered.slice(0, props.max).map((participant) => (
          <li key={participant.id}>
            <StateMark state={participant.state} />
            <span className={css['who']}>
              {names.get(participant.id)}
              {participant.id === props.self ? <strong> ({t.people.you})</strong> : null}
            </span>
            <span className={css['what']}>
              {t.people.states[participant.state]}
              {participant.state === 'training' ? ` ${f.percent(participant.progress)}` : ''}
            </span>
          </li>
        ))}
        {ordered.length > props.max ? <li>{t.people.more(ordered.length - props.max)}</li> : null}
      </ul>
    </div>
  );
}

/** Legend and count in one: shape, number, word. */
export function StateCounts({ counts }: { readonly counts: PeopleView['counts'] }) {
  const { t } = useWords();
  return (
    <ul className={css['counts']}>
      {counts.map(({ state, count }) => (
        <li key={state}>
          <StateMark state={state} />
          {t.people.count(count, t.people.states[state])}
        </li>
      ))}
    </ul>
  );
}
