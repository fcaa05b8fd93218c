import type { Failure } from '../../lib/result.ts';

/**
 * What can be wrong with a program, or with a circuit that is to be printed as one.
 * SYNTAX: not the grammar. VERSION, INCLUDE: a header or library that is not known. NAME: unknown or declared twice.
 * TYPE: the wrong kind or number of things. RANGE: an index or size outside of its bounds. VALUE: an angle that is no
 * finite number. DUPLICATE: one qubit twice in a call. RECURSION: a gate that calls itself. OPAQUE: a gate without a body.
 * UNSUPPORTED: valid OpenQASM that no circuit here can hold. LIMIT: too large. UNPRINTABLE: a circuit without such a text.
 */
export type QasmCode =
  | 'QASM_SYNTAX'
  | 'QASM_VERSION'
  | 'QASM_INCLUDE'
  | 'QASM_NAME'
  | 'QASM_TYPE'
  | 'QASM_RANGE'
  | 'QASM_VALUE'
  | 'QASM_DUPLICATE'
  | 'QASM_RECURSION'
  | 'QASM_OPAQUE'
  | 'QASM_UNSUPPORTED'
  | 'QASM_LIMIT'
  | 'QASM_UNPRINTABLE';

export interface QasmFailure extends Failure<QasmCode> {
  /** 1-based; 0 where a circuit, not a text, is at fault. */
  readonly line: number;
  /** 1-based, in UTF-16 units; 0 where a circuit is at fault. */
  readonly column: number;
  /** The offending text, shortened. */
  readonly found: string;
  readonly expected: string;
}

/** Carries a failure out of the parser; caught at its door, so that callers only see values. Not an Error: it needs no stack. */
export class QasmStop {
  readonly failure: QasmFailure;
  constructor(failure: QasmFailure) {
    this.failure = failure;
  }
}

/** A problem inside a gate, thrown where its place in the text is not known; the call that met it adds the place. */
export class GateProblem {
  readonly code: QasmCode;
  readonly expected: string;
  constructor(code: QasmCode, expected: string) {
    this.code = code;
    this.expected = expected;
  }
}

/** Long enough to recognise the place, short enough for one line. */
const FOUND_MAX = 40;

export function shorten(text: string): string {
  // Control characters would break the sentence, and half a surrogate pair is no text.
  const clean = text.slice(0, FOUND_MAX + 1).replace(/[\p{Cc}\p{Cs}\u2028\u2029]/gu, '\u{fffd}');
  return text.length > FOUND_MAX ? `${clean.slice(0, FOUND_MAX)}…` : clean;
}

export function failureAt(code: QasmCode, text: string, offset: number, found: string, expected: string): QasmFailure {
  let line = 1;
  let lineStart = 0;
  for (let i = text.indexOf('\n'); i >= 0 && i < offset; i = text.indexOf('\n', i + 1)) {
    line++;
    lineStart = i + 1;
  }
  const column = offset - lineStart + 1;
  const short = shorten(found);
  const got = short === '' ? 'the end of the text' : `"${short}"`;
  const message = `line ${line}, column ${column}: got ${got}, expected ${expected}`;
  return { code, message, retry: false, line, column, found: short, expected };
}

/** For a circuit that has no text in a version of the language. */
export function unprintable(found: string, expected: string): QasmFailure {
  const message = `got ${found}, expected ${expected}`;
  return { code: 'QASM_UNPRINTABLE', message, retry: false, line: 0, column: 0, found: shorten(found), expected };
}
