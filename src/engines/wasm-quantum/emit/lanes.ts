import { Body, type Local, type Value } from './body.ts';
import { TYPE } from './module-writer.ts';

export interface LaneOptions {
  readonly precision: 'f32' | 'f64';
  /** Fused multiply-add (relaxed SIMD); without it a product and a sum, rounded twice. */
  readonly fma: boolean;
}

/**
 * Vector arithmetic in one precision. Amplitudes are stored in units of 32 bytes: a v128 of real parts, then a v128 of
 * imaginary parts (4 amplitudes in f32, 2 in f64), so that gates on the qubits above the lanes need no shuffles.
 */
export class Lanes {
  readonly body: Body;
  readonly lanes: 2 | 4;
  readonly #shape: 'f32x4' | 'f64x2';
  readonly #fma: boolean;

  constructor(body: Body, { precision, fma }: LaneOptions) {
    this.body = body;
    this.lanes = precision === 'f32' ? 4 : 2;
    this.#shape = precision === 'f32' ? 'f32x4' : 'f64x2';
    this.#fma = fma;
  }

  vector(): Local {
    return this.body.local(TYPE.v128);
  }

  add(a: Value, b: Value): () => void {
    return this.body.op(`${this.#shape}.add`, a, b);
  }

  sub(a: Value, b: Value): () => void {
    return this.body.op(`${this.#shape}.sub`, a, b);
  }

  mul(a: Value, b: Value): () => void {
    return this.body.op(`${this.#shape}.mul`, a, b);
  }

  neg(a: Value): () => void {
    return this.body.op(`${this.#shape}.neg`, a);
  }

  xor(a: Value, b: Value): () => void {
    return this.body.op('v128.xor', a, b);
  }

  /** a * b + c. */
  madd(a: Value, b: Value, c: Value): () => void {
    if (this.#fma) return this.body.op(`${this.#shape}.relaxed_madd`, a, b, c);
    return this.add(c, this.mul(a, b));
  }

  /** c - a * b. */
  nmadd(a: Value, b: Value, c: Value): () => void {
    if (this.#fma) return this.body.op(`${this.#shape}.relaxed_nmadd`, a, b, c);
    return this.sub(c, this.mul(a, b));
  }

  /** One stored number (4 or 8 bytes) in every lane. */
  splat(address: Value, offset = 0): () => void {
    return this.body.load(this.lanes === 4 ? 'v128.load32_splat' : 'v128.load64_splat', address, offset);
  }

  load(address: Value, offset = 0): () => void {
    return this.body.load('v128.load', address, offset);
  }

  store(address: Value, value: Value, offset = 0): void {
    this.body.store('v128.store', address, value, offset);
  }

  /** Lanes exchanged by one bit of their number: bit 0 is qubit 0, bit 1 (f32 only) qubit 1. */
  exchange(value: Local, bit: 0 | 1): () => void {
    const bytes = 16 / this.lanes;
    const order = Array.from({ length: 16 }, (_, i) => (Math.floor(i / bytes) ^ (1 << bit)) * bytes + (i % bytes));
    return this.body.shuffle(value, value, order);
  }

  zero(): () => void {
    return this.body.op(`${this.#shape}.splat`, () =>
      this.body.push(this.lanes === 4 ? this.body.f32(0) : this.body.f64(0)),
    );
  }

  /**
   * Exchange of a lane bit with the bit that tells a from b: lanes whose bit is `half` are collected, those of a where
   * the lane bit is 0, those of b where it is 1.
   */
  interleave(a: Local, b: Local, bit: 0 | 1, half: 0 | 1): () => void {
    const bytes = 16 / this.lanes;
    const order = Array.from({ length: 16 }, (_, i) => {
      const lane = Math.floor(i / bytes);
      const fromB = (lane >> bit) & 1;
      const source = (lane & ~(1 << bit)) | (half << bit);
      return 16 * fromB + source * bytes + (i % bytes);
    });
    return this.body.shuffle(a, b, order);
  }

  /** Lanes 1 and 2 exchanged (f32). */
  crossed(value: Local): () => void {
    const order = [0, 2, 1, 3].flatMap((lane) => [0, 1, 2, 3].map((byte) => 4 * lane + byte));
    return this.body.shuffle(value, value, order);
  }

  /** 0, or all sign bits, in every lane: the parity of `bits` as an exclusive-or mask for numbers. */
  signOf(bits: Value): () => void {
    const { body } = this;
    const odd = body.op('i32.and', body.op('i32.popcnt', bits), 1);
    // -0.0 where the parity is odd, +0.0 where it is even.
    if (this.lanes === 4)
      return body.op('f32x4.splat', () => {
        body.push(body.op('i32.shl', odd, 31));
        body.reinterpret('f32.reinterpret_i32');
      });
    // 1 - 2 odd is 1 or -1; its sign bit is the mask.
    const one = body.op('f64.sub', body.f64(1), body.op('f64.convert_i32_u', body.op('i32.shl', odd, 1)));
    return body.op('v128.and', body.op('f64x2.splat', one), body.op('f64x2.splat', body.f64(-0)));
  }
}
