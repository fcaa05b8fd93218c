import { toHex } from '../src/core/lib/bytes.ts';
import type { Millis } from '../src/core/lib/world.ts';
import type { Session } from '../src/core/secure/session.ts';

/** An upload may still be on its way when its control socket breaks; after this it is sealed anew for the next session. */
const LINGER_MS: Millis = 60_000;
/** Two sessions for each of 5,000 tabs that all reconnect at once. */
const SESSIONS_MAX = 10_000;

export interface KnownSession {
  readonly session: Session;
  readonly participantId: string;
}

interface Entry extends KnownSession {
  endedAt: Millis | null;
}

/** Finds the keys of a sealed update by the session id in its header. */
export class Sessions {
  readonly #entries = new Map<string, Entry>();

  add(participantId: string, session: Session, now: Millis): void {
    this.#forget(now);
    this.#entries.set(toHex(session.sessionId), { participantId, session, endedAt: null });
  }

  end(session: Session, now: Millis): void {
    const entry = this.#entries.get(toHex(session.sessionId));
    if (entry !== undefined) entry.endedAt = now;
  }

  find(sessionId: Uint8Array, now: Millis): KnownSession | null {
    const entry = this.#entries.get(toHex(sessionId));
    return entry === undefined || isOver(entry, now) ? null : entry;
  }

  #forget(now: Millis): void {
    if (this.#entries.size < SESSIONS_MAX / 2) return;
    for (const [id, entry] of this.#entries) if (isOver(entry, now)) this.#entries.delete(id);
    // A flood of handshakes: the oldest go first, whatever their state.
    for (const id of this.#entries.keys()) {
      if (this.#entries.size < SESSIONS_MAX) return;
      this.#entries.delete(id);
    }
  }
}

function isOver(entry: Entry, now: Millis): boolean {
  return entry.endedAt !== null && now - entry.endedAt > LINGER_MS;
}
