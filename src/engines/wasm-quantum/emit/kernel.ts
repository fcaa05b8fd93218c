import { BLOCK_BYTES, OP, UNIT_BYTES } from '../layout.ts';
import { Body, type Local, type Value } from './body.ts';
import { Lanes, type LaneOptions } from './lanes.ts';
import { TYPE, type FunctionCode } from './module-writer.ts';

/** A complex vector in two locals. */
export interface Complex {
  readonly re: Local;
  readonly im: Local;
}

/** Every kernel works on one tile: (operation, tile address, tile bytes, tile number, scratch of the thread). */
export const KERNEL_PARAMS = [TYPE.i32, TYPE.i32, TYPE.i32, TYPE.i32, TYPE.i32] as const;

/** What all kernels share: parameters by name, complex loads and stores, and the walk over a tile. */
export class Kernel {
  readonly body: Body;
  readonly lanes: Lanes;
  readonly op: Local;
  readonly base: Local;
  readonly bytes: Local;
  readonly tile: Local;
  readonly scratch: Local;

  constructor(name: string, options: LaneOptions) {
    this.body = new Body(name, KERNEL_PARAMS);
    this.lanes = new Lanes(this.body, options);
    this.op = this.body.param(0);
    this.base = this.body.param(1);
    this.bytes = this.body.param(2);
    this.tile = this.body.param(3);
    this.scratch = this.body.param(4);
  }

  i32(initial?: Value): Local {
    const local = this.body.local(TYPE.i32);
    if (initial !== undefined) this.body.set(local, initial);
    return local;
  }

  vector(initial?: Value): Local {
    const local = this.lanes.vector();
    if (initial !== undefined) this.body.set(local, initial);
    return local;
  }

  complex(): Complex {
    return { re: this.lanes.vector(), im: this.lanes.vector() };
  }

  field(offset: number): Local {
    return this.i32(this.body.load('i32.load', this.op, offset));
  }

  coefficient(index: number): Local {
    return this.vector(this.lanes.load(this.op, OP.coefficients + 16 * index));
  }

  load(into: Complex, address: Value, offset = 0): void {
    this.body.set(into.re, this.lanes.load(address, offset));
    this.body.set(into.im, this.lanes.load(address, offset + 16));
  }

  store(address: Value, { re, im }: Complex, offset = 0): void {
    this.lanes.store(address, re, offset);
    this.lanes.store(address, im, offset + 16);
  }

  /** a times b into two fresh locals. */
  times(a: Complex, b: Complex): Complex {
    const { lanes: v, body } = this;
    const out = this.complex();
    body.set(out.re, v.nmadd(a.im, b.im, v.mul(a.re, b.re)));
    body.set(out.im, v.madd(a.im, b.re, v.mul(a.re, b.im)));
    return out;
  }

  /** An f64 in every lane, rounded to the engine's precision. */
  splatOf(value: Value): () => void {
    const { body } = this;
    if (this.lanes.lanes === 2) return body.op('f64x2.splat', value);
    return body.op('f32x4.splat', body.op('f32.demote_f64', value));
  }

  /** Lanes.signOf. */
  signOf(bits: Value): () => void {
    return this.lanes.signOf(bits);
  }

  /**
   * Visits the units of a tile whose offset has 0 in the bits of `holes`, block by block: `outer` sees the offset of the
   * block, `inner` the address of the unit and its offset in the block. Carries jump over the holes:
   * next = ((i | holes) + step) & ~holes. A tile is at least one block.
   */
  overTile(holes: Value, outer: (block: Local) => void, inner: (address: Local, offset: Local) => void): void {
    const { body } = this;
    const all = this.i32(holes);
    const lowHoles = this.i32(body.op('i32.and', all, BLOCK_BYTES - 1));
    const highHoles = this.i32(body.op('i32.xor', all, lowHoles));
    const lowKeep = this.i32(body.op('i32.xor', lowHoles, -1));
    const highKeep = this.i32(body.op('i32.xor', highHoles, -1));
    const block = this.i32(0);
    const start = this.i32();
    const offset = this.i32();
    const address = this.i32();
    body.doWhile(
      () => {
        outer(block);
        body.set(start, body.op('i32.add', this.base, block));
        body.set(offset, 0);
        body.doWhile(
          () => {
            body.set(address, body.op('i32.add', start, offset));
            inner(address, offset);
            const carried = body.op('i32.add', body.op('i32.or', offset, lowHoles), UNIT_BYTES);
            body.set(offset, body.op('i32.and', carried, lowKeep));
          },
          () => body.op('i32.lt_u', offset, BLOCK_BYTES),
        );
        const carried = body.op('i32.add', body.op('i32.or', block, highHoles), BLOCK_BYTES);
        body.set(block, body.op('i32.and', carried, highKeep));
      },
      () => body.op('i32.lt_u', block, this.bytes),
    );
  }

  finish(): FunctionCode {
    return this.body.finish(false);
  }
}
