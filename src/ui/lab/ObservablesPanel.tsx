import { useId, useState } from 'react';
import { readObservables } from '../../app/lab/requests.ts';
import { Icon } from '../primitives/Icon.tsx';
import { Panel } from '../primitives/Panel.tsx';
import { useLabWords } from '../strings/lab-language.tsx';
import { useLab, useLabState } from './lab-context.ts';
import { useResultsFace } from './use-results-face.ts';
import css from './results.module.css';

/** Typed Pauli sums and their expectation values. */
export function ObservablesPanel() {
  const { t, f } = useLabWords();
  const { commands } = useLab();
  const lines = useLabState((state) => state.document.observables);
  const expectations = useLabState((state) => state.report?.expectations ?? null);
  const qubits = useLabState((state) => state.draft?.circuit.qubits ?? 0);
  const face = useResultsFace();
  const id = useId();
  const [text, setText] = useState(lines.join('\n'));
  // The lines can change by themselves (back button); what somebody types must not jump meanwhile.
  const shown = typedLines(text).join('\n') === lines.join('\n') ? text : lines.join('\n');
  const none = expectations === null || expectations.length === 0;
  const wrong = readObservables(lines, qubits).filter(({ problem }) => problem !== null);
  return (
    <Panel title={t.observables.title} face={none && face === 'live' ? 'empty' : face}>
      <label className={css['setting']}>
        {t.observables.label}
        <textarea
          className={css['lines']}
          rows={2}
          value={shown}
          spellCheck={false}
          autoCapitalize="characters"
          dir="ltr"
          aria-invalid={wrong.length > 0}
          aria-describedby={id}
          onChange={(event) => {
            setText(event.target.value);
            commands.setObservables(typedLines(event.target.value));
          }}
        />
      </label>
      <p className={css['hint']} id={id}>
        {t.observables.hint(qubits)}
      </p>
      {wrong.map(({ line, problem }) => (
        <p key={line} className={css['problem']}>
          <Icon name="warn" /> {problem}
        </p>
      ))}
      {none ? null : (
        <dl className={css['expectations']}>
          {expectations.map(({ observable, value, standardError }) => (
            <div key={observable}>
              <dt>⟨{observable}⟩</dt>
              <dd className="num">
                {f.decimal(Math.abs(value) < 5e-5 ? 0 : value, 4)}
                {standardError === null ? '' : ` ${t.observables.error(f.decimal(standardError, 4))}`}
              </dd>
            </div>
          ))}
        </dl>
      )}
    </Panel>
  );
}

const typedLines = (text: string): readonly string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
