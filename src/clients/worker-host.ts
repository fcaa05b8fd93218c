import { transfer, wrap, type Remote } from 'comlink';
import { Emitter } from '../core/lib/emitter.ts';
import { fail, type Result } from '../core/lib/result.ts';
import type { Unsubscribe } from '../core/lib/world.ts';

/** What every worker exposes besides its service. */
export interface WorkerDoor {
  /** Events of the service go out by this port. */
  attach(port: MessagePort): Promise<void>;
  ping(): Promise<void>;
}

export interface WorkerHealth {
  readonly alive: boolean;
  readonly restarts: number;
  readonly lastPingMs: number | null;
}

export interface WorkerHostOptions {
  readonly name: 'training' | 'vault' | 'quantum';
  readonly create: () => Worker;
  /** A ping unanswered for this long, twice in a row, means that the worker spins or has closed itself: both are silent. */
  readonly pingDeadlineMs: number;
  readonly pingIntervalMs?: number;
  /** Scripts, WASM and WGSL are fetched and compiled before the first answer. */
  readonly startDeadlineMs?: number;
}

const PING_INTERVAL_MS = 2_000;
const START_DEADLINE_MS = 20_000;
/** A worker that dies this often has a cause that another start does not heal. */
const RESTARTS_MAX = 5;
/** A timer that fires this late was held back with the page or by a busy machine: then a missing answer proves nothing. */
const LATE_MS = 300;

/** Owns one worker: creates it, watches it, replaces it after a crash, and gives every call a deadline. */
export class WorkerHost<Door extends WorkerDoor, Event> {
  readonly #options: WorkerHostOptions;
  readonly #events = new Emitter<Event>();
  readonly #health = new Emitter<WorkerHealth>();
  readonly #restarted = new Emitter<null>();
  #worker: Worker | null = null;
  #remote: Remote<Door> | null = null;
  #port: MessagePort | null = null;
  #generation = 0;
  /** Ends every call that waits for the present worker. */
  #crash: (reason: string) => void = () => undefined;
  #crashed: Promise<string> = Promise.resolve('');
  #current: WorkerHealth = { alive: false, restarts: 0, lastPingMs: null };

  constructor(options: WorkerHostOptions) {
    this.#options = options;
    this.#start();
  }

  get health(): WorkerHealth {
    return this.#current;
  }

  onEvent(listener: (event: Event) => void): Unsubscribe {
    return this.#events.on(listener);
  }

  onHealth(listener: (health: WorkerHealth) => void): Unsubscribe {
    return this.#health.on(listener);
  }

  /** The worker was replaced: whatever it held is gone. */
  onRestart(listener: () => void): Unsubscribe {
    return this.#restarted.on(listener);
  }

  /** Failures: WORKER_CRASHED and WORKER_TIMEOUT (may succeed later), WORKER_DEAD (will not). */
  async call<T>(run: (door: Remote<Door>) => Promise<Result<T>>, deadlineMs: number): Promise<Result<T>> {
    const { name } = this.#options;
    const remote = this.#remote;
    if (remote === null)
      return fail('WORKER_DEAD', `the ${name} worker stopped ${RESTARTS_MAX} times; reload the page`);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const expired = new Promise<Result<T>>((resolve) => {
      timer = setTimeout(
        () => resolve(fail('WORKER_TIMEOUT', `the ${name} worker did not answer within ${deadlineMs / 1000} s`, true)),
        deadlineMs,
      );
    });
    const crashed = this.#crashed.then((reason) =>
      fail('WORKER_CRASHED', `the ${name} worker stopped (${reason})`, true),
    );
    try {
      return await Promise.race([run(remote), expired, crashed]);
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      return fail('WORKER_CRASHED', `the ${name} worker failed: ${detail}`, true);
    } finally {
      clearTimeout(timer);
    }
  }

  /** For calls without a result: a failure shows in the worker's health. */
  async tell(run: (door: Remote<Door>) => Promise<void>, deadlineMs = 10_000): Promise<void> {
    await this.call(async (door) => {
      await run(door);
      return { ok: true, value: null };
    }, deadlineMs);
  }

  /** Ends the worker and starts another one because the caller wants to, not because it failed: that is not counted. */
  restart(reason: string): void {
    if (this.#worker === null) return;
    this.#stop(reason);
    this.#start();
    this.#restarted.emit(null);
  }

  close(): void {
    this.#stop('closed');
    this.#report({ ...this.#current, alive: false });
  }

  #start(): void {
    const generation = ++this.#generation;
    this.#crashed = new Promise((resolve) => {
      this.#crash = resolve;
    });
    const worker = this.#options.create();
    worker.onerror = (event) => {
      // An uncaught throw leaves the worker alive; only a script that never started is dead, and the watchdog finds that.
      console.error(`${this.#options.name} worker: ${event.message}`);
    };
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = (message: MessageEvent<Event>) => this.#events.emit(message.data);
    const remote = wrap<Door>(worker);
    this.#worker = worker;
    this.#remote = remote;
    this.#port = port1;
    const door = remote as unknown as WorkerDoor;
    door.attach(transfer(port2, [port2])).catch((error: unknown) => {
      if (generation === this.#generation) this.#replace(error instanceof Error ? error.message : 'failed to start');
    });
    void this.#watch(door, generation);
  }

  #stop(reason: string): void {
    this.#generation += 1;
    this.#worker?.terminate();
    this.#port?.close();
    this.#worker = null;
    this.#remote = null;
    this.#port = null;
    this.#crash(reason);
  }

  #replace(reason: string): void {
    this.#stop(reason);
    const restarts = this.#current.restarts + 1;
    this.#report({ alive: restarts <= RESTARTS_MAX, restarts, lastPingMs: null });
    if (restarts > RESTARTS_MAX) return;
    this.#start();
    this.#restarted.emit(null);
  }

  async #watch(door: WorkerDoor, generation: number): Promise<void> {
    let missed = 0;
    const { pingDeadlineMs, pingIntervalMs = PING_INTERVAL_MS, startDeadlineMs = START_DEADLINE_MS } = this.#options;
    let deadlineMs = Math.max(startDeadlineMs, pingDeadlineMs);
    while (generation === this.#generation) {
      const startedAt = performance.now();
      const answered = await Promise.race([
        door.ping().then(
          () => true,
          () => false,
        ),
        sleep(deadlineMs).then(() => false),
      ]);
      if (generation !== this.#generation) return;
      const tookMs = performance.now() - startedAt;
      if (answered) {
        missed = 0;
        deadlineMs = pingDeadlineMs;
        this.#report({ ...this.#current, alive: true, lastPingMs: Math.round(tookMs) });
        await sleep(pingIntervalMs);
      } else if (tookMs < deadlineMs + LATE_MS) {
        missed += 1;
        if (missed < 2) continue;
        this.#replace(`no answer for ${Math.round((2 * deadlineMs) / 1000)} s`);
        return;
      }
    }
  }

  #report(health: WorkerHealth): void {
    this.#current = health;
    this.#health.emit(health);
  }
}

function sleep(delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, delayMs);
  });
}
