import { createStore, type StoreApi } from 'zustand/vanilla';

export type Theme = 'light' | 'dark' | 'auto';
export const LANGUAGES = ['en', 'de'] as const;
export type Language = (typeof LANGUAGES)[number];

export interface Preferences {
  readonly theme: Theme;
  readonly language: Language;
}

/** The part of Storage that is used; null where the browser denies storage: preferences then last as long as the page. */
export type PreferenceStorage = Pick<Storage, 'getItem' | 'setItem'> | null;

const THEME_KEY = 'plaquette-theme';
const LANGUAGE_KEY = 'plaquette-language';

export function readPreferences(storage: PreferenceStorage, systemLanguage: string): Preferences {
  const theme = storage?.getItem(THEME_KEY);
  const language = storage?.getItem(LANGUAGE_KEY) ?? systemLanguage.slice(0, 2).toLowerCase();
  return {
    theme: theme === 'light' || theme === 'dark' ? theme : 'auto',
    language: LANGUAGES.find((known) => known === language) ?? 'en',
  };
}

/** `localStorage` throws on access, not on use, where storage is denied. */
export function openPreferenceStorage(): PreferenceStorage {
  try {
    return globalThis.localStorage;
  } catch {
    return null;
  }
}

export function createPreferences(storage: PreferenceStorage, systemLanguage: string): StoreApi<Preferences> {
  const store = createStore<Preferences>(() => readPreferences(storage, systemLanguage));
  const apply = (preferences: Preferences): void => {
    const root = document.documentElement;
    if (preferences.theme === 'auto') delete root.dataset['theme'];
    else root.dataset['theme'] = preferences.theme;
    root.lang = preferences.language;
  };
  apply(store.getState());
  store.subscribe((next) => {
    apply(next);
    try {
      storage?.setItem(THEME_KEY, next.theme);
      storage?.setItem(LANGUAGE_KEY, next.language);
    } catch {
      // Quota is full or storage was taken away meanwhile: the choice still holds until the page closes.
    }
  });
  return store;
}
