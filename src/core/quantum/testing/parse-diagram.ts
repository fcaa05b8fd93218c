import { assert, at } from '../../lib/assert.ts';
import type { Circuit, Gate } from '../engine.ts';
import { gates } from '../gates.ts';

const SYMBOLS: Readonly<Record<string, (target: number, ...controls: readonly number[]) => Gate>> = {
  H: gates.h,
  X: gates.x,
  Y: gates.y,
  Z: gates.z,
  S: gates.s,
  T: gates.t,
  s: gates.sdg,
  t: gates.tdg,
};

/**
 * A circuit drawn as text: one line per qubit (the first is qubit 0), time to the right, `-` is wire, `•` a control.
 * In one column the controls act on every other symbol; `×` twice is a swap; a column of controls only is a controlled Z.
 */
export function parseDiagram(text: string): Circuit {
  const lines = text
    .split('\n')
    .map((line) => Array.from(line.trim()))
    .filter((line) => line.length > 0);
  const columns = Math.max(...lines.map((line) => line.length));
  const out: Gate[] = [];
  for (let column = 0; column < columns; column++) {
    const symbols = lines.map((line) => line[column] ?? '-');
    out.push(...columnGates(symbols));
  }
  assert(out.length > 0, 'a diagram without a gate');
  return { qubits: lines.length, gates: out };
}

function columnGates(symbols: readonly string[]): readonly Gate[] {
  const where = (symbol: string): number[] => symbols.flatMap((s, qubit) => (s === symbol ? [qubit] : []));
  const controls = where('•');
  const swapped = where('×');
  if (swapped.length > 0) {
    assert(swapped.length === 2 && controls.length === 0, `swap column ${symbols.join('')}`);
    return gates.swap(at(swapped, 0), at(swapped, 1));
  }
  const found = symbols.flatMap((symbol, qubit) => {
    if (symbol === '-' || symbol === '•' || symbol === '|') return [];
    const make = SYMBOLS[symbol];
    assert(make !== undefined, `symbol "${symbol}" in a diagram`);
    return [make(qubit, ...controls)];
  });
  if (found.length > 0 || controls.length === 0) return found;
  assert(controls.length >= 2, 'a column with one control and nothing to control');
  return [gates.z(at(controls, 0), ...controls.slice(1))];
}
