import type { QuantumService, VerifyJob } from '../../contracts/quantum-service.ts';
import type {
  GenerateJob,
  ModelFiles,
  ShardSource,
  TrainingEvent,
  TrainingService,
  TrainJob,
  TrainOutcome,
} from '../../contracts/training-service.ts';
import type { FinishedWork, VaultEvent, VaultOptions, VaultService } from '../../contracts/vault-service.ts';
import type { ParticipantReport, WorkPhase } from '../../federation/messages.ts';
import { Emitter } from '../../lib/emitter.ts';
import { fail, ok, type Result } from '../../lib/result.ts';
import type { Clock } from '../../lib/world.ts';

export const ADAPTER_SIZE = 4;

/** Trains by waiting: 8 steps of 100 ms of the given clock. */
export class FakeTraining implements TrainingService {
  readonly #events = new Emitter<TrainingEvent>();
  readonly #clock: Clock;
  readonly #jobs = new Map<string, AbortController>();
  readonly shards: ShardSource[] = [];
  readonly trained: TrainJob[] = [];
  readonly evaluated: (Float32Array | null)[] = [];
  loads = 0;
  /** Answer of the next `trainRound`, instead of training. */
  next: Result<TrainOutcome> | null = null;
  refuseModel: Result<never> | null = null;
  refuseShard: Result<never> | null = null;
  /** Jobs inside the service now, and the most there ever were. */
  busy = 0;
  busyMax = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  onEvent(listener: (event: TrainingEvent) => void): () => void {
    return this.#events.on(listener);
  }

  async loadModel(files: ModelFiles): ReturnType<TrainingService['loadModel']> {
    this.loads += 1;
    if (this.refuseModel !== null) return this.refuseModel;
    const report = {
      parameters: files.weights.length,
      engine: 'wasm',
      memoryBytes: 9,
      vocabSize: 512,
      contextLength: 64,
    };
    return ok(report);
  }

  async setShard(source: ShardSource): ReturnType<TrainingService['setShard']> {
    if (this.refuseShard !== null) return this.refuseShard;
    this.shards.push(source);
    return ok({ bytes: 10, tokens: 123_456, trainExamples: 90, heldBackExamples: 10, preview: 'once', refused: [] });
  }

  trainRound(job: TrainJob): Promise<Result<TrainOutcome>> {
    this.trained.push(job);
    const { next } = this;
    this.next = null;
    if (next !== null) return Promise.resolve(next);
    return this.#run(job.jobId, async (signal) => {
      const steps = job.training.stepsPerRound;
      for (let step = 1; step <= steps; step++) {
        await this.#clock.sleep(100, signal);
        const { jobId, round } = job;
        this.#events.emit({
          type: 'progress',
          jobId,
          round,
          step,
          steps,
          loss: 4 - step / 10,
          batch: 16,
          tokensPerSecond: 5000,
        });
      }
      return ok(outcome(job.round));
    });
  }

  evaluate(job: Parameters<TrainingService['evaluate']>[0]): ReturnType<TrainingService['evaluate']> {
    this.evaluated.push(job.adapter);
    return this.#run(job.jobId, async (signal) => {
      await this.#clock.sleep(50, signal);
      return ok({ loss: 4 - (job.adapter?.[0] ?? 0), accuracy: 0.25, examples: job.examplesMax });
    });
  }

  generate(job: GenerateJob): ReturnType<TrainingService['generate']> {
    return this.#run(job.jobId, async (signal) => {
      const words = [job.prompt, ` v${job.adapter?.[0] ?? 'base'}`, ' end'];
      for (const text of words) {
        await this.#clock.sleep(20, signal);
        this.#events.emit({ type: 'token', jobId: job.jobId, text });
      }
      return ok({ tokens: [], text: words.join(''), tokensPerSecond: 100, logits: {} });
    });
  }

  async exportAdapter(): ReturnType<TrainingService['exportAdapter']> {
    return ok({ weights: Uint8Array.of(1), config: '{}' });
  }

  cancel(jobId: string): Promise<void> {
    this.#jobs.get(jobId)?.abort(new Error('cancelled'));
    return Promise.resolve();
  }

  ping(): Promise<void> {
    return Promise.resolve();
  }

  async #run<T>(jobId: string, work: (signal: AbortSignal) => Promise<Result<T>>): Promise<Result<T>> {
    const controller = new AbortController();
    this.#jobs.set(jobId, controller);
    this.busy += 1;
    this.busyMax = Math.max(this.busyMax, this.busy);
    try {
      return await work(controller.signal);
    } catch {
      return fail('CANCELLED', 'the job was cancelled');
    } finally {
      this.busy -= 1;
    }
  }
}

export function outcome(round: number): TrainOutcome {
  return {
    round,
    delta: new Float32Array(ADAPTER_SIZE).fill(round),
    steps: 8,
    samplingRate: 0.1,
    noiseMultiplier: 0.7,
    lossFirst: 4,
    lossLast: 3.2,
    tokensPerSecond: 5000,
    tokens: 8192,
    clippedShare: 0.5,
  };
}

/** Records what the session asks; the test plays the relay by `emit`. Settings outlive it through `settings`. */
export class FakeVault implements VaultService {
  readonly #events = new Emitter<VaultEvent>();
  readonly settings: Map<string, unknown>;
  readonly calls: string[] = [];
  readonly reports: ParticipantReport[] = [];
  readonly submitted: FinishedWork[] = [];
  readonly phases: [number, WorkPhase, number][] = [];
  openResult: Awaited<ReturnType<VaultService['open']>> = ok({
    participantId: '00'.repeat(16),
    publicId: 'c0ffee00',
    returning: false,
    storage: { durable: true, notice: null },
    cryptography: 'webcrypto',
    spend: { epsilon: 0, delta: 0, rounds: 0, roundsLeft: null },
  });
  submitResult: Result<null> = ok(null);

  constructor(settings = new Map<string, unknown>()) {
    this.settings = settings;
  }

  emit(event: VaultEvent): void {
    this.#events.emit(event);
  }

  onEvent(listener: (event: VaultEvent) => void): () => void {
    return this.#events.on(listener);
  }

  open(options: VaultOptions): ReturnType<VaultService['open']> {
    this.calls.push(`open ${options.identity}`);
    return Promise.resolve(this.openResult);
  }

  join(report: ParticipantReport): Promise<Result<null>> {
    this.calls.push('join');
    this.reports.push(report);
    return Promise.resolve(ok(null));
  }

  report(report: ParticipantReport): Promise<void> {
    this.reports.push(report);
    return Promise.resolve();
  }

  phase(round: number, phase: WorkPhase, progress: number): Promise<void> {
    this.phases.push([round, phase, progress]);
    return Promise.resolve();
  }

  submit(work: FinishedWork): Promise<Result<null>> {
    this.submitted.push(work);
    return Promise.resolve(this.submitResult);
  }

  decline(round: number, reason: string): Promise<void> {
    this.calls.push(`decline ${round} ${reason}`);
    return Promise.resolve();
  }

  pause(): Promise<void> {
    this.calls.push('pause');
    return Promise.resolve();
  }

  resume(): Promise<void> {
    this.calls.push('resume');
    return Promise.resolve();
  }

  leave(): Promise<void> {
    this.calls.push('leave');
    return Promise.resolve();
  }

  forget(): Promise<void> {
    this.calls.push('forget');
    this.settings.clear();
    return Promise.resolve();
  }

  setting(key: string): Promise<Result<unknown>> {
    return Promise.resolve(ok(structuredClone(this.settings.get(key))));
  }

  putSetting(key: string, value: unknown): Promise<Result<null>> {
    this.settings.set(key, structuredClone(value));
    return Promise.resolve(ok(null));
  }

  ping(): Promise<void> {
    return Promise.resolve();
  }
}

export class FakeQuantum implements QuantumService {
  readonly jobs: VerifyJob[] = [];

  open(): ReturnType<QuantumService['open']> {
    return Promise.resolve({ engine: 'cpu', device: 'float64', qubitsMax: 20, fallbackReason: null });
  }

  verify(job: VerifyJob): ReturnType<QuantumService['verify']> {
    this.jobs.push(job);
    const { qubits } = job;
    return Promise.resolve(
      ok({ engine: 'cpu', fidelity: 1, gates: 100, qubits, durationMs: 1, amplitudesPerSecond: 1e6 }),
    );
  }

  ping(): Promise<void> {
    return Promise.resolve();
  }
}
