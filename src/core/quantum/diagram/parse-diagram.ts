import { assert, at } from '../../lib/assert.ts';
import { circuitOf, gate } from '../circuit/builder.ts';
import type { Circuit, GateName, Operation } from '../circuit/circuit.ts';

const SYMBOLS: Readonly<Record<string, GateName>> = {
  I: 'id',
  H: 'h',
  X: 'x',
  Y: 'y',
  Z: 'z',
  S: 's',
  T: 't',
  s: 'sdg',
  t: 'tdg',
  V: 'sx',
  v: 'sxdg',
};

/**
 * A small circuit drawn as text, for tests: one line per qubit (the first is qubit 0), one character per time step, `-` is wire,
 * `•` a control. In one column the controls act on every other symbol; `×` twice is a swap, with or without controls; a column
 * of controls only is a controlled Z. `M` measures qubit k into bit k, `0` resets. Throws on anything else.
 */
export function parseDiagram(text: string): Circuit {
  const lines = text
    .split('\n')
    .map((line) => Array.from(line.trim()))
    .filter((line) => line.length > 0);
  const columns = Math.max(0, ...lines.map((line) => line.length));
  const out: Operation[] = [];
  for (let column = 0; column < columns; column++)
    out.push(...columnOperations(lines.map((line) => line[column] ?? '-')));
  assert(out.length > 0, 'a diagram without a gate');
  const measures = out.some(({ kind }) => kind === 'measure');
  return circuitOf(lines.length, out, measures ? lines.length : 0);
}

function columnOperations(symbols: readonly string[]): readonly Operation[] {
  const where = (symbol: string): number[] => symbols.flatMap((s, qubit) => (s === symbol ? [qubit] : []));
  const controls = where('•');
  const swapped = where('×');
  const found = symbols.flatMap((symbol, qubit): Operation[] => {
    if (['-', '•', '|', '×'].includes(symbol)) return [];
    if (symbol === 'M' || symbol === '0') {
      assert(controls.length === 0, `"${symbol}" with controls in column ${symbols.join('')}`);
      return [symbol === 'M' ? { kind: 'measure', qubit, clbit: qubit } : { kind: 'reset', qubit }];
    }
    const name = Object.hasOwn(SYMBOLS, symbol) ? SYMBOLS[symbol] : undefined;
    assert(name !== undefined, `symbol "${symbol}" in a diagram`);
    return [gate(name, [qubit], [], controls)];
  });
  if (swapped.length > 0) {
    assert(swapped.length === 2, `swap column ${symbols.join('')}`);
    return [gate('swap', swapped, [], controls), ...found];
  }
  if (found.length > 0 || controls.length === 0) return found;
  assert(controls.length >= 2, 'a column with one control and nothing to control');
  return [gate('z', [at(controls, 0)], [], controls.slice(1))];
}
