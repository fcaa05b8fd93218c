import { fail, ok, type Result } from '../../core/lib/result.ts';
import type { Bindings } from '../../core/quantum/circuit/angle.ts';
import type { StateDevice, UnitarySequence, Watch } from '../../core/quantum/engine/device.ts';
import type { Precision } from '../../core/quantum/engine/engine.ts';
import type { PauliSum } from '../../core/quantum/engine/pauli.ts';
import {
  AmplitudeView,
  applyMatrix,
  marginals,
  normOf,
  project,
  reducedDensity,
  searchCumulative,
} from './amplitudes.ts';
import { applyPlan } from './apply-plan.ts';
import { backwardSweep, sweepGates, sweepSlices, type SweepHost } from './backward.ts';
import { engineModule, type KernelIndex } from './emit/engine-module.ts';
import { canShareMemory, hasRelaxedSimd, type SpawnThread } from './host.ts';
import { EngineMemory, PROGRAM_WINDOW_BYTES } from './memory.ts';
import { planGradient, type GradientPlan } from './gradient-plan.ts';
import { overlapsOf, weightsBytes } from './overlaps.ts';
import { addObservable, expectationValues } from './pauli-reads.ts';
import { planSequence, QUBITS_PADDED, type PlanShape, type RunnablePlan, type WasmPlan } from './plan-passes.ts';
import { ProgramWriter } from './program-writer.ts';
import { TileRunner, type EngineExports, type HelperThread } from './tile-runner.ts';

export interface WasmOptions {
  readonly precision: Precision;
  /** Helpers beyond the calling thread come from `spawnThread`; without it there is one thread. */
  readonly threads: number;
  readonly spawnThread: SpawnThread | null;
}

/** More threads than this find no tiles to work on at the sizes that matter. */
const THREADS_MAX = 64;
/** 512 KiB: a tile fits the second-level cache of one core beside the program. */
const TILE_BYTES = 2 ** 19;
/** Runs of 32 amplitudes are 256 (f32) or 512 bytes: some cache lines in a row. */
const LOW_BITS = 5;

/** Snapshots of a gradient; more is walked gate by gate. */
const SNAPSHOT_BYTES_MAX = 2 ** 31;

export interface WasmState {
  pointer: number;
  readonly qubits: number;
  /** |0...0> that nothing has written yet: a plan that starts from it writes every amplitude. */
  fresh: boolean;
}

/** Failures QUANTUM_MEMORY, QUANTUM_WASM (the host refuses the module). */
export async function openWasmDevice(options: WasmOptions): Promise<Result<StateDevice<WasmState, WasmPlan>>> {
  const { precision } = options;
  const helpersWanted = Math.min(THREADS_MAX, Math.max(1, options.threads)) - 1;
  const shared = helpersWanted > 0 && options.spawnThread !== null && canShareMemory();
  const threads = shared ? helpersWanted + 1 : 1;
  const opened = EngineMemory.open(shared, threads, TILE_BYTES);
  if (!opened.ok) return opened;
  const memory = opened.value;
  const fma = hasRelaxedSimd();
  const { bytes, kernels } = engineModule({ precision, fma }, { minPages: 1, maxPages: memory.pagesMax, shared });
  let module: WebAssembly.Module;
  try {
    module = await WebAssembly.compile(bytes);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return fail('QUANTUM_WASM', `this host does not run the simulator's WebAssembly (it needs SIMD): ${reason}`);
  }
  const { exports } = await WebAssembly.instantiate(module, { env: { memory: memory.memory } });
  const helpers: HelperThread[] = [];
  if (shared && options.spawnThread !== null)
    for (let i = 1; i < threads; i++)
      helpers.push(options.spawnThread({ module, memory: memory.memory, scratch: memory.scratch(i) }));
  const engine = exports as unknown as EngineExports;
  const runner = new TileRunner(memory, engine, helpers);
  return ok(new WasmDevice(precision, threads, fma, memory, kernels, runner, engine));
}

class WasmDevice implements StateDevice<WasmState, WasmPlan> {
  readonly kind = 'wasm';
  readonly precision: Precision;
  readonly label: string;
  readonly threads: number;
  readonly qubitsMax: number;
  readonly limitReason: string;
  readonly #memory: EngineMemory;
  readonly #kernels: KernelIndex;
  readonly #runner: TileRunner;
  readonly #exports: EngineExports;
  readonly #amplitudeBytes: 8 | 16;
  readonly #gradientPlans = new WeakMap<WasmPlan, GradientPlan>();

  constructor(
    precision: Precision,
    threads: number,
    fma: boolean,
    memory: EngineMemory,
    kernels: KernelIndex,
    runner: TileRunner,
    exports: EngineExports,
  ) {
    this.precision = precision;
    this.threads = threads;
    this.#memory = memory;
    this.#kernels = kernels;
    this.#runner = runner;
    this.#exports = exports;
    this.#amplitudeBytes = precision === 'f32' ? 8 : 16;
    const bits = precision === 'f32' ? '32' : '64';
    this.label = `WebAssembly, ${bits}-bit floats, ${threads} ${threads === 1 ? 'thread' : 'threads'}${fma ? '' : ', no fused multiply-add'}`;
    this.qubitsMax = Math.floor(Math.log2(memory.heapBytesMax / this.#amplitudeBytes));
    this.limitReason = `${this.qubitsMax + 1} need ${(2 ** (this.qubitsMax + 1) * this.#amplitudeBytes) / 2 ** 20} MiB, the memory of this engine ends at ${memory.pagesMax / 16} MiB`;
  }

  plan(sequence: UnitarySequence): Result<WasmPlan> {
    return ok(planSequence(sequence, this.#shape));
  }

  async zero(qubits: number): Promise<Result<WasmState>> {
    const reserved = this.#memory.reserve(this.#bytes(qubits));
    return reserved.ok ? ok({ pointer: reserved.value, qubits, fresh: true }) : reserved;
  }

  async load(qubits: number, amplitudes: ArrayLike<number>): Promise<Result<WasmState>> {
    const state = await this.zero(qubits);
    if (state.ok) this.#view(state.value).write(amplitudes);
    return state;
  }

  async clone(from: WasmState): Promise<Result<WasmState>> {
    const state = await this.zero(from.qubits);
    if (!state.ok) return state;
    // Views after the reservation: it may have grown the memory.
    const source = this.#view(from);
    this.#view(state.value).numbers.set(source.numbers);
    return state;
  }

  free(state: WasmState): void {
    if (state.pointer === 0) return;
    this.#memory.release(state.pointer, this.#bytes(state.qubits));
    state.pointer = 0;
  }

  apply(state: WasmState, plan: WasmPlan, values: Bindings, watch: Watch): Promise<Result<null>> {
    return this.#run(state, plan, values, watch);
  }

  async read(state: WasmState, from: number, count: number): Promise<Result<Float64Array>> {
    return ok(this.#view(state).read(from, count));
  }

  async gather(state: WasmState, indices: readonly number[]): Promise<Result<Float64Array>> {
    const view = this.#view(state);
    const out = new Float64Array(2 * indices.length);
    for (const [i, index] of indices.entries()) out.set(view.read(index, 1), 2 * i);
    return ok(out);
  }

  async norm(state: WasmState): Promise<Result<number>> {
    return ok(normOf(this.#view(state)));
  }

  async probabilities(state: WasmState, qubits: readonly number[]): Promise<Result<Float64Array>> {
    return ok(marginals(this.#view(state), qubits));
  }

  async search(state: WasmState, thresholds: Float64Array): Promise<Result<Float64Array>> {
    return ok(searchCumulative(this.#view(state), thresholds));
  }

  async project(state: WasmState, qubit: number, outcome: 0 | 1, scale: number, flip: boolean): Promise<Result<null>> {
    project(this.#view(state), qubit, outcome, scale, flip);
    return ok(null);
  }

  async scale(state: WasmState, factor: number): Promise<Result<null>> {
    const { numbers } = this.#view(state);
    for (let i = 0; i < numbers.length; i++) numbers[i] = factor * (numbers[i] as number);
    return ok(null);
  }

  async applyMatrix(state: WasmState, matrix: Float64Array, targets: readonly number[]): Promise<Result<null>> {
    applyMatrix(this.#view(state), matrix, targets);
    return ok(null);
  }

  async expectations(state: WasmState, observable: PauliSum): Promise<Result<Float64Array>> {
    return ok(expectationValues(this.#view(state), observable));
  }

  async inner(a: WasmState, b: WasmState): Promise<Result<readonly [number, number]>> {
    for (const state of [a, b]) this.#view(state);
    const out = this.#memory.constants;
    this.#exports.inner(a.pointer, b.pointer, this.#bytes(a.qubits), out);
    const [re0, re1, im0, im1] = this.#memory.numbers(out, 4, 'f64') as unknown as readonly [
      number,
      number,
      number,
      number,
    ];
    return ok([re0 + re1, im0 + im1]);
  }

  async reducedDensityMatrix(state: WasmState, qubits: readonly number[]): Promise<Result<Float64Array>> {
    return ok(reducedDensity(this.#view(state), qubits));
  }

  async backward(psi: WasmState, lambda: WasmState, plan: WasmPlan, values: Bindings): Promise<Result<Float64Array>> {
    return backwardSweep(this.#view(psi), this.#view(lambda), plan, values);
  }

  async differentiate(
    plan: WasmPlan,
    values: Bindings,
    coState: (psi: WasmState) => Promise<Result<WasmState>>,
    watch: Watch,
  ): Promise<Result<Float64Array>> {
    const gradientPlan = this.#gradientPlanOf(plan);
    const bytes = this.#bytes(plan.sequence.qubits);
    const fits = plan.lowered.differentiable && (gradientPlan.slices.length + 2) * bytes <= SNAPSHOT_BYTES_MAX;
    const laneBits = this.precision === 'f32' ? 2 : 1;
    const scratch = this.#memory.reserve(weightsBytes(plan.lowered.qubits, laneBits));
    if (!scratch.ok) return scratch;
    const host: SweepHost<WasmState> = {
      zero: () => this.zero(plan.sequence.qubits),
      clone: (state) => this.clone(state),
      free: (state) => this.free(state),
      run: (state, part) => this.#run(state, part, values, watch),
      overlaps: (psi, lambda) => {
        for (const state of [psi, lambda]) this.#view(state);
        const { qubits } = plan.lowered;
        const at = { psi: psi.pointer, lambda: lambda.pointer, qubits, precision: this.precision };
        return overlapsOf(this.#memory, this.#exports, { ...at, scratch: scratch.value });
      },
    };
    const gradient = fits
      ? await sweepSlices(host, gradientPlan, plan, values, coState)
      : await sweepGates(host, plan, coState, (psi, lambda) =>
          backwardSweep(this.#view(psi), this.#view(lambda), plan, values),
        );
    this.#memory.release(scratch.value, weightsBytes(plan.lowered.qubits, laneBits));
    return gradient;
  }

  async applyObservable(state: WasmState, observable: PauliSum): Promise<Result<WasmState>> {
    const image = await this.zero(state.qubits);
    if (!image.ok) return image;
    this.#view(image.value).numbers.fill(0);
    const { qubits } = this.#view(state);
    const to = { out: image.value.pointer, psi: state.pointer, qubits };
    addObservable(this.#memory, this.#exports, this.precision, to, observable);
    return image;
  }

  async recover(): Promise<Result<null>> {
    return ok(null);
  }

  dispose(): void {
    this.#runner.dispose();
  }

  get #shape(): PlanShape {
    const laneBits = this.precision === 'f32' ? 2 : 1;
    const tileBits = Math.log2(TILE_BYTES / this.#amplitudeBytes);
    return { laneBits, tileBits, threads: this.threads, lowBits: LOW_BITS };
  }

  #gradientPlanOf(plan: WasmPlan): GradientPlan {
    const known = this.#gradientPlans.get(plan);
    if (known !== undefined) return known;
    const made = planGradient(plan.whole, this.#shape);
    this.#gradientPlans.set(plan, made);
    return made;
  }

  #run(state: WasmState, plan: RunnablePlan, values: Bindings, watch: Watch): Promise<Result<null>> {
    if (plan.start !== null) state.fresh = false;
    else this.#view(state);
    const { precision } = this;
    const host = {
      kernels: this.#kernels,
      runner: this.#runner,
      writer: (window: 0 | 1) => {
        const from = this.#memory.programFrom + window * PROGRAM_WINDOW_BYTES;
        return new ProgramWriter(this.#memory.buffer, from, from + PROGRAM_WINDOW_BYTES, precision);
      },
    };
    return applyPlan(host, state.pointer, plan, values, watch);
  }

  #bytes(qubits: number): number {
    return this.#amplitudeBytes * 2 ** Math.max(QUBITS_PADDED, qubits);
  }

  /** The amplitudes, written as |0...0> first where nothing has been written. */
  #view(state: WasmState): AmplitudeView {
    const padded = Math.max(QUBITS_PADDED, state.qubits);
    const view = new AmplitudeView(this.#memory.buffer, state.pointer, state.qubits, padded, this.precision);
    if (!state.fresh) return view;
    state.fresh = false;
    view.numbers.fill(0);
    view.numbers[0] = 1;
    return view;
  }
}
