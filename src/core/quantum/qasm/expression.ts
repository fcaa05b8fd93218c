import { call, combine, negate, type Angle, type AngleFunction } from '../circuit/angle.ts';
import { fits, TERMS_MAX } from './angle-size.ts';
import type { Lexer } from './lexer.ts';

/**
 * A constant or symbolic value. Whole numbers keep their type, since OpenQASM 3 divides them without remainder;
 * `truncated` marks one that lost a remainder on the way, which an angle must not do silently.
 */
export interface Value {
  readonly angle: Angle;
  readonly whole: boolean;
  readonly truncated: boolean;
}

export type Resolve = (name: string) => Value | undefined;

export const real = (angle: Angle): Value => ({ angle, whole: false, truncated: false });
export const whole = (angle: number): Value => ({ angle, whole: true, truncated: false });

/** Parentheses, signs and powers of one expression; each costs a few stack frames. */
const NESTING_MAX = 200;

const FUNCTIONS: ReadonlyMap<string, AngleFunction> = new Map([
  ['sin', 'sin'],
  ['cos', 'cos'],
  ['tan', 'tan'],
  ['exp', 'exp'],
  ['ln', 'ln'],
  ['sqrt', 'sqrt'],
]);
/** Other names in OpenQASM 3, and the casts that change nothing here. */
const FUNCTIONS_3: ReadonlyMap<string, AngleFunction | 'same'> = new Map<string, AngleFunction | 'same'>([
  ...FUNCTIONS,
  ['arcsin', 'asin'],
  ['arccos', 'acos'],
  ['arctan', 'atan'],
  ['log', 'ln'],
  ['float', 'same'],
  ['angle', 'same'],
]);

const CONSTANTS: ReadonlyMap<string, Value> = new Map([['pi', real(Math.PI)]]);
const CONSTANTS_3: ReadonlyMap<string, Value> = new Map([
  ...CONSTANTS,
  ['π', real(Math.PI)],
  ['tau', real(2 * Math.PI)],
  ['τ', real(2 * Math.PI)],
  ['euler', real(Math.E)],
  ['ℇ', real(Math.E)],
  ['true', whole(1)],
  ['false', whole(0)],
]);

const SUM = 1;
const PRODUCT = 2;
type Kind = 'add' | 'subtract' | 'multiply' | 'divide' | 'remainder';
const BINARY: ReadonlyMap<string, { readonly kind: Kind; readonly level: number }> = new Map([
  ['+', { kind: 'add', level: SUM }],
  ['-', { kind: 'subtract', level: SUM }],
  ['*', { kind: 'multiply', level: PRODUCT }],
  ['/', { kind: 'divide', level: PRODUCT }],
  ['%', { kind: 'remainder', level: PRODUCT }],
]);

/** Is the name built in, so that no register or gate may take it? */
export function isConstant(name: string, version: 2 | 3): boolean {
  return (version === 2 ? CONSTANTS : CONSTANTS_3).has(name);
}

/** Expressions of both languages by precedence climbing: a power binds closer than a sign, and to the right. */
export class Expressions {
  readonly #lexer: Lexer;
  readonly #version: 2 | 3;
  #nesting = 0;

  constructor(lexer: Lexer, version: 2 | 3) {
    this.#lexer = lexer;
    this.#version = version;
  }

  /** An angle of a gate: finite where it is a number. */
  angle(resolve: Resolve): Angle {
    const lexer: Lexer = this.#lexer;
    const from = lexer.start;
    const { angle, truncated } = this.value(resolve);
    if (typeof angle !== 'number') {
      if (!fits(angle)) this.#tooLarge(from);
      return angle;
    }
    if (!Number.isFinite(angle))
      lexer.fail('QASM_VALUE', `a finite number of radians (this is ${angle})`, from, lexer.previousEnd);
    if (truncated)
      lexer.fail(
        'QASM_VALUE',
        'a number without a lost remainder: OpenQASM 3 divides whole numbers without remainder, write 1.0/2',
        from,
        lexer.previousEnd,
      );
    return angle;
  }

  /** A whole number that is known now, from `min` to `max`. */
  integer(resolve: Resolve, min: number, max: number, what: string): number {
    const lexer: Lexer = this.#lexer;
    const from = lexer.start;
    const { angle, whole: isWhole } = this.value(resolve);
    if (typeof angle !== 'number' || !isWhole)
      lexer.fail('QASM_TYPE', `${what}, a whole number that is known before the run`, from, lexer.previousEnd);
    if (!Number.isInteger(angle) || angle < min || angle > max)
      lexer.fail('QASM_RANGE', `${what}, ${min} to ${max}`, from, lexer.previousEnd);
    return angle;
  }

  value(resolve: Resolve, level = SUM): Value {
    const lexer: Lexer = this.#lexer;
    const from = lexer.start;
    let left = level === SUM ? this.value(resolve, PRODUCT) : this.#signed(resolve);
    while (lexer.kind === 'symbol') {
      const operator = BINARY.get(lexer.text);
      if (operator === undefined || operator.level !== level) break;
      if (operator.kind === 'remainder' && this.#version === 2) break;
      lexer.advance();
      const right = level === SUM ? this.value(resolve, PRODUCT) : this.#signed(resolve);
      left = this.#binary(operator.kind, left, right, from);
    }
    return left;
  }

  #signed(resolve: Resolve): Value {
    const lexer: Lexer = this.#lexer;
    if (!lexer.at('-') && !lexer.at('+')) return this.#power(resolve);
    const minus = lexer.at('-');
    this.#enter();
    lexer.advance();
    const value = this.#signed(resolve);
    this.#nesting--;
    return minus ? { ...value, angle: negate(value.angle) } : value;
  }

  #power(resolve: Resolve): Value {
    const lexer: Lexer = this.#lexer;
    const from = lexer.start;
    const base = this.#primary(resolve);
    if (!lexer.at(this.#version === 2 ? '^' : '**')) return base;
    this.#enter();
    lexer.advance();
    // The exponent may have a sign, and powers group to the right.
    const exponent = this.#signed(resolve);
    this.#nesting--;
    const angle = this.#checked(combine('power', base.angle, exponent.angle), from);
    const isWhole = base.whole && exponent.whole && Number.isInteger(angle);
    return { angle, whole: isWhole, truncated: base.truncated || exponent.truncated };
  }

  #primary(resolve: Resolve): Value {
    const lexer: Lexer = this.#lexer;
    const { kind, text } = lexer;
    if (kind === 'integer' || kind === 'real') {
      const number = Number(text.includes('_') ? text.replaceAll('_', '') : text);
      if (!Number.isFinite(number)) lexer.fail('QASM_VALUE', 'a number below 1.8e308');
      lexer.advance();
      // OpenQASM 2 knows reals alone: 1/2 is a half there, but a whole number may still be an index.
      return { angle: number, whole: kind === 'integer', truncated: false };
    }
    if (kind === 'name') return this.#named(text, resolve);
    if (lexer.at('(')) return this.#parenthesised(resolve);
    if (kind === 'imaginary') lexer.fail('QASM_UNSUPPORTED', 'a real number: complex values are not supported');
    return lexer.fail('QASM_SYNTAX', 'a number, pi, a parameter or "("');
  }

  #named(name: string, resolve: Resolve): Value {
    const lexer: Lexer = this.#lexer;
    const found = resolve(name) ?? (this.#version === 2 ? CONSTANTS : CONSTANTS_3).get(name);
    if (found !== undefined) {
      lexer.advance();
      return found;
    }
    const fn = (this.#version === 2 ? FUNCTIONS : FUNCTIONS_3).get(name);
    if (fn === undefined) return this.#special(name, resolve);
    const from = lexer.start;
    lexer.advance();
    if (!lexer.at('(')) lexer.fail('QASM_SYNTAX', `"(" after ${name}`);
    const { angle, truncated } = this.#parenthesised(resolve);
    return { angle: fn === 'same' ? angle : this.#checked(call(fn, angle), from), whole: false, truncated };
  }

  /** Functions of OpenQASM 3 that make whole numbers, and pow and mod with two arguments. */
  #special(name: string, resolve: Resolve): Value {
    const lexer: Lexer = this.#lexer;
    const from = lexer.start;
    const known = ['int', 'uint', 'floor', 'ceiling', 'pow', 'mod'].includes(name) && this.#version === 3;
    if (!known) lexer.fail('QASM_NAME', 'a number, pi, a parameter or a constant that was declared before');
    lexer.advance();
    lexer.expect('(', `"(" after ${name}`);
    this.#enter();
    const first = this.value(resolve);
    if (name === 'pow' || name === 'mod') {
      lexer.expect(',');
      const second = this.value(resolve);
      lexer.expect(')');
      this.#nesting--;
      if (name === 'mod') return this.#binary('remainder', first, second, from);
      const angle = this.#checked(combine('power', first.angle, second.angle), from);
      return { angle, whole: first.whole && second.whole && Number.isInteger(angle), truncated: false };
    }
    lexer.expect(')');
    this.#nesting--;
    const { angle } = first;
    if (typeof angle !== 'number')
      lexer.fail('QASM_TYPE', 'a number that is known before the run', from, lexer.previousEnd);
    const round = name === 'floor' ? Math.floor : name === 'ceiling' ? Math.ceil : Math.trunc;
    return { angle: round(angle), whole: name === 'int' || name === 'uint', truncated: false };
  }

  #parenthesised(resolve: Resolve): Value {
    const lexer: Lexer = this.#lexer;
    this.#enter();
    lexer.advance();
    const value = this.value(resolve);
    lexer.expect(')', 'an operator or ")"');
    this.#nesting--;
    return value;
  }

  #binary(kind: Kind, a: Value, b: Value, from: number): Value {
    const bothWhole = a.whole && b.whole;
    const truncated = a.truncated || b.truncated;
    if (kind === 'remainder') {
      if (typeof a.angle === 'number' && typeof b.angle === 'number')
        return { angle: a.angle % b.angle, whole: bothWhole, truncated };
      return this.#lexer.fail('QASM_TYPE', 'numbers that are known before the run', from, this.#lexer.previousEnd);
    }
    const angle = this.#checked(combine(kind, a.angle, b.angle), from);
    if (kind !== 'divide') return { angle, whole: bothWhole, truncated };
    if (!bothWhole || typeof angle !== 'number') return { angle, whole: false, truncated };
    if (this.#version === 2) return { angle, whole: Number.isInteger(angle), truncated };
    return { angle: Math.trunc(angle), whole: true, truncated: truncated || !Number.isInteger(angle) };
  }

  #checked(angle: Angle, from: number): Angle {
    if (!fits(angle)) this.#tooLarge(from);
    return angle;
  }

  #tooLarge(from: number): never {
    return this.#lexer.fail('QASM_LIMIT', `an expression of at most ${TERMS_MAX} terms`, from, this.#lexer.previousEnd);
  }

  #enter(): void {
    this.#nesting++;
    if (this.#nesting > NESTING_MAX)
      this.#lexer.fail('QASM_LIMIT', `at most ${NESTING_MAX} nested parentheses and signs`);
  }
}
