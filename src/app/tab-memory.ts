import { openPreferenceStorage } from './preferences.ts';

/** What this tab was before a reload (session storage) and whether the first participant of this browser had joined (local storage). */
const IDENTITY_KEY = 'plaquette-identity';
const JOINED_KEY = 'plaquette-joined';
export const MAIN_IDENTITY = 'main';

export function recallIdentity(): string | null {
  return read(tabStorage(), IDENTITY_KEY);
}

export function rememberIdentity(identity: string): void {
  write(tabStorage(), IDENTITY_KEY, identity);
}

/** A reload asks the tab itself; a tab that was closed and comes back asks the browser. */
export function wasJoined(): boolean {
  return (read(tabStorage(), JOINED_KEY) ?? read(openPreferenceStorage(), JOINED_KEY)) === 'yes';
}

export function rememberJoined(joined: boolean): void {
  const value = joined ? 'yes' : 'no';
  write(tabStorage(), JOINED_KEY, value);
  if ((recallIdentity() ?? MAIN_IDENTITY) === MAIN_IDENTITY) write(openPreferenceStorage(), JOINED_KEY, value);
}

type Area = Pick<Storage, 'getItem' | 'setItem'> | null;

/** Throws on access where storage is denied. */
function tabStorage(): Area {
  try {
    return globalThis.sessionStorage;
  } catch {
    return null;
  }
}

function read(area: Area, key: string): string | null {
  return area?.getItem(key) ?? null;
}

function write(area: Area, key: string, value: string): void {
  try {
    area?.setItem(key, value);
  } catch {
    // Full or taken away: a reload starts with the invitation again.
  }
}
