import { call, combine, negate, type Angle, type Expression } from '../circuit/angle.ts';

/**
 * Symbolic angles are trees, and evaluating one walks it: a gate that doubles its angle, nested 60 times, would make
 * 2^60 steps out of 60 lines. 4,096 terms are far more than any ansatz writes; 256 levels are safe for every stack.
 */
export const TERMS_MAX = 4096;
const LEVELS_MAX = 256;

interface Measure {
  readonly terms: number;
  readonly levels: number;
}

const LEAF: Measure = { terms: 1, levels: 1 };
const measured = new WeakMap<Expression, Measure>();

/** Sizes of shared parts are remembered, so that each tree is measured once however often it is used. */
function measure(angle: Angle): Measure {
  if (typeof angle === 'number' || angle.kind === 'parameter') return LEAF;
  const before = measured.get(angle);
  if (before !== undefined) return before;
  const one = measure(angle.kind === 'negate' || angle.kind === 'call' ? angle.of : angle.a);
  const two = angle.kind === 'negate' || angle.kind === 'call' ? null : measure(angle.b);
  const size = {
    terms: 1 + one.terms + (two?.terms ?? 0),
    levels: 1 + Math.max(one.levels, two?.levels ?? 0),
  };
  measured.set(angle, size);
  return size;
}

/** The tree is small enough to be evaluated again and again. Call it on every step that builds a tree, from the leaves up. */
export function fits(angle: Angle): boolean {
  if (typeof angle === 'number') return true;
  const { terms, levels } = measure(angle);
  return terms <= TERMS_MAX && levels <= LEVELS_MAX;
}

/** `angle` with every parameter replaced by its angle in `values`; null where the result is too large. */
export function substitute(angle: Angle, values: ReadonlyMap<string, Angle>): Angle | null {
  if (typeof angle === 'number') return angle;
  if (angle.kind === 'parameter') return values.get(angle.name) ?? angle;
  let out: Angle;
  if (angle.kind === 'negate' || angle.kind === 'call') {
    const of = substitute(angle.of, values);
    if (of === null) return null;
    out = angle.kind === 'negate' ? negate(of) : call(angle.fn, of);
  } else {
    const a = substitute(angle.a, values);
    const b = a === null ? null : substitute(angle.b, values);
    if (a === null || b === null) return null;
    out = combine(angle.kind, a, b);
  }
  return fits(out) ? out : null;
}
