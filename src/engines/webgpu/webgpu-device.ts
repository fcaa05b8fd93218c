import { fail, ok, type Result } from '../../core/lib/result.ts';
import type { Bindings } from '../../core/quantum/circuit/angle.ts';
import type { StateDevice, UnitarySequence, Watch } from '../../core/quantum/engine/device.ts';
import type { PauliSum } from '../../core/quantum/engine/pauli.ts';
import { applyPlan, matrixDispatches } from './apply.ts';
import { backwardSweep } from './backward.ts';
import type { DeviceFailure } from './device.ts';
import { openGpu, type Gpu } from './gpu.ts';
import { makePlan, type WebGpuPlan } from './plan/plan.ts';
import type { TileShape } from './plan/passes.ts';
import { expectations, inner, marginals, norm, observed, reducedDensity } from './reductions.ts';
import { searchCumulative } from './sampling.ts';
import {
  allocateState,
  copyState,
  freeState,
  gatherAmplitudes,
  isForeign,
  memoryText,
  readAmplitudes,
  stateLayout,
  writeAmplitudes,
  type GpuState,
  type StateLayout,
} from './state.ts';

export interface WebGpuOptions {
  /**
   * False: one pass a gate, to compare with. The default on a software adapter, where threads and barriers are emulated and
   * tiles are many times slower (and compile for seconds); true on all others.
   */
  readonly fuse?: boolean;
  /** Qubits of a tile: 11 (16 KiB of workgroup memory, every device) or 12 (32 KiB, the default where there is as much). */
  readonly tileQubits?: 11 | 12;
  /** Lowest qubits that every tile holds: runs of 2^n amplitudes (8 bytes each) that are read together. Default 4. */
  readonly lowQubits?: 3 | 4 | 5;
  /** Splits states into buffers of at most 2^n amplitudes, also where larger ones are allowed: for tests. */
  readonly bufferQubits?: number;
}

export type WebGpuDevice = StateDevice<GpuState, WebGpuPlan>;

/** Whole memory lines of 128 bytes: 16 amplitudes. With 3 (64 bytes) some circuits need fewer passes. */
const LOW_QUBITS = 4;
const WORKGROUP_BYTES_12 = 32_768;

/**
 * Statevectors in WGSL, float32. Fused passes: each dispatch moves the state once and applies as many gates as a tile
 * of workgroup memory can take. A lost device fails the call with QUANTUM_DEVICE_LOST (retry); `recover` opens another,
 * states of the lost one are gone.
 */
export async function openWebGpuDevice(
  gpu: GPU | undefined = globalThis.navigator?.gpu,
  options: WebGpuOptions = {},
): Promise<Result<WebGpuDevice, DeviceFailure>> {
  const opened = await openGpu(gpu);
  if (!opened.ok) return opened;
  const device = new WebGpuStateDevice(gpu, opened.value, options);
  // Not waited for: a first run that comes earlier waits for the same pipeline, and hears if it was refused. A processor
  // compiles for seconds, and is seldom asked to run after all.
  if (!opened.value.software) void opened.value.warmUp(device.firstKernels);
  return ok(device);
}

class WebGpuStateDevice implements WebGpuDevice {
  readonly kind = 'webgpu';
  readonly precision = 'f32';
  readonly losable = true;
  readonly threads = 1;
  readonly #source: GPU | undefined;
  readonly #options: WebGpuOptions;
  #gpu: Gpu;
  #shape: TileShape;
  #layout: StateLayout;

  constructor(source: GPU | undefined, gpu: Gpu, options: WebGpuOptions) {
    this.#source = source;
    this.#options = options;
    this.#gpu = gpu;
    this.#shape = tileShape(gpu, options);
    this.#layout = stateLayout(gpu, options.bufferQubits);
  }

  get label(): string {
    return this.#gpu.label;
  }

  get qubitsMax(): number {
    return this.#layout.qubitsMax;
  }

  get limitReason(): string {
    return this.#layout.limitReason;
  }

  get #fuse(): boolean {
    return this.#options.fuse ?? !this.#gpu.software;
  }

  /** What nearly every run needs. */
  get firstKernels(): readonly ('gatePass' | 'tilePass3' | 'tilePass4')[] {
    if (!this.#fuse) return ['gatePass'];
    return [this.#shape.registers === 3 ? 'tilePass3' : 'tilePass4'];
  }

  plan(sequence: UnitarySequence): Result<WebGpuPlan> {
    const { submissionWork } = this.#gpu;
    return makePlan(sequence, { shape: this.#shape, fuse: this.#fuse, submissionWork });
  }

  zero(qubits: number): Promise<Result<GpuState>> {
    return this.#create(qubits, (state) => {
      state.gpu.device.queue.writeBuffer(state.buffers[0] as GPUBuffer, 0, Float32Array.of(1, 0));
    });
  }

  load(qubits: number, amplitudes: ArrayLike<number>): Promise<Result<GpuState>> {
    return this.#create(qubits, (state) => writeAmplitudes(state, amplitudes));
  }

  clone(source: GpuState): Promise<Result<GpuState>> {
    const foreign = isForeign(source, this.#gpu);
    if (!foreign.ok) return Promise.resolve(foreign);
    return this.#create(source.qubits, (state) => copyState(source, state));
  }

  free(state: GpuState): void {
    freeState(state);
  }

  apply(state: GpuState, plan: WebGpuPlan, values: Bindings, watch: Watch): Promise<Result<null>> {
    return this.#on([state], 'a circuit', () => applyPlan(state, plan, values, watch));
  }

  read(state: GpuState, from: number, count: number): Promise<Result<Float64Array>> {
    return this.#on([state], 'reading', () => readAmplitudes(state, from, count));
  }

  gather(state: GpuState, indices: readonly number[]): Promise<Result<Float64Array>> {
    return this.#on([state], 'reading', () => gatherAmplitudes(state, indices));
  }

  norm(state: GpuState): Promise<Result<number>> {
    return this.#on([state], 'a norm', () => norm(state));
  }

  probabilities(state: GpuState, qubits: readonly number[]): Promise<Result<Float64Array>> {
    return this.#on([state], 'probabilities', () => marginals(state, qubits));
  }

  search(state: GpuState, thresholds: Float64Array): Promise<Result<Float64Array>> {
    return this.#on([state], 'sampling', () => searchCumulative(state, thresholds));
  }

  project(state: GpuState, qubit: number, outcome: 0 | 1, scale: number, flip: boolean): Promise<Result<null>> {
    const entries = [0, 0, 0, 0];
    // Row (where it goes) and column (where it was) of the one entry that is not zero.
    entries[2 * (flip ? 0 : outcome) + outcome] = scale;
    return this.#matrix(state, entries, [qubit], 'a measurement');
  }

  scale(state: GpuState, factor: number): Promise<Result<null>> {
    return this.#matrix(state, [factor, 0, 0, factor], [0], 'a factor');
  }

  applyMatrix(state: GpuState, matrix: Float64Array, targets: readonly number[]): Promise<Result<null>> {
    return this.#on([state], 'a matrix', () => state.gpu.run(matrixDispatches(state, matrix, targets, [])));
  }

  expectations(state: GpuState, observable: PauliSum): Promise<Result<Float64Array>> {
    return this.#on([state], 'expectation values', () => expectations(state, observable));
  }

  inner(a: GpuState, b: GpuState): Promise<Result<readonly [number, number]>> {
    return this.#on([a, b], 'an inner product', () => inner(a, b));
  }

  reducedDensityMatrix(state: GpuState, qubits: readonly number[]): Promise<Result<Float64Array>> {
    return this.#on([state], 'a reduced density matrix', () => reducedDensity(state, qubits));
  }

  applyObservable(state: GpuState, observable: PauliSum): Promise<Result<GpuState>> {
    return this.#on([state], 'an observable', () => observed(state, this.#layout, observable));
  }

  backward(psi: GpuState, lambda: GpuState, plan: WebGpuPlan, values: Bindings): Promise<Result<Float64Array>> {
    return this.#on([psi, lambda], 'gradients', () =>
      backwardSweep(psi, lambda, plan, this.#fuse, values, (sequence) => this.plan(sequence)),
    );
  }

  async recover(): Promise<Result<null>> {
    if (this.#gpu.disposed || !this.#gpu.lost) return ok(null);
    const opened = await openGpu(this.#source);
    if (!opened.ok) return opened;
    if (this.#gpu.disposed) {
      opened.value.dispose();
      return fail('QUANTUM_DISPOSED', 'the engine was disposed; open a new one');
    }
    this.#gpu = opened.value;
    this.#shape = tileShape(this.#gpu, this.#options);
    this.#layout = stateLayout(this.#gpu, this.#options.bufferQubits);
    void this.#gpu.warmUp(this.firstKernels);
    return ok(null);
  }

  dispose(): void {
    this.#gpu.dispose();
  }

  /** Real 2x2 matrix. */
  #matrix(
    state: GpuState,
    entries: readonly number[],
    targets: readonly number[],
    what: string,
  ): Promise<Result<null>> {
    const matrix = entries.flatMap((entry) => [entry, 0]);
    return this.#on([state], what, () => state.gpu.run(matrixDispatches(state, matrix, targets, [])));
  }

  async #create(qubits: number, fill: (state: GpuState) => void): Promise<Result<GpuState>> {
    let made: GpuState | null = null;
    const created = await this.#gpu.guard(memoryText(qubits), async () => {
      made = allocateState(this.#gpu, this.#layout, qubits);
      fill(made);
      return ok(made);
    });
    if (!created.ok && made !== null) freeState(made);
    return created;
  }

  async #on<T>(states: readonly GpuState[], what: string, work: () => Promise<Result<T>>): Promise<Result<T>> {
    for (const state of states) {
      const foreign = isForeign(state, this.#gpu);
      if (!foreign.ok) return foreign;
    }
    return this.#gpu.guard(what, work);
  }
}

/** What the device has room for, or what was asked for where there is room. */
function tileShape(gpu: Gpu, { tileQubits, lowQubits }: WebGpuOptions): TileShape {
  const large = gpu.device.limits.maxComputeWorkgroupStorageSize >= WORKGROUP_BYTES_12;
  // On the processor the small kernel compiles in half the time, and neither tile is faster.
  const tile = large ? (tileQubits ?? (gpu.software ? 11 : 12)) : 11;
  return { tile, registers: tile - 8, low: lowQubits ?? LOW_QUBITS };
}
