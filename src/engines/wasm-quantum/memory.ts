import { fail, ok, type Result } from '../../core/lib/result.ts';
import type { Precision } from '../../core/quantum/engine/engine.ts';
import { CONTROL, SCRATCH } from './layout.ts';

const PAGE_BYTES = 65_536;
/** wasm32 addresses 4 GiB: 2 GiB of f32 amplitudes are 28 qubits, and everything else fits beside them. */
const MEMORY_PAGES_MAX = 65_536;
/** Hosts with little address space refuse a memory that may grow to 4 GiB; less is better than nothing. */
const MEMORY_PAGES_TRIED = [MEMORY_PAGES_MAX, 32_768, 16_384, 4096] as const;
/** One part of a pass with its tables; plans are cut so that this is enough. There are two: one runs, one is written. */
export const PROGRAM_WINDOW_BYTES = 8 * 2 ** 20;
const PROGRAM_BYTES = 2 * PROGRAM_WINDOW_BYTES;

interface Hole {
  from: number;
  bytes: number;
}

/** The one memory of an engine: control words, program, a scratch tile per thread, and a heap of states. */
export class EngineMemory {
  readonly memory: WebAssembly.Memory;
  readonly pagesMax: number;
  readonly shared: boolean;
  readonly programFrom = PAGE_BYTES;
  readonly programEnd = PAGE_BYTES + PROGRAM_BYTES;
  readonly #scratchBytes: number;
  readonly #heapFrom: number;
  /** Free ranges in order of address. The last one reaches to the end of the grown memory. */
  #holes: Hole[];

  constructor(memory: WebAssembly.Memory, pagesMax: number, shared: boolean, threads: number, tileBytes: number) {
    this.memory = memory;
    this.pagesMax = pagesMax;
    this.shared = shared;
    this.#scratchBytes = Math.ceil((SCRATCH.tile + tileBytes) / PAGE_BYTES) * PAGE_BYTES;
    this.#heapFrom = this.programEnd + threads * this.#scratchBytes;
    this.#holes = [{ from: this.#heapFrom, bytes: memory.buffer.byteLength - this.#heapFrom }];
  }

  /** Failure QUANTUM_MEMORY where the host gives no memory at all. */
  static open(shared: boolean, threads: number, tileBytes: number): Result<EngineMemory> {
    const initial = Math.ceil(
      (2 * PAGE_BYTES + PROGRAM_BYTES + threads * (SCRATCH.tile + tileBytes + PAGE_BYTES)) / PAGE_BYTES,
    );
    let reason = '';
    for (const maximum of MEMORY_PAGES_TRIED) {
      try {
        const memory = new WebAssembly.Memory({ initial, maximum, shared });
        return ok(new EngineMemory(memory, maximum, shared, threads, tileBytes));
      } catch (error) {
        reason = error instanceof Error ? error.message : String(error);
      }
    }
    return fail('QUANTUM_MEMORY', `this host gives a simulator no memory (${reason}); close other tabs`, true);
  }

  /** Largest state that fits beside program and scratch. */
  get heapBytesMax(): number {
    return this.pagesMax * PAGE_BYTES - this.#heapFrom;
  }

  scratch(thread: number): number {
    return this.programEnd + thread * this.#scratchBytes;
  }

  get buffer(): ArrayBufferLike {
    return this.memory.buffer;
  }

  /** A few vectors that kernels read constants from and write sums to; behind the control words. */
  readonly constants = 1024;

  numbers(at: number, count: number, precision: Precision): Float32Array | Float64Array {
    const { buffer } = this.memory;
    return precision === 'f32' ? new Float32Array(buffer, at, count) : new Float64Array(buffer, at, count);
  }

  control(): Int32Array {
    return new Int32Array(this.memory.buffer, 0, CONTROL.bytes / 4);
  }

  /** Failure QUANTUM_MEMORY says how much was asked for. */
  reserve(bytes: number): Result<number> {
    const wanted = Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;
    const fits = this.#holes.find((hole) => hole.bytes >= wanted);
    if (fits !== undefined) return ok(this.#cut(fits, wanted));
    const last = this.#holes.at(-1);
    const end = this.memory.buffer.byteLength;
    const atEnd = last !== undefined && last.from + last.bytes === end ? last.bytes : 0;
    const grown = this.#grow(wanted - atEnd, bytes);
    if (!grown.ok) return grown;
    const tail: Hole = { from: end - atEnd, bytes: wanted };
    if (atEnd > 0) this.#holes.pop();
    this.#holes.push(tail);
    return ok(this.#cut(tail, wanted));
  }

  release(from: number, bytes: number): void {
    const size = Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;
    this.#holes.push({ from, bytes: size });
    this.#holes.sort((a, b) => a.from - b.from);
    const joined: Hole[] = [];
    for (const hole of this.#holes) {
      const last = joined.at(-1);
      if (last !== undefined && last.from + last.bytes === hole.from) last.bytes += hole.bytes;
      else joined.push(hole);
    }
    this.#holes = joined;
  }

  #cut(hole: Hole, bytes: number): number {
    const { from } = hole;
    hole.from += bytes;
    hole.bytes -= bytes;
    if (hole.bytes === 0) this.#holes.splice(this.#holes.indexOf(hole), 1);
    return from;
  }

  #grow(bytes: number, asked: number): Result<null> {
    try {
      this.memory.grow(bytes / PAGE_BYTES);
      return ok(null);
    } catch {
      const [want, have] = [asked, this.memory.buffer.byteLength].map((b) => Math.ceil(b / 2 ** 20));
      return fail(
        'QUANTUM_MEMORY',
        `a state of ${want} MiB does not fit beside the ${have} MiB in use (this memory ends at ${this.pagesMax / 16} MiB): dispose of other states or use fewer qubits`,
        true,
      );
    }
  }
}
