import type { ReactNode } from 'react';
import { useStore } from 'zustand';
import type { AudienceApp } from '../../app/audience-app.ts';
import { relayNow } from '../../app/live-feed.ts';
import type { RunView } from '../../core/federation/run-view.ts';
import { audienceFace } from '../models/audience.ts';
import { FeedPanel } from '../panels/FeedPanel.tsx';
import { JoinPanel } from '../panels/JoinPanel.tsx';
import { PhasePanel } from '../panels/PhasePanel.tsx';
import { QualityPanel } from '../panels/QualityPanel.tsx';
import { SpentPanel } from '../panels/SpentPanel.tsx';
import { StagePanel } from '../panels/StagePanel.tsx';
import { TimelinePanel } from '../panels/TimelinePanel.tsx';
import { BrandMark } from '../primitives/Brand.tsx';
import { Icon } from '../primitives/Icon.tsx';
import { LanguageSwitch, ThemeSwitch } from '../primitives/Switches.tsx';
import { useNow } from '../primitives/use-now.ts';
import { LanguageProvider, useWords } from '../strings/language.tsx';
import { PeopleAnnouncements } from './Announcements.tsx';
import css from './audience-page.module.css';

export function AudiencePage({ app }: { readonly app: AudienceApp }) {
  return (
    <LanguageProvider preferences={app.preferences}>
      <Screen app={app} />
    </LanguageProvider>
  );
}

function Screen({ app }: { readonly app: AudienceApp }) {
  const { t } = useWords();
  const view = useStore(app.live, (state) => state.view);
  const failed = useStore(app.live, (state) => state.failure !== null);
  return (
    <div className="stage-page">
      <header className="stage-head">
        <h1 className="brand">
          <BrandMark />
          Plaquette
        </h1>
        <p className="stage-sentence">{t.audience.robust}</p>
        <div className="stage-tools">
          <Age app={app} />
          <LanguageSwitch />
          <ThemeSwitch />
        </div>
      </header>
      <main id="main" className={css['main']}>
        {view === null ? (
          <p className={css['wait']} role={failed ? 'alert' : undefined}>
            {failed ? t.audience.failed : t.audience.loading}
          </p>
        ) : (
          <Panels app={app} view={view} />
        )}
      </main>
      <PeopleAnnouncements participants={view?.participants ?? null} />
    </div>
  );
}

/** How old the picture is, once it is too old to be called live. */
function Age({ app }: { readonly app: AudienceApp }) {
  const { t, f } = useWords();
  const live = useStore(app.live);
  const now = useNow(true);
  const age = Math.max(0, now - live.receivedAt);
  if (audienceFace(live.view, live.failure !== null, age) !== 'stale') return null;
  return (
    <span className={css['stale']}>
      <Icon name="warn" />
      {t.audience.stale(f.duration(Math.floor(age / 1000) * 1000))}
    </span>
  );
}

/** Only the two panels that show time are drawn again every second. */
function Panels({ app, view }: { readonly app: AudienceApp; readonly view: RunView }) {
  return (
    <div className={css['grid']}>
      <StagePanel view={view} openStage={app.openStage} className={css['stage']} />
      <Timed app={app}>{(now) => <PhasePanel view={view} now={now} className={css['phase']} />}</Timed>
      <QualityPanel losses={view.losses} className={css['quality']} />
      <SpentPanel view={view} className={css['spent']} />
      <FeedPanel view={view} className={css['feed']} />
      <Timed app={app}>{(now) => <TimelinePanel rounds={view.rounds} now={now} className={css['timeline']} />}</Timed>
      <JoinPanel url={view.joinUrl} className={css['join']} />
    </div>
  );
}

/** Gives its child the relay's clock, renewed every second. */
function Timed({ app, children }: { readonly app: AudienceApp; readonly children: (now: number) => ReactNode }) {
  const live = useStore(app.live);
  return children(relayNow(live, useNow(true)));
}
