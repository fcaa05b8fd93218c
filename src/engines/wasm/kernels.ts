import { fail, ok, type Result } from '../../core/lib/result.ts';

/** A byte offset in the module's memory. */
export type Pointer = number;

/** What wasm/assembly exports. Counts and strides in floats, pointers in bytes; booleans are 0 or 1. */
export interface Kernels {
  panelColumns(): number;
  pack(source: Pointer, rowStride: number, columnStride: number, k: number, n: number, target: Pointer): void;
  packScaled(
    source: Pointer,
    rowStride: number,
    columnStride: number,
    k: number,
    n: number,
    target: Pointer,
    by: number,
  ): void;
  gemm(
    m: number,
    n: number,
    k: number,
    a: Pointer,
    lda: number,
    byRows: number,
    b: Pointer,
    packedK: number,
    c: Pointer,
    ldc: number,
    add: number,
  ): void;
  gemv(n: number, k: number, x: Pointer, b: Pointer, y: Pointer, add: number): void;
  embed(tokens: Pointer, count: number, x: Pointer, width: number, base: Pointer, columns: number): void;
  rmsForward(
    x: Pointer,
    gain: Pointer,
    unit: Pointer,
    out: Pointer,
    ri: Pointer,
    rows: number,
    width: number,
    eps: number,
  ): void;
  rmsBackward(dOut: Pointer, gain: Pointer, unit: Pointer, ri: Pointer, dx: Pointer, rows: number, width: number): void;
  gainGradient(dOut: Pointer, unit: Pointer, dGain: Pointer, rows: number, width: number): void;
  rope(
    x: Pointer,
    ld: number,
    rows: number,
    length: number,
    first: number,
    heads: number,
    headDim: number,
    cos: Pointer,
    sin: Pointer,
    sign: number,
  ): void;
  swigluForward(gu: Pointer, h: Pointer, rows: number, width: number): void;
  swigluBackward(gu: Pointer, dh: Pointer, rows: number, width: number): void;
  attentionForward(
    q: Pointer,
    k: Pointer,
    v: Pointer,
    ld: number,
    o: Pointer,
    ldo: number,
    p: Pointer,
    ldp: number,
    batch: number,
    length: number,
    heads: number,
    kvHeads: number,
    headDim: number,
    scratch: Pointer,
    scratchHalf: number,
  ): void;
  attentionBackward(
    q: Pointer,
    k: Pointer,
    v: Pointer,
    ld: number,
    dO: Pointer,
    ldo: number,
    p: Pointer,
    dp: Pointer,
    ldp: number,
    dq: Pointer,
    dk: Pointer,
    dv: Pointer,
    batch: number,
    length: number,
    heads: number,
    kvHeads: number,
    headDim: number,
    scratch: Pointer,
    scratchHalf: number,
  ): void;
  attentionDecode(
    q: Pointer,
    keys: Pointer,
    values: Pointer,
    o: Pointer,
    scores: Pointer,
    count: number,
    heads: number,
    kvHeads: number,
    headDim: number,
  ): void;
  crossEntropy(
    logits: Pointer,
    targets: Pointer,
    rows: number,
    vocab: number,
    losses: Pointer,
    hits: Pointer,
    scale: number,
  ): void;
  factorGradient(
    u: Pointer,
    ldu: number,
    dy: Pointer,
    lddy: number,
    length: number,
    rank: number,
    n: number,
    out: Pointer,
    scale: number,
  ): void;
  norm(values: Pointer, count: number): number;
  weightedSum(values: Pointer, factors: Pointer, batch: number, count: number, sum: Pointer): void;
  adam(
    w: Pointer,
    g: Pointer,
    m: Pointer,
    v: Pointer,
    count: number,
    rate: number,
    beta1: number,
    beta2: number,
    eps: number,
    gradientScale: number,
  ): void;
  embedGradient(tokens: Pointer, count: number, dx: Pointer, width: number, gradient: Pointer): void;
}

/** The modules keep their constants below this; everything above belongs to the host. */
export const HEAP_BASE = 65_536;
/** 2 GiB: what every browser grants one memory. A model that needs more belongs on the GPU. */
export const MEMORY_BYTES_MAX = 2 ** 31;
const PAGE_BYTES = 65_536;
/** Tiles read a little past the last row of a matrix; the last one needs room too. */
const SLACK_BYTES = 256;

/** Hands out offsets; nothing is allocated until the sum is known. */
export class Plan {
  #top: number;

  constructor(from: Pointer = HEAP_BASE) {
    this.#top = from;
  }

  get end(): number {
    return this.#top;
  }

  /** 64-byte aligned: one cache line. */
  bytes(count: number): Pointer {
    const at = this.#top;
    this.#top += Math.ceil(count / 64) * 64;
    return at;
  }

  floats(count: number): Pointer {
    return this.bytes(4 * count);
  }
}

/** One instance of the kernels with its own memory. */
export class Heap {
  readonly kernels: Kernels;
  readonly #memory: WebAssembly.Memory;

  constructor(module: WebAssembly.Module) {
    this.#memory = new WebAssembly.Memory({ initial: 2, maximum: MEMORY_BYTES_MAX / PAGE_BYTES });
    const instance = new WebAssembly.Instance(module, { env: { memory: this.#memory } });
    this.kernels = instance.exports as unknown as Kernels;
  }

  get bytes(): number {
    return this.#memory.buffer.byteLength;
  }

  /** Makes everything below `end` usable. Invalidates earlier views. Failure LEARN_MEMORY. */
  grow(end: number, purpose: string): Result<null> {
    const wanted = end + SLACK_BYTES;
    if (wanted > MEMORY_BYTES_MAX)
      return fail(
        'LEARN_MEMORY',
        `${purpose} needs ${mebibytes(wanted)} MiB, the limit is ${mebibytes(MEMORY_BYTES_MAX)} MiB (MEMORY_BYTES_MAX): use a smaller model, batch or rank`,
      );
    const pages = Math.ceil((wanted - this.bytes) / PAGE_BYTES);
    if (pages <= 0) return ok(null);
    try {
      this.#memory.grow(pages);
      return ok(null);
    } catch {
      return fail(
        'LEARN_MEMORY',
        `${purpose} needs ${mebibytes(wanted)} MiB and the browser refused: close other tabs or use a smaller batch`,
        true,
      );
    }
  }

  f32(at: Pointer, count: number): Float32Array {
    return new Float32Array(this.#memory.buffer, at, count);
  }

  f64(at: Pointer, count: number): Float64Array {
    return new Float64Array(this.#memory.buffer, at, count);
  }

  i32(at: Pointer, count: number): Int32Array {
    return new Int32Array(this.#memory.buffer, at, count);
  }
}

/** Floats of a packed [k, n] matrix. */
export function packedFloats(kernels: Kernels, k: number, n: number): number {
  const columns = kernels.panelColumns();
  return Math.ceil(n / columns) * columns * k;
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0);
}
