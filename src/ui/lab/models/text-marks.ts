import type { TextFailure } from '../../../app/lab/lab-state.ts';

/** Beyond this the line numbers are left out: a hundred thousand of them are slower than the text itself. */
const NUMBERED_LINES_MAX = 20_000;

export function lineCount(text: string): number {
  let lines = 1;
  for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) lines += 1;
  return lines;
}

export function lineNumbers(count: number): string {
  if (count > NUMBERED_LINES_MAX) return '';
  return Array.from({ length: count }, (_, i) => i + 1).join('\n');
}

/** Where the failure stands, as a range of the text: for the selection. Within the text whatever the failure says. */
export function rangeOf(
  text: string,
  { line, column, length }: Pick<TextFailure, 'line' | 'column' | 'length'>,
): readonly [from: number, to: number] {
  let start = 0;
  for (let n = 1; n < line; n++) {
    const end = text.indexOf('\n', start);
    if (end < 0) break;
    start = end + 1;
  }
  const end = text.indexOf('\n', start);
  const lineEnd = end < 0 ? text.length : end;
  const from = Math.min(lineEnd, start + Math.max(0, column - 1));
  return [from, Math.min(lineEnd, from + length)];
}

/** Columns as the eye counts them: a tab reaches to the next multiple of `tab`. */
export function visualColumn(
  text: string,
  { line, column }: Pick<TextFailure, 'line' | 'column'>,
  tab: number,
): number {
  const [from] = rangeOf(text, { line, column: 1, length: 0 });
  const [to] = rangeOf(text, { line, column, length: 0 });
  let at = 0;
  for (const letter of text.slice(from, to)) at += letter === '\t' ? tab - (at % tab) : 1;
  return at;
}
