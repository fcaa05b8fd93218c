import type { CircuitReport, CircuitRequest, CircuitService } from '../../core/contracts/circuit-service.ts';
import type { Result } from '../../core/lib/result.ts';
import type { LabTimer } from './lab-ports.ts';
import type { RunState } from './lab-state.ts';

export interface RunLoop {
  /** Runs this soon, and only the latest of several. Null: there is nothing to run. */
  want(request: CircuitRequest | null, delayMs: number): void;
  cancel(): void;
  /** The same request again, at once. */
  again(): void;
}

export interface RunLoopEvents {
  readonly onState: (state: RunState) => void;
  readonly onReport: (report: CircuitReport, request: CircuitRequest) => void;
}

/** A run that is overtaken by another request may finish if it is nearly there; after this it is called off. */
const PATIENCE_MS = 250;

/** One run at a time, the latest request wins, and an answer that nobody waits for any more is dropped. */
export function createRunLoop(service: CircuitService, timer: LabTimer, events: RunLoopEvents): RunLoop {
  let wanted: CircuitRequest | null = null;
  let callOff: (() => void) | null = null;
  let current: {
    readonly id: string;
    readonly startedAt: number;
    readonly request: CircuitRequest;
    dropped: boolean;
  } | null = null;
  let overtaken = false;
  let count = 0;

  const start = (): void => {
    callOff = null;
    const request = wanted;
    if (request === null) return;
    if (current !== null) {
      overtaken = true;
      const run = current;
      const left = run.startedAt + PATIENCE_MS - timer.now();
      if (left <= 0) drop(run);
      else callOff = timer.later(left, () => (current === run ? drop(run) : undefined));
      return;
    }
    overtaken = false;
    const run = { id: `lab-${++count}`, startedAt: timer.now(), request, dropped: false };
    current = run;
    events.onState({ state: 'running', id: run.id, startedAt: run.startedAt });
    service.runCircuit(request, run.id).then(
      (result) => finish(run, result),
      (error: unknown) =>
        finish(run, {
          ok: false,
          error: { code: 'LAB_RUN', message: error instanceof Error ? error.message : String(error), retry: true },
        }),
    );
  };

  const drop = (run: { readonly id: string; dropped: boolean }): void => {
    if (run.dropped) return;
    run.dropped = true;
    void service.cancel(run.id);
  };

  const finish = (run: NonNullable<typeof current>, result: Result<CircuitReport>): void => {
    if (current !== run) return;
    current = null;
    // While somebody slides a parameter every answer is worth showing; one of another circuit is not.
    if (result.ok && !run.dropped && run.request.qasm === wanted?.qasm) events.onReport(result.value, run.request);
    if (overtaken) {
      callOff?.();
      start();
    } else if (callOff !== null) events.onState({ state: 'waiting' });
    else if (wanted === null) events.onState({ state: 'idle' });
    else if (run.dropped) events.onState({ state: 'cancelled' });
    else events.onState(result.ok ? { state: 'done' } : { state: 'failed', failure: result.error });
  };

  return {
    want: (request, delayMs) => {
      callOff?.();
      callOff = null;
      wanted = request;
      if (request === null) {
        overtaken = false;
        if (current !== null) drop(current);
        events.onState({ state: 'idle' });
        return;
      }
      if (current === null) events.onState({ state: 'waiting' });
      callOff = timer.later(delayMs, start);
    },
    cancel: () => {
      callOff?.();
      callOff = null;
      overtaken = false;
      if (current === null) events.onState({ state: 'cancelled' });
      else drop(current);
    },
    again: () => {
      callOff?.();
      start();
    },
  };
}
