import { useId, useMemo, useState } from 'react';
import type { OpenStage } from '../../app/stage.ts';
import type { RunView } from '../../core/federation/run-view.ts';
import { totalSpeed } from '../models/audience.ts';
import { peopleView, stageScene } from '../models/people.ts';
import { useMedia } from '../primitives/use-now.ts';
import { Constellation } from '../scenes/Constellation.tsx';
import { useWords } from '../strings/language.tsx';
import { PeopleList, StateCounts } from './PeopleList.tsx';
import screen from './screen.module.css';
import css from './stage-panel.module.css';

export interface StagePanelProps {
  readonly view: RunView;
  readonly openStage: OpenStage;
  readonly className: string | undefined;
}

/** Who is here and what are they doing: the constellation, or the same as a list. */
export function StagePanel({ view, openStage, className }: StagePanelProps) {
  const { t, f } = useWords();
  const id = useId();
  const reduced = useMedia('(prefers-reduced-motion: reduce)');
  const [asList, setAsList] = useState(false);
  const [drawable, setDrawable] = useState(true);
  const [paused, setPaused] = useState(false);
  const { participants } = view;
  const merges = view.rounds.filter((round) => round.outcome === 'committed').length;
  const scene = useMemo(() => stageScene(participants, merges, null), [participants, merges]);
  const people = peopleView(participants);
  const summary = f.list(people.counts.map(({ state, count }) => t.people.count(count, t.people.states[state])));
  const list = asList || !drawable;
  return (
    <section className={`${screen['panel'] ?? ''} ${css['panel'] ?? ''} ${className ?? ''}`} aria-labelledby={id}>
      <header className={screen['row']}>
        <h2 id={id} className={screen['title']}>
          {t.audience.people}
        </h2>
        <p className={screen['quiet']}>
          {t.people.sentence(people.present, people.atWork)}{' '}
          {participants.length > 0 ? t.audience.tokens(f.compact(totalSpeed(view))) : ''}
        </p>
      </header>
      <div className={css['picture']}>
        {list ? (
          <PeopleList participants={participants} self={null} max={120} />
        ) : (
          <Constellation
            scene={scene}
            openStage={openStage}
            sentence={t.people.picture(summary === '' ? t.people.sentence(0, 0) : summary)}
            paused={paused}
            ground="sheet"
            onUnavailable={() => setDrawable(false)}
          />
        )}
      </div>
      <footer className={screen['row']}>
        <StateCounts counts={people.counts} />
        {reduced && !list ? <p className={screen['small']}>{t.people.still}</p> : null}
        <div className={`${screen['buttons'] ?? ''} ${css['buttons'] ?? ''}`}>
          {drawable ? (
            <button type="button" className="button button-quiet" onClick={() => setAsList(!asList)}>
              {asList ? t.chrome.showPicture : t.chrome.showList}
            </button>
          ) : null}
          {list || reduced ? null : (
            <button
              type="button"
              className="button button-quiet"
              aria-pressed={paused}
              onClick={() => setPaused(!paused)}
            >
              {t.people.pausePicture}
            </button>
          )}
        </div>
      </footer>
    </section>
  );
}
