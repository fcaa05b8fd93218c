import { readFile, stat } from 'node:fs/promises';
import { fail, ok, type Failure, type Result } from '../../src/core/lib/result.ts';

/** A program with the name that messages give it. */
export interface Source {
  readonly name: string;
  readonly text: string;
}

/** Two million gates are 60 MB of text; more is not a circuit that anybody wrote. */
const BYTES_MAX = 256 * 1024 * 1024;
/** Longer lines are cut around the place of the mistake. */
const LINE_SHOWN = 100;

/** `-` is standard input. Failure CLI_READ says what the path is instead of a readable file. */
export async function readSource(
  path: string,
  input: AsyncIterable<Buffer> = process.stdin,
): Promise<Result<Source, Failure<'CLI_READ'>>> {
  try {
    if (path === '-') return ok({ name: 'standard input', text: await readAll(input) });
    const { size } = await stat(path);
    if (size > BYTES_MAX) return fail('CLI_READ', `${path} has ${size} bytes, at most ${BYTES_MAX} are read`);
    return ok({ name: path, text: await readFile(path, 'utf8') });
  } catch (error) {
    return fail('CLI_READ', reasonOf(path, error));
  }
}

async function readAll(input: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of input) {
    bytes += chunk.length;
    if (bytes > BYTES_MAX) throw new Error(`more than ${BYTES_MAX} bytes came in`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function reasonOf(path: string, error: unknown): string {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  if (code === 'ENOENT') return `there is no file ${path}`;
  if (code === 'EISDIR') return `${path} is a folder, expected a file`;
  if (code === 'EACCES') return `${path} may not be read`;
  return `${path} cannot be read (${error instanceof Error ? error.message : String(error)})`;
}

/** Where a parser stopped. Lines and columns count from 1. */
interface Place {
  readonly line: number;
  readonly column: number;
}

/** The line of a mistake with a caret below the place; empty where the failure has no place. */
export function excerpt({ text }: Source, failure: Failure): readonly string[] {
  const place = placeOf(failure);
  if (place === null) return [];
  const line = lineOf(text, place.line).replaceAll('\t', ' ');
  const from = Math.max(0, Math.min(place.column - LINE_SHOWN / 2, line.length - LINE_SHOWN));
  const label = `${place.line} | `;
  const caret = ' '.repeat(label.length + Math.max(0, place.column - 1 - from));
  return [`${label}${printable(line.slice(from, from + LINE_SHOWN))}`, `${caret}^`];
}

/** Which file a message about a place is about. */
export function placed({ name }: Source, failure: Failure): string {
  return placeOf(failure) === null ? '' : `${name}, `;
}

function placeOf(failure: Failure): Place | null {
  const { line, column } = failure as Partial<Place>;
  // Line 0: a circuit is at fault, not a text.
  return typeof line === 'number' && typeof column === 'number' && line > 0 ? { line, column } : null;
}

/** Without splitting a file of a million lines. */
function lineOf(text: string, number: number): string {
  let from = 0;
  for (let line = 1; line < number; line++) {
    const end = text.indexOf('\n', from);
    if (end < 0) return '';
    from = end + 1;
  }
  const end = text.indexOf('\n', from);
  return text.slice(from, end < 0 ? undefined : end).replace(/\r$/, '');
}

/** A file of garbage must not move the cursor or ring the bell. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '\u{fffd}');
}
