import type { StoreApi } from 'zustand/vanilla';
import type { LabApp } from '../../app/lab/lab-app.ts';
import type { Preferences } from '../../app/preferences.ts';
import { BlochPanel } from '../lab/BlochPanel.tsx';
import { CircuitPanel } from '../lab/CircuitPanel.tsx';
import { CountsPanel } from '../lab/CountsPanel.tsx';
import { EnginePanel } from '../lab/EnginePanel.tsx';
import { LabContext, useLab } from '../lab/lab-context.ts';
import { LabNoticeBar } from '../lab/LabNoticeBar.tsx';
import { ObservablesPanel } from '../lab/ObservablesPanel.tsx';
import { OptimisePanel } from '../lab/OptimisePanel.tsx';
import { QasmPanel } from '../lab/QasmPanel.tsx';
import { StatePanel } from '../lab/StatePanel.tsx';
import { useFileDrop } from '../lab/use-file-drop.ts';
import { BrandMark } from '../primitives/Brand.tsx';
import { LanguageSwitch, ThemeSwitch } from '../primitives/Switches.tsx';
import { LabWordsProvider, useLabWords } from '../strings/lab-language.tsx';
import { LanguageProvider, useWords } from '../strings/language.tsx';
import css from './lab-page.module.css';

interface LabPageProps {
  readonly app: LabApp;
  readonly preferences: StoreApi<Preferences>;
}

export function LabPage({ app, preferences }: LabPageProps) {
  return (
    <LanguageProvider preferences={preferences}>
      <LabWordsProvider>
        <LabContext value={app}>
          <Layout />
        </LabContext>
      </LabWordsProvider>
    </LanguageProvider>
  );
}

/** The circuit over the whole width; below it what it does on one side, and its text and the machinery on the other. */
function Layout() {
  const { t: page } = useWords();
  const { t } = useLabWords();
  const { commands } = useLab();
  const drop = useFileDrop((file) => void commands.openFile(file));
  return (
    <>
      <a className="skip" href="#main" onClick={skip}>
        {page.chrome.skip}
      </a>
      <header className="bar">
        <a className="brand" href="/">
          <BrandMark />
          Plaquette
        </a>
        <div className="bar-tools">
          <a className={css['home']} href="/">
            {t.home}
          </a>
          <LanguageSwitch />
          <ThemeSwitch />
        </div>
      </header>
      <main className="page" id="main" tabIndex={-1} {...drop.handlers}>
        <div className="lab-head">
          <h1>{t.title}</h1>
          <p>{t.lead}</p>
        </div>
        <LabNoticeBar />
        <CircuitPanel />
        <div className={css['columns']}>
          <div className={css['column']}>
            <StatePanel />
            <BlochPanel />
            <CountsPanel />
          </div>
          <div className={css['column']}>
            <QasmPanel />
            <ObservablesPanel />
            <OptimisePanel />
            <EnginePanel />
          </div>
        </div>
        {drop.over ? <p className={css['drop']}>{t.circuit.drop}</p> : null}
      </main>
    </>
  );
}

/** The fragment of the address is the circuit, so the skip link must not put its own there. */
function skip(event: { preventDefault(): void }): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
}
