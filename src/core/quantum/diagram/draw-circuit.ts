import type { Circuit } from '../circuit/circuit.ts';
import {
  angleLabel,
  boxLabel,
  cleanName,
  conditionLabel,
  counted,
  placeName,
  qubitName,
  targetLabel,
} from './labels.ts';
import { layoutCircuit, type Layout, type Placed } from './layout.ts';

export interface DrawOptions {
  /** Characters in a line; longer circuits go on in a block below. Default 100; Infinity never wraps. */
  readonly width?: number;
}

const WIDTH = 100;
/** A picture of more is no picture; it would also be tens of megabytes. */
export const DRAWN_OPERATIONS_MAX = 20_000;
export const DRAWN_ROWS_MAX = 200;

/**
 * The circuit as text: wires to the right, ● a control, ⊕ a controlled X, × the ends of a swap, boxes for other gates, M a
 * measurement with a double line to its classical register, ░ a barrier. `parseDrawing` reads it back. Above the limits
 * the text says how large the circuit is.
 */
export function drawCircuit(circuit: Circuit, { width = WIDTH }: DrawOptions = {}): string {
  if (
    circuit.operations.length > DRAWN_OPERATIONS_MAX ||
    circuit.qubits + circuit.classicalRegisters.length > DRAWN_ROWS_MAX
  )
    return `${counted(circuit.qubits, 'qubit')}, ${counted(circuit.operations.length, 'operation')}: too large to draw\n`;
  const layout = layoutCircuit(circuit);
  const phase = layout.phases.map(({ params }) => params.map(angleLabel).join('')).join(' + ');
  const head = phase === '' ? '' : `global phase: ${phase}\n`;
  const names = rowNames(circuit, layout);
  const columns = layout.columns.map((placed) => drawColumn(placed, layout));
  const blocks: string[] = [];
  let start = 0;
  do {
    const from = start;
    let used = (names[0]?.length ?? 0) + 2;
    while (start < columns.length && (start === from || used + columnWidth(columns[start]) + 1 <= width)) {
      used += columnWidth(columns[start]) + 1;
      start++;
    }
    blocks.push(block(names, layout, columns.slice(from, start)));
  } while (start < columns.length);
  return head + blocks.join('\n');
}

/** Right-aligned, with a colon; classical registers with their size. */
function rowNames(circuit: Circuit, layout: Layout): readonly string[] {
  const names = [
    ...Array.from({ length: layout.qubits }, (_, qubit) => `${qubitName(circuit, qubit)}: `),
    ...layout.classical.map(({ name, size }) => `${cleanName(name)}: ${size}/`),
  ];
  const lengths = names.map((name) => Array.from(name).length);
  const longest = Math.max(0, ...lengths);
  return names.map((name, i) => ' '.repeat(longest - (lengths[i] ?? 0)) + name);
}

/** One column: for each row its lines, each of the same width. */
type Column = readonly (readonly string[])[];

const columnWidth = (column: Column | undefined): number => column?.[0]?.[0]?.length ?? 0;

const TOP = 0;
const MIDDLE = 1;
const BOTTOM = 2;

/** Writes single characters around the middle of a column. */
class Canvas {
  readonly width: number;
  readonly cells: string[][][];

  constructor(width: number, layout: Layout) {
    this.width = width;
    const line = (char: string): string[] => Array.from({ length: width }, () => char);
    const rows = layout.qubits + layout.classical.length;
    this.cells = Array.from({ length: rows }, (_, row) => [
      line(' '),
      line(row < layout.qubits ? '─' : '═'),
      line(' '),
    ]);
  }

  /** Centred in the row's line. */
  write(row: number, line: number, text: string): void {
    const letters = Array.from(text);
    const from = (this.width - letters.length) >> 1;
    const cells = this.cells[row]?.[line];
    if (cells !== undefined) for (const [i, letter] of letters.entries()) cells[from + i] = letter;
  }

  read(row: number, line: number): string {
    return this.cells[row]?.[line]?.[this.width >> 1] ?? ' ';
  }
}

/** Odd, so that there is a middle. */
function widthOf(placed: Placed, layout: Layout): number {
  const texts = labels(placed);
  const boxes = Math.max(1, ...texts.map((text) => Array.from(text).length + 4));
  const below = Array.from(belowLabel(placed, layout)).length;
  return Math.max(boxes, below) | 1;
}

function labels({ operation }: Placed): readonly string[] {
  switch (operation.kind) {
    case 'gate':
      if (['x', 'z'].includes(operation.name) && operation.controls.length > 0) return [];
      if (operation.name === 'swap') return [];
      return operation.targets.length === 0
        ? [boxLabel(operation)]
        : operation.targets.map((_, i) => targetLabel(operation, i));
    case 'unitary':
    case 'channel':
      return operation.targets.map((_, i) => targetLabel(operation, i));
    case 'barrier':
      return [];
    case 'measure':
    case 'reset':
      return [boxLabel(operation)];
    default:
      return operation satisfies never;
  }
}

/** Below the classical row: which bit is written, and what is asked. */
function belowLabel({ operation, conditions }: Placed, { classical }: Layout): string {
  const asked = conditionLabel(conditions, classical);
  if (operation.kind !== 'measure') return asked;
  const register = classical.find(({ offset, size }) => operation.clbit >= offset && operation.clbit < offset + size);
  const bit =
    register === undefined ? placeName(classical, operation.clbit, 'c') : String(operation.clbit - register.offset);
  return asked === '' ? bit : `${bit} if ${asked}`;
}

function drawColumn(placed: readonly Placed[], layout: Layout): Column {
  const canvas = new Canvas(Math.max(...placed.map((one) => widthOf(one, layout))), layout);
  for (const one of placed) draw(canvas, one, layout);
  return canvas.cells.map((lines) => lines.map((cells) => cells.join('')));
}

function draw(canvas: Canvas, placed: Placed, layout: Layout): void {
  const { operation } = placed;
  if (operation.kind === 'barrier') {
    for (const row of operation.qubits) for (const line of [TOP, MIDDLE, BOTTOM]) canvas.write(row, line, '░');
    if (placed.conditions.length === 0) return;
  }
  const symbols = symbolsOf(placed, layout);
  for (const [row, symbol] of symbols) {
    if (!symbol.box) canvas.write(row, MIDDLE, symbol.text);
    else {
      const inner = ` ${symbol.text} `;
      const odd = Array.from(inner).length % 2 === 1 ? inner : `${inner} `;
      const bar = '─'.repeat(Array.from(odd).length);
      canvas.write(row, TOP, `┌${bar}┐`);
      canvas.write(row, MIDDLE, `┤${odd}├`);
      canvas.write(row, BOTTOM, `└${bar}┘`);
    }
  }
  const qubitRows = [...symbols.keys()];
  connect(canvas, Math.min(...qubitRows), Math.max(...qubitRows), '│', '┼', symbols);
  if (placed.last >= layout.qubits) {
    connect(canvas, Math.max(...qubitRows), placed.last, '║', '╫', symbols);
    canvas.write(placed.last, MIDDLE, '╩');
    canvas.write(placed.last, BOTTOM, belowLabel(placed, layout));
  }
}

interface Symbol {
  readonly text: string;
  readonly box: boolean;
}

/** What stands on each row of the operation. */
function symbolsOf({ operation, first }: Placed, layout: Layout): Map<number, Symbol> {
  const out = new Map<number, Symbol>();
  switch (operation.kind) {
    case 'gate':
    case 'unitary':
      for (const control of operation.controls) out.set(control, { text: '●', box: false });
      for (const [i, target] of operation.targets.entries()) out.set(target, targetSymbol(operation, i));
      if (operation.targets.length === 0)
        out.set(Math.min(first, layout.qubits - 1), { text: boxLabel(operation), box: true });
      return out;
    case 'channel':
      for (const [i, target] of operation.targets.entries())
        out.set(target, { text: targetLabel(operation, i), box: true });
      return out;
    case 'barrier':
      for (const qubit of operation.qubits) out.set(qubit, { text: '░', box: false });
      return out;
    case 'measure':
    case 'reset':
      return out.set(operation.qubit, { text: boxLabel(operation), box: true });
    default:
      return operation satisfies never;
  }
}

function targetSymbol(operation: Placed['operation'] & { readonly kind: 'gate' | 'unitary' }, index: number): Symbol {
  if (operation.kind === 'gate') {
    const { name, controls } = operation;
    if (name === 'swap') return { text: '×', box: false };
    if (name === 'x' && controls.length > 0) return { text: '⊕', box: false };
    if (name === 'z' && controls.length > 0) return { text: '●', box: false };
  }
  return { text: targetLabel(operation, index), box: true };
}

/** A line down the middle from one row to another; `cross` where it passes a row that is not part of the operation. */
function connect(
  canvas: Canvas,
  from: number,
  to: number,
  line: '│' | '║',
  cross: string,
  symbols: ReadonlyMap<number, Symbol>,
): void {
  const double = line === '║';
  for (let row = from; row <= to; row++) {
    const isBox = symbols.get(row)?.box === true;
    if (row > from) canvas.write(row, TOP, isBox ? '┴' : line);
    if (row < to) canvas.write(row, BOTTOM, isBox ? (double ? '╥' : '┬') : line);
    if (row > from && row < to && !symbols.has(row))
      canvas.write(row, MIDDLE, canvas.read(row, MIDDLE) === '═' ? '╬' : cross);
  }
}

/** Lines that are blank from end to end are left out. */
function block(names: readonly string[], layout: Layout, columns: readonly Column[]): string {
  const lines: string[] = [];
  for (const [row, name] of names.entries()) {
    const wire = row < layout.qubits ? '─' : '═';
    for (const line of [TOP, MIDDLE, BOTTOM]) {
      const gap = line === MIDDLE ? wire : ' ';
      const text = gap + columns.map((column) => (column[row]?.[line] ?? '') + gap).join('');
      const whole = (line === MIDDLE ? name : ' '.repeat(name.length)) + text;
      if (line === MIDDLE || text.trim() !== '') lines.push(whole.trimEnd());
    }
  }
  return lines.map((line) => `${line}\n`).join('');
}
