import type { Angle } from '../../../core/quantum/circuit/angle.ts';
import type { Operation } from '../../../core/quantum/circuit/circuit.ts';
import { GATES } from '../../../core/quantum/circuit/gate-table.ts';
import type { Result } from '../../../core/lib/result.ts';

/** What the properties of one operation show, as it is typed. */
export interface GateForm {
  readonly angles: readonly string[];
  readonly targets: readonly number[];
  readonly controls: readonly number[];
  /** Of a measurement. */
  readonly clbit: number | null;
}

export type FormOutcome =
  | { readonly ok: true; readonly operation: Operation }
  | { readonly ok: false; readonly twice: boolean; readonly angles: readonly (string | null)[] };

export function formOf(operation: Operation, print: (angle: Angle) => string): GateForm {
  switch (operation.kind) {
    case 'gate':
      return {
        angles: operation.params.map(print),
        targets: operation.targets,
        controls: operation.controls,
        clbit: null,
      };
    case 'measure':
      return { angles: [], targets: [operation.qubit], controls: [], clbit: operation.clbit };
    case 'reset':
      return { angles: [], targets: [operation.qubit], controls: [], clbit: null };
    case 'barrier':
    case 'unitary':
    case 'channel':
    case 'if':
      return { angles: [], targets: [], controls: [], clbit: null };
  }
}

export function angleNames(operation: Operation): readonly string[] {
  return operation.kind === 'gate' ? GATES[operation.name].params : [];
}

/** The operation as the form has it, or what is wrong: one sentence per angle. */
export function readForm(operation: Operation, form: GateForm, parse: (text: string) => Result<Angle>): FormOutcome {
  const angles = form.angles.map(parse);
  const wrong = angles.map((angle) => (angle.ok ? null : angle.error.message));
  const used = [...form.targets, ...form.controls];
  const twice = new Set(used).size < used.length;
  if (twice || wrong.some((message) => message !== null)) return { ok: false, twice, angles: wrong };
  const [qubit = 0] = form.targets;
  switch (operation.kind) {
    case 'gate': {
      const params = angles.flatMap((angle) => (angle.ok ? [angle.value] : []));
      return { ok: true, operation: { ...operation, params, targets: form.targets, controls: form.controls } };
    }
    case 'measure':
      return { ok: true, operation: { ...operation, qubit, clbit: form.clbit ?? operation.clbit } };
    case 'reset':
      return { ok: true, operation: { ...operation, qubit } };
    case 'barrier':
    case 'unitary':
    case 'channel':
    case 'if':
      return { ok: true, operation };
  }
}
