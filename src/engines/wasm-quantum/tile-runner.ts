import { fail, ok, type Result } from '../../core/lib/result.ts';
import { CONTROL } from './layout.ts';
import type { EngineMemory } from './memory.ts';
import { nextTurn } from './turns.ts';

export type RunTiles = (pass: number, state: number, first: number, last: number, scratch: number) => void;

/** What the module exports. */
export interface EngineExports {
  readonly run_tiles: RunTiles;
  /** Sums over two states; see emit/overlap-kernels.ts. */
  overlap_xy(psi: number, lambda: number, bytes: number, stride: number, out: number): void;
  overlap_lane_0(psi: number, lambda: number, bytes: number, signs: number, out: number): void;
  /** f32 only: f64 vectors have one lane bit. */
  readonly overlap_lane_1?: (psi: number, lambda: number, bytes: number, signs: number, out: number) => void;
  inner(a: number, b: number, bytes: number, out: number): void;
  weights(psi: number, lambda: number, bytes: number, out: number): void;
  add_pauli(out: number, psi: number, bytes: number, x: number, constants: number): void;
  add_pauli_i(out: number, psi: number, bytes: number, x: number, constants: number): void;
}

/** A worker that helps with tiles. `dead` tells why it cannot any more. */
export interface HelperThread {
  readonly dead: string | null;
  terminate(): void;
}

/** What a helper needs: structured-clonable, sent once at its start. */
export interface ThreadTask {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly scratch: number;
}

/** Starting a thread and compiling its module takes tens of milliseconds; one that needs longer is not coming. */
const READY_TIMEOUT_MS = 10_000;
/** Spins of about 50 ns each before a thread sleeps: passes of small circuits follow each other within 100 us. */
const SPINS = 4000;
/** A tile takes milliseconds; a helper that does not finish one in this time is gone. */
const HELPER_TIMEOUT_MS = 30_000;

const word = (offset: number): number => offset / 4;
const NEXT = word(CONTROL.nextTile);
const JOB = word(CONTROL.job);
const DONE = word(CONTROL.done);

/** Runs the tiles of a pass on this thread and on helpers; tiles are claimed one by one. */
export class TileRunner {
  readonly #memory: EngineMemory;
  readonly #runTiles: RunTiles;
  #helpers: readonly HelperThread[];
  #ready: boolean;
  #helping = false;

  constructor(memory: EngineMemory, exports: EngineExports, helpers: readonly HelperThread[]) {
    this.#memory = memory;
    this.#runTiles = exports.run_tiles;
    this.#helpers = helpers;
    this.#ready = helpers.length === 0;
  }

  /** Lets helpers begin with a pass; this thread joins in with `finish`. */
  async begin(pass: number, state: number, tiles: number): Promise<Result<null>> {
    // The first pass that has work for them waits for the helpers; small circuits never do.
    if (!this.#ready && tiles > 1) await this.#awaitHelpers();
    const control = this.#memory.control();
    control[word(CONTROL.pass)] = pass;
    control[word(CONTROL.state)] = state;
    control[word(CONTROL.tiles)] = tiles;
    Atomics.store(control, NEXT, 0);
    this.#helping = this.#helpers.length > 0 && tiles > 1;
    if (!this.#helping) return ok(null);
    const dead = this.#helpers.find((helper) => helper.dead !== null);
    if (dead !== undefined)
      return fail('QUANTUM_THREAD', `a thread of the simulator stopped (${dead.dead}); open it again`, true);
    Atomics.store(control, DONE, 0);
    Atomics.add(control, JOB, 1);
    Atomics.notify(control, JOB);
    return ok(null);
  }

  /** Works on what is left of the pass and waits for the helpers. */
  finish(): Result<null> {
    const control = this.#memory.control();
    claimTiles(control, this.#runTiles, this.#memory.scratch(0));
    return this.#helping ? waitFor(control, this.#helpers.length) : ok(null);
  }

  /** Goes on alone where helpers do not start. */
  async #awaitHelpers(): Promise<void> {
    this.#ready = true;
    const control = this.#memory.control();
    const end = performance.now() + READY_TIMEOUT_MS;
    while (Atomics.load(control, word(CONTROL.ready)) < this.#helpers.length) {
      if (performance.now() < end && this.#helpers.every((helper) => helper.dead === null)) await nextTurn(1);
      else {
        this.dispose();
        this.#helpers = [];
        return;
      }
    }
  }

  dispose(): void {
    for (const helper of this.#helpers) helper.terminate();
  }
}

function claimTiles(control: Int32Array, runTiles: RunTiles, scratch: number): void {
  const pass = control[word(CONTROL.pass)] as number;
  const state = control[word(CONTROL.state)] as number;
  const tiles = control[word(CONTROL.tiles)] as number;
  for (;;) {
    const tile = Atomics.add(control, NEXT, 1);
    if (tile >= tiles) return;
    runTiles(pass, state, tile, tile + 1, scratch);
  }
}

function waitFor(control: Int32Array, helpers: number): Result<null> {
  for (let spin = 0; spin < SPINS; spin++) if (Atomics.load(control, DONE) === helpers) return ok(null);
  const end = performance.now() + HELPER_TIMEOUT_MS;
  for (;;) {
    const done = Atomics.load(control, DONE);
    if (done === helpers) return ok(null);
    if (Atomics.wait(control, DONE, done, Math.max(0, end - performance.now())) === 'timed-out')
      return fail(
        'QUANTUM_THREAD',
        `a thread of the simulator did not answer for ${HELPER_TIMEOUT_MS / 1000} s; open it again`,
        true,
      );
  }
}

/** The whole life of a helper: waits for jobs until it is terminated. Call it in a worker of its own, it never returns. */
export function serveTiles({ module, memory, scratch }: ThreadTask): void {
  const exports = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as EngineExports;
  const control = new Int32Array(memory.buffer, 0, CONTROL.bytes / 4);
  let job = 0;
  Atomics.add(control, word(CONTROL.ready), 1);
  Atomics.notify(control, word(CONTROL.ready));
  for (;;) {
    for (let spin = 0; spin < SPINS && Atomics.load(control, JOB) === job; spin++);
    if (Atomics.load(control, JOB) === job) {
      Atomics.wait(control, JOB, job);
      continue;
    }
    job = Atomics.load(control, JOB);
    claimTiles(control, exports.run_tiles, scratch);
    Atomics.add(control, DONE, 1);
    Atomics.notify(control, DONE);
  }
}
