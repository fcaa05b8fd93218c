import { transfer } from 'comlink';
import trainingWorkerUrl from '../../workers/training.worker.ts?worker&url';
import type { TrainingEvent, TrainingService } from '../core/contracts/training-service.ts';
import { trustedScriptUrl } from '../platform/trusted-url.ts';
import { WorkerHost, type WorkerDoor } from './worker-host.ts';

type TrainingDoor = Omit<TrainingService, 'onEvent'> & WorkerDoor;
export type TrainingHost = WorkerHost<TrainingDoor, TrainingEvent>;

/** Reading a few MB and preparing memory. */
const LOAD_MS_MAX = 60_000;
/** A round's own deadline is the session's; this only bounds a worker that answers pings but has lost the job. */
const TRAIN_MS_MAX = 30 * 60_000;
const JOB_MS_MAX = 5 * 60_000;

export interface TrainingClient {
  readonly service: TrainingService;
  readonly host: TrainingHost;
}

/** The training worker behind the same interface that it has in process. */
export function openTrainingClient(): TrainingClient {
  const host: TrainingHost = new WorkerHost({
    name: 'training',
    create: () => new Worker(trustedScriptUrl(trainingWorkerUrl), { type: 'module', name: 'training' }),
    // The worker yields between steps; a step of a large model on a busy phone takes seconds.
    pingDeadlineMs: 10_000,
  });
  const service: TrainingService = {
    onEvent: (listener) => host.onEvent(listener),
    loadModel: (files) =>
      host.call(
        (door) => door.loadModel(transfer(files, buffersOf(files.config, files.tokenizer, files.weights))),
        LOAD_MS_MAX,
      ),
    setShard: (source) => host.call((door) => door.setShard(source), LOAD_MS_MAX),
    trainRound: (job) => host.call((door) => door.trainRound(job), TRAIN_MS_MAX),
    evaluate: (job) => host.call((door) => door.evaluate(job), JOB_MS_MAX),
    generate: (job) => host.call((door) => door.generate(job), JOB_MS_MAX),
    exportAdapter: (job) => host.call((door) => door.exportAdapter(job), JOB_MS_MAX),
    cancel: (jobId) => host.tell((door) => door.cancel(jobId)),
    ping: () => host.tell((door) => door.ping()),
  };
  return { service, host };
}

/** Views of one buffer must be named once. */
function buffersOf(...views: readonly Uint8Array[]): Transferable[] {
  return [...new Set(views.map((view) => view.buffer as ArrayBuffer))];
}
