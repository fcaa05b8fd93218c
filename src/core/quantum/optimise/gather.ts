import type { Stop } from './cancel.ts';
import { H, OPAQUE, RZ, type Gate } from './gates.ts';
import { linearCircuit, parityNetwork } from './parity-network.ts';
import { addPhase, isT, negatePhase, type Phase } from './phase.ts';
import { REGION_QUBITS_MAX } from './regions.ts';
import { fewerParities } from './todd.ts';
import { Token } from './token.ts';

/** Places with the most T gates that are tried before giving up, and how often T gates are gathered. */
const TRIED_MAX = 3;
const GATHERED_MAX = 3;

interface Gathered {
  readonly cut: number;
  /** Indices of the rotations that can be carried to the cut and are diagonal there. */
  readonly from: ReadonlySet<number>;
  /** Their phases by parity of the qubits at the cut. */
  readonly phases: Map<number, Phase>;
}

/**
 * Fewer T gates: all that can be carried to one place and are diagonal there form a phase polynomial, of which fewerParities
 * needs fewer; it is written at that place as a parity network that leaves the qubits as they were. More gates at first, never
 * more T.
 */
export function gatherPhases(
  start: readonly Gate[],
  qubits: number,
  reach: number,
  workMax: number,
  stop: Stop,
): Gate[] {
  let gates = [...start];
  if (qubits > REGION_QUBITS_MAX) return gates;
  for (let round = 0; round < GATHERED_MAX; round++) {
    const next = gatheredOnce(gates, qubits, reach, workMax, stop);
    if (next === null) break;
    gates = next;
  }
  return gates;
}

function gatheredOnce(
  gates: readonly Gate[],
  qubits: number,
  reach: number,
  workMax: number,
  stop: Stop,
): Gate[] | null {
  const token = new Token(qubits);
  // Neighbouring places often see the same gates.
  const all = new Map<string, Gathered>();
  for (let cut = 0; cut <= gates.length && !stop(); cut++)
    if (cut === 0 || cut === gates.length || stops(gates[cut - 1] as Gate) || stops(gates[cut] as Gate)) {
      const gathered = gatherAt(gates, cut, reach, token);
      all.set([...gathered.from].join(), gathered);
    }
  for (const { cut, from, phases } of [...all.values()]
    .toSorted((a, b) => b.from.size - a.from.size)
    .slice(0, TRIED_MAX)) {
    if (stop()) return null;
    const fewer = fewerParities(phases, qubits, workMax, stop);
    if (tCount(fewer) >= from.size) continue;
    const { gates: network, outputs } = parityNetwork(fewer, qubits);
    const identity = outputs.map((_, q) => 1 << q);
    const kept = (first: number, end: number): Gate[] => gates.slice(first, end).filter((_, k) => !from.has(first + k));
    return [...kept(0, cut), ...network, ...linearCircuit(outputs, identity, qubits), ...kept(cut, gates.length)];
  }
  return null;
}

const stops = ({ op }: Gate): boolean => op === H || op === OPAQUE;
const tCount = (phases: ReadonlyMap<number, Phase>): number => [...phases.values()].filter(isT).length;

function gatherAt(gates: readonly Gate[], cut: number, reach: number, token: Token): Gathered {
  const from = new Set<number>();
  const phases = new Map<number, Phase>();
  for (let i = Math.max(0, cut - reach); i < Math.min(gates.length, cut + reach); i++) {
    const gate = gates[i] as Gate;
    if (gate.op !== RZ || !isT(gate.phase)) continue;
    token.take(gate);
    const parity = carriedTo(gates, i, cut, token) ? token.parity() : 0;
    if (parity === 0) continue;
    from.add(i);
    addPhase(phases, parity, token.p.negative ? negatePhase(gate.phase) : gate.phase);
  }
  return { cut, from, phases };
}

/** Carries the token of gate `i` to just before index `cut`. */
function carriedTo(gates: readonly Gate[], i: number, cut: number, token: Token): boolean {
  if (i < cut) {
    for (let j = i + 1; j < cut; j++) {
      const gate = gates[j] as Gate;
      if (token.touches(gate) && token.pass(gate, false) !== 'passed') return false;
    }
  } else
    for (let j = i - 1; j >= cut; j--) {
      const gate = gates[j] as Gate;
      if (token.touches(gate) && token.pass(gate, true) !== 'passed') return false;
    }
  return true;
}
