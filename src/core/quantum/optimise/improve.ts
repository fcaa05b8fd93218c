import { Prng } from '../../lib/prng.ts';
import { anneal } from './anneal.ts';
import { resynthesiseBlocks } from './blocks.ts';
import { cancel, type Stop } from './cancel.ts';
import { resynthesiseCliffords } from './clifford.ts';
import type { Cost } from './cost.ts';
import { RZ, type Gate } from './gates.ts';
import { isT } from './phase.ts';
import { gatherPhases } from './gather.ts';
import { turnTriples } from './polarity.ts';
import { resynthesiseRegions } from './regions.ts';
import { reroute } from './reroute.ts';
import { shortenRuns } from './runs.ts';

export interface ImproveOptions {
  readonly cost: Cost;
  /** Share of the search: 1 is all of it, of several stretches each gets its part. */
  readonly share: number;
  /** Only what the Pauli-rotation form can prove: no Euler and Cartan forms, no fewer T by the third-order tensor. */
  readonly provable: boolean;
  readonly stop: Stop;
}

/** Gates are carried this far at most, so that a pass over n gates takes n times this and not n^2 steps. */
const REACH = 4_000;
/** About two microseconds each: below a second. */
const SEARCH_STEPS_MAX = 400_000;
/** Short circuits have few neighbours: steps per square of the gate count. */
const STEPS_PER_SQUARE = 1_500;
/** Above this a search of that length changes little. */
const SEARCH_GATES_MAX = 20_000;
/** Triples of rotations around each rotation, and regions around each H: quadratic. */
const STRUCTURE_GATES_MAX = 3_000;
const ROUNDS = 16;
/** Part of the rounds that goes to the circuit with fewer T, where there is one. */
const FEWER_T_SHARE = 0.4;
/** Of the eliminations that look for fewer T: tenths of a second where T gates are what counts. */
const FEWER_T_WORK = 1e8;
/** In gates: high enough to walk over detours of two gates, low enough to come back. */
const HEAT = 0.8;

/** All passes over one stretch of gates. Deterministic unless `stop` cuts it short. Never a higher cost than the start. */
export function improve(
  start: readonly Gate[],
  qubits: number,
  { cost, share, provable, stop }: ImproveOptions,
): Gate[] {
  const reduced = (gates: readonly Gate[]): Gate[] => {
    const few = cancel(gates, qubits, REACH, stop);
    const short = provable ? few : shortenRuns(few, qubits);
    const turned = short.length <= STRUCTURE_GATES_MAX ? turnTriples(short, qubits, REACH, stop) : short;
    return cancel(turned, qubits, REACH, stop);
  };
  const cheaper = (a: Gate[], b: Gate[]): Gate[] => (cost.of(b) <= cost.of(a) ? b : a);
  const blocks = (gates: Gate[]): Gate[] => (provable ? gates : reduced(resynthesiseBlocks(gates, qubits, cost, stop)));
  let best = cheaper([...start], reduced(start));
  best = cheaper(best, blocks(best));
  best = cheaper(best, reduced(resynthesiseCliffords(best, qubits, cost, stop)));
  if (best.length <= STRUCTURE_GATES_MAX) best = cheaper(best, reduced(resynthesiseRegions(best, qubits, cost, stop)));
  if (!cost.uniform) best = cheaper(best, reduced(reroute(best, qubits, cost)));
  const steps = Math.floor(share * Math.min(SEARCH_STEPS_MAX, STEPS_PER_SQUARE * best.length ** 2));
  const prng = new Prng('optimise');
  const search = (from: Gate[], rounds: number): Gate[] => {
    if (from.length > SEARCH_GATES_MAX || steps < ROUNDS) return from;
    let found = from;
    for (let round = 0; round < rounds && found.length > 1 && !stop(); round++) {
      const heat = HEAT * cost.unit * (round === 0 ? 0.5 : 1);
      const next = anneal(found, qubits, { cost, steps: Math.floor(steps / ROUNDS), heat, reach: REACH, prng, stop });
      found = cheaper(found, reduced(next));
    }
    return found;
  };
  const last = Math.round(ROUNDS * FEWER_T_SHARE);
  best = search(best, ROUNDS - last);
  // Fewer T at the price of more CX at first; the search decides what is left of the price.
  const fewer =
    best.length <= STRUCTURE_GATES_MAX && !provable
      ? reduced(gatherPhases(best, qubits, REACH, cost.fewT ? FEWER_T_WORK : FEWER_T_WORK / 10, stop))
      : best;
  best = cheaper(best, search(T_COUNT.of(fewer) < T_COUNT.of(best) ? fewer : best, last));
  best = cheaper(best, blocks(best));
  return cost.uniform ? best : cheaper(best, reroute(best, qubits, cost));
}

const tOf = ({ op, phase }: Gate): number => (op === RZ && isT(phase) ? 1 : 0);
const T_COUNT: Cost = {
  of: (gates) => gates.reduce((sum, gate) => sum + tOf(gate), 0),
  gate: tOf,
  depth: 0,
  unit: 1,
  fewT: true,
  uniform: true,
};
