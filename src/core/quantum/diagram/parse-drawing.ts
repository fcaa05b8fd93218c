import { fail, ok, type Failure, type Result } from '../../lib/result.ts';
import { gate } from '../circuit/builder.ts';
import type { Circuit, GateName, Operation, Register } from '../circuit/circuit.ts';
import { GATES } from '../circuit/gate-table.ts';
import { GATE_LABELS } from './labels.ts';

export type DrawingFailure = Failure<'QUANTUM_DRAWING'>;

/**
 * Reads a drawing by `drawCircuit` back, wrapped or not: gates without angles, measurements, resets and barriers. Angles are
 * rounded in drawings, and conditions shortened, so that both are refused; so is any other text, with the place.
 */
export function parseDrawing(text: string): Result<Circuit, DrawingFailure> {
  try {
    return ok(read(text));
  } catch (problem) {
    if (!(problem instanceof DrawingProblem)) throw problem;
    return fail('QUANTUM_DRAWING', problem.message);
  }
}

class DrawingProblem {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

function stop(found: string, expected: string): never {
  throw new DrawingProblem(`got ${found}, expected ${expected}`);
}

interface Row {
  readonly name: string;
  /** Bits of a classical register, null for a qubit. */
  readonly bits: number | null;
  /** The line of the wire, letter by letter. */
  readonly line: readonly string[];
  /** The lines below it, down to the next wire. */
  readonly below: (readonly string[])[];
}

const QUBIT = /^\s*(\S+): (?=─)/u;
const BITS = /^\s*(\S+): (\d{1,6})\/(?=═)/u;

function read(text: string): Circuit {
  const blocks = text
    .split(/\n[^\S\n]*\n/)
    .map((block) => rowsOf(block.split('\n').filter((line) => line.trim() !== '')))
    .filter((rows) => rows.length > 0);
  const [first] = blocks;
  if (first === undefined) stop('no wire', 'a drawing of a circuit');
  const qubits = first.filter(({ bits }) => bits === null);
  const classical = classicalRegisters(first);
  const operations: Operation[] = [];
  for (const rows of blocks) {
    const same =
      rows.length === first.length &&
      rows.every(({ name, bits }, i) => name === first[i]?.name && bits === first[i].bits);
    if (!same) stop(`wires ${rows.map(({ name }) => name).join(', ')}`, 'the wires of the first block');
    operations.push(...blockOperations(rows, classical));
  }
  return {
    qubits: qubits.length,
    clbits: classical.reduce((sum, { size }) => sum + size, 0),
    quantumRegisters: quantumRegisters(qubits.map(({ name }) => name)),
    classicalRegisters: classical,
    parameters: [],
    operations,
  };
}

function rowsOf(lines: readonly string[]): readonly Row[] {
  const rows: Row[] = [];
  let above = true;
  for (const line of lines) {
    if (above && line.startsWith('global phase')) stop('a global phase', 'gates without angles, which drawings round');
    const qubit = QUBIT.exec(line);
    const bits = BITS.exec(line);
    const letters = Array.from(line);
    if (qubit !== null) rows.push({ name: qubit[1] ?? '', bits: null, line: letters, below: [] });
    else if (bits !== null) rows.push({ name: bits[1] ?? '', bits: Number(bits[2]), line: letters, below: [] });
    else if (rows.length > 0) rows.at(-1)?.below.push(letters);
    else if (!/^[\s┌─┐░]*$/u.test(line)) stop(`the line "${line.trim().slice(0, 40)}"`, 'a wire');
    above = false;
  }
  return rows;
}

function classicalRegisters(rows: readonly Row[]): readonly Register[] {
  let offset = 0;
  return rows.flatMap(({ name, bits }) => {
    if (bits === null) return [];
    offset += bits;
    return [{ name, offset: offset - bits, size: bits }];
  });
}

/** `a[0]`, `a[1]`, `b` are a register of two and one of one. */
function quantumRegisters(names: readonly string[]): readonly Register[] {
  const out: Register[] = [];
  for (const [offset, name] of names.entries()) {
    const [, base = name, index] = /^(.*)\[(\d+)\]$/u.exec(name) ?? /^(\$)(\d+)$/u.exec(name) ?? [];
    const last = out.at(-1);
    if (index !== undefined && last?.name === base && Number(index) === last.size)
      out.push({ ...last, size: (out.pop()?.size ?? 0) + 1 });
    else out.push({ name: base, offset, size: 1 });
  }
  return out;
}

interface Token {
  readonly row: number;
  readonly text: string;
  readonly box: boolean;
}

/** Letters that lead a column on from one wire to the next. */
const LINKS = new Set(['│', '┬', '┴', '║', '╥', '░']);
const SIGNS = new Set(['●', '⊕', '×', '░']);
const WIRES = new Set(['─', '┼', '╫']);

function blockOperations(rows: readonly Row[], classical: readonly Register[]): readonly Operation[] {
  const columns = new Map<number, Token[]>();
  for (const [row, { bits, line, name }] of rows.entries()) {
    if (bits !== null) continue;
    for (const { middle, token } of tokens(line, row, name))
      columns.set(middle, [...(columns.get(middle) ?? []), token]);
  }
  const out: Operation[] = [];
  for (const middle of [...columns.keys()].toSorted((a, b) => a - b)) {
    const found = columns.get(middle) ?? [];
    const barrier = found.filter(({ text, box }) => text === '░' && !box).map(({ row }) => row);
    if (barrier.length > 0) out.push({ kind: 'barrier', qubits: barrier });
    const others = found.filter(({ row }) => !barrier.includes(row));
    let group: Token[] = [];
    for (const token of others) {
      const last = group.at(-1);
      if (last !== undefined && !linked(rows, last.row, token.row, middle)) {
        out.push(operationOf(group, rows, classical, middle));
        group = [];
      }
      group.push(token);
    }
    if (group.length > 0) out.push(operationOf(group, rows, classical, middle));
  }
  return out;
}

function tokens(
  line: readonly string[],
  row: number,
  name: string,
): readonly { readonly middle: number; readonly token: Token }[] {
  const out: { middle: number; token: Token }[] = [];
  for (let i = line.indexOf('─'); i < line.length; i++) {
    const letter = line[i] ?? '';
    if (SIGNS.has(letter)) out.push({ middle: i, token: { row, text: letter, box: false } });
    else if (letter === '┤') {
      const end = line.indexOf('├', i);
      if (end < 0) stop(`an open box on ${name}`, '"├"');
      out.push({
        middle: (i + end) >> 1,
        token: {
          row,
          text: line
            .slice(i + 1, end)
            .join('')
            .trim(),
          box: true,
        },
      });
      i = end;
    } else if (!WIRES.has(letter)) stop(`"${letter}" on wire ${name}`, 'a wire, a box or one of ● ⊕ × ░');
  }
  return out;
}

/** A single line runs down the middle from one wire to another. */
function linked(rows: readonly Row[], from: number, to: number, middle: number): boolean {
  for (let row = from; row < to; row++) {
    const below = rows[row]?.below ?? [];
    if (below.length === 0 || !below.every((line) => LINKS.has(line[middle] ?? ' ') && line[middle] !== '║'))
      return false;
    if (below.some((line) => line[middle] === '╥')) return false;
  }
  return true;
}

const BY_LABEL: ReadonlyMap<string, GateName> = new Map(
  (Object.keys(GATES) as GateName[])
    .filter((name) => GATES[name].params.length === 0)
    .map((name) => [GATE_LABELS[name], name]),
);

function operationOf(
  group: readonly Token[],
  rows: readonly Row[],
  classical: readonly Register[],
  middle: number,
): Operation {
  const places = (sign: string): number[] =>
    group.filter(({ text, box }) => !box && text === sign).map(({ row }) => row);
  const [controls, flips, swaps] = [places('●'), places('⊕'), places('×')];
  const boxes = group.filter(({ box }) => box);
  const [first] = boxes;
  const down = rows[group.at(-1)?.row ?? 0]?.below.some((line) => ['║', '╥'].includes(line[middle] ?? '')) === true;
  if (first?.text === 'M' && group.length === 1)
    return { kind: 'measure', qubit: first.row, clbit: measuredBit(rows, classical, middle) };
  if (down) stop('a condition', 'operations without conditions, which drawings shorten');
  if (first?.text === '|0⟩' && group.length === 1) return { kind: 'reset', qubit: first.row };
  if (boxes.length > 0 && flips.length + swaps.length === 0) return boxed(boxes, controls);
  if (flips.length === 1 && swaps.length === 0 && controls.length > 0) return gate('x', flips, [], controls);
  if (swaps.length === 2 && flips.length === 0) return gate('swap', swaps, [], controls);
  if (group.length === controls.length && controls.length > 1)
    return gate('z', controls.slice(-1), [], controls.slice(0, -1));
  return stop(`${group.map(({ text }) => text).join(' ')} in one column`, 'the signs of one gate');
}

function boxed(boxes: readonly Token[], controls: readonly number[]): Operation {
  const parts = boxes.map(({ row, text }) => {
    const [, label = '', number = ''] = /^(.*?)([₀-₉]*)$/u.exec(text) ?? [];
    return { row, label, number };
  });
  const label = parts[0]?.label ?? '';
  const name = BY_LABEL.get(label);
  if (name === undefined) stop(`the box "${label}"`, 'a gate without angles');
  const { targets } = GATES[name];
  if (parts.length !== targets || parts.some((part) => part.label !== label))
    stop(`boxes ${boxes.map(({ text }) => `"${text}"`).join(' and ')} as one gate`, `${targets} of "${label}"`);
  const ordered = parts.toSorted((a, b) => (a.number < b.number ? -1 : a.number > b.number ? 1 : 0));
  return gate(
    name,
    ordered.map(({ row }) => row),
    [],
    controls,
  );
}

/** The number under the classical wire where the double line ends. */
function measuredBit(rows: readonly Row[], classical: readonly Register[], middle: number): number {
  const registers = rows.filter(({ bits }) => bits !== null);
  const at = registers.findIndex(({ line }) => line[middle] === '╩');
  const register = classical[at];
  const below = registers[at]?.below[0];
  if (register === undefined || below === undefined)
    return stop('a measurement without a classical wire', 'a double line that ends on one');
  let [from, to] = [middle, middle];
  while (/\S/u.test(below[from - 1] ?? ' ')) from--;
  while (/\S/u.test(below[to] ?? ' ')) to++;
  const text = below.slice(from, to).join('');
  if (!/^\d+$/.test(text) || Number(text) >= register.size)
    return stop(`"${text}" under ${register.name}`, `a bit from 0 to ${register.size - 1}, and no condition`);
  return register.offset + Number(text);
}
