import { at } from '../../lib/assert.ts';
import { fail, ok, unwrap, type Failure, type Result } from '../../lib/result.ts';
import type { ChannelOperation, UnitaryStep } from '../circuit/circuit.ts';
import { depolarizing1, depolarizing2 } from './channels.ts';
import { thermalRelaxation } from './relaxation.ts';
import { edgeKey, type DeviceModel, type EdgeModel, type GateNoise, type QubitModel } from './device-model.ts';
import { processFidelity } from './kraus.ts';

export type NoiseFailure = Failure<'QUANTUM_NOISE'>;

/** `x` with one control is cx, with two ccx. */
export function gateName(step: UnitaryStep): string {
  return 'c'.repeat(step.controls.length) + (step.kind === 'gate' ? step.name : 'unitary');
}

/** Answers questions about one model; channels of the same qubit and time are the same object. */
export class DeviceNoise {
  readonly #model: DeviceModel;
  readonly #edges: ReadonlyMap<string, EdgeModel>;
  readonly #relaxations = new Map<string, ChannelOperation>();

  constructor(model: DeviceModel) {
    this.#model = model;
    this.#edges = new Map(model.edges.map((edge) => [edgeKey(...edge.qubits), edge]));
  }

  qubit(index: number): QubitModel | null {
    return this.#model.qubits[index] ?? this.#model.defaultQubit;
  }

  /** Failure QUANTUM_NOISE: three qubits or more, a pair without a coupling, or a gate without a duration. */
  gate(step: UnitaryStep): Result<GateNoise, NoiseFailure> {
    const name = gateName(step);
    const [a, b, ...more] = [...step.targets, ...step.controls];
    const where = `${name} on qubits ${[a, b, ...more].filter((q) => q !== undefined).join(', ')}`;
    if (more.length > 0)
      return fail('QUANTUM_NOISE', `${where}: devices time gates of 1 and 2 qubits; decompose it first`);
    const edge = b === undefined ? null : (this.#edges.get(edgeKey(a ?? 0, b)) ?? this.#model.defaultEdge);
    if (b !== undefined && edge === null)
      return fail(
        'QUANTUM_NOISE',
        `${where}: the device "${this.#model.name}" has no such edge and no defaults.edge; route the circuit first`,
      );
    const gates = edge === null ? this.qubit(a ?? 0)?.gates : edge.gates;
    const found = gates?.get(name) ?? gates?.get('*');
    if (found !== undefined) return ok(found);
    const known = [...(gates?.keys() ?? [])].slice(0, 12).join(', ');
    return fail(
      'QUANTUM_NOISE',
      `${where}: the device "${this.#model.name}" gives no duration for it, only for: ${known}; use those gates or add "*"`,
    );
  }

  /** Null where the qubit does not relax in this time. */
  relaxation(qubit: number, timeNs: number): ChannelOperation | null {
    const model = this.qubit(qubit);
    if (model === null || timeNs <= 0 || (model.t1Ns === Infinity && model.t2Ns === Infinity)) return null;
    const key = `${qubit}/${timeNs}`;
    const known = this.#relaxations.get(key);
    if (known !== undefined) return known;
    const { t1Ns: t1, t2Ns: t2, excitedPopulation: excited } = model;
    const made = unwrap(thermalRelaxation({ t1, t2, time: timeNs, excited }, qubit));
    this.#relaxations.set(key, made);
    return made;
  }

  /**
   * The depolarising part of a gate: what its average infidelity r leaves once the relaxation during the gate is taken off,
   * so that both together have infidelity r. With process fidelity F of the relaxation and D = 4^n, the total is
   * (1 - p) F + p (1 - F)/(D - 1), and r relates to it by 1 - r (d + 1)/d (Nielsen, quant-ph/0205035). Null where relaxation
   * alone is as bad as r or worse.
   */
  depolarising(qubits: readonly number[], { error, durationNs }: GateNoise): ChannelOperation | null {
    const size = 2 ** qubits.length;
    const wanted = 1 - (error * (size + 1)) / size;
    let fidelity = 1;
    for (const qubit of qubits) {
      const relaxation = this.relaxation(qubit, durationNs);
      if (relaxation !== null) fidelity *= processFidelity(relaxation);
    }
    const slope = fidelity - (1 - fidelity) / (size * size - 1);
    if (fidelity <= wanted || slope <= 0) return null;
    const p = Math.min(1, (fidelity - wanted) / slope);
    const [a, b] = [at(qubits, 0), qubits[1]];
    return unwrap(b === undefined ? depolarizing1(p, a) : depolarizing2(p, [a, b]));
  }

  /** Edges with an always-on coupling among the first `qubits` qubits. */
  couplings(qubits: number): readonly EdgeModel[] {
    return this.#model.edges.filter(({ zzKhz, qubits: [a, b] }) => zzKhz !== 0 && a < qubits && b < qubits);
  }
}
