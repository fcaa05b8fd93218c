import { createWeightedMean } from '../src/core/federation/aggregate.ts';
import { decodeParticipantMessage, decodeUpdate, encodeRelayMessage } from '../src/core/federation/codec.ts';
import { createCoordinator, stepCoordinator } from '../src/core/federation/coordinator.ts';
import { restoreCoordinator } from '../src/core/federation/coordinator-restore.ts';
import type {
  CoordinatorEffect,
  CoordinatorEvent,
  CoordinatorOptions,
  CoordinatorState,
  Now,
} from '../src/core/federation/coordinator-types.ts';
import { admitUpdate, baseOf } from '../src/core/federation/coordinator-updates.ts';
import { decodeDelta } from '../src/core/federation/delta-codec.ts';
import type { RelayMessage } from '../src/core/federation/messages.ts';
import { checkUpdate } from '../src/core/federation/update-check.ts';
import { at } from '../src/core/lib/assert.ts';
import { sha256Hex } from '../src/core/lib/bytes.ts';
import type { Prng } from '../src/core/lib/prng.ts';
import type { Failure } from '../src/core/lib/result.ts';
import type { SimLedger } from './ledger.ts';
import type { Connection, Network } from './network.ts';
import type { Plan } from './plan.ts';
import { promise, type Reference } from './reference.ts';
import type { VirtualTime } from './virtual-time.ts';

const TICK_MS = 500;
/** Far above any norm that a tab of the simulation has. */
const NORM_MAX = 1e6;

export interface RelayCounts {
  crashes: number;
  duplicates: number;
  refusals: Map<string, number>;
}

export type Reply = (message: RelayMessage | null) => void;

/** The relay: the coordinator under test, its ledger, and a process that can be killed between any two effects. */
export class RelayNode {
  readonly counts: RelayCounts = { crashes: 0, duplicates: 0, refusals: new Map() };
  readonly ledger: SimLedger;
  readonly #time: VirtualTime;
  readonly #net: Network;
  readonly #prng: Prng;
  readonly #plan: Plan;
  readonly #options: CoordinatorOptions;
  readonly #reference: Reference;
  #state: CoordinatorState | null = null;
  #life = 0;
  #monoOrigin = 0;
  wallOffset = 0;
  /** Effects left until the kill; null: not condemned. */
  #fuse: number | null = null;
  #connections = new Map<string, Connection>();
  #replies = new Map<string, Reply[]>();

  constructor(
    parts: { time: VirtualTime; net: Network; prng: Prng; plan: Plan; reference: Reference; ledger: SimLedger },
    options: CoordinatorOptions,
  ) {
    this.#time = parts.time;
    this.#net = parts.net;
    this.#prng = parts.prng;
    this.#plan = parts.plan;
    this.#reference = parts.reference;
    this.ledger = parts.ledger;
    this.#options = options;
    this.ledger.adapters.set(options.adapter.sha256, new Float32Array(parts.plan.size));
  }

  get up(): boolean {
    return this.#state !== null;
  }

  get finished(): boolean {
    return this.#state?.run.phase === 'finished';
  }

  get phase(): string {
    return this.#state?.run.phase ?? 'down';
  }

  /** For the message of a failed seed. */
  describe(): string {
    const members = [...(this.#state?.members.values() ?? [])].map((member) => {
      const link = member.connection === null ? 'away' : 'here';
      return `${link}${member.available ? '' : ` ${member.reason ?? 'left'}`}`;
    });
    return `relay ${this.phase} in round ${this.#state?.round ?? 0} with ${members.join(', ')}`;
  }

  start(): void {
    const life = ++this.#life;
    // Every process has another monotonic origin.
    this.#monoOrigin = this.#prng.below(1e6) - this.#time.now;
    const facts = this.ledger.facts();
    const fresh = facts.events.length === 0;
    const now = this.#now();
    const { state, effects } = fresh
      ? createCoordinator(this.#options, now)
      : restoreCoordinator(this.#options, facts, now);
    this.#state = state;
    this.#execute(effects);
    this.#tick(life);
  }

  #tick(life: number): void {
    this.#time.after(TICK_MS, () => {
      if (life !== this.#life) return;
      this.#step({ type: 'tick' });
      // Three failed merges in a row stop a run; an operator looks at it and starts the relay again.
      if (this.phase === 'stopped') this.kill();
      else this.#tick(life);
    });
  }

  /** The kill falls between two of the next effects. */
  condemn(effects: number): void {
    this.#fuse = effects;
  }

  kill(): void {
    if (this.#state === null) return;
    this.counts.crashes += 1;
    this.#life += 1;
    this.#state = null;
    this.#fuse = null;
    const replies = [...this.#replies.values()].flat();
    this.#replies = new Map();
    for (const connection of this.#connections.values()) if (connection.relayOpen) this.#net.close(connection, 'relay');
    this.#connections = new Map();
    for (const reply of replies) this.#time.after(this.#net.delay(), () => reply(null));
    this.#time.after(100 + this.#prng.below(3000), () => this.start());
  }

  #now(): Now {
    return { wall: 1e12 + this.#time.now + this.wallOffset, mono: this.#monoOrigin + this.#time.now };
  }

  #step(event: CoordinatorEvent): void {
    if (this.#state === null) return;
    const { state, effects } = stepCoordinator(this.#state, event, this.#now());
    this.#state = state;
    this.#execute(effects);
    if (this.#state !== null)
      promise(
        this.#state.adapter.version === this.#reference.version,
        'I4: the relay and the ledger differ in version',
      );
  }

  #execute(effects: readonly CoordinatorEffect[]): void {
    const life = this.#life;
    for (const effect of effects) {
      if (this.#fuse !== null && --this.#fuse < 0) this.kill();
      if (life !== this.#life) return;
      this.#carryOut(effect);
    }
  }

  #carryOut(effect: CoordinatorEffect): void {
    switch (effect.type) {
      case 'send': {
        const connection = this.#connections.get(effect.connection);
        if (connection?.relayOpen === true) this.#net.down(connection, encodeRelayMessage(effect.message));
        return;
      }
      case 'answer':
        this.#answer(effect);
        return;
      case 'close': {
        const connection = this.#connections.get(effect.connection);
        if (connection?.relayOpen === true) this.#net.close(connection, 'relay');
        return;
      }
      case 'persist':
        this.ledger.write(effect.record);
        return;
      case 'aggregate':
        this.#aggregate(effect);
        return;
      case 'cancel-aggregation':
        return;
      case 'publish':
        this.ledger.appendEvent(effect.event);
        return;
      default:
        effect satisfies never;
    }
  }

  #answer(effect: Extract<CoordinatorEffect, { type: 'answer' }>): void {
    const { message, updateId } = effect;
    if (message.type === 'accepted') {
      this.#reference.acknowledge(updateId);
      if (message.duplicate) this.counts.duplicates += 1;
    } else if (message.type === 'refused') this.#countRefusal(message.code);
    const replies = this.#replies.get(updateId) ?? [];
    this.#replies.delete(updateId);
    for (const reply of replies) this.#reply(reply, message);
  }

  #countRefusal(code: string): void {
    this.counts.refusals.set(code, (this.counts.refusals.get(code) ?? 0) + 1);
  }

  #reply(reply: Reply, message: RelayMessage): void {
    const lost = this.#net.happens(this.#plan.faults.answerDrop);
    this.#time.after(this.#net.delay(), () => reply(lost ? null : message));
  }

  #aggregate(effect: Extract<CoordinatorEffect, { type: 'aggregate' }>): void {
    const life = this.#life;
    const { mergeFail, mergeHang } = this.#plan.faults;
    if (this.#net.happens(mergeHang)) return;
    this.#time.after(5 + this.#prng.below(300), () => {
      if (life !== this.#life) return;
      if (this.#net.happens(mergeFail)) {
        this.#step({ type: 'aggregation-failed', round: effect.round, message: 'drawn by the plan' });
        return;
      }
      const values = this.#merge(effect);
      const sha256 = sha256Hex(new Uint8Array(values.buffer));
      this.ledger.adapters.set(sha256, values);
      const adapter = { version: effect.base.version + 1, sha256 };
      this.#step({ type: 'aggregation-finished', round: effect.round, adapter, probe: { loss: 1, accuracy: 0 } });
    });
  }

  #merge(effect: Extract<CoordinatorEffect, { type: 'aggregate' }>): Float32Array {
    const base = this.ledger.adapters.get(effect.base.sha256);
    promise(base !== undefined, 'I4: the base of a round is not stored');
    const mean = createWeightedMean({ size: this.#plan.size, normMax: NORM_MAX });
    for (const { updateId, weight } of effect.updates) {
      const known = this.ledger.update(updateId);
      const bytes = this.ledger.blobs.get(known?.digest ?? '');
      promise(bytes !== undefined, 'I1: an update to merge is not stored');
      const update = decodeUpdate(bytes);
      promise(update.ok, 'a stored update does not decode');
      const { size, encoding } = update.value;
      const delta = decodeDelta(update.value.delta, size, encoding);
      promise(
        delta.ok && mean.add({ id: updateId, delta: delta.value, weight }).ok,
        'a stored update cannot be merged',
      );
    }
    const merged = mean.result();
    promise(merged.ok, 'I5: a merge without updates');
    const delta = merged.value;
    return base.map((value, i) => value + at(delta, i));
  }

  /** A sealed channel is up. */
  accept(connection: Connection): void {
    this.#connections.set(connection.id, connection);
  }

  receive(connection: Connection, bytes: Uint8Array, spoiled: boolean): void {
    if (this.#state === null) return;
    const { participantId, id } = connection;
    const decoded = decodeParticipantMessage(bytes);
    if (!decoded.ok) {
      const { code, message } = decoded.error;
      this.#countRefusal(code);
      this.#step({ type: 'malformed', connection: id, participantId, code, message });
      return;
    }
    if (spoiled) return;
    const message = decoded.value;
    if (message.type === 'hello' && this.#state.members.get(participantId)?.connection !== id) {
      const returning = this.ledger.knows(participantId);
      this.ledger.putParticipant(participantId, this.#now().wall);
      const { report } = message;
      this.#step({ type: 'participant-joined', connection: id, participantId, report, returning });
    } else this.#step({ type: 'message', connection: id, participantId, message });
  }

  lost(connection: Connection): void {
    const { id, participantId } = connection;
    this.#connections.delete(id);
    this.#step({ type: 'connection-lost', connection: id, participantId });
  }

  /** One POST. `reply` gets null where the answer is lost. */
  post(connection: Connection, updateId: string, bytes: Uint8Array, reply: Reply): void {
    const state = this.#state;
    if (state === null || !this.#connections.has(connection.id)) {
      this.#time.after(this.#net.delay(), () => reply(null));
      return;
    }
    const { participantId } = connection;
    const refuse = (failure: Failure, round: number | null): void => {
      this.#countRefusal(failure.code);
      this.#reply(reply, { type: 'refused', ...failure, round });
    };
    const decoded = decodeUpdate(bytes);
    if (!decoded.ok) return refuse(decoded.error, null);
    const update = decoded.value;
    const { round } = update;
    const base = baseOf(state, round);
    const { size } = this.#plan;
    const checked = checkUpdate(update, {
      config: this.#options.config,
      participantId,
      updateId,
      adapterSize: size,
      base,
    });
    if (!checked.ok) return refuse(checked.error, round);
    const delta = decodeDelta(update.delta, update.size, update.encoding);
    if (!delta.ok) return refuse(delta.error, round);
    const claim = { participantId, round, updateId, digest: sha256Hex(bytes) };
    const admission = admitUpdate(state, claim, this.ledger.update(updateId));
    if (!admission.ok) return refuse(admission.error, round);
    this.#replies.set(updateId, [...(this.#replies.get(updateId) ?? []), reply]);
    this.#write(claim, bytes, refuse);
  }

  /** Group commit takes its time; the kill may fall before it or between it and the coordinator. */
  #write(
    claim: { participantId: string; round: number; updateId: string; digest: string },
    bytes: Uint8Array,
    refuse: (failure: Failure, round: number | null) => void,
  ): void {
    const life = this.#life;
    this.#time.after(1 + this.#prng.below(this.#plan.faults.ledgerSlowMs), () => {
      if (life !== this.#life) return;
      const outcome = this.ledger.acceptUpdate(claim, bytes);
      if (outcome === 'conflict') {
        const message = 'the ledger has another update of this participant for this round';
        refuse({ code: 'FED_UPDATE_CONFLICT', message, retry: false }, claim.round);
        return;
      }
      const mergedIn = this.ledger.update(claim.updateId)?.mergedIn ?? null;
      this.#step({ type: 'update-durable', ...claim, duplicate: outcome === 'duplicate', mergedIn });
    });
  }
}
