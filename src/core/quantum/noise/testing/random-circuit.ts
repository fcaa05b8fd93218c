import { unwrap } from '../../../lib/result.ts';
import type { Prng } from '../../../lib/prng.ts';
import { circuitOf } from '../../circuit/builder.ts';
import type { ChannelOperation, Circuit, GateName, Operation } from '../../circuit/circuit.ts';
import { GATES } from '../../circuit/gate-table.ts';
import {
  bitFlip,
  bitPhaseFlip,
  depolarizing1,
  depolarizing2,
  pauliChannel1,
  pauliChannel2,
  phaseFlip,
} from '../channels.ts';
import {
  amplitudeDamping,
  generalizedAmplitudeDamping,
  phaseDamping,
  spontaneousReset,
  thermalRelaxation,
} from '../relaxation.ts';

/** Gates of the whole table with up to two controls, all channels, and with `dynamic` measurements, resets and conditions. */
export function randomNoisyCircuit(prng: Prng, qubits: number, length: number, dynamic: boolean): Circuit {
  const clbits = dynamic ? 3 : 0;
  const operation = (depth: number): Operation => {
    const kind = prng.below(dynamic ? 10 : 7);
    if (kind < 4) return randomGate(prng, qubits);
    if (kind < 7) return randomChannel(prng, qubits);
    const qubit = prng.below(qubits);
    if (kind === 7) {
      const measure = { kind: 'measure' as const, qubit, clbit: prng.below(clbits) };
      return prng.below(2) === 0 ? measure : { ...measure, flip: [prng.float(), prng.float()] };
    }
    if (kind === 8 || depth > 0) return { kind: 'reset', qubit };
    const then = Array.from({ length: 2 }, () => operation(depth + 1));
    return { kind: 'if', clbits: [2, 0], equals: prng.below(4), then, otherwise: [operation(depth + 1)] };
  };
  return circuitOf(
    qubits,
    Array.from({ length }, () => operation(0)),
    clbits,
  );
}

function someQubits(prng: Prng, qubits: number, count: number): number[] {
  return prng.shuffle(Array.from({ length: qubits }, (_, q) => q)).slice(0, count);
}

export function randomGate(prng: Prng, qubits: number): Operation {
  for (;;) {
    const name = prng.pick(Object.keys(GATES) as GateName[]);
    const { targets, params } = GATES[name];
    const controls = prng.below(3);
    if (targets + controls > qubits) continue;
    const used = someQubits(prng, qubits, targets + controls);
    const angles = params.map(() => (prng.float() - 0.5) * 8);
    return { kind: 'gate', name, params: angles, targets: used.slice(0, targets), controls: used.slice(targets) };
  }
}

export function randomChannel(prng: Prng, qubits: number): ChannelOperation {
  const q = prng.below(qubits);
  const p = prng.float();
  const [a, b] = someQubits(prng, qubits, 2) as [number, number];
  const kind = prng.below(qubits > 1 ? 12 : 10);
  const weights = Array.from({ length: 16 }, () => prng.float());
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const t1 = 1 + 9 * prng.float();
  const made = [
    () => bitFlip(p, q),
    () => phaseFlip(p, q),
    () => bitPhaseFlip(p, q),
    () => pauliChannel1({ x: p / 2, y: p / 3, z: p / 6 }, q),
    () => depolarizing1(p, q),
    () => amplitudeDamping(p, q),
    () => phaseDamping(p, q),
    () => generalizedAmplitudeDamping(p, prng.float(), q),
    () => thermalRelaxation({ t1, t2: t1 * 2 * (1 - prng.float()), time: 5 * p, excited: prng.float() }, q),
    () => spontaneousReset(p / 2, p / 3, q),
    () => depolarizing2(p, [a, b]),
    () =>
      pauliChannel2(
        weights.map((weight) => weight / sum),
        [a, b],
      ),
  ][kind];
  return unwrap((made ?? (() => bitFlip(p, q)))());
}
