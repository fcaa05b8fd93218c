import { useMemo, useState } from 'react';
import type { ParticipantView } from '../../core/federation/run-view.ts';
import { peopleView, stageScene } from '../models/people.ts';
import { useApp, useLive, useSession } from '../pages/app-context.ts';
import { Panel } from '../primitives/Panel.tsx';
import { useMedia } from '../primitives/use-now.ts';
import { Constellation } from '../scenes/Constellation.tsx';
import { useWords } from '../strings/language.tsx';
import { PeopleList, StateCounts } from './PeopleList.tsx';
import css from './people-panel.module.css';

/** Who is here: a small constellation, or the same as a list. */
export function PeoplePanel({ withList = false }: { readonly withList?: boolean }) {
  const { t } = useWords();
  const empty = useLive((state) => state.view === null || state.view.participants.length === 0);
  const known = useLive((state) => state.view !== null);
  return (
    <Panel
      title={t.people.title}
      face={!known ? 'loading' : empty ? 'empty' : 'live'}
      note={known ? null : t.hero.looking}
    >
      {withList ? (
        <div className={css['both']}>
          <PeoplePicture />
          <PeopleBeside />
        </div>
      ) : (
        <PeoplePicture />
      )}
    </Panel>
  );
}

function PeopleBeside() {
  const participants = useLive((state) => state.view?.participants ?? NOBODY);
  const self = useSession((view) => view?.identity.publicId ?? null);
  return <PeopleList participants={participants} self={self} max={60} />;
}

/** The picture with its legend and its two buttons; its size does not depend on how many are here. */
export function PeoplePicture({ tall = false }: { readonly tall?: boolean }) {
  const { t, f } = useWords();
  const { openStage } = useApp();
  const participants = useLive((state) => state.view?.participants ?? NOBODY);
  const merges = useLive((state) => state.view?.rounds.filter((round) => round.outcome === 'committed').length ?? 0);
  const self = useSession((view) => view?.identity.publicId ?? null);
  const reduced = useMedia('(prefers-reduced-motion: reduce)');
  const [asList, setAsList] = useState(false);
  const [drawable, setDrawable] = useState(true);
  const [paused, setPaused] = useState(false);
  const scene = useMemo(() => stageScene(participants, merges, self), [participants, merges, self]);
  const people = peopleView(participants);
  const sentence = t.people.sentence(people.present, people.atWork);
  const summary = f.list(people.counts.map(({ state, count }) => t.people.count(count, t.people.states[state])));
  const list = asList || !drawable;
  return (
    <div className={`${css['people'] ?? ''} ${tall ? (css['tall'] ?? '') : ''}`}>
      <div className={css['picture']}>
        {list ? (
          <PeopleList participants={participants} self={self} max={60} />
        ) : (
          <Constellation
            scene={scene}
            openStage={openStage}
            sentence={summary === '' ? sentence : t.people.picture(summary)}
            paused={paused}
            ground={tall ? 'paper' : 'sheet'}
            onUnavailable={() => setDrawable(false)}
          />
        )}
      </div>
      <p className={css['sentence']}>{drawable ? sentence : `${sentence} ${t.people.noCanvas}`}</p>
      <StateCounts counts={people.counts} />
      <div className={css['buttons']}>
        {participants.length === 0 || !drawable ? null : (
          <button type="button" className="button button-quiet button-small" onClick={() => setAsList(!asList)}>
            {asList ? t.chrome.showPicture : t.chrome.showList}
          </button>
        )}
        {participants.length === 0 || list || reduced ? null : (
          <button
            type="button"
            className="button button-quiet button-small"
            aria-pressed={paused}
            onClick={() => setPaused(!paused)}
          >
            {t.people.pausePicture}
          </button>
        )}
      </div>
    </div>
  );
}

const NOBODY: readonly ParticipantView[] = [];
