import { failureAt, QasmStop, type QasmCode } from './failure.ts';

export type TokenKind = 'end' | 'name' | 'integer' | 'real' | 'imaginary' | 'string' | 'physical' | 'line' | 'symbol';

const PAIRS = new Set(['->', '==', '!=', '<=', '>=', '&&', '||', '**', '++', '<<', '>>', '+=', '-=', '*=', '/=']);

/** Most symbols, none of which begins a pair: ( ) , ; [ ] { } */
const ALONE = new Set([40, 41, 44, 59, 91, 93, 123, 125]);

/** Names, digits and blanks by character code; letters beyond ASCII are looked up, since they are rare. */
const NAME_START = 1;
const DIGIT = 2;
const BLANK = 4;
const CLASSES = new Uint8Array(128);
for (let c = 65; c <= 90; c++) CLASSES[c] = NAME_START;
for (let c = 97; c <= 122; c++) CLASSES[c] = NAME_START;
for (let c = 48; c <= 57; c++) CLASSES[c] = DIGIT;
CLASSES[95] = NAME_START;
for (const c of [9, 10, 11, 12, 13, 32]) CLASSES[c] = BLANK;

/** Hexadecimal, binary and octal numbers of OpenQASM 3; 64 binary digits with underscores between them fit. */
const BASES = /^0(?:[xX][0-9a-fA-F_]+|[bB][01_]+|[oO][0-7_]+)/;
const BASED_DIGITS_MAX = 130;
const OTHER_LETTER = /[\p{L}\p{Nl}]/u;
const SLASH = 47;
const STAR = 42;
const DOT = 46;
const QUOTE = 34;
const APOSTROPHE = 39;
const DOLLAR = 36;
const HASH = 35;
const AT_SIGN = 64;
const NEWLINE = 10;

/**
 * One token at a time over the text: `kind` and `text` are the current token, `start` its offset. No array of tokens, so that
 * a program of a million gates costs no memory here, and a loop body can be read again from its offset (`seek`).
 * `#pragma` and `@annotation` lines are one token of kind `line` where they begin a line.
 */
export class Lexer {
  readonly source: string;
  kind: TokenKind = 'end';
  text = '';
  start = 0;
  /** First offset behind the current token. */
  end = 0;
  /** First offset behind the token before the current one. */
  previousEnd = 0;

  constructor(source: string) {
    this.source = source;
    // A byte order mark is no part of the program.
    this.seek(source.charCodeAt(0) === 0xfeff ? 1 : 0);
  }

  seek(offset: number): void {
    this.end = offset;
    this.advance();
  }

  advance(): void {
    this.previousEnd = this.end;
    this.start = this.#skipBlanks(this.end);
    const { source, start } = this;
    if (start >= source.length) return this.#token('end', start);
    const c = source.charCodeAt(start);
    const type = c < 128 ? (CLASSES[c] as number) : 0;
    if (type === NAME_START) return this.#token('name', this.#nameEnd(start + 1));
    if (type === DIGIT) return this.#number(start);
    if (c === DOT && this.#isDigit(start + 1)) return this.#number(start);
    if (c === QUOTE || c === APOSTROPHE) return this.#string(start, c);
    if (c === DOLLAR && this.#isDigit(start + 1)) return this.#token('physical', this.#digitsEnd(start + 1));
    if ((c === HASH || c === AT_SIGN) && this.#opensLine(start)) return this.#token('line', this.#lineEnd(start));
    if (c >= 128 && this.#isLetter(start)) return this.#token('name', this.#nameEnd(start));
    const pair = !ALONE.has(c) && PAIRS.has(source.slice(start, start + 2));
    return this.#token(
      'symbol',
      start + (pair ? 2 : c >= 0xd800 && c < 0xdc00 ? Math.min(2, source.length - start) : 1),
    );
  }

  /** The current token is this symbol. */
  at(symbol: string): boolean {
    return this.text === symbol && this.kind === 'symbol';
  }

  /** The first letter of the next token; empty at the end. */
  peek(): string {
    return this.source.charAt(this.#skipBlanks(this.end));
  }

  /** As a call, since a comparison would narrow the type of `kind` beyond the next `advance`. */
  is(kind: TokenKind): boolean {
    return this.kind === kind;
  }

  atName(name: string): boolean {
    return this.text === name && this.kind === 'name';
  }

  /** Takes the symbol if it is next. */
  accept(symbol: string): boolean {
    if (!this.at(symbol)) return false;
    this.advance();
    return true;
  }

  expect(symbol: string, what = `"${symbol}"`): void {
    if (!this.accept(symbol)) this.fail('QASM_SYNTAX', what);
  }

  /** Takes a name and returns it. */
  name(what: string): string {
    if (this.kind !== 'name') this.fail('QASM_SYNTAX', what);
    const name = this.text;
    this.advance();
    return name;
  }

  /** Stops at the current token, or at a stretch of text where `from` is given. */
  fail(
    code: QasmCode,
    expected: string,
    from = this.start,
    to = from === this.start ? this.end : this.previousEnd,
  ): never {
    throw new QasmStop(failureAt(code, this.source, from, this.source.slice(from, Math.max(from, to)), expected));
  }

  #token(kind: TokenKind, end: number): void {
    this.kind = kind;
    this.end = end;
    this.text = this.source.slice(this.start, end);
  }

  #skipBlanks(from: number): number {
    const { source } = this;
    const { length } = source;
    let i = from;
    while (i < length) {
      const c = source.charCodeAt(i);
      if (c < 128 && CLASSES[c] === BLANK) i++;
      else if (c === SLASH && source.charCodeAt(i + 1) === SLASH) i = this.#lineEnd(i);
      else if (c === SLASH && source.charCodeAt(i + 1) === STAR) i = this.#commentEnd(i);
      else if (c === 0xa0 || c === 0xfeff || c === 0x2028) i++;
      else break;
    }
    return i;
  }

  #lineEnd(from: number): number {
    const end = this.source.indexOf('\n', from);
    return end < 0 ? this.source.length : end;
  }

  #commentEnd(from: number): number {
    const end = this.source.indexOf('*/', from + 2);
    if (end >= 0) return end + 2;
    this.start = from;
    return this.fail('QASM_SYNTAX', 'a comment that ends with "*/"', from, this.#lineEnd(from));
  }

  #opensLine(start: number): boolean {
    for (let i = start - 1; i >= 0; i--) {
      const c = this.source.charCodeAt(i);
      if (c === NEWLINE) return true;
      if (c >= 128 || CLASSES[c] !== BLANK) return false;
    }
    return true;
  }

  #isDigit(offset: number): boolean {
    const c = this.source.charCodeAt(offset);
    return c >= 48 && c <= 57;
  }

  #isLetter(offset: number): boolean {
    return OTHER_LETTER.test(String.fromCodePoint(this.source.codePointAt(offset) ?? 32));
  }

  #nameEnd(from: number): number {
    const { source } = this;
    let i = from;
    for (;;) {
      const c = source.charCodeAt(i);
      if (c < 128 && ((CLASSES[c] as number) & (NAME_START | DIGIT)) !== 0) i++;
      else if (c >= 128 && this.#isLetter(i)) i += c >= 0xd800 && c < 0xdc00 ? 2 : 1;
      else return i;
    }
  }

  #digitsEnd(from: number): number {
    let i = from;
    // An underscore may part the digits of a number in OpenQASM 3.
    while (this.#isDigit(i) || (this.source.charCodeAt(i) === 95 && this.#isDigit(i + 1))) i++;
    return i;
  }

  #number(start: number): void {
    const { source } = this;
    if (source.charCodeAt(start) === 48 && source.charCodeAt(start + 1) > 57) {
      const base = BASES.exec(source.slice(start, start + BASED_DIGITS_MAX));
      if (base !== null) return this.#suffixed('integer', start + base[0].length);
    }
    let end = this.#digitsEnd(start);
    let real = false;
    if (source.charCodeAt(end) === DOT) {
      real = true;
      end = this.#digitsEnd(end + 1);
    }
    const e = source.charCodeAt(end);
    if (e === 101 || e === 69) {
      const sign = source.charCodeAt(end + 1);
      const digits = sign === 43 || sign === 45 ? end + 2 : end + 1;
      if (this.#isDigit(digits)) {
        real = true;
        end = this.#digitsEnd(digits);
      }
    }
    return this.#suffixed(real ? 'real' : 'integer', end);
  }

  /** A letter that touches a number is the imaginary unit of OpenQASM 3 or a mistake (`2q`, `10ns`). */
  #suffixed(kind: 'integer' | 'real', end: number): void {
    const after = this.#nameEnd(end);
    if (after === end) return this.#token(kind, end);
    if (this.source.slice(end, after) === 'im') return this.#token('imaginary', after);
    return this.fail('QASM_SYNTAX', 'a number that ends before the letter', this.start, after);
  }

  #string(start: number, quote: number): void {
    const end = this.source.indexOf(String.fromCharCode(quote), start + 1);
    const line = this.#lineEnd(start);
    if (end < 0 || end > line) this.fail('QASM_SYNTAX', 'a string that ends on its line', start, line);
    return this.#token('string', end + 1);
  }
}
