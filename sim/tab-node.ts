import { encodeDelta } from '../src/core/federation/delta-codec.ts';
import {
  decodeRelayMessage,
  decodeUpdate,
  encodeParticipantMessage,
  encodeUpdate,
} from '../src/core/federation/codec.ts';
import type { Now } from '../src/core/federation/coordinator-types.ts';
import {
  PROTOCOL_VERSION,
  type AdapterRef,
  type ParticipantReport,
  type RelayMessage,
} from '../src/core/federation/messages.ts';
import { createParticipant, stepParticipant } from '../src/core/federation/participant.ts';
import type {
  ParticipantEffect,
  ParticipantEvent,
  ParticipantState,
} from '../src/core/federation/participant-types.ts';
import type { RunConfig } from '../src/core/federation/run-config.ts';
import { updateIdOf } from '../src/core/federation/update-check.ts';
import { at } from '../src/core/lib/assert.ts';
import { sha256Hex } from '../src/core/lib/bytes.ts';
import type { Prng } from '../src/core/lib/prng.ts';
import { fail, ok, type Failure } from '../src/core/lib/result.ts';
import type { PendingUpdate, SpendRecord } from '../src/core/storage/vault-store.ts';
import type { Connection, Network } from './network.ts';
import type { Plan } from './plan.ts';
import { promise, type Reference } from './reference.ts';
import type { RelayNode } from './relay-node.ts';
import type { VirtualTime } from './virtual-time.ts';

const TICK_MS = 500;
/** A page that has been hidden for long wakes once a minute. */
const HIDDEN_TICK_MS = 60_000;

export interface TabOptions {
  readonly id: string;
  readonly config: RunConfig;
  /** What its own text would teach the model. */
  readonly goal: Float64Array;
  readonly epsilonPerRound: number;
}

const REPORT: ParticipantReport = {
  client: 'headless',
  engine: 'quadratic',
  tokensPerSecond: 1000,
  quantumEngine: 'none',
  fidelity: null,
  amplitudesPerSecond: 0,
  epsilon: 0,
  shardTokensApprox: 1000,
};

/** A tab: the participant under test, a journal that survives, and a page that can be killed between any two effects. */
export class TabNode {
  readonly id: string;
  crashes = 0;
  gone = false;
  hidden = false;
  wallOffset = 0;
  readonly journal: SpendRecord[] = [];
  readonly pending = new Map<number, PendingUpdate>();
  readonly #sent = new Map<string, string>();
  readonly #time: VirtualTime;
  readonly #net: Network;
  readonly #prng: Prng;
  readonly #plan: Plan;
  readonly #relay: RelayNode;
  readonly #reference: Reference;
  readonly #options: TabOptions;
  #state: ParticipantState | null = null;
  #life = 0;
  #monoOrigin = 0;
  #fuse: number | null = null;
  #frozen: (() => void)[] | null = null;
  #connection: Connection | null = null;
  #training = 0;
  readonly #deltas = new Map<number, Float32Array>();

  constructor(
    parts: { time: VirtualTime; net: Network; prng: Prng; plan: Plan; reference: Reference; relay: RelayNode },
    options: TabOptions,
  ) {
    this.id = options.id;
    this.#time = parts.time;
    this.#net = parts.net;
    this.#prng = parts.prng;
    this.#plan = parts.plan;
    this.#relay = parts.relay;
    this.#reference = parts.reference;
    this.#options = options;
  }

  get connection(): Connection | null {
    return this.#connection;
  }

  get loaded(): boolean {
    return this.#state !== null;
  }

  /** For the message of a failed seed. */
  describe(): string {
    const state = this.#state;
    if (state === null) return 'tab down';
    const flags = [state.paused && 'paused', state.unavailable, this.gone && 'gone', this.hidden && 'hidden'];
    const stage = state.work === null ? 'idle' : `${state.work.stage} round ${state.work.invitation.round}`;
    return ['tab', state.link.state, stage, `posting ${state.posting.size}`, ...flags].filter(Boolean).join(' ');
  }

  open(): void {
    const life = ++this.#life;
    this.#monoOrigin = this.#prng.below(1e6) - this.#time.now;
    this.#state = createParticipant(this.#now());
    this.#step({ type: 'open', participantId: this.id });
    if (!this.gone) this.#step({ type: 'join', report: REPORT });
    if (life === this.#life) this.#tick(life);
  }

  #tick(life: number): void {
    this.#time.after(this.hidden ? HIDDEN_TICK_MS : TICK_MS, () => {
      if (life !== this.#life) return;
      this.deliver({ type: 'tick' });
      this.#tick(life);
    });
  }

  /** A page that becomes visible runs its timers at once. */
  show(): void {
    this.hidden = false;
    if (this.#state === null) return;
    this.deliver({ type: 'tick' });
    this.#tick(this.#life);
  }

  condemn(effects: number): void {
    this.#fuse = effects;
  }

  kill(): void {
    if (this.#state === null) return;
    this.crashes += 1;
    this.#life += 1;
    this.#state = null;
    this.#fuse = null;
    this.#frozen = null;
    this.#deltas.clear();
    if (this.#connection?.tabOpen === true) this.#net.close(this.#connection, 'tab');
    this.#connection = null;
    this.#time.after(50 + this.#prng.below(4000), () => {
      if (this.#state === null) this.open();
    });
  }

  /** Timers and messages wait; then everything comes at once. */
  freeze(ms: number): void {
    if (this.#state === null || this.#frozen !== null) return;
    const life = this.#life;
    this.#frozen = [];
    this.#time.after(ms, () => {
      if (life !== this.#life) return;
      const waiting = this.#frozen ?? [];
      this.#frozen = null;
      for (const run of waiting) run();
    });
  }

  leave(): void {
    this.gone = true;
    this.deliver({ type: 'leave' });
  }

  rejoin(): void {
    this.gone = false;
    this.deliver({ type: 'join', report: REPORT });
  }

  deliver(event: ParticipantEvent): void {
    if (this.#frozen === null) this.#step(event);
    else this.#frozen.push(() => this.#step(event));
  }

  #now(): Now {
    return { wall: 1e12 + this.#time.now + this.wallOffset, mono: this.#monoOrigin + this.#time.now };
  }

  #step(event: ParticipantEvent): void {
    if (this.#state === null) return;
    const ports = {
      random: () => this.#prng.float(),
      openConfig: () => ok(this.#options.config),
    };
    const { state, effects } = stepParticipant(this.#state, event, this.#now(), ports);
    this.#state = state;
    const life = this.#life;
    for (const effect of effects) {
      if (this.#fuse !== null && --this.#fuse < 0) this.kill();
      if (life !== this.#life) return;
      this.#carryOut(effect);
    }
  }

  /** Later in this life of the page. */
  #later(delayMs: number, run: () => void): void {
    const life = this.#life;
    this.#time.after(delayMs, () => {
      if (life !== this.#life) return;
      if (this.#frozen === null) run();
      else this.#frozen.push(run);
    });
  }

  #carryOut(effect: ParticipantEffect): void {
    switch (effect.type) {
      case 'connect':
        this.#connect(effect.session);
        return;
      case 'disconnect':
        if (this.#connection?.tabOpen === true) this.#net.close(this.#connection, 'tab');
        this.#connection = null;
        return;
      case 'send':
        if (this.#connection?.tabOpen === true)
          this.#net.up(this.#connection, encodeParticipantMessage(effect.message));
        return;
      case 'load':
        this.#later(1 + this.#prng.below(10), () => this.#load());
        return;
      case 'fetch':
        this.#later(2 * this.#net.delay(), () => this.#fetch(effect.adapter));
        return;
      case 'train':
        this.#train(effect);
        return;
      case 'stop-training':
        this.#training += 1;
        return;
      case 'journal':
        this.#later(1 + this.#prng.below(30), () => this.#journal(effect));
        return;
      case 'post':
        this.#post(effect.pending);
        return;
      case 'settle':
        this.#later(1 + this.#prng.below(20), () => this.pending.delete(effect.round));
        return;
      case 'snapshot':
      case 'budget-spent':
      case 'notify':
        return;
      default:
        effect satisfies never;
    }
  }

  #connect(session: number): void {
    const life = this.#life;
    const refused = (): void => this.deliver({ type: 'disconnected', session, final: null });
    this.#later(3 * this.#net.delay(), () => {
      if (!this.#relay.up) return refused();
      const connection: Connection = {
        id: `${this.id}/${life}/${session}`,
        participantId: this.id,
        toRelay: (bytes, spoiled) => this.#relay.receive(connection, bytes, spoiled),
        toTab: (bytes, spoiled) => {
          if (life === this.#life) this.#hear(session, bytes, spoiled);
        },
        onTabClosed: () => {
          if (life === this.#life) refused();
        },
        onRelayClosed: () => this.#relay.lost(connection),
        tabOpen: true,
        relayOpen: true,
        blackHole: false,
        upAt: 0,
        downAt: 0,
      };
      // The machine may have given this session up meanwhile; the relay finds out by itself.
      if (this.#state?.sessions === session) this.#connection = connection;
      this.#relay.accept(connection);
      this.deliver({ type: 'connected', session });
    });
  }

  #hear(session: number, bytes: Uint8Array, spoiled: boolean): void {
    const decoded = decodeRelayMessage(bytes);
    if (decoded.ok && !spoiled) this.deliver({ type: 'message', session, message: decoded.value });
  }

  #epsilonAfter(): number {
    return this.#options.epsilonPerRound * (this.journal.length + 1);
  }

  #load(): void {
    const { runId } = this.#options.config;
    const pending = [...this.pending.values()];
    this.#step({ type: 'loaded', runId, journal: [...this.journal], pending, epsilonAfter: this.#epsilonAfter() });
  }

  #fetch(adapter: AdapterRef): void {
    if (!this.#relay.up || this.#net.happens(this.#plan.faults.postDrop)) {
      const failure = fail('NET_UNREACHABLE', 'the relay did not answer', true).error;
      this.#step({ type: 'fetch-failed', adapter, failure });
      return;
    }
    promise(this.#relay.ledger.adapters.has(adapter.sha256), 'I4: an adapter was announced before it was stored');
    this.#step({ type: 'fetched', adapter });
  }

  #train(effect: Extract<ParticipantEffect, { type: 'train' }>): void {
    const job = ++this.#training;
    const { round } = effect;
    const total = 200 + this.#prng.below(this.#net.happens(this.#plan.faults.slow) ? 15_000 : 1500);
    const broken = this.#net.happens(this.#plan.faults.trainFail);
    this.#later(total / 2, () => {
      if (job === this.#training) this.#step({ type: 'progress', round, phase: 'training', progress: 0.5 });
    });
    this.#later(total, () => {
      if (job !== this.#training) return;
      if (broken) {
        this.#step({ type: 'training-failed', round, message: 'drawn by the plan' });
        return;
      }
      this.#deltas.set(round, this.#gradientStep(effect.adapter));
      this.#step({ type: 'trained', round, steps: 4, samplingRate: 0.1, noiseMultiplier: 1 });
    });
  }

  /** Half a step towards its own goal, plus noise. */
  #gradientStep(adapter: AdapterRef): Float32Array {
    const values = this.#relay.ledger.adapters.get(adapter.sha256);
    promise(values !== undefined, 'I4: trained from an adapter that is not stored');
    return values.map((value, i) => 0.5 * (at(this.#options.goal, i) - value) + 0.01 * this.#prng.normal());
  }

  #journal(effect: Extract<ParticipantEffect, { type: 'journal' }>): void {
    const { record, updateId, adapter } = effect;
    const { round, runId } = record;
    const delta = this.#deltas.get(round);
    promise(delta !== undefined, 'PV1: a spend without a result');
    this.#deltas.delete(round);
    if (this.#net.happens(this.#plan.faults.journalFail)) {
      const failure: Failure = fail('STORE_FULL', 'drawn by the plan').error;
      this.#step({ type: 'journal-failed', round, failure });
      return;
    }
    promise(!this.journal.some((known) => known.round === round), `I3: round ${round} was spent twice`);
    promise(!this.journal.some((known) => known.seq === record.seq), `I3: journal number ${record.seq} was used twice`);
    const spent = this.#options.epsilonPerRound * (this.journal.length + 1);
    promise(spent <= this.#options.config.privacy.epsilonBudget, `I3: epsilon ${spent} passes the budget`);
    const bytes = encodeUpdate(this.#update(round, adapter, delta));
    const pending = { runId, round, updateId, bytes };
    this.#reference.made(updateId, sha256Hex(bytes), adapter.version, delta);
    this.journal.push(record);
    this.pending.set(round, pending);
    // Killed between the transaction and the next step: `#step` is a fresh chance for the fuse.
    this.#step({ type: 'journaled', record, pending, epsilonAfter: this.#epsilonAfter() });
  }

  #update(round: number, adapter: AdapterRef, delta: Float32Array): Parameters<typeof encodeUpdate>[0] {
    const { runId } = this.#options.config;
    const encoded = encodeDelta(delta, 'f32', this.#prng);
    const size = delta.length;
    return { version: PROTOCOL_VERSION, runId, round, adapter, encoding: 'f32', size, delta: encoded };
  }

  #post(pending: PendingUpdate): void {
    const connection = this.#connection;
    const { round, updateId, bytes } = pending;
    this.#reference.leaves(updateId, sha256Hex(bytes), round, this.journal, this.#sent);
    const lost = (): void => {
      const failure = fail('NET_UNREACHABLE', 'no answer', true).error;
      this.deliver({ type: 'post-failed', round, failure });
    };
    const life = this.#life;
    const reply = (message: RelayMessage | null): void => {
      if (life !== this.#life) return;
      if (message === null) lost();
      else this.deliver({ type: 'post-answered', round, message });
    };
    if (connection === null || this.#net.happens(this.#plan.faults.postDrop)) {
      this.#later(this.#net.delay(), lost);
      return;
    }
    const copies = this.#net.happens(this.#plan.faults.postDuplicate) ? 2 : 1;
    for (let i = 0; i < copies; i++)
      this.#time.after(this.#net.delay(), () => this.#relay.post(connection, updateId, bytes, reply));
    if (this.#net.happens(this.#plan.faults.postForged)) this.#forge(connection, pending);
  }

  /** The same participant, or one who stole its channel, tries what is not allowed. None of it may throw or count. */
  #forge(connection: Connection, pending: PendingUpdate): void {
    const { round, updateId, bytes } = pending;
    const send = (id: string, forged: Uint8Array): void =>
      this.#time.after(this.#net.delay() + this.#prng.below(3000), () =>
        this.#relay.post(connection, id, forged, () => undefined),
      );
    const spoiled = this.#net.spoil(bytes);
    if (!decodeUpdate(spoiled).ok) send(updateId, spoiled);
    // Other numbers under the same id: whichever the ledger takes first counts, the other is a conflict.
    const decoded = decodeUpdate(bytes);
    if (decoded.ok) {
      const other = Float32Array.from({ length: this.#plan.size }, () => this.#prng.normal());
      const twin = encodeUpdate(this.#update(round, decoded.value.adapter, other));
      this.#reference.made(updateId, sha256Hex(twin), decoded.value.adapter.version, other);
      send(updateId, twin);
    }
    send('0'.repeat(64), bytes);
    const { adapters } = this.#relay.ledger;
    const sha256 = [...adapters.keys()].at(-1) ?? '';
    const later = round + 1 + this.#prng.below(3);
    const zeros = new Float32Array(this.#plan.size);
    const future = encodeUpdate(this.#update(later, { version: 0, sha256 }, zeros));
    const futureId = updateIdOf(this.id, this.#options.config.runId, later);
    // By the time it arrives that round may have begun, and then it is as good as any.
    this.#reference.made(futureId, sha256Hex(future), 0, zeros);
    send(futureId, future);
  }
}
