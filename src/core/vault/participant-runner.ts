import type { FinishedWork, SpendView, VaultEvent } from '../contracts/vault-service.ts';
import { FETCH_LIMIT_MS, PARTICIPANT_TICK_MS } from '../federation/participant-limits.ts';
import type { ParticipantEffect, ParticipantEvent, ParticipantState } from '../federation/participant-types.ts';
import { createParticipant, stepParticipant } from '../federation/participant.ts';
import { openSignedConfig } from '../federation/run-config-codec.ts';
import type { RunConfig } from '../federation/run-config.ts';
import { unreachable } from '../lib/assert.ts';
import { fail, type Failure, type Result } from '../lib/result.ts';
import type { Clock, Millis, Rng } from '../lib/world.ts';
import { verifyConfig } from '../secure/relay-keys.ts';
import type { CryptoSuite } from '../secure/suite.ts';
import type { VaultStore } from '../storage/vault-store.ts';
import { AdapterShelf } from './adapter-shelf.ts';
import { Agreements } from './agreements.ts';
import type { Transport } from './ports.ts';
import { RelayLink, type LinkHost } from './relay-link.ts';
import { isFinalRefusal, type RelayTrust } from './relay-trust.ts';
import { encodePending } from './pending-update.ts';
import { SpendBook } from './spend-book.ts';
import { TrafficMeter } from './traffic-meter.ts';

export interface RunnerOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly suite: CryptoSuite;
  readonly store: VaultStore;
  readonly trust: RelayTrust;
  /** Of the relay, without a slash at the end. */
  readonly origin: string;
  readonly participantId: string;
  readonly token: Uint8Array;
  readonly emit: (event: VaultEvent) => void;
}

interface LinkEntry {
  readonly session: number;
  readonly abort: AbortController;
  /** Null while connecting. */
  link: RelayLink | null;
}

interface HeldWork {
  readonly work: FinishedWork;
  readonly done: (result: Result<null>) => void;
}

/** First bytes of a sealed update that a person may look at. */
const PREVIEW_BYTES = 64;
export const NOTHING_SPENT: SpendView = { epsilon: 0, delta: 0, rounds: 0, roundsLeft: null };

/** Feeds the participant machine (federation/participant.ts) and carries out its effects. One per opened identity. */
export class ParticipantRunner {
  readonly #ports: Pick<RunnerOptions, 'clock' | 'rng'>;
  readonly #store: VaultStore;
  readonly #agreements: Agreements;
  readonly #trust: RelayTrust;
  readonly #shelf: AdapterShelf;
  readonly #host: LinkHost;
  readonly #emit: (event: VaultEvent) => void;
  readonly #abort = new AbortController();
  readonly #queue: ParticipantEvent[] = [];
  readonly #work = new Map<number, HeldWork>();
  #state: ParticipantState;
  #draining = false;
  #book: SpendBook | null = null;
  #link: LinkEntry | null = null;
  #ending: Promise<void> = Promise.resolve();
  readonly #traffic = new TrafficMeter();
  #lastFailure = '';

  constructor(options: RunnerOptions) {
    const { transport, clock, rng, suite, store, trust, origin, participantId, token, emit } = options;
    this.#ports = { clock, rng };
    this.#store = store;
    this.#agreements = new Agreements(store);
    this.#trust = trust;
    this.#shelf = new AdapterShelf(transport, origin);
    this.#emit = emit;
    const onTraffic = (sent: number, received: number): void => this.#traffic.count(sent, received);
    this.#host = { transport, suite, trust, origin, proof: { participantId, token }, onTraffic };
    this.#state = createParticipant(this.#now());
    this.dispatch({ type: 'open', participantId });
    void this.#tick();
  }

  /** Events that arrive while effects are carried out wait, so that the machine never runs inside itself. */
  dispatch(event: ParticipantEvent): void {
    if (this.#abort.signal.aborted) return;
    // Joining after a refusal or a leave is a person's doing, who has read what the run asks for.
    if (event.type === 'leave' || (event.type === 'join' && this.#state.link.state === 'refused'))
      this.#agreements.release();
    this.#queue.push(event);
    if (this.#draining) return;
    this.#draining = true;
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
        const step = stepParticipant(this.#state, next, this.#now(), {
          random: () => this.#random(),
          openConfig: (bytes) => this.#openConfig(bytes),
        });
        this.#state = step.state;
        for (const effect of step.effects) this.#carryOut(effect);
      }
    } finally {
      this.#draining = false;
    }
  }

  /** Resolves when spend and update are durable, or with the reason why this work is not wanted. */
  submit(work: FinishedWork): Promise<Result<null>> {
    const { round, steps, samplingRate, noiseMultiplier } = work;
    if (!work.delta.every(Number.isFinite)) {
      const message = `the update of round ${round} holds numbers that are not finite; nothing was sent`;
      this.dispatch({ type: 'training-failed', round, message });
      return Promise.resolve(fail('FED_DELTA_VALUE', message));
    }
    const journaled = new Promise<Result<null>>((done) => {
      this.#work.set(round, { work, done });
    });
    this.dispatch({ type: 'trained', round, steps, samplingRate, noiseMultiplier });
    // The machine asks for the journal at once or not at all.
    const { work: current } = this.#state;
    if (current?.invitation.round !== round || current.stage !== 'journaling')
      this.#dropWork(round, `round ${round} is over; its result was dropped and nothing was spent`);
    return journaled;
  }

  /** Ends sockets and timers without leaving the run. */
  async close(): Promise<void> {
    const link = this.#link;
    this.#link = null;
    // A `leave` that was sent just now is still on its way out.
    await this.#ending;
    if (link !== null) await this.#end(link);
    this.#abort.abort(new Error('closed'));
    for (const round of this.#work.keys()) this.#dropWork(round, 'the vault was closed');
  }

  #carryOut(effect: ParticipantEffect): void {
    if (this.#abort.signal.aborted) return;
    switch (effect.type) {
      case 'connect':
        void this.#connect(effect);
        return;
      case 'disconnect':
        this.#disconnect(effect.session);
        return;
      case 'send':
        if (this.#link?.session === effect.session) this.#link.link?.send(effect.message);
        return;
      case 'load':
        void this.#load(effect.config);
        return;
      case 'fetch':
        void this.#fetch(effect);
        return;
      case 'train':
        this.#train(effect);
        return;
      case 'stop-training':
        // The machine also notifies `stop`, which is what the session hears.
        this.#dropWork(effect.round, effect.reason);
        return;
      case 'journal':
        void this.#journal(effect);
        return;
      case 'post':
        void this.#post(effect);
        return;
      case 'settle':
        void this.#settle(effect);
        return;
      case 'snapshot':
        void this.#snapshot(effect);
        return;
      case 'budget-spent':
        this.#emit({ type: 'budget-spent', spend: this.#book?.view() ?? NOTHING_SPENT });
        return;
      case 'notify':
        if (effect.event.type === 'connection' && effect.event.state === 'connected') this.#lastFailure = '';
        this.#emit(effect.event);
        return;
      default:
        unreachable(effect);
    }
  }

  async #connect({ session, limitMs }: Extract<ParticipantEffect, { type: 'connect' }>): Promise<void> {
    const abort = new AbortController();
    const entry: LinkEntry = { session, abort, link: null };
    this.#link = entry;
    const link = await RelayLink.open(this.#host, limitMs, abort.signal, {
      onMessage: (message) => {
        this.dispatch({ type: 'message', session, message });
        if (message.type === 'closed') {
          const { round, outcome } = message;
          this.#emit({ type: 'closed', round, outcome });
        }
      },
      onClose: (failure) => {
        if (failure !== null) this.#failOnce(failure);
        this.dispatch({ type: 'disconnected', session, final: null });
      },
    });
    if (this.#link !== entry) {
      // Given up meanwhile, by the machine's deadline or by `close`.
      if (link.ok) await link.value.close();
      return;
    }
    if (link.ok) {
      entry.link = link.value;
      this.#lastFailure = '';
      this.dispatch({ type: 'connected', session });
      return;
    }
    const final = isFinalRefusal(link.error.code);
    if (!final) this.#failOnce(link.error);
    this.dispatch({ type: 'disconnected', session, final: final ? link.error : null });
  }

  #disconnect(session: number): void {
    const entry = this.#link;
    if (entry?.session !== session) return;
    this.#link = null;
    this.#ending = this.#end(entry);
  }

  async #end({ link, abort }: LinkEntry): Promise<void> {
    await link?.close();
    abort.abort(new Error('disconnected'));
  }

  async #load(config: RunConfig): Promise<void> {
    const { runId } = config;
    const same = await this.#agreements.keep(runId, this.#state.signedConfig);
    if (!same.ok && same.error.code === 'FED_CONFIG_CHANGED') {
      const { code, message } = same.error;
      this.#emit({ type: 'failure', code, message, final: true });
      this.dispatch({ type: 'leave' });
      return;
    }
    if (!same.ok) this.#failOnce(same.error);
    const journal = await this.#store.journal(runId);
    const pending = journal.ok ? await this.#store.pending(runId) : journal;
    if (!journal.ok || !pending.ok) {
      // Without the journal nobody knows what was spent: better not to take part.
      const error = journal.ok ? (pending as { readonly error: Failure }).error : journal.error;
      this.#emit({ type: 'failure', code: error.code, message: error.message, final: true });
      this.dispatch({ type: 'leave' });
      return;
    }
    const book = new SpendBook(config, journal.value);
    this.#book = book;
    this.#emit({ type: 'spend', spend: book.view() });
    const epsilonAfter = book.epsilonAfter();
    this.dispatch({ type: 'loaded', runId, journal: journal.value, pending: pending.value, epsilonAfter });
  }

  async #fetch({ adapter }: Extract<ParticipantEffect, { type: 'fetch' }>): Promise<void> {
    const runId = this.#state.config?.runId;
    const kept = runId === undefined ? null : await this.#store.snapshot(runId);
    if (kept?.ok === true && kept.value?.sha256 === adapter.sha256) this.#shelf.put(adapter, kept.value.values);
    const fetched = await this.#shelf.fetch(adapter, FETCH_LIMIT_MS, this.#abort.signal);
    this.dispatch(
      fetched.ok ? { type: 'fetched', adapter } : { type: 'fetch-failed', adapter, failure: fetched.error },
    );
  }

  #train(effect: Extract<ParticipantEffect, { type: 'train' }>): void {
    const { round, adapter, circuitSeed } = effect;
    const values = this.#shelf.get(adapter);
    const { work } = this.#state;
    // The wall clock may have jumped since the invitation; the time that is left is what counts [CK1].
    const { wall, mono } = this.#now();
    const deadlineAt = work === null ? effect.deadlineAt : wall + (work.invitation.deadlineMono - mono);
    if (values === undefined) {
      const message = `adapter ${adapter.version} is no longer here`;
      this.#queue.push({ type: 'training-failed', round, message });
      return;
    }
    this.#emit({ type: 'train', round, adapter, values, deadlineAt, circuitSeed });
  }

  #dropWork(round: number, reason: string): void {
    this.#work.get(round)?.done(fail('FED_ROUND_OVER', reason));
    this.#work.delete(round);
  }

  async #journal(effect: Extract<ParticipantEffect, { type: 'journal' }>): Promise<void> {
    const { record, updateId, adapter } = effect;
    const { round } = record;
    const held = this.#work.get(round);
    this.#work.delete(round);
    const { config } = this.#state;
    const book = this.#book;
    if (held === undefined || config === null || book === null) return;
    const { delta } = held.work;
    const { deltaEncoding } = config.training;
    const pending = encodePending(record, updateId, adapter, delta, deltaEncoding, this.#ports.rng);
    const allowed = book.allows(record);
    // Counted before the write, and also if it fails: it may have reached the disk all the same (PV4).
    if (allowed.ok) book.add(record);
    const stored = allowed.ok ? await this.#store.appendSpend(record, pending) : allowed;
    held.done(stored);
    if (!stored.ok) {
      this.dispatch({ type: 'journal-failed', round, failure: stored.error });
      if (stored.error.code === 'DP_BUDGET') this.dispatch({ type: 'decline', round, reason: 'budget' });
      if (stored.error.code === 'DP_BUDGET') this.#emit({ type: 'budget-spent', spend: book.view() });
      return;
    }
    this.#emit({ type: 'spend', spend: book.view() });
    this.dispatch({ type: 'journaled', record, pending, epsilonAfter: book.epsilonAfter() });
  }

  async #post(effect: Extract<ParticipantEffect, { type: 'post' }>): Promise<void> {
    const { session, pending, limitMs } = effect;
    const { round, updateId } = pending;
    const link = this.#link?.session === session ? this.#link.link : null;
    // Without a link the machine has moved on and posts again in its next session.
    if (link === null) return;
    const sealed = await link.seal(pending);
    if (!sealed.ok) {
      this.dispatch({ type: 'post-failed', round, failure: sealed.error });
      return;
    }
    const preview = sealed.value.slice(0, PREVIEW_BYTES);
    const plaintextBytes = pending.bytes.length;
    this.#emit({ type: 'sealed', round, bytes: sealed.value.length, plaintextBytes, preview });
    this.#emit({ type: 'sent', round, updateId });
    const answer = await link.post(pending, sealed.value, limitMs, this.#abort.signal);
    if (answer.ok) this.dispatch({ type: 'post-answered', round, message: answer.value });
    else this.dispatch({ type: 'post-failed', round, failure: answer.error });
  }

  async #settle(effect: Extract<ParticipantEffect, { type: 'settle' }>): Promise<void> {
    const settled = await this.#store.settle(effect.runId, effect.round, effect.outcome);
    // The update will be sent once more after a reload; the relay knows it by its id.
    if (!settled.ok) this.#fail(settled.error);
  }

  async #snapshot(effect: Extract<ParticipantEffect, { type: 'snapshot' }>): Promise<void> {
    const { adapter: ref, runId } = effect;
    const values = this.#shelf.get(ref);
    if (values === undefined) return;
    this.#emit({ type: 'adapter', ref, values });
    const { version, sha256 } = ref;
    const stored = await this.#store.putSnapshot({ runId, version, sha256, values, at: this.#ports.clock.now() });
    if (!stored.ok) this.#failOnce(stored.error);
  }

  #openConfig(bytes: Uint8Array): Result<RunConfig> {
    const key = this.#trust.rootPublicKey;
    // The channel exists only with the relay's keys.
    if (key === null) return fail('SEC_RELAY_KEYS', 'the relay’s keys are not known');
    const opened = openSignedConfig(bytes, key, verifyConfig);
    return opened.ok ? this.#agreements.agree(opened.value) : opened;
  }

  #now(): { readonly wall: Millis; readonly mono: Millis } {
    return { wall: this.#ports.clock.now(), mono: this.#ports.clock.monotonic() };
  }

  /** Uniform in [0, 1), 32 bits: for jitter only. */
  #random(): number {
    const bytes = new Uint8Array(4);
    this.#ports.rng.fill(bytes.subarray(0));
    return new DataView(bytes.buffer).getUint32(0) / 2 ** 32;
  }

  #fail({ code, message }: Failure): void {
    this.#emit({ type: 'failure', code, message, final: false });
  }

  /** A reconnecting tab meets the same failure many times; the person is told once. */
  #failOnce(failure: Failure): void {
    if (failure.code === this.#lastFailure || failure.code === 'NET_CANCELLED') return;
    this.#lastFailure = failure.code;
    this.#fail(failure);
  }

  async #tick(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      await this.#ports.clock.sleep(PARTICIPANT_TICK_MS, signal).catch(() => null);
      this.dispatch({ type: 'tick' });
      const traffic = this.#traffic.news(
        this.#ports.clock.monotonic(),
        this.#state.posting.size,
        this.#state.roundTripMs,
      );
      if (traffic !== null) this.#emit(traffic);
    }
  }
}
