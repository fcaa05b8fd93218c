import { useCallback, useEffect, useRef, useState } from 'react';
import { createAnnouncer } from '../models/announcer.ts';

export interface Speech {
  /** For a polite live region. */
  readonly text: string;
  /** Queues a sentence; at most one message is spoken every five seconds (models/announcer.ts). */
  readonly say: (topic: string, sentence: string) => void;
}

/** `onSpoken` runs after each message and must keep its identity. */
export function useAnnouncer(onSpoken?: () => void): Speech {
  const announcer = useRef(createAnnouncer());
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const [text, setText] = useState('');
  const say = useCallback(
    (topic: string, sentence: string): void => {
      announcer.current.push(topic, sentence, performance.now());
      const speak = (): void => {
        const spoken = announcer.current.take(performance.now());
        if (spoken !== null) {
          setText(spoken);
          onSpoken?.();
        }
        const readyAt = announcer.current.readyAt();
        if (readyAt !== null) timer.current = setTimeout(speak, Math.max(50, readyAt - performance.now()));
      };
      clearTimeout(timer.current);
      timer.current = setTimeout(speak, Math.max(0, (announcer.current.readyAt() ?? 0) - performance.now()));
    },
    [onSpoken],
  );
  useEffect(() => () => clearTimeout(timer.current), []);
  return { text, say };
}
