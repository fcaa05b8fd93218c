import { useEffect, useState } from 'react';

/**
 * performance.now(), renewed every `everyMs` while `active`; a hidden page stops and catches up when it is shown. Seconds
 * on screen are computed from deadlines with it, never counted down.
 */
export function useNow(active: boolean, everyMs = 1_000): number {
  return useClock(active, everyMs, monotonic);
}

/** The same for instants of the wall clock (deadlines of the session, Date.now()). */
export function useWallNow(active: boolean, everyMs = 1_000): number {
  return useClock(active, everyMs, Date.now);
}

const monotonic = (): number => performance.now();

function useClock(active: boolean, everyMs: number, read: () => number): number {
  const [now, setNow] = useState(read);
  useEffect(() => {
    if (!active) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tick = (): void => {
      clearTimeout(timer);
      if (document.hidden) return;
      setNow(read());
      timer = setTimeout(tick, everyMs);
    };
    tick();
    document.addEventListener('visibilitychange', tick);
    return () => {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', tick);
    };
  }, [active, everyMs, read]);
  return now;
}

/** A media query as state, for what CSS alone cannot do (stopping the picture, colours of a canvas). */
export function useMedia(query: string): boolean {
  const [matches, setMatches] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const list = matchMedia(query);
    const update = (): void => setMatches(list.matches);
    update();
    list.addEventListener('change', update);
    return () => list.removeEventListener('change', update);
  }, [query]);
  return matches;
}
