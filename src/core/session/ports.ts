import type { ModelFiles, ShardSource, TrainingService } from '../contracts/training-service.ts';
import type { QuantumService } from '../contracts/quantum-service.ts';
import type { VaultService } from '../contracts/vault-service.ts';
import type { AdapterRef } from '../federation/messages.ts';
import type { AdapterSpec, ModelRef } from '../federation/run-config.ts';
import type { Result } from '../lib/result.ts';
import type { Clock, Rng, Unsubscribe } from '../lib/world.ts';
import type { WorkerHealthView } from './session-view.ts';

/** Fetches the files of a model folder; hashes are checked by the training service. */
export type LoadModel = (
  ref: ModelRef,
  onProgress: (loaded: number, total: number | null) => void,
  signal: AbortSignal,
) => Promise<Result<ModelFiles>>;

/** Watches the workers behind the services; null in process, where a service cannot crash alone. */
export interface WorkerWatch {
  health(): readonly WorkerHealthView[];
  onHealth(listener: () => void): Unsubscribe;
  /** What this worker held is gone. */
  onRestart(listener: (name: WorkerHealthView['name']) => void): Unsubscribe;
}

export interface SessionPorts {
  readonly training: TrainingService;
  readonly quantum: QuantumService;
  readonly vault: VaultService;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly loadModel: LoadModel;
  readonly workers: WorkerWatch | null;
  readonly client: 'browser' | 'headless';
  /** Taken when the person chooses no text. */
  readonly sample: Extract<ShardSource, { kind: 'sample' }>;
  /** Held-back examples per evaluation: bounds its time. 0 switches evaluation off. */
  readonly evaluateExamples: number;
}

/** The newest global adapter that this tab holds. */
export interface CurrentAdapter {
  readonly ref: AdapterRef;
  readonly spec: AdapterSpec;
  readonly sequenceLength: number;
  readonly values: Float32Array;
}
