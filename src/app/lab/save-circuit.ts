import { fail, ok, type Result } from '../../core/lib/result.ts';
import type { Circuit } from '../../core/quantum/circuit/circuit.ts';
import type { LabPorts } from './lab-ports.ts';

/** `qasm` is the text exactly as it stands; the others are made from the circuit. */
export type ExportForm = 'qasm' | 'qasm2' | 'qasm3' | 'json' | 'svg';

const FILES: Readonly<Record<ExportForm, { readonly name: string; readonly type: string }>> = {
  qasm: { name: 'circuit.qasm', type: 'text/plain' },
  qasm2: { name: 'circuit.qasm', type: 'text/plain' },
  qasm3: { name: 'circuit.qasm', type: 'text/plain' },
  json: { name: 'circuit.json', type: 'application/json' },
  svg: { name: 'circuit.svg', type: 'image/svg+xml' },
};

/** Hands the circuit to the downloads. Fails where the form cannot hold it, or where its printer (a file of its own) does not arrive. */
export async function saveCircuit(
  form: ExportForm,
  text: string,
  circuit: Circuit | null,
  ports: Pick<LabPorts, 'language' | 'saveFile'>,
): Promise<Result<null>> {
  const printed = form === 'qasm' ? ok(text) : await printedAs(form, circuit, ports.language).catch(notArrived);
  if (!printed.ok) return printed;
  const { name, type } = FILES[form];
  ports.saveFile(name, type, printed.value);
  return ok(null);
}

async function printedAs(
  form: Exclude<ExportForm, 'qasm'>,
  circuit: Circuit | null,
  language: LabPorts['language'],
): Promise<Result<string>> {
  if (circuit === null) return fail('LAB_EMPTY', 'there is no circuit yet');
  if (form === 'json') return language.json(circuit);
  return form === 'svg' ? language.svg(circuit) : language.print(circuit, form === 'qasm2' ? 2 : 3);
}

const notArrived = (error: unknown): Result<string> =>
  fail('LAB_SAVE', error instanceof Error ? error.message : String(error), true);
