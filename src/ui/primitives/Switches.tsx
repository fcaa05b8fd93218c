import { useStore } from 'zustand';
import { LANGUAGES, type Theme } from '../../app/preferences.ts';
import { usePreferences, useWords } from '../strings/language.tsx';
import css from './switches.module.css';

const THEMES: readonly Theme[] = ['light', 'dark', 'auto'];
/** Each language is named in itself, so that its readers find it. */
const LANGUAGE_NAMES = { en: 'English', de: 'Deutsch' } as const;

export function ThemeSwitch() {
  const { t } = useWords();
  const preferences = usePreferences();
  const theme = useStore(preferences, (state) => state.theme);
  return (
    <label className={css['switch']}>
      <span className="visually-hidden">{t.chrome.theme}</span>
      <select
        className={css['select']}
        value={theme}
        onChange={(event) => {
          const next = THEMES.find((known) => known === event.target.value);
          if (next !== undefined) preferences.setState({ theme: next });
        }}
      >
        {THEMES.map((name) => (
          <option key={name} value={name}>
            {t.chrome.themes[name]}
          </option>
        ))}
      </select>
    </label>
  );
}

export function LanguageSwitch() {
  const { t } = useWords();
  const preferences = usePreferences();
  const language = useStore(preferences, (state) => state.language);
  return (
    <label className={css['switch']}>
      <span className="visually-hidden">{t.chrome.languageLabel}</span>
      <select
        className={css['select']}
        value={language}
        onChange={(event) => {
          const next = LANGUAGES.find((known) => known === event.target.value);
          if (next !== undefined) preferences.setState({ language: next });
        }}
      >
        {LANGUAGES.map((name) => (
          <option key={name} value={name} lang={name}>
            {LANGUAGE_NAMES[name]}
          </option>
        ))}
      </select>
    </label>
  );
}
