import { createLiveFeed } from './live-feed.ts';
import { livePorts } from './live-ports.ts';
import { readEnvironment } from './environment.ts';
import type { ParticipantPorts, StartOutcome, TabChoice } from './participant-app.ts';
import { createPreferences, openPreferenceStorage } from './preferences.ts';
import { saveFile } from './save-file.ts';
import { openStage } from './stage.ts';
import { rememberJoined, wasJoined } from './tab-memory.ts';

/** Two hundred participants at this pace are fifty small answers a second, which one relay gives easily. */
const POLL_MS = 4_000;

/** The browser's side of the participant page. The session and its workers are chunks of their own, fetched on the first start. */
export function participantPorts(): ParticipantPorts {
  return {
    live: createLiveFeed({ mode: 'poll', pollMs: POLL_MS, ...livePorts() }),
    preferences: createPreferences(openPreferenceStorage(), navigator.language),
    environment: readEnvironment(globalThis),
    start: startSession,
    saveFile,
    openStage,
    remember: { get: wasJoined, set: rememberJoined },
  };
}

async function startSession(choice: TabChoice): Promise<StartOutcome> {
  try {
    const { startInBrowser } = await import('./start-session.ts');
    return await startInBrowser(choice);
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
}
