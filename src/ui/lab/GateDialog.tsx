import { useState, type FormEvent } from 'react';
import { isLocked } from '../../app/lab/grid.ts';
import { bitName } from '../../app/lab/registers.ts';
import type { Circuit, Operation } from '../../core/quantum/circuit/circuit.ts';
import { useLabWords } from '../strings/lab-language.tsx';
import { useLab } from './lab-context.ts';
import { LabDialog } from './LabDialog.tsx';
import { angleNames, formOf, readForm, type FormOutcome, type GateForm } from './models/gate-form.ts';
import { operationWords } from './models/operation-words.ts';
import css from './gate-dialog.module.css';

interface GateDialogProps {
  readonly operation: Operation;
  readonly circuit: Circuit;
  /** Null deletes it. */
  readonly onApply: (operation: Operation | null) => void;
  readonly onClose: () => void;
}

/** Angles, qubits, controls and the bit of one operation. */
export function GateDialog({ operation, circuit, onApply, onClose }: GateDialogProps) {
  const words = useLabWords();
  const { t } = words;
  const { language } = useLab();
  const [form, setForm] = useState<GateForm>(() => formOf(operation, language.printAngle));
  const [problem, setProblem] = useState<(FormOutcome & { ok: false }) | null>(null);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const read = readForm(operation, form, (text) => language.parseAngle(text));
    if (read.ok) onApply(read.operation);
    else setProblem(read);
  };
  const fixed = isLocked(operation) || operation.kind === 'barrier';
  return (
    <LabDialog title={t.properties.title(operationWords(operation, circuit, words))} onClose={onClose}>
      <form className={css['form']} onSubmit={submit} noValidate>
        {isLocked(operation) ? <p>{t.properties.locked}</p> : null}
        {fixed ? null : (
          <>
            <Angles operation={operation} form={form} problem={problem} onChange={setForm} />
            <Qubits form={form} circuit={circuit} onChange={setForm} />
            {operation.kind === 'gate' ? <Controls form={form} circuit={circuit} onChange={setForm} /> : null}
            {form.clbit === null ? null : <Bit form={form} circuit={circuit} onChange={setForm} />}
          </>
        )}
        {problem?.twice === true ? (
          <p className={css['problem']} role="alert">
            {t.properties.twice}
          </p>
        ) : null}
        <div className={css['actions']}>
          {fixed ? null : (
            <button type="submit" className={`button ${css['apply'] ?? ''}`}>
              {t.properties.apply}
            </button>
          )}
          <button type="button" className="button" onClick={onClose}>
            {t.properties.cancel}
          </button>
          <button type="button" className={`button button-quiet ${css['danger'] ?? ''}`} onClick={() => onApply(null)}>
            {t.properties.remove}
          </button>
        </div>
      </form>
    </LabDialog>
  );
}

interface PartProps {
  readonly form: GateForm;
  readonly circuit: Circuit;
  readonly onChange: (form: GateForm) => void;
}

function Angles(
  props: Omit<PartProps, 'circuit'> & { operation: Operation; problem: (FormOutcome & { ok: false }) | null },
) {
  const { t } = useLabWords();
  const { form, problem } = props;
  const names = angleNames(props.operation);
  if (names.length === 0) return null;
  return (
    <div className={css['angles']}>
      {names.map((name, i) => {
        const wrong = problem?.angles[i] ?? null;
        return (
          <label key={name} className={css['field']}>
            <span>{t.properties.angle(name)}</span>
            <input
              type="text"
              className={css['input']}
              value={form.angles[i] ?? ''}
              autoComplete="off"
              autoCapitalize="off"
              spellCheck={false}
              aria-invalid={wrong !== null}
              aria-describedby={wrong === null ? 'angle-hint' : `angle-problem-${i}`}
              onChange={(event) => props.onChange({ ...form, angles: form.angles.with(i, event.target.value) })}
            />
            {wrong === null ? null : (
              <span className={css['problem']} id={`angle-problem-${i}`} role="alert">
                {wrong}
              </span>
            )}
          </label>
        );
      })}
      <p id="angle-hint" className={css['hint']}>
        {t.properties.angleHint}
      </p>
    </div>
  );
}

function Qubits({ form, circuit, onChange }: PartProps) {
  const { t } = useLabWords();
  return form.targets.map((target, i) => (
    // The position is what a target is known by: targets change their values.
    // eslint-disable-next-line react/no-array-index-key
    <label key={i} className={css['field']}>
      <span>{form.targets.length === 1 ? t.properties.target : t.properties.targetOf(i + 1)}</span>
      <select
        className="select"
        value={target}
        onChange={(event) => {
          const qubit = Number(event.target.value);
          const controls = form.controls.filter((control) => control !== qubit);
          onChange({ ...form, targets: form.targets.with(i, qubit), controls });
        }}
      >
        {Array.from({ length: circuit.qubits }, (_, qubit) => (
          <option key={qubit} value={qubit}>
            {bitName(circuit.quantumRegisters, qubit)}
          </option>
        ))}
      </select>
    </label>
  ));
}

function Controls({ form, circuit, onChange }: PartProps) {
  const { t } = useLabWords();
  const free = Array.from({ length: circuit.qubits }, (_, qubit) => qubit).filter(
    (qubit) => !form.targets.includes(qubit),
  );
  return (
    <fieldset className={css['controls']}>
      <legend>{t.properties.controls}</legend>
      {free.length === 0 ? <p className={css['hint']}>{t.properties.noControls}</p> : null}
      {free.map((qubit) => (
        <label key={qubit} className={css['check']}>
          <input
            type="checkbox"
            checked={form.controls.includes(qubit)}
            onChange={(event) =>
              onChange({
                ...form,
                controls: event.target.checked
                  ? [...form.controls, qubit]
                  : form.controls.filter((control) => control !== qubit),
              })
            }
          />
          {bitName(circuit.quantumRegisters, qubit)}
        </label>
      ))}
    </fieldset>
  );
}

function Bit({ form, circuit, onChange }: PartProps) {
  const { t } = useLabWords();
  return (
    <label className={css['field']}>
      <span>{t.properties.bit}</span>
      <select
        className="select"
        value={form.clbit ?? 0}
        onChange={(event) => onChange({ ...form, clbit: Number(event.target.value) })}
      >
        {Array.from({ length: circuit.clbits }, (_, bit) => (
          <option key={bit} value={bit}>
            {bitName(circuit.classicalRegisters, bit)}
          </option>
        ))}
      </select>
    </label>
  );
}
