import { CX, H, OPAQUE, RZ, rzGate, tGate, X, xGate, cxGate, type Gate } from './gates.ts';
import { addPhases, isClifford, phaseOf, type Phase } from './phase.ts';
import { placeFlip, placeHadamard, placePauli, placeRotation } from './place.ts';
import { Product, PX, PZ } from './product.ts';

/**
 * A gate taken out of the circuit and carried through the others, described by Pauli products instead of by qubits:
 *   rotation  exp(-i theta/2 P)            Rz: P = Z
 *   pauli     P                            X, and Rz(pi)
 *   flip      (1 + P + R - P R)/2          CX: P = Z on the control, R = X on the target; symmetric in P and R
 *   hadamard  (P + R)/sqrt 2               H: P = X, R = Z
 * Carried past a Clifford gate V, P becomes V P V^dagger (Aaronson, Gottesman, arXiv:quant-ph/0406196); past a rotation about Q
 * it needs P and Q to commute, or, where P Q = -Q P for all of its Paulis, it turns that rotation's sense. Two gates that meet
 * with equal Paulis cancel or merge. Rotations that merge this way give the T-counts of Zhang and Chen (arXiv:1903.12456);
 * the flips and Hadamards extend it to the Clifford gates.
 */
export type TokenKind = 'rotation' | 'pauli' | 'flip' | 'hadamard';

export type Passed = 'passed' | 'turned' | 'blocked';

export class Token {
  kind: TokenKind = 'rotation';
  readonly p: Product;
  readonly r: Product;
  #phase: Phase = phaseOf(0);

  constructor(qubits: number) {
    this.p = new Product(qubits);
    this.r = new Product(qubits);
  }

  /** False for what cannot be carried. */
  take(gate: Gate): boolean {
    this.p.clear();
    this.r.clear();
    switch (gate.op) {
      case RZ:
        this.kind = gate.phase.eighths === 4 && isClifford(gate.phase) ? 'pauli' : 'rotation';
        this.#phase = gate.phase;
        this.p.set(gate.q, PZ);
        return true;
      case X:
        this.kind = 'pauli';
        this.p.set(gate.q, PX);
        return true;
      case CX:
        this.kind = 'flip';
        this.p.set(gate.q, PZ);
        this.r.set(gate.t, PX);
        return true;
      case H:
        this.kind = 'hadamard';
        this.p.set(gate.q, PX);
        this.r.set(gate.q, PZ);
        return true;
      default:
        gate.op satisfies typeof OPAQUE;
        return false;
    }
  }

  /** False for gates on other qubits, which it passes as if they were not there. */
  touches(gate: Gate): boolean {
    if (gate.op === OPAQUE) return true;
    const p = this.p.codes;
    const r = this.r.codes;
    if (((p[gate.q] as number) | (r[gate.q] as number)) !== 0) return true;
    return gate.op === CX && ((p[gate.t] as number) | (r[gate.t] as number)) !== 0;
  }

  /** A rotation about a product that is no gate of the circuit. */
  takeRotation(codes: Uint8Array, negative: boolean, phase: Phase): void {
    this.p.clear();
    this.r.clear();
    for (let q = 0; q < codes.length; q++) this.p.set(q, codes[q] as number);
    this.p.negative = negative;
    this.kind = 'rotation';
    this.#phase = phase;
  }

  /** Of a token that is diagonal: the qubits of its product as bits, of at most 30; 0 otherwise. */
  parity(): number {
    let mask = 0;
    for (let q = 0; q < this.p.codes.length; q++) {
      const code = this.p.codes[q] as number;
      if ((code & PX) !== 0) return 0;
      if (code !== 0) mask |= 1 << q;
    }
    return mask;
  }

  /** Carries the token past `gate`; 'turned' means that the gate, a rotation, changes its sense. */
  pass(gate: Gate, backwards: boolean): Passed {
    const two = this.kind === 'flip' || this.kind === 'hadamard';
    if (gate.op === OPAQUE)
      return this.p.passesOpaque(gate) && (!two || this.r.passesOpaque(gate)) ? 'passed' : 'blocked';
    if (gate.op === RZ && !isClifford(gate.phase)) {
      const p = ((this.p.codes[gate.q] as number) & 1) === 1;
      if (!two) return !p ? 'passed' : this.kind === 'pauli' ? 'turned' : 'blocked';
      const r = ((this.r.codes[gate.q] as number) & 1) === 1;
      if (!p && !r) return 'passed';
      return p && r && this.kind === 'hadamard' ? 'turned' : 'blocked';
    }
    this.p.conjugate(gate, backwards);
    if (two) this.r.conjugate(gate, backwards);
    return 'passed';
  }

  /**
   * What the token and `gate`, met next to each other, become together where that is at most as many gates as the two were
   * (up to global phase); null where nothing is gained. Both orders give the same, as the two commute or are self-inverse.
   */
  meet(gate: Gate): readonly Gate[] | null {
    switch (this.kind) {
      case 'rotation':
        if (gate.op !== RZ || !this.p.is(gate.q, PZ)) return null;
        return rotationOrNothing(gate.q, addPhases(gate.phase, this.#phase, this.p.negative ? -1 : 1));
      case 'pauli':
        return this.#pauliMeets(gate);
      case 'flip':
        return gate.op === CX ? (flipsMeet(this.p, this.r, gate) ?? flipsMeet(this.r, this.p, gate)) : null;
      default: {
        this.kind satisfies 'hadamard';
        if (gate.op !== H || this.p.weight !== 1 || this.r.weight !== 1) return null;
        const p = this.p.codes[gate.q] as number;
        const r = this.r.codes[gate.q] as number;
        if (!((p === PX && r === PZ) || (p === PZ && r === PX))) return null;
        if (this.p.negative === this.r.negative) return [];
        // (X - Z)(X + Z)/2 is Y up to phase, in either order.
        return [xGate(gate.q), tGate(gate.q, 4)];
      }
    }
  }

  #pauliMeets(gate: Gate): readonly Gate[] | null {
    if (this.p.weight !== 1) return null;
    const code = this.p.codes[gate.q] as number;
    if (gate.op === RZ && code === PZ) return rotationOrNothing(gate.q, addPhases(gate.phase, phaseOf(4)));
    if (gate.op === X && code === PX) return [];
    if (gate.op === X && code === 3) return [tGate(gate.q, 4)];
    return null;
  }

  /**
   * The token as gates where it stands now, in order of time, or null. `extra` is how many gates more than one it may take;
   * `coin` picks where there are two ways.
   */
  place(extra: number, coin: boolean): readonly Gate[] | null {
    switch (this.kind) {
      case 'rotation':
        return placeRotation(this.p, this.#phase, extra, coin);
      case 'pauli':
        return placePauli(this.p, extra);
      case 'flip':
        return placeFlip(this.p, this.r, extra);
      default:
        this.kind satisfies 'hadamard';
        return placeHadamard(this.p, this.r, extra);
    }
  }
}

const rotationOrNothing = (q: number, phase: Phase): readonly Gate[] => {
  const gate = rzGate(q, phase);
  return gate.phase.eighths === 0 && isClifford(gate.phase) ? [] : [gate];
};

/** The flip of a and b next to CX, where a is on its control or b on its target. */
function flipsMeet(a: Product, b: Product, { q, t }: Gate): readonly Gate[] | null {
  const bare = !a.negative && !b.negative;
  // Sharing the control: C(Z, R) C(Z, X) = C(Z, R X). The sign of Z adds R, that of the product adds Z.
  if (a.is(q, PZ)) {
    if (b.is(t, PX)) return signs(a.negative, b.negative, q, t);
    if (bare && b.weight === 2 && b.codes[t] === PX) {
      const other = b.sum - t;
      if (other !== q && b.codes[other] === PX) return [cxGate(q, other)];
    }
  }
  // Sharing the target: C(P, X) C(Z, X) = C(P Z, X).
  if (bare && b.is(t, PX) && a.weight === 2 && a.codes[q] === PZ) {
    const other = a.sum - q;
    if (other !== t && a.codes[other] === PZ) return [cxGate(other, t)];
  }
  return null;
}

/** C(+-Z, +-X) C(Z, X): what the signs leave behind. */
function signs(a: boolean, b: boolean, q: number, t: number): readonly Gate[] {
  const gates: Gate[] = [];
  if (a) gates.push(xGate(t));
  if (b) gates.push(tGate(q, 4));
  return gates;
}
