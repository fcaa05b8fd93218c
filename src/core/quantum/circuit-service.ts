import type {
  CircuitReport,
  CircuitRequest,
  CircuitService,
  EngineInfo,
  OptimiseReport,
  OptimiseRequest,
} from '../contracts/circuit-service.ts';
import { fail, type Result } from '../lib/result.ts';
import type { Clock } from '../lib/world.ts';
import type { EnginePool } from './run/engine-pool.ts';
import { runCircuit } from './run/run-circuit.ts';

export interface CircuitServiceWorld {
  readonly pool: EnginePool;
  readonly clock: Clock;
}

/** Calls that wait behind the running one; a page that sends more has lost count. */
const WAITING_MAX = 256;

/** Circuits of one host, one at a time and in order. */
export function createCircuitService(world: CircuitServiceWorld): CircuitService {
  return new QueuedCircuits(world);
}

class QueuedCircuits implements CircuitService {
  readonly #world: CircuitServiceWorld;
  /** Of running and of waiting calls that were given an id. */
  readonly #abort = new Map<string, AbortController>();
  #tail: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(world: CircuitServiceWorld) {
    this.#world = world;
  }

  async runCircuit(request: CircuitRequest, id?: string): Promise<Result<CircuitReport>> {
    const { pool, clock } = this.#world;
    return this.#cancellable(id, (signal) => runCircuit(request, { openEngine: pool.open, clock, signal }));
  }

  async optimiseCircuit(request: OptimiseRequest, id?: string): Promise<Result<OptimiseReport>> {
    const { clock } = this.#world;
    return this.#cancellable(id, async (signal) => {
      // Loaded when first asked for: it is as large as the engine, and most visitors only run circuits.
      const { optimiseCircuit } = await import('./run/optimise-circuit.ts');
      return optimiseCircuit(request, { clock, signal });
    });
  }

  async cancel(id: string): Promise<void> {
    this.#abort.get(id)?.abort(new Error('the run was cancelled'));
  }

  engines(): Promise<readonly EngineInfo[]> {
    return this.#queue(() => this.#world.pool.engines());
  }

  async #cancellable<T>(id: string | undefined, job: (signal: AbortSignal) => Promise<Result<T>>): Promise<Result<T>> {
    if (this.#waiting >= WAITING_MAX)
      return fail('QUANTUM_BUSY', `${this.#waiting} circuits are waiting already; cancel some or wait`, true);
    if (id !== undefined && this.#abort.has(id))
      return fail('QUANTUM_REQUEST', `a call with id "${id.slice(0, 40)}" is still running; give every call its own`);
    const controller = new AbortController();
    if (id !== undefined) this.#abort.set(id, controller);
    this.#waiting += 1;
    try {
      return await this.#queue(async () => {
        if (controller.signal.aborted) return fail('QUANTUM_ABORTED', 'the call was cancelled before it began');
        return job(controller.signal);
      });
    } finally {
      this.#waiting -= 1;
      if (id !== undefined) this.#abort.delete(id);
    }
  }

  #queue<T>(job: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(job);
    this.#tail = result.catch(() => undefined);
    return result;
  }
}
