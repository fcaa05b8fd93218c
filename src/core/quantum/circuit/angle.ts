/**
 * Angles of gates: a number in radians, or an expression over named parameters. Expressions are immutable trees;
 * they are evaluated, and differentiated by dual numbers, when parameters are bound: the circuit and its plan stay as they are.
 */
export type Angle = number | Expression;

/** Functions of OpenQASM 2 and 3 expressions; `asin` to `sqrt` take one argument. */
export type AngleFunction = 'sin' | 'cos' | 'tan' | 'asin' | 'acos' | 'atan' | 'exp' | 'ln' | 'sqrt';

export type Expression =
  | { readonly kind: 'parameter'; readonly name: string }
  | { readonly kind: 'negate'; readonly of: Angle }
  | { readonly kind: 'call'; readonly fn: AngleFunction; readonly of: Angle }
  | { readonly kind: 'add' | 'subtract' | 'multiply' | 'divide' | 'power'; readonly a: Angle; readonly b: Angle };

/** Values by parameter name, in radians (or whatever the expression makes of them). */
export type Bindings = ReadonlyMap<string, number>;

/** NaN where a parameter is missing or the expression has no real value; the circuit check refuses NaN. */
export function evaluate(angle: Angle, values: Bindings): number {
  return dual(angle, values, null).value;
}

/** d angle / d parameter at `values`. */
export function derivative(angle: Angle, values: Bindings, parameter: string): number {
  return dual(angle, values, parameter).slope;
}

/** Names in order of first appearance. */
export function parametersOf(angle: Angle, into: Set<string> = new Set()): Set<string> {
  if (typeof angle === 'number') return into;
  switch (angle.kind) {
    case 'parameter':
      return into.add(angle.name);
    case 'negate':
    case 'call':
      return parametersOf(angle.of, into);
    default:
      return parametersOf(angle.b, parametersOf(angle.a, into));
  }
}

export const parameter = (name: string): Expression => ({ kind: 'parameter', name });

const known = (angle: Angle): angle is number => typeof angle === 'number';
const NONE: Bindings = new Map();

/** The constructors fold constants, so that an angle without parameters is a plain number. */
export const negate = (of: Angle): Angle => (known(of) ? -of : { kind: 'negate', of });

export function call(fn: AngleFunction, of: Angle): Angle {
  const expression: Expression = { kind: 'call', fn, of };
  return known(of) ? evaluate(expression, NONE) : expression;
}

export function combine(kind: 'add' | 'subtract' | 'multiply' | 'divide' | 'power', a: Angle, b: Angle): Angle {
  const expression: Expression = { kind, a, b };
  return known(a) && known(b) ? evaluate(expression, NONE) : expression;
}

/** A value and its derivative by one parameter. */
interface Dual {
  readonly value: number;
  readonly slope: number;
}

function dual(angle: Angle, values: Bindings, by: string | null): Dual {
  if (typeof angle === 'number') return { value: angle, slope: 0 };
  switch (angle.kind) {
    case 'parameter':
      return { value: values.get(angle.name) ?? Number.NaN, slope: angle.name === by ? 1 : 0 };
    case 'negate': {
      const { value, slope } = dual(angle.of, values, by);
      return { value: -value, slope: -slope };
    }
    case 'call':
      return applied(angle.fn, dual(angle.of, values, by));
    default:
      return combined(angle.kind, dual(angle.a, values, by), dual(angle.b, values, by));
  }
}

function applied(fn: AngleFunction, { value: x, slope }: Dual): Dual {
  switch (fn) {
    case 'sin':
      return { value: Math.sin(x), slope: slope * Math.cos(x) };
    case 'cos':
      return { value: Math.cos(x), slope: -slope * Math.sin(x) };
    case 'tan':
      return { value: Math.tan(x), slope: slope / Math.cos(x) ** 2 };
    case 'asin':
      return { value: Math.asin(x), slope: slope / Math.sqrt(1 - x * x) };
    case 'acos':
      return { value: Math.acos(x), slope: -slope / Math.sqrt(1 - x * x) };
    case 'atan':
      return { value: Math.atan(x), slope: slope / (1 + x * x) };
    case 'exp':
      return { value: Math.exp(x), slope: slope * Math.exp(x) };
    case 'ln':
      return { value: Math.log(x), slope: slope / x };
    default:
      fn satisfies 'sqrt';
      return { value: Math.sqrt(x), slope: slope / (2 * Math.sqrt(x)) };
  }
}

function combined(kind: 'add' | 'subtract' | 'multiply' | 'divide' | 'power', a: Dual, b: Dual): Dual {
  switch (kind) {
    case 'add':
      return { value: a.value + b.value, slope: a.slope + b.slope };
    case 'subtract':
      return { value: a.value - b.value, slope: a.slope - b.slope };
    case 'multiply':
      return { value: a.value * b.value, slope: a.slope * b.value + a.value * b.slope };
    case 'divide':
      return { value: a.value / b.value, slope: (a.slope * b.value - a.value * b.slope) / b.value ** 2 };
    default: {
      kind satisfies 'power';
      const value = a.value ** b.value;
      // A constant exponent is differentiable also where the logarithm of the base is not.
      const byBase = a.slope === 0 ? 0 : a.slope * b.value * a.value ** (b.value - 1);
      const byExponent = b.slope === 0 ? 0 : b.slope * value * Math.log(a.value);
      return { value, slope: byBase + byExponent };
    }
  }
}
