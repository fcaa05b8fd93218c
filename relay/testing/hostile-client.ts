import { randomBytes } from 'node:crypto';
import { WebSocket } from 'ws';
import { decodeRelayMessage, encodeParticipantMessage } from '../../src/core/federation/codec.ts';
import { BUILD_UNBOUND, CHANNEL_PATH, encodeIdentityProof } from '../../src/core/federation/endpoints.ts';
import type { RelayMessage } from '../../src/core/federation/messages.ts';
import { unwrap } from '../../src/core/lib/result.ts';
import { startHandshake } from '../../src/core/secure/handshake.ts';
import { openRelayBundle } from '../../src/core/secure/relay-keys.ts';
import type { Session } from '../../src/core/secure/session.ts';
import type { CryptoSuite } from '../../src/core/secure/suite.ts';
import type { Relay } from '../relay.ts';
import { REPORT } from './harness.ts';

/** How far a client behaves before it misbehaves. */
export const STAGES = ['nothing', 'm1', 'm3', 'hello'] as const;
export type Stage = (typeof STAGES)[number];

/** A client that knows the protocol, keeps every frame it sent, and sends whatever a test wants at any stage. */
export class HostileClient {
  readonly id = randomBytes(16).toString('hex');
  readonly #token = randomBytes(32);
  readonly #socket: WebSocket;
  readonly #suite: CryptoSuite;
  readonly #arrived: Uint8Array[] = [];
  #wake: () => void = () => undefined;
  /** What the relay said in the channel; `open` fills it. */
  readonly messages: RelayMessage[] = [];
  readonly sent: Uint8Array[] = [];
  session: Session | null = null;
  /** Resolves with the close code. */
  readonly closed: Promise<number>;

  private constructor(socket: WebSocket, suite: CryptoSuite) {
    this.#socket = socket;
    this.#suite = suite;
    socket.on('message', (data: Buffer) => {
      this.#arrived.push(new Uint8Array(data));
      this.#wake();
    });
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      socket.on('close', (code) => {
        resolve(code);
        this.#wake();
      });
    });
  }

  static async connect(relay: Relay, suite: CryptoSuite, upTo: Stage): Promise<HostileClient> {
    const url = relay.baseUrl.replace('http', 'ws') + CHANNEL_PATH;
    const socket = new WebSocket(url, { perMessageDeflate: false });
    const client = new HostileClient(socket, suite);
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    await client.#behave(relay, upTo);
    return client;
  }

  async #behave(relay: Relay, upTo: Stage): Promise<void> {
    const steps = STAGES.indexOf(upTo);
    if (steps === 0) return;
    const answer = await fetch(`${relay.baseUrl}/api/relay-keys`);
    const bundle = unwrap(openRelayBundle(new Uint8Array(await answer.arrayBuffer()), relay.fingerprint));
    const origin = new URL(relay.baseUrl).host;
    const context = { relayPublicKey: bundle.kemPublicKey, origin, buildHash: BUILD_UNBOUND };
    const handshake = unwrap(await startHandshake(this.#suite, context));
    this.send(handshake.m1);
    const m2 = await this.#next();
    if (steps === 1) return;
    const proof = encodeIdentityProof({ participantId: this.id, token: this.#token });
    const { m3, session } = unwrap(await handshake.onMessage2(m2, proof));
    this.session = session;
    this.send(m3);
    if (steps === 2) return;
    await this.say(encodeParticipantMessage({ type: 'hello', version: 1, report: REPORT }));
    await this.hear('welcome');
  }

  send(frame: Uint8Array | string): void {
    if (typeof frame !== 'string') this.sent.push(frame);
    this.#socket.send(frame);
  }

  /** A plaintext of any content, properly sealed. */
  async say(plaintext: Uint8Array): Promise<void> {
    this.send(unwrap(await this.session!.channel.seal(plaintext)));
  }

  /** The first message of this type, now or later. */
  async hear<T extends RelayMessage['type']>(type: T): Promise<Extract<RelayMessage, { type: T }>> {
    for (;;) {
      const frame = await this.#next();
      const message = unwrap(decodeRelayMessage(unwrap(await this.session!.channel.open(frame))));
      this.messages.push(message);
      if (message.type === type) return message as Extract<RelayMessage, { type: T }>;
    }
  }

  end(): void {
    this.#socket.terminate();
  }

  async #next(): Promise<Uint8Array> {
    for (;;) {
      const frame = this.#arrived.shift();
      if (frame !== undefined) return frame;
      if (this.#socket.readyState !== this.#socket.OPEN) throw new Error('the relay has closed the connection');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
