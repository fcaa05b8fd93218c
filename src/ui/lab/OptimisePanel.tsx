import { useState } from 'react';
import type { Objective } from '../../app/lab/lab-state.ts';
import type { OptimiseReport } from '../../core/contracts/circuit-service.ts';
import { Icon } from '../primitives/Icon.tsx';
import { Panel } from '../primitives/Panel.tsx';
import { useLabWords } from '../strings/lab-language.tsx';
import { useLab, useLabState } from './lab-context.ts';
import { secondsText } from './models/seconds-text.ts';
import css from './results.module.css';

const OBJECTIVES: readonly Objective[] = ['gates', 'two-qubit', 't', 'depth', 'noise'];
const COUNTS = ['total', 't', 'twoQubit', 'depth'] as const;

/** A shorter circuit that does the same, and how that was checked. */
export function OptimisePanel() {
  const { t } = useLabWords();
  const { commands } = useLab();
  const optimise = useLabState((state) => state.optimise);
  const text = useLabState((state) => state.document.qasm);
  const able = useLabState((state) => state.draft !== null && state.textFailure === null);
  const [objective, setObjective] = useState<Objective>('gates');
  const running = optimise.state === 'running';
  const face =
    optimise.state === 'failed' ? 'failed' : optimise.state === 'done' ? 'live' : running ? 'loading' : 'empty';
  return (
    <Panel
      title={t.optimise.title}
      face={face}
      note={optimise.state === 'failed' ? t.optimise.failed(optimise.failure.message) : t.optimise.empty}
    >
      <div className={css['settings']}>
        <label className={css['setting']}>
          {t.optimise.objective}
          <select
            className="select"
            value={objective}
            onChange={(event) => {
              const next = OBJECTIVES.find((known) => known === event.target.value);
              if (next !== undefined) setObjective(next);
            }}
          >
            {OBJECTIVES.map((name) => (
              <option key={name} value={name}>
                {t.optimise.objectives[name]}
              </option>
            ))}
          </select>
        </label>
        <button
          type="button"
          className="button"
          disabled={!able}
          aria-disabled={running}
          onClick={() => void commands.optimise(objective)}
        >
          {running ? t.optimise.running : t.optimise.go}
        </button>
      </div>
      <div aria-live="polite">
        {optimise.state === 'done' ? <Outcome report={optimise.report} lapsed={optimise.of !== text} /> : null}
      </div>
    </Panel>
  );
}

function Outcome({ report, lapsed }: { readonly report: OptimiseReport; readonly lapsed: boolean }) {
  const { t, f } = useLabWords();
  const { commands } = useLab();
  const { before, after, equivalence, permutation } = report;
  const moved = permutation.some((to, from) => to !== from);
  const sentence = !equivalence.checked
    ? t.optimise.unchecked(equivalence.method)
    : report.changed
      ? t.optimise.checked(equivalence.method)
      : t.optimise.unchanged;
  return (
    <div className={css['outcome']}>
      <table className={css['counts']}>
        <thead>
          <tr>
            {[t.optimise.count, t.optimise.before, t.optimise.after, t.optimise.change].map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {COUNTS.map((name) => (
            <tr key={name}>
              <th scope="row">{t.optimise.rows[name]}</th>
              <td className="num">{f.integer(before[name])}</td>
              <td className="num">{f.integer(after[name])}</td>
              <td className="num">{before[name] === 0 ? '–' : f.percent(after[name] / before[name] - 1)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className={css['checked']}>
        <Icon name={equivalence.checked ? 'check' : 'warn'} />
        <span>
          {sentence}{' '}
          {equivalence.error === null || !report.changed ? '' : t.optimise.error(f.scientific(equivalence.error))}{' '}
          {moved ? t.optimise.permuted(permutation.join(', ')) : ''} {t.optimise.took(secondsText(report.seconds, f))}
        </span>
      </p>
      {report.changed ? (
        <div className={css['settings']}>
          <button type="button" className="button" disabled={lapsed} onClick={commands.useOptimised}>
            {t.optimise.use}
          </button>
          {lapsed ? <p className={css['hint']}>{t.optimise.lapsed}</p> : null}
        </div>
      ) : null}
    </div>
  );
}
