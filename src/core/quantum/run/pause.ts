import { fail, ok, type Failure, type Result } from '../../lib/result.ts';
import type { Clock } from '../../lib/world.ts';

export type Aborted = Failure<'QUANTUM_ABORTED'>;

/** How long a loop holds the thread before messages (a cancellation is one) and frames get their turn. */
const HOLD_MS = 30;

/** For loops over many runs: call it in every turn. Failure QUANTUM_ABORTED once the signal is aborted. */
export function createPause(clock: Clock, signal: AbortSignal | undefined): () => Promise<Result<null, Aborted>> {
  let since = clock.monotonic();
  return async () => {
    if (clock.monotonic() - since >= HOLD_MS) {
      await clock.sleep(0);
      since = clock.monotonic();
    }
    return isAborted(signal) ? fail('QUANTUM_ABORTED', 'the run was cancelled') : ok(null);
  };
}

/** A function, because the type of a property seems not to change over an await. */
function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}
