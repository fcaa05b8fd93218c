import { at } from '../../lib/assert.ts';
import { fail, ok, unwrap, type Result } from '../../lib/result.ts';
import { checkCircuit, OPERATIONS_MAX, type CircuitFailure } from '../circuit/check.ts';
import type {
  Circuit,
  IfOperation,
  MeasureOperation,
  Operation,
  ResetOperation,
  UnitaryStep,
} from '../circuit/circuit.ts';
import { readoutConfusion, resetError, zzCrosstalk } from './channels.ts';
import { DeviceNoise, type NoiseFailure } from './device-noise.ts';
import { edgeKey, type DeviceModel, type EdgeModel } from './device-model.ts';
import { overRotationOf } from './over-rotation.ts';
import { touch } from './terminal-measurements.ts';

/**
 * The circuit as the device would run it. Every operation starts as soon as its qubits and classical bits are free; each
 * qubit relaxes for all the time that passes for it, busy or idle, until its last measurement. After a gate come its
 * over-rotation and the depolarising part of its error (see DeviceNoise); a measurement gets the readout error, a reset its
 * error. The ZZ phase of an edge that gathered since one of its qubits was last acted on is applied before the next
 * operation there; while the edge's own gate runs there is none, because calibration includes it, and a qubit that the
 * circuit never uses is in |0>, where the shift is a frequency that calibration includes too.
 * Inside conditions qubits relax; the ZZ phase of that time follows after the condition.
 * Failures: those of the circuit check; QUANTUM_NOISE names the gate that the device cannot run or time.
 */
export function noisyCircuit(circuit: Circuit, model: DeviceModel): Result<Circuit, CircuitFailure | NoiseFailure> {
  const { qubits } = circuit;
  const most = model.defaultQubit === null ? model.qubits.length : Infinity;
  const fits = checkCircuit(
    circuit,
    most,
    `the device "${model.name}" has ${model.qubits.length} qubits${model.defaultQubit === null ? ' and no defaults.qubit' : ''}`,
  );
  if (!fits.ok) return fits;
  const noise = new DeviceNoise(model);
  const used = new Set<number>();
  const last: number[] = Array<number>(qubits).fill(-1);
  for (const [i, operation] of circuit.operations.entries()) {
    const own = new Set<number>();
    touch(operation, own, new Set());
    for (const qubit of own) last[qubit] = i;
    for (const qubit of own) used.add(qubit);
  }
  const couplings = noise.couplings(qubits).filter(({ qubits: [a, b] }) => used.has(a) && used.has(b));
  const schedule = new Schedule(noise, circuit, couplings, new Set());
  for (const [i, operation] of circuit.operations.entries()) {
    const added = schedule.add(operation);
    if (!added.ok) return added;
    // Nobody sees what happens to a qubit after its last measurement; noise there would only hide that it is the last.
    if (operation.kind === 'measure' && last[operation.qubit] === i) schedule.retire(operation.qubit);
    if (schedule.operations.length > OPERATIONS_MAX)
      return fail(
        'QUANTUM_SIZE',
        `with its noise the circuit has more than ${OPERATIONS_MAX} operations; run it in parts`,
      );
  }
  schedule.finish(used, schedule.end);
  return ok({ ...circuit, operations: schedule.operations });
}

class Schedule {
  readonly operations: Operation[] = [];
  readonly #noise: DeviceNoise;
  readonly #circuit: Circuit;
  readonly #edges: readonly (readonly EdgeModel[])[];
  /** When each qubit and classical bit is free, and until when each qubit has relaxed and each edge has gathered phase; ns. */
  readonly #free: Float64Array;
  readonly #bits: Float64Array;
  readonly #relaxed: Float64Array;
  readonly #phased = new Map<EdgeModel, number>();
  readonly #retired: Set<number>;

  constructor(noise: DeviceNoise, circuit: Circuit, couplings: readonly EdgeModel[], retired: Set<number>) {
    this.#noise = noise;
    this.#circuit = circuit;
    this.#edges = Array.from({ length: circuit.qubits }, (_, q) =>
      couplings.filter(({ qubits }) => qubits.includes(q)),
    );
    this.#free = new Float64Array(circuit.qubits);
    this.#bits = new Float64Array(circuit.clbits);
    this.#relaxed = new Float64Array(circuit.qubits);
    this.#retired = retired;
  }

  /** When everything is done, ns. */
  get end(): number {
    return this.#free.reduce((most, time) => Math.max(most, time), 0);
  }

  retire(qubit: number): void {
    this.#retired.add(qubit);
  }

  add(operation: Operation): Result<null, NoiseFailure> {
    switch (operation.kind) {
      case 'gate':
      case 'unitary':
        return this.#gate(operation);
      case 'channel':
        this.#start(operation.targets, []);
        this.operations.push(operation);
        return ok(null);
      case 'measure':
        return this.#measure(operation);
      case 'reset':
        return this.#reset(operation);
      case 'barrier': {
        const time = this.#ready(operation.qubits, []);
        for (const qubit of operation.qubits) this.#free[qubit] = time;
        this.operations.push(operation);
        return ok(null);
      }
      case 'if':
        return this.#condition(operation);
    }
  }

  /** Relaxation and phases of `qubits` up to `time`, except of those that are done. */
  finish(qubits: Iterable<number>, time: number): void {
    for (const qubit of qubits) if (!this.#retired.has(qubit)) this.#catchUp(qubit, time);
  }

  #gate(step: UnitaryStep): Result<null, NoiseFailure> {
    const qubits = [...step.targets, ...step.controls];
    // A global phase takes no time and touches nothing.
    if (qubits.length === 0) {
      this.operations.push(step);
      return ok(null);
    }
    const found = this.#noise.gate(step);
    if (!found.ok) return found;
    const extra = overRotationOf(step, found.value.overRotationRad);
    if (!extra.ok) return extra;
    const time = this.#start(qubits, []);
    this.operations.push(step);
    if (extra.value !== null) this.operations.push(extra.value);
    const depolarising = this.#noise.depolarising(qubits, found.value);
    if (depolarising !== null) this.operations.push(depolarising);
    const after = time + found.value.durationNs;
    for (const qubit of qubits) this.#free[qubit] = after;
    if (qubits.length === 2)
      for (const edge of at(this.#edges, at(qubits, 0)))
        if (edgeKey(...edge.qubits) === edgeKey(at(qubits, 0), at(qubits, 1))) this.#phased.set(edge, after);
    return ok(null);
  }

  #measure(operation: MeasureOperation): Result<null, NoiseFailure> {
    const { qubit, clbit } = operation;
    const model = this.#noise.qubit(qubit);
    const time = this.#start([qubit], [clbit]);
    const [zero, one] = model?.readout ?? [0, 0];
    const rows = [
      [1 - zero, zero],
      [one, 1 - one],
    ] as const;
    const noisy = zero === 0 && one === 0 ? operation : unwrap(readoutConfusion(operation, rows));
    this.operations.push(noisy);
    const after = time + (model?.readoutDurationNs ?? 0);
    this.#free[qubit] = after;
    this.#bits[clbit] = after;
    return ok(null);
  }

  #reset(operation: ResetOperation): Result<null, NoiseFailure> {
    const { qubit } = operation;
    const model = this.#noise.qubit(qubit);
    const after = this.#start([qubit], []) + (model?.resetDurationNs ?? 0);
    this.operations.push(operation);
    if (model !== null && model.resetError > 0) this.operations.push(unwrap(resetError(model.resetError, qubit)));
    this.#free[qubit] = after;
    // The error of the reset includes what happens during it.
    this.#relaxed[qubit] = after;
    return ok(null);
  }

  /** Both branches take as long as the longer one: the device waits, and the qubits relax meanwhile. */
  #condition(operation: IfOperation): Result<null, NoiseFailure> {
    const qubits = new Set<number>();
    const clbits = new Set<number>();
    touch(operation, qubits, clbits);
    const time = this.#start([...qubits], [...clbits]);
    const branches: Schedule[] = [];
    for (const body of [operation.then, operation.otherwise]) {
      const branch = new Schedule(this.#noise, this.#circuit, [], new Set());
      for (const inner of body) {
        const added = branch.add(inner);
        if (!added.ok) return added;
      }
      branches.push(branch);
    }
    const duration = Math.max(...branches.map(({ end }) => end));
    for (const branch of branches) branch.finish(qubits, duration);
    const [then, otherwise] = branches.map(({ operations }) => operations);
    this.operations.push({ ...operation, then: then ?? [], otherwise: otherwise ?? [] });
    for (const qubit of qubits) {
      this.#free[qubit] = time + duration;
      this.#relaxed[qubit] = time + duration;
    }
    for (const clbit of clbits) this.#bits[clbit] = time + duration;
    return ok(null);
  }

  /** The time at which an operation on these can start; the qubits have relaxed until then. */
  #start(qubits: readonly number[], clbits: readonly number[]): number {
    const time = this.#ready(qubits, clbits);
    for (const qubit of qubits) this.#catchUp(qubit, time);
    return time;
  }

  #ready(qubits: readonly number[], clbits: readonly number[]): number {
    let time = 0;
    for (const qubit of qubits) time = Math.max(time, at(this.#free, qubit));
    for (const clbit of clbits) time = Math.max(time, at(this.#bits, clbit));
    return time;
  }

  #catchUp(qubit: number, time: number): void {
    const relaxation = this.#noise.relaxation(qubit, time - at(this.#relaxed, qubit));
    if (relaxation !== null) this.operations.push(relaxation);
    this.#relaxed[qubit] = Math.max(time, at(this.#relaxed, qubit));
    for (const edge of at(this.#edges, qubit)) {
      const since = this.#phased.get(edge) ?? 0;
      if (time <= since || edge.qubits.some((q) => this.#retired.has(q))) continue;
      // H = (zeta/4) ZZ with zeta = 2 pi f, so exp(-i angle/2 ZZ) has angle zeta t/2 = pi f t; kHz times ns is 1e-6.
      const angle = Math.PI * edge.zzKhz * (time - since) * 1e-6;
      this.operations.push(unwrap(zzCrosstalk(angle, edge.qubits)));
      this.#phased.set(edge, time);
    }
  }
}
