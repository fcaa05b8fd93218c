import { useEffect, useRef, useState } from 'react';
import { createAnnouncer } from '../models/announcer.ts';

export interface Announcement {
  readonly topic: string;
  readonly sentence: string;
}

/** A polite live region; each new `said` object is queued, and at most one message is spoken every five seconds. */
export function LiveRegion(props: { readonly said: Announcement | null; readonly onSpoken?: () => void }) {
  const announcer = useRef(createAnnouncer());
  const [text, setText] = useState('');
  const { said, onSpoken } = props;
  useEffect(() => {
    if (said === null) return;
    announcer.current.push(said.topic, said.sentence, performance.now());
    let timer: ReturnType<typeof setTimeout> | undefined;
    const speak = (): void => {
      const sentence = announcer.current.take(performance.now());
      if (sentence !== null) {
        setText(sentence);
        onSpoken?.();
      }
      const readyAt = announcer.current.readyAt();
      if (readyAt !== null) timer = setTimeout(speak, Math.max(50, readyAt - performance.now()));
    };
    speak();
    return () => clearTimeout(timer);
  }, [said, onSpoken]);
  return (
    <p className="visually-hidden" role="status" aria-live="polite">
      {text}
    </p>
  );
}
