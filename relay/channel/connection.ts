import type { RawData, WebSocket } from 'ws';
import { decodeParticipantMessage, encodeRelayMessage } from '../../src/core/federation/codec.ts';
import { decodeIdentityProof, type IdentityProof } from '../../src/core/federation/endpoints.ts';
import type { ParticipantMessage, ParticipantReport, RelayMessage } from '../../src/core/federation/messages.ts';
import type { Failure, Result } from '../../src/core/lib/result.ts';
import type { Clock, Millis, Rng } from '../../src/core/lib/world.ts';
import { acceptHandshake, type RelayHandshake, type RelaySide } from '../../src/core/secure/handshake.ts';
import type { Session } from '../../src/core/secure/session.ts';
import type { CryptoSuite } from '../../src/core/secure/suite.ts';
import { PEER_REFUSAL } from '../../src/core/secure/transcript.ts';
import { RateLimit } from '../rate-limit.ts';
import type { Turns } from '../turns.ts';

/** What a connection asks of the relay. None of these throws. */
export interface ConnectionHost {
  readonly suite: CryptoSuite;
  readonly rng: Rng;
  readonly clock: Clock;
  /** Handshakes of all connections take turns here. */
  readonly turns: Turns;
  /** Is this the participant that it says it is? Registers unknown ones durably. */
  authenticate(proof: IdentityProof): Promise<Result<{ readonly returning: boolean }>>;
  joined(connection: Connection, report: ParticipantReport, returning: boolean): void;
  message(connection: Connection, message: ParticipantMessage): void;
  malformed(connection: Connection, failure: Failure): void;
  /** Exactly once for a connection that had joined. */
  lost(connection: Connection): void;
  /** Exactly once for every connection. */
  ended(connection: Connection): void;
}

/** Handshake and hello together; a phone on a bad network needs 2 s. */
const JOIN_TIMEOUT_MS: Millis = 15_000;
/** A tab sends a heartbeat every 1.5 s and a few progress reports; the burst allows for what a frozen tab had queued. */
const MESSAGES_PER_SECOND = 20;
const MESSAGES_BURST = 120;
/** Unsent bytes of a reader that does not read; the largest message (a welcome) has 4 KiB. */
const BACKLOG_BYTES_MAX = 1 << 20;
/** WebSocket close codes, 4000 to 4999 are ours. */
const CLOSE = { normal: 1000, refused: 4001, flood: 4002, timeout: 4003 } as const;

type Stage =
  | { readonly at: 'm1' }
  | { readonly at: 'm3'; readonly handshake: RelayHandshake }
  | { readonly at: 'hello'; readonly session: Session; readonly participantId: string; readonly returning: boolean }
  | { readonly at: 'open'; readonly session: Session; readonly participantId: string }
  | { readonly at: 'ended'; readonly session: Session | null; readonly participantId: string | null };

/** The relay's end of one control socket: handshake, identity, then sealed messages in both directions. */
export class Connection {
  readonly id: string;
  readonly #socket: WebSocket;
  readonly #side: RelaySide;
  readonly #host: ConnectionHost;
  readonly #rate: RateLimit;
  readonly #deadline: NodeJS.Timeout;
  #stage: Stage = { at: 'm1' };
  /** Frames are handled one after the other: a record must be opened before the next. */
  #incoming: Promise<void> = Promise.resolve();
  #outgoing: Promise<void> = Promise.resolve();

  constructor(id: string, socket: WebSocket, side: RelaySide, host: ConnectionHost) {
    this.id = id;
    this.#socket = socket;
    this.#side = side;
    this.#host = host;
    this.#rate = new RateLimit(MESSAGES_PER_SECOND, MESSAGES_BURST, host.clock.monotonic());
    this.#deadline = setTimeout(() => {
      this.#end(CLOSE.timeout, 'no hello in time');
    }, JOIN_TIMEOUT_MS);
    socket.on('message', (data: RawData, isBinary: boolean) => {
      this.#receive(data, isBinary);
    });
    socket.on('close', () => {
      this.#end(CLOSE.normal, '');
    });
  }

  /** Empty before the identity is proved. */
  get participantId(): string {
    return 'participantId' in this.#stage ? (this.#stage.participantId ?? '') : '';
  }

  /** Also after the end, for uploads under way. Null before the handshake is complete. */
  get session(): Session | null {
    return 'session' in this.#stage ? this.#stage.session : null;
  }

  /** Messages leave in the order of the calls. Dropped once the connection has ended. */
  send(message: RelayMessage): void {
    const { session } = this;
    if (session === null || this.#stage.at === 'ended') return;
    this.#outgoing = this.#sendAfter(this.#outgoing, session, message);
  }

  /** After what was sent before has left. */
  close(): void {
    this.#outgoing = this.#outgoing.then(() => this.#end(CLOSE.normal, ''));
  }

  /** Resolves when everything sent so far is with the operating system. */
  async flushed(): Promise<void> {
    await this.#outgoing;
  }

  async #sendAfter(before: Promise<void>, { channel }: Session, message: RelayMessage): Promise<void> {
    try {
      const sealing = channel.seal(encodeRelayMessage(message));
      await before;
      const sealed = await sealing;
      if (sealed.ok) this.#write(sealed.value);
      else this.#end(CLOSE.normal, sealed.error.code);
    } catch (error) {
      this.#onBug(error);
    }
  }

  /** A bug in one connection must not end the relay for everybody. */
  #onBug(error: unknown): void {
    process.stderr.write(`relay: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    this.#end(CLOSE.refused, '');
  }

  #write(frame: Uint8Array): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount > BACKLOG_BYTES_MAX) this.#end(CLOSE.flood, 'reads too slowly');
    else this.#socket.send(frame);
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (this.#stage.at === 'ended') return;
    if (!isBinary) {
      this.#end(CLOSE.refused, 'binary frames only');
      return;
    }
    if (!this.#rate.take(this.#host.clock.monotonic())) {
      this.#end(CLOSE.flood, 'too many messages');
      return;
    }
    const frame = new Uint8Array(data as Buffer);
    this.#incoming = this.#incoming.then(() => this.#handle(frame)).catch((error: unknown) => this.#onBug(error));
  }

  async #handle(frame: Uint8Array): Promise<void> {
    const stage = this.#stage;
    switch (stage.at) {
      case 'm1':
        return this.#onMessage1(frame);
      case 'm3':
        return this.#onMessage3(stage.handshake, frame);
      case 'hello':
      case 'open':
        return this.#onRecord(stage, frame);
      case 'ended':
        return;
    }
  }

  async #onMessage1(frame: Uint8Array): Promise<void> {
    const { suite, rng, turns } = this.#host;
    const accepted = await turns.run(() => acceptHandshake(suite, rng, this.#side, frame));
    if (this.#stage.at === 'ended') return;
    if (!accepted.ok) return this.#refuseHandshake();
    this.#stage = { at: 'm3', handshake: accepted.value };
    this.#write(accepted.value.m2);
  }

  async #onMessage3(handshake: RelayHandshake, frame: Uint8Array): Promise<void> {
    const finished = await handshake.onMessage3(frame);
    if (!finished.ok) return this.#refuseHandshake();
    const { session, payload } = finished.value;
    const proof = decodeIdentityProof(payload);
    if (!proof.ok) return this.#refuseHandshake();
    const known = await this.#host.authenticate(proof.value);
    if (this.#stage.at === 'ended') return;
    const { participantId } = proof.value;
    if (!known.ok) {
      // The channel is up, so the reason can be told to the one who holds its keys and to nobody else.
      this.#stage = { at: 'hello', session, participantId: '', returning: false };
      const { code, message, retry } = known.error;
      this.send({ type: 'refused', code, message, retry, round: null });
      this.close();
      return;
    }
    // The first record (M4, which tells the client that it was accepted) is the welcome that answers its hello.
    this.#stage = { at: 'hello', session, participantId, returning: known.value.returning };
  }

  async #onRecord(stage: Extract<Stage, { at: 'hello' | 'open' }>, frame: Uint8Array): Promise<void> {
    const opened = await stage.session.channel.open(frame);
    if (!opened.ok) {
      this.#end(CLOSE.refused, '');
      return;
    }
    // It may have ended while the record was being opened.
    if (this.#stage !== stage) return;
    const decoded = decodeParticipantMessage(opened.value);
    if (stage.at === 'open') {
      if (decoded.ok) this.#host.message(this, decoded.value);
      else this.#host.malformed(this, decoded.error);
      return;
    }
    if (!decoded.ok || decoded.value.type !== 'hello') {
      const error = decoded.ok ? NOT_HELLO : decoded.error;
      this.send({ type: 'refused', code: error.code, message: error.message, retry: false, round: null });
      this.close();
      return;
    }
    clearTimeout(this.#deadline);
    this.#stage = { at: 'open', session: stage.session, participantId: stage.participantId };
    this.#host.joined(this, decoded.value.report, stage.returning);
  }

  /** One refusal for every reason: which one it was would help only an attacker. */
  #refuseHandshake(): void {
    this.#end(CLOSE.refused, PEER_REFUSAL.code);
  }

  #end(code: number, reason: string): void {
    const { at } = this.#stage;
    if (at === 'ended') return;
    const { session, participantId } = this;
    clearTimeout(this.#deadline);
    this.#stage = { at: 'ended', session, participantId };
    session?.channel.close();
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.close(code, reason);
    else this.#socket.terminate();
    if (at === 'open') this.#host.lost(this);
    this.#host.ended(this);
  }
}

const NOT_HELLO: Failure = { code: 'FED_HELLO', message: 'the first message has to be a hello', retry: false };
