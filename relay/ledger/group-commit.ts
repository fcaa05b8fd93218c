import { fail, ok, type Result } from '../../src/core/lib/result.ts';

/** What the queue needs from a database. All three are synchronous, as SQLite is. */
export interface Transactions {
  begin(): void;
  /** Returns when the transaction is on disk. */
  commit(): void;
  rollback(): void;
}

/** Thrown inside a job to refuse it: the transaction goes on without it (the job must not have written yet). */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

interface Waiting {
  /** Runs inside the transaction and returns what to resolve with after the commit. */
  readonly run: () => () => void;
  readonly reject: (message: string) => void;
}

/**
 * At most this many jobs share a transaction: bounds how long one flush keeps the event loop (about 10 ms at 127,000 rows a second).
 */
const BATCH_MAX = 1024;

/**
 * Collects jobs that arrive in the same turn of the event loop and runs them in ONE transaction: one fsync for all.
 * Measured 18 to 256 times faster than one transaction each. A promise resolves only after the commit that holds its job.
 */
export class GroupCommit {
  readonly #transactions: Transactions;
  #waiting: Waiting[] = [];
  #scheduled = false;

  constructor(transactions: Transactions) {
    this.#transactions = transactions;
  }

  add<T>(job: () => T): Promise<Result<T>> {
    return new Promise((resolve) => {
      this.#waiting.push({
        run: () => {
          const result = attempt(job);
          return () => {
            resolve(result);
          };
        },
        reject: (message) => {
          resolve(fail('RELAY_LEDGER_WRITE', message, true));
        },
      });
      this.#schedule();
    });
  }

  /** Runs what waits now. For closing. */
  flushAll(): void {
    while (this.#waiting.length > 0) this.#flush();
  }

  #schedule(): void {
    if (this.#scheduled || this.#waiting.length === 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#flush();
      this.#schedule();
    });
  }

  #flush(): void {
    const batch = this.#waiting.slice(0, BATCH_MAX);
    this.#waiting = this.#waiting.slice(BATCH_MAX);
    const failure = this.#runTogether(batch);
    // One bad job must not take its neighbours down: try each alone.
    if (failure !== null && batch.length > 1) for (const waiting of batch) this.#runAlone(waiting);
    else if (failure !== null) batch[0]?.reject(failure);
  }

  #runAlone(waiting: Waiting): void {
    const failure = this.#runTogether([waiting]);
    if (failure !== null) waiting.reject(failure);
  }

  /** Null, or why nothing of the batch was recorded. */
  #runTogether(batch: readonly Waiting[]): string | null {
    const settle: (() => void)[] = [];
    try {
      this.#transactions.begin();
      for (const waiting of batch) settle.push(waiting.run());
      this.#transactions.commit();
    } catch (error) {
      try {
        this.#transactions.rollback();
      } catch {
        // The transaction never began, or SQLite has already rolled it back.
      }
      return `the ledger could not write: ${error instanceof Error ? error.message : String(error)}; is the disk full?`;
    }
    for (const resolve of settle) resolve();
    return null;
  }
}

function attempt<T>(job: () => T): Result<T> {
  try {
    return ok(job());
  } catch (error) {
    if (error instanceof Refusal) return fail(error.code, error.message);
    throw error;
  }
}
