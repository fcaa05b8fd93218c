import { useId, type ReactNode } from 'react';
import css from './panel.module.css';

/** What a panel can be besides live; `loading` keeps the final size. */
export type Face = 'loading' | 'empty' | 'live' | 'stale' | 'failed' | 'degraded';

export interface PanelProps {
  readonly title: string;
  readonly face?: Face;
  /** A sentence for every face but live: what will be here, how old it is, why it failed, what is slower. */
  readonly note?: ReactNode;
  /** To the right of the title. */
  readonly aside?: ReactNode;
  readonly className?: string | undefined;
  readonly children?: ReactNode;
}

/** One question, one panel: a titled region that shows its face in words. */
export function Panel(props: PanelProps) {
  const id = useId();
  const face = props.face ?? 'live';
  return (
    <section
      className={`${css['panel'] ?? ''} ${css[face] ?? ''} ${props.className ?? ''}`}
      aria-labelledby={id}
      aria-busy={face === 'loading'}
      data-face={face}
    >
      <header className={css['head']}>
        <h2 id={id}>{props.title}</h2>
        {props.aside === undefined ? null : <div className={css['aside']}>{props.aside}</div>}
      </header>
      {props.note === undefined || props.note === null ? null : <p className={css['note']}>{props.note}</p>}
      {props.children}
    </section>
  );
}
