import { createContext, use } from 'react';
import { useStore } from 'zustand';
import type { LiveState } from '../../app/live-feed.ts';
import type { PageState, ParticipantApp } from '../../app/participant-app.ts';
import type { SessionView } from '../../core/session/session-view.ts';

export const AppContext = createContext<ParticipantApp | null>(null);

export function useApp(): ParticipantApp {
  const app = use(AppContext);
  if (app === null) throw new Error('useApp outside of AppContext');
  return app;
}

/** Narrow selectors: a component renders again only if what it selects is another object or value. */
export function useSession<T>(select: (view: SessionView | null) => T): T {
  return useStore(useApp().session, (state) => select(state.view));
}

export function usePage<T>(select: (state: PageState) => T): T {
  return useStore(useApp().page, select);
}

export function useLive<T>(select: (state: LiveState) => T): T {
  return useStore(useApp().live, select);
}
