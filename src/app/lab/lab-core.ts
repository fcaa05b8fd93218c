import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Circuit } from '../../core/quantum/circuit/circuit.ts';
import { draftOf, type Draft, type Edited } from './edit.ts';
import { EMPTY_DOCUMENT, sameDocument, TEXT_CHARS_MAX, type LabDocument } from './lab-document.ts';
import { createRecorder, readEntry, type Moment, type Recorder, type Restored } from './lab-history.ts';
import type { LabPorts } from './lab-ports.ts';
import type { LabNotice, LabState } from './lab-state.ts';
import { requestOf } from './requests.ts';
import { createRunLoop, type RunLoop } from './run-loop.ts';

/** Somebody who types should not see a failure for each half-written word, and a run takes the tab's cores. */
export const TYPING_MS = 200;
/** Several edits in one frame are one run. */
const EDIT_MS = 20;

const FIRST: LabState = {
  ready: false,
  document: EMPTY_DOCUMENT,
  draft: null,
  textFailure: null,
  step: null,
  engine: 'auto',
  precision: 'auto',
  run: { state: 'idle' },
  report: null,
  optimise: { state: 'idle' },
  engines: null,
  notice: null,
};

/** Where the text is empty the grid still has something to begin with. */
const NO_CIRCUIT: Circuit = {
  qubits: 2,
  clbits: 0,
  quantumRegisters: [{ name: 'q', offset: 0, size: 2 }],
  classicalRegisters: [],
  parameters: [],
  operations: [],
};

export const EMPTY_DRAFT: Draft = draftOf(NO_CIRCUIT, null);

/** The document and what follows from it: its circuit, its place in the history, its run. */
export class LabCore {
  readonly store: StoreApi<LabState> = createStore<LabState>(() => FIRST);
  readonly loop: RunLoop;
  readonly recorder: Recorder;
  readonly #ports: LabPorts;
  readonly #welcome: string;
  /** Set while typed text waits to be read. */
  #stopParsing: (() => void) | null = null;

  constructor(ports: LabPorts, welcome: string) {
    this.#ports = ports;
    this.#welcome = welcome;
    this.loop = createRunLoop(ports.service, ports.timer, {
      onState: (run) => this.store.setState({ run }),
      onReport: (report) => this.store.setState({ report }),
    });
    this.recorder = createRecorder(ports.history, ports.timer, {
      onRestore: (restored) => this.#restore(restored),
      onTooLong: () => this.tell({ kind: 'address-too-long' }),
    });
    void readEntry(ports.history.current()).then((first) => this.#restore(first));
  }

  tell(notice: LabNotice | null): void {
    this.store.setState({ notice });
  }

  run(delayMs: number): void {
    this.loop.want(requestOf(this.store.getState(), this.#ports.exampleDevice), delayMs);
  }

  /** False where nothing is different. */
  change(part: Partial<LabDocument>): boolean {
    const { document: before } = this.store.getState();
    const document = { ...before, ...part };
    if (sameDocument(document, before)) return false;
    this.store.setState({ document });
    return true;
  }

  /** Edits of one topic in a row are one entry of the history. */
  record(topic: string | null): void {
    this.recorder.record(this.#moment(), topic);
  }

  /** Settings of a run change the present entry: back undoes edits of the circuit, not of its surroundings. */
  settle(part: Partial<LabDocument>, delayMs: number): void {
    if (!this.change(part)) return;
    this.recorder.amend(this.#moment());
    this.run(delayMs);
  }

  type(text: string): void {
    if (this.#isTooLong(text) || !this.change({ qasm: text })) return;
    this.store.setState({ step: null });
    this.#stopParsing?.();
    this.#stopParsing = this.#ports.timer.later(TYPING_MS, () => {
      this.#read(null);
      this.record('text');
      this.run(0);
    });
  }

  open(text: string): void {
    if (this.#isTooLong(text)) return;
    this.store.setState({ step: null, notice: null });
    if (!this.change({ qasm: text, values: {} })) return;
    this.#read(null);
    this.record(null);
    this.run(0);
  }

  edit(edit: (draft: Draft) => Edited): Edited | null {
    // Typed text that was not read yet counts first; broken text is not overwritten by an older circuit.
    if (this.#stopParsing !== null) this.#read(null);
    const { draft, textFailure, document } = this.store.getState();
    if (textFailure !== null) return { ok: false, refusal: { kind: 'text-broken' } };
    const edited = edit(draft ?? EMPTY_DRAFT);
    if (!edited.ok) return edited;
    const printed = this.#ports.language.print(edited.draft.circuit, versionOf(document.qasm));
    if (!printed.ok) {
      this.tell({ kind: 'unprintable', message: printed.error.message });
      return null;
    }
    this.change({ qasm: printed.value });
    this.store.setState({ step: null, notice: null });
    // What runs is the text, so the grid shows the text's operations; it only keeps its columns.
    this.#read(edited.draft.columns);
    this.record(null);
    this.run(EDIT_MS);
    return edited;
  }

  /** An address with nothing in it opens the welcome circuit, so a link without a fragment stands for that one only. */
  isInAddress(fragment: string): boolean {
    return fragment !== '' || this.store.getState().document.qasm === this.#welcome;
  }

  #isTooLong(text: string): boolean {
    const tooLong = text.length > TEXT_CHARS_MAX;
    if (tooLong) this.tell({ kind: 'too-long' });
    return tooLong;
  }

  #moment(): Moment {
    const { document, draft } = this.store.getState();
    return { document, columns: draft?.columns ?? null };
  }

  /** Reads the text of the document; the last good circuit stays in sight while the text is broken. */
  #read(columns: readonly number[] | null): void {
    this.#stopParsing?.();
    this.#stopParsing = null;
    const { qasm } = this.store.getState().document;
    if (qasm.trim() === '') {
      this.store.setState({ draft: null, textFailure: null, report: null, step: null });
      return;
    }
    const parsed = this.#ports.language.parse(qasm);
    if (!parsed.ok) {
      this.store.setState({ textFailure: parsed.error });
      return;
    }
    const fits = columns !== null && columns.length === parsed.value.operations.length;
    this.store.setState({ draft: draftOf(parsed.value, fits ? columns : null), textFailure: null });
  }

  #restore({ moment: { document, columns }, unread, blank }: Restored): void {
    this.store.setState({
      ready: true,
      document: blank ? { ...document, qasm: this.#welcome } : document,
      step: null,
      notice: unread.length > 0 ? { kind: 'hash', fields: unread } : null,
    });
    this.#read(columns);
    this.run(0);
  }
}

/** The grid keeps to the version of the text where it can; version 2 gives way to 3 when a circuit needs it. */
function versionOf(text: string): 3 | undefined {
  const first = text.split('\n').find((line) => line.trim() !== '' && !line.trim().startsWith('//'));
  return first === undefined || /^\s*OPENQASM\s+3/u.test(first) ? 3 : undefined;
}
