import { fail, ok, type Failure, type Result } from '../../lib/result.ts';
import { JsonReader } from './json-reader.ts';

/**
 * The noise of one device. The file is JSON, times in nanoseconds, frequencies in kilohertz, angles in radians:
 *
 *   { "format": "plaquette-device", "version": 1, "name": "...", "source": "...", "timeUnit": "ns",
 *     "defaults": { "qubit": {...}, "edge": {...} },
 *     "qubits": [{ "t1": 120000, "t2": 90000, "excitedPopulation": 0.01, "readout": [0.01, 0.03],
 *                  "readoutDuration": 800, "resetError": 0.002, "resetDuration": 1000,
 *                  "gates": { "sx": { "error": 2e-4, "duration": 35, "overRotation": 0.001 }, "*": {...} } }],
 *     "edges": [{ "qubits": [0, 1], "error": 0.008, "duration": 300, "zz": -48, "gates": { "cx": {...} } }] }
 *
 * `readout` is [P(1|0), P(0|1)]. `error` is the average gate infidelity, as randomised benchmarking reports it, relaxation
 * included. A gate is looked up by name (controls as `c`: cx, cz), then as `*`, in the qubit or edge, then in the defaults;
 * `error` and `duration` of an edge are its `*`. What is nowhere listed is ideal, except that a gate without a duration is
 * refused when a circuit uses it.
 */
export interface DeviceModel {
  readonly version: 1;
  readonly name: string;
  readonly source: string;
  readonly qubits: readonly QubitModel[];
  /** For qubits past the end of `qubits`; null: there are none. */
  readonly defaultQubit: QubitModel | null;
  readonly edges: readonly EdgeModel[];
  /** For pairs that are not listed; null: they cannot interact. */
  readonly defaultEdge: Omit<EdgeModel, 'qubits'> | null;
}

export interface QubitModel {
  /** Infinity: no relaxation. */
  readonly t1Ns: number;
  readonly t2Ns: number;
  readonly excitedPopulation: number;
  readonly readout: readonly [oneGivenZero: number, zeroGivenOne: number];
  readonly readoutDurationNs: number;
  readonly resetError: number;
  readonly resetDurationNs: number;
  readonly gates: ReadonlyMap<string, GateNoise>;
}

export interface EdgeModel {
  readonly qubits: readonly [number, number];
  /** Shift of |11> against the sum of the shifts of |01> and |10>, always on. */
  readonly zzKhz: number;
  readonly gates: ReadonlyMap<string, GateNoise>;
}

export interface GateNoise {
  /** Average gate infidelity. */
  readonly error: number;
  readonly durationNs: number;
  /** Radians by which the rotation is too long; one-qubit gates only. */
  readonly overRotationRad: number;
}

export type ModelFailure = Failure<'QUANTUM_DEVICE_MODEL'>;

/** The largest devices have some thousand qubits; a file with more is a mistake. */
const QUBITS_MAX = 4096;
/** A grid has two edges a qubit; all-to-all devices have at most 100 qubits. */
const EDGES_MAX = 16_384;
/** Native gate sets have fewer than ten gates; every named gate of the circuit format is below 60. */
const GATES_MAX = 64;
/** A day in nanoseconds: any longer time is in the wrong unit. */
const TIME_MAX_NS = 86_400e9;
/** A gigahertz of ZZ would be a coupler, not crosstalk. */
const ZZ_MAX_KHZ = 1e6;
/** Complete depolarisation by a non-identity Pauli has the infidelity d/(d + 1). */
const ERROR_MAX_1 = 2 / 3;
const ERROR_MAX_2 = 4 / 5;

const NO_QUBIT: QubitModel = {
  t1Ns: Infinity,
  t2Ns: Infinity,
  excitedPopulation: 0,
  readout: [0, 0],
  readoutDurationNs: 0,
  resetError: 0,
  resetDurationNs: 0,
  gates: new Map(),
};
const NO_EDGE = { zzKhz: 0, gates: new Map<string, GateNoise>() };

/**
 * Trusts nothing: unknown names, wrong types and numbers that make no device are refused with the path of the first few,
 * `qubits[3].t2 is 300000, expected at most 2 t1 (240000)`. Failure QUANTUM_DEVICE_MODEL.
 */
export function parseDeviceModel(value: unknown): Result<DeviceModel, ModelFailure> {
  const reader = new JsonReader();
  const file = reader.object(value, '', [
    'format',
    'version',
    'name',
    'source',
    'timeUnit',
    'defaults',
    'qubits',
    'edges',
  ]);
  reader.literal(file.get('format'), 'format', 'plaquette-device');
  reader.literal(file.get('version'), 'version', 1);
  reader.literal(file.get('timeUnit'), 'timeUnit', 'ns');
  const defaults = reader.object(file.get('defaults') ?? {}, 'defaults', ['qubit', 'edge']);
  const defaultQubit = defaults.has('qubit') ? qubit(reader, defaults.get('qubit'), 'defaults.qubit', NO_QUBIT) : null;
  const defaultEdge = defaults.has('edge') ? edge(reader, defaults.get('edge'), 'defaults.edge', NO_EDGE, false) : null;
  const qubits = reader
    .array(file.get('qubits') ?? [], 'qubits', QUBITS_MAX)
    .map((item, i) => qubit(reader, item, `qubits[${i}]`, defaultQubit ?? NO_QUBIT));
  const edges = reader
    .array(file.get('edges') ?? [], 'edges', EDGES_MAX)
    .map((item, i) => edge(reader, item, `edges[${i}]`, defaultEdge ?? NO_EDGE, true));
  checkEdges(reader, edges, qubits.length, defaultQubit !== null);
  if (qubits.length === 0 && defaultQubit === null) reader.problem('qubits', 'is empty and there is no defaults.qubit');
  const model = {
    version: 1 as const,
    name: reader.text(file.get('name'), 'name'),
    source: reader.text(file.get('source') ?? '', 'source'),
    qubits,
    defaultQubit,
    edges,
    defaultEdge,
  };
  const problems = reader.summary();
  return problems === null ? ok(model) : fail('QUANTUM_DEVICE_MODEL', `device model: ${problems}`);
}

function qubit(reader: JsonReader, value: unknown, path: string, base: QubitModel): QubitModel {
  const names = ['t1', 't2', 'excitedPopulation', 'readout', 'readoutDuration', 'resetError', 'resetDuration', 'gates'];
  const found = reader.object(value, path, names);
  const number = (name: string, most: number, otherwise: number): number =>
    found.has(name) ? reader.number(found.get(name), `${path}.${name}`, 0, most) : otherwise;
  const t1Ns = number('t1', TIME_MAX_NS, base.t1Ns);
  // A file that gives only t1 means relaxation without extra dephasing.
  const t2Ns = number('t2', TIME_MAX_NS, found.has('t1') && base.t2Ns === Infinity ? 2 * t1Ns : base.t2Ns);
  if (t1Ns <= 0) reader.problem(`${path}.t1`, 'is 0, expected a positive time in ns');
  if (t2Ns <= 0) reader.problem(`${path}.t2`, 'is 0, expected a positive time in ns');
  if (t2Ns > 2 * t1Ns) reader.problem(`${path}.t2`, `is ${t2Ns}, expected at most 2 t1 (${2 * t1Ns})`);
  return {
    t1Ns,
    t2Ns,
    excitedPopulation: number('excitedPopulation', 1, base.excitedPopulation),
    readout: found.has('readout') ? readout(reader, found.get('readout'), `${path}.readout`) : base.readout,
    readoutDurationNs: number('readoutDuration', TIME_MAX_NS, base.readoutDurationNs),
    resetError: number('resetError', 1, base.resetError),
    resetDurationNs: number('resetDuration', TIME_MAX_NS, base.resetDurationNs),
    gates: gates(reader, found.get('gates') ?? {}, `${path}.gates`, base.gates, 1),
  };
}

function readout(reader: JsonReader, value: unknown, path: string): readonly [number, number] {
  const pair = reader.array(value, path, 2);
  if (pair.length !== 2) reader.problem(path, `has ${pair.length} entries, expected [P(1|0), P(0|1)]`);
  return [reader.number(pair[0] ?? 0, `${path}[0]`, 0, 1), reader.number(pair[1] ?? 0, `${path}[1]`, 0, 1)];
}

function edge(
  reader: JsonReader,
  value: unknown,
  path: string,
  base: Omit<EdgeModel, 'qubits'>,
  withQubits: boolean,
): EdgeModel {
  const found = reader.object(value, path, [...(withQubits ? ['qubits'] : []), 'error', 'duration', 'zz', 'gates']);
  const pair = withQubits ? reader.array(found.get('qubits'), `${path}.qubits`, 2) : [0, 1];
  if (pair.length !== 2) reader.problem(`${path}.qubits`, `has ${pair.length} entries, expected two qubits`);
  const zzKhz = found.has('zz') ? reader.number(found.get('zz'), `${path}.zz`, -ZZ_MAX_KHZ, ZZ_MAX_KHZ) : base.zzKhz;
  const all = new Map(base.gates);
  if (found.has('error') || found.has('duration')) all.set('*', gateNoise(reader, found, path, 2));
  return {
    qubits: [
      reader.integer(pair[0] ?? 0, `${path}.qubits[0]`, QUBITS_MAX),
      reader.integer(pair[1] ?? 1, `${path}.qubits[1]`, QUBITS_MAX),
    ],
    zzKhz,
    gates: gates(reader, found.get('gates') ?? {}, `${path}.gates`, all, 2),
  };
}

function gates(
  reader: JsonReader,
  value: unknown,
  path: string,
  base: ReadonlyMap<string, GateNoise>,
  qubits: 1 | 2,
): ReadonlyMap<string, GateNoise> {
  const out = new Map(base);
  const found = reader.object(value, path, null);
  if (found.size > GATES_MAX) reader.problem(path, `has ${found.size} gates, at most ${GATES_MAX}`);
  for (const [name, item] of [...found].slice(0, GATES_MAX)) {
    const inner = `${path}.${name.slice(0, 40)}`;
    if (!/^(?:\*|[a-z][a-z0-9_]{0,31})$/.test(name)) reader.problem(inner, 'is no gate name (lower case) and not *');
    const names = ['error', 'duration', ...(qubits === 1 ? ['overRotation'] : [])];
    out.set(name, gateNoise(reader, reader.object(item, inner, names), inner, qubits));
  }
  return out;
}

function gateNoise(reader: JsonReader, found: ReadonlyMap<string, unknown>, path: string, qubits: 1 | 2): GateNoise {
  const most = qubits === 1 ? ERROR_MAX_1 : ERROR_MAX_2;
  return {
    error: reader.number(found.get('error') ?? 0, `${path}.error`, 0, most),
    durationNs: reader.number(found.get('duration'), `${path}.duration`, 0, TIME_MAX_NS),
    overRotationRad: reader.number(found.get('overRotation') ?? 0, `${path}.overRotation`, -Math.PI, Math.PI),
  };
}

function checkEdges(reader: JsonReader, edges: readonly EdgeModel[], qubits: number, more: boolean): void {
  const seen = new Set<string>();
  for (const [i, { qubits: pair }] of edges.entries()) {
    const [a, b] = pair;
    const wrong = pair.find((q) => q >= qubits);
    if (wrong !== undefined && !more)
      reader.problem(`edges[${i}].qubits`, `names qubit ${wrong}, the file lists ${qubits}`);
    if (a === b) reader.problem(`edges[${i}].qubits`, `is [${a}, ${b}], expected two different qubits`);
    const key = edgeKey(a, b);
    if (seen.has(key)) reader.problem(`edges[${i}].qubits`, `is [${a}, ${b}], which is listed before`);
    seen.add(key);
  }
}

/** The same for both directions. */
export function edgeKey(a: number, b: number): string {
  return `${Math.min(a, b)}-${Math.max(a, b)}`;
}
