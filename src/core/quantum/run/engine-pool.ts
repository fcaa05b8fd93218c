import type { EngineInfo } from '../../contracts/circuit-service.ts';
import { fail, ok, type Result } from '../../lib/result.ts';
import type { CalibratedEngine } from '../engine/calibration.ts';
import type { EngineKind, Precision, QuantumEngine } from '../engine/engine.ts';
import type { EngineChoice, OpenedEngine, OpenEngine } from './engine-choice.ts';

/** How this host opens engines; null where it cannot have one. */
export interface EngineOpeners {
  readonly cpu: () => QuantumEngine;
  readonly wasm: ((precision: Precision, threads: number) => Promise<Result<QuantumEngine>>) | null;
  readonly webgpu: (() => Promise<Result<QuantumEngine>>) | null;
  /** Taken where nobody says how many. */
  readonly threads: number;
  /** What `auto` tries, best first, and what was measured to find out. The CPU comes last where it is not named. */
  readonly preference: () => Promise<readonly CalibratedEngine[]>;
}

export interface EnginePool {
  readonly open: OpenEngine;
  readonly engines: () => Promise<readonly EngineInfo[]>;
  readonly dispose: () => void;
}

/** An engine keeps its memory and its threads: two precisions and a GPU are as many as anybody switches between. */
const OPEN_MAX = 3;
/** One submission to a GPU takes longer than a whole circuit of this size on a CPU: `auto` need not measure anything. */
const SMALL_QUBITS = 12;
const SMALL_ORDER: readonly EngineKind[] = ['wasm', 'cpu', 'webgpu'];

/** Opens every engine once per precision and number of threads. Not for two runs at a time: the least used one is disposed of. */
export function createEnginePool(openers: EngineOpeners): EnginePool {
  return new Pool(openers);
}

/** Best first, without those that failed when they were measured. */
function usable(measured: readonly CalibratedEngine[]): readonly EngineKind[] {
  return measured.filter(({ problem }) => problem === null).map(({ engine }) => engine);
}

class Pool implements EnginePool {
  readonly #openers: EngineOpeners;
  /** Least recently used first. */
  readonly #open = new Map<string, QuantumEngine>();

  constructor(openers: EngineOpeners) {
    this.#openers = openers;
  }

  readonly open = (choice: EngineChoice): Promise<Result<OpenedEngine>> =>
    choice.engine === 'auto' ? this.#best(choice) : this.#exactly(choice.engine, choice);

  readonly dispose = (): void => {
    for (const engine of this.#open.values()) engine.dispose();
    this.#open.clear();
  };

  readonly engines = async (): Promise<readonly EngineInfo[]> => {
    const measured = await this.#openers.preference();
    const infos: Omit<EngineInfo, 'chosen'>[] = [];
    for (const kind of ['wasm', 'webgpu', 'cpu'] as const) infos.push(await this.#info(kind, measured));
    const chosen = [...usable(measured), 'cpu'].find((kind) =>
      infos.some(({ engine, available }) => engine === kind && available),
    );
    return infos.map((info) => ({ ...info, chosen: info.engine === chosen }));
  };

  async #info(kind: EngineKind, measured: readonly CalibratedEngine[]): Promise<Omit<EngineInfo, 'chosen'>> {
    const { amplitudesPerSecond = null, problem = null } = measured.find(({ engine }) => engine === kind) ?? {};
    const choice = { engine: kind, precision: null, threads: null, qubits: 0, without: [] };
    const opened = problem === null ? await this.#exactly(kind, choice) : fail('QUANTUM_ENGINE', problem);
    if (!opened.ok) {
      const detail = opened.error.message;
      return { engine: kind, available: false, detail, qubitsMax: 0, threads: 0, amplitudesPerSecond };
    }
    const { device, qubitsMax, threads } = opened.value.engine;
    return { engine: kind, available: true, detail: device, qubitsMax, threads, amplitudesPerSecond };
  }

  /** The first in order of preference that opens, has the precision and holds the qubits; of too small ones the largest. */
  async #best(choice: EngineChoice): Promise<Result<OpenedEngine>> {
    const small = choice.qubits <= SMALL_QUBITS;
    const preferred = small ? SMALL_ORDER : usable(await this.#openers.preference());
    const kinds = [...new Set<EngineKind>([...preferred, 'cpu'])].filter(
      (kind) => !choice.without.includes(kind) && this.#openers[kind] !== null,
    );
    const notes: string[] = [];
    let largest: OpenedEngine | null = null;
    for (const kind of kinds) {
      if (kind === 'webgpu' && choice.precision === 'f64') continue;
      const opened = await this.#exactly(kind, choice);
      if (!opened.ok) {
        notes.push(`No ${kind} engine: ${opened.error.message}.`);
        continue;
      }
      const found = { engine: opened.value.engine, notes: [...notes, ...opened.value.notes] };
      if (found.engine.qubitsMax >= choice.qubits) return ok(found);
      if (largest === null || found.engine.qubitsMax > largest.engine.qubitsMax) largest = found;
    }
    if (largest !== null) return ok(largest);
    return fail('QUANTUM_ENGINE', 'every engine of this machine failed; reload and try a smaller circuit', true);
  }

  async #exactly(kind: EngineKind, { precision, threads }: EngineChoice): Promise<Result<OpenedEngine>> {
    const { cpu, wasm, webgpu } = this.#openers;
    switch (kind) {
      case 'cpu': {
        const notes = precision === 'f32' ? ['The CPU engine computes in 64-bit floats; f32 was asked for.'] : [];
        if (threads !== null && threads > 1) notes.push('The CPU engine runs on one thread.');
        return this.#keep('cpu', async () => ok(cpu()), notes);
      }
      case 'wasm': {
        if (wasm === null) return fail('QUANTUM_ENGINE', 'this program has no WASM engine; take cpu');
        const wanted = { precision: precision ?? 'f32', threads: threads ?? this.#openers.threads };
        const key = `wasm ${wanted.precision} ${wanted.threads}`;
        const opened = await this.#keep(key, () => wasm(wanted.precision, wanted.threads), []);
        if (!opened.ok || threads === null || opened.value.engine.threads >= threads) return opened;
        const got = opened.value.engine.threads;
        return ok({ ...opened.value, notes: [`${threads} threads were asked for, this host gives ${got}.`] });
      }
      case 'webgpu':
        if (webgpu === null) return fail('QUANTUM_ENGINE', 'this program has no WebGPU; take wasm or cpu');
        if (precision === 'f64')
          return fail('QUANTUM_PRECISION', 'the WebGPU engine computes in 32-bit floats; take wasm or cpu for f64');
        return this.#keep('webgpu', webgpu, []);
    }
  }

  async #keep(
    key: string,
    open: () => Promise<Result<QuantumEngine>>,
    notes: readonly string[],
  ): Promise<Result<OpenedEngine>> {
    let engine = this.#open.get(key);
    if (engine === undefined) {
      const opened = await open();
      if (!opened.ok) return opened;
      engine = opened.value;
    }
    this.#open.delete(key);
    this.#open.set(key, engine);
    for (const [oldKey, old] of this.#open) {
      if (this.#open.size <= OPEN_MAX) break;
      old.dispose();
      this.#open.delete(oldKey);
    }
    return ok({ engine, notes });
  }
}
