import type { Stop } from './cancel.ts';
import type { Cost } from './cost.ts';
import { CX, H, OPAQUE, qubitsOf, RZ, X, xGate, type Gate } from './gates.ts';
import { linearCircuit, parityNetwork } from './parity-network.ts';
import { addPhase, negatePhase, type Phase } from './phase.ts';

/** Parities are bits of one 32-bit integer. */
export const REGION_QUBITS_MAX = 30;
/** Smaller regions are what the search is better at. */
const REGION_GATES_MIN = 8;
/** Regions with the most rotations that are tried before giving up, and how often one may be replaced. */
const TRIED_MAX = 6;
const REPLACED_MAX = 6;

interface Region {
  readonly before: readonly Gate[];
  readonly inside: readonly Gate[];
  readonly after: readonly Gate[];
  readonly rotations: number;
}

/**
 * Resynthesis of the parts made of CX, X and rotations about Z alone: what such a part does is a linear map and a phase for each
 * of some parities of its inputs. Each becomes a parity network (see parity-network.ts) where that costs less.
 */
export function resynthesiseRegions(start: readonly Gate[], qubits: number, cost: Cost, stop: Stop): Gate[] {
  let gates = [...start];
  if (qubits > REGION_QUBITS_MAX) return gates;
  for (let round = 0; round < REPLACED_MAX; round++) {
    const replaced = replacedOnce(gates, qubits, cost, stop);
    if (replaced === null) break;
    gates = replaced;
  }
  return gates;
}

function replacedOnce(gates: readonly Gate[], qubits: number, cost: Cost, stop: Stop): Gate[] | null {
  for (const { before, inside, after } of regionsOf(gates, qubits).slice(0, TRIED_MAX)) {
    if (stop()) return null;
    const made = resynthesised(inside, qubits);
    if (cost.of(made) < cost.of(inside)) return [...before, ...made, ...after];
  }
  return null;
}

/** Around every place next to an H or an opaque step, most rotations first; places with the same gates once. */
function regionsOf(gates: readonly Gate[], qubits: number): readonly Region[] {
  const regions = new Map<string, Region>();
  for (let cut = 0; cut < gates.length; cut++) {
    if (cut > 0 && !stops(gates[cut - 1] as Gate)) continue;
    const ahead = reachable(gates.slice(cut), qubits);
    const behind = reachable(gates.slice(0, cut).toReversed(), qubits);
    const inside = [...behind.inside.toReversed(), ...ahead.inside];
    if (inside.length < REGION_GATES_MIN) continue;
    const rotations = inside.filter(({ op }) => op === RZ).length;
    const key = `${inside.length} ${rotations} ${behind.inside.length}`;
    if (!regions.has(key))
      regions.set(key, { before: behind.outside.toReversed(), inside, after: ahead.outside, rotations });
  }
  return [...regions.values()].toSorted((x, y) => y.rotations - x.rotations);
}

const stops = ({ op }: Gate): boolean => op === H || op === OPAQUE;

/** The gates that can be moved to the front without crossing an H or an opaque step, and the others, both in order. */
function reachable(gates: readonly Gate[], qubits: number): { readonly inside: Gate[]; readonly outside: Gate[] } {
  const blocked = new Uint8Array(qubits);
  const inside: Gate[] = [];
  const outside: Gate[] = [];
  for (const gate of gates) {
    const on = qubitsOf(gate);
    if (!stops(gate) && on.every((q) => blocked[q] === 0)) inside.push(gate);
    else {
      for (const q of on) blocked[q] = 1;
      outside.push(gate);
    }
  }
  return { inside, outside };
}

/** Phases by parity (bit mask over the inputs), and each output as a parity and a flip. */
export interface PhasePolynomial {
  readonly phases: Map<number, Phase>;
  readonly outputs: readonly number[];
  readonly flips: readonly boolean[];
}

export function phasePolynomial(gates: readonly Gate[], qubits: number): PhasePolynomial {
  const outputs = Array.from({ length: qubits }, (_, q) => 1 << q);
  const flips = Array.from({ length: qubits }, () => false);
  const phases = new Map<number, Phase>();
  for (const { op, q, t, phase } of gates) {
    if (op === X) flips[q] = flips[q] !== true;
    else if (op === CX) {
      outputs[t] = (outputs[t] as number) ^ (outputs[q] as number);
      flips[t] = flips[t] !== flips[q];
    } else if (op === RZ) {
      const parity = outputs[q] as number;
      // On the complement of a parity the phase is the opposite, up to a global one.
      addPhase(phases, parity, flips[q] === true ? negatePhase(phase) : phase);
    }
  }
  return { phases, outputs, flips };
}

function resynthesised(gates: readonly Gate[], qubits: number): Gate[] {
  const polynomial = phasePolynomial(gates, qubits);
  const { gates: network, outputs } = parityNetwork(polynomial.phases, qubits);
  const made = [...network, ...linearCircuit(outputs, polynomial.outputs, qubits)];
  for (const [q, flip] of polynomial.flips.entries()) if (flip) made.push(xGate(q));
  return made;
}
