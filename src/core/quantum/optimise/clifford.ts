import type { Stop } from './cancel.ts';
import type { Cost } from './cost.ts';
import { cxGate, hGate, isCliffordGate, qubitsOf, tGate, xGate, type Gate } from './gates.ts';
import { Product, PX, PZ } from './product.ts';

/** Shorter parts are what the search is better at. */
const GATES_MIN = 12;
/** The synthesis tries every pair of a row and a pivot: the cube of the qubits for each of them. */
const QUBITS_MAX = 64;

/**
 * Resynthesis of the Clifford parts: whatever can be collected without crossing another gate is a tableau, and becomes a circuit
 * again by a greedy elimination, where that costs less. Long random parts shrink to some n^2 / 2 two-qubit gates.
 */
export function resynthesiseCliffords(gates: readonly Gate[], qubits: number, cost: Cost, stop: Stop): Gate[] {
  if (qubits > QUBITS_MAX) return [...gates];
  const out: Gate[] = [];
  let part: Gate[] = [];
  let held: Gate[] = [];
  const blocked = new Uint8Array(qubits);
  const flush = (): void => {
    for (const gate of stop() ? part : cheaper(part, qubits, cost)) out.push(gate);
    for (const gate of held) out.push(gate);
    part = [];
    held = [];
    blocked.fill(0);
  };
  for (const gate of gates) {
    const on = qubitsOf(gate);
    const free = on.every((q) => blocked[q] === 0);
    if (isCliffordGate(gate) && free) part.push(gate);
    else {
      // The first Clifford gate behind another one starts the next part.
      if (isCliffordGate(gate)) {
        flush();
        part.push(gate);
        continue;
      }
      held.push(gate);
      for (const q of on) blocked[q] = 1;
    }
  }
  flush();
  return out;
}

function cheaper(gates: readonly Gate[], qubits: number, cost: Cost): readonly Gate[] {
  if (gates.length < GATES_MIN) return gates;
  const made = synthesiseClifford(gates, qubits);
  return cost.of(made) < cost.of(gates) ? made : gates;
}

/** A circuit for the Clifford operator of `gates`, by the images of X and Z of its qubits. */
export function synthesiseClifford(gates: readonly Gate[], qubits: number): Gate[] {
  const used = [...new Set(gates.flatMap(qubitsOf))];
  const images = (letter: number): Map<number, Product> =>
    new Map(
      used.map((q) => {
        const image = new Product(qubits);
        image.set(q, letter);
        for (const gate of gates) image.conjugate(gate, false);
        return [q, image];
      }),
    );
  // Gates after the circuit that take every image back: the circuit is their inverse.
  const [xs, zs] = [images(PX), images(PZ)];
  const back: Gate[] = [];
  const apply = (gate: Gate): void => {
    back.push(gate);
    for (const rows of [xs, zs]) for (const row of rows.values()) row.conjugate(gate, false);
  };
  const left = new Set(used);
  while (left.size > 0) {
    const [row, pivot] = cheapest(xs, zs, left);
    reduce(xs.get(row) as Product, zs.get(row) as Product, pivot, apply);
    // The row's qubit and the one where its image now sits change places, so that what is left stays on the qubits left.
    if (pivot !== row) for (const gate of [cxGate(pivot, row), cxGate(row, pivot), cxGate(pivot, row)]) apply(gate);
    fixSigns(xs.get(row) as Product, zs.get(row) as Product, row, apply);
    left.delete(row);
  }
  return back.toReversed().map(inverse);
}

const inverse = (gate: Gate): Gate => (gate.diagonal ? tGate(gate.q, -gate.phase.eighths) : gate);

/** The row and the pivot qubit that need the fewest CX. */
function cheapest(
  xs: ReadonlyMap<number, Product>,
  zs: ReadonlyMap<number, Product>,
  left: ReadonlySet<number>,
): readonly [row: number, pivot: number] {
  let best: readonly [number, number] = [-1, -1];
  let bestPrice = Infinity;
  for (const row of left)
    for (const pivot of left) {
      const price = priceOf(xs.get(row) as Product, zs.get(row) as Product, pivot) + (row === pivot ? 0 : SWAP_PRICE);
      if (price >= bestPrice) continue;
      best = [row, pivot];
      bestPrice = price;
    }
  return best;
}

/** Three CX, of which neighbours cancel some. */
const SWAP_PRICE = 2;

/** CX that `reduce` takes; infinite where the two products do not differ on the pivot. */
function priceOf(p: Product, r: Product, pivot: number): number {
  const [a, b] = [p.codes[pivot] as number, r.codes[pivot] as number];
  if (a === 0 || b === 0 || a === b) return Infinity;
  let price = 0;
  for (let q = 0; q < p.codes.length; q++) {
    if (q === pivot) continue;
    const [x, y] = [p.codes[q] as number, r.codes[q] as number];
    if (x !== 0) price++;
    // A CX that clears the first product changes the second where it does not hold the same letter.
    if (y !== 0 && y !== x) price++;
    else if (x !== 0 && y === x) price += 0.5;
  }
  return price;
}

/** Gates that turn p into +-X and r into +-Z of the pivot. */
function reduce(p: Product, r: Product, pivot: number, apply: (gate: Gate) => void): void {
  turnTo(PX, p, pivot, apply);
  for (let q = 0; q < p.codes.length; q++) {
    if (q === pivot || p.codes[q] === 0) continue;
    turnTo(PX, p, q, apply);
    apply(cxGate(pivot, q));
  }
  // r anticommutes with X on the pivot: it is Z or Y there; a quarter turn about X makes Y a Z.
  if (r.codes[pivot] === 3) for (const gate of [hGate(pivot), tGate(pivot, 2), hGate(pivot)]) apply(gate);
  for (let q = 0; q < r.codes.length; q++) {
    if (q === pivot || r.codes[q] === 0) continue;
    turnTo(PZ, r, q, apply);
    apply(cxGate(q, pivot));
  }
}

/** One-qubit gates that make the product's letter on a qubit X or Z. */
function turnTo(letter: number, product: Product, q: number, apply: (gate: Gate) => void): void {
  if (product.codes[q] === 3) apply(tGate(q, 2));
  if (product.codes[q] !== letter) apply(hGate(q));
}

function fixSigns(p: Product, r: Product, q: number, apply: (gate: Gate) => void): void {
  if (p.negative) apply(tGate(q, 4));
  if (r.negative) apply(xGate(q));
}
