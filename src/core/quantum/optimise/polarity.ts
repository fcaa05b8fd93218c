import { Prng } from '../../lib/prng.ts';
import type { Stop } from './cancel.ts';
import { isNothing, RZ, rzGate, type Gate } from './gates.ts';
import { addPhases, isClifford, isZeroPhase, phaseOf } from './phase.ts';
import { Token } from './token.ts';

/** Reachable rotations looked at around one quarter turn; pairs of them grow with the square. */
const AROUND_MAX = 48;
/** Of the seven products, how many may have no gate. */
const MISSING_MAX = 2;
/** Sets lacking the same gates that are tried together. */
const MATES_MAX = 12;

const HALF_BITS = 26;
/** Both halves as one number below 2^52: equal keys with different codes are as rare as 1 in 10^15 and are told apart by the codes. */
const keyOf = (low: number, high: number): number => high * 2 ** HALF_BITS + low;

/** Random words by qubit and letter. */
class Hashes {
  readonly #words: Int32Array;

  constructor(qubits: number) {
    const prng = new Prng('pauli hashes');
    this.#words = Int32Array.from({ length: 4 * qubits }, () => prng.uint32() >>> (32 - HALF_BITS));
  }

  signed(codes: Uint8Array, negative: boolean): Signed {
    let low = 0;
    let high = 0;
    for (let q = 0; q < codes.length; q++) {
      const code = codes[q] as number;
      if ((code & 1) !== 0) {
        low ^= this.#words[4 * q] as number;
        high ^= this.#words[4 * q + 1] as number;
      }
      if ((code & 2) !== 0) {
        low ^= this.#words[4 * q + 2] as number;
        high ^= this.#words[4 * q + 3] as number;
      }
    }
    return { low, high, codes, negative };
  }
}

/** A rotation gate as seen from one place in the circuit. */
interface Seen extends Signed {
  readonly index: number;
}

interface Signed {
  /** Hash of the codes, linear: that of a product is the exclusive or of those of its factors. Two halves of 26 bits. */
  readonly low: number;
  readonly high: number;
  readonly codes: Uint8Array;
  readonly negative: boolean;
}

/**
 * CCZ is its own inverse: quarter turns about Z_a, Z_b, Z_c and their products, with sign (-1)^(factors - 1), are the identity.
 * So is every such set of seven commuting Pauli products. Adding the set to seven rotations that are there turns the sense of
 * those that are T and removes those that are S: Nam et al. (arXiv:1710.07345) choose the sense of each Toffoli for that, here it
 * is chosen after merging. Only applied where gates go away.
 */
export function turnTriples(start: readonly Gate[], qubits: number, reach: number, stop: Stop): Gate[] {
  let gates = [...start];
  const token = new Token(qubits);
  const hashes = new Hashes(qubits);
  // Every set that is applied removes a gate, so this ends.
  for (let changed = true; changed;) {
    changed = false;
    for (let i = 0; i < gates.length && !stop(); i++) {
      if ((gates[i] as Gate).op !== RZ) continue;
      for (const set of gainfulSets(gates, around(gates, i, reach, token, hashes))) {
        const next = applied(gates, i, set, reach, token);
        if (next === null) continue;
        gates = next;
        changed = true;
        break;
      }
    }
  }
  return gates;
}

/** Quarter turns to add, in eighths of a turn of 2 pi: to gates by index, and of one product that has no gate yet. */
interface TurnSet {
  readonly changes: readonly (readonly [index: number, eighths: number])[];
  readonly missing: { readonly product: Signed; readonly eighths: number } | null;
  /** Gates that vanish. */
  readonly gain: number;
}

/** Null where the gate that is missing costs as many gates as vanish. */
function applied(gates: readonly Gate[], at: number, set: TurnSet, reach: number, token: Token): Gate[] | null {
  const next: Gate[] = [...gates];
  for (const [index, eighths] of set.changes) {
    const old = next[index] as Gate;
    next[index] = rzGate(old.q, addPhases(old.phase, phaseOf(eighths)));
  }
  if (set.missing !== null) {
    const { product: missing, eighths } = set.missing;
    for (const step of [1, -1]) {
      token.takeRotation(missing.codes, missing.negative, phaseOf(eighths));
      // The product commutes with the gate at `at`: both of its sides are one place.
      for (let j = at; j >= 0 && j < gates.length && Math.abs(j - at) <= reach; j += step) {
        if (j !== at && token.pass(gates[j] as Gate, step < 0) !== 'passed') break;
        const put = token.place(set.gain > 3 && j === at ? 2 : 0, true);
        if (put === null) continue;
        next.splice(step > 0 ? j + 1 : j, 0, ...put);
        return next.filter((one) => !isNothing(one));
      }
    }
    return null;
  }
  return next.filter((one) => !isNothing(one));
}

/** The rotations that can be carried next to gate `at`, that one first. */
function around(gates: readonly Gate[], at: number, reach: number, token: Token, hashes: Hashes): Seen[] {
  const seen: Seen[] = [];
  for (const step of [0, 1, -1])
    for (let j = at + step; j >= 0 && j < gates.length && Math.abs(j - at) <= reach; j += step) {
      if (seen.length >= AROUND_MAX) break;
      const gate = gates[j] as Gate;
      if (gate.op === RZ && token.take(gate)) {
        token.kind = 'rotation';
        if (carried(gates, j, at, token))
          seen.push({ index: j, ...hashes.signed(token.p.codes.slice(), token.p.negative) });
      }
      if (step === 0) break;
    }
  return seen;
}

/** Carries the token of gate `from` next to gate `to`; false where it is blocked. */
function carried(gates: readonly Gate[], from: number, to: number, token: Token): boolean {
  if (from === to) return true;
  const step = from < to ? 1 : -1;
  for (let j = from + step; j !== to; j += step) {
    const gate = gates[j] as Gate;
    if (token.touches(gate) && token.pass(gate, step < 0) !== 'passed') return false;
  }
  return true;
}

/** Sets around the first of `seen`, and pairs of them, that remove more gates than they add, best first. */
function gainfulSets(gates: readonly Gate[], seen: readonly Seen[]): readonly TurnSet[] {
  const byKey = new Map<number, Seen>();
  for (const one of seen) {
    const key = keyOf(one.low, one.high);
    if (!byKey.has(key)) byKey.set(key, one);
  }
  const a = seen[0];
  const quarters = seen.filter(({ index }) => isQuarter(gates[index] as Gate));
  if (a === undefined || quarters.length < 2) return [];
  const sets: TurnSet[] = [];
  /** Sets that lack two gates help only where another lacks the same two with the opposite sense. */
  const halves = new Map<string, Seven[]>();
  const consider = (seven: Seven): void => {
    const set = judged(gates, byKey, seven);
    if (set !== null) sets.push(set);
  };
  for (const b of quarters)
    for (const c of seen) {
      if (b === a || c === a || c === b) continue;
      const missing = missingProducts(a, b, c, byKey);
      if (missing === null) continue;
      const seven = sevenOf(a, b, c);
      if (seven === null) continue;
      for (const one of [seven, opposite(seven)]) {
        consider(one);
        if (missing.length < MISSING_MAX) continue;
        const mates = getOrSet(halves, missing.join(';'));
        for (const mate of mates) consider(sumOf(one, mate));
        if (mates.length < MATES_MAX) mates.push(one);
      }
    }
  return sets.toSorted((x, y) => y.gain - x.gain);
}

/** Keys of the products that have no gate; null where there are too many. */
function missingProducts(a: Signed, b: Signed, c: Signed, byKey: ReadonlyMap<number, Seen>): readonly number[] | null {
  const missing: number[] = [];
  for (const [low, high] of [
    [a.low ^ b.low, a.high ^ b.high],
    [a.low ^ c.low, a.high ^ c.high],
    [b.low ^ c.low, b.high ^ c.high],
    [a.low ^ b.low ^ c.low, a.high ^ b.high ^ c.high],
  ] as const) {
    const key = keyOf(low, high);
    if (byKey.has(key)) continue;
    missing.push(key);
    if (missing.length > MISSING_MAX) return null;
  }
  return missing.toSorted((x, y) => x - y);
}

function getOrSet(map: Map<string, Seven[]>, key: string): Seven[] {
  const found = map.get(key) ?? [];
  map.set(key, found);
  return found;
}

/** What adding these turns does to the gates; null where it removes no more gates than it adds. */
function judged(gates: readonly Gate[], byKey: ReadonlyMap<number, Seen>, turns: Seven): TurnSet | null {
  const changes: (readonly [number, number])[] = [];
  let missing: TurnSet['missing'] = null;
  let gain = 0;
  for (const [key, { product: wanted, eighths }] of turns) {
    if (eighths % 8 === 0) continue;
    const found = byKey.get(key);
    if (found !== undefined && found.codes.some((code, q) => code !== wanted.codes[q])) return null;
    if (found === undefined) {
      if (missing !== null) return null;
      missing = { product: wanted, eighths };
    } else {
      const turn = found.negative === wanted.negative ? eighths : -eighths;
      if (isZeroPhase(addPhases((gates[found.index] as Gate).phase, phaseOf(turn)))) gain++;
      changes.push([found.index, turn]);
    }
  }
  return gain > (missing === null ? 0 : 1) ? { changes, missing, gain } : null;
}

/** A quarter turn: S or its inverse. */
const isQuarter = ({ phase }: Gate): boolean => isClifford(phase) && phase.eighths !== 4;

/** Turns in eighths by the key of their product. */
type Seven = ReadonlyMap<number, { readonly product: Signed; readonly eighths: number }>;

/** The seven products with their quarter turns; null where a, b and c do not commute or are not independent. */
function sevenOf(a: Signed, b: Signed, c: Signed): Seven | null {
  const ab = product(a, b);
  const ac = product(a, c);
  const bc = product(b, c);
  const abc = ab === null ? null : product(ab, c);
  if (ab === null || ac === null || bc === null || abc === null) return null;
  const seven = new Map<number, { product: Signed; eighths: number }>();
  for (const one of [a, b, c, abc]) seven.set(keyOf(one.low, one.high), { product: one, eighths: 2 });
  for (const one of [ab, ac, bc]) seven.set(keyOf(one.low, one.high), { product: one, eighths: -2 });
  return seven.size === 7 && [...seven.values()].every(({ product: one }) => one.codes.some((code) => code !== 0))
    ? seven
    : null;
}

const opposite = (seven: Seven): Seven =>
  new Map([...seven].map(([key, { product: one, eighths }]) => [key, { product: one, eighths: -eighths }]));

function sumOf(a: Seven, b: Seven): Seven {
  const sum = new Map(a);
  for (const [key, { product: one, eighths }] of b) {
    const there = sum.get(key);
    const more = there !== undefined && there.product.negative !== one.negative ? -eighths : eighths;
    sum.set(key, there === undefined ? { product: one, eighths } : { ...there, eighths: there.eighths + more });
  }
  return sum;
}

/** a times b where they commute. Per qubit, codes 1 X, 2 Z, 3 Y: XY = iZ, YZ = iX, ZX = iY and the reverse with -i. */
function product(a: Signed, b: Signed): Signed | null {
  const codes = new Uint8Array(a.codes.length);
  let quarter = 0;
  for (let q = 0; q < codes.length; q++) {
    const x = a.codes[q] as number;
    const y = b.codes[q] as number;
    codes[q] = x ^ y;
    if (x === 0 || y === 0 || x === y) continue;
    // The cycle X (1), Y (3), Z (2).
    const forward = (x === 1 && y === 3) || (x === 3 && y === 2) || (x === 2 && y === 1);
    quarter += forward ? 1 : 3;
  }
  if (quarter % 2 === 1) return null;
  return {
    low: a.low ^ b.low,
    high: a.high ^ b.high,
    codes,
    negative: (a.negative !== b.negative) !== (quarter % 4 === 2),
  };
}
