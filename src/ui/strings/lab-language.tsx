import { createContext, use, useEffect, useMemo, useState, type ReactNode } from 'react';
import type { Language } from '../../app/preferences.ts';
import { createFormat, type Format } from '../format.ts';
import { labEn, type LabStrings } from './lab-en.ts';
import { useWords } from './language.tsx';

export interface LabWords {
  readonly t: LabStrings;
  readonly f: Format;
}

const english = createFormat('en');
const LabWordsContext = createContext<LabWords>({ t: labEn(english), f: english });

async function loadLabStrings(language: Language): Promise<(format: Format) => LabStrings> {
  if (language === 'de') return (await import('./lab-de.ts')).labDe;
  return labEn;
}

/** The lab's words in the language that the page speaks (inside of LanguageProvider). */
export function LabWordsProvider(props: { readonly children: ReactNode }) {
  const { f, language } = useWords();
  const [loaded, setLoaded] = useState<{ language: Language; make: (format: Format) => LabStrings }>({
    language: 'en',
    make: labEn,
  });
  useEffect(() => {
    let gone = false;
    loadLabStrings(language).then(
      (make) => {
        if (!gone) setLoaded({ language, make });
      },
      // As in LanguageProvider: without the chunk the page goes on in the language it has.
      () => undefined,
    );
    return () => {
      gone = true;
    };
  }, [language]);
  const words = useMemo(() => ({ t: loaded.make(f), f }), [loaded, f]);
  return <LabWordsContext value={words}>{props.children}</LabWordsContext>;
}

export function useLabWords(): LabWords {
  return use(LabWordsContext);
}
