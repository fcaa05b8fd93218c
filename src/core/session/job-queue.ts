/** Lower goes first. */
export type JobPriority = 0 | 1 | 2;
/** A round has a deadline; a person waits for a prompt; an evaluation only makes a chart. */
export const PRIORITY = { train: 0, write: 1, evaluate: 2 } as const;

interface Job {
  readonly priority: JobPriority;
  readonly run: () => Promise<void>;
}

/** The training worker does one thing at a time: jobs wait here, where they can still be put in order. */
export class JobQueue {
  readonly #waiting: Job[] = [];
  readonly #onLength: (length: number) => void;
  #running = false;

  constructor(onLength: (length: number) => void) {
    this.#onLength = onLength;
  }

  add<T>(priority: JobPriority, work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const run = (): Promise<void> => work().then(resolve, reject);
      const index = this.#waiting.findIndex((job) => job.priority > priority);
      this.#waiting.splice(index < 0 ? this.#waiting.length : index, 0, { priority, run });
      this.#report();
      void this.#drain();
    });
  }

  async #drain(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    for (let job = this.#waiting.shift(); job !== undefined; job = this.#waiting.shift()) {
      await job.run();
      this.#report();
    }
    this.#running = false;
    this.#report();
  }

  #report(): void {
    this.#onLength(this.#waiting.length + (this.#running ? 1 : 0));
  }
}
