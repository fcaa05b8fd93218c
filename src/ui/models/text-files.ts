import { SHARD_BYTES_MAX } from '../../core/session/session-view.ts';
import type { ChosenText } from '../../app/participant-app.ts';

/** A folder with more files than this is surely not meant as training text. */
export const FILES_MAX = 2_000;

/** The part of File that is used. */
export interface TextFile {
  readonly name: string;
  readonly size: number;
  arrayBuffer(): Promise<ArrayBuffer>;
}

export type FilesOutcome =
  | { readonly kind: 'text'; readonly text: ChosenText }
  | { readonly kind: 'none' }
  /** Refused before a byte was read: a gigabyte must not reach memory. */
  | { readonly kind: 'large'; readonly bytes: number }
  | { readonly kind: 'unreadable'; readonly name: string };

/** Reads files into one choice of text. What is inside them is judged by the training service, which names each file it leaves out. */
export async function readFiles(files: readonly TextFile[], keep: boolean): Promise<FilesOutcome> {
  const wanted = files.filter((file) => file.size > 0 && !file.name.startsWith('.')).slice(0, FILES_MAX);
  const first = wanted[0];
  if (first === undefined) return { kind: 'none' };
  const bytes = wanted.reduce((sum, file) => sum + file.size, 0);
  if (bytes > SHARD_BYTES_MAX) return { kind: 'large', bytes };
  const read: { name: string; bytes: Uint8Array }[] = [];
  for (const file of wanted) {
    try {
      read.push({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) });
    } catch {
      return { kind: 'unreadable', name: file.name };
    }
  }
  const only = read.length === 1 ? read[0] : undefined;
  const name = only === undefined ? `${first.name} + ${read.length - 1}` : only.name;
  const source =
    only === undefined
      ? { kind: 'texts' as const, files: read }
      : { kind: 'text' as const, name: only.name, bytes: only.bytes };
  return { kind: 'text', text: { source, name, bytes, keep } };
}
