import { at } from '../../lib/assert.ts';
import { createCoordinator, stepCoordinator } from '../coordinator.ts';
import { restoreCoordinator } from '../coordinator-restore.ts';
import type {
  CoordinatorEffect,
  CoordinatorEvent,
  CoordinatorState,
  LedgerFacts,
  RoundFact,
  RoundRecord,
  UpdateFact,
} from '../coordinator-types.ts';
import { admitUpdate } from '../coordinator-updates.ts';
import { viewOf } from '../coordinator-view.ts';
import type { ParticipantMessage, RelayMessage } from '../messages.ts';
import type { RunConfig } from '../run-config.ts';
import type { RunView } from '../run-view.ts';
import { updateIdOf } from '../update-check.ts';
import { CONFIG, REPORT } from './wire-cases.ts';

export const idOf = (n: number): string => n.toString(16).padStart(32, '0');
export const hashOf = (n: number): string => n.toString(16).padStart(64, 'a');

/** One relay half with two clocks, a ledger in memory and every effect on record. */
export class RelayHarness {
  readonly config: RunConfig;
  state: CoordinatorState;
  wall = 1_000_000;
  mono = 50;
  readonly effects: CoordinatorEffect[] = [];
  readonly records: RoundRecord[] = [];
  readonly updates: UpdateFact[] = [];
  readonly joined: { participantId: string; joinedAt: number }[] = [];
  connections = 0;
  readonly options;

  constructor(rounds: Partial<RunConfig['rounds']> = {}) {
    this.config = { ...CONFIG, rounds: { ...CONFIG.rounds, ...rounds } };
    this.options = {
      config: this.config,
      signedConfig: new Uint8Array([1]),
      adapter: { version: 0, sha256: hashOf(0) },
    };
    const created = createCoordinator(this.options, this.#now());
    this.state = created.state;
    this.#record(created.effects);
  }

  #now(): { wall: number; mono: number } {
    return { wall: this.wall, mono: this.mono };
  }

  #record(effects: readonly CoordinatorEffect[]): void {
    this.effects.push(...effects);
    for (const effect of effects) if (effect.type === 'persist') this.records.push(effect.record);
    for (const effect of effects)
      if (effect.type === 'persist' && effect.record.kind === 'round-closed')
        for (const { updateId } of effect.record.merged) {
          const index = this.updates.findIndex((update) => update.updateId === updateId);
          this.updates[index] = { ...at(this.updates, index), mergedIn: effect.record.round };
        }
  }

  /** Returns the effects of this step alone. */
  step(event: CoordinatorEvent): readonly CoordinatorEffect[] {
    const { state, effects } = stepCoordinator(this.state, event, this.#now());
    this.state = state;
    this.#record(effects);
    return effects;
  }

  join(n: number, returning = false): string {
    const connection = `c${++this.connections}`;
    if (!this.state.members.has(idOf(n))) this.joined.push({ participantId: idOf(n), joinedAt: this.wall });
    this.step({ type: 'participant-joined', connection, participantId: idOf(n), report: REPORT, returning });
    return connection;
  }

  say(n: number, message: ParticipantMessage): readonly CoordinatorEffect[] {
    const connection = this.state.members.get(idOf(n))?.connection ?? 'none';
    return this.step({ type: 'message', connection, participantId: idOf(n), message });
  }

  lose(n: number): void {
    const connection = this.state.members.get(idOf(n))?.connection ?? 'none';
    this.step({ type: 'connection-lost', connection, participantId: idOf(n) });
  }

  /** Both clocks go on; ticks every 250 ms. */
  pass(ms: number): void {
    for (let left = ms; left > 0; left -= 250) {
      const passed = Math.min(250, left);
      this.wall += passed;
      this.mono += passed;
      this.step({ type: 'tick' });
    }
  }

  /** What the relay does with an update; returns the answer. */
  deliver(n: number, round: number, digest = hashOf(1000 * n + round)): RelayMessage {
    const participantId = idOf(n);
    const updateId = updateIdOf(participantId, this.config.runId, round);
    const known = this.updates.find((update) => update.updateId === updateId) ?? null;
    const claim = { participantId, round, updateId, digest };
    const admission = admitUpdate(this.state, claim, known);
    if (!admission.ok) return { type: 'refused', ...admission.error, round };
    if (!admission.value.duplicate) this.updates.push({ ...claim, mergedIn: null });
    const { duplicate } = admission.value;
    const effects = this.step({ type: 'update-durable', ...claim, duplicate, mergedIn: known?.mergedIn ?? null });
    const answer = effects.find((effect) => effect.type === 'answer');
    return answer!.message;
  }

  aggregated(round = this.state.round): readonly CoordinatorEffect[] {
    const version = this.state.adapter.version + 1;
    const adapter = { version, sha256: hashOf(version) };
    return this.step({
      type: 'aggregation-finished',
      round,
      adapter,
      probe: { loss: 3 - version / 10, accuracy: 0.1 },
    });
  }

  facts(): LedgerFacts {
    const rounds = new Map<number, RoundFact>();
    for (const record of this.records) {
      if (record.kind === 'round-opened')
        rounds.set(record.round, {
          round: record.round,
          invited: record.invited,
          openedAt: record.openedAt,
          deadlineAt: record.deadlineAt,
          outcome: 'open',
          closedAt: null,
          accepted: 0,
          late: 0,
          adapterSha256: null,
          loss: null,
          accuracy: null,
        });
      else if (record.kind === 'round-closed') {
        const { outcome, closedAt, accepted, late, adapterSha256 } = record;
        rounds.set(record.round, { ...rounds.get(record.round)!, outcome, closedAt, accepted, late, adapterSha256 });
      } else rounds.set(record.round, { ...rounds.get(record.round)!, loss: record.loss, accuracy: record.accuracy });
    }
    const events = this.state.events;
    return {
      startedAt: 1_000_000,
      participants: this.joined,
      rounds: [...rounds.values()],
      updates: this.updates,
      events,
      baseline: null,
    };
  }

  /** SIGKILL, then a new process: another monotonic origin, everybody disconnected. */
  restart(downMs = 500): void {
    this.wall += downMs;
    this.mono = 7;
    const restored = restoreCoordinator(this.options, structuredClone(this.facts()), this.#now());
    this.state = restored.state;
    this.#record(restored.effects);
  }

  view(): RunView {
    const extras = { fingerprint: 'f', relayStartedAt: 0, bytesReceived: 0, joinUrl: 'http://x' };
    return viewOf(this.state, extras, this.#now());
  }

  /** Messages sent to a participant, newest last. */
  sentTo(n: number): RelayMessage[] {
    return this.effects.flatMap((effect) =>
      effect.type === 'send' && effect.participantId === idOf(n) ? [effect.message] : [],
    );
  }

  invites(n: number): number[] {
    return this.sentTo(n).flatMap((message) => (message.type === 'invite' ? [message.round] : []));
  }

  closed(kind: 'committed' | 'abandoned'): number[] {
    return this.records.flatMap((record) =>
      record.kind === 'round-closed' && record.outcome === kind ? [record.round] : [],
    );
  }

  /** Participants 1..n have joined and round 1 is open. */
  openWith(n: number): void {
    for (let i = 1; i <= n; i++) this.join(i);
    this.pass(this.config.rounds.gatherMs);
  }
}
