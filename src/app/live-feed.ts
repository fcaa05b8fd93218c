import { createStore, type StoreApi } from 'zustand/vanilla';
import type { RunView } from '../core/federation/run-view.ts';
import type { Failure } from '../core/lib/result.ts';
import { readRunView } from './run-view-check.ts';

export interface LiveState {
  readonly view: RunView | null;
  /** performance.now() when `view` arrived; the relay's clock is `view.now` plus what has passed since. */
  readonly receivedAt: number;
  readonly transport: 'stream' | 'poll';
  /** Latest failure since the last good answer; null while all is well. */
  readonly failure: Failure | null;
}

export interface LiveFeed {
  readonly store: StoreApi<LiveState>;
  /** Asks again now, for a person who presses "Try again". */
  refresh(): void;
  stop(): void;
}

export interface LiveFeedOptions {
  /**
   * `stream`: EventSource on /api/live, and polling while it is down. For the one big screen.
   * `poll`: only GET /api/run. Browsers open at most six HTTP/1.1 connections to one host over all tabs; six open
   * streams would leave none for the updates, so participants poll.
   */
  readonly mode: 'stream' | 'poll';
  readonly pollMs: number;
  readonly fetch: (url: string, init: { signal: AbortSignal }) => Promise<Pick<Response, 'ok' | 'status' | 'text'>>;
  readonly openStream: ((url: string) => LiveStream) | null;
  readonly now: () => number;
  readonly hidden: () => boolean;
}

/** The part of EventSource that is used. */
export interface LiveStream {
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onerror: (() => void) | null;
  close(): void;
}

/** An answer that takes longer than this is no longer news. */
const REQUEST_MS_MAX = 5_000;
/** Nobody watches a hidden page; it asks rarely so that a return finds it nearly fresh. */
const HIDDEN_FACTOR = 10;
/** A stream that fails is opened again after this; polling bridges the gap. */
const STREAM_RETRY_MS = 5_000;
/** The stream speaks only when something changes: after this silence a poll asks whether the relay is still there. */
const STREAM_QUIET_MS = 3_000;
/** A stream that is silent for so long may be a dead connection; a new one begins with the whole picture. */
const STREAM_SILENT_MS_MAX = 60_000;

export function createLiveFeed(options: LiveFeedOptions): LiveFeed {
  const store = createStore<LiveState>(() => ({
    view: null,
    receivedAt: 0,
    transport: options.mode,
    failure: null,
  }));
  let stopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stream: LiveStream | null = null;
  let streamTriedAt = -Infinity;
  let streamHeardAt = -Infinity;

  const take = (text: string, transport: LiveState['transport']): void => {
    if (stopped) return;
    const read = readRunView(text);
    if (read.ok) store.setState({ view: read.value, receivedAt: options.now(), transport, failure: null });
    else store.setState({ failure: read.error, transport });
  };

  const closeStream = (): void => {
    stream?.close();
    stream = null;
  };

  const openStream = (): void => {
    if (options.mode !== 'stream' || options.openStream === null || stream !== null) return;
    if (options.now() - streamTriedAt < STREAM_RETRY_MS) return;
    streamTriedAt = options.now();
    streamHeardAt = options.now();
    stream = options.openStream('/api/live');
    stream.onmessage = (event) => {
      streamHeardAt = options.now();
      take(String(event.data), 'stream');
    };
    stream.onerror = closeStream;
  };

  const poll = async (): Promise<void> => {
    try {
      const response = await options.fetch('/api/run', { signal: AbortSignal.timeout(REQUEST_MS_MAX) });
      if (response.ok) take(await response.text(), 'poll');
      else fallen(`The relay answered with status ${response.status}.`);
    } catch {
      fallen('The relay does not answer.');
    }
  };

  const fallen = (message: string): void => {
    if (!stopped) store.setState({ failure: { code: 'VIEW_RELAY', message, retry: true }, transport: 'poll' });
  };

  const tick = async (): Promise<void> => {
    clearTimeout(timer);
    if (stream !== null && options.now() - streamHeardAt > STREAM_SILENT_MS_MAX) closeStream();
    openStream();
    const first = store.getState().view === null;
    if (stream === null || first || options.now() - streamHeardAt > STREAM_QUIET_MS) await poll();
    if (!stopped) timer = setTimeout(run, options.pollMs * (options.hidden() && !first ? HIDDEN_FACTOR : 1));
  };
  const run = (): void => void tick();
  run();

  return {
    store,
    refresh: run,
    stop: () => {
      stopped = true;
      clearTimeout(timer);
      closeStream();
    },
  };
}

/** Milliseconds of the relay's clock, from the last view and the monotonic time since; immune to a wrong local clock. */
export function relayNow(state: Pick<LiveState, 'view' | 'receivedAt'>, monotonicNow: number): number {
  return state.view === null ? 0 : state.view.now + Math.max(0, monotonicNow - state.receivedAt);
}
