import type { Angle, AngleFunction } from '../circuit/angle.ts';

/** Fractions of pi that people write; others are clearer as numbers. */
const NUMERATOR_MAX = 32;
const DENOMINATORS = [1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 32, 64, 128, 256, 512, 1024];

/** A number of radians that reads back as the same double: a fraction of pi where exactly that double comes out of it. */
export function numberText(value: number): string {
  if (Object.is(value, -0)) return '-0';
  const size = Math.abs(value);
  const sign = value < 0 ? '-' : '';
  for (const denominator of size === 0 ? [] : DENOMINATORS) {
    const numerator = Math.round((size * denominator) / Math.PI);
    if (numerator < 1 || numerator > NUMERATOR_MAX) continue;
    // The reader multiplies first and divides then, both rounded.
    if ((numerator * Math.PI) / denominator !== size) continue;
    const top = numerator === 1 ? 'pi' : `${numerator}*pi`;
    return sign + (denominator === 1 ? top : `${top}/${denominator}`);
  }
  return String(value);
}

/** Every number in the angle is finite, so that it has a text. */
export function isFiniteAngle(angle: Angle): boolean {
  if (typeof angle === 'number') return Number.isFinite(angle);
  if (angle.kind === 'parameter') return true;
  if (angle.kind === 'negate' || angle.kind === 'call') return isFiniteAngle(angle.of);
  return isFiniteAngle(angle.a) && isFiniteAngle(angle.b);
}

const FUNCTIONS: Readonly<Record<AngleFunction, string>> = {
  sin: 'sin',
  cos: 'cos',
  tan: 'tan',
  asin: 'arcsin',
  acos: 'arccos',
  atan: 'arctan',
  exp: 'exp',
  ln: 'log',
  sqrt: 'sqrt',
};

const BINARY = {
  add: { sign: ' + ', level: 1 },
  subtract: { sign: ' - ', level: 1 },
  multiply: { sign: '*', level: 2 },
  divide: { sign: '/', level: 2 },
  power: { sign: '**', level: 4 },
} as const;
const NEGATIVE = 3;
const ATOM = 5;

/** An angle in OpenQASM 3, reading back as the same tree; `nameOf` gives the inputs of the parameters. */
export function angleText(angle: Angle, nameOf: (parameter: string) => string): string {
  return typeof angle === 'number' ? numberText(angle) : textOf(angle, nameOf).text;
}

interface Part {
  readonly text: string;
  readonly level: number;
}

function textOf(angle: Angle, nameOf: (parameter: string) => string): Part {
  if (typeof angle === 'number') return constant(angle);
  if (angle.kind === 'parameter') return { text: nameOf(angle.name), level: ATOM };
  if (angle.kind === 'negate') return { text: `-${wrapped(textOf(angle.of, nameOf), NEGATIVE)}`, level: NEGATIVE };
  if (angle.kind === 'call') return { text: `${FUNCTIONS[angle.fn]}(${textOf(angle.of, nameOf).text})`, level: ATOM };
  const { sign, level } = BINARY[angle.kind];
  const power = angle.kind === 'power';
  const left = wrapped(textOf(angle.a, nameOf), power ? level + 1 : level);
  const right = wrapped(textOf(angle.b, nameOf), power ? level : level + 1);
  return { text: `${left}${sign}${right}`, level };
}

/** Always with a point or exponent: whole numbers would divide without remainder in OpenQASM 3. */
function constant(value: number): Part {
  const text = Object.is(value, -0) ? '-0' : String(value);
  const isReal = /[.e]/.test(text);
  return { text: isReal ? text : `${text}.0`, level: value < 0 || Object.is(value, -0) ? NEGATIVE : ATOM };
}

const wrapped = ({ text, level }: Part, needed: number): string => (level < needed ? `(${text})` : text);
