import { createContext, use, useEffect, useMemo, useState, type ReactNode } from 'react';
import { useStore } from 'zustand';
import type { StoreApi } from 'zustand/vanilla';
import type { Language, Preferences } from '../../app/preferences.ts';
import { createFormat, type Format } from '../format.ts';
import { en, type Strings } from './en.ts';

export interface Words {
  readonly t: Strings;
  readonly f: Format;
  readonly language: Language;
}

const english = createFormat('en');
const WordsContext = createContext<Words>({ t: en(english), f: english, language: 'en' });
const PreferencesContext = createContext<StoreApi<Preferences> | null>(null);

/** English is in the first bundle; every other language is a chunk of its own, fetched when it is chosen. */
async function loadStrings(language: Language): Promise<(format: Format) => Strings> {
  if (language === 'de') return (await import('./de.ts')).de;
  return en;
}

export function LanguageProvider(props: { readonly preferences: StoreApi<Preferences>; readonly children: ReactNode }) {
  const language = useStore(props.preferences, (state) => state.language);
  const [loaded, setLoaded] = useState<{ language: Language; make: (format: Format) => Strings }>({
    language: 'en',
    make: en,
  });
  useEffect(() => {
    let gone = false;
    loadStrings(language).then(
      (make) => {
        if (!gone) setLoaded({ language, make });
      },
      // The chunk did not arrive (offline): the page goes on in the language it has.
      () => undefined,
    );
    return () => {
      gone = true;
    };
  }, [language]);
  const words = useMemo(() => {
    const f = createFormat(loaded.language);
    return { t: loaded.make(f), f, language: loaded.language };
  }, [loaded]);
  return (
    <PreferencesContext value={props.preferences}>
      <WordsContext value={words}>{props.children}</WordsContext>
    </PreferencesContext>
  );
}

export function useWords(): Words {
  return use(WordsContext);
}

export function usePreferences(): StoreApi<Preferences> {
  const preferences = use(PreferencesContext);
  if (preferences === null) throw new Error('usePreferences outside of LanguageProvider');
  return preferences;
}
