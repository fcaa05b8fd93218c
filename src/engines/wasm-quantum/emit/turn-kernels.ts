import { BLOCK_UNITS, ENTRY_BYTES, OP } from '../layout.ts';
import type { Local, Value } from './body.ts';
import { Kernel, type Complex } from './kernel.ts';
import type { LaneOptions } from './lanes.ts';
import type { FunctionCode } from './module-writer.ts';

/**
 * A one-qubit unitary on (a, b), up to a scalar and a diagonal that stay pending. Both lines work in place: the second
 * takes the new b, which only changes the scale of a. Costs on two complex vectors:
 *   real       b += y a,     a += x b               4 multiply-adds
 *   imaginary  b += i y a,   a += i x b             4
 *   twist...   b := b (1 + i tau), then one of the two    6
 * x and y take the sign that pending controlled-Z gates give them.
 */
export const FORMS = ['real', 'imaginary', 'twist', 'twistImaginary'] as const;
export type Form = (typeof FORMS)[number];

/** Unsigned coefficients: tau of A, tau of B. */
export const TAU = [0, 1] as const;

interface Turn {
  readonly x: Local;
  readonly y: Local;
  readonly tau: Local;
}

function butterfly(k: Kernel, form: Form, a: Complex, b: Complex, turn: Turn, negative: boolean): void {
  const { lanes: v, body } = k;
  const plus = (p: Value, q: Value, c: Value): (() => void) => (negative ? v.nmadd(p, q, c) : v.madd(p, q, c));
  const minus = (p: Value, q: Value, c: Value): (() => void) => (negative ? v.madd(p, q, c) : v.nmadd(p, q, c));
  if (form === 'twist' || form === 'twistImaginary') {
    const twisted = k.vector(v.nmadd(turn.tau, b.im, b.re));
    body.set(b.im, v.madd(turn.tau, b.re, b.im));
    body.set(b.re, twisted);
  }
  if (form === 'imaginary' || form === 'twistImaginary') {
    body.set(b.re, minus(turn.y, a.im, b.re));
    body.set(b.im, plus(turn.y, a.re, b.im));
    body.set(a.re, minus(turn.x, b.im, a.re));
    body.set(a.im, plus(turn.x, b.re, a.im));
    return;
  }
  body.set(b.re, plus(turn.y, a.re, b.re));
  body.set(b.im, plus(turn.y, a.im, b.im));
  body.set(a.re, plus(turn.x, b.re, a.re));
  body.set(a.im, plus(turn.x, b.im, a.im));
}

interface SignedTurns {
  /** Call for every block, then for every unit; leaves the signed coefficients in `turns`. */
  readonly block: (block: Local) => void;
  readonly unit: (offset: Local) => void;
  readonly turns: readonly [Turn, Turn];
}

/**
 * Signed coefficients of A and B come from entries at op.table: four of them, by the sign that tile and block give each;
 * with `table` four lists with one entry a unit, for signs that depend on the unit. `used`: coefficients that are read.
 */
function signedTurns(k: Kernel, table: boolean, used: readonly [readonly boolean[], readonly boolean[]]): SignedTurns {
  const { lanes: v, body } = k;
  const parityOf = (out: number, high: number): ((block: Local) => () => void) => {
    const outBits = k.i32(body.op('i32.popcnt', body.op('i32.and', k.tile, k.field(out))));
    const mask = k.field(high);
    // The lowest bit of the sum is the parity of both parts.
    return (block) =>
      body.op('i32.and', body.op('i32.add', outBits, body.op('i32.popcnt', body.op('i32.and', block, mask))), 1);
  };
  const parities = [parityOf(OP.outA, OP.highA), parityOf(OP.outB, OP.highB)] as const;
  const entries = k.i32();
  const at = k.i32();
  const turns = ([0, 1] as const).map((which) => ({
    x: k.vector(),
    y: k.vector(),
    tau: k.coefficient(TAU[which]),
  })) as unknown as readonly [Turn, Turn];
  const load = (from: Local): void => {
    for (const [which, turn] of turns.entries())
      for (const [i, part] of [turn.x, turn.y].entries())
        if (used[which]?.[i] === true) body.set(part, v.load(from, OP.table + 32 * which + 16 * i));
  };
  const list = table ? ENTRY_BYTES * BLOCK_UNITS : ENTRY_BYTES;
  return {
    turns,
    block: (block) => {
      const which = body.op('i32.add', parities[0](block), body.op('i32.shl', parities[1](block), 1));
      body.set(entries, body.op('i32.add', k.op, body.op('i32.mul', which, list)));
      if (!table) load(entries);
    },
    unit: (offset) => {
      if (!table) return;
      // A unit has 32 bytes, its entry 64.
      body.set(at, body.op('i32.add', entries, body.op('i32.shl', offset, 1)));
      load(at);
    },
  };
}

const BOTH = [true, true] as const;
const NONE = [false, false] as const;

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

/** Two turns on two unit bits; which half of each is a and which is b is a matter of origin and strides. */
export function pairKernel(a: Form, b: Form, { table, crossed }: PairVariant, options: LaneOptions): FunctionCode {
  const k = new Kernel(pairName(a, b, { table, crossed }), options);
  const { body } = k;
  const strideA = k.field(OP.strideA);
  const strideB = k.field(OP.strideB);
  const origin = k.field(OP.origin);
  const signed = signedTurns(k, table, [BOTH, BOTH]);
  const values = [k.complex(), k.complex(), k.complex(), k.complex()] as const;
  const [v00, v01, v10, v11] = values;
  const places = [k.i32(), k.i32(), k.i32(), k.i32()];
  k.overTile(k.field(OP.holes), signed.block, (unit, offset) => {
    const [p00, p01, p10, p11] = places as [Local, Local, Local, Local];
    body.set(p00, body.op('i32.add', unit, origin));
    body.set(p01, body.op('i32.add', p00, strideA));
    body.set(p10, body.op('i32.add', p00, strideB));
    body.set(p11, body.op('i32.add', p01, strideB));
    for (const [i, value] of values.entries()) k.load(value, places[i] as Local);
    signed.unit(offset);
    const [turnA, turnB] = signed.turns;
    butterfly(k, a, v00, v01, turnA, false);
    butterfly(k, a, v10, v11, turnA, crossed);
    butterfly(k, b, v00, v10, turnB, false);
    butterfly(k, b, v01, v11, turnB, crossed);
    for (const [i, value] of values.entries()) k.store(places[i] as Local, value);
  });
  return k.finish();
}

/** One turn on one unit bit. */
export function singleKernel(form: Form, options: LaneOptions): FunctionCode {
  const k = new Kernel(`single_${form}`, options);
  const { body } = k;
  const stride = k.field(OP.strideA);
  const signed = signedTurns(k, true, [BOTH, NONE]);
  const [a, b] = [k.complex(), k.complex()];
  const origin = k.field(OP.origin);
  const [first, second] = [k.i32(), k.i32()];
  k.overTile(k.field(OP.holes), signed.block, (unit, offset) => {
    body.set(first, body.op('i32.add', unit, origin));
    body.set(second, body.op('i32.add', first, stride));
    k.load(a, first);
    k.load(b, second);
    signed.unit(offset);
    butterfly(k, form, a, b, signed.turns[0], false);
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
/** Unsigned vectors per lane turn: d (re, im; tau in im for a twist). The signed entry holds o (re, im). */
export const LANE_COEFFICIENTS = 2;
/** They follow the taus. */
export const LANE_FIRST = 2;

/** Turns on qubit 0 (A) and qubit 1 (B, f32 only) of the vectors. */
export function laneKernel(a: LaneForm, b: LaneForm, options: LaneOptions): FunctionCode {
  const k = new Kernel(`lane_${a}_${b}`, options);
  const value = k.complex();
  const forms = [a, b] as const;
  const used = forms.map((form) => [isReal(form), isImaginary(form)] as const) as unknown as readonly [
    readonly boolean[],
    readonly boolean[],
  ];
  const signed = signedTurns(k, true, used);
  const own = forms.map((_, which) => {
    const first = LANE_FIRST + LANE_COEFFICIENTS * which;
    return { re: k.coefficient(first), im: k.coefficient(first + 1) };
  });
  k.overTile(0, signed.block, (at, offset) => {
    k.load(value, at);
    signed.unit(offset);
    for (const [which, form] of forms.entries()) {
      const { x, y } = signed.turns[which === 0 ? 0 : 1];
      if (form !== 'none') laneTurn(k, form, which === 0 ? 0 : 1, value, own[which] as Complex, { re: x, im: y });
    }
    k.store(at, value);
  });
  return k.finish();
}

const isReal = (form: LaneForm): boolean => form === 'real' || form === 'twist' || form === 'general';
const isImaginary = (form: LaneForm): boolean =>
  form === 'imaginary' || form === 'twistImaginary' || form === 'general';

function laneTurn(k: Kernel, form: LaneForm, lane: 0 | 1, value: Complex, own: Complex, other: Complex): void {
  const { lanes: v, body } = k;
  const re = k.vector();
  if (form === 'twist' || form === 'twistImaginary') {
    body.set(re, v.nmadd(own.im, value.im, value.re));
    body.set(value.im, v.madd(own.im, value.re, value.im));
    body.set(value.re, re);
  }
  const partner: Complex = { re: k.vector(v.exchange(value.re, lane)), im: k.vector(v.exchange(value.im, lane)) };
  if (form === 'general') {
    body.set(re, v.nmadd(own.im, value.im, v.mul(own.re, value.re)));
    body.set(value.im, v.madd(own.im, value.re, v.mul(own.re, value.im)));
    body.set(value.re, re);
  }
  if (isReal(form)) {
    body.set(value.re, v.madd(other.re, partner.re, value.re));
    body.set(value.im, v.madd(other.re, partner.im, value.im));
  }
  if (isImaginary(form)) {
    body.set(value.re, v.nmadd(other.im, partner.im, value.re));
    body.set(value.im, v.madd(other.im, partner.re, value.im));
  }
}
