import { useCallback, useEffect, useRef, useState } from 'react';
import type { ParticipantView } from '../../core/federation/run-view.ts';
import { peopleChange } from '../models/people.ts';
import { LiveRegion, type Announcement } from '../primitives/LiveRegion.tsx';
import { useWords } from '../strings/language.tsx';
import { useSession } from './app-context.ts';

/** What a screen reader hears of this tab's life: each step of the round, and how life changes. */
export function ParticipantAnnouncements() {
  const { t } = useWords();
  const round = useSession((view) => view?.round?.round ?? null);
  const step = useSession((view) => view?.round?.step ?? null);
  const life = useSession((view) => view?.life.state ?? null);
  const [said, setSaid] = useState<Announcement | null>(null);
  useEffect(() => {
    if (round !== null && step !== null) {
      setSaid({ topic: 'round', sentence: t.tab.announceStep(round, t.tab.steps[step]) });
    }
  }, [round, step, t]);
  useEffect(() => {
    if (life === 'joined' || life === 'paused' || life === 'budget-spent') {
      setSaid({ topic: 'life', sentence: t.tab.life[life] });
    }
  }, [life, t]);
  return <LiveRegion said={said} />;
}

/** Joins and leaves on the big screen, counted since the last time they were spoken: at most one message per five seconds. */
export function PeopleAnnouncements(props: { readonly participants: readonly ParticipantView[] | null }) {
  const { t } = useWords();
  const [said, setSaid] = useState<Announcement | null>(null);
  const spoken = useRef<readonly ParticipantView[] | null>(null);
  const latest = useRef<readonly ParticipantView[] | null>(null);
  const { participants } = props;
  useEffect(() => {
    latest.current = participants;
    spoken.current ??= participants;
    if (spoken.current === null || participants === null) return;
    const { joined, gone } = peopleChange(spoken.current, participants);
    if (joined + gone === 0) return;
    const parts = [joined > 0 ? t.people.joined(joined) : '', gone > 0 ? t.people.gone(gone) : ''];
    setSaid({ topic: 'people', sentence: parts.filter((part) => part !== '').join(' ') });
  }, [participants, t]);
  const onSpoken = useCallback(() => {
    spoken.current = latest.current;
  }, []);
  return <LiveRegion said={said} onSpoken={onSpoken} />;
}
