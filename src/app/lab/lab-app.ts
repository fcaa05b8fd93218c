import type { StoreApi } from 'zustand/vanilla';
import { fail } from '../../core/lib/result.ts';
import type { Draft, Edited } from './edit.ts';
import { LabCore, TYPING_MS } from './lab-core.ts';
import { OBSERVABLES_MAX, SEED_MAX, SHOTS_MAX, TEXT_CHARS_MAX } from './lab-document.ts';
import type { LabPorts } from './lab-ports.ts';
import type { EngineChoice, LabState, Objective, PrecisionChoice } from './lab-state.ts';
import { saveCircuit, type ExportForm } from './save-circuit.ts';

export interface LabApp {
  readonly store: StoreApi<LabState>;
  readonly commands: LabCommands;
  /** For reading and writing angles in the properties of a gate. */
  readonly language: LabPorts['language'];
}

export interface LabCommands {
  /** A keystroke in the text box. */
  type(text: string): void;
  /** A whole new text: an example, a file, an optimised circuit. */
  open(text: string): void;
  openFile(file: { readonly name: string; readonly size: number; text(): Promise<string> }): Promise<void>;
  /** Applies an edit of the grid and says what came of it. */
  edit(change: (draft: Draft) => Edited): Edited | null;
  setValue(name: string, value: number): void;
  setObservables(lines: readonly string[]): void;
  setShots(shots: number): void;
  setSeed(seed: number): void;
  setNoise(on: boolean): void;
  setEngine(engine: EngineChoice): void;
  setPrecision(precision: PrecisionChoice): void;
  setStep(step: number | null): void;
  cancel(): void;
  retry(): void;
  optimise(objective: Objective): Promise<void>;
  useOptimised(): void;
  /** Opens and measures every engine of this host, which takes seconds the first time; runs wait meanwhile. */
  listEngines(): Promise<void>;
  save(form: ExportForm): Promise<void>;
  copyLink(): Promise<void>;
  dismiss(): void;
}

/** The lab: one document, its circuit, what the simulator says about it, and the history of it all. `welcome` fills an empty address. */
export function createLab(ports: LabPorts, welcome: string): LabApp {
  const core = new LabCore(ports, welcome);
  const commands: LabCommands = {
    ...documentCommands(core),
    ...runCommands(core),
    ...outsideCommands(core, ports),
  };
  return { store: core.store, commands, language: ports.language };
}

type DocumentCommand = 'type' | 'open' | 'openFile' | 'edit' | 'setValue';

function documentCommands(core: LabCore): Pick<LabCommands, DocumentCommand> {
  return {
    type: (text) => core.type(text),
    open: (text) => core.open(text),
    openFile: async (file) => {
      // A character has at most four bytes, so this is known before the file is read.
      if (file.size > 4 * TEXT_CHARS_MAX) {
        core.tell({ kind: 'too-long' });
        return;
      }
      try {
        core.open(await file.text());
      } catch {
        core.tell({ kind: 'file-unreadable', name: file.name });
      }
    },
    edit: (change) => core.edit(change),
    setValue: (name, value) => {
      const { values } = core.store.getState().document;
      if (!Number.isFinite(value) || !core.change({ values: { ...values, [name]: value } })) return;
      core.record(`value ${name}`);
      core.run(0);
    },
  };
}

type RunCommand =
  | 'setObservables'
  | 'setShots'
  | 'setSeed'
  | 'setNoise'
  | 'setEngine'
  | 'setPrecision'
  | 'setStep'
  | 'cancel'
  | 'retry';

function runCommands(core: LabCore): Pick<LabCommands, RunCommand> {
  const { store } = core;
  return {
    setObservables: (lines) => core.settle({ observables: lines.slice(0, OBSERVABLES_MAX) }, TYPING_MS),
    setShots: (shots) => core.settle({ shots: whole(shots, SHOTS_MAX) }, TYPING_MS),
    setSeed: (seed) => core.settle({ seed: whole(seed, SEED_MAX) }, TYPING_MS),
    setNoise: (noise) => core.settle({ noise }, 0),
    setEngine: (engine) => {
      store.setState({ engine });
      core.run(0);
    },
    setPrecision: (precision) => {
      store.setState({ precision });
      core.run(0);
    },
    setStep: (step) => {
      const last = store.getState().draft?.circuit.operations.length ?? 0;
      store.setState({ step: step === null || step >= last ? null : Math.max(0, Math.round(step)) });
      core.run(0);
    },
    cancel: () => core.loop.cancel(),
    retry: () => core.loop.again(),
  };
}

type OutsideCommand = Exclude<keyof LabCommands, DocumentCommand | RunCommand>;

function outsideCommands(core: LabCore, ports: LabPorts): Pick<LabCommands, OutsideCommand> {
  const { store } = core;
  return {
    optimise: (objective) => optimise(core, ports, objective),
    useOptimised: () => {
      const { optimise: done, document } = store.getState();
      if (done.state !== 'done') return;
      core.open(done.report.qasm);
      // The names of the parameters are the same as before.
      core.settle({ values: document.values }, 0);
    },
    listEngines: async () => {
      if (store.getState().engines !== null) return;
      // Without the list the page only says less about the host.
      store.setState({ engines: await ports.service.engines().catch(() => []) });
    },
    save: async (form) => {
      const { document, draft } = store.getState();
      const saved = await saveCircuit(form, document.qasm, draft?.circuit ?? null, ports);
      if (!saved.ok) core.tell({ kind: 'unprintable', message: saved.error.message });
    },
    copyLink: async () => {
      await core.recorder.settled();
      const { fragment } = ports.history.current();
      if (!core.isInAddress(fragment)) {
        core.tell({ kind: 'address-too-long' });
        return;
      }
      const copied = await ports.copy(ports.address(fragment));
      core.tell({ kind: copied ? 'copied' : 'not-copied' });
    },
    dismiss: () => core.tell(null),
  };
}

async function optimise({ store }: LabCore, ports: LabPorts, objective: Objective): Promise<void> {
  const { document, draft, optimise: before } = store.getState();
  if (before.state === 'running' || draft === null) return;
  store.setState({ optimise: { state: 'running' } });
  const noise = objective === 'noise' ? { noise: ports.exampleDevice(draft.circuit.qubits) } : {};
  const result = await ports.service
    .optimiseCircuit({ qasm: document.qasm, objective, ...noise })
    .catch((error: unknown) => fail('LAB_OPTIMISE', error instanceof Error ? error.message : String(error), true));
  store.setState({
    optimise: result.ok
      ? { state: 'done', report: result.value, of: document.qasm }
      : { state: 'failed', failure: result.error },
  });
}

const whole = (value: number, max: number): number =>
  Number.isFinite(value) ? Math.min(max, Math.max(0, Math.round(value))) : 0;
