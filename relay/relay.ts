import { randomUUID } from 'node:crypto';
import type { WebSocket } from 'ws';
import { TICK_MS } from '../src/core/federation/coordinator-limits.ts';
import type { CoordinatorState, RoundRecord } from '../src/core/federation/coordinator-types.ts';
import { viewOf } from '../src/core/federation/coordinator-view.ts';
import { encodedBytes } from '../src/core/federation/delta-codec.ts';
import { BUILD_UNBOUND } from '../src/core/federation/endpoints.ts';
import type { ParticipantMessage, ParticipantReport } from '../src/core/federation/messages.ts';
import type { RunConfig } from '../src/core/federation/run-config.ts';
import { publicIdOf } from '../src/core/federation/update-check.ts';
import { adapterSize } from '../src/core/learn/adapter.ts';
import { ok, type Result } from '../src/core/lib/result.ts';
import type { Millis } from '../src/core/lib/world.ts';
import { ReplayGuard } from '../src/core/secure/handshake.ts';
import type { RelayKeys } from '../src/core/secure/relay-keys.ts';
import { sealedLength } from '../src/core/secure/update-seal.ts';
import { Connection, type ConnectionHost } from './channel/connection.ts';
import { RelayServer, type RelayApi, type UploadAnswer } from './http/server.ts';
import { StaticFiles } from './http/static-files.ts';
import { Intake } from './intake.ts';
import { Merger } from './merge.ts';
import { readServedModel } from './model.ts';
import { numericsOf } from './numerics.ts';
import type { Participants } from './participants.ts';
import { openParts, type Parts, type RelayOptions } from './parts.ts';
import { ProbeQueue } from './probe-queue.ts';
import type { ProbeEvaluator } from './probe.ts';
import type { CurrentRun } from './run-setup.ts';
import { Runner, type EffectPorts } from './runner.ts';
import { Sessions } from './sessions.ts';
import { openStorage, type Storage } from './storage.ts';
import { Turns } from './turns.ts';

/** Uploads in progress get this long to finish at a stop. */
const DRAIN_MS: Millis = 2_000;
/** Goodbyes get this long to leave. */
const GOODBYE_MS: Millis = 1_000;
/** Tabs come back after this: about the time of a restart. */
const RETRY_AFTER_MS: Millis = 1_000;

/** A hall that comes back at once after a restart waits some 20 s; more at once is a flood. */
const HANDSHAKES_WAITING_MAX = 5_000;
/** Room for the fields around the numbers: about 200 bytes of CBOR. */
const UPDATE_FIELDS_BYTES_MAX = 1024;

/** A running relay: one run, one port, one data folder. */
export class Relay {
  readonly #options: RelayOptions;
  readonly #storage: Storage;
  readonly #keys: RelayKeys;
  readonly #run: CurrentRun;
  readonly #startedAt: Millis;
  readonly #runner: Runner;
  readonly #intake: Intake;
  readonly #merger: Merger;
  readonly #participants: Participants;
  readonly #probe: ProbeEvaluator | null;
  readonly #probes: ProbeQueue | null;
  readonly #sessions = new Sessions();
  readonly #connections = new Map<string, Connection>();
  readonly #replay = new ReplayGuard();
  readonly #turns = new Turns(HANDSHAKES_WAITING_MAX);
  readonly #adapterSize: number;
  #bytesReceived: number;
  #server: RelayServer | null = null;
  #tick: NodeJS.Timeout | null = null;
  #stopping: Promise<void> | null = null;

  private constructor(parts: Parts, options: RelayOptions) {
    const { storage, keys, run, restored, model, participants } = parts;
    this.#options = options;
    this.#storage = storage;
    this.#keys = keys;
    this.#run = run;
    this.#participants = participants;
    this.#startedAt = options.clock.now();
    this.#adapterSize = adapterSize(model.config, run.config.adapter);
    this.#bytesReceived = restored.updates.reduce((sum, update) => sum + update.bytes, 0);
    const numerics = numericsOf(run.config, this.#adapterSize);
    this.#runner = new Runner(restored.started, storage.ledger, options.clock, this.#effects());
    this.#intake = new Intake({
      ...options,
      ledger: storage.ledger,
      blobs: storage.updates,
      sessions: this.#sessions,
      adapterSize: this.#adapterSize,
      state: () => this.#runner.state,
      dispatch: (event) => this.#runner.dispatch(event),
      numerics,
      conflict: (participantId, round) => this.#noteConflict(participantId, round),
    });
    this.#merger = new Merger({
      blobs: storage.updates,
      adapters: storage.adapters,
      serverLearningRate: run.config.training.serverLearningRate,
      digestOf: (updateId) => this.#runner.state.updates.get(updateId)?.digest ?? null,
      numerics,
      dispatch: (event) => this.#runner.dispatch(event),
      made: (round, values) => this.#probes?.add(round, values),
    });
    this.#probe = options.probe?.(model, run.config) ?? null;
    this.#probes = this.#probe === null ? null : new ProbeQueue(this.#probe, (point) => this.#measured(point));
  }

  /** Everything from keys to the listening port; the links may be told to people once this resolves. */
  static async start(options: RelayOptions): Promise<Result<Relay>> {
    const files = await StaticFiles.load(options.webFolder);
    if (!files.ok) return files;
    const model = await readServedModel(options.webFolder, options.modelId);
    if (!model.ok) return model;
    const free = await RelayServer.check(options.server);
    if (!free.ok) return free;
    const storage = await openStorage(options.dataFolder);
    if (!storage.ok) return storage;
    const parts = await openParts(storage.value, model.value, options);
    const listening = parts.ok ? await new Relay(parts.value, options).#listen(files.value) : parts;
    if (!listening.ok) await storage.value.ledger.close();
    return listening;
  }

  get config(): RunConfig {
    return this.#run.config;
  }

  get resumed(): boolean {
    return this.#run.resumed;
  }

  get port(): number {
    return this.#server?.port ?? 0;
  }

  get fingerprint(): string {
    return this.#keys.fingerprint;
  }

  get baseUrl(): string {
    const { baseUrl, server } = this.#options;
    if (baseUrl !== null) return baseUrl(this.port);
    return `${server.tls === null ? 'http' : 'https'}://localhost:${this.port}`;
  }

  /** The pin travels in the fragment: it never reaches a server. */
  get joinUrl(): string {
    return `${this.baseUrl}/#k=${this.fingerprint}`;
  }

  get audienceUrl(): string {
    return `${this.baseUrl}/audience`;
  }

  /** For looking only. */
  get state(): CoordinatorState {
    return this.#runner.state;
  }

  /** No new work, what was promised is finished, everybody is told; at most about 4 s. Calling twice waits for the same end. */
  stop(reason: string): Promise<void> {
    this.#stopping ??= this.#stop(reason);
    return this.#stopping;
  }

  async #stop(reason: string): Promise<void> {
    const { clock } = this.#options;
    this.#server?.stopAccepting();
    const drained = clock.monotonic() + DRAIN_MS;
    while ((this.#server?.uploads ?? 0) > 0 && clock.monotonic() < drained) await clock.sleep(20);
    const connections = [...this.#connections.values()];
    this.#runner.dispatch({ type: 'stop', reason, retryAfterMs: RETRY_AFTER_MS });
    const said = (async () => {
      await this.#runner.settled();
      await Promise.all(connections.map((connection) => connection.flushed()));
    })();
    // A timer left behind would keep the process alive for its whole second.
    const enough = new AbortController();
    await Promise.race([said, clock.sleep(GOODBYE_MS, enough.signal).catch(() => undefined)]);
    enough.abort();
    if (this.#tick !== null) clearInterval(this.#tick);
    await this.#server?.close();
    await this.#probe?.close();
    this.#runner.end();
    await this.#storage.ledger.close();
  }

  async #listen(files: StaticFiles): Promise<Result<Relay>> {
    const server = await RelayServer.listen(files, this.#api(), this.#options.server);
    if (!server.ok) {
      await this.#probe?.close();
      return server;
    }
    this.#server = server.value;
    this.#tick = setInterval(() => this.#runner.dispatch({ type: 'tick' }), TICK_MS);
    await this.#probeUnmeasured();
    return ok(this);
  }

  #api(): RelayApi {
    const deltaBytes = encodedBytes(this.#adapterSize, this.#run.config.training.deltaEncoding);
    let sent = { at: -Infinity, json: '' };
    return {
      // Computed at most ten times a second, however many ask.
      runView: () => {
        const now = this.#options.clock.monotonic();
        if (now - sent.at >= 100) sent = { at: now, json: JSON.stringify(this.#view()) };
        return sent.json;
      },
      relayKeys: this.#keys.bundle,
      adapter: (sha256) => this.#storage.adapters.bytes(sha256),
      updateBytesMax: sealedLength(deltaBytes + UPDATE_FIELDS_BYTES_MAX),
      submitUpdate: (sealed) => this.#submit(sealed),
      channel: (socket, origin) => this.#connect(socket, origin),
    };
  }

  #view() {
    const extras = {
      fingerprint: this.fingerprint,
      relayStartedAt: this.#startedAt,
      bytesReceived: this.#bytesReceived,
      joinUrl: this.joinUrl,
    };
    return viewOf(this.#runner.state, extras, this.#runner.now());
  }

  #submit(sealed: Uint8Array): Promise<UploadAnswer> {
    this.#bytesReceived += sealed.length;
    return this.#intake.submit(sealed);
  }

  #connect(socket: WebSocket, origin: string): void {
    const side = { keypair: this.#keys.keypair, origin, buildHash: BUILD_UNBOUND, replay: this.#replay };
    const connection = new Connection(randomUUID(), socket, side, this.#connectionHost());
    this.#connections.set(connection.id, connection);
  }

  #connectionHost(): ConnectionHost {
    const { suite, rng, clock } = this.#options;
    return {
      suite,
      rng,
      clock,
      turns: this.#turns,
      authenticate: (proof) => this.#participants.authenticate(proof, clock.now()),
      joined: (connection, report, returning) => this.#joined(connection, report, returning),
      message: (connection, message) => this.#message(connection, message),
      malformed: (connection, { code, message }) => {
        const { id, participantId } = connection;
        this.#runner.dispatch({ type: 'malformed', connection: id, participantId, code, message });
      },
      lost: ({ id, participantId }) => {
        this.#runner.dispatch({ type: 'connection-lost', connection: id, participantId });
        if (this.#stopping === null) void this.#participants.seen(participantId, clock.now());
      },
      ended: (connection) => {
        this.#connections.delete(connection.id);
        if (connection.session !== null) this.#sessions.end(connection.session, clock.monotonic());
      },
    };
  }

  #joined(connection: Connection, report: ParticipantReport, returning: boolean): void {
    const { id, participantId, session } = connection;
    if (session !== null) this.#sessions.add(participantId, session, this.#options.clock.monotonic());
    this.#runner.dispatch({ type: 'participant-joined', connection: id, participantId, report, returning });
  }

  #message({ id, participantId }: Connection, message: ParticipantMessage): void {
    this.#runner.dispatch({ type: 'message', connection: id, participantId, message });
  }

  #effects(): EffectPorts {
    return {
      send: (connection, message) => this.#connections.get(connection)?.send(message),
      close: (connection) => this.#connections.get(connection)?.close(),
      answer: ({ participantId, updateId, message }) => {
        if (this.#intake.answer(updateId, message)) return;
        const connection = this.#runner.state.members.get(participantId)?.connection ?? '';
        this.#connections.get(connection)?.send(message);
      },
      aggregate: (effect) => void this.#merger.run(effect),
      cancelAggregation: (round) => this.#merger.cancel(round),
      persisted: (record) => void this.#forgetMerged(record),
      changed: () => this.#server?.live.changed(),
      fatal: (failure) => this.#options.onFatal(failure),
    };
  }

  /** Updates are kept no longer than needed: once their sum is in a committed adapter, the single ones are deleted. */
  async #forgetMerged(record: RoundRecord): Promise<void> {
    if (record.kind !== 'round-closed') return;
    const { updates } = this.#runner.state;
    const needed = new Set([...updates.values()].filter((u) => u.mergedIn === null).map((u) => u.digest));
    for (const { updateId } of record.merged) {
      const digest = updates.get(updateId)?.digest;
      if (digest === undefined || needed.has(digest) || this.#intake.isWriting(digest)) continue;
      // A blob that stays behind is swept at the next start.
      await this.#storage.updates.remove(digest).catch(() => undefined);
    }
  }

  #noteConflict(participantId: string, round: number): void {
    const participant = publicIdOf(participantId);
    const text = `Tab ${participant} sent a second, different update for round ${round}; only the first counts.`;
    this.#runner.note({ kind: 'update-conflict', severity: 'error', text, participant });
  }

  async #probeUnmeasured(): Promise<void> {
    const { state } = this.#runner;
    if (this.#probes === null) return;
    if (!state.losses.some((point) => point.round === 0)) this.#probes.add(0, new Float32Array(this.#adapterSize));
    const last = state.rounds.findLast((view) => view.outcome === 'committed');
    if (last === undefined || last.loss !== null) return;
    const values = await this.#storage.adapters.values(state.adapter.sha256);
    if (values.ok) this.#probes.add(last.round, values.value);
  }

  #measured(point: { readonly round: number; readonly loss: number; readonly accuracy: number }): void {
    if (this.#stopping !== null) return;
    this.#runner.dispatch({ type: 'evaluated', point });
    if (point.round === 0) void this.#storage.ledger.putBaseline(this.#run.config.runId, point);
  }
}
