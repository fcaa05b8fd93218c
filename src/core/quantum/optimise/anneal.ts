import type { Prng } from '../../lib/prng.ts';
import { compact, meetOthers, type Stop } from './cancel.ts';
import type { Cost } from './cost.ts';
import { isNothing, OPAQUE, reversed, type Gate } from './gates.ts';
import { Token } from './token.ts';

export interface AnnealOptions {
  readonly cost: Cost;
  /** Moves tried. */
  readonly steps: number;
  /** Temperature at the start, in units of cost; falls linearly to 0. */
  readonly heat: number;
  /** How far a gate is carried. */
  readonly reach: number;
  readonly prng: Prng;
  readonly stop: Stop;
}

/** A move may put down this many gates more than it took up, with the probability next to it. */
const EXTRAS: readonly (readonly [extra: number, share: number])[] = [
  [2, 0.15],
  [1, 0.25],
];
/** Costs closer than this are equal: sums of weights in another order. */
const COST_ERROR = 1e-9;

/**
 * Simulated annealing over equivalent circuits: a random gate is carried in a random direction (see token.ts) and either merges
 * with another or is put down at a random place where it is one gate again, or a few at a higher cost. Moves without change of
 * cost are what lets the others happen. Returns the cheapest circuit seen.
 */
export function anneal(start: readonly Gate[], qubits: number, options: AnnealOptions): Gate[] {
  const { cost, steps, heat, prng, stop } = options;
  const walk = new Walk(new Token(qubits), options);
  let now = [...start];
  let nowCost = cost.of(now);
  let best = start;
  let bestCost = nowCost;
  for (let k = 0; k < steps; k++) {
    if (((k & 63) === 0 && stop()) || now.length === 0) break;
    if (!walk.find(now)) continue;
    // Where the change of cost is plain from the gates that come and go, the circuit is changed in place, and only if it is taken.
    const next = walk.isPlain() && cost.depth === 0 ? null : walk.applied(now);
    const rise = next === null ? walk.rise(now) : cost.of(next) - nowCost;
    if (rise > COST_ERROR && prng.float() >= Math.exp((-rise * steps) / (heat * (steps - k)))) continue;
    if (next === null) walk.apply(now);
    else now = next;
    nowCost += rise;
    if (nowCost < bestCost - COST_ERROR) {
      best = [...now];
      bestCost = nowCost;
    }
  }
  return [...best];
}

function drawExtra(prng: Prng): number {
  let u = prng.float();
  for (const [extra, share] of EXTRAS) {
    if (u < share) return extra;
    u -= share;
  }
  return 0;
}

/** One move: gate `from` goes to `to`, on the far side of the gate there, or with it becomes `put`. */
class Walk {
  readonly #token: Token;
  readonly #options: AnnealOptions;
  #from = 0;
  #to = 0;
  #put: readonly Gate[] = [];
  #meets = false;
  #backwards = false;
  /** Rotations passed that change their sense. */
  #turned: number[] = [];

  constructor(token: Token, options: AnnealOptions) {
    this.#token = token;
    this.#options = options;
  }

  /** Looks for a random move; false where the gate drawn has none. */
  find(gates: readonly Gate[]): boolean {
    const { prng, reach } = this.#options;
    const token = this.#token;
    const i = prng.below(gates.length);
    const taken = gates[i] as Gate;
    if (taken.op === OPAQUE || !token.take(taken)) return false;
    const backwards = (prng.uint32() & 1) === 1;
    const step = backwards ? -1 : 1;
    const end = backwards ? Math.max(-1, i - reach - 1) : Math.min(gates.length, i + reach + 1);
    const extra = drawExtra(prng);
    this.#from = i;
    this.#backwards = backwards;
    this.#meets = false;
    this.#turned.length = 0;
    let turnedThere = 0;
    let seen = 0;
    for (let j = i + step; j !== end; j += step) {
      const gate = gates[j] as Gate;
      if (!token.touches(gate)) continue;
      const joined = token.meet(gate);
      if (joined !== null) {
        this.#meets = true;
        this.#put = joined;
        this.#to = j;
        return true;
      }
      const passed = token.pass(gate, backwards);
      if (passed === 'blocked') break;
      if (passed === 'turned') this.#turned.push(j);
      const there = token.place(extra, (seen & 1) === 0);
      if (there === null) continue;
      seen++;
      if (prng.float() * seen >= 1) continue;
      this.#put = there;
      this.#to = j;
      turnedThere = this.#turned.length;
    }
    this.#turned.length = turnedThere;
    return seen > 0;
  }

  /** One gate or none comes: nothing else will merge that would not also in a later move. */
  isPlain(): boolean {
    return this.#meets || this.#put.length === 1;
  }

  rise(gates: readonly Gate[]): number {
    const { cost } = this.#options;
    let sum = -cost.gate(gates[this.#from] as Gate);
    for (const gate of this.#put) if (!isNothing(gate)) sum += cost.gate(gate);
    return this.#meets ? sum - cost.gate(gates[this.#to] as Gate) : sum;
  }

  /** Carries out a plain move in place. */
  apply(gates: Gate[]): void {
    const [from, to] = [this.#from, this.#to];
    for (const k of this.#turned) gates[k] = reversed(gates[k] as Gate);
    const put = this.#put.filter((gate) => !isNothing(gate));
    if (this.#meets) {
      gates.splice(to, 1, ...put);
      gates.splice(from > to ? from + put.length - 1 : from, 1);
      return;
    }
    // What lay between moves up or down by one.
    if (from < to) for (let k = from; k < to; k++) gates[k] = gates[k + 1] as Gate;
    else for (let k = from; k > to; k--) gates[k] = gates[k - 1] as Gate;
    gates[to] = put[0] as Gate;
  }

  /** The circuit after the move; gates that were put down may have merged with others, so that a detour is judged by its end. */
  applied(gates: readonly Gate[]): Gate[] {
    const put = this.#put.filter((gate) => !isNothing(gate));
    const turns = new Set(this.#turned);
    const out: (Gate | null)[] = [];
    let start = 0;
    for (let k = 0; k < gates.length; k++) {
      if (k === this.#from) continue;
      const gate = turns.has(k) ? reversed(gates[k] as Gate) : (gates[k] as Gate);
      if (k !== this.#to) {
        out.push(gate);
        continue;
      }
      if (!this.#meets && !this.#backwards) out.push(gate);
      start = out.length;
      for (const one of put) out.push(one);
      if (!this.#meets && this.#backwards) out.push(gate);
    }
    const { reach } = this.#options;
    for (let k = 0; k < put.length && put.length > 1; k++) {
      // The slot may hold another gate by now: one that an earlier merge left there.
      if (out[start + k] !== put[k]) continue;
      if (!meetOthers(out, start + k, false, reach, this.#token)) meetOthers(out, start + k, true, reach, this.#token);
    }
    return compact(out);
  }
}
