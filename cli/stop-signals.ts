import type { Millis } from '../src/core/lib/world.ts';

/**
 * Ctrl-C in a terminal reaches every process of the group, and npm passes its own on as well: signals this close together are one
 * wish. A person who really means it presses again later than this.
 */
const ECHO_MS: Millis = 500;
/** Ended by SIGINT, by convention of shells. */
const EXIT_SIGNAL = 130;
/** Long enough to say goodbye to a relay that is still there. */
const ORPHAN_LIMIT_MS: Millis = 2_000;

/**
 * The first SIGINT or SIGTERM calls `stop`, a later one ends the process at once. A process that was started with a channel to its
 * parent (the demo) also stops when the parent is gone, however that ended. Returns how to stop listening.
 */
export function onStopSignals(stop: () => void): () => void {
  let firstAt: Millis | null = null;
  const onSignal = (): void => {
    const now = performance.now();
    if (firstAt === null) {
      firstAt = now;
      stop();
    } else if (now - firstAt >= ECHO_MS) process.exit(EXIT_SIGNAL);
  };
  const onOrphaned = (): void => {
    onSignal();
    setTimeout(() => process.exit(0), ORPHAN_LIMIT_MS).unref();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal).on('disconnect', onOrphaned);
  // Listening for the parent's end must not keep a finished process alive.
  process.channel?.unref();
  if (isOrphan(process)) onOrphaned();
  const off = (): void => void process.off('SIGINT', onSignal).off('SIGTERM', onSignal).off('disconnect', onOrphaned);
  // A stop can be quicker than the echo of its signal, which would end the process the hard way even while it exits: the timer
  // keeps it alive until the echo is over.
  return () => (firstAt === null ? off() : void setTimeout(off, ECHO_MS));
}

/** False, not undefined: there was a parent with a channel, and it ended before this process came to listen. */
function isOrphan(self: { readonly connected?: boolean }): boolean {
  return self.connected === false;
}
