import { assert } from '../../core/lib/assert.ts';
import { fail, ok, type Result } from '../../core/lib/result.ts';
import { jobOf, type Dispatch, type Gpu } from './gpu.ts';

/** vec2f. */
export const AMPLITUDE_BYTES = 8;
/** Smaller states are padded with zeros to the largest tile: kernels never meet half of one. */
const PADDED_QUBITS = 12;
/** Buffers of one state: what the kernels have bindings for. */
const BUFFERS_LOG2_MAX = 2;
/** Indices are 32-bit, and Pauli masks have 31 bits; byte offsets inside a buffer stay below 2^32. */
const QUBITS_CAP = 30;
/** 1 GiB of the computer's own memory: next to a browser and training there is no more to count on. */
const SOFTWARE_QUBITS_MAX = 27;
/** The host's copy of a loaded state goes over in pieces of 8 MiB. */
const LOAD_AMPLITUDES = 2 ** 20;

export interface GpuState {
  readonly gpu: Gpu;
  readonly qubits: number;
  /** Amplitude i is in buffer i >> chunkBits. All have the same size. */
  readonly chunkBits: number;
  readonly buffers: readonly GPUBuffer[];
}

/** How states lie in memory on one device. */
export interface StateLayout {
  /** Qubits whose amplitudes fit one buffer. */
  readonly bufferQubits: number;
  readonly qubitsMax: number;
  readonly limitReason: string;
}

/** `bufferQubits` can only make the buffers smaller (to test splitting on small states). */
export function stateLayout(gpu: Gpu, bufferQubits = QUBITS_CAP): StateLayout {
  const { maxStorageBufferBindingSize, maxBufferSize } = gpu.device.limits;
  const bytes = Math.min(maxStorageBufferBindingSize, maxBufferSize);
  // Strictly less than the limit: browsers pad buffers by a few bytes, and an allocation of just the largest size then fails.
  const fits = Math.min(Math.ceil(Math.log2(bytes / AMPLITUDE_BYTES)) - 1, bufferQubits);
  const adapter = `a buffer of the adapter must stay below ${Math.floor(bytes / 2 ** 20)} MiB, and a state has at most ${2 ** BUFFERS_LOG2_MAX} of them`;
  const limits = [
    { qubitsMax: fits + BUFFERS_LOG2_MAX, limitReason: adapter },
    { qubitsMax: QUBITS_CAP, limitReason: 'the kernels count amplitudes in 32 bits' },
    ...(gpu.software
      ? [
          {
            qubitsMax: SOFTWARE_QUBITS_MAX,
            limitReason: "a software adapter keeps states in the computer's own memory",
          },
        ]
      : []),
  ];
  const tightest = limits.reduce((a, b) => (b.qubitsMax < a.qubitsMax ? b : a));
  return { bufferQubits: fits, ...tightest };
}

/** All zeros. Must run inside `gpu.guard`, which says when the memory was not there. */
export function allocateState(gpu: Gpu, layout: StateLayout, qubits: number): GpuState {
  const width = Math.max(qubits, PADDED_QUBITS);
  const chunkBits = Math.min(width, layout.bufferQubits);
  assert(width - chunkBits <= BUFFERS_LOG2_MAX, `${qubits} qubits in buffers of ${layout.bufferQubits}`);
  // A new buffer holds zeros (WebGPU, section 5.1).
  const buffers = Array.from({ length: 2 ** (width - chunkBits) }, (_, i) =>
    gpu.buffer(`state ${i}`, AMPLITUDE_BYTES * 2 ** chunkBits),
  );
  return { gpu, qubits, chunkBits, buffers };
}

export function freeState({ buffers }: GpuState): void {
  for (const buffer of buffers) buffer.destroy();
}

export function isSplit(state: GpuState): boolean {
  return state.buffers.length > 1;
}

/** Bindings 0 to 3 of the kernels that see a whole state. */
export function stateBindings({ gpu, buffers }: GpuState): readonly GPUBuffer[] {
  return [...buffers, ...gpu.spare].slice(0, 2 ** BUFFERS_LOG2_MAX);
}

export function writeAmplitudes({ gpu, buffers, chunkBits }: GpuState, amplitudes: ArrayLike<number>): void {
  const count = amplitudes.length / 2;
  for (let from = 0; from < count; from += LOAD_AMPLITUDES) {
    const size = Math.min(LOAD_AMPLITUDES, count - from, 2 ** chunkBits);
    for (let at = from; at < Math.min(from + LOAD_AMPLITUDES, count); at += size) {
      const piece = new Float32Array(2 * size);
      for (let i = 0; i < 2 * size; i++) piece[i] = amplitudes[2 * at + i] as number;
      const buffer = buffers[Math.floor(at / 2 ** chunkBits)] as GPUBuffer;
      gpu.device.queue.writeBuffer(buffer, AMPLITUDE_BYTES * (at % 2 ** chunkBits), piece);
    }
  }
}

export function copyState(from: GpuState, to: GpuState): void {
  const encoder = from.gpu.device.createCommandEncoder();
  for (const [i, buffer] of from.buffers.entries())
    encoder.copyBufferToBuffer(buffer, 0, to.buffers[i] as GPUBuffer, 0, buffer.size);
  from.gpu.device.queue.submit([encoder.finish()]);
}

export async function readAmplitudes(state: GpuState, from: number, count: number): Promise<Result<Float64Array>> {
  const out = new Float64Array(2 * count);
  const chunk = 2 ** state.chunkBits;
  for (let at = from; at < from + count;) {
    const inside = at % chunk;
    const size = Math.min(chunk - inside, from + count - at);
    const buffer = state.buffers[Math.floor(at / chunk)] as GPUBuffer;
    const base = 2 * (at - from);
    const done = await state.gpu.read(buffer, AMPLITUDE_BYTES * inside, AMPLITUDE_BYTES * size, (piece, offset) =>
      out.set(new Float32Array(piece), base + offset / 4),
    );
    if (!done.ok) return done;
    at += size;
  }
  return ok(out);
}

/** Single amplitudes, in pieces of a million. */
export async function gatherAmplitudes(state: GpuState, indices: readonly number[]): Promise<Result<Float64Array>> {
  const { gpu } = state;
  const out = new Float64Array(2 * indices.length);
  for (let from = 0; from < indices.length; from += LOAD_AMPLITUDES) {
    const part = Uint32Array.from(indices.slice(from, from + LOAD_AMPLITUDES));
    const wanted = gpu.buffer('gathered indices', part);
    const values = gpu.buffer('gathered amplitudes', AMPLITUDE_BYTES * part.length);
    const dispatch: Dispatch = {
      shader: 'gather',
      split: isSplit(state),
      buffers: [...stateBindings(state), wanted, values],
      job: jobOf(state.chunkBits, part.length),
      workgroups: Math.ceil(part.length / 256),
      work: part.length,
    };
    const done = await gpu.run([dispatch]);
    const read = done.ok ? await gpu.readFloats(values, 2 * part.length) : done;
    wanted.destroy();
    values.destroy();
    if (!read.ok) return read;
    out.set(read.value, 2 * from);
  }
  return ok(out);
}

export function memoryText(qubits: number): string {
  return `${qubits} qubits (${AMPLITUDE_BYTES * 2 ** qubits} bytes)`;
}

export function isForeign(state: GpuState, gpu: Gpu): Result<null> {
  return state.gpu === gpu
    ? ok(null)
    : fail('QUANTUM_DEVICE_LOST', 'the state was on a GPU that was lost; run the circuit again', true);
}
