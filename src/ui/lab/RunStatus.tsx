import { Icon } from '../primitives/Icon.tsx';
import { useNow } from '../primitives/use-now.ts';
import { useLabWords } from '../strings/lab-language.tsx';
import { useLab, useLabState } from './lab-context.ts';
import css from './results.module.css';

/** Shorter runs are over before anybody could press a button. */
const SHOW_AFTER_MS = 400;

/** What is not as usual about the run, and what can be done about it. */
export function RunStatus() {
  const { t } = useLabWords();
  const { commands } = useLab();
  const run = useLabState((state) => state.run);
  switch (run.state) {
    case 'failed':
      return (
        <div className={`${css['status'] ?? ''} ${css['wrong'] ?? ''}`} role="alert">
          <Icon name="warn" />
          <p>{t.run.failed(run.failure.message)}</p>
          {run.failure.code === 'WORKER_DEAD' ? (
            <button type="button" className="button button-small" onClick={() => location.reload()}>
              {t.run.reload}
            </button>
          ) : (
            <button type="button" className="button button-small" onClick={commands.retry}>
              {t.run.again}
            </button>
          )}
        </div>
      );
    case 'cancelled':
      return (
        <div className={css['status']}>
          <Icon name="stop" />
          <p>{t.run.cancelled}</p>
          <button type="button" className="button button-small" onClick={commands.retry}>
            {t.run.again}
          </button>
        </div>
      );
    case 'running':
      return <Running startedAt={run.startedAt} />;
    case 'idle':
    case 'waiting':
    case 'done':
      return null;
  }
}

/** The same in a word, for the head of a panel. */
export function RunWord() {
  const { t } = useLabWords();
  const run = useLabState((state) => state.run);
  const { state } = run;
  const now = useNow(state === 'running', 200);
  if (state === 'failed' || state === 'cancelled') return null;
  if (state === 'running' && now - run.startedAt >= SHOW_AFTER_MS) return null;
  // For the blink of an eye the last word stays: a line that flickers says nothing.
  return (
    <span className={css['word']}>
      <Icon name={state === 'idle' ? 'ring' : 'check'} />
      {state === 'idle' ? t.run.idle : t.run.done}
    </span>
  );
}

function Running({ startedAt }: { readonly startedAt: number }) {
  const { t, f } = useLabWords();
  const { commands } = useLab();
  const now = useNow(true, 200);
  const elapsed = now - startedAt;
  if (elapsed < SHOW_AFTER_MS) return null;
  return (
    <div className={css['status']}>
      <Icon name="ring" />
      <p className="num">{t.run.running(f.duration(elapsed))}</p>
      <button type="button" className="button button-small" onClick={commands.cancel}>
        {t.run.cancel}
      </button>
    </div>
  );
}
