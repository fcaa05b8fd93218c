import type { ParticipantApp } from '../../app/participant-app.ts';
import { showsLife } from '../models/life.ts';
import { HealthPanel } from '../panels/HealthPanel.tsx';
import { Hero } from '../panels/Hero.tsx';
import { LeftPanel } from '../panels/LeftPanel.tsx';
import { ModelPanel } from '../panels/ModelPanel.tsx';
import { MyTab } from '../panels/MyTab.tsx';
import { Notices } from '../panels/Notices.tsx';
import { PeoplePanel } from '../panels/PeoplePanel.tsx';
import { PrivacyPanel } from '../panels/PrivacyPanel.tsx';
import { TextPanel } from '../panels/TextPanel.tsx';
import { TopBar } from '../panels/TopBar.tsx';
import { WritePanel } from '../panels/WritePanel.tsx';
import { useMedia } from '../primitives/use-now.ts';
import { LanguageProvider, useWords } from '../strings/language.tsx';
import { AppContext, usePage, useSession } from './app-context.ts';
import { ParticipantAnnouncements } from './Announcements.tsx';
import css from './participant-page.module.css';

export function ParticipantPage({ app }: { readonly app: ParticipantApp }) {
  return (
    <LanguageProvider preferences={app.preferences}>
      <AppContext value={app}>
        <Layout />
      </AppContext>
    </LanguageProvider>
  );
}

/** One column on a phone; from 900 px two. Before joining the invitation stands on top, afterwards the tab's own life. */
function Layout() {
  const { t } = useWords();
  const wide = useMedia('(min-width: 900px)');
  const start = usePage((state) => state.start);
  const joined = useSession((view) => showsLife(start, view?.life ?? null));
  return (
    <>
      <a className="skip" href="#main">
        {t.chrome.skip}
      </a>
      <TopBar />
      <main className="page" id="main">
        <Notices loud />
        {joined ? <MyTab /> : <Hero wide={wide} />}
        <div className={css['columns']}>
          {joined ? (
            <>
              <div className={css['column']}>
                <LeftPanel />
                <PrivacyPanel />
              </div>
              <div className={css['column']}>
                <ModelPanel />
                <WritePanel />
                <TextPanel />
              </div>
            </>
          ) : (
            <>
              <div className={css['column']}>
                <TextPanel />
                <ModelPanel />
              </div>
              <div className={css['column']}>
                <LeftPanel />
                <PrivacyPanel />
                {wide ? null : <PeoplePanel />}
              </div>
            </>
          )}
        </div>
        {joined ? (
          <div className={css['wide']}>
            <PeoplePanel withList={wide} />
          </div>
        ) : null}
        <Notices />
        <HealthPanel />
      </main>
      <ParticipantAnnouncements />
    </>
  );
}
