import { Prng } from '../../lib/prng.ts';
import { fail, ok, type Result } from '../../lib/result.ts';
import type { Clock } from '../../lib/world.ts';
import { circuitOf, gate } from '../circuit/builder.ts';
import type { Circuit, Operation } from '../circuit/circuit.ts';
import type { EngineKind, QuantumEngine } from './engine.ts';

/** Where a host keeps one line of text (browser storage, a file). Both may fail: it is then measured again. */
export interface CalibrationStore {
  load(): Promise<string | null>;
  save(text: string): Promise<void>;
}

export interface EngineOpener {
  readonly kind: EngineKind;
  readonly open: () => Promise<Result<QuantumEngine>>;
}

export interface CalibrationWorld {
  readonly openers: readonly EngineOpener[];
  readonly clock: Clock;
  /** Null: measured once in this process. */
  readonly store: CalibrationStore | null;
}

export interface CalibratedEngine {
  readonly engine: EngineKind;
  /** 2^qubits * gates / seconds of the calibration circuit, planning included; null where it was not measured. */
  readonly amplitudesPerSecond: number | null;
  /** Why it cannot be used here; null where it can. */
  readonly problem: string | null;
}

/** The engines of this machine: usable ones first, the fastest of them first. */
export interface Calibration {
  /** Measures or reads the store at the first call; later calls get the same answer. */
  order(): Promise<readonly CalibratedEngine[]>;
}

/** Small enough for plain JavaScript, so that every engine has one comparable figure at least. */
const SMALL_QUBITS = 16;
/** States that no longer fit into a cache: what a fast engine is asked for. */
const LARGE_QUBITS = 18;
const LAYERS = 12;
/** An engine that would take longer on the large circuit is judged by the small one: a start must not wait for it. */
const LARGE_MS_MAX = 150;
/** Odd, so that the median is one of them. */
const REPEATS = 3;
/** A store of another version is measured again: raise it when kernels change their speed. */
const VERSION = 1;

export function createCalibration(world: CalibrationWorld): Calibration {
  let answer: Promise<readonly CalibratedEngine[]> | null = null;
  return { order: () => (answer ??= calibrate(world)) };
}

async function calibrate({ openers, clock, store }: CalibrationWorld): Promise<readonly CalibratedEngine[]> {
  const engines: QuantumEngine[] = [];
  const missing: CalibratedEngine[] = [];
  try {
    for (const { kind, open } of openers) {
      const opened = await open();
      if (opened.ok) engines.push(opened.value);
      else missing.push({ engine: kind, amplitudesPerSecond: null, problem: opened.error.message });
    }
    return [...(await orderOf(engines, clock, store)), ...missing];
  } finally {
    for (const engine of engines) engine.dispose();
  }
}

async function orderOf(
  engines: readonly QuantumEngine[],
  clock: Clock,
  store: CalibrationStore | null,
): Promise<readonly CalibratedEngine[]> {
  // Nothing to choose from.
  if (engines.length < 2)
    return engines.map(({ kind }) => ({ engine: kind, amplitudesPerSecond: null, problem: null }));
  const key = keyOf(engines);
  const kept = await fromStore(store, key);
  if (kept !== null) return kept;
  const measured: CalibratedEngine[] = [];
  for (const engine of engines) {
    const rate = await rateOf(engine, clock);
    measured.push({
      engine: engine.kind,
      amplitudesPerSecond: rate.ok ? rate.value : null,
      problem: rate.ok ? null : rate.error.message,
    });
  }
  const order = measured.toSorted((a, b) => (b.amplitudesPerSecond ?? 0) - (a.amplitudesPerSecond ?? 0));
  // What failed may work the next time.
  if (order.every(({ problem }) => problem === null))
    await store?.save(JSON.stringify({ key, order })).catch(() => undefined);
  return order;
}

/** What the speed depends on. */
function keyOf(engines: readonly QuantumEngine[]): string {
  const parts = engines.map(({ kind, device, precision, threads }) => [kind, device, precision, threads]);
  return JSON.stringify([VERSION, ...parts]);
}

async function fromStore(store: CalibrationStore | null, key: string): Promise<readonly CalibratedEngine[] | null> {
  try {
    const text = (await store?.load()) ?? null;
    const stored: unknown = text === null ? null : JSON.parse(text);
    if (!isRecord(stored) || stored['key'] !== key || !Array.isArray(stored['order'])) return null;
    const order: readonly unknown[] = stored['order'];
    const entries = order.map(readEntry);
    return entries.every((entry) => entry !== null) ? entries : null;
  } catch {
    return null;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

function readEntry(entry: unknown): CalibratedEngine | null {
  if (!isRecord(entry)) return null;
  const { engine, amplitudesPerSecond } = entry;
  if (engine !== 'cpu' && engine !== 'wasm' && engine !== 'webgpu') return null;
  if (typeof amplitudesPerSecond !== 'number' || !(amplitudesPerSecond > 0)) return null;
  return { engine, amplitudesPerSecond, problem: null };
}

/** Amplitude updates a second after a warm-up: the median of three large runs, or one small run of a slow engine. */
async function rateOf(engine: QuantumEngine, clock: Clock): Promise<Result<number>> {
  const small = calibrationCircuit(SMALL_QUBITS);
  const cold = await millisOf(engine, small, clock);
  if (!cold.ok) return cold;
  const growth = 2 ** (LARGE_QUBITS - SMALL_QUBITS);
  if (cold.value > LARGE_MS_MAX) return ok(rate(small, cold.value));
  const warm = await millisOf(engine, small, clock);
  if (!warm.ok) return warm;
  if (growth * warm.value > LARGE_MS_MAX || engine.qubitsMax < LARGE_QUBITS) return ok(rate(small, warm.value));
  const large = calibrationCircuit(LARGE_QUBITS);
  const times: number[] = [];
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const time = await millisOf(engine, large, clock);
    if (!time.ok) return time;
    times.push(time.value);
  }
  const [, median = 0] = times.toSorted((a, b) => a - b);
  return ok(rate(large, median));
}

function rate({ qubits, operations }: Circuit, millis: number): number {
  // A clock of 1 ms resolution may say that nothing took no time.
  return (2 ** qubits * operations.length) / (Math.max(millis, 0.01) / 1000);
}

/** Milliseconds from the circuit to the first read amplitude. An engine that computes wrongly fails. */
async function millisOf(engine: QuantumEngine, circuit: Circuit, clock: Clock): Promise<Result<number>> {
  const start = clock.monotonic();
  const prepared = await engine.prepare(circuit);
  if (!prepared.ok) return prepared;
  const run = await engine.run(prepared.value);
  if (!run.ok) return run;
  const { state } = run.value;
  // A GPU has only queued its work until something is read.
  const read = await state.amplitudes([0]);
  const millis = clock.monotonic() - start;
  const norm = await state.norm();
  state.dispose();
  if (!read.ok) return read;
  if (!norm.ok) return norm;
  if (!(Math.abs(norm.value - 1) < 1e-3)) return fail('QUANTUM_NORM', `the state has norm ${norm.value} instead of 1`);
  return ok(millis);
}

/** Turns on all qubits and cz on random pairs: the mix of most circuits. */
export function calibrationCircuit(qubits: number): Circuit {
  const prng = new Prng(`calibration ${qubits}`);
  const angle = (): number => 2 * Math.PI * prng.float();
  const operations: Operation[] = [];
  for (let layer = 0; layer < LAYERS; layer++) {
    for (let q = 0; q < qubits; q++) operations.push(gate('u', [q], [angle(), angle(), angle()]));
    const order = prng.shuffle(Array.from({ length: qubits }, (_, q) => q));
    for (let i = 0; i + 1 < qubits; i += 2)
      operations.push(gate('z', [order[i] as number], [], [order[i + 1] as number]));
  }
  return circuitOf(qubits, operations);
}
