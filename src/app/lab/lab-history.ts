import { EMPTY_DOCUMENT, TEXT_CHARS_MAX, type LabDocument } from './lab-document.ts';
import { decodeHash, encodeHash } from './hash-codec.ts';
import type { HistoryEntry, LabHistory, LabTimer } from './lab-ports.ts';

/** One entry of the history: the document, and the columns that the address does not hold. */
export interface Moment {
  readonly document: LabDocument;
  readonly columns: readonly number[] | null;
}

export interface Restored {
  readonly moment: Moment;
  /** Fields of the address that could not be read. */
  readonly unread: readonly string[];
  /** The page was opened without any address of a circuit. */
  readonly blank: boolean;
}

export interface Recorder {
  /** Edits of one topic within COALESCE_MS become one entry; null always makes a new one. */
  record(moment: Moment, topic: string | null): void;
  /** Changes the present entry. */
  amend(moment: Moment): void;
  /** Resolves when all that was recorded stands in the address. */
  settled(): Promise<void>;
}

export interface RecorderEvents {
  readonly onRestore: (restored: Restored) => void;
  readonly onTooLong: () => void;
}

/** A pause this long ends a burst of typing or sliding: the next one is undone by itself. */
const COALESCE_MS = 1_500;
const STATE_VERSION = 1;

/** Writes each edit to the address as an entry of the tab's history, so that the back button is undo; reads them back. */
export function createRecorder(history: LabHistory, timer: LabTimer, events: RecorderEvents): Recorder {
  let queue: Promise<void> = Promise.resolve();
  /** Grows with every restore: what was recorded before must not be written over it. */
  let generation = 0;
  let last: { topic: string; at: number } | null = null;

  const write = (moment: Moment, how: 'push' | 'replace'): void => {
    const mine = generation;
    queue = queue.then(async () => {
      const encoded = await encodeHash(moment.document);
      if (mine !== generation) return;
      if (!encoded.ok) events.onTooLong();
      // A circuit too long for an address still lives in the entry itself: back and reload find it, a copied link does not.
      const entry: HistoryEntry = {
        fragment: encoded.ok ? encoded.value : '',
        state: { version: STATE_VERSION, ...moment },
      };
      history[how](entry);
    });
  };

  history.onChange((entry) => {
    const mine = ++generation;
    last = null;
    void readEntry(entry).then((restored) => {
      if (mine === generation) events.onRestore(restored);
    });
  });

  return {
    record: (moment, topic) => {
      const now = timer.now();
      const goesOn = topic !== null && last?.topic === topic && now - last.at < COALESCE_MS;
      last = topic === null ? null : { topic, at: now };
      write(moment, goesOn ? 'replace' : 'push');
    },
    amend: (moment) => write(moment, 'replace'),
    settled: () => queue,
  };
}

/** The entry's own value where it is one of ours, else its fragment. */
export async function readEntry(entry: HistoryEntry): Promise<Restored> {
  const moment = readState(entry.state);
  if (moment !== null) return { moment, unread: [], blank: false };
  const { document, unread } = await decodeHash(entry.fragment);
  return { moment: { document, columns: null }, unread, blank: entry.fragment === '' };
}

/** History values come from this page, but perhaps from an older version of it. */
function readState(state: unknown): Moment | null {
  if (typeof state !== 'object' || state === null) return null;
  const { version, document, columns } = state as Partial<Moment & { version: number }>;
  if (version !== STATE_VERSION || typeof document?.qasm !== 'string' || document.qasm.length > TEXT_CHARS_MAX)
    return null;
  const fits = columns === null || (Array.isArray(columns) && columns.every((column) => Number.isInteger(column)));
  return { document: { ...EMPTY_DOCUMENT, ...document }, columns: fits ? (columns ?? null) : null };
}
