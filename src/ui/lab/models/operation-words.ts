import type { Circuit, GateOperation, Operation } from '../../../core/quantum/circuit/circuit.ts';
import { angleLabel, conditionLabel } from '../../../core/quantum/diagram/labels.ts';
import { bitName } from '../../../app/lab/registers.ts';
import { partAt } from '../../../app/lab/grid.ts';
import type { LabWords } from '../../strings/lab-language.tsx';

const GREEK: Readonly<Record<string, string>> = {
  pi: 'π',
  alpha: 'α',
  beta: 'β',
  gamma: 'γ',
  delta: 'δ',
  epsilon: 'ε',
  theta: 'θ',
  lambda: 'λ',
  mu: 'μ',
  phi: 'φ',
  omega: 'ω',
};

/** `3*pi/4` as people write it: `3π/4`; `2.0*beta` as `2β`. For labels of drawings, which round. */
export const prettyAngle = (text: string): string =>
  text
    .replaceAll(/\b\p{L}+\b/gu, (word) => GREEK[word] ?? word)
    .replaceAll(/(?<![\d.])(\d+)\.0(?!\d)/gu, '$1')
    .replaceAll(/\s+/gu, '')
    .replaceAll(/(\d)\*(?=\p{L})/gu, '$1')
    .replaceAll('-', '−');

function gateName(operation: GateOperation, { t }: LabWords): string {
  const { name } = operation;
  if (name === 'id' || name === 'gphase') return t.circuit.others[name];
  return t.circuit.gates[name];
}

/** What an operation is, in words: for screen readers and the line under the grid. */
export function operationWords(operation: Operation, circuit: Circuit, words: LabWords): string {
  const { t, f } = words;
  const name = (qubit: number): string => bitName(circuit.quantumRegisters, qubit);
  switch (operation.kind) {
    case 'gate': {
      const angles = operation.params.map((angle) => prettyAngle(angleLabel(angle)));
      const turned =
        angles.length === 0
          ? gateName(operation, words)
          : t.circuit.withAngles(gateName(operation, words), angles.join(', '));
      return operation.controls.length === 0
        ? turned
        : t.circuit.controlled(turned, f.list(operation.controls.map(name)));
    }
    case 'measure':
      return t.circuit.measured(bitName(circuit.classicalRegisters, operation.clbit));
    case 'reset':
    case 'barrier':
      return t.circuit.gates[operation.kind];
    case 'unitary':
    case 'channel':
    case 'if':
      return t.circuit.locked(
        operation.kind === 'if' ? `${t.circuit.condition} ${lockedLabel(operation, circuit)}` : operation.label,
      );
  }
}

/** The name on a closed block: short, for the drawing. */
export function lockedLabel(
  operation: Exclude<Operation, { kind: 'gate' | 'measure' | 'reset' | 'barrier' }>,
  { classicalRegisters }: Circuit,
): string {
  if (operation.kind !== 'if') return operation.label;
  const { clbits, equals } = operation;
  return conditionLabel([{ clbits, equals, negated: false }], classicalRegisters);
}

/** What stands in one cell. */
export function cellWords(operation: Operation | null, row: number, circuit: Circuit, words: LabWords): string {
  const { t } = words;
  if (operation === null) return t.circuit.empty;
  const what = operationWords(operation, circuit, words);
  const part = partAt(operation, row);
  if (part === 'control') return t.circuit.controlOf(what);
  return part === 'through' ? t.circuit.through(what) : what;
}
