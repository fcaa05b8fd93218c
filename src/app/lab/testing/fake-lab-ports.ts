import { fail, ok } from '../../../core/lib/result.ts';
import type { Circuit } from '../../../core/quantum/circuit/circuit.ts';
import type { HistoryEntry, LabHistory, LabLanguage, LabPorts, LabTimer } from '../lab-ports.ts';
import { fakeCircuitService, type FakeCircuitService } from './fake-circuit-service.ts';

/** A session history as browsers keep it: a push drops what lies ahead. */
export class FakeHistory implements LabHistory {
  entries: HistoryEntry[];
  at = 0;
  #listener: (entry: HistoryEntry) => void = () => undefined;

  constructor(first: HistoryEntry) {
    this.entries = [first];
  }
  current(): HistoryEntry {
    return this.entries[this.at] ?? { fragment: '', state: null };
  }
  push(entry: HistoryEntry): void {
    this.entries = [...this.entries.slice(0, this.at + 1), structuredClone(entry)];
    this.at += 1;
  }
  replace(entry: HistoryEntry): void {
    this.entries[this.at] = structuredClone(entry);
  }
  onChange(listener: (entry: HistoryEntry) => void): void {
    this.#listener = listener;
  }
  go(by: number): void {
    this.at += by;
    this.#listener(this.current());
  }
}

/** Time that stands still until it is moved. */
export class FakeTimer implements LabTimer {
  #now = 0;
  #waiting: { readonly at: number; readonly work: () => void }[] = [];

  now(): number {
    return this.#now;
  }
  later(delayMs: number, work: () => void): () => void {
    const entry = { at: this.#now + delayMs, work };
    this.#waiting.push(entry);
    return () => {
      this.#waiting = this.#waiting.filter((other) => other !== entry);
    };
  }
  async pass(ms: number): Promise<void> {
    const until = this.#now + ms;
    await settle();
    for (;;) {
      const next = this.#waiting.toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > until) break;
      this.#waiting = this.#waiting.filter((other) => other !== next);
      this.#now = next.at;
      next.work();
      await settle();
    }
    this.#now = until;
    await settle();
  }
}

/** Compression streams of the hash need a few turns of the event loop. */
async function settle(): Promise<void> {
  for (let i = 0; i < 8; i++) await new Promise((resolve) => setTimeout(resolve, 0));
}

/** Stands in for OpenQASM where the language does not matter: circuits as JSON. A text without braces fails in line 1. */
export const jsonLanguage: LabLanguage = {
  parse: (text) => {
    try {
      return ok(JSON.parse(text) as Circuit);
    } catch {
      return {
        ok: false,
        error: { code: 'QASM_SYNTAX', line: 1, column: 1, length: 1, message: `line 1, column 1: got "${text}"` },
      };
    }
  },
  print: (circuit, version) =>
    version === 2 && circuit.parameters.length > 0
      ? fail('QASM_UNPRINTABLE', 'got parameters, expected none in version 2')
      : ok(JSON.stringify(circuit)),
  json: async (circuit) => ok(JSON.stringify(circuit)),
  svg: async () => ok('<svg xmlns="http://www.w3.org/2000/svg"/>'),
  parseAngle: (text) => (Number.isFinite(Number(text)) ? ok(Number(text)) : fail('QASM_SYNTAX', `got "${text}"`)),
  printAngle: String,
};

export interface FakeLabPorts extends LabPorts {
  readonly service: FakeCircuitService;
  readonly history: FakeHistory;
  readonly timer: FakeTimer;
  readonly saved: readonly { readonly name: string; readonly type: string; readonly content: string }[];
  readonly clipboard: readonly string[];
}

export function fakeLabPorts(first: HistoryEntry = { fragment: '', state: null }): FakeLabPorts {
  const saved: { name: string; type: string; content: string }[] = [];
  const clipboard: string[] = [];
  return {
    service: fakeCircuitService(),
    language: jsonLanguage,
    history: new FakeHistory(first),
    timer: new FakeTimer(),
    exampleDevice: (qubits) => ({ qubits }),
    saveFile: (name, type, content) => void saved.push({ name, type, content }),
    copy: async (text) => {
      clipboard.push(text);
      return true;
    },
    address: (fragment) => `https://example.test/lab#${fragment}`,
    saved,
    clipboard,
  };
}
