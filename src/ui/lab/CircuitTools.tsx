import { useId, useRef } from 'react';
import { BLANK, EXAMPLE_IDS, EXAMPLES } from '../../app/lab/examples.ts';
import type { ExportForm } from '../../app/lab/save-circuit.ts';
import { useLabWords } from '../strings/lab-language.tsx';
import { useLab, useLabState } from './lab-context.ts';
import css from './circuit-panel.module.css';

const FORMS: readonly ExportForm[] = ['qasm', 'qasm3', 'qasm2', 'json', 'svg'];

/** Where circuits come from and where they go. */
export function CircuitTools() {
  const { t } = useLabWords();
  const { commands } = useLab();
  const input = useRef<HTMLInputElement>(null);
  const current = useLabState(({ document }) => EXAMPLE_IDS.find((id) => EXAMPLES[id] === document.qasm) ?? '');
  return (
    <div className={css['tools']}>
      <label className={css['pick']}>
        <span className="visually-hidden">{t.circuit.example}</span>
        <select
          className="select"
          value={current}
          onChange={(event) => {
            const id = EXAMPLE_IDS.find((known) => known === event.target.value);
            if (id !== undefined) commands.open(EXAMPLES[id]);
          }}
        >
          <option value="" disabled>
            {t.circuit.examplePick}
          </option>
          {EXAMPLE_IDS.map((id) => (
            <option key={id} value={id}>
              {t.circuit.examples[id]}
            </option>
          ))}
        </select>
      </label>
      <button type="button" className="button" onClick={() => commands.open(BLANK)}>
        {t.circuit.blank}
      </button>
      <button type="button" className="button" onClick={() => input.current?.click()}>
        {t.circuit.file}
      </button>
      <input
        ref={input}
        type="file"
        accept=".qasm,.inc,.txt,text/plain"
        hidden
        onChange={(event) => {
          const [file] = event.target.files ?? [];
          if (file !== undefined) void commands.openFile(file);
          // The same file can be opened again.
          event.target.value = '';
        }}
      />
      <SaveMenu />
      <button type="button" className="button" onClick={() => void commands.copyLink()}>
        {t.circuit.copyLink}
      </button>
    </div>
  );
}

/** The native popover: Escape and a press elsewhere close it, and so does every choice. */
function SaveMenu() {
  const { t } = useLabWords();
  const { commands } = useLab();
  const id = useId();
  return (
    <>
      <button type="button" className={`button ${css['opens'] ?? ''}`} popoverTarget={id}>
        {t.circuit.save}
      </button>
      <ul id={id} popover="auto" className={css['menu']}>
        {FORMS.map((form) => (
          <li key={form}>
            <button
              type="button"
              className="button button-quiet"
              popoverTarget={id}
              popoverTargetAction="hide"
              onClick={() => void commands.save(form)}
            >
              {t.circuit.forms[form]}
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}
