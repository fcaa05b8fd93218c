import { shaders, type Shader, type ShaderKey } from '../../../shaders/index.ts';
import { assert } from '../../core/lib/assert.ts';
import { fail, ok, type Failure, type Result } from '../../core/lib/result.ts';
import type { Watch } from '../../core/quantum/engine/device.ts';
import { openDevice, withDeadline, type DeviceFailure } from './device.ts';

export type GpuFailure =
  | Failure<'QUANTUM_DEVICE_LOST' | 'QUANTUM_TIMEOUT' | 'QUANTUM_GPU_ERROR' | 'QUANTUM_MEMORY' | 'QUANTUM_ABORTED'>
  | Failure<'QUANTUM_DISPOSED' | 'QUANTUM_SHADER'>;

/** One dispatch of a kernel of the registry. */
export interface Dispatch {
  readonly shader: ShaderKey;
  /** Whether the state is in several buffers. */
  readonly split: boolean;
  /** In the order of the bindings, without the job. */
  readonly buffers: readonly GPUBuffer[];
  /** The `Job` of the kernel. */
  readonly job: ArrayBuffer;
  readonly workgroups: number;
  /** Amplitude updates, roughly: how long it takes. */
  readonly work: number;
}

/** Uniform offsets are multiples of 256 (the default, and largest, minUniformBufferOffsetAlignment); jobs are smaller. */
const JOB_STRIDE = 256;
/** Jobs of a submission: 64 KiB. */
const JOBS_MAX = 256;
/** Largest count of workgroups in one dimension that every device allows. */
const GRID_MAX = 65_535;
/**
 * Amplitude updates of a submission: one must never look like a hung driver. Half a second on SwiftShader (40 to 100
 * million a second), a quarter on a GPU of 1 TFLOPS (16 operations each).
 */
const SUBMISSION_WORK = { software: 2 ** 25, hardware: 2 ** 34 } as const;
/** Submissions under way at once: the GPU never waits for the next, an abort waits for two at most. */
const IN_FLIGHT_MAX = 2;
/** One submission or one piece of reading; a hundred times what a slow adapter needs. */
const STEP_TIMEOUT_MS = 60_000;
/** Read back piece by piece: the staging buffer stays small. */
const READ_BYTES = 2 ** 25;
/** `device.lost` resolves in a task of its own, soon after the commands have failed. */
const LOSS_NOTICE_MS = 1000;

interface Kernel {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** A device with its pipelines, and the few ways in which the engine uses it. Every wait ends: with the device, or at its deadline. */
export class Gpu {
  readonly device: GPUDevice;
  readonly label: string;
  readonly software: boolean;
  /** Bound where a state has fewer buffers than a kernel has bindings for. */
  readonly spare: readonly GPUBuffer[];
  readonly #jobs: GPUBuffer;
  readonly #kernels = new Map<string, Promise<Kernel>>();
  /** Set by the device itself. */
  #lost: string | null = null;
  #disposed = false;

  constructor(device: GPUDevice, label: string, software: boolean) {
    this.device = device;
    this.label = label;
    this.software = software;
    const { UNIFORM, STORAGE, COPY_DST } = GPUBufferUsage;
    this.#jobs = device.createBuffer({ label: 'jobs', size: JOBS_MAX * JOB_STRIDE, usage: UNIFORM | COPY_DST });
    this.spare = [1, 2, 3].map((i) => device.createBuffer({ label: `spare ${i}`, size: 256, usage: STORAGE }));
    void this.#watchLoss();
  }

  get lost(): boolean {
    return this.#lost !== null;
  }

  get disposed(): boolean {
    return this.#disposed;
  }

  /** Amplitude updates that fit one submission. */
  get submissionWork(): number {
    return SUBMISSION_WORK[this.software ? 'software' : 'hardware'];
  }

  dispose(): void {
    this.#disposed = true;
    this.device.destroy();
  }

  /**
   * Runs `work` between error scopes: what the GPU refused, ran out of memory for, or lost, becomes a value. Calls must
   * not overlap (scopes are a stack).
   */
  async guard<T>(what: string, work: () => Promise<Result<T>>): Promise<Result<T>> {
    const before = this.#ended();
    if (before !== null) return before;
    this.device.pushErrorScope('validation');
    this.device.pushErrorScope('out-of-memory');
    let outcome: Result<T>;
    try {
      outcome = await work();
    } catch (error) {
      // Commands on a lost device reject before `device.lost` has told us so.
      await withDeadline(this.device.lost, LOSS_NOTICE_MS, null);
      outcome = fail('QUANTUM_GPU_ERROR', `the GPU failed at ${what}: ${String(error)}`, true);
    }
    const pops = [this.device.popErrorScope(), this.device.popErrorScope()].map((pop) => pop.catch(() => null));
    const [memory, refused] = await withDeadline(Promise.all(pops), STEP_TIMEOUT_MS, [null, null]);
    const after = this.#ended();
    if (after !== null) return after;
    if (memory) return fail('QUANTUM_MEMORY', `no GPU memory for ${what}; use fewer qubits or free states`, true);
    if (refused && outcome.ok)
      return fail('QUANTUM_GPU_ERROR', `the GPU refused a command of ${what}: ${refused.message}`);
    return outcome;
  }

  /** Compiles ahead of the first use. */
  async warmUp(keys: readonly ShaderKey[]): Promise<Result<null>> {
    for (const key of keys) {
      const made = await this.#kernel(key, false);
      if (!made.ok) return made;
    }
    return ok(null);
  }

  /** In order. Looks at the signal between submissions; `onProgress` gets the part of the work that is done. */
  async run(dispatches: readonly Dispatch[], watch?: Watch): Promise<Result<null>> {
    const total = dispatches.reduce((sum, { work }) => sum + work, 0);
    const groups = new BindGroups(this.device, this.#jobs);
    const underWay: Promise<unknown>[] = [];
    let done = 0;
    for (let from = 0; from < dispatches.length;) {
      if (watch?.signal?.aborted === true)
        return fail('QUANTUM_ABORTED', `the run was aborted after ${Math.floor((100 * done) / total)} % of its work`);
      const batch = this.#batch(dispatches, from);
      const submitted = await this.#submit(batch, groups);
      if (!submitted.ok) return submitted;
      underWay.push(this.device.queue.onSubmittedWorkDone());
      from += batch.length;
      done += batch.reduce((sum, { work }) => sum + work, 0);
      if (underWay.length < IN_FLIGHT_MAX && from < dispatches.length) continue;
      const waited = await this.#wait(underWay.shift());
      if (!waited.ok) return waited;
      watch?.onProgress(done / total);
    }
    for (const rest of underWay) {
      const waited = await this.#wait(rest);
      if (!waited.ok) return waited;
    }
    return ok(null);
  }

  /** Bytes of a buffer, in pieces. `into` gets each piece and where it starts. */
  async read(
    buffer: GPUBuffer,
    from: number,
    bytes: number,
    into: (piece: ArrayBuffer, at: number) => void,
  ): Promise<Result<null>> {
    const { MAP_READ, COPY_DST } = GPUBufferUsage;
    const staging = this.device.createBuffer({
      label: 'staging',
      size: Math.min(bytes, READ_BYTES),
      usage: MAP_READ | COPY_DST,
    });
    try {
      for (let at = 0; at < bytes; at += READ_BYTES) {
        const size = Math.min(READ_BYTES, bytes - at);
        const encoder = this.device.createCommandEncoder();
        encoder.copyBufferToBuffer(buffer, from + at, staging, 0, size);
        this.device.queue.submit([encoder.finish()]);
        const waited = await this.#wait(staging.mapAsync(GPUMapMode.READ, 0, size));
        if (!waited.ok) return waited;
        into(staging.getMappedRange(0, size), at);
        staging.unmap();
      }
    } finally {
      staging.destroy();
    }
    return ok(null);
  }

  async readFloats(buffer: GPUBuffer, count: number): Promise<Result<Float32Array>> {
    const out = new Float32Array(count);
    const done = await this.read(buffer, 0, 4 * count, (piece, at) => out.set(new Float32Array(piece), at / 4));
    return done.ok ? ok(out) : done;
  }

  /** A storage buffer with data in it, or zeros. */
  buffer(label: string, contents: Uint32Array<ArrayBuffer> | Float32Array<ArrayBuffer> | number): GPUBuffer {
    const { STORAGE, COPY_DST, COPY_SRC } = GPUBufferUsage;
    const bytes = typeof contents === 'number' ? contents : contents.byteLength;
    const buffer = this.device.createBuffer({ label, size: Math.max(16, bytes), usage: STORAGE | COPY_DST | COPY_SRC });
    if (typeof contents !== 'number') this.device.queue.writeBuffer(buffer, 0, contents);
    return buffer;
  }

  async #watchLoss(): Promise<void> {
    const { reason, message } = await this.device.lost;
    this.#lost = `${reason} ${message}`.trim();
  }

  #ended(): ReturnType<typeof fail<GpuFailure['code']>> | null {
    if (this.#disposed) return fail('QUANTUM_DISPOSED', 'the engine was disposed; open a new one');
    if (this.#lost === null) return null;
    return fail('QUANTUM_DEVICE_LOST', `the GPU was lost (${this.#lost}); run again`, true);
  }

  #batch(dispatches: readonly Dispatch[], from: number): readonly Dispatch[] {
    let to = from;
    let work = 0;
    while (to < dispatches.length && to - from < JOBS_MAX) {
      work += (dispatches[to] as Dispatch).work;
      if (to > from && work > this.submissionWork) break;
      to++;
    }
    return dispatches.slice(from, to);
  }

  async #submit(batch: readonly Dispatch[], groups: BindGroups): Promise<Result<null>> {
    const jobs = new Uint8Array(batch.length * JOB_STRIDE);
    const kernels: Kernel[] = [];
    for (const [i, { shader, split, job }] of batch.entries()) {
      assert(job.byteLength <= JOB_STRIDE, `a job of ${job.byteLength} bytes`);
      jobs.set(new Uint8Array(job), i * JOB_STRIDE);
      const kernel = await this.#kernel(shader, split);
      if (!kernel.ok) return kernel;
      kernels.push(kernel.value);
    }
    this.device.queue.writeBuffer(this.#jobs, 0, jobs);
    const encoder = this.device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (const [i, dispatch] of batch.entries()) {
      const { pipeline, layout } = kernels[i] as Kernel;
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, groups.get(dispatch, layout), [i * JOB_STRIDE]);
      const columns = Math.min(dispatch.workgroups, GRID_MAX);
      pass.dispatchWorkgroups(columns, Math.ceil(dispatch.workgroups / columns));
    }
    pass.end();
    this.device.queue.submit([encoder.finish()]);
    return ok(null);
  }

  async #wait(promise: Promise<unknown> | undefined): Promise<Result<null>> {
    const outcome = await withDeadline(Promise.resolve(promise), STEP_TIMEOUT_MS, 'late' as const);
    if (outcome === 'late')
      return fail('QUANTUM_TIMEOUT', `the GPU did not finish a step in ${STEP_TIMEOUT_MS / 1000} s`, true);
    return this.#ended() ?? ok(null);
  }

  async #kernel(key: ShaderKey, split: boolean): Promise<Result<Kernel>> {
    const name = `${key} ${split}`;
    let made = this.#kernels.get(name);
    if (made === undefined) {
      made = this.#compile(shaders[key], split);
      this.#kernels.set(name, made);
    }
    try {
      const kernel = await withDeadline(made, STEP_TIMEOUT_MS, null);
      return kernel === null ? fail('QUANTUM_TIMEOUT', `the shader ${key} was not compiled in time`, true) : ok(kernel);
    } catch (error) {
      this.#kernels.delete(name);
      await withDeadline(this.device.lost, LOSS_NOTICE_MS, null);
      return this.#ended() ?? fail('QUANTUM_SHADER', `the adapter refused the shader ${key}: ${String(error)}`);
    }
  }

  async #compile(shader: Shader, split: boolean): Promise<Kernel> {
    const { device } = this;
    const layout = device.createBindGroupLayout({ label: shader.name, entries: layoutEntries(shader) });
    const constants = 'split' in shader.overrides ? { ...shader.overrides, split: split ? 1 : 0 } : shader.overrides;
    const pipeline = await device.createComputePipelineAsync({
      label: shader.name,
      layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: {
        module: device.createShaderModule({ label: shader.name, code: shader.code }),
        entryPoint: shader.entryPoint,
        constants,
      },
    });
    return { pipeline, layout };
  }
}

export function layoutEntries({ bindings }: Shader): GPUBindGroupLayoutEntry[] {
  return bindings.map(({ binding, kind, dynamicOffset }) => ({
    binding,
    visibility: GPUShaderStage.COMPUTE,
    buffer: { type: kind, hasDynamicOffset: dynamicOffset },
  }));
}

/** The same few buffers are bound again and again in one run. */
class BindGroups {
  readonly #device: GPUDevice;
  readonly #jobs: GPUBuffer;
  readonly #made: {
    readonly shader: ShaderKey;
    readonly buffers: readonly GPUBuffer[];
    readonly group: GPUBindGroup;
  }[] = [];

  constructor(device: GPUDevice, jobs: GPUBuffer) {
    this.#device = device;
    this.#jobs = jobs;
  }

  get({ shader, buffers }: Dispatch, layout: GPUBindGroupLayout): GPUBindGroup {
    const same = this.#made.find(
      (made) => made.shader === shader && made.buffers.every((buffer, i) => buffer === buffers[i]),
    );
    if (same !== undefined) return same.group;
    const group = this.#device.createBindGroup({
      layout,
      entries: [
        ...buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
        { binding: buffers.length, resource: { buffer: this.#jobs, size: JOB_STRIDE } },
      ],
    });
    this.#made.push({ shader, buffers, group });
    return group;
  }
}

export async function openGpu(gpu: GPU | undefined): Promise<Result<Gpu, DeviceFailure>> {
  const opened = await openDevice(gpu);
  return opened.ok ? ok(new Gpu(opened.value.device, opened.value.label, opened.value.software)) : opened;
}

/** A `Job`: 32-bit words in the kernel's order; floats where a Float32Array stands. */
export function jobOf(...parts: readonly (number | readonly number[] | Float32Array)[]): ArrayBuffer {
  const words: number[] = [];
  for (const part of parts) {
    if (typeof part === 'number') words.push(part);
    else if (part instanceof Float32Array) words.push(...new Uint32Array(part.slice().buffer));
    else words.push(...part);
  }
  const job = new Uint32Array(4 * Math.ceil(words.length / 4));
  job.set(words);
  return job.buffer;
}

/** Splits workgroups so that no dispatch does more than one submission may. */
export function piecesOf(
  workgroups: number,
  work: number,
  submissionWork: number,
): readonly { readonly from: number; readonly to: number }[] {
  const count = Math.min(workgroups, Math.max(1, Math.ceil(work / submissionWork)));
  return Array.from({ length: count }, (_, i) => ({
    from: Math.floor((i * workgroups) / count),
    to: Math.floor(((i + 1) * workgroups) / count),
  }));
}
