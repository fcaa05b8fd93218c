import quantumWorkerUrl from '../../workers/quantum.worker.ts?worker&url';
import type { CircuitService } from '../core/contracts/circuit-service.ts';
import type { QuantumReport, QuantumService } from '../core/contracts/quantum-service.ts';
import { ok } from '../core/lib/result.ts';
import { createCircuitClient, type CircuitClient } from './circuit-client.ts';
import { trustedScriptUrl } from '../platform/trusted-url.ts';
import { WorkerHost, type WorkerDoor } from './worker-host.ts';

type QuantumDoor = QuantumService & CircuitService & WorkerDoor;
export type QuantumHost = WorkerHost<QuantumDoor, never>;

/** An adapter request that never settles (seen after GPU crashes) must not hold up the join. */
const OPEN_MS_MAX = 15_000;
const VERIFY_MS_MAX = 30_000;

export interface QuantumClient {
  readonly service: QuantumService;
  readonly circuits: CircuitClient;
  readonly host: QuantumHost;
}

/** The quantum worker behind the same interfaces that it has in process. */
export function openQuantumClient(): QuantumClient {
  const host: QuantumHost = new WorkerHost({
    name: 'quantum',
    create: () => new Worker(trustedScriptUrl(quantumWorkerUrl), { type: 'module', name: 'quantum' }),
    // The engines give the thread away between passes; planning a circuit of a million gates takes seconds.
    pingDeadlineMs: 10_000,
  });
  const service: QuantumService = {
    open: async (preference) => {
      const opened = await host.call(async (door) => ok(await door.open(preference)), OPEN_MS_MAX);
      return opened.ok ? opened.value : unavailable(opened.error.message);
    },
    verify: (job) => host.call((door) => door.verify(job), VERIFY_MS_MAX),
    ping: () => host.tell((door) => door.ping()),
  };
  return { service, circuits: createCircuitClient(host), host };
}

function unavailable(reason: string): QuantumReport {
  return { engine: 'cpu', device: 'not available', qubitsMax: 0, fallbackReason: reason };
}
