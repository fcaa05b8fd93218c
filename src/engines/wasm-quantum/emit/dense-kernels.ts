import { OP, SCRATCH, UNIT_BYTES } from '../layout.ts';
import type { Local } from './body.ts';
import { Kernel, type Complex } from './kernel.ts';
import type { LaneOptions } from './lanes.ts';
import { returnUnlessTile } from './diagonal-kernels.ts';
import type { FunctionCode } from './module-writer.ts';

/**
 * A dense matrix on k unit bits, where the controls among unit and tile bits have their values (holes, origin, outMask,
 * outValue), in the lanes chosen by the mask in coefficient 0. Tables from op.table: byte offsets of the 2^k partners (32-bit words,
 * padded to 256 entries), then the matrix row by row, re and im as splat vectors.
 */
export function denseKernel(options: LaneOptions): FunctionCode {
  const k = new Kernel('dense', options);
  const { lanes: v, body } = k;
  returnUnlessTile(k);
  const [origin, size] = [k.field(OP.origin), k.field(OP.count)];
  const offsets = k.i32(body.op('i32.add', k.op, OP.table));
  const matrix = k.i32(body.op('i32.add', offsets, DENSE_OFFSETS_BYTES));
  const inputs = k.i32(body.op('i32.add', k.scratch, SCRATCH.dense));
  const mask = k.coefficient(0);
  const group = k.i32();
  const [value, coefficient, sum] = [k.complex(), k.complex(), k.complex()];
  const [column, row, entry, place] = [k.i32(), k.i32(), k.i32(), k.i32()];
  const placeOf = (index: Local): void =>
    body.set(
      place,
      body.op('i32.add', group, body.load('i32.load', body.op('i32.add', offsets, body.op('i32.shl', index, 2)))),
    );
  const loop = (index: Local, inner: () => void): void => {
    body.set(index, 0);
    body.doWhile(
      () => {
        inner();
        body.set(index, body.op('i32.add', index, 1));
      },
      () => body.op('i32.lt_u', index, size),
    );
  };
  k.overTile(
    k.field(OP.holes),
    () => undefined,
    (unit) => {
      body.set(group, body.op('i32.add', unit, origin));
      loop(column, () => {
        placeOf(column);
        k.load(value, place);
        k.store(body.op('i32.add', inputs, body.op('i32.mul', column, UNIT_BYTES)), value);
      });
      body.set(entry, matrix);
      loop(row, () => {
        body.set(sum.re, v.zero());
        body.set(sum.im, v.zero());
        loop(column, () => {
          k.load(coefficient, entry);
          k.load(value, body.op('i32.add', inputs, body.op('i32.mul', column, UNIT_BYTES)));
          accumulate(k, sum, coefficient, value);
          body.set(entry, body.op('i32.add', entry, UNIT_BYTES));
        });
        placeOf(row);
        k.load(value, place);
        body.set(sum.re, body.op('v128.bitselect', sum.re, value.re, mask));
        body.set(sum.im, body.op('v128.bitselect', sum.im, value.im, mask));
        k.store(place, sum);
      });
    },
  );
  return k.finish();
}

/** 2^8 partners of the largest matrix. */
export const DENSE_OFFSETS_BYTES = 1024;

function accumulate({ body, lanes: v }: Kernel, sum: Complex, a: Complex, b: Complex): void {
  body.set(sum.re, v.madd(a.re, b.re, sum.re));
  body.set(sum.re, v.nmadd(a.im, b.im, sum.re));
  body.set(sum.im, v.madd(a.re, b.im, sum.im));
  body.set(sum.im, v.madd(a.im, b.re, sum.im));
}

/** A dense matrix on two unit bits, unrolled: coefficients of the 4x4 matrix as splat vectors from op.table. */
export function dense2Kernel(options: LaneOptions): FunctionCode {
  const k = new Kernel('dense2', options);
  const { body } = k;
  const [strideA, strideB] = [k.field(OP.strideA), k.field(OP.strideB)];
  const inputs = [k.complex(), k.complex(), k.complex(), k.complex()];
  const places = [k.i32(), k.i32(), k.i32(), k.i32()];
  const [coefficient, sum] = [k.complex(), k.complex()];
  k.overTile(
    body.op('i32.or', strideA, strideB),
    () => undefined,
    (unit) => {
      const [p0, p1, p2, p3] = places as [Local, Local, Local, Local];
      body.set(p0, unit);
      body.set(p1, body.op('i32.add', p0, strideA));
      body.set(p2, body.op('i32.add', p0, strideB));
      body.set(p3, body.op('i32.add', p1, strideB));
      for (const [i, input] of inputs.entries()) k.load(input, places[i] as Local);
      for (const [row, place] of places.entries()) {
        for (const [column, input] of inputs.entries()) {
          k.load(coefficient, k.op, OP.table + (4 * row + column) * UNIT_BYTES);
          if (column === 0) {
            const product = k.times(coefficient, input);
            body.set(sum.re, product.re);
            body.set(sum.im, product.im);
          } else accumulate(k, sum, coefficient, input);
        }
        k.store(place, sum);
      }
    },
  );
  return k.finish();
}

/** Two unit bits change places. */
export function exchangeKernel(options: LaneOptions): FunctionCode {
  const k = new Kernel('exchange', options);
  const { body } = k;
  const [strideA, strideB] = [k.field(OP.strideA), k.field(OP.strideB)];
  const [a, b] = [k.complex(), k.complex()];
  const [first, second] = [k.i32(), k.i32()];
  k.overTile(
    body.op('i32.or', strideA, strideB),
    () => undefined,
    (unit) => {
      body.set(first, body.op('i32.add', unit, strideA));
      body.set(second, body.op('i32.add', unit, strideB));
      k.load(a, first);
      k.load(b, second);
      k.store(first, b);
      k.store(second, a);
    },
  );
  return k.finish();
}

/** The two halves of a unit bit change places. */
export function flipKernel(options: LaneOptions): FunctionCode {
  const k = new Kernel('flip', options);
  const { body } = k;
  const stride = k.field(OP.strideA);
  const [a, b] = [k.complex(), k.complex()];
  const second = k.i32();
  k.overTile(
    stride,
    () => undefined,
    (first) => {
      body.set(second, body.op('i32.add', first, stride));
      k.load(a, first);
      k.load(b, second);
      k.store(first, b);
      k.store(second, a);
    },
  );
  return k.finish();
}

/** A bit of the lane number and a unit bit change places. */
export function laneExchangeKernel(lane: 0 | 1, options: LaneOptions): FunctionCode {
  const k = new Kernel(`exchange_lane_${lane}`, options);
  const { lanes: v, body } = k;
  const stride = k.field(OP.strideA);
  const [a, b] = [k.complex(), k.complex()];
  const [first, second] = [k.i32(), k.i32()];
  k.overTile(
    stride,
    () => undefined,
    (unit) => {
      body.set(first, unit);
      body.set(second, body.op('i32.add', first, stride));
      k.load(a, first);
      k.load(b, second);
      for (const part of ['re', 'im'] as const) {
        const low = k.vector(v.interleave(a[part], b[part], lane, 0));
        body.set(b[part], v.interleave(a[part], b[part], lane, 1));
        body.set(a[part], low);
      }
      k.store(first, a);
      k.store(second, b);
    },
  );
  return k.finish();
}

/** The two lane bits of f32 change places. */
export function lanesExchangeKernel(options: LaneOptions): FunctionCode {
  const k = new Kernel('exchange_lanes', options);
  const { lanes: v, body } = k;
  const value = k.complex();
  const at = k.i32();
  k.overTile(
    0,
    () => undefined,
    (unit) => {
      body.set(at, unit);
      k.load(value, at);
      for (const part of ['re', 'im'] as const) body.set(value[part], v.crossed(value[part]));
      k.store(at, value);
    },
  );
  return k.finish();
}
