// Entry of the relay's measuring thread: one adapter in, one loss out.
import { parentPort, workerData } from 'node:worker_threads';
import type { TrainingService } from '../src/core/contracts/training-service.ts';
import type { Result } from '../src/core/lib/result.ts';
import { openNodeTraining } from './node-training.ts';
import type { ProbeReply, ProbeRequest, ProbeSetup } from './probe.ts';

const setup = workerData as ProbeSetup;

async function open(): Promise<Result<TrainingService>> {
  const training = await openNodeTraining();
  if (!training.ok) return training;
  const loaded = await training.value.loadModel(setup.model);
  return loaded.ok ? training : loaded;
}

const opened = open();

async function measure({ id, adapter }: ProbeRequest): Promise<ProbeReply> {
  const training = await opened;
  if (!training.ok) return { id, problem: training.error.message };
  const { spec, sequenceLength, examplesMax, text } = setup;
  const job = { jobId: `probe ${id}`, spec, adapter, sequenceLength, examplesMax, text };
  const measured = await training.value.evaluate(job);
  if (!measured.ok) return { id, problem: measured.error.message };
  return { id, loss: measured.value.loss, accuracy: measured.value.accuracy };
}

parentPort?.on('message', (request: ProbeRequest) => {
  void measure(request)
    .catch((error: unknown) => ({ id: request.id, problem: error instanceof Error ? error.message : String(error) }))
    .then((reply) => parentPort?.postMessage(reply));
});
