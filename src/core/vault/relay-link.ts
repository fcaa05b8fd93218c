import { CONTROL_BYTES_MAX, decodeRelayMessage, encodeParticipantMessage } from '../federation/codec.ts';
import {
  BUILD_UNBOUND,
  CHANNEL_PATH,
  encodeIdentityProof,
  relayHost,
  UPDATES_PATH,
  type IdentityProof,
} from '../federation/endpoints.ts';
import type { ParticipantMessage, RelayMessage } from '../federation/messages.ts';
import { unwrap, fail, ok, type Failure, type Result } from '../lib/result.ts';
import { fromHex } from '../lib/bytes.ts';
import type { Millis } from '../lib/world.ts';
import { startHandshake } from '../secure/handshake.ts';
import type { Session } from '../secure/session.ts';
import type { CryptoSuite } from '../secure/suite.ts';
import { openAck, sealUpdate } from '../secure/update-seal.ts';
import type { PendingUpdate } from '../storage/vault-store.ts';
import type { Channel, Transport } from './ports.ts';
import type { RelayTrust } from './relay-trust.ts';

/** A control message in one record frame: 64 KiB of plaintext take at most two records of 33 bytes overhead. */
const FRAME_BYTES_MAX = CONTROL_BYTES_MAX + 1024;
const ACK_BYTES_MAX = 8 * 1024;

export interface LinkHost {
  readonly transport: Transport;
  readonly suite: CryptoSuite;
  readonly trust: RelayTrust;
  /** Origin of the relay, without a slash at the end. */
  readonly origin: string;
  readonly proof: IdentityProof;
  /** Bytes on the wire, for the panel. */
  readonly onTraffic: (sent: number, received: number) => void;
}

export interface LinkEvents {
  readonly onMessage: (message: RelayMessage) => void;
  /** Exactly once after a successful `open`. */
  readonly onClose: (failure: Failure | null) => void;
}

/** One sealed connection: handshake, records, and the updates that are sealed for it. */
export class RelayLink {
  readonly #host: LinkHost;
  readonly #session: Session;
  readonly #channel: Channel;
  #outgoing: Promise<void> = Promise.resolve();

  private constructor(host: LinkHost, session: Session, channel: Channel) {
    this.#host = host;
    this.#session = session;
    this.#channel = channel;
  }

  /** Failures: those of Transport, RelayTrust.keys and the handshake. */
  static async open(
    host: LinkHost,
    limitMs: Millis,
    signal: AbortSignal,
    events: LinkEvents,
  ): Promise<Result<RelayLink>> {
    const keys = await host.trust.keys(limitMs, signal);
    if (!keys.ok) return keys;
    const origin = relayHost(host.origin);
    if (origin === null) return fail('NET_URL', `"${host.origin}" is not the address of a relay`);
    const context = { relayPublicKey: keys.value.kemPublicKey, origin, buildHash: BUILD_UNBOUND };
    const handshake = await startHandshake(host.suite, context);
    if (!handshake.ok) return handshake;
    const inbox = new Inbox(host, events);
    const opened = await host.transport.openChannel(host.origin.replace(/^http/, 'ws') + CHANNEL_PATH, {
      timeoutMs: limitMs,
      signal,
      messageBytesMax: FRAME_BYTES_MAX,
      onMessage: (bytes) => inbox.receive(bytes),
      onClose: (reason) => inbox.close(reason),
    });
    if (!opened.ok) return opened;
    const send = (bytes: Uint8Array): void => {
      host.onTraffic(bytes.length, 0);
      opened.value.send(bytes);
    };
    send(handshake.value.m1);
    const m2 = await inbox.message2;
    if (!m2.ok) {
      // A relay that was set up anew refuses without a reason: ask for its keys again, which the pin will judge.
      host.trust.forgetBundle();
      return m2;
    }
    const finish = await handshake.value.onMessage2(m2.value, encodeIdentityProof(host.proof));
    if (!finish.ok) {
      host.trust.forgetBundle();
      opened.value.close();
      return finish;
    }
    if (!inbox.open(finish.value.session, opened.value))
      return fail('NET_UNREACHABLE', 'the relay ended the connection during the handshake', true);
    send(finish.value.m3);
    return ok(new RelayLink(host, finish.value.session, opened.value));
  }

  /** Messages leave in the order of the calls. */
  send(message: ParticipantMessage): void {
    this.#outgoing = this.#sendAfter(this.#outgoing, this.#session.channel.seal(encodeParticipantMessage(message)));
  }

  async #sendAfter(before: Promise<void>, sealing: ReturnType<Session['channel']['seal']>): Promise<void> {
    await before;
    const sealed = await sealing;
    if (!sealed.ok) return;
    this.#host.onTraffic(sealed.value.length, 0);
    this.#channel.send(sealed.value);
  }

  /** After what was sent before has left. */
  async close(): Promise<void> {
    await this.#outgoing;
    this.#session.channel.close();
    this.#channel.close();
  }

  seal(pending: PendingUpdate): Promise<Result<Uint8Array>> {
    return sealUpdate(this.#host.suite, this.#session, updateIdBytes(pending), pending.bytes);
  }

  /** The relay's answer, `accepted` or `refused`. Everything else is a failure that may heal in this or the next session. */
  async post(
    pending: PendingUpdate,
    sealed: Uint8Array,
    timeoutMs: Millis,
    signal: AbortSignal,
  ): Promise<Result<RelayMessage>> {
    const options = { timeoutMs, signal, answerBytesMax: ACK_BYTES_MAX };
    this.#host.onTraffic(sealed.length, 0);
    const answer = await this.#host.transport.post(this.#host.origin + UPDATES_PATH, sealed, options);
    if (!answer.ok) return answer;
    const { status, body } = answer.value;
    this.#host.onTraffic(0, body.length);
    if (status !== 200) return fail('NET_STATUS', `the relay answered ${status} to an update; sending it again`, true);
    const ack = await openAck(this.#host.suite, this.#session, updateIdBytes(pending), body);
    if (!ack.ok) return fail(ack.error.code, `the acknowledgement is not the relay's: ${ack.error.message}`, true);
    const message = decodeRelayMessage(ack.value);
    if (!message.ok) return fail(message.error.code, message.error.message, true);
    return message;
  }
}

function updateIdBytes(pending: PendingUpdate): Uint8Array {
  return unwrap(fromHex(pending.updateId));
}

/** Frames in order of arrival: M2 first, then records. */
class Inbox {
  readonly #host: LinkHost;
  readonly #events: LinkEvents;
  #session: Session | null = null;
  #channel: Channel | null = null;
  /** The transport has closed. */
  #gone = false;
  /** Nothing more is reported. */
  #ended = false;
  /** Records are opened side by side but reported in order, and the close after the last of them: it often carries the reason. */
  #reported: Promise<void> = Promise.resolve();
  readonly message2: Promise<Result<Uint8Array>>;
  #onMessage2: (result: Result<Uint8Array>) => void = () => undefined;

  constructor(host: LinkHost, events: LinkEvents) {
    this.#host = host;
    this.#events = events;
    this.message2 = new Promise((resolve) => {
      this.#onMessage2 = resolve;
    });
  }

  /** False: the connection has ended meanwhile. */
  open(session: Session, channel: Channel): boolean {
    this.#session = session;
    this.#channel = channel;
    return !this.#gone;
  }

  receive(bytes: Uint8Array): void {
    this.#host.onTraffic(0, bytes.length);
    if (this.#session === null) this.#onMessage2(ok(bytes));
    else {
      const opening = this.#session.channel.open(bytes);
      this.#reported = this.#reported.then(async () => this.#report(await opening));
    }
  }

  close(reason: string): void {
    this.#gone = true;
    // Before M2 this is the relay's refusal of the handshake; it never says why.
    this.#onMessage2(fail('SEC_HANDSHAKE', `the relay ended the handshake: ${reason}`, true));
    this.#reported = this.#reported.then(() => this.#end(null));
  }

  #report(opened: Result<Uint8Array>): void {
    if (this.#ended) return;
    const message = opened.ok ? decodeRelayMessage(opened.value) : opened;
    if (message.ok) {
      this.#events.onMessage(message.value);
      return;
    }
    this.#end(message.error);
    this.#channel?.close();
  }

  #end(failure: Failure | null): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#session !== null) this.#events.onClose(failure);
  }
}
