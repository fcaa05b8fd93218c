import { assert } from '../src/core/lib/assert.ts';
import type { Millis } from '../src/core/lib/world.ts';

interface Entry {
  readonly time: Millis;
  readonly order: number;
  readonly run: () => void;
}

/** A queue of things to do, by virtual time, ties in the order of scheduling. Nothing here knows the real clock. */
export class VirtualTime {
  now: Millis = 0;
  done = 0;
  #order = 0;
  readonly #heap: Entry[] = [];

  after(delayMs: Millis, run: () => void): void {
    assert(delayMs >= 0 && Number.isFinite(delayMs), `a delay of ${delayMs} ms`);
    const heap = this.#heap;
    const entry = { time: this.now + delayMs, order: this.#order++, run };
    let i = heap.length;
    heap.push(entry);
    while (i > 0) {
      const up = (i - 1) >> 1;
      const parent = heap[up];
      if (parent === undefined || before(parent, entry)) break;
      heap[i] = parent;
      i = up;
    }
    heap[i] = entry;
  }

  /** Runs the next entry; false where nothing is left before `untilMs`. */
  step(untilMs: Millis): boolean {
    const first = this.#heap[0];
    if (first === undefined || first.time > untilMs) return false;
    const last = this.#heap.pop();
    if (last !== undefined && this.#heap.length > 0) this.#sink(last);
    this.now = first.time;
    this.done += 1;
    first.run();
    return true;
  }

  #sink(entry: Entry): void {
    const heap = this.#heap;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      const left = heap[child];
      if (left === undefined) break;
      const right = heap[child + 1];
      let least = left;
      if (right !== undefined && before(right, left)) {
        least = right;
        child += 1;
      }
      if (before(entry, least)) break;
      heap[i] = least;
      i = child;
    }
    heap[i] = entry;
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order);
}
