import { OP } from '../layout.ts';
import type { Local, Value } from './body.ts';
import { Kernel, type Complex } from './kernel.ts';
import type { LaneOptions } from './lanes.ts';
import type { FunctionCode } from './module-writer.ts';

/**
 * A one-qubit unitary on (a, b), up to a scalar and a diagonal that stay pending, costs one of
 *   real       a' = a + x b,           b' = b + y a            4 multiply-adds on two complex vectors
 *   imaginary  a' = a + i x b,         b' = b + i y a          4
 *   twist      b := b (1 + i tau), then real                   6
 *   twistImaginary  the same, then imaginary                   6
 * x and y take the sign that pending controlled-Z gates give them.
 */
export const FORMS = ['real', 'imaginary', 'twist', 'twistImaginary'] as const;
export type Form = (typeof FORMS)[number];

/** Vectors per turn: x, y, tau. */
export const TURN_COEFFICIENTS = 3;

interface Turn {
  readonly x: Local;
  readonly y: Local;
  readonly tau: Local;
}

/** Twiddles once, then any number of butterflies with either sign. */
function butterfly(k: Kernel, form: Form, a: Complex, b: Complex, turn: Turn, negative: boolean): void {
  const { lanes: v, body } = k;
  const plus = (p: Value, q: Value, c: Value): (() => void) => (negative ? v.nmadd(p, q, c) : v.madd(p, q, c));
  const minus = (p: Value, q: Value, c: Value): (() => void) => (negative ? v.madd(p, q, c) : v.nmadd(p, q, c));
  if (form === 'twist' || form === 'twistImaginary') {
    const twisted = k.vector(v.nmadd(turn.tau, b.im, b.re));
    body.set(b.im, v.madd(turn.tau, b.re, b.im));
    body.set(b.re, twisted);
  }
  const re = k.vector();
  const im = k.vector();
  if (form === 'imaginary' || form === 'twistImaginary') {
    body.set(re, minus(turn.x, b.im, a.re));
    body.set(im, plus(turn.x, b.re, a.im));
    const bRe = k.vector(minus(turn.y, a.im, b.re));
    body.set(b.im, plus(turn.y, a.re, b.im));
    body.set(b.re, bRe);
  } else {
    body.set(re, plus(turn.x, b.re, a.re));
    body.set(im, plus(turn.x, b.im, a.im));
    body.set(b.re, plus(turn.y, a.re, b.re));
    body.set(b.im, plus(turn.y, a.im, b.im));
  }
  body.set(a.re, re);
  body.set(a.im, im);
}

interface Signed {
  readonly outer: Turn;
  readonly prepare: (block: Local) => void;
  /** The turn with the sign of this unit. */
  readonly at: (entry: Local) => Turn;
}

/** Coefficients of turn `which` (0: A, 1: B) with the signs of the tile, of the block and, with `table`, of the unit. */
function signed(k: Kernel, which: 0 | 1, table: boolean): Signed {
  const { lanes: v, body } = k;
  const first = TURN_COEFFICIENTS * which;
  const [x, y, tau] = [k.coefficient(first), k.coefficient(first + 1), k.coefficient(first + 2)];
  const outBits = k.i32(body.op('i32.popcnt', body.op('i32.and', k.tile, k.field(which === 0 ? OP.outA : OP.outB))));
  const high = k.field(which === 0 ? OP.highA : OP.highB);
  const outer: Turn = { x: k.vector(), y: k.vector(), tau };
  const inner: Turn = table ? { x: k.vector(), y: k.vector(), tau } : outer;
  const sign = k.vector();
  return {
    outer,
    prepare: (block) => {
      // Parity of the popcount of both parts: the sum's lowest bit.
      const bits = body.op('i32.add', outBits, body.op('i32.popcnt', body.op('i32.and', block, high)));
      body.set(sign, k.signOf(body.op('i32.and', bits, 1)));
      body.set(outer.x, v.xor(x, sign));
      body.set(outer.y, v.xor(y, sign));
    },
    at: (entry) => {
      if (!table) return outer;
      body.set(sign, v.load(entry, OP.table + 16 * which));
      body.set(inner.x, v.xor(outer.x, sign));
      body.set(inner.y, v.xor(outer.y, sign));
      return inner;
    },
  };
}

export interface PairVariant {
  /** The sign of a turn depends on the unit number. */
  readonly table: boolean;
  /** A controlled Z between the two qubits is pending. */
  readonly crossed: boolean;
}

/** Turns on different qubits commute, so only pairs in the order of FORMS exist: fewer kernels are warm sooner. */
export function pairName(a: Form, b: Form, { table, crossed }: PairVariant): string {
  return `pair_${a}_${b}${table ? '_table' : ''}${crossed ? '_crossed' : ''}`;
}

/** Two turns on the unit bits of strideA and strideB. */
export function pairKernel(a: Form, b: Form, { table, crossed }: PairVariant, options: LaneOptions): FunctionCode {
  const k = new Kernel(pairName(a, b, { table, crossed }), options);
  const { body } = k;
  const strideA = k.field(OP.strideA);
  const strideB = k.field(OP.strideB);
  const storeXor = k.field(OP.storeXor);
  const turnA = signed(k, 0, table);
  const turnB = signed(k, 1, table);
  const [v00, v01, v10, v11] = [k.complex(), k.complex(), k.complex(), k.complex()];
  const at = k.i32();
  const entry = k.i32();
  const [p00, p01, p10, p11] = [k.i32(), k.i32(), k.i32(), k.i32()];
  const place = (): void => {
    body.set(p00, body.op('i32.add', k.base, at));
    body.set(p01, body.op('i32.add', k.base, body.op('i32.xor', at, strideA)));
    body.set(p10, body.op('i32.add', k.base, body.op('i32.xor', at, strideB)));
    body.set(p11, body.op('i32.add', k.base, body.op('i32.xor', body.op('i32.xor', at, strideA), strideB)));
  };
  k.overTile(
    body.op('i32.or', strideA, strideB),
    (block) => {
      turnA.prepare(block);
      turnB.prepare(block);
    },
    (block, offset) => {
      body.set(at, body.op('i32.or', block, offset));
      place();
      k.load(v00, p00);
      k.load(v01, p01);
      k.load(v10, p10);
      k.load(v11, p11);
      if (table) body.set(entry, body.op('i32.add', k.op, offset));
      const signedA = turnA.at(entry);
      butterfly(k, a, v00, v01, signedA, false);
      butterfly(k, a, v10, v11, signedA, crossed);
      const signedB = turnB.at(entry);
      butterfly(k, b, v00, v10, signedB, false);
      butterfly(k, b, v01, v11, signedB, crossed);
      body.set(at, body.op('i32.xor', at, storeXor));
      place();
      k.store(p00, v00);
      k.store(p01, v01);
      k.store(p10, v10);
      k.store(p11, v11);
    },
  );
  return k.finish();
}

/** One turn on the unit bit of strideA. */
export function singleKernel(form: Form, options: LaneOptions): FunctionCode {
  const k = new Kernel(`single_${form}`, options);
  const { body } = k;
  const stride = k.field(OP.strideA);
  const storeXor = k.field(OP.storeXor);
  const turn = signed(k, 0, true);
  const [a, b] = [k.complex(), k.complex()];
  const at = k.i32();
  const entry = k.i32();
  k.overTile(stride, turn.prepare, (block, offset) => {
    body.set(at, body.op('i32.or', block, offset));
    const first = (): void => body.push(body.op('i32.add', k.base, at));
    const second = (): void => body.push(body.op('i32.add', k.base, body.op('i32.xor', at, stride)));
    k.load(a, first);
    k.load(b, second);
    body.set(entry, body.op('i32.add', k.op, offset));
    butterfly(k, form, a, b, turn.at(entry), false);
    body.set(at, body.op('i32.xor', at, storeXor));
    k.store(first, a);
    k.store(second, b);
  });
  return k.finish();
}

/**
 * A turn on a qubit inside the vectors: own amplitude times d, partner's times o, lane by lane.
 *   real       d = 1, o real            2 multiply-adds and 2 shuffles per complex vector
 *   imaginary  d = 1, o imaginary       2 and 2
 *   twist, twistImaginary  v := v (1 + i tau) lane by lane, then one of the two: 4 and 2
 *   general    d and o complex          8 and 2
 */
export const LANE_FORMS = ['none', 'real', 'imaginary', 'twist', 'twistImaginary', 'general'] as const;
export type LaneForm = (typeof LANE_FORMS)[number];
/** Vectors per lane turn: d (re, im; tau in im for a twist), o (re, im). */
export const LANE_COEFFICIENTS = 4;

/** Turns on qubit 0 (A) and qubit 1 (B, f32 only) of the vectors. */
export function laneKernel(a: LaneForm, b: LaneForm, options: LaneOptions): FunctionCode {
  const k = new Kernel(`lane_${a}_${b}`, options);
  const { lanes: v, body } = k;
  const value = k.complex();
  const at = k.i32();
  const entry = k.i32();
  const turns = ([a, b] as const).flatMap((form, which) =>
    form === 'none' ? [] : [laneTurn(k, form, which === 0 ? 0 : 1, value)],
  );
  k.overTile(
    0,
    (block) => {
      for (const turn of turns) turn.prepare(block);
    },
    (block, offset) => {
      body.set(at, body.op('i32.add', k.base, body.op('i32.or', block, offset)));
      body.set(entry, body.op('i32.add', k.op, offset));
      k.load(value, at);
      for (const turn of turns) turn.apply(entry);
      k.store(at, value);
    },
  );
  v.lanes satisfies 2 | 4;
  return k.finish();
}

function laneTurn(
  k: Kernel,
  form: Exclude<LaneForm, 'none'>,
  which: 0 | 1,
  value: Complex,
): { readonly prepare: (block: Local) => void; readonly apply: (entry: Local) => void } {
  const { lanes: v, body } = k;
  const first = LANE_COEFFICIENTS * which;
  const own: Complex = { re: k.coefficient(first), im: k.coefficient(first + 1) };
  const other: Complex = { re: k.coefficient(first + 2), im: k.coefficient(first + 3) };
  const outBits = k.i32(body.op('i32.popcnt', body.op('i32.and', k.tile, k.field(which === 0 ? OP.outA : OP.outB))));
  const high = k.field(which === 0 ? OP.highA : OP.highB);
  const blockOther = k.complex();
  const o = k.complex();
  const sign = k.vector();
  const partner = k.complex();
  return {
    prepare: (block) => {
      const bits = body.op('i32.add', outBits, body.op('i32.popcnt', body.op('i32.and', block, high)));
      body.set(sign, k.signOf(body.op('i32.and', bits, 1)));
      body.set(blockOther.re, v.xor(other.re, sign));
      body.set(blockOther.im, v.xor(other.im, sign));
    },
    apply: (entry) => {
      const twist = form === 'twist' || form === 'twistImaginary';
      if (twist) {
        const re = k.vector(v.nmadd(own.im, value.im, value.re));
        body.set(value.im, v.madd(own.im, value.re, value.im));
        body.set(value.re, re);
      }
      body.set(sign, v.load(entry, OP.table + 16 * which));
      body.set(partner.re, v.exchange(value.re, which));
      body.set(partner.im, v.exchange(value.im, which));
      const real = form === 'real' || form === 'twist' || form === 'general';
      const imaginary = form === 'imaginary' || form === 'twistImaginary' || form === 'general';
      if (real) body.set(o.re, v.xor(blockOther.re, sign));
      if (imaginary) body.set(o.im, v.xor(blockOther.im, sign));
      if (form === 'general') {
        const re = k.vector(v.nmadd(own.im, value.im, v.mul(own.re, value.re)));
        body.set(value.im, v.madd(own.im, value.re, v.mul(own.re, value.im)));
        body.set(value.re, re);
      }
      if (real) {
        body.set(value.re, v.madd(o.re, partner.re, value.re));
        body.set(value.im, v.madd(o.re, partner.im, value.im));
      }
      if (imaginary) {
        body.set(value.re, v.nmadd(o.im, partner.im, value.re));
        body.set(value.im, v.madd(o.im, partner.re, value.im));
      }
    },
  };
}
