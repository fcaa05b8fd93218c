import type { PeftFiles, ShardReport, ShardSource, TrainingEvent } from '../contracts/training-service.ts';
import type { VaultEvent } from '../contracts/vault-service.ts';
import type { AdapterRef, ParticipantReport } from '../federation/messages.ts';
import type { ModelRef } from '../federation/run-config.ts';
import { toHex } from '../lib/bytes.ts';
import { fail, ok, type Failure, type Result } from '../lib/result.ts';
import type { Millis, Unsubscribe } from '../lib/world.ts';
import { HeldBack } from './held-back.ts';
import { JobQueue } from './job-queue.ts';
import type { CurrentAdapter, SessionPorts } from './ports.ts';
import { QuantumCheck } from './quantum-check.ts';
import { reportOf } from './participant-report.ts';
import { RoundLog } from './round-log.ts';
import { ShardMemory } from './shard-memory.ts';
import { Sampler } from './sampler.ts';
import type { OpenOptions, SessionCommands, SessionLife, SessionView, WorkerHealthView } from './session-view.ts';
import { Trainer } from './trainer.ts';
import { INITIAL_VIEW, ViewStore } from './view-store.ts';
import { careForWorkers } from './worker-care.ts';
import { Workshop } from './workshop.ts';

/** A handshake, a few MB of model and the first adapter over a slow network. */
const JOIN_MS_MAX: Millis = 60_000;
/** Examples of an evaluation that the person asked for. */
const COMPARE_EXAMPLES = 64;
/** Name in the vault's settings. */
const SETTING_JOINED = 'joined';
/** As fixed in core/secure/suite.ts. */
const SUITE = 'X-Wing (ML-KEM-768 + X25519), AES-256-GCM';

/** The participant's life in one tab or one headless process. See SessionCommands. */
export function createSession(ports: SessionPorts): SessionCommands {
  return new Session(ports);
}

class Session implements SessionCommands {
  readonly #ports: SessionPorts;
  readonly #store: ViewStore;
  readonly #workshop: Workshop;
  readonly #memory: ShardMemory;
  readonly #log: RoundLog;
  readonly #trainer: Trainer;
  readonly #sampler: Sampler;
  readonly #heldBack: HeldBack;
  readonly #quantum: QuantumCheck;
  readonly #unsubscribe: Unsubscribe[] = [];
  readonly #life = new AbortController();
  #options: OpenOptions | null = null;
  #vaultOpen = false;
  #current: CurrentAdapter | null = null;
  /** Settles the `join` under way. */
  #joining: ((result: Result<null>) => void) | null = null;

  constructor(ports: SessionPorts) {
    this.#ports = ports;
    this.#store = new ViewStore(ports.clock);
    const queue = new JobQueue((length) => this.#store.update({ queue: length }));
    this.#workshop = new Workshop(ports, this.#store, queue);
    this.#memory = new ShardMemory(ports.vault, this.#store, this.#workshop);
    this.#log = new RoundLog(this.#store, ports.clock);
    this.#quantum = new QuantumCheck(ports, this.#store);
    this.#sampler = new Sampler(ports, this.#store, queue);
    this.#heldBack = new HeldBack(ports, this.#store, queue);
    this.#trainer = new Trainer(ports, this.#store, queue, this.#workshop, this.#log, {
      verify: (round, seed) => this.#quantum.verify(round, seed),
      report: () => this.#report(),
    });
    this.#unsubscribe.push(
      ports.vault.onEvent((event) => this.#onVault(event)),
      ports.training.onEvent((event) => this.#onTraining(event)),
    );
    if (ports.workers !== null)
      this.#unsubscribe.push(careForWorkers(ports.workers, this.#store, (name) => void this.#restore(name)));
  }

  view(): SessionView {
    return this.#store.view;
  }

  subscribe(listener: (view: SessionView) => void): Unsubscribe {
    return this.#store.subscribe(listener);
  }

  async open(options: OpenOptions): Promise<Result<{ readonly rejoining: boolean }>> {
    this.#options = options;
    this.#store.update({ life: { state: 'opening' } });
    const [opened] = await Promise.all([this.#openVault(), this.#quantum.open(options.quantumPreference)]);
    if (!opened.ok) return this.#failed(opened.error);
    await this.#memory.recall();
    this.#store.update({ life: { state: 'ready', left: false } });
    const joined = await this.#ports.vault.setting(SETTING_JOINED);
    const rejoining = joined.ok && joined.value === true;
    if (rejoining) void this.join();
    return ok({ rejoining });
  }

  async chooseShard(source: ShardSource, keep: boolean): Promise<Result<ShardReport | null>> {
    const chosen = await this.#workshop.choose(source, keep);
    if (!chosen.ok) {
      this.#store.fail(chosen.error);
      return chosen;
    }
    await this.#memory.keep();
    if (chosen.value !== null) void this.#report();
    return chosen;
  }

  async join(): Promise<Result<null>> {
    const { life } = this.#store.view;
    if (life.state === 'opening' || this.#options === null || this.#life.signal.aborted)
      return fail('SESSION_CLOSED', 'this tab is not open yet; wait a moment and try again', true);
    if (this.#joining !== null || life.state === 'joined') return ok(null);
    if (!this.#vaultOpen) {
      const opened = await this.#openVault();
      if (!opened.ok) return this.#failed(opened.error);
    }
    this.#store.update({ life: { state: 'joining' } });
    const settled = new Promise<Result<null>>((resolve) => {
      this.#joining = resolve;
    });
    const started = await this.#ports.vault.join(this.#reportNow());
    if (!started.ok) this.#settleJoin(started);
    void this.#quantum.verifyOnce();
    const slow = this.#ports.clock.sleep(JOIN_MS_MAX, this.#life.signal).then(
      () => fail('SESSION_SLOW', `not in after ${JOIN_MS_MAX / 1000} s; this tab keeps trying`, true),
      () => fail('SESSION_CLOSED', 'this tab was closed'),
    );
    const result = await Promise.race([settled, slow]);
    if (!result.ok && !result.error.retry) this.#failed(result.error);
    if (result.ok) await this.#ports.vault.putSetting(SETTING_JOINED, true);
    return result;
  }

  async pause(): Promise<void> {
    if (this.#store.view.life.state !== 'joined') return;
    this.#store.update({ life: { state: 'paused' } });
    this.#trainer.stop(null, 'paused');
    await this.#ports.vault.pause();
  }

  async resume(): Promise<void> {
    if (this.#store.view.life.state !== 'paused') return;
    this.#store.update({ life: { state: 'joined' } });
    await this.#ports.vault.resume();
  }

  async leave(): Promise<void> {
    this.#trainer.stop(null, 'you left');
    await this.#sampler.stop();
    await this.#ports.vault.putSetting(SETTING_JOINED, false);
    await this.#ports.vault.leave();
    this.#settleJoin(fail('SESSION_LEFT', 'you left before this tab was in'));
    this.#store.update({ life: { state: 'ready', left: true } });
  }

  async forget(): Promise<void> {
    await this.leave();
    await this.#ports.vault.forget();
    this.#vaultOpen = false;
    const { quantum, workers, model } = this.#store.view;
    this.#current = null;
    this.#store.update({ ...INITIAL_VIEW, quantum, workers, model });
  }

  async write(prompt: string): Promise<Result<null>> {
    const ready = await this.#workshop.ready();
    return ready.ok ? this.#sampler.write(prompt, this.#current) : ready;
  }

  stopWriting(): Promise<void> {
    return this.#sampler.stop();
  }

  async evaluate(): ReturnType<SessionCommands['evaluate']> {
    const current = this.#current;
    if (current === null) return noAdapter();
    return this.#heldBack.compare(current, COMPARE_EXAMPLES);
  }

  async exportAdapter(): Promise<Result<PeftFiles>> {
    const { config } = this.#store.view;
    const current = this.#current;
    if (current === null || config === null) return noAdapter();
    const { spec, values } = current;
    return this.#ports.training.exportAdapter({ spec, adapter: values, baseModel: config.model.id });
  }

  async close(): Promise<void> {
    this.#trainer.stop(null, 'this tab was closed');
    await this.#sampler.stop();
    this.#life.abort(new Error('closed'));
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#store.update({ life: { state: 'closed' } });
  }

  async #openVault(): Promise<Result<null>> {
    if (this.#options === null) return fail('SESSION_CLOSED', 'this tab is not open');
    const { relayUrl, pin, identity } = this.#options;
    const opened = await this.#ports.vault.open({ relayUrl, pin, identity });
    this.#vaultOpen = opened.ok;
    if (!opened.ok) return opened;
    const { publicId, returning, cryptography, spend } = opened.value;
    // A notice of this opening may have come first, as an event.
    const notice = opened.value.storage.notice ?? this.#store.view.storage.notice;
    const storage = { durable: opened.value.storage.durable, notice };
    this.#store.update({ identity: { publicId, returning, cryptography }, storage, spend });
    return ok(null);
  }

  #onTraining(event: TrainingEvent): void {
    switch (event.type) {
      case 'progress':
        this.#trainer.onProgress(event);
        return;
      case 'token':
        this.#sampler.onToken(event);
        return;
      case 'note':
        this.#store.fail({ code: 'TRAINING_NOTE', message: event.text });
        return;
    }
  }

  #onVault(event: VaultEvent): void {
    const store = this.#store;
    switch (event.type) {
      case 'connection': {
        const { state, detail, retryAt } = event;
        store.update({ connection: { state, detail, retryAt } });
        return;
      }
      case 'joined':
        this.#onJoined(event);
        return;
      case 'adapter':
        this.#onAdapter(event.ref, event.values);
        return;
      case 'train':
        if (store.view.config !== null) void this.#trainer.train(event, store.view.config);
        return;
      case 'stop':
        this.#trainer.stop(event.round, event.reason);
        return;
      case 'sealed':
        this.#onSealed(event);
        return;
      case 'sent':
        this.#log.sent(event.round, event.updateId);
        return;
      case 'accepted':
        this.#log.accepted(event.round, event.updateId);
        return;
      case 'merged':
        this.#log.merged(event.round, event.included);
        return;
      case 'closed':
        if (event.outcome === 'abandoned') this.#log.end(event.round, 'abandoned', 'too few updates came in time');
        return;
      case 'spend':
        store.update({ spend: event.spend });
        return;
      case 'budget-spent':
        store.update({ spend: event.spend, life: { state: 'budget-spent' } });
        return;
      case 'finished':
        store.update({ life: { state: 'finished', rounds: event.rounds } });
        void this.#ports.vault.putSetting(SETTING_JOINED, false);
        return;
      case 'notice':
        store.update({ storage: { ...store.view.storage, notice: event.text } });
        return;
      case 'failure':
        store.fail(event, event.final);
        if (event.final) this.#onFinal(event);
        return;
      case 'traffic': {
        const { sentBytes, receivedBytes, queued, roundTripMs } = event;
        store.update({ traffic: { sentBytes, receivedBytes, queued, roundTripMs } });
        return;
      }
    }
  }

  #onJoined({ config, publicId }: Extract<VaultEvent, { type: 'joined' }>): void {
    const { view } = this.#store;
    if (view.config !== null && view.config.runId !== config.runId) this.#forgetRun();
    this.#store.update({ config, identity: { ...this.#store.view.identity, publicId } });
    void this.#settleIn(config.model);
  }

  /** The organiser has begun another run: its budget, rounds and adapter are its own. */
  #forgetRun(): void {
    const { round, rounds, roundsMerged, losses, heldBack, left, spend } = INITIAL_VIEW;
    const { life } = this.#store.view;
    this.#current = null;
    this.#store.update({ round, rounds, roundsMerged, losses, heldBack, left, spend });
    if (life.state === 'budget-spent' || life.state === 'finished') this.#store.update({ life: { state: 'joined' } });
  }

  #onFinal({ code, message }: { readonly code: string; readonly message: string }): void {
    this.#trainer.stop(null, message);
    // A reload is not a person's consent to less privacy.
    if (code === 'FED_CONFIG_WEAKER') void this.#ports.vault.putSetting(SETTING_JOINED, false);
    this.#settleJoin(fail(code, message));
    this.#store.update({ life: { state: 'failed', code, message } });
  }

  #onAdapter(ref: AdapterRef, values: Float32Array): void {
    const { config } = this.#store.view;
    if (config === null) return;
    const current = { ref, values, spec: config.adapter, sequenceLength: config.training.sequenceLength };
    this.#current = current;
    void this.#workshop.ready().then((ready) => ready.ok && this.#heldBack.schedule(current));
  }

  #onSealed({ round, bytes, plaintextBytes, preview }: Extract<VaultEvent, { type: 'sealed' }>): void {
    const privacy = this.#store.view.config?.privacy;
    this.#log.sealed({
      round,
      bytes,
      plaintextBytes,
      clipNorm: privacy?.clipNorm ?? 0,
      noiseMultiplier: privacy?.noiseMultiplier ?? 0,
      suite: SUITE,
      previewHex: toHex(preview),
    });
  }

  /** After every welcome: the model of this run into the worker (once), then this tab counts as in. */
  async #settleIn(model: ModelRef): Promise<void> {
    const ready = await this.#workshop.prepare(model, this.#life.signal);
    if (!ready.ok) {
      this.#store.fail(ready.error, true);
      await this.#ports.vault.leave();
      this.#settleJoin(fail(ready.error.code, ready.error.message));
      this.#failed(ready.error);
      return;
    }
    if (this.#current !== null) this.#heldBack.schedule(this.#current);
    if (this.#store.view.life.state === 'joining') {
      this.#store.update({ life: { state: 'joined' } });
      await this.#memory.keep();
    }
    this.#settleJoin(ok(null));
    await this.#report();
  }

  #settleJoin(result: Result<null>): void {
    this.#joining?.(result);
    this.#joining = null;
  }

  #failed(failure: Failure): Result<never> {
    const { code, message } = failure;
    const life: SessionLife = { state: 'failed', code, message };
    this.#store.update({ life });
    return { ok: false, error: failure };
  }

  #report(): Promise<void> {
    return this.#ports.vault.report(this.#reportNow());
  }

  #reportNow(): ParticipantReport {
    return reportOf(this.#store.view, this.#ports.client, this.#trainer.tokensPerSecond);
  }

  async #restore(name: WorkerHealthView['name']): Promise<void> {
    const { life } = this.#store.view;
    if (name === 'quantum' && this.#options !== null) await this.#quantum.open(this.#options.quantumPreference);
    // A round under way restores by itself (trainer.ts); otherwise the model must be back before the next one.
    if (name === 'training' && this.#store.view.config !== null) await this.#workshop.restore(this.#life.signal);
    if (name !== 'vault' || life.state === 'closed' || life.state === 'failed') return;
    this.#trainer.stop(null, 'the vault was started again');
    const opened = await this.#openVault();
    if (!opened.ok) {
      this.#failed(opened.error);
      return;
    }
    if (life.state === 'ready' || life.state === 'finished') return;
    await this.#ports.vault.join(this.#reportNow());
    if (life.state === 'paused') await this.#ports.vault.pause();
  }
}

function noAdapter(): Result<never> {
  return fail('SESSION_ADAPTER', 'there is no adapter yet; join and wait for the first round');
}
