import { cxGate, hGate, rzGate, tGate, xGate, type Gate } from './gates.ts';
import { negatePhase, type Phase } from './phase.ts';
import { PX, PZ, type Product } from './product.ts';

// How tokens (see token.ts) are written as gates, in order of time; null where that takes more than 1 + `extra` gates.

export function placeRotation(p: Product, angle: Phase, extra: number, coin: boolean): readonly Gate[] | null {
  if (p.weight > 1 && (extra < 2 || p.weight > 2)) return null;
  const phase = p.negative ? negatePhase(angle) : angle;
  if (p.weight === 2) return placeParity(p, phase, coin);
  const q = p.sum;
  if (p.codes[q] === PZ) return [rzGate(q, phase)];
  return extra >= 2 && p.codes[q] === PX ? [hGate(q), rzGate(q, phase), hGate(q)] : null;
}

/** Rotation about Z_a Z_b: a rotation about Z between two CX. */
function placeParity(p: Product, phase: Phase, coin: boolean): readonly Gate[] | null {
  const a = p.codes.indexOf(PZ);
  const b = p.sum - a;
  if (a < 0 || a === b || p.codes[b] !== PZ) return null;
  const [control, target] = coin ? [a, b] : [b, a];
  return [cxGate(control, target), rzGate(target, phase), cxGate(control, target)];
}

export function placePauli(p: Product, extra: number): readonly Gate[] | null {
  if (p.weight > 1 + extra) return null;
  const gates = pauliGates(p);
  return gates.length <= 1 + extra ? gates : null;
}

function pauliGates(p: Product): Gate[] {
  const gates: Gate[] = [];
  if (p.weight === 1) return pauliOn(p.sum, p.codes[p.sum] as number, gates);
  for (let q = 0; q < p.codes.length; q++) pauliOn(q, p.codes[q] as number, gates);
  return gates;
}

function pauliOn(q: number, code: number, into: Gate[]): Gate[] {
  if ((code & PX) !== 0) into.push(xGate(q));
  if ((code & PZ) !== 0) into.push(tGate(q, 4));
  return into;
}

/** C(P, R) for P and R on one qubit each, any letters: basis changes around a CX, and the Paulis that the signs add. */
function withSigns(
  p: Product,
  r: Product,
  q: number,
  t: number,
  a: number,
  b: number,
  extra: number,
): readonly Gate[] | null {
  // As control the letter Z is free, as target the letter X; take the orientation that needs fewer changes.
  const straight = (a === PZ ? 0 : 1) + (b === PX ? 0 : 1);
  const crossed = (b === PZ ? 0 : 1) + (a === PX ? 0 : 1);
  const swap = crossed < straight;
  const control = swap ? ([t, b] as const) : ([q, a] as const);
  const target = swap ? ([q, a] as const) : ([t, b] as const);
  const before: Gate[] = [];
  const after: Gate[] = [];
  if (!toControl(control[0], control[1], before, after) || !toTarget(target[0], target[1], before, after)) return null;
  const tail: Gate[] = [];
  // C(-P, R) = C(P, R) R and C(P, -R) = C(P, R) P, up to phase.
  if (p.negative) pauliOn(t, b, tail);
  if (r.negative) pauliOn(q, a, tail);
  const gates = [...before, cxGate(control[0], target[0]), ...after.toReversed(), ...tail];
  return gates.length <= 1 + extra ? gates : null;
}

/** Gates before and (in reverse) after that make a Z of the letter. */
function toControl(q: number, letter: number, before: Gate[], after: Gate[]): boolean {
  if (letter === PZ) return true;
  if (letter !== PX) return false;
  before.push(hGate(q));
  after.push(hGate(q));
  return true;
}

/** ... that make an X of the letter: Z by H, Y by S^dagger before and S after. */
function toTarget(t: number, letter: number, before: Gate[], after: Gate[]): boolean {
  if (letter === PX) return true;
  before.push(letter === PZ ? hGate(t) : tGate(t, -2));
  after.push(letter === PZ ? hGate(t) : tGate(t, 2));
  return true;
}

/** C(Z_a, X_b X_c) as two CX, or C(Z_a Z_b, X_c). */
function splitFlip(single: Product, double: Product): readonly Gate[] | null {
  if (single.weight !== 1 || double.weight !== 2) return null;
  const a = single.sum;
  const letter = single.codes[a] as number;
  if (letter === 3 || (double.codes[a] as number) !== 0) return null;
  const wanted = letter === PZ ? PX : PZ;
  const b = double.codes.indexOf(wanted);
  const c = double.sum - b;
  if (b < 0 || c === b || double.codes[c] !== wanted) return null;
  return letter === PZ ? [cxGate(a, b), cxGate(a, c)] : [cxGate(b, a), cxGate(c, a)];
}

/** (P + R)/sqrt 2 for two letters on one qubit. */
export function placeHadamard(p: Product, r: Product, extra: number): readonly Gate[] | null {
  if (p.weight !== 1 || r.weight !== 1 || p.sum !== r.sum) return null;
  const q = p.sum;
  const letters = (p.codes[q] as number) | ((r.codes[q] as number) << 2);
  const same = p.negative === r.negative;
  if (letters === (PX | (PZ << 2)) || letters === (PZ | (PX << 2))) {
    if (same) return [hGate(q)];
    // (X - Z)/sqrt 2 = Z H Z up to phase, and Z H Z = X H X up to sign; one Pauli each side is H times Y.
    return extra >= 2 ? [hGate(q), xGate(q), tGate(q, 4)] : null;
  }
  if (extra < 1 || !same) return null;
  // (Y + Z)/sqrt 2 = S H S^dagger; (X + Y)/sqrt 2 is X times S.
  const withZ = letters === (3 | (PZ << 2)) || letters === (PZ | (3 << 2));
  if (!withZ) return [xGate(q), tGate(q, 2)];
  return extra >= 2 ? [tGate(q, -2), hGate(q), tGate(q, 2)] : null;
}

/** (1 + P + R - P R)/2: one CX where both have one letter, two where one of them has two. */
export function placeFlip(p: Product, r: Product, extra: number): readonly Gate[] | null {
  if (p.weight === 1 && r.weight === 1 && p.sum !== r.sum) {
    const a = p.codes[p.sum] as number;
    const b = r.codes[r.sum] as number;
    const bare = !p.negative && !r.negative;
    if (bare && a === PZ && b === PX) return [cxGate(p.sum, r.sum)];
    if (bare && a === PX && b === PZ) return [cxGate(r.sum, p.sum)];
    if (extra < 1) return null;
    return withSigns(p, r, p.sum, r.sum, a, b, extra);
  }
  if (extra < 1 || p.negative || r.negative) return null;
  return splitFlip(p, r) ?? splitFlip(r, p);
}
