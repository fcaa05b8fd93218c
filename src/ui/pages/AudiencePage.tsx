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
  const { t, f } = useWords();
  const live = useStore(app.live);
  const now = useNow(true);
  const age = live.view === null ? 0 : Math.max(0, now - live.receivedAt);
  const face = audienceFace(live.view, live.failure !== null, age);
  return (
    <div className="stage-page">
      <header className="stage-head">
        <h1 className="brand">
          <BrandMark />
          Plaquette
        </h1>
        <p className="stage-sentence">{live.view === null ? t.audience.sentence : t.audience.robust}</p>
        <div className={css['tools']}>
          {face === 'stale' ? (
            <span className={css['stale']}>
              <Icon name="warn" />
              {t.audience.stale(f.duration(Math.floor(age / 1000) * 1000))}
            </span>
          ) : null}
          <LanguageSwitch />
          <ThemeSwitch />
        </div>
      </header>
      <main id="main" className={css['main']} data-face={face}>
        {live.view === null ? (
          <p className={css['wait']} role={face === 'failed' ? 'alert' : undefined}>
            {face === 'failed' ? t.audience.failed : t.audience.loading}
          </p>
        ) : (
          <Panels app={app} view={live.view} now={relayNow(live, now)} />
        )}
      </main>
      <PeopleAnnouncements participants={live.view?.participants ?? null} />
    </div>
  );
}

function Panels({ app, view, now }: { readonly app: AudienceApp; readonly view: RunView; readonly now: number }) {
  return (
    <div className={css['grid']}>
      <StagePanel view={view} openStage={app.openStage} className={css['stage']} />
      <PhasePanel view={view} now={now} className={css['phase']} />
      <QualityPanel losses={view.losses} className={css['quality']} />
      <SpentPanel view={view} className={css['spent']} />
      <FeedPanel view={view} className={css['feed']} />
      <TimelinePanel rounds={view.rounds} now={now} className={css['timeline']} />
      <JoinPanel url={view.joinUrl} className={css['join']} />
    </div>
  );
}
