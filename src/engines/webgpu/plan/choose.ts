/**
 * Which qubits shall a tile hold (or which tile bits the registers of a round) so that the most blocks can be applied?
 * Exact search is hopeless; this grows a set greedily and then exchanges single members while that helps. Everything is
 * deterministic, and fast enough to be a small part of a run: a set is scored by one walk over bit masks.
 */
export interface Candidates {
  /** Mixed and looked-at qubits of the waiting blocks, in order. */
  readonly x: Int32Array;
  readonly z: Int32Array;
  /** What taking a block is worth; 0 for blocks that no set can take. */
  readonly worth: Float64Array;
  count: number;
}

export function candidates(capacity: number): Candidates {
  return { x: new Int32Array(capacity), z: new Int32Array(capacity), worth: new Float64Array(capacity), count: 0 };
}

/** Worth of the blocks that a set of qubits takes, walking until every one of its qubits is blocked. */
export function worthOf({ x, z, worth, count }: Candidates, set: number): number {
  let total = 0;
  // Qubits that a block left behind mixes (nothing may touch them), and those that it looks at (they may not be mixed).
  let mixed = 0;
  let seen = 0;
  for (let i = 0; i < count; i++) {
    const mixes = x[i] as number;
    const looks = z[i] as number;
    if ((mixes & ~set) === 0 && (mixes & (mixed | seen)) === 0 && (looks & mixed) === 0 && worth[i] !== 0) {
      total += worth[i] as number;
      continue;
    }
    mixed |= mixes;
    seen |= looks;
    if ((set & ~(mixed | seen)) === 0) break;
  }
  return total;
}

/** Exchange rounds over all members; the gain of a fourth is hardly ever seen. */
const SWEEPS_MAX = 3;

/**
 * `always` is part of the set, `size` members are wanted out of `allowed` (which includes `always`). Members that are
 * worth nothing are filled up in ascending order, so that the set always has `size` members.
 */
export function chooseSet(blocks: Candidates, always: number, allowed: number, size: number): number {
  const firstNeeded = refine(blocks, inOrderOfNeed(blocks, always, allowed, size), always, allowed);
  const grown = refine(blocks, grow(blocks, always, allowed, size), always, allowed);
  return worthOf(blocks, grown) >= worthOf(blocks, firstNeeded) ? grown : firstNeeded;
}

/** The qubits that the first waiting blocks mix. */
function inOrderOfNeed({ x, count }: Candidates, always: number, allowed: number, size: number): number {
  let set = always;
  for (let i = 0; i < count && bitCount(set) < size; i++) {
    const more = set | ((x[i] as number) & allowed);
    if (bitCount(more) <= size) set = more;
  }
  return fillUp(set, allowed, size);
}

function fillUp(start: number, allowed: number, size: number): number {
  let set = start;
  for (let rest = allowed & ~set; rest !== 0 && bitCount(set) < size; rest &= rest - 1) set |= rest & -rest;
  return set;
}

function grow(blocks: Candidates, always: number, allowed: number, size: number): number {
  let set = always;
  for (let members = bitCount(always); members < size; members++) {
    let best = 0;
    let worth = -1;
    for (let rest = allowed & ~set; rest !== 0; rest &= rest - 1) {
      const bit = rest & -rest;
      const now = worthOf(blocks, set | bit);
      if (now <= worth) continue;
      best = bit;
      worth = now;
    }
    set |= best;
  }
  return set;
}

function refine(blocks: Candidates, start: number, always: number, allowed: number): number {
  let set = start;
  let worth = worthOf(blocks, set);
  for (let sweep = 0; sweep < SWEEPS_MAX; sweep++) {
    let better = false;
    for (let members = set & ~always; members !== 0; members &= members - 1) {
      const out = members & -members;
      for (let others = allowed & ~set; others !== 0; others &= others - 1) {
        const next = (set ^ out) | (others & -others);
        const now = worthOf(blocks, next);
        if (now <= worth) continue;
        set = next;
        worth = now;
        better = true;
        break;
      }
    }
    if (!better) break;
  }
  return set;
}

export function bitCount(mask: number): number {
  let v = mask - ((mask >>> 1) & 0x55555555);
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Numbers of the set bits, ascending. */
export function bitsOf(mask: number): number[] {
  const bits: number[] = [];
  for (let rest = mask; rest !== 0; rest &= rest - 1) bits.push(31 - Math.clz32(rest & -rest));
  return bits;
}
