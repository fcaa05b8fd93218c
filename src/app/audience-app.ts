import type { StoreApi } from 'zustand/vanilla';
import { createLiveFeed, type LiveState } from './live-feed.ts';
import { livePorts } from './live-ports.ts';
import { createPreferences, openPreferenceStorage, type Preferences } from './preferences.ts';
import { openStage, type OpenStage } from './stage.ts';

export interface AudienceApp {
  readonly live: StoreApi<LiveState>;
  readonly preferences: StoreApi<Preferences>;
  readonly openStage: OpenStage;
}

/** While the stream is down the big screen asks this often; it is one page, so the relay does not notice. */
const POLL_MS = 1_500;

export function createAudienceApp(): AudienceApp {
  return {
    live: createLiveFeed({ mode: 'stream', pollMs: POLL_MS, ...livePorts() }).store,
    preferences: createPreferences(openPreferenceStorage(), navigator.language),
    openStage,
  };
}
