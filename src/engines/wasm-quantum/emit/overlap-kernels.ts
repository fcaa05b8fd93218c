import { BLOCK_BYTES, BLOCK_UNITS, UNIT_BYTES } from '../layout.ts';
import { Body, type Local } from './body.ts';
import type { Complex } from './kernel.ts';
import { Lanes, type LaneOptions } from './lanes.ts';
import { TYPE, type FunctionCode } from './module-writer.ts';

/**
 * Sums over two states of the same size, for gradients and observables. Partial sums of one block (32 units) are in the
 * engine's precision, everything above in f64.
 */

/** Bytes that `weights` writes for a block: vectors of the total and of the five unit bits. */
export const WEIGHTS_BYTES = 6 * 16;

const I32 = TYPE.i32;

class Overlap {
  readonly body: Body;
  readonly lanes: Lanes;

  constructor(name: string, params: number, options: LaneOptions) {
    this.body = new Body(
      name,
      Array.from({ length: params }, () => I32),
    );
    this.lanes = new Lanes(this.body, options);
  }

  param(index: number): Local {
    return this.body.param(index);
  }

  i32(): Local {
    return this.body.local(I32);
  }

  complex(): Complex {
    return { re: this.lanes.vector(), im: this.lanes.vector() };
  }

  load(into: Complex, address: Local): void {
    this.body.set(into.re, this.lanes.load(address, 0));
    this.body.set(into.im, this.lanes.load(address, 16));
  }

  /** Adds a vector of partial sums to two f64 lanes. */
  addPromoted(sum: Local, partial: Local): void {
    const { body, lanes: v } = this;
    if (v.lanes === 2) {
      body.set(sum, body.op('f64x2.add', sum, partial));
      return;
    }
    const high = body.shuffle(partial, partial, [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7]);
    const promoted = body.op(
      'f64x2.add',
      body.op('f64x2.promote_low_f32x4', partial),
      body.op('f64x2.promote_low_f32x4', high),
    );
    body.set(sum, body.op('f64x2.add', sum, promoted));
  }

  /** Blocks of a state, with the bits of `holes` left out; `unit` sees the offset of the unit in the state. */
  overBlocks(
    bytes: Local,
    holes: Local,
    block: () => void,
    unit: (offset: Local) => void,
    blockStart: (offset: Local) => void = () => undefined,
  ): void {
    const { body } = this;
    const [low, high, lowKeep, highKeep] = [this.i32(), this.i32(), this.i32(), this.i32()];
    body.set(low, body.op('i32.and', holes, BLOCK_BYTES - 1));
    body.set(high, body.op('i32.xor', holes, low));
    body.set(lowKeep, body.op('i32.xor', low, -1));
    body.set(highKeep, body.op('i32.xor', high, -1));
    const [start, inside, offset] = [this.i32(), this.i32(), this.i32()];
    body.set(start, 0);
    body.doWhile(
      () => {
        body.set(inside, 0);
        blockStart(start);
        body.doWhile(
          () => {
            body.set(offset, body.op('i32.or', start, inside));
            unit(offset);
            const carried = body.op('i32.add', body.op('i32.or', inside, low), UNIT_BYTES);
            body.set(inside, body.op('i32.and', carried, lowKeep));
          },
          () => body.op('i32.lt_u', inside, BLOCK_BYTES),
        );
        block();
        const carried = body.op('i32.add', body.op('i32.or', start, high), BLOCK_BYTES);
        body.set(start, body.op('i32.and', carried, highKeep));
      },
      () => body.op('i32.lt_u', start, bytes),
    );
  }
}

/**
 * overlap_xy(psi, lambda, bytes, stride, out): f64 sums over one unit bit, two lanes each:
 * out[0..1]: Im <lambda|X|psi>, out[2..3]: Im <lambda|Y|psi>. Bytes of a state below 4 GiB.
 */
export function overlapXyFunction(options: LaneOptions): FunctionCode {
  const k = new Overlap('overlap_xy', 5, options);
  const { body, lanes: v } = k;
  const [psi, lambda, bytes, stride, out] = [0, 1, 2, 3, 4].map((i) => k.param(i)) as [
    Local,
    Local,
    Local,
    Local,
    Local,
  ];
  const [p0, p1, l0, l1] = [k.complex(), k.complex(), k.complex(), k.complex()];
  const at = k.i32();
  const sums = startSums(k);
  k.overBlocks(bytes, stride, sums.endBlock, (offset) => {
    body.set(at, body.op('i32.add', psi, offset));
    k.load(p0, at);
    body.set(at, body.op('i32.add', at, stride));
    k.load(p1, at);
    body.set(at, body.op('i32.add', lambda, offset));
    k.load(l0, at);
    body.set(at, body.op('i32.add', at, stride));
    k.load(l1, at);
    // Im(conj(l0) p1 + conj(l1) p0), then Re(conj(l1) p0 - conj(l0) p1): every product into a sum of its own, because one
    // after the other they would wait for each other.
    const products = [
      [l0.re, p1.im, true],
      [l0.im, p1.re, false],
      [l1.re, p0.im, true],
      [l1.im, p0.re, false],
      [l1.re, p0.re, true],
      [l1.im, p0.im, true],
      [l0.re, p1.re, false],
      [l0.im, p1.im, false],
    ] as const;
    for (const [i, [a, b, plus]] of products.entries()) {
      const sum = sums.parts[i >> 1] as Local;
      body.set(sum, plus ? v.madd(a, b, sum) : v.nmadd(a, b, sum));
    }
  });
  sums.write(out);
  return body.finish(true);
}

/** overlap_lane(psi, lambda, bytes, signs, out): the same for a qubit inside the vectors; `signs` has -1 where it is 0. */
export function overlapLaneFunction(lane: 0 | 1, options: LaneOptions): FunctionCode {
  const k = new Overlap(`overlap_lane_${lane}`, 5, options);
  const { body, lanes: v } = k;
  const [psi, lambda, bytes, signs, out] = [0, 1, 2, 3, 4].map((i) => k.param(i)) as [
    Local,
    Local,
    Local,
    Local,
    Local,
  ];
  const [p, l, other] = [k.complex(), k.complex(), k.complex()];
  const [at, none, product, sign] = [k.i32(), k.i32(), v.vector(), v.vector()];
  body.set(none, 0);
  body.set(sign, v.load(signs));
  const sums = startSums(k);
  k.overBlocks(bytes, none, sums.endBlock, (offset) => {
    body.set(at, body.op('i32.add', psi, offset));
    k.load(p, at);
    body.set(at, body.op('i32.add', lambda, offset));
    k.load(l, at);
    body.set(other.re, v.exchange(p.re, lane));
    body.set(other.im, v.exchange(p.im, lane));
    const [x0, x1, y] = sums.parts;
    body.set(x0, v.madd(l.re, other.im, x0));
    body.set(x1, v.nmadd(l.im, other.re, x1));
    body.set(product, v.madd(l.im, other.im, v.mul(l.re, other.re)));
    body.set(y, v.madd(sign, product, y));
  });
  sums.write(out);
  return body.finish(true);
}

interface Sums {
  /** Two parts of the first sum, two of the second. */
  readonly parts: readonly [Local, Local, Local, Local];
  readonly endBlock: () => void;
  readonly write: (out: Local) => void;
}

function startSums(k: Overlap): Sums {
  const { body, lanes: v } = k;
  const parts = [v.vector(), v.vector(), v.vector(), v.vector()] as const;
  const totals = [v.vector(), v.vector()] as const;
  return {
    parts,
    endBlock: () => {
      for (const [i, total] of totals.entries()) {
        const [a, b] = [parts[2 * i] as Local, parts[2 * i + 1] as Local];
        body.set(a, v.add(a, b));
        k.addPromoted(total, a);
        body.set(a, v.zero());
        body.set(b, v.zero());
      }
    },
    write: (out) => {
      v.store(out, totals[0], 0);
      v.store(out, totals[1], 16);
    },
  };
}

/** inner(a, b, bytes, out): f64 sums, two lanes each: out[0..1]: Re <a|b>, out[2..3]: Im <a|b>. */
export function innerFunction(options: LaneOptions): FunctionCode {
  const k = new Overlap('inner', 4, options);
  const { body, lanes: v } = k;
  const [left, right, bytes, out] = [0, 1, 2, 3].map((i) => k.param(i)) as [Local, Local, Local, Local];
  const [a, b] = [k.complex(), k.complex()];
  const [at, none] = [k.i32(), k.i32()];
  body.set(none, 0);
  const sums = startSums(k);
  k.overBlocks(bytes, none, sums.endBlock, (offset) => {
    body.set(at, body.op('i32.add', left, offset));
    k.load(a, at);
    body.set(at, body.op('i32.add', right, offset));
    k.load(b, at);
    const [re0, re1, im0, im1] = sums.parts;
    body.set(re0, v.madd(a.re, b.re, re0));
    body.set(re1, v.madd(a.im, b.im, re1));
    body.set(im0, v.madd(a.re, b.im, im0));
    body.set(im1, v.nmadd(a.im, b.re, im1));
  });
  sums.write(out);
  return body.finish(true);
}

/**
 * weights(psi, lambda, bytes, out): for every block, vectors (lane by lane) of the sums of Im(conj(lambda) psi): all units,
 * then those where each of the five unit bits is 1. WEIGHTS_BYTES a block.
 */
export function weightsFunction(options: LaneOptions): FunctionCode {
  const k = new Overlap('weights', 4, options);
  const { body, lanes: v } = k;
  const [psi, lambda, bytes, out] = [0, 1, 2, 3].map((i) => k.param(i)) as [Local, Local, Local, Local];
  const [offset, p, l, to] = [k.i32(), k.i32(), k.i32(), k.i32()];
  body.set(to, out);
  // tree[j]: sums of 2^j units that wait for their neighbour; ones[j]: sums of those whose bit j is 1.
  const tree = Array.from({ length: 6 }, () => v.vector());
  const ones = Array.from({ length: 5 }, () => v.vector());
  const unit = v.vector();
  body.set(offset, 0);
  body.doWhile(
    () => {
      for (const one of ones) body.set(one, v.zero());
      for (let i = 0; i < BLOCK_UNITS; i++) {
        body.set(p, body.op('i32.add', psi, offset));
        body.set(l, body.op('i32.add', lambda, offset));
        body.set(unit, v.nmadd(v.load(l, 16), v.load(p, 0), v.mul(v.load(l, 0), v.load(p, 16))));
        body.set(offset, body.op('i32.add', offset, UNIT_BYTES));
        let level = 0;
        while (((i >> level) & 1) === 1) {
          body.set(ones[level] as Local, v.add(ones[level] as Local, unit));
          body.set(unit, v.add(unit, tree[level] as Local));
          level += 1;
        }
        body.set(tree[level] as Local, unit);
      }
      v.store(to, tree[5] as Local, 0);
      for (const [bit, one] of ones.entries()) v.store(to, one, 16 * (bit + 1));
      body.set(to, body.op('i32.add', to, WEIGHTS_BYTES));
    },
    () => body.op('i32.lt_u', offset, bytes),
  );
  return body.finish(true);
}

/**
 * add_pauli(out, psi, bytes, xBytes, ends, constants): out += (sum of c P) psi over Pauli products that flip the same qubits.
 * xBytes: those above the lanes, as bits of byte offsets. Constants: a byte shuffle of the lanes, then two counts (16, 20); from
 * 32 on, 32 bytes a product: c lane by lane (with the signs of the lanes), and its sign bits above the lanes, as bits of byte
 * offsets. First come products whose sign is the same in a whole block, then the others. `imaginary`: c stands for i c.
 */
export function addPauliFunction(imaginary: boolean, options: LaneOptions): FunctionCode {
  const k = new Overlap(imaginary ? 'add_pauli_i' : 'add_pauli', 5, options);
  const { body, lanes: v } = k;
  const [out, psi, bytes, xBytes, constants] = [0, 1, 2, 3, 4].map((i) => k.param(i)) as [
    Local,
    Local,
    Local,
    Local,
    Local,
  ];
  const [shuffle, coefficient, ofBlock] = [v.vector(), v.vector(), v.vector()];
  const [from, to, source, none, entry, left, first] = [k.i32(), k.i32(), k.i32(), k.i32(), k.i32(), k.i32(), k.i32()];
  const [value, sum] = [k.complex(), k.complex()];
  body.set(shuffle, v.load(constants, 0));
  body.set(none, 0);
  body.set(first, body.op('i32.add', constants, 32));
  const addTerms = (into: Local, count: () => void): void => {
    body.set(left, count);
    body.whileTrue(
      () => left,
      () => {
        const signs = body.op('i32.and', source, body.load('i32.load', entry, 16));
        body.set(into, v.add(into, v.xor(v.load(entry), v.signOf(signs))));
        body.set(entry, body.op('i32.add', entry, 32));
        body.set(left, body.op('i32.sub', left, 1));
      },
    );
  };
  const unitTerms = k.i32();
  k.overBlocks(
    bytes,
    none,
    () => undefined,
    (offset) => {
      body.set(source, body.op('i32.xor', offset, xBytes));
      body.set(from, body.op('i32.add', psi, source));
      body.set(to, body.op('i32.add', out, offset));
      body.set(coefficient, ofBlock);
      body.set(entry, unitTerms);
      addTerms(coefficient, body.load('i32.load', constants, 20));
      k.load(value, from);
      body.set(value.re, body.op('i8x16.swizzle', value.re, shuffle));
      body.set(value.im, body.op('i8x16.swizzle', value.im, shuffle));
      k.load(sum, to);
      if (imaginary) {
        body.set(sum.re, v.nmadd(coefficient, value.im, sum.re));
        body.set(sum.im, v.madd(coefficient, value.re, sum.im));
      } else {
        body.set(sum.re, v.madd(coefficient, value.re, sum.re));
        body.set(sum.im, v.madd(coefficient, value.im, sum.im));
      }
      v.store(to, sum.re, 0);
      v.store(to, sum.im, 16);
    },
    (start) => {
      body.set(source, body.op('i32.xor', start, xBytes));
      body.set(ofBlock, v.zero());
      body.set(entry, first);
      addTerms(ofBlock, body.load('i32.load', constants, 16));
      body.set(unitTerms, entry);
    },
  );
  return body.finish(true);
}
