import { fail, ok, type Failure, type Result } from '../lib/result.ts';

/** A page asks for a handful; more waiting than this means that a caller has lost count. */
const WAITING_MAX = 64;

interface Job {
  readonly controller: AbortController;
  started: boolean;
  /** Ends a job that has not started. */
  readonly drop: () => void;
}

/**
 * One job at a time, in order of arrival: the engine holds one adapter. A job with an id can be cancelled: at once while it waits, at its
 * next check of the signal while it runs.
 */
export class JobQueue {
  readonly #jobs = new Map<string, Job>();
  #tail: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** Failures: LEARN_JOB (this id is already there), LEARN_BUSY (too many wait), CANCELLED, and those of `work`. */
  async run<T>(jobId: string | null, work: (signal: AbortSignal) => Promise<Result<T>>): Promise<Result<T>> {
    if (jobId !== null && this.#jobs.has(jobId))
      return fail('LEARN_JOB', `job ${jobId} is already there; give each job an id of its own`);
    if (this.#waiting >= WAITING_MAX)
      return fail('LEARN_BUSY', `${WAITING_MAX} jobs are waiting; wait for one of them`, true);
    const controller = new AbortController();
    let drop = (): void => {};
    const dropped = new Promise<Result<T>>((resolve) => {
      drop = () => resolve(cancelled());
    });
    const job: Job = { controller, started: false, drop };
    if (jobId !== null) this.#jobs.set(jobId, job);
    this.#waiting++;
    const previous = this.#tail;
    const turn = (async (): Promise<Result<T>> => {
      await previous;
      if (controller.signal.aborted) return cancelled();
      job.started = true;
      return work(controller.signal);
    })();
    // The next job starts when this one has ended, however it ended; its failure belongs to its own caller.
    this.#tail = turn.then(noop, noop);
    try {
      return await Promise.race([turn, dropped]);
    } finally {
      this.#waiting--;
      if (jobId !== null) this.#jobs.delete(jobId);
    }
  }

  /** Unknown ids are ignored. */
  cancel(jobId: string): void {
    const job = this.#jobs.get(jobId);
    if (job === undefined) return;
    job.controller.abort();
    if (!job.started) job.drop();
  }
}

function noop(): void {}

function cancelled(): { readonly ok: false; readonly error: Failure<'CANCELLED'> } {
  return fail('CANCELLED', 'the job was cancelled before it ended', true);
}

/** For loops inside a job: between two engine calls others get a turn, and a cancelled job ends. */
export async function checkpoint(
  yieldNow: () => Promise<void>,
  signal: AbortSignal,
): Promise<Result<null, Failure<'CANCELLED'>>> {
  await yieldNow();
  return signal.aborted ? cancelled() : ok(null);
}
