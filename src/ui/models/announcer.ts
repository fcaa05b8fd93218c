/** Screen readers are told at most one thing in this time (polite), so that a burst of joins does not flood them. */
export const ANNOUNCE_GAP_MS = 5_000;
/** What waits longer than this is no longer news. */
const ANNOUNCE_AGE_MS_MAX = 30_000;
const TOPICS_MAX = 3;

export interface Announcer {
  /** Queues a sentence; a later sentence of the same topic replaces an earlier one that was not spoken yet. */
  push(topic: string, sentence: string, now: number): void;
  /** What to say now, or null: nothing waits or the last message is younger than the gap. */
  take(now: number): string | null;
  /** When `take` may return something; null while nothing waits. */
  readyAt(): number | null;
}

export function createAnnouncer(): Announcer {
  const waiting = new Map<string, { sentence: string; at: number }>();
  let spokenAt = -Infinity;
  return {
    push: (topic, sentence, now) => {
      waiting.delete(topic);
      waiting.set(topic, { sentence, at: now });
    },
    take: (now) => {
      if (now - spokenAt < ANNOUNCE_GAP_MS) return null;
      const fresh = [...waiting.values()].filter((entry) => now - entry.at <= ANNOUNCE_AGE_MS_MAX);
      waiting.clear();
      if (fresh.length === 0) return null;
      spokenAt = now;
      return fresh
        .slice(-TOPICS_MAX)
        .map((entry) => entry.sentence)
        .join(' ');
    },
    readyAt: () => (waiting.size === 0 ? null : Math.max(spokenAt + ANNOUNCE_GAP_MS, 0)),
  };
}
