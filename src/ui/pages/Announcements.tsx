import { useCallback, useEffect, useRef } from 'react';
import type { ParticipantView } from '../../core/federation/run-view.ts';
import { peopleChange } from '../models/people.ts';
import { useAnnouncer } from '../primitives/use-announcer.ts';
import { useWords } from '../strings/language.tsx';
import { useSession } from './app-context.ts';

/** What a screen reader hears of this tab's life: each step of the round, and how life changes. */
export function ParticipantAnnouncements() {
  const { t } = useWords();
  const round = useSession((view) => view?.round?.round ?? null);
  const step = useSession((view) => view?.round?.step ?? null);
  const life = useSession((view) => view?.life.state ?? null);
  const { text, say } = useAnnouncer();
  useEffect(() => {
    if (round !== null && step !== null) say('round', t.tab.announceStep(round, t.tab.steps[step]));
  }, [round, step, t, say]);
  useEffect(() => {
    if (life === 'joined' || life === 'paused' || life === 'budget-spent') say('life', t.tab.life[life]);
  }, [life, t, say]);
  return <LiveRegion text={text} />;
}

/** Joins and leaves on the big screen, counted since the last time they were spoken: at most one message per five seconds. */
export function PeopleAnnouncements({ participants }: { readonly participants: readonly ParticipantView[] | null }) {
  const { t } = useWords();
  const spoken = useRef<readonly ParticipantView[] | null>(null);
  const latest = useRef<readonly ParticipantView[] | null>(null);
  const onSpoken = useCallback(() => {
    spoken.current = latest.current;
  }, []);
  const { text, say } = useAnnouncer(onSpoken);
  useEffect(() => {
    latest.current = participants;
    spoken.current ??= participants;
    if (spoken.current === null || participants === null) return;
    const { joined, gone } = peopleChange(spoken.current, participants);
    if (joined + gone === 0) return;
    const parts = [joined > 0 ? t.people.joined(joined) : '', gone > 0 ? t.people.gone(gone) : ''];
    say('people', parts.filter((part) => part !== '').join(' '));
  }, [participants, t, say]);
  return <LiveRegion text={text} />;
}

function LiveRegion({ text }: { readonly text: string }) {
  return (
    <p className="visually-hidden" role="status" aria-live="polite">
      {text}
    </p>
  );
}
