import type { Lexer } from './lexer.ts';
import { listOf, operand } from './operands.ts';
import { CONDITION_BITS_MAX } from './program-2.ts';
import type { Program } from './program.ts';

/** All of these bits have these values (`holds`), or not all of them. */
export interface Condition {
  readonly bits: ReadonlyMap<number, 0 | 1>;
  readonly holds: boolean;
}

/** Brackets and negations of one condition. */
const NESTING_MAX = 64;

/** Parentheses may not appear: `(c == 1 && !d[0])` without its outer pair. What no conjunction of bits can say is refused. */
export function condition(program: Program, nesting = 0): Condition {
  const lexer: Lexer = program.lexer;
  if (nesting > NESTING_MAX) lexer.fail('QASM_LIMIT', `at most ${NESTING_MAX} nested parentheses in a condition`);
  let left = conjunction(program, nesting);
  while (lexer.at('||')) {
    const from = lexer.start;
    lexer.advance();
    // De Morgan: a or b is not (not a and not b).
    left = not(both(program, not(left), not(conjunction(program, nesting)), from));
  }
  return left;
}

function conjunction(program: Program, nesting: number): Condition {
  const lexer: Lexer = program.lexer;
  let left = term(program, nesting);
  while (lexer.at('&&')) {
    const from = lexer.start;
    lexer.advance();
    left = both(program, left, term(program, nesting), from);
  }
  return left;
}

function term(program: Program, nesting: number): Condition {
  const lexer: Lexer = program.lexer;
  if (nesting > NESTING_MAX) lexer.fail('QASM_LIMIT', `at most ${NESTING_MAX} nested parentheses in a condition`);
  if (lexer.accept('!')) return not(term(program, nesting + 1));
  if (lexer.accept('(')) {
    const inner = condition(program, nesting + 1);
    lexer.expect(')', '"&&", "||" or ")"');
    return inner;
  }
  const from = lexer.start;
  const bits = listOf(operand(program, 'bits'));
  if (bits.length > CONDITION_BITS_MAX)
    lexer.fail('QASM_LIMIT', `at most ${CONDITION_BITS_MAX} bits in a condition`, from, lexer.previousEnd);
  const equal = lexer.at('==');
  if (equal || lexer.at('!=')) {
    lexer.advance();
    return { bits: compared(program, bits), holds: equal };
  }
  if (lexer.kind === 'symbol' && ['<', '>', '<=', '>=', '&', '|', '^', '+', '-', '<<', '>>'].includes(lexer.text))
    lexer.fail('QASM_UNSUPPORTED', '"==" or "!=": other comparisons and arithmetic of bits are not supported');
  if (bits.length > 1) lexer.fail('QASM_SYNTAX', '"==" or "!=" after a register');
  return { bits: new Map(bits.map((bit) => [bit, 1])), holds: true };
}

/** The bits of the number, bit string or truth value that is next. Duplicates of a slice must agree. */
function compared(program: Program, bits: readonly number[]): ReadonlyMap<number, 0 | 1> {
  const lexer: Lexer = program.lexer;
  const out = new Map<number, 0 | 1>();
  if (lexer.kind === 'string') {
    const digits = lexer.text.slice(1, -1).replaceAll('_', '');
    if (!/^[01]*$/.test(digits) || digits.length !== bits.length)
      lexer.fail('QASM_TYPE', `${bits.length} digits 0 or 1 in quotes, the highest bit first`);
    for (const [i, bit] of bits.entries()) out.set(bit, digits[digits.length - 1 - i] === '1' ? 1 : 0);
    lexer.advance();
    return out;
  }
  const value = program.expressions.integer(program.resolve, 0, 2 ** bits.length - 1, 'a value of these bits');
  let rest = value;
  for (const bit of bits) {
    out.set(bit, rest % 2 === 1 ? 1 : 0);
    rest = Math.floor(rest / 2);
  }
  return out;
}

/** One bit that is not 1 is 0; so conditions on one bit always hold in this form. */
function not({ bits, holds }: Condition): Condition {
  const [only] = bits;
  if (bits.size === 1 && only !== undefined && holds)
    return { bits: new Map([[only[0], only[1] === 1 ? 0 : 1]]), holds };
  return { bits, holds: !holds };
}

function both(program: Program, a: Condition, b: Condition, from: number): Condition {
  const lexer: Lexer = program.lexer;
  const [first, second] = [normal(a), normal(b)];
  if (!first.holds || !second.holds)
    lexer.fail(
      'QASM_UNSUPPORTED',
      'one comparison, or single bits joined all by "&&" or all by "||"',
      from,
      lexer.previousEnd,
    );
  const bits = new Map(first.bits);
  for (const [bit, value] of second.bits) {
    if (bits.get(bit) === (value === 1 ? 0 : 1))
      lexer.fail(
        'QASM_UNSUPPORTED',
        'a condition that can be true: this asks for both values of one bit',
        from,
        lexer.previousEnd,
      );
    bits.set(bit, value);
  }
  if (bits.size > CONDITION_BITS_MAX)
    lexer.fail('QASM_LIMIT', `at most ${CONDITION_BITS_MAX} bits in a condition`, from, lexer.previousEnd);
  return { bits, holds: true };
}

function normal(condition: Condition): Condition {
  return condition.holds || condition.bits.size !== 1 ? condition : not({ bits: condition.bits, holds: true });
}
