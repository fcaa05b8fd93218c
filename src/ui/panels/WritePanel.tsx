import { useState } from 'react';
import { useApp, useSession } from '../pages/app-context.ts';
import { Panel } from '../primitives/Panel.tsx';
import { useWords } from '../strings/language.tsx';
import css from './write-panel.module.css';

/** Longer beginnings leave the small model no room to write. */
const PROMPT_CHARS_MAX = 400;

/** What the model writes, before and after, side by side and as it is written. */
export function WritePanel() {
  const { t } = useWords();
  const { commands } = useApp();
  const sample = useSession((view) => view?.sample ?? null);
  const ready = useSession((view) => view?.model.state === 'ready');
  const [prompt, setPrompt] = useState('');
  const writing = sample?.writing ?? null;
  const asked = prompt.trim() === '' ? t.write.placeholder : prompt;
  return (
    <Panel title={t.write.title} face={ready ? 'live' : 'empty'} note={ready ? null : t.write.needsModel}>
      <form
        className={css['form']}
        onSubmit={(event) => {
          event.preventDefault();
          if (!ready) return;
          void (writing === null ? commands.write(asked) : commands.stopWriting());
        }}
      >
        <label>
          <span>{t.write.label}</span>
          <input
            type="text"
            dir="auto"
            value={prompt}
            placeholder={t.write.placeholder}
            maxLength={PROMPT_CHARS_MAX}
            autoComplete="off"
            onChange={(event) => setPrompt(event.target.value)}
          />
        </label>
        <button type="submit" className="button" disabled={!ready}>
          {writing === null ? t.write.go : t.write.stop}
        </button>
      </form>
      {sample?.message == null ? null : <p className={css['message']}>{sample.message}</p>}
      <div className={css['pair']}>
        <Written
          title={t.write.before}
          prompt={sample?.prompt ?? ''}
          text={sample?.before ?? null}
          writing={writing === 'before'}
          empty={t.write.emptyBefore}
        />
        <Written
          title={t.write.after(sample?.afterVersion ?? null)}
          prompt={sample?.prompt ?? ''}
          text={sample?.after ?? null}
          writing={writing === 'after'}
          empty={t.write.emptyAfter}
          accent
        />
      </div>
    </Panel>
  );
}

interface WrittenProps {
  readonly title: string;
  readonly prompt: string;
  readonly text: string | null;
  readonly writing: boolean;
  readonly empty: string;
  readonly accent?: boolean;
}

function Written(props: WrittenProps) {
  const { t } = useWords();
  const continued = props.text === null ? null : withoutPrompt(props.text, props.prompt);
  return (
    <section
      className={`${css['written'] ?? ''} ${props.accent === true ? (css['after'] ?? '') : ''}`}
      aria-busy={props.writing}
    >
      <h3>
        {props.title} {props.writing ? <span>{t.write.writing}</span> : null}
      </h3>
      {continued === null && !props.writing ? (
        <p className={css['empty']}>{props.empty}</p>
      ) : (
        <p className={css['text']} dir="auto">
          <em>{props.prompt}</em>
          {continued}
        </p>
      )}
    </section>
  );
}

/** Models give the beginning back together with what follows. */
function withoutPrompt(text: string, prompt: string): string {
  return text.startsWith(prompt) ? text.slice(prompt.length) : text;
}
