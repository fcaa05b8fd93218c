import type { Angle } from '../circuit/angle.ts';
import type { Circuit, GateName, Register } from '../circuit/circuit.ts';
import { angleText, numberText } from '../qasm/angle-text.ts';
import type { Condition, Placed } from './layout.ts';

/** What pictures call the gates, before the angles. */
export const GATE_LABELS: Readonly<Record<GateName, string>> = {
  gphase: 'phase',
  id: 'I',
  x: 'X',
  y: 'Y',
  z: 'Z',
  h: 'H',
  s: 'S',
  sdg: 'S†',
  t: 'T',
  tdg: 'T†',
  sx: '√X',
  sxdg: '√X†',
  rx: 'Rx',
  ry: 'Ry',
  rz: 'Rz',
  p: 'P',
  u: 'U',
  swap: 'Swap',
  iswap: 'iSwap',
  ecr: 'ECR',
  rxx: 'Rxx',
  ryy: 'Ryy',
  rzz: 'Rzz',
  rzx: 'Rzx',
  xxplusyy: 'XX+YY',
};

/** Names come from files: blanks and control characters in them would break the lines of a drawing. */
export const cleanName = (name: string): string => name.replace(/[\s:\p{Cc}\p{Cs}]/gu, '_');

/** `1 qubit`, `2 qubits`. */
export const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

const ANGLE_MAX = 18;
const LABEL_MAX = 24;

/** An angle for eyes: fractions of pi, else four digits. */
export function angleLabel(angle: Angle): string {
  const exact = typeof angle === 'number' ? numberText(angle) : angleText(angle, cleanName);
  const rounded = typeof angle === 'number' && exact.length > 8 ? String(Number(angle.toPrecision(4))) : exact;
  return cut(
    rounded
      .replace(/(\d)\.0\b/g, '$1')
      .replace(/\bpi\b/g, 'π')
      .replace(/(\d)\*π/g, '$1π'),
    ANGLE_MAX,
  );
}

const cut = (text: string, max: number): string => {
  const letters = Array.from(text);
  return letters.length > max ? `${letters.slice(0, max - 1).join('')}…` : text;
};

/** The label of the box of an operation, without the number of the target. */
export function boxLabel(operation: Placed['operation']): string {
  switch (operation.kind) {
    case 'gate': {
      const { name, params } = operation;
      return params.length === 0 ? GATE_LABELS[name] : `${GATE_LABELS[name]}(${params.map(angleLabel).join(', ')})`;
    }
    case 'unitary':
    case 'channel':
      // Labels are free text; control characters would break the lines of a drawing.
      return cut(operation.label.replace(/[\p{Cc}\p{Cs}\u2028\u2029]/gu, ' ').trim() || operation.kind, LABEL_MAX);
    case 'measure':
      return 'M';
    case 'reset':
      return '|0⟩';
    case 'barrier':
      return '';
    default:
      return operation satisfies never;
  }
}

const SUBSCRIPTS = '₀₁₂₃₄₅₆₇₈₉';

export const subscript = (index: number): string =>
  Array.from(String(index), (digit) => SUBSCRIPTS[Number(digit)]).join('');

/** A gate on several targets tells them apart by a number, unless they are alike. */
export function targetLabel(
  operation: Placed['operation'] & { readonly targets: readonly number[] },
  index: number,
): string {
  const alike = operation.kind === 'gate' && ['iswap', 'rxx', 'ryy', 'rzz'].includes(operation.name);
  return boxLabel(operation) + (operation.targets.length > 1 && !alike ? subscript(index) : '');
}

/** `q[2]`, or `q` for a register of one. */
export function placeName(registers: readonly Register[], index: number, fallback: string): string {
  const register = registers.find(({ offset, size }) => index >= offset && index < offset + size);
  if (register === undefined) return `${fallback}[${index}]`;
  const name = cleanName(register.name);
  if (register.name === '$') return `$${index - register.offset}`;
  return register.size === 1 ? name : `${name}[${index - register.offset}]`;
}

/** `c=3`, `c[0]=1`, `c≠2` for every condition around an operation. */
export function conditionLabel(conditions: readonly Condition[], classical: readonly Register[]): string {
  return conditions.map((condition) => oneCondition(condition, classical)).join(', ');
}

function oneCondition({ clbits, equals, negated }: Condition, classical: readonly Register[]): string {
  const sign = negated ? '≠' : '=';
  const whole = classical.find(
    ({ offset, size }) => size === clbits.length && clbits.every((bit, i) => bit === offset + i),
  );
  if (whole !== undefined) return `${cleanName(whole.name)}${sign}${equals}`;
  const names = clbits.map((bit) => placeName(classical, bit, 'c'));
  // Highest bit first, as numbers are written.
  return `${names.toReversed().join('')}${sign}${equals}`;
}

export function qubitName(circuit: Circuit, qubit: number): string {
  return placeName(circuit.quantumRegisters, qubit, 'q');
}
