import type { LossPoint } from '../src/core/federation/run-view.ts';
import type { ProbeEvaluator } from './probe.ts';

/** Rounds that may wait for their loss. If they come faster than they can be measured, the oldest stay unmeasured. */
const WAITING_MAX = 3;

/** Measures adapters one after the other, behind the rounds: nobody waits for a figure. */
export class ProbeQueue {
  readonly #probe: ProbeEvaluator;
  readonly #measured: (point: LossPoint) => void;
  readonly #waiting: { readonly round: number; readonly values: Float32Array }[] = [];
  #busy = false;

  constructor(probe: ProbeEvaluator, measured: (point: LossPoint) => void) {
    this.#probe = probe;
    this.#measured = measured;
  }

  add(round: number, values: Float32Array): void {
    this.#waiting.push({ round, values });
    if (this.#waiting.length > WAITING_MAX) this.#waiting.shift();
    if (!this.#busy) void this.#work();
  }

  async #work(): Promise<void> {
    this.#busy = true;
    for (let job = this.#waiting.shift(); job !== undefined; job = this.#waiting.shift()) {
      const result = await this.#probe.evaluate(job.values).catch(() => null);
      if (result !== null) this.#measured({ round: job.round, ...result });
    }
    this.#busy = false;
  }
}
