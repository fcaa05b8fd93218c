import { assert } from '../../core/lib/assert.ts';
import { VECTOR_BYTES } from './layout.ts';
import type { Precision } from '../../core/quantum/engine/engine.ts';

/** Writes records into a window of the engine's memory. Addresses are absolute byte offsets. */
export class ProgramWriter {
  readonly lanes: 2 | 4;
  readonly #i32: Int32Array;
  readonly #f32: Float32Array;
  readonly #f64: Float64Array;
  readonly #from: number;
  readonly #end: number;
  #top: number;

  /** `buffer` is the whole memory; the window is [from, end). */
  constructor(buffer: ArrayBufferLike, from: number, end: number, precision: Precision) {
    this.lanes = precision === 'f32' ? 4 : 2;
    // Views of the window only would need other offsets; these end where the window ends.
    this.#i32 = new Int32Array(buffer, 0, end / 4);
    this.#f32 = new Float32Array(buffer, 0, end / 4);
    this.#f64 = new Float64Array(buffer, 0, end / 8);
    this.#from = from;
    this.#end = end;
    this.#top = from;
  }

  restart(): void {
    this.#top = this.#from;
  }

  get top(): number {
    return this.#top;
  }

  /** 64-byte aligned and zeroed. */
  allocate(bytes: number): number {
    const at = this.#top;
    this.#top = at + Math.ceil(bytes / 64) * 64;
    assert(this.#top <= this.#end, `the program needs more than ${this.#end - this.#from} bytes: a pass is too long`);
    this.#i32.fill(0, at / 4, this.#top / 4);
    return at;
  }

  /** The memory as numbers, for long tables. */
  views(): { readonly doubles: Float64Array; readonly words: Int32Array } {
    return { doubles: this.#f64, words: this.#i32 };
  }

  word(at: number, value: number): void {
    this.#i32[at / 4] = value;
  }

  double(at: number, value: number): void {
    this.#f64[at / 8] = value;
  }

  /** One number in all lanes. */
  splat(at: number, value: number): void {
    for (let lane = 0; lane < this.lanes; lane++) this.number(at, lane, value);
  }

  /** Lane `lane` of the vector at `at`. */
  number(at: number, lane: number, value: number): void {
    if (this.lanes === 4) this.#f32[at / 4 + lane] = value;
    else this.#f64[at / 8 + lane] = value;
  }

  /** A vector lane by lane, negated where asked for. */
  signed(at: number, lanes: Float64Array, negative: boolean): void {
    const numbers = this.lanes === 4 ? this.#f32 : this.#f64;
    const from = this.lanes === 4 ? at / 4 : at / 8;
    for (let lane = 0; lane < this.lanes; lane++) {
      const value = lanes[lane] as number;
      numbers[from + lane] = negative ? -value : value;
    }
  }

  copy(to: number, from: number, bytes: number): void {
    this.#f64.copyWithin(to / 8, from / 8, (from + bytes) / 8);
  }

  /** All bits of one lane. */
  laneBits(at: number, lane: number, set: boolean): void {
    const words = VECTOR_BYTES / 4 / this.lanes;
    for (let i = 0; i < words; i++) this.#i32[at / 4 + lane * words + i] = set ? -1 : 0;
  }
}
