import { stepCoordinator } from '../src/core/federation/coordinator.ts';
import { publish } from '../src/core/federation/coordinator-members.ts';
import type {
  CoordinatorEffect,
  CoordinatorEvent,
  CoordinatorState,
  Now,
  RoundRecord,
} from '../src/core/federation/coordinator-types.ts';
import type { RelayMessage } from '../src/core/federation/messages.ts';
import type { EventDraft } from '../src/core/federation/run-events.ts';
import { fail, type Failure, type Result } from '../src/core/lib/result.ts';
import type { Clock } from '../src/core/lib/world.ts';
import type { Ledger } from './ledger/ledger.ts';

type EffectOf<Type extends CoordinatorEffect['type']> = Extract<CoordinatorEffect, { type: Type }>;

/** Where effects go. None of these may throw. */
export interface EffectPorts {
  send(connection: string, message: RelayMessage): void;
  close(connection: string): void;
  answer(effect: EffectOf<'answer'>): void;
  aggregate(effect: EffectOf<'aggregate'>): void;
  cancelAggregation(round: number): void;
  /** This record is on disk. */
  persisted(record: RoundRecord): void;
  /** The picture that the audience sees may have changed. */
  changed(): void;
  /** The relay cannot go on: ledger or coordinator. Called once. */
  fatal(failure: Failure): void;
}

/** Feeds the coordinator and carries out what it asks for: strictly in order, a `persist` on disk before the next effect (SPEC DU1). */
export class Runner {
  readonly #ledger: Ledger;
  readonly #clock: Clock;
  readonly #ports: EffectPorts;
  #state: CoordinatorState;
  #tail: Promise<void> = Promise.resolve();
  #broken = false;

  constructor(
    started: { readonly state: CoordinatorState; readonly effects: readonly CoordinatorEffect[] },
    ledger: Ledger,
    clock: Clock,
    ports: EffectPorts,
  ) {
    this.#state = started.state;
    this.#ledger = ledger;
    this.#clock = clock;
    this.#ports = ports;
    this.#enqueue(started.effects);
  }

  /** For looking only: it changes under the reader's hands. */
  get state(): CoordinatorState {
    return this.#state;
  }

  now(): Now {
    return { wall: this.#clock.now(), mono: this.#clock.monotonic() };
  }

  dispatch(event: CoordinatorEvent): void {
    if (this.#broken) return;
    let quiet = false;
    try {
      const { state, effects } = stepCoordinator(this.#state, event, this.now());
      this.#state = state;
      this.#enqueue(effects);
      quiet =
        event.type === 'message' ? event.message.type === 'heartbeat' : event.type === 'tick' && effects.length === 0;
    } catch (error) {
      this.#fail(fail('RELAY_COORDINATOR', `broken invariant: ${message(error)}; start the relay again`).error);
      return;
    }
    if (!quiet) this.#ports.changed();
  }

  /** Nothing is carried out any more: the ledger is about to be closed. */
  end(): void {
    this.#broken = true;
  }

  /** Adds a line of the relay's own to the feed and the audit trail. */
  note(draft: EventDraft): void {
    const effects: CoordinatorEffect[] = [];
    publish({ state: this.#state, now: this.now(), effects }, draft);
    this.#enqueue(effects);
    this.#ports.changed();
  }

  /** Resolves when everything asked for so far has been carried out. */
  async settled(): Promise<void> {
    await this.#tail;
  }

  #enqueue(effects: readonly CoordinatorEffect[]): void {
    if (effects.length === 0) return;
    this.#tail = this.#inOrder(this.#tail, effects);
  }

  async #inOrder(before: Promise<void>, effects: readonly CoordinatorEffect[]): Promise<void> {
    await before;
    try {
      for (const effect of effects) {
        if (this.#broken) return;
        await this.#carryOut(effect);
      }
    } catch (error) {
      this.#fail(fail('RELAY_EFFECT', `an effect failed: ${message(error)}; start the relay again`).error);
    }
  }

  async #carryOut(effect: CoordinatorEffect): Promise<void> {
    switch (effect.type) {
      case 'send':
        return this.#ports.send(effect.connection, effect.message);
      case 'close':
        return this.#ports.close(effect.connection);
      case 'answer':
        return this.#ports.answer(effect);
      case 'persist': {
        const stored = await this.#ledger.persistRound(this.#state.options.config.runId, effect.record);
        if (stored.ok) this.#ports.persisted(effect.record);
        else this.#fail(stored.error);
        return;
      }
      case 'aggregate':
        return this.#ports.aggregate(effect);
      case 'cancel-aggregation':
        return this.#ports.cancelAggregation(effect.round);
      case 'publish':
        // Not awaited: the feed follows the facts. Queued before everything that comes later, so the order holds.
        void this.#audit(this.#ledger.appendEvents(this.#state.options.config.runId, [effect.event]));
        return;
    }
  }

  async #audit(written: Promise<Result<null>>): Promise<void> {
    const result = await written;
    if (!result.ok) this.#fail(result.error);
  }

  #fail(failure: Failure): void {
    if (this.#broken) return;
    this.#broken = true;
    this.#ports.fatal(failure);
  }
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
