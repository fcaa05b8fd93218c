import { shaders } from '../../../shaders/index.ts';
import { assert } from '../../core/lib/assert.ts';
import { fail, ok, type Failure, type Result } from '../../core/lib/result.ts';
import { checkCircuit } from '../../core/quantum/check-circuit.ts';
import type { Circuit, Gate, QuantumEngine } from '../../core/quantum/engine.ts';
import { openDevice, withDeadline, type DeviceFailure } from './device.ts';

export type WebGpuRunFailure =
  | Failure<'QUANTUM_QUBITS' | 'QUANTUM_GATE' | 'QUANTUM_MEMORY' | 'QUANTUM_DEVICE_LOST' | 'QUANTUM_TIMEOUT'>
  | Failure<'QUANTUM_GPU_ERROR' | 'QUANTUM_DISPOSED'>
  | DeviceFailure;

/** vec2f. */
const AMPLITUDE_BYTES = 8;
/** 2^26 amplitudes are 512 MiB in the tab's own memory when they are read; more has no place next to training. */
const QUBITS_CAP = 26;
/** Uniform offsets are multiples of 256 (the default, and largest, minUniformBufferOffsetAlignment). */
const GATE_STRIDE = 256;
/** 256 KiB of parameters per submission. */
const BATCH_GATES_MAX = 1024;
/** About a second on a software adapter: one submission must never look like a hung driver. */
const BATCH_AMPLITUDES = 2 ** 27;
/** Read back piece by piece: the staging buffer stays small. */
const READ_BYTES = 2 ** 25;
/** One batch or one piece; a hundred times what a slow adapter needs. */
const STEP_TIMEOUT_MS = 60_000;
/** Largest count of workgroups in one dimension that every device allows. */
const GRID_MAX = 65_535;
const WIDTH = shaders.applyGate.overrides.workgroup_width;

interface Pipeline {
  readonly device: GPUDevice;
  readonly label: string;
  readonly qubitsMax: number;
  readonly limitReason: string;
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  /** Set by the device itself; a lost device is replaced at the next run. */
  lost: string | null;
}

/**
 * Statevector simulation in WGSL, float32, one dispatch per gate, nothing is read before the end.
 * A lost device fails the run with QUANTUM_DEVICE_LOST (retry); the next run opens a new one.
 */
export async function openWebGpuEngine(
  gpu: GPU | undefined = globalThis.navigator?.gpu,
): Promise<Result<QuantumEngine, DeviceFailure | Failure<'QUANTUM_SHADER'>>> {
  const opened = await openPipeline(gpu);
  return opened.ok ? ok(new WebGpuEngine(gpu, opened.value)) : opened;
}

class WebGpuEngine implements QuantumEngine {
  readonly kind = 'webgpu';
  readonly #gpu: GPU | undefined;
  #pipeline: Pipeline;
  #disposed = false;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(gpu: GPU | undefined, pipeline: Pipeline) {
    this.#gpu = gpu;
    this.#pipeline = pipeline;
  }

  get device(): string {
    return this.#pipeline.label;
  }

  get qubitsMax(): number {
    return this.#pipeline.qubitsMax;
  }

  /** Runs queue up: two states at once could exceed the memory that one was allowed. */
  run(circuit: Circuit): Promise<Result<Float32Array>> {
    const result = this.#tail.then(() => this.#run(circuit));
    this.#tail = result.catch(() => undefined);
    return result;
  }

  dispose(): void {
    this.#disposed = true;
    this.#pipeline.device.destroy();
  }

  async #run(circuit: Circuit): Promise<Result<Float32Array>> {
    if (this.#disposed) return disposedFailure();
    if (this.#pipeline.lost !== null) {
      const reopened = await openPipeline(this.#gpu);
      if (!reopened.ok) return reopened;
      this.#pipeline = reopened.value;
    }
    const { qubitsMax, limitReason } = this.#pipeline;
    const checked = checkCircuit(circuit, qubitsMax, limitReason);
    if (!checked.ok) return checked;
    const result = await simulate(this.#pipeline, circuit);
    if (this.#disposed) return disposedFailure();
    return result;
  }
}

async function openPipeline(
  gpu: GPU | undefined,
): Promise<Result<Pipeline, DeviceFailure | Failure<'QUANTUM_SHADER'>>> {
  const opened = await openDevice(gpu);
  if (!opened.ok) return opened;
  const { device, label } = opened.value;
  const { code, entryPoint, bindings, overrides, name } = shaders.applyGate;
  device.pushErrorScope('validation');
  const layout = device.createBindGroupLayout({
    entries: bindings.map(({ binding, kind, dynamicOffset }) => ({
      binding,
      visibility: GPUShaderStage.COMPUTE,
      buffer: { type: kind, hasDynamicOffset: dynamicOffset },
    })),
  });
  const pipeline = device.createComputePipeline({
    label: name,
    layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
    compute: { module: device.createShaderModule({ label: name, code }), entryPoint, constants: overrides },
  });
  const error = await device.popErrorScope();
  if (error !== null) {
    device.destroy();
    return fail('QUANTUM_SHADER', `the adapter refused the shader ${name}: ${error.message}`);
  }
  const value: Pipeline = { device, label, pipeline, layout, ...qubitLimit(device), lost: null };
  void watchLoss(value);
  return ok(value);
}

async function watchLoss(pipeline: Pipeline): Promise<void> {
  const { reason, message } = await pipeline.device.lost;
  pipeline.lost = `${reason} ${message}`.trim();
}

function qubitLimit(device: GPUDevice): Pick<Pipeline, 'qubitsMax' | 'limitReason'> {
  const { maxStorageBufferBindingSize, maxBufferSize } = device.limits;
  const bytes = Math.min(maxStorageBufferBindingSize, maxBufferSize);
  const fits = Math.floor(Math.log2(bytes / AMPLITUDE_BYTES));
  if (fits >= QUBITS_CAP)
    return { qubitsMax: QUBITS_CAP, limitReason: 'the amplitudes must fit into 512 MiB of the tab' };
  return { qubitsMax: fits, limitReason: `the adapter's largest buffer has ${Math.floor(bytes / 2 ** 20)} MiB` };
}

/** Buffers live for one run. Every wait ends: with the device, or at its deadline. */
async function simulate(pipeline: Pipeline, circuit: Circuit): Promise<Result<Float32Array, WebGpuRunFailure>> {
  const { device } = pipeline;
  const bytes = AMPLITUDE_BYTES * 2 ** circuit.qubits;
  const batch = Math.max(1, Math.min(BATCH_GATES_MAX, Math.floor(BATCH_AMPLITUDES / 2 ** circuit.qubits)));
  device.pushErrorScope('validation');
  device.pushErrorScope('out-of-memory');
  const { COPY_SRC, COPY_DST, STORAGE, UNIFORM, MAP_READ } = GPUBufferUsage;
  const state = device.createBuffer({ size: bytes, usage: STORAGE | COPY_SRC | COPY_DST });
  const parameters = device.createBuffer({ size: batch * GATE_STRIDE, usage: UNIFORM | COPY_DST });
  const staging = device.createBuffer({ size: Math.min(bytes, READ_BYTES), usage: MAP_READ | COPY_DST });
  const memoryError = await device.popErrorScope();
  let outcome: Result<Float32Array, WebGpuRunFailure>;
  if (memoryError !== null)
    outcome = fail('QUANTUM_MEMORY', `no GPU memory for ${circuit.qubits} qubits (${bytes} bytes); use fewer`, true);
  else
    try {
      const failure = await runGates(pipeline, circuit, { state, parameters, batch });
      outcome = failure ?? (await readBack(pipeline, state, staging, bytes));
    } catch (error) {
      // Commands on a lost device reject before `device.lost` has told us so.
      const lost = await isLost(pipeline);
      outcome = lost ? lostFailure(pipeline) : fail('QUANTUM_GPU_ERROR', `the GPU failed: ${String(error)}`, true);
    }
  const error = await device.popErrorScope();
  for (const buffer of [state, parameters, staging]) buffer.destroy();
  if (pipeline.lost !== null) return lostFailure(pipeline);
  if (outcome.ok && error !== null) return fail('QUANTUM_GPU_ERROR', `the GPU refused a command: ${error.message}`);
  return outcome;
}

interface Buffers {
  readonly state: GPUBuffer;
  readonly parameters: GPUBuffer;
  readonly batch: number;
}

async function runGates(
  pipeline: Pipeline,
  circuit: Circuit,
  { state, parameters, batch }: Buffers,
): Promise<Result<never, WebGpuRunFailure> | null> {
  const { device, layout } = pipeline;
  const bindGroup = device.createBindGroup({
    layout,
    entries: [
      { binding: 0, resource: { buffer: state } },
      { binding: 1, resource: { buffer: parameters, size: 48 } },
    ],
  });
  // A new buffer holds zeros (WebGPU, section 5.1): only the amplitude of |0...0> is written.
  device.queue.writeBuffer(state, 0, Float32Array.of(1, 0));
  const pairs = 2 ** (circuit.qubits - 1);
  const groups = Math.ceil(pairs / WIDTH);
  const columns = Math.min(groups, GRID_MAX);
  for (let start = 0; start < circuit.gates.length; start += batch) {
    const gates = circuit.gates.slice(start, start + batch);
    device.queue.writeBuffer(parameters, 0, encodeGates(gates, pairs, columns * WIDTH));
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline.pipeline);
    for (let i = 0; i < gates.length; i++) {
      pass.setBindGroup(0, bindGroup, [i * GATE_STRIDE]);
      pass.dispatchWorkgroups(columns, Math.ceil(groups / columns));
    }
    pass.end();
    device.queue.submit([encoder.finish()]);
    const done = await withDeadline(device.queue.onSubmittedWorkDone(), STEP_TIMEOUT_MS, 'late' as const);
    if (done === 'late') return timeoutFailure('gates');
  }
  return null;
}

/** Layout of `Gate` in apply-gate.wgsl, one per GATE_STRIDE bytes. */
function encodeGates(gates: readonly Gate[], pairs: number, rowWidth: number): ArrayBuffer {
  const bytes = new ArrayBuffer(gates.length * GATE_STRIDE);
  for (const [index, gate] of gates.entries()) {
    new Float32Array(bytes, index * GATE_STRIDE, 8).set(gate.matrix);
    const controls = gate.controls.reduce((mask, qubit) => mask + 2 ** qubit, 0);
    new Uint32Array(bytes, index * GATE_STRIDE + 32, 4).set([gate.target, controls, pairs, rowWidth]);
  }
  return bytes;
}

async function readBack(
  { device }: Pipeline,
  state: GPUBuffer,
  staging: GPUBuffer,
  bytes: number,
): Promise<Result<Float32Array, WebGpuRunFailure>> {
  const amplitudes = new Float32Array(bytes / 4);
  assert(bytes % staging.size === 0, `${bytes} bytes in pieces of ${staging.size}`);
  for (let offset = 0; offset < bytes; offset += staging.size) {
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(state, offset, staging, 0, staging.size);
    device.queue.submit([encoder.finish()]);
    const mapped = await withDeadline(staging.mapAsync(GPUMapMode.READ), STEP_TIMEOUT_MS, 'late' as const);
    if (mapped === 'late') return timeoutFailure('reading');
    amplitudes.set(new Float32Array(staging.getMappedRange()), offset / 4);
    staging.unmap();
  }
  return ok(amplitudes);
}

/** `device.lost` resolves in a task of its own, soon after the commands have failed. */
async function isLost(pipeline: Pipeline): Promise<boolean> {
  return await withDeadline(
    pipeline.device.lost.then(() => true),
    1000,
    false,
  );
}

function lostFailure(pipeline: Pipeline): Result<never, WebGpuRunFailure> {
  const why = pipeline.lost ?? 'no reason given';
  return fail('QUANTUM_DEVICE_LOST', `the GPU was lost while it was computing (${why}); run again`, true);
}

function disposedFailure(): Result<never, WebGpuRunFailure> {
  return fail('QUANTUM_DISPOSED', 'the engine was disposed; open a new one');
}

function timeoutFailure(what: string): Result<never, WebGpuRunFailure> {
  return fail('QUANTUM_TIMEOUT', `the GPU did not finish ${what} in ${STEP_TIMEOUT_MS / 1000} s`, true);
}
