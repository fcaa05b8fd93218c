import { decodeParticipantMessage, decodeUpdate, encodeRelayMessage } from '../../federation/codec.ts';
import {
  adapterPath,
  BUILD_UNBOUND,
  CHANNEL_PATH,
  decodeIdentityProof,
  RELAY_KEYS_PATH,
  relayHost,
  UPDATES_PATH,
  type IdentityProof,
} from '../../federation/endpoints.ts';
import type { AdapterRef, ParticipantMessage, RelayMessage, Update } from '../../federation/messages.ts';
import { encodeRunConfig, encodeSignedConfig } from '../../federation/run-config-codec.ts';
import type { RunConfig } from '../../federation/run-config.ts';
import { sha256Hex, toHex } from '../../lib/bytes.ts';
import { Prng } from '../../lib/prng.ts';
import { fail, ok, unwrap, type Result } from '../../lib/result.ts';
import type { Clock } from '../../lib/world.ts';
import { acceptHandshake, ReplayGuard, type RelayHandshake } from '../../secure/handshake.ts';
import { createNobleSuite } from '../../secure/noble-suite.ts';
import { generateRelaySecrets, openRelayKeys, signConfig, type RelayKeys } from '../../secure/relay-keys.ts';
import type { Session } from '../../secure/session.ts';
import { openUpdate, parseSealedHeader, sealAck } from '../../secure/update-seal.ts';
import { adapterBytes } from '../adapter-shelf.ts';
import type { Channel, ChannelOptions, HttpAnswer, Transport } from '../ports.ts';

export const RELAY_URL = 'http://relay.test:8787';

export interface PostedUpdate {
  readonly updateId: string;
  readonly update: Update;
  readonly plaintext: Uint8Array;
  readonly sealed: Uint8Array;
}

interface Connection {
  readonly options: ChannelOptions;
  handshake: RelayHandshake | null;
  session: Session | null;
  open: boolean;
  /** Frames are handled one after the other. */
  tail: Promise<void>;
}

/** The relay's bytes without its logic: what it answers is up to the test. */
export class FakeRelay {
  readonly suite = createNobleSuite(new Prng('fake relay suite'));
  readonly messages: ParticipantMessage[] = [];
  readonly posts: PostedUpdate[] = [];
  readonly proofs: IdentityProof[] = [];
  readonly gets: string[] = [];
  channelsOpened = 0;
  /** Nobody answers. */
  down = false;
  /** What a POST is answered with; null: the answer is lost on the way. */
  answerPost: (posted: PostedUpdate) => RelayMessage | number | null = (posted) => accepted(posted);
  readonly #clock: Clock;
  readonly #rng = new Prng('fake relay');
  readonly #adapters = new Map<string, Uint8Array>();
  readonly #connections: Connection[] = [];
  #keys: RelayKeys;
  signedConfig: Uint8Array;
  readonly config: RunConfig;
  adapter: AdapterRef;

  private constructor(clock: Clock, config: RunConfig, keys: RelayKeys, size: number) {
    this.#clock = clock;
    this.config = config;
    this.#keys = keys;
    this.adapter = this.publish(0, new Float32Array(size));
    this.signedConfig = this.sign(keys);
  }

  static async start(clock: Clock, config: RunConfig, size: number): Promise<FakeRelay> {
    return new FakeRelay(clock, config, await newKeys('first'), size);
  }

  get pin(): string {
    return this.#keys.fingerprint;
  }

  async replaceKeys(): Promise<void> {
    this.#keys = await newKeys('second');
    this.signedConfig = this.sign(this.#keys);
  }

  /** Properly signed, whatever it says. */
  announce(config: RunConfig): void {
    this.signedConfig = this.sign(this.#keys, config);
  }

  sign(keys: RelayKeys, runConfig = this.config): Uint8Array {
    const config = unwrap(encodeRunConfig(runConfig));
    return encodeSignedConfig({ config, algorithm: 'ml-dsa-44', signature: signConfig(keys.secrets, config) });
  }

  publish(version: number, values: Float32Array): AdapterRef {
    const bytes = adapterBytes(values);
    const ref = { version, sha256: sha256Hex(bytes) };
    this.#adapters.set(adapterPath(ref.sha256), bytes);
    return ref;
  }

  /** Serves other bytes than the hash says. */
  spoil(ref: AdapterRef): void {
    this.#adapters.set(adapterPath(ref.sha256), new Uint8Array(8));
  }

  /** To every connection that has said hello. */
  async send(message: RelayMessage): Promise<void> {
    for (const connection of this.#connections) {
      if (!connection.open || connection.session === null) continue;
      const sealed = unwrap(await connection.session.channel.seal(encodeRelayMessage(message)));
      connection.options.onMessage(sealed);
    }
  }

  async invite(round: number, leftMs = 60_000): Promise<void> {
    const now = this.#clock.now();
    await this.send({ type: 'invite', round, adapter: this.adapter, deadlineAt: now + leftMs, now, circuitSeed: 7 });
  }

  cut(): void {
    for (const connection of this.#connections) this.#close(connection, 'cut');
  }

  readonly transport: Transport = {
    openChannel: (url, options) => this.#open(url, options),
    get: (url) => {
      const path = url.slice(RELAY_URL.length);
      this.gets.push(path);
      if (this.down) return Promise.resolve(unreachable());
      const body = path === RELAY_KEYS_PATH ? this.#keys.bundle : this.#adapters.get(path);
      return Promise.resolve(
        ok(body === undefined ? { status: 404, body: new Uint8Array() } : { status: 200, body: body.slice() }),
      );
    },
    post: (url, body) => this.#post(url, body),
  };

  #open(url: string, options: ChannelOptions): Promise<Result<Channel>> {
    if (this.down) return Promise.resolve(unreachable());
    if (url !== `ws://relay.test:8787${CHANNEL_PATH}`) throw new Error(`unexpected channel ${url}`);
    this.channelsOpened += 1;
    const connection: Connection = { options, handshake: null, session: null, open: true, tail: Promise.resolve() };
    this.#connections.push(connection);
    return Promise.resolve(
      ok({
        send: (bytes) => {
          const frame = bytes.slice();
          connection.tail = connection.tail.then(() => this.#receive(connection, frame));
        },
        bufferedBytes: 0,
        close: () => this.#close(connection, 'closed by the participant'),
      }),
    );
  }

  #close(connection: Connection, reason: string): void {
    if (!connection.open) return;
    connection.open = false;
    connection.options.onClose(reason);
  }

  async #receive(connection: Connection, frame: Uint8Array): Promise<void> {
    if (!connection.open) return;
    if (connection.session !== null) {
      const message = unwrap(decodeParticipantMessage(unwrap(await connection.session.channel.open(frame))));
      this.messages.push(message);
      if (message.type === 'hello') await this.#welcome();
      return;
    }
    if (connection.handshake !== null) {
      const finished = unwrap(await connection.handshake.onMessage3(frame));
      connection.session = finished.session;
      this.proofs.push(unwrap(decodeIdentityProof(finished.payload)));
      return;
    }
    const origin = relayHost(RELAY_URL) ?? '';
    const side = { keypair: this.#keys.keypair, origin, buildHash: BUILD_UNBOUND, replay: new ReplayGuard() };
    const accepted = await acceptHandshake(this.suite, this.#rng, side, frame);
    if (!accepted.ok) {
      this.#close(connection, accepted.error.code);
      return;
    }
    connection.handshake = accepted.value;
    connection.options.onMessage(accepted.value.m2);
  }

  async #welcome(): Promise<void> {
    await this.send({
      type: 'welcome',
      version: 1,
      participantId: this.proofs.at(-1)?.participantId ?? '',
      now: this.#clock.now(),
      signedConfig: this.signedConfig,
      adapter: this.adapter,
      heartbeatMs: 1500,
    });
  }

  async #post(url: string, body: Uint8Array): Promise<Result<HttpAnswer>> {
    if (this.down) return unreachable();
    if (url !== RELAY_URL + UPDATES_PATH) throw new Error(`unexpected POST to ${url}`);
    const { sessionId } = unwrap(parseSealedHeader(body));
    const session = this.#connections.find(
      ({ session }) => session !== null && toHex(session.sessionId) === toHex(sessionId),
    )?.session;
    if (session === null || session === undefined) return ok({ status: 409, body: new Uint8Array() });
    const opened = unwrap(await openUpdate(this.suite, session, body));
    const update = unwrap(decodeUpdate(opened.plaintext));
    const posted = { updateId: toHex(opened.updateId), update, plaintext: opened.plaintext, sealed: body.slice() };
    this.posts.push(posted);
    const answer = this.answerPost(posted);
    if (answer === null) return unreachable();
    if (typeof answer === 'number') return ok({ status: answer, body: new Uint8Array() });
    const ack = await sealAck(this.suite, session, opened.updateId, encodeRelayMessage(answer));
    return ok({ status: 200, body: ack });
  }
}

export function accepted({ update, updateId }: PostedUpdate): RelayMessage {
  return { type: 'accepted', round: update.round, updateId, staleness: 0, duplicate: false };
}

async function newKeys(seed: string): Promise<RelayKeys> {
  const suite = createNobleSuite(new Prng(seed));
  return unwrap(await openRelayKeys(suite, generateRelaySecrets(new Prng(`keys ${seed}`))));
}

function unreachable(): Result<never> {
  return fail('NET_UNREACHABLE', 'nobody answers', true);
}
