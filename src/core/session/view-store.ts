import { Emitter } from '../lib/emitter.ts';
import type { Failure } from '../lib/result.ts';
import type { Clock, Unsubscribe } from '../lib/world.ts';
import { FAILURES_KEPT, type SessionView } from './session-view.ts';
import { sentenceOf } from './sentence.ts';

export const INITIAL_VIEW: SessionView = {
  life: { state: 'closed' },
  sentence: '',
  identity: { publicId: null, returning: false, cryptography: null },
  connection: { state: 'offline', detail: '', retryAt: null },
  config: null,
  model: { state: 'none' },
  shard: { state: 'none' },
  round: null,
  rounds: [],
  roundsMerged: 0,
  losses: [],
  heldBack: [],
  spend: null,
  left: [],
  quantum: { report: null, last: null, fidelities: [] },
  sample: { prompt: '', before: null, after: null, afterVersion: null, writing: null, message: null },
  traffic: { sentBytes: 0, receivedBytes: 0, queued: 0, roundTripMs: null },
  storage: { durable: null, notice: null },
  workers: [],
  queue: 0,
  failures: [],
};

/** The one place that replaces the view. */
export class ViewStore {
  readonly #changes = new Emitter<SessionView>();
  readonly #clock: Clock;
  #view: SessionView = { ...INITIAL_VIEW, sentence: sentenceOf(INITIAL_VIEW) };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get view(): SessionView {
    return this.#view;
  }

  subscribe(listener: (view: SessionView) => void): Unsubscribe {
    return this.#changes.on(listener);
  }

  update(change: Partial<SessionView>): void {
    const next = { ...this.#view, ...change };
    this.#view = { ...next, sentence: sentenceOf(next) };
    this.#changes.emit(this.#view);
  }

  fail(failure: Pick<Failure, 'code' | 'message'>, final = false): void {
    const entry = { at: this.#clock.now(), code: failure.code, message: failure.message, final };
    this.update({ failures: ring(this.#view.failures, FAILURES_KEPT, entry) });
  }
}

/** `items` and `more`, only the newest `kept`. */
export function ring<T>(items: readonly T[], kept: number, ...more: readonly T[]): readonly T[] {
  return [...items, ...more].slice(-kept);
}
