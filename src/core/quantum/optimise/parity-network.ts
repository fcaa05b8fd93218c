import { assert } from '../../lib/assert.ts';
import { cxGate, rzGate, type Gate } from './gates.ts';
import type { Phase } from './phase.ts';

/** Parities still to be reached, over the current values of the qubits, with those of the inputs that they are. */
interface Open {
  mask: number;
  readonly phase: Phase;
}

interface Task {
  readonly parities: Open[];
  /** Qubits not looked at yet. */
  readonly qubits: readonly number[];
  /** The qubit on which the parities are collected; -1 while none. */
  readonly target: number;
}

export interface Network {
  readonly gates: readonly Gate[];
  /** What each qubit holds at the end, as a parity of the inputs. */
  readonly outputs: readonly number[];
}

/**
 * CX and rotations that put each phase on its parity: the Gray-code synthesis of Amy, Azimzadeh and Mosca (arXiv:1712.01859,
 * algorithm 1). Splits the parities by the qubit that most of them agree on, so that neighbours differ by few CX.
 */
export function parityNetwork(phases: ReadonlyMap<number, Phase>, qubits: number): Network {
  const gates: Gate[] = [];
  const outputs = Array.from({ length: qubits }, (_, q) => 1 << q);
  const all: Open[] = [...phases].map(([mask, phase]) => ({ mask, phase }));
  const tasks: Task[] = [{ parities: all, qubits: outputs.map((_, q) => q), target: -1 }];
  const done = new Set<Open>();
  const settle = (parities: readonly Open[]): void => {
    for (const open of parities) {
      if (done.has(open) || (open.mask & (open.mask - 1)) !== 0) continue;
      gates.push(rzGate(31 - Math.clz32(open.mask), open.phase));
      done.add(open);
    }
  };
  settle(all);
  for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) {
    const left = task.parities.filter((open) => !done.has(open));
    if (left.length === 0) continue;
    const { target } = task;
    if (target >= 0) {
      for (let source = commonBit(left, target, qubits); source >= 0; source = commonBit(left, target, qubits)) {
        gates.push(cxGate(source, target));
        outputs[target] = (outputs[target] as number) ^ (outputs[source] as number);
        // The target now holds the sum, so a parity that uses it has the source once more.
        for (const open of all) if (!done.has(open) && ((open.mask >> target) & 1) === 1) open.mask ^= 1 << source;
        settle(all);
      }
    }
    branch({ ...task, parities: left.filter((open) => !done.has(open)) }, tasks);
  }
  assert(done.size === all.length, `${done.size} of ${all.length} parities were reached`);
  return { gates, outputs };
}

/** A qubit other than `target` that is in all of the parities; -1 for none. */
function commonBit(parities: readonly Open[], target: number, qubits: number): number {
  let common = -1;
  for (const { mask } of parities) common &= mask;
  if (parities.length === 0) return -1;
  common &= ~(1 << target);
  for (let q = 0; q < qubits; q++) if (((common >> q) & 1) === 1) return q;
  return -1;
}

function branch({ parities, qubits, target }: Task, tasks: Task[]): void {
  if (parities.length === 0 || qubits.length === 0) return;
  let best = -1;
  let bestSize = -1;
  for (const q of qubits) {
    const ones = parities.filter(({ mask }) => ((mask >> q) & 1) === 1).length;
    const size = Math.max(ones, parities.length - ones);
    if (size <= bestSize) continue;
    best = q;
    bestSize = size;
  }
  const others = qubits.filter((q) => q !== best);
  const withBit = parities.filter(({ mask }) => ((mask >> best) & 1) === 1);
  const without = parities.filter(({ mask }) => ((mask >> best) & 1) === 0);
  tasks.push(
    { parities: withBit, qubits: others, target: target < 0 ? best : target },
    { parities: without, qubits: others, target },
  );
}

/**
 * CX that turn qubits holding the parities `from` into ones holding `to`, both invertible. Gauss-Jordan elimination on the smaller
 * of two choices a column; the search shortens the result.
 */
export function linearCircuit(from: readonly number[], to: readonly number[], qubits: number): Gate[] {
  // `to` over the basis `from`: rows m with to[q] = sum over bits of m[q] of from.
  const rows = inBasis(from, to, qubits);
  const ops: (readonly [number, number])[] = [];
  // Row operations that turn the rows into the identity, undone in reverse order.
  const add = (source: number, target: number): void => {
    rows[target] = (rows[target] as number) ^ (rows[source] as number);
    ops.push([source, target]);
  };
  for (let column = 0; column < qubits; column++) {
    const has = (row: number): boolean => (((rows[row] as number) >> column) & 1) === 1;
    if (!has(column)) {
      let pivot = column + 1;
      while (pivot < qubits && !has(pivot)) pivot++;
      assert(pivot < qubits, 'the parities are not invertible');
      add(pivot, column);
    }
    for (let row = column + 1; row < qubits; row++) if (has(row)) add(column, row);
  }
  for (let column = qubits - 1; column > 0; column--)
    for (let row = 0; row < column; row++) if ((((rows[row] as number) >> column) & 1) === 1) add(column, row);
  return ops.toReversed().map(([source, target]) => cxGate(source, target));
}

/** Coordinates of each `to` over `from`. */
function inBasis(from: readonly number[], to: readonly number[], qubits: number): number[] {
  // Gauss-Jordan on `from`, keeping how each reduced row is made.
  const rows = from.map((mask, q) => ({ mask, made: 1 << q }));
  const pivots: number[] = [];
  for (let bit = 0; bit < qubits; bit++) {
    const row = rows.findIndex(({ mask }, k) => ((mask >> bit) & 1) === 1 && !pivots.includes(k));
    assert(row >= 0, 'the parities are not invertible');
    const pivot = rows[row] as { mask: number; made: number };
    for (const [k, other] of rows.entries())
      if (k !== row && ((other.mask >> bit) & 1) === 1) {
        other.mask ^= pivot.mask;
        other.made ^= pivot.made;
      }
    pivots.push(row);
  }
  return to.map((mask) => {
    let made = 0;
    for (let bit = 0; bit < qubits; bit++)
      if (((mask >> bit) & 1) === 1) made ^= (rows[pivots[bit] as number] as { made: number }).made;
    return made;
  });
}
