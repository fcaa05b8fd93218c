import type { Circuit } from '../circuit/circuit.ts';
import { DRAWN_OPERATIONS_MAX, DRAWN_ROWS_MAX } from './draw-circuit.ts';
import { angleLabel, boxLabel, conditionLabel, counted, qubitName, targetLabel } from './labels.ts';
import { layoutCircuit, qubitsOf, type Layout, type Placed } from './layout.ts';

export interface SvgOptions {
  /** What screen readers say first. Default: the size of the circuit. */
  readonly title?: string;
  /** For a file of its own: colours follow the reader's light or dark scheme. Within a page they follow the page's text. */
  readonly standalone?: boolean;
}

const ROW = 44;
const BOX = 30;
const GAP = 14;
const MARGIN = 12;
/** Width of a letter of the label font at 14 px, generously: fonts differ between machines. */
const LETTER = 8.2;

/**
 * The circuit as one SVG: no scripts, no styles from elsewhere, all text escaped. Lines and letters take `currentColor`, boxes
 * `--circuit-box` (default: the canvas colour), so that it suits light and dark. Colour says nothing that shape does not.
 * Above the limits of a drawing it holds a sentence instead.
 */
export function drawSvg(circuit: Circuit, options: SvgOptions = {}): string {
  const tooLarge =
    circuit.operations.length > DRAWN_OPERATIONS_MAX ||
    circuit.qubits + circuit.classicalRegisters.length > DRAWN_ROWS_MAX;
  const size = `${counted(circuit.qubits, 'qubit')}, ${counted(circuit.operations.length, 'operation')}`;
  const title = options.title ?? `Quantum circuit: ${size}`;
  if (tooLarge) return frame(360, 40, title, [text(MARGIN, 24, `${size}: too large to draw`, 'start')], options);
  const layout = layoutCircuit(circuit);
  const names = [
    ...Array.from({ length: layout.qubits }, (_, q) => qubitName(circuit, q)),
    ...layout.classical.map(({ name }) => name),
  ];
  const left = MARGIN + Math.max(0, ...names.map((name) => widthOf(name))) + GAP;
  const widths = layout.columns.map((column) => Math.max(...column.map((placed) => columnWidth(placed, layout))));
  const phase = layout.phases.map(({ params }) => params.map(angleLabel).join('')).join(' + ');
  const top = MARGIN + (phase === '' ? 0 : 24);
  const y = (row: number): number => top + ROW * row + ROW / 2;
  const right = left + widths.reduce((sum, width) => sum + width + GAP, GAP);
  const parts: string[] = phase === '' ? [] : [text(MARGIN, MARGIN + 12, `global phase: ${phase}`, 'start')];
  for (const [row, name] of names.entries()) {
    parts.push(text(left - GAP, y(row), name, 'end'));
    if (row < layout.qubits) parts.push(line(left, y(row), right, y(row)));
    else for (const shift of [-1.5, 1.5]) parts.push(line(left, y(row) + shift, right, y(row) + shift));
  }
  let x = left + GAP;
  for (const [i, column] of layout.columns.entries()) {
    const width = widths[i] ?? 0;
    for (const placed of column) parts.push(drawPlaced(placed, layout, x + width / 2, y));
    x += width + GAP;
  }
  const height = top + ROW * names.length + MARGIN + (layout.classical.length > 0 ? 12 : 0);
  return frame(Math.max(right + MARGIN, 40), Math.max(height, 24), title, parts, options);
}

function frame(
  width: number,
  height: number,
  title: string,
  parts: readonly string[],
  { standalone }: SvgOptions,
): string {
  const style = standalone === true ? ' style="color-scheme:light dark;color:CanvasText;background:Canvas"' : '';
  const size = `width="${round(width)}" height="${round(height)}" viewBox="0 0 ${round(width)} ${round(height)}"`;
  const look =
    'fill="none" stroke="currentColor" stroke-width="1.5" font-family="ui-monospace, monospace" font-size="14"';
  const name = escaped(title);
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-label="${name}"${style} ${look}>` +
    `<title>${name}</title>${parts.join('')}</svg>`
  );
}

const round = (value: number): string => String(Math.round(value * 100) / 100);
const widthOf = (label: string): number => Array.from(label).length * LETTER;

/** Text and attribute values. Characters that XML 1.0 forbids are replaced. */
export function escaped(value: string): string {
  return value
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '\u{fffd}')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/'/g, '&#39;');
}

const line = (x1: number, y1: number, x2: number, y2: number, more = ''): string =>
  `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}"${more}/>`;

function text(x: number, y: number, value: string, anchor: 'start' | 'middle' | 'end'): string {
  const place = `x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" dominant-baseline="central"`;
  return `<text ${place} fill="currentColor" stroke="none">${escaped(value)}</text>`;
}

const circle = (x: number, y: number, r: number, fill: string): string =>
  `<circle cx="${round(x)}" cy="${round(y)}" r="${r}" fill="${fill}"/>`;

function box(x: number, y: number, label: string): string {
  const width = Math.max(BOX, widthOf(label) + 14);
  const place = `x="${round(x - width / 2)}" y="${round(y - BOX / 2)}" width="${round(width)}" height="${BOX}" rx="3"`;
  return `<rect ${place} fill="var(--circuit-box, Canvas)"/>${text(x, y, label, 'middle')}`;
}

/** A dial with its hand. */
function meter(x: number, y: number): string {
  const place = `x="${round(x - BOX / 2)}" y="${round(y - BOX / 2)}" width="${BOX}" height="${BOX}" rx="3"`;
  const dial = `<path d="M${round(x - 9)} ${round(y + 6)}a9 9 0 0 1 18 0"/>`;
  return `<rect ${place} fill="var(--circuit-box, Canvas)"/>${dial}${line(x, y + 6, x + 8, y - 8)}`;
}

function columnWidth({ operation, conditions }: Placed, { classical }: Layout): number {
  const below = widthOf(conditionLabel(conditions, classical));
  const labels =
    'targets' in operation && operation.targets.length > 0
      ? operation.targets.map((_, i) => targetLabel(operation, i))
      : [boxLabel(operation)];
  return Math.max(BOX, below, ...labels.map((label) => widthOf(label) + 14));
}

function drawPlaced(placed: Placed, layout: Layout, x: number, y: (row: number) => number): string {
  const { operation, conditions, first, last } = placed;
  const parts: string[] = [`<title>${escaped(spoken(placed, layout))}</title>`];
  if (operation.kind === 'barrier') {
    for (const qubit of operation.qubits)
      parts.push(line(x, y(qubit) - ROW / 2, x, y(qubit) + ROW / 2, ' stroke-dasharray="4 3" stroke-width="3"'));
  } else {
    const rows =
      'targets' in operation ? [...operation.targets, ...('controls' in operation ? operation.controls : [])] : [];
    if (rows.length > 1) parts.push(line(x, y(Math.min(...rows)), x, y(Math.max(...rows))));
  }
  if (last >= layout.qubits) {
    const from = Math.max(first, ...qubitsOf(operation));
    for (const shift of [-1.5, 1.5]) parts.push(line(x + shift, y(from), x + shift, y(last)));
    parts.push(circle(x, y(last), 3, 'currentColor'));
    const bit = operation.kind === 'measure' ? bitLabel(operation.clbit, layout) : '';
    const asked = conditionLabel(conditions, layout.classical);
    parts.push(text(x, y(last) + 16, [bit, asked].filter((part) => part !== '').join(' if '), 'middle'));
  }
  parts.push(...symbols(placed, x, y));
  return `<g>${parts.join('')}</g>`;
}

function bitLabel(clbit: number, { classical }: Layout): string {
  const register = classical.find(({ offset, size }) => clbit >= offset && clbit < offset + size);
  return String(clbit - (register?.offset ?? 0));
}

function symbols({ operation, first }: Placed, x: number, y: (row: number) => number): readonly string[] {
  switch (operation.kind) {
    case 'barrier':
      return [];
    case 'measure':
      return [meter(x, y(operation.qubit))];
    case 'reset':
      return [box(x, y(operation.qubit), boxLabel(operation))];
    case 'channel':
      return operation.targets.map((target, i) => box(x, y(target), targetLabel(operation, i)));
    case 'gate':
    case 'unitary': {
      const controls = operation.controls.map((control) => circle(x, y(control), 4.5, 'currentColor'));
      if (operation.targets.length === 0) return [...controls, box(x, y(first), boxLabel(operation))];
      return [...controls, ...operation.targets.map((target, i) => targetSign(operation, i, x, y(target)))];
    }
  }
}

function targetSign(
  operation: Placed['operation'] & { readonly kind: 'gate' | 'unitary' },
  index: number,
  x: number,
  y: number,
): string {
  if (operation.kind === 'gate') {
    const { name, controls } = operation;
    if (name === 'swap') return line(x - 6, y - 6, x + 6, y + 6) + line(x - 6, y + 6, x + 6, y - 6);
    if (name === 'x' && controls.length > 0)
      return circle(x, y, 10, 'var(--circuit-box, Canvas)') + line(x - 10, y, x + 10, y) + line(x, y - 10, x, y + 10);
    if (name === 'z' && controls.length > 0) return circle(x, y, 4.5, 'currentColor');
  }
  return box(x, y, targetLabel(operation, index));
}

/** A sentence on one operation, shown as a hint by browsers. */
function spoken({ operation, conditions }: Placed, { classical }: Layout): string {
  const asked = conditionLabel(conditions, classical);
  const when = asked === '' ? '' : ` if ${asked}`;
  switch (operation.kind) {
    case 'measure':
      return `measure qubit ${operation.qubit} into bit ${operation.clbit}${when}`;
    case 'reset':
      return `reset qubit ${operation.qubit}${when}`;
    case 'barrier':
      return `barrier on qubits ${operation.qubits.join(', ')}${when}`;
    default: {
      const controls =
        'controls' in operation && operation.controls.length > 0
          ? ` controlled by ${operation.controls.join(', ')}`
          : '';
      const on = operation.targets.length > 0 ? ` on ${operation.targets.join(', ')}` : '';
      return `${boxLabel(operation)}${on}${controls}${when}`;
    }
  }
}
