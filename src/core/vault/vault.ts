import type { FinishedWork, VaultEvent, VaultOptions, VaultReport, VaultService } from '../contracts/vault-service.ts';
import { relayHost } from '../federation/endpoints.ts';
import type { DeclineReason, ParticipantReport, WorkPhase } from '../federation/messages.ts';
import type { ParticipantEvent } from '../federation/participant-types.ts';
import { publicIdOf } from '../federation/update-check.ts';
import { Emitter } from '../lib/emitter.ts';
import { fail, ok, type Result } from '../lib/result.ts';
import type { Clock, Rng, Unsubscribe } from '../lib/world.ts';
import type { CryptoSuite } from '../secure/suite.ts';
import type { VaultStore } from '../storage/vault-store.ts';
import { checkPin, openIdentity, type OpenedIdentity } from './identity.ts';
import { NOTHING_SPENT, ParticipantRunner } from './participant-runner.ts';
import type { OpenStore, Transport } from './ports.ts';
import { RelayTrust } from './relay-trust.ts';

export interface VaultPorts {
  readonly transport: Transport;
  readonly openStore: OpenStore;
  /** Deletes a compartment that cannot be opened (STORE_LOST). */
  readonly deleteStore?: (identity: string) => Promise<void>;
  readonly suite: () => Promise<CryptoSuite>;
  readonly clock: Clock;
  /** Keys, ids and jitter: cryptographic. */
  readonly rng: Rng;
}

/** A vault in process can also be closed: sockets and store end, the run is not left. */
export type Vault = VaultService & { close(): Promise<void> };

/** Keys, journal and channel of one participant over the host's storage, cryptography and network. */
export function createVault(ports: VaultPorts): Vault {
  return new VaultOverPorts(ports);
}

class VaultOverPorts implements Vault {
  readonly #ports: VaultPorts;
  readonly #events = new Emitter<VaultEvent>();
  #runner: ParticipantRunner | null = null;
  #store: VaultStore | null = null;
  /** Compartment that was asked for last, also if it could not be opened. */
  #identity: string | null = null;

  constructor(ports: VaultPorts) {
    this.#ports = ports;
  }

  onEvent(listener: (event: VaultEvent) => void): Unsubscribe {
    return this.#events.on(listener);
  }

  /** Failures: NET_URL, SEC_RELAY_PIN, and those of the store. Opening again closes what was open. */
  async open(options: VaultOptions): Promise<Result<VaultReport>> {
    await this.close();
    const origin = options.relayUrl.replace(/\/$/, '');
    if (relayHost(origin) === null)
      return fail('NET_URL', `"${options.relayUrl}" is not the address of a relay; expected http(s)://host:port`);
    const pin = checkPin(options.pin);
    if (!pin.ok) return pin;
    const { clock, rng, openStore } = this.#ports;
    this.#identity = options.identity;
    const opened = await openStore(options.identity, (text) => this.#events.emit({ type: 'notice', text }));
    if (!opened.ok) return opened;
    const identity = await openIdentity(opened.value, options.pin, rng, clock.now());
    if (!identity.ok) {
      await opened.value.store.close();
      return identity;
    }
    const suite = await this.#ports.suite();
    this.#store = identity.value.store;
    this.#runner = this.#startRunner(origin, options.pin, identity.value, suite);
    const { participantId } = identity.value.identity;
    return ok({
      participantId,
      publicId: publicIdOf(participantId),
      returning: identity.value.returning,
      storage: { durable: identity.value.store.durable, notice: identity.value.notice },
      cryptography: suite.kind,
      spend: NOTHING_SPENT,
    });
  }

  join(report: ParticipantReport): Promise<Result<null>> {
    if (this.#runner === null) return Promise.resolve(notOpen());
    this.#runner.dispatch({ type: 'join', report });
    return Promise.resolve(ok(null));
  }

  report(report: ParticipantReport): Promise<void> {
    return this.#tell({ type: 'report', report });
  }

  phase(round: number, phase: WorkPhase, progress: number): Promise<void> {
    return this.#tell({ type: 'progress', round, phase, progress });
  }

  submit(work: FinishedWork): Promise<Result<null>> {
    return this.#runner === null ? Promise.resolve(notOpen()) : this.#runner.submit(work);
  }

  decline(round: number, reason: DeclineReason): Promise<void> {
    return this.#tell({ type: 'decline', round, reason });
  }

  pause(): Promise<void> {
    return this.#tell({ type: 'pause' });
  }

  resume(): Promise<void> {
    return this.#tell({ type: 'resume' });
  }

  leave(): Promise<void> {
    return this.#tell({ type: 'leave' });
  }

  async forget(): Promise<void> {
    if (this.#runner === null) {
      if (this.#identity !== null) await this.#ports.deleteStore?.(this.#identity);
      return;
    }
    this.#runner.dispatch({ type: 'leave' });
    await this.#runner.close();
    const cleared = await this.#store?.clear();
    if (cleared?.ok === false)
      this.#events.emit({ type: 'failure', code: cleared.error.code, message: cleared.error.message, final: false });
    await this.close();
  }

  async setting(key: string): Promise<Result<unknown>> {
    return this.#store === null ? notOpen() : this.#store.setting(key);
  }

  async putSetting(key: string, value: unknown): Promise<Result<null>> {
    return this.#store === null ? notOpen() : this.#store.putSetting(key, value);
  }

  ping(): Promise<void> {
    return Promise.resolve();
  }

  async close(): Promise<void> {
    const [runner, store] = [this.#runner, this.#store];
    this.#runner = null;
    this.#store = null;
    await runner?.close();
    await store?.close();
  }

  #startRunner(
    origin: string,
    pin: string | null,
    { identity, store }: OpenedIdentity,
    suite: CryptoSuite,
  ): ParticipantRunner {
    const { transport, clock, rng } = this.#ports;
    const emit = (event: VaultEvent): void => this.#events.emit(event);
    const { participantId, token, relayPin } = identity;
    const remember = async (seen: string): Promise<void> => {
      const stored = await store.putIdentity({ ...identity, relayPin: seen });
      if (!stored.ok) emit({ type: 'failure', code: stored.error.code, message: stored.error.message, final: false });
    };
    const trust = new RelayTrust(transport, origin, { link: pin, remembered: relayPin }, remember);
    return new ParticipantRunner({ transport, clock, rng, suite, store, trust, origin, participantId, token, emit });
  }

  #tell(event: ParticipantEvent): Promise<void> {
    this.#runner?.dispatch(event);
    return Promise.resolve();
  }
}

function notOpen(): Result<never> {
  return fail('VAULT_CLOSED', 'the vault is not open', true);
}
