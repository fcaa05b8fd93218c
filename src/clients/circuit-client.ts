import type {
  CircuitReport,
  CircuitRequest,
  CircuitService,
  OptimiseReport,
  OptimiseRequest,
} from '../core/contracts/circuit-service.ts';
import { fail, ok, type Result } from '../core/lib/result.ts';
import type { WorkerDoor, WorkerHost } from './worker-host.ts';

export interface CallOptions {
  /** Aborting ends the call with QUANTUM_ABORTED; the worker stops between two passes over the state. */
  readonly signal?: AbortSignal;
  /** The call then ends with WORKER_TIMEOUT and the worker stops working on it. */
  readonly deadlineMs?: number;
}

/** Circuits in the quantum worker. WORKER_CRASHED may be tried again: the worker has been replaced by then. */
export interface CircuitClient extends CircuitService {
  run(request: CircuitRequest, options?: CallOptions): Promise<Result<CircuitReport>>;
  optimise(request: OptimiseRequest, options?: CallOptions): Promise<Result<OptimiseReport>>;
}

type Door = CircuitService & WorkerDoor;

/** A day: people stop long runs themselves, and the watchdog of the worker finds one that hangs. */
const DEADLINE_MS = 24 * 60 * 60 * 1000;
/** Engines are opened and calibrated, which compiles WASM and WGSL. */
const ENGINES_MS_MAX = 60_000;
/** A cancelled call that has not ended by then is stuck in something that cannot be interrupted: the worker is replaced. */
const CANCEL_GRACE_MS = 5_000;

export function createCircuitClient<D extends Door>(
  host: Pick<WorkerHost<D, never>, 'call' | 'tell' | 'restart'>,
): CircuitClient {
  return new WorkerCircuits(host);
}

type Host = Pick<WorkerHost<Door, never>, 'call' | 'tell' | 'restart'>;
type Remote = Parameters<Parameters<Host['call']>[0]>[0];

class WorkerCircuits implements CircuitClient {
  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
  }

  run(request: CircuitRequest, options: CallOptions = {}): Promise<Result<CircuitReport>> {
    return this.#call((door, id) => door.runCircuit(request, id), options);
  }

  optimise(request: OptimiseRequest, options: CallOptions = {}): Promise<Result<OptimiseReport>> {
    return this.#call((door, id) => door.optimiseCircuit(request, id), options);
  }

  runCircuit(request: CircuitRequest, id?: string): Promise<Result<CircuitReport>> {
    return this.#host.call((door) => door.runCircuit(request, id), DEADLINE_MS);
  }

  optimiseCircuit(request: OptimiseRequest, id?: string): Promise<Result<OptimiseReport>> {
    return this.#host.call((door) => door.optimiseCircuit(request, id), DEADLINE_MS);
  }

  cancel(id: string): Promise<void> {
    return this.#host.tell((door) => door.cancel(id));
  }

  async engines(): ReturnType<CircuitService['engines']> {
    const infos = await this.#host.call(async (door) => ok(await door.engines()), ENGINES_MS_MAX);
    return infos.ok ? infos.value : [];
  }

  async #call<T>(
    start: (door: Remote, id: string) => Promise<Result<T>>,
    { signal, deadlineMs = DEADLINE_MS }: CallOptions,
  ): Promise<Result<T>> {
    if (signal?.aborted === true) return fail('QUANTUM_ABORTED', 'the call was cancelled before it began');
    const id = crypto.randomUUID();
    let grace: ReturnType<typeof setTimeout> | undefined;
    const stop = (): void => {
      void this.cancel(id);
      grace = setTimeout(() => this.#host.restart('a cancelled circuit did not stop'), CANCEL_GRACE_MS);
    };
    signal?.addEventListener('abort', stop, { once: true });
    try {
      const ended = await this.#host.call((door) => start(door, id), deadlineMs);
      if (ended.ok) return ended;
      // The worker knows nothing of the deadline, and would go on for nobody.
      if (ended.error.code === 'WORKER_TIMEOUT') void this.cancel(id);
      const cancelled = isAborted(signal) && ended.error.code === 'WORKER_CRASHED';
      return cancelled ? fail('QUANTUM_ABORTED', 'the call was cancelled and its worker replaced') : ended;
    } finally {
      clearTimeout(grace);
      signal?.removeEventListener('abort', stop);
    }
  }
}

/** A function, because the type of a property seems not to change over an await. */
function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}
