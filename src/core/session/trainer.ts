import type { TrainOutcome, TrainingEvent } from '../contracts/training-service.ts';
import type { VaultEvent } from '../contracts/vault-service.ts';
import type { DeclineReason } from '../federation/messages.ts';
import type { RunConfig } from '../federation/run-config.ts';
import { fail, type Failure, type Result } from '../lib/result.ts';
import type { Millis } from '../lib/world.ts';
import { PRIORITY, type JobQueue } from './job-queue.ts';
import type { SessionPorts } from './ports.ts';
import type { RoundLog } from './round-log.ts';
import { LOSS_POINTS_KEPT } from './session-view.ts';
import { ring, type ViewStore } from './view-store.ts';
import type { Workshop } from './workshop.ts';

type TrainEvent = Extract<VaultEvent, { type: 'train' }>;

interface ActiveRound {
  readonly event: TrainEvent;
  readonly abort: AbortController;
  /** Null while not training. */
  jobId: string | null;
  attempt: number;
}

/** The relay shows progress; more often than this is noise on the wire. */
const PHASE_EVERY_MS: Millis = 400;
/** A crashed worker gets its model back and one more try: nothing had left the tab, so no privacy is spent twice. */
const ATTEMPTS_MAX = 2;

export interface TrainerHooks {
  /** Runs the round's verification circuit; never fails. */
  verify(round: number, seed: number): Promise<void>;
  /** Tells the relay about engine, speed and spend. */
  report(): Promise<void>;
}

/**
 * Answers `train` events: one round at a time, the newest wins. The participant machine stops work that comes too late [PT4]; every
 * wait here ends by itself at the same time as there.
 */
export class Trainer {
  readonly #ports: SessionPorts;
  readonly #store: ViewStore;
  readonly #queue: JobQueue;
  readonly #workshop: Workshop;
  readonly #log: RoundLog;
  readonly #hooks: TrainerHooks;
  #active: ActiveRound | null = null;
  #jobs = 0;
  #phaseSentMono: Millis = -Infinity;
  tokensPerSecond = 0;

  constructor(
    ports: SessionPorts,
    store: ViewStore,
    queue: JobQueue,
    workshop: Workshop,
    log: RoundLog,
    hooks: TrainerHooks,
  ) {
    this.#ports = ports;
    this.#store = store;
    this.#queue = queue;
    this.#workshop = workshop;
    this.#log = log;
    this.#hooks = hooks;
  }

  async train(event: TrainEvent, config: RunConfig): Promise<void> {
    this.stop(null, 'a newer round has begun');
    const active: ActiveRound = { event, abort: new AbortController(), jobId: null, attempt: 0 };
    this.#active = active;
    this.#log.begin(event.round, event.deadlineAt, config.training.stepsPerRound);
    // More than half done at the deadline makes a late update, so not the deadline but twice the time ends the work.
    const limit = 2 * (event.deadlineAt - this.#ports.clock.now());
    void this.#ports.clock
      .sleep(Math.max(0, limit), active.abort.signal)
      .then(() => this.#cancel(active, 'it took longer than twice the time of the round'))
      .catch(() => null);
    const outcome = await this.#work(active, config);
    if (this.#active === active) this.#active = null;
    active.abort.abort(new Error('done'));
    if (outcome.ok) await this.#submit(event, outcome.value);
    else await this.#giveUp(event.round, outcome.error);
  }

  /** Ends the work on `round` (null: whichever is under way). */
  stop(round: number | null, reason: string): void {
    const active = this.#active;
    if (active !== null && (round === null || active.event.round === round)) this.#cancel(active, reason);
  }

  onProgress(event: Extract<TrainingEvent, { type: 'progress' }>): void {
    const active = this.#active;
    if (active === null || event.jobId !== active.jobId) return;
    const { round, step, steps, loss } = event;
    this.tokensPerSecond = event.tokensPerSecond;
    if (loss !== null)
      this.#store.update({ losses: ring(this.#store.view.losses, LOSS_POINTS_KEPT, { round, step, loss }) });
    this.#log.progress(round, step, steps);
    const nowMono = this.#ports.clock.monotonic();
    if (nowMono - this.#phaseSentMono < PHASE_EVERY_MS && step < steps) return;
    this.#phaseSentMono = nowMono;
    void this.#ports.vault.phase(round, 'training', steps > 0 ? step / steps : 0);
  }

  async #work(active: ActiveRound, config: RunConfig): Promise<Result<TrainOutcome>> {
    const { event, abort } = active;
    const aborted = new Promise<Result<never>>((resolve) => {
      abort.signal.addEventListener('abort', () => resolve(cancelled(abort.signal)), { once: true });
    });
    const ready = await Promise.race([this.#workshop.ready(), aborted]);
    if (!ready.ok) return ready;
    const verified = this.#hooks.verify(event.round, event.circuitSeed);
    for (;;) {
      active.attempt += 1;
      const outcome = await this.#queue.add(PRIORITY.train, () => this.#trainOnce(active, config));
      if (outcome.ok) {
        await Promise.race([verified, aborted]);
        return outcome;
      }
      if (abort.signal.aborted) return cancelled(abort.signal);
      if (outcome.error.code !== 'WORKER_CRASHED' || active.attempt >= ATTEMPTS_MAX) return outcome;
      this.#store.fail(outcome.error);
      const restored = await Promise.race([this.#workshop.restore(abort.signal), aborted]);
      if (!restored.ok) return restored;
    }
  }

  async #trainOnce(active: ActiveRound, config: RunConfig): Promise<Result<TrainOutcome>> {
    const { event, abort } = active;
    if (abort.signal.aborted) return cancelled(abort.signal);
    const { round } = event;
    active.jobId = `train-${round}-${(this.#jobs += 1)}`;
    this.#log.step(round, 'training');
    void this.#ports.vault.phase(round, 'training', 0);
    const { adapter: spec, training, privacy } = config;
    return this.#ports.training.trainRound({
      jobId: active.jobId,
      round,
      spec,
      training,
      privacy,
      adapter: event.values,
    });
  }

  async #submit(event: TrainEvent, outcome: TrainOutcome): Promise<void> {
    this.#log.trained(outcome);
    this.tokensPerSecond = outcome.tokensPerSecond;
    this.#log.step(event.round, 'sealing');
    void this.#ports.vault.phase(event.round, 'sealing', 1);
    void this.#hooks.report();
    const { round, delta, steps, samplingRate, noiseMultiplier } = outcome;
    const submitted = await this.#ports.vault.submit({
      round,
      adapter: event.adapter,
      delta,
      steps,
      samplingRate,
      noiseMultiplier,
    });
    if (submitted.ok) return;
    this.#store.fail(submitted.error);
    this.#log.end(round, 'failed', submitted.error.message);
  }

  async #giveUp(round: number, failure: Failure): Promise<void> {
    if (failure.code === 'CANCELLED') {
      this.#log.end(round, 'stopped', failure.message);
      return;
    }
    this.#store.fail(failure);
    this.#log.end(round, 'failed', failure.message);
    const reason: DeclineReason = failure.code.startsWith('SHARD_') ? 'no-data' : 'failed';
    await this.#ports.vault.decline(round, reason);
  }

  #cancel(active: ActiveRound, reason: string): void {
    active.abort.abort(new Error(reason));
    if (active.jobId !== null) void this.#ports.training.cancel(active.jobId);
  }
}

function cancelled(signal: AbortSignal): Result<never> {
  return fail('CANCELLED', signal.reason instanceof Error ? signal.reason.message : 'cancelled');
}
