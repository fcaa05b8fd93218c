import { CX, H, OPAQUE, RZ, X, type Gate } from './gates.ts';
import { addPhases, isClifford, isZeroPhase, negatePhase, type Phase } from './phase.ts';

/** Signed Pauli product: bit-packed X and Z parts and the power of i in front of the product of X^x Z^z over the qubits. */
interface Row {
  readonly x: Uint32Array;
  readonly z: Uint32Array;
  power: number;
}

interface Rotation {
  readonly row: Row;
  phase: Phase;
}

/** 300 bytes each, and at worst each is compared with all others. */
const ROTATIONS_MAX = 500_000;

/**
 * True only where the gates are the identity up to global phase. The circuit is written as a Clifford tableau after rotations
 * about Pauli products (each Rz pulled back to the start); equal products are added up where everything between commutes, and
 * turns by multiples of pi/2 move into the tableau. If no rotation and only the trivial tableau is left, that is a proof; false
 * proves nothing. Works for any number of qubits; opaque steps are refused.
 */
export function isIdentity(gates: readonly Gate[], qubits: number, stop: () => boolean): boolean {
  const tableau = new Tableau(qubits);
  const rotations = new Rotations();
  for (const [k, gate] of gates.entries()) {
    if (gate.op === OPAQUE || rotations.length > ROTATIONS_MAX || ((k & 63) === 0 && stop())) return false;
    if (gate.op !== RZ || isClifford(gate.phase)) tableau.apply(gate);
    else rotations.add({ row: copy(tableau.zs[gate.q] as Row), phase: gate.phase }, tableau);
  }
  return rotations.length === 0 && tableau.isTrivial();
}

/** Rotations in order of time, the tableau after them. */
class Rotations {
  readonly #list: Rotation[] = [];
  /** How many rotations have products of this hash: most new ones have no partner and need no search. */
  readonly #hashes = new Map<number, number>();

  get length(): number {
    return this.#list.length;
  }

  /**
   * Adds a rotation at the end, merged with an equal one before it where it commutes up to there. A sum that is a Clifford
   * rotation moves past all later ones into the tableau; those it turned are added again, as they may merge with others now.
   */
  add(rotation: Rotation, tableau: Tableau): void {
    let pending: Rotation[] = [rotation];
    for (;;) {
      const next = pending.shift();
      if (next === undefined) return;
      const k = this.#partnerOf(next);
      const partner = k < 0 ? undefined : this.#list[k];
      if (partner === undefined) {
        this.#list.push(next);
        this.#count(next, 1);
        continue;
      }
      const sum = addPhases(partner.phase, next.phase, partner.row.power === next.row.power ? 1 : -1);
      if (isZeroPhase(sum)) this.#remove(k, 1);
      else if (!isClifford(sum)) partner.phase = sum;
      else {
        const turned = (row: Row): Row => turn(row, partner.row, sum.eighths);
        tableau.map(turned);
        const later = this.#remove(k, this.length - k).slice(1);
        pending = [...later, ...pending].map(({ row, phase }) => ({ row: turned(row), phase }));
      }
    }
  }

  #partnerOf(rotation: Rotation): number {
    if ((this.#hashes.get(hashOf(rotation.row)) ?? 0) === 0) return -1;
    for (let k = this.length - 1; k >= 0; k--) {
      const other = this.#list[k] as Rotation;
      if (sameProduct(other.row, rotation.row)) return k;
      if (!commute(other.row, rotation.row)) return -1;
    }
    return -1;
  }

  #remove(from: number, count: number): Rotation[] {
    const removed = this.#list.splice(from, count);
    for (const rotation of removed) this.#count(rotation, -1);
    return removed;
  }

  #count({ row }: Rotation, by: number): void {
    const hash = hashOf(row);
    this.#hashes.set(hash, (this.#hashes.get(hash) ?? 0) + by);
  }
}

/** FNV-1a over the words, without the sign. */
function hashOf({ x, z }: Row): number {
  let hash = 0x811c9dc5;
  for (let k = 0; k < x.length; k++) {
    hash = Math.imul(hash ^ (x[k] as number), 0x01000193);
    hash = Math.imul(hash ^ (z[k] as number) ^ (hash >>> 15), 0x01000193);
  }
  return hash;
}

/**
 * V^dagger Q V for V = exp(-i (angle/2) P), angle = eighths pi/4: Q where they commute, else
 * exp(i angle P) Q = cos(angle) Q + i sin(angle) P Q. The list ends in ... R_k+1 V = V (V^dagger R_k+1 V) ...
 */
function turn(q: Row, p: Row, eighths: number): Row {
  if (commute(q, p)) return q;
  if (eighths === 4) return { ...q, power: (q.power + 2) & 3 };
  const product = multiply(p, q);
  product.power = (product.power + (eighths === 2 ? 1 : 3)) & 3;
  return product;
}

class Tableau {
  /** C^dagger X_q C and C^dagger Z_q C of the Clifford circuit C so far. */
  readonly xs: Row[];
  readonly zs: Row[];

  constructor(qubits: number) {
    const words = Math.max(1, Math.ceil(qubits / 32));
    const unit = (q: number, which: 'x' | 'z'): Row => {
      const row: Row = { x: new Uint32Array(words), z: new Uint32Array(words), power: 0 };
      row[which][q >>> 5] = 1 << (q & 31);
      return row;
    };
    this.xs = Array.from({ length: qubits }, (_, q) => unit(q, 'x'));
    this.zs = Array.from({ length: qubits }, (_, q) => unit(q, 'z'));
  }

  apply(gate: Gate): void {
    const { xs, zs } = this;
    const x = xs[gate.q] as Row;
    const z = zs[gate.q] as Row;
    switch (gate.op) {
      case H:
        xs[gate.q] = z;
        zs[gate.q] = x;
        return;
      case X:
        zs[gate.q] = { ...z, power: (z.power + 2) & 3 };
        return;
      case RZ:
        xs[gate.q] = turn(x, z, gate.phase.eighths);
        return;
      default:
        // CX: Z_t becomes Z_c Z_t, X_c becomes X_c X_t.
        xs[gate.q] = multiply(x, xs[gate.t] as Row);
        zs[gate.t] = multiply(z, zs[gate.t] as Row);
    }
  }

  map(change: (row: Row) => Row): void {
    for (const rows of [this.xs, this.zs]) for (const [q, row] of rows.entries()) rows[q] = change(row);
  }

  isTrivial(): boolean {
    const unit = (row: Row, q: number, which: 'x' | 'z'): boolean => {
      const other = which === 'x' ? row.z : row.x;
      return (
        row.power === 0 &&
        other.every((word) => word === 0) &&
        row[which].every((word, k) => word === (k === q >>> 5 ? (1 << (q & 31)) >>> 0 : 0))
      );
    };
    return this.xs.every((row, q) => unit(row, q, 'x')) && this.zs.every((row, q) => unit(row, q, 'z'));
  }
}

const copy = ({ x, z, power }: Row): Row => ({ x: x.slice(), z: z.slice(), power });

function sameProduct(a: Row, b: Row): boolean {
  for (let k = 0; k < a.x.length; k++) if (a.x[k] !== b.x[k] || a.z[k] !== b.z[k]) return false;
  return true;
}

function commute(a: Row, b: Row): boolean {
  let bits = 0;
  for (let k = 0; k < a.x.length; k++)
    bits ^= ((a.x[k] as number) & (b.z[k] as number)) ^ ((a.z[k] as number) & (b.x[k] as number));
  return parity(bits) === 0;
}

/** (X^a Z^b)(X^c Z^d) = (-1)^(b c) X^(a+c) Z^(b+d), qubit by qubit. */
function multiply(a: Row, b: Row): Row {
  const words = a.x.length;
  const row: Row = { x: new Uint32Array(words), z: new Uint32Array(words), power: 0 };
  let crossed = 0;
  for (let k = 0; k < words; k++) {
    row.x[k] = (a.x[k] as number) ^ (b.x[k] as number);
    row.z[k] = (a.z[k] as number) ^ (b.z[k] as number);
    crossed ^= (a.z[k] as number) & (b.x[k] as number);
  }
  row.power = (a.power + b.power + 2 * parity(crossed)) & 3;
  return row;
}

function parity(word: number): number {
  let bits = word ^ (word >>> 16);
  bits ^= bits >>> 8;
  bits ^= bits >>> 4;
  return (0x6996 >>> (bits & 15)) & 1;
}

/** The gates that undo `gates`. */
export function inverseGates(gates: readonly Gate[]): Gate[] {
  return gates.toReversed().map((gate) => (gate.op === RZ ? { ...gate, phase: negatePhase(gate.phase) } : gate));
}

export const isPlain = (gates: readonly Gate[]): boolean => gates.every((gate) => gate.op <= CX);
