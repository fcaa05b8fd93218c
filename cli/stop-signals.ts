import type { Millis } from '../src/core/lib/world.ts';

/**
 * Ctrl-C in a terminal reaches every process of the group, and npm passes its own on as well: signals this close together are one
 * wish. A person who really means it presses again later than this.
 */
const ECHO_MS: Millis = 500;
/** Ended by SIGINT, by convention of shells. */
const EXIT_SIGNAL = 130;

/** The first SIGINT or SIGTERM calls `stop`, a later one ends the process at once. Returns how to stop listening. */
export function onStopSignals(stop: () => void): () => void {
  let firstAt: Millis | null = null;
  const onSignal = (): void => {
    const now = performance.now();
    if (firstAt === null) {
      firstAt = now;
      stop();
    } else if (now - firstAt >= ECHO_MS) process.exit(EXIT_SIGNAL);
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return () => void process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
}
