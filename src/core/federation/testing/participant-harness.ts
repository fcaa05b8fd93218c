import type { VaultEvent } from '../../contracts/vault-service.ts';
import { ok } from '../../lib/result.ts';
import type { PendingUpdate, SpendRecord } from '../../storage/vault-store.ts';
import type { AdapterRef, ParticipantMessage, RelayMessage } from '../messages.ts';
import { createParticipant, stepParticipant } from '../participant.ts';
import type { ParticipantEffect, ParticipantEvent, ParticipantPorts, ParticipantState } from '../participant-types.ts';
import type { RunConfig } from '../run-config.ts';
import { hashOf } from './relay-harness.ts';
import { CONFIG, HEX16, REPORT } from './wire-cases.ts';

export const adapterOf = (version: number): AdapterRef => ({ version, sha256: hashOf(version) });

/** One participant half with two clocks, a journal in memory and every effect on record. */
export class ParticipantHarness {
  state: ParticipantState;
  wall = 5_000_000;
  mono = 10;
  config: RunConfig = CONFIG;
  random = 0.5;
  /** Epsilon per round; null: noise off. */
  epsilonPerRound: number | null = 1;
  readonly effects: ParticipantEffect[] = [];
  readonly journal: SpendRecord[] = [];
  pending: PendingUpdate[] = [];
  readonly ports: ParticipantPorts = { random: () => this.random, openConfig: () => ok(this.config) };

  constructor() {
    this.state = createParticipant(this.#now());
    this.step({ type: 'open', participantId: HEX16 });
  }

  #now(): { wall: number; mono: number } {
    return { wall: this.wall, mono: this.mono };
  }

  step(event: ParticipantEvent): readonly ParticipantEffect[] {
    const { state, effects } = stepParticipant(this.state, event, this.#now(), this.ports);
    this.state = state;
    this.effects.push(...effects);
    return effects;
  }

  pass(ms: number): void {
    for (let left = ms; left > 0; left -= 250) {
      this.mono += Math.min(250, left);
      this.wall += Math.min(250, left);
      this.step({ type: 'tick' });
    }
  }

  get session(): number {
    return this.state.sessions;
  }

  hear(message: RelayMessage, session = this.session): readonly ParticipantEffect[] {
    return this.step({ type: 'message', session, message });
  }

  epsilonAfter(): number | null {
    return this.epsilonPerRound === null ? null : this.epsilonPerRound * (this.journal.length + 1);
  }

  welcome(version = 0): void {
    this.hear({
      type: 'welcome',
      version: 1,
      participantId: HEX16,
      now: 1,
      signedConfig: new Uint8Array([1]),
      adapter: adapterOf(version),
      heartbeatMs: 1500,
    });
  }

  /** Connected, welcomed, journal loaded, newest adapter fetched. */
  connect(version = 0): void {
    if (this.state.link.state === 'idle' || this.state.link.state === 'refused')
      this.step({ type: 'join', report: REPORT });
    this.step({ type: 'connected', session: this.session });
    this.welcome(version);
    if (!this.state.loaded) this.load();
    this.step({ type: 'fetched', adapter: adapterOf(version) });
  }

  load(): void {
    const { runId } = this.config;
    const epsilonAfter = this.epsilonAfter();
    this.step({ type: 'loaded', runId, journal: [...this.journal], pending: [...this.pending], epsilonAfter });
  }

  invite(round: number, version = 0, leftMs = 60_000): void {
    const now = 777_000;
    this.hear({
      type: 'invite',
      round,
      adapter: adapterOf(version),
      deadlineAt: now + leftMs,
      now,
      circuitSeed: round,
    });
  }

  progress(round: number, progress: number): void {
    this.step({ type: 'progress', round, phase: 'training', progress });
  }

  trained(round: number): readonly ParticipantEffect[] {
    return this.step({ type: 'trained', round, steps: 8, samplingRate: 0.1, noiseMultiplier: 0.7 });
  }

  /** Carries out the newest `journal` effect. */
  journaled(): readonly ParticipantEffect[] {
    const effect = this.all('journal').at(-1)!;
    const { record, updateId } = effect;
    const pending = { runId: record.runId, round: record.round, updateId, bytes: new Uint8Array([record.round]) };
    this.journal.push(record);
    this.pending.push(pending);
    return this.step({ type: 'journaled', record, pending, epsilonAfter: this.epsilonAfter() });
  }

  /** A whole round up to the post. */
  work(round: number, version = 0): void {
    this.invite(round, version);
    this.trained(round);
    this.journaled();
  }

  accept(round: number): readonly ParticipantEffect[] {
    const updateId = this.state.posting.get(round)!.pending.updateId;
    const message: RelayMessage = { type: 'accepted', round, updateId, staleness: 0, duplicate: false };
    this.pending = this.pending.filter((pending) => pending.round !== round);
    return this.step({ type: 'post-answered', round, message });
  }

  /** The tab is killed and opened again: only the journal is left. */
  reload(): void {
    this.mono = 3;
    this.state = createParticipant(this.#now());
    this.step({ type: 'open', participantId: HEX16 });
  }

  all<K extends ParticipantEffect['type']>(type: K): Extract<ParticipantEffect, { type: K }>[] {
    return this.effects.filter((effect) => effect.type === type) as Extract<ParticipantEffect, { type: K }>[];
  }

  sent<K extends ParticipantMessage['type']>(type: K): Extract<ParticipantMessage, { type: K }>[] {
    const messages = this.all('send').map((effect) => effect.message);
    return messages.filter((message) => message.type === type) as Extract<ParticipantMessage, { type: K }>[];
  }

  notes<K extends VaultEvent['type']>(type: K): Extract<VaultEvent, { type: K }>[] {
    const events = this.all('notify').map((effect) => effect.event);
    return events.filter((event) => event.type === type) as Extract<VaultEvent, { type: K }>[];
  }
}
