import type { TrainOutcome } from '../contracts/training-service.ts';
import type { Clock, Millis } from '../lib/world.ts';
import type { FinishedRound, LeftThisTab, RoundEnd, RoundProgress, RoundStep } from './session-view.ts';
import { ROUND_STEPS, ROUNDS_KEPT } from './session-view.ts';
import { ring, type ViewStore } from './view-store.ts';

interface Marks {
  readonly startedMono: Millis;
  readonly startedAt: Millis;
  trainedMono: Millis | null;
  sealedMono: Millis | null;
  sentMono: Millis | null;
  acceptedMono: Millis | null;
  outcome: TrainOutcome | null;
}

/** Keeps the rounds of the view: the one under way and the list of those that ended. */
export class RoundLog {
  readonly #store: ViewStore;
  readonly #clock: Clock;
  readonly #marks = new Map<number, Marks>();

  constructor(store: ViewStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  begin(round: number, deadlineAt: Millis, localSteps: number): void {
    const startedAt = this.#clock.now();
    this.#marks.set(round, {
      startedMono: this.#clock.monotonic(),
      startedAt,
      trainedMono: null,
      sealedMono: null,
      sentMono: null,
      acceptedMono: null,
      outcome: null,
    });
    for (const old of this.#marks.keys()) if (old <= round - ROUNDS_KEPT) this.#marks.delete(old);
    const progress: RoundProgress = {
      round,
      step: 'invited',
      progress: 0,
      localStep: 0,
      localSteps,
      startedAt,
      deadlineAt,
      accepted: false,
      end: null,
      reason: null,
    };
    this.#store.update({ round: progress });
  }

  /** Steps only go forward: events of two workers may cross. */
  step(round: number, step: RoundStep): void {
    const now = this.#current(round);
    if (now === null || ROUND_STEPS.indexOf(step) <= ROUND_STEPS.indexOf(now.step)) return;
    this.#store.update({ round: { ...now, step } });
  }

  progress(round: number, localStep: number, localSteps: number): void {
    const now = this.#current(round);
    if (now === null) return;
    const progress = localSteps > 0 ? localStep / localSteps : 0;
    this.#store.update({ round: { ...now, localStep, localSteps, progress } });
  }

  trained(outcome: TrainOutcome): void {
    const marks = this.#marks.get(outcome.round);
    if (marks === undefined) return;
    marks.trainedMono = this.#clock.monotonic();
    marks.outcome = outcome;
  }

  /** Everything that leaves the tab passes here. */
  sealed(left: Omit<LeftThisTab, 'updateId' | 'accepted' | 'at'>): void {
    const marks = this.#marks.get(left.round);
    if (marks !== undefined) marks.sealedMono ??= this.#clock.monotonic();
    // A resend has the same content; it is the same entry.
    const others = this.#store.view.left.filter((old) => old.round !== left.round);
    const entry = { ...left, at: this.#clock.now(), updateId: null, accepted: false };
    this.#store.update({ left: ring(others, ROUNDS_KEPT, entry) });
    this.step(left.round, 'sealing');
  }

  sent(round: number, updateId: string): void {
    const marks = this.#marks.get(round);
    if (marks !== undefined) marks.sentMono ??= this.#clock.monotonic();
    this.#mark(round, { updateId });
    this.step(round, 'sent');
  }

  accepted(round: number, updateId: string): void {
    const marks = this.#marks.get(round);
    if (marks !== undefined) marks.acceptedMono ??= this.#clock.monotonic();
    this.#mark(round, { updateId, accepted: true });
    this.step(round, 'sent');
    const now = this.#current(round);
    if (now !== null) this.#store.update({ round: { ...now, accepted: true } });
  }

  /**
   * A new adapter. `included`: every acknowledged update that was not merged before is in it (a late one belongs to an earlier
   * round than the one that closed).
   */
  merged(round: number, included: boolean): void {
    const { left, rounds } = this.#store.view;
    const open = (n: number): boolean => rounds.find((old) => old.round === n)?.end !== 'merged';
    if (included)
      for (const entry of left) if (entry.accepted && open(entry.round)) this.end(entry.round, 'merged', null);
    if (open(round)) this.end(round, 'committed', null);
  }

  end(round: number, end: RoundEnd, reason: string | null): void {
    const view = this.#store.view;
    const known = view.rounds.find((old) => old.round === round);
    if (known === undefined && this.#store.view.round?.round !== round && !this.#marks.has(round)) return;
    // The first end counts, except that a late merge is better news than any other.
    if (known !== undefined && (end !== 'merged' || known.end === 'merged')) return;
    const entry = this.#finished(round, end);
    const others = view.rounds.filter((old) => old.round !== round);
    const merged = end === 'merged' ? 1 : 0;
    this.#store.update({
      rounds: ring(others, ROUNDS_KEPT, entry),
      roundsMerged: view.roundsMerged + merged,
    });
    const now = view.round;
    if (now !== null && now.round === round)
      this.#store.update({ round: { ...now, end, reason, step: end === 'merged' ? 'merged' : now.step } });
  }

  #finished(round: number, end: RoundEnd): FinishedRound {
    const nowMono = this.#clock.monotonic();
    const marks = this.#marks.get(round);
    const between = (from: Millis | null, to: Millis | null): Millis | null =>
      from === null || to === null ? null : Math.round(to - from);
    const outcome = marks?.outcome ?? null;
    return {
      round,
      end,
      startedAt: marks?.startedAt ?? this.#clock.now(),
      trainedMs: between(marks?.startedMono ?? null, marks?.trainedMono ?? null),
      sealedMs: between(marks?.trainedMono ?? null, marks?.sealedMono ?? null),
      acknowledgedMs: between(marks?.sealedMono ?? null, marks?.acceptedMono ?? null),
      totalMs: Math.round(nowMono - (marks?.startedMono ?? nowMono)),
      lossFirst: outcome?.lossFirst ?? null,
      lossLast: outcome?.lossLast ?? null,
      tokensPerSecond: outcome?.tokensPerSecond ?? null,
      clippedShare: outcome?.clippedShare ?? null,
    };
  }

  #mark(round: number, change: Partial<LeftThisTab>): void {
    const { left } = this.#store.view;
    const index = left.findIndex((entry) => entry.round === round);
    const entry = left[index];
    if (entry !== undefined) this.#store.update({ left: left.with(index, { ...entry, ...change }) });
  }

  #current(round: number): RoundProgress | null {
    const now = this.#store.view.round;
    return now !== null && now.round === round && now.end === null ? now : null;
  }
}
