import { Prng } from '../../lib/prng.ts';
import { fail, ok, type Result } from '../../lib/result.ts';
import type { Clock } from '../../lib/world.ts';
import { circuitOf, gate } from '../circuit/builder.ts';
import type { Circuit, Operation } from '../circuit/circuit.ts';
import { createCpuDevice } from './cpu-device.ts';
import type { EngineKind, QuantumEngine } from './engine.ts';
import { createEngine } from './simulator.ts';

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

/** From what every engine does in milliseconds to states that no longer fit into a cache: what a fast engine is asked for. */
const SIZES = [10, 12, 14, 16, 18] as const;
const FIRST = SIZES[0];
const LARGEST = 18;
const LAYERS = 12;
/** Four times the amplitudes may take this long, or the engine is judged by the size before: a start must not wait for it. */
const STEP_MS_MAX = 150;
/** Of the largest circuit. Odd, so that the median is one of them. */
const REPEATS = 3;
/** Amplitudes of the smallest circuit that must be right, within what float32 may lose. */
const CHECKED = Array.from({ length: 16 }, (_, i) => i);
const CHECK_TOLERANCE = 1e-4;
/** A store of another version is measured again: raise it when kernels change their speed. */
const VERSION = 1;
/**
 * Adapters without a GPU say so at the end of their label. They are 40 to 120 times slower than WASM and compile for
 * seconds, so they are not even measured where WASM is there.
 */
const SOFTWARE = '(software)';

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
  const hasWasm = engines.some(({ kind }) => kind === 'wasm');
  for (const engine of engines) {
    if (hasWasm && engine.device.endsWith(SOFTWARE)) {
      measured.push({ engine: engine.kind, amplitudesPerSecond: null, problem: null });
      continue;
    }
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
  if (amplitudesPerSecond !== null && (typeof amplitudesPerSecond !== 'number' || !(amplitudesPerSecond > 0)))
    return null;
  return { engine, amplitudesPerSecond, problem: null };
}

/**
 * Amplitude updates a second at the largest size that the engine does quickly; of the largest of all the median of three.
 * The first circuit runs twice, because the first time compiles, and is compared with the float64 engine.
 */
async function rateOf(engine: QuantumEngine, clock: Clock): Promise<Result<number>> {
  const wrong = await wrongAmplitudes(engine);
  if (wrong !== null) return wrong;
  for (const qubits of SIZES) {
    const circuit = calibrationCircuit(qubits);
    const times: number[] = [];
    while (times.length < (qubits === LARGEST ? REPEATS : 1)) {
      const time = await millisOf(engine, circuit, clock);
      if (!time.ok) return time;
      times.push(time.value);
    }
    const millis = times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] as number;
    if (qubits === LARGEST || 4 * millis > STEP_MS_MAX) return ok(rate(circuit, millis));
  }
  return fail('QUANTUM_ENGINE', 'no size was measured');
}

function rate({ qubits, operations }: Circuit, millis: number): number {
  // A clock of 1 ms resolution may say that nothing took no time.
  return (2 ** qubits * operations.length) / (Math.max(millis, 0.01) / 1000);
}

/** Milliseconds from the circuit to the first read amplitude. */
async function millisOf(engine: QuantumEngine, circuit: Circuit, clock: Clock): Promise<Result<number>> {
  const start = clock.monotonic();
  // A GPU has only queued its work until something is read.
  const read = await amplitudesOf(engine, circuit, [0]);
  return read.ok ? ok(clock.monotonic() - start) : read;
}

async function wrongAmplitudes(engine: QuantumEngine): Promise<Result<never> | null> {
  const circuit = calibrationCircuit(FIRST);
  const got = await amplitudesOf(engine, circuit, CHECKED);
  if (!got.ok) return got;
  const oracle = createEngine(createCpuDevice());
  const expected = await amplitudesOf(oracle, circuit, CHECKED);
  oracle.dispose();
  if (!expected.ok) return expected;
  const right = expected.value.every((value, i) => Math.abs(value - (got.value[i] ?? Number.NaN)) <= CHECK_TOLERANCE);
  return right
    ? null
    : fail('QUANTUM_NORM', `${engine.device} computes wrongly: its amplitudes are not those of the circuit`);
}

async function amplitudesOf(
  engine: QuantumEngine,
  circuit: Circuit,
  indices: readonly number[],
): Promise<Result<Float64Array>> {
  const prepared = await engine.prepare(circuit);
  if (!prepared.ok) return prepared;
  const run = await engine.run(prepared.value);
  if (!run.ok) return run;
  const read = await run.value.state.amplitudes(indices);
  run.value.state.dispose();
  return read;
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
