import type { LiveFeedOptions, LiveStream } from './live-feed.ts';

/** The browser's own parts of a live feed. */
export function livePorts(): Pick<LiveFeedOptions, 'fetch' | 'openStream' | 'now' | 'hidden'> {
  return {
    fetch: (url, init) => fetch(url, { ...init, cache: 'no-store', credentials: 'omit' }),
    openStream: typeof EventSource === 'function' ? openEventStream : null,
    now: () => performance.now(),
    hidden: () => document.hidden,
  };
}

function openEventStream(url: string): LiveStream {
  const source = new EventSource(url);
  const stream: LiveStream = { onmessage: null, onerror: null, close: () => source.close() };
  source.addEventListener('message', (event) => stream.onmessage?.({ data: event.data as unknown }));
  source.addEventListener('error', () => stream.onerror?.());
  return stream;
}
