import { useRef, useState, type ChangeEvent, type ReactNode } from 'react';
import type { ShardView } from '../../core/session/session-view.ts';
import { SHARD_BYTES_MAX } from '../../core/session/session-view.ts';
import type { ChosenText } from '../../app/participant-app.ts';
import { SAMPLE_STYLE_IDS, type SampleStyleId } from '../../app/sample-styles.ts';
import { readFiles, type FilesOutcome, type TextFile } from '../models/text-files.ts';
import { shardName } from '../models/shard-name.ts';
import { useApp, usePage, useSession } from '../pages/app-context.ts';
import { Icon } from '../primitives/Icon.tsx';
import { Panel } from '../primitives/Panel.tsx';
import { useWords, type Words } from '../strings/language.tsx';
import { droppedFiles } from './dropped-files.ts';
import css from './text-panel.module.css';

/** The participant's own text: dropped, picked, pasted, or the built-in sample. */
export function TextPanel() {
  const words = useWords();
  const { t } = words;
  const { commands } = useApp();
  const shard = useSession((view) => view?.shard ?? null);
  const chosen = usePage((state) => state.chosen);
  const failure = usePage((state) => state.textFailure);
  const [problem, setProblem] = useState<string | null>(null);
  const [pasting, setPasting] = useState(false);
  const [keep, setKeep] = useState(true);

  const choose = (text: ChosenText): void => {
    setProblem(null);
    setPasting(false);
    void commands.chooseText(text);
  };
  const take = async (files: Promise<readonly TextFile[]> | readonly TextFile[]): Promise<void> => {
    const outcome = await Promise.resolve(files)
      .then((list) => readFiles(list, keep))
      .catch((): FilesOutcome => ({ kind: 'none' }));
    if (outcome.kind === 'text') choose(outcome.text);
    else setProblem(filesProblem(outcome, words));
  };
  const message = problem ?? failure;

  return (
    <Panel title={t.text.title} note={shardSentence(shard, chosen, words) ?? t.text.intro}>
      {message === null ? null : (
        <p className={css['problem']} role="alert">
          <Icon name="warn" /> {message}
        </p>
      )}
      <Preview shard={shard} />
      <Chooser folded={shard?.state === 'ready'} label={t.text.change}>
        {pasting ? (
          <PasteBox
            onCancel={() => setPasting(false)}
            onUse={(text) => {
              const bytes = new TextEncoder().encode(text);
              if (bytes.length > SHARD_BYTES_MAX)
                setProblem(filesProblem({ kind: 'large', bytes: bytes.length }, words));
              else
                choose({
                  source: { kind: 'text', name: t.text.pastedName, bytes },
                  name: t.text.pastedName,
                  bytes: bytes.length,
                  keep,
                });
            }}
          />
        ) : (
          <DropZone onFiles={take} onPaste={() => setPasting(true)} />
        )}
        <SamplePicker
          onUse={(style, label) =>
            choose({
              source: { kind: 'sample', style, seed: sampleSeed() },
              name: `${t.text.sample} (${label})`,
              bytes: null,
              keep,
            })
          }
        />
        <label className={css['keep']}>
          <input type="checkbox" checked={keep} onChange={(event) => setKeep(event.target.checked)} />
          {t.text.keep}
        </label>
      </Chooser>
    </Panel>
  );
}

/** Once there is text, choosing another one is a second thought and stays folded. */
function Chooser(props: { readonly folded: boolean; readonly label: string; readonly children: ReactNode }) {
  if (!props.folded) return <div className={css['chooser']}>{props.children}</div>;
  return (
    <details className={css['details']}>
      <summary>{props.label}</summary>
      <div className={css['chooser']}>{props.children}</div>
    </details>
  );
}

/** Every tab gets its own stretch of sample text. */
function sampleSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
}

function filesProblem(outcome: Exclude<FilesOutcome, { kind: 'text' }>, { t, f }: Words): string {
  switch (outcome.kind) {
    case 'none':
      return t.text.noFiles;
    case 'large':
      return t.text.tooLarge(f.bytes(outcome.bytes), f.bytes(SHARD_BYTES_MAX));
    case 'unreadable':
      return t.text.unreadable(outcome.name);
  }
}

function shardSentence(shard: ShardView | null, chosen: ChosenText | null, { t, f }: Words): string | null {
  if (shard !== null && shard.state === 'ready') {
    const { tokens, trainExamples, heldBackExamples } = shard.report;
    return t.text.ready(shardName(shard.name, t), tokens, trainExamples, heldBackExamples);
  }
  if (shard !== null && shard.state === 'refused') return t.text.refused(shard.name, shard.message);
  if (shard !== null && shard.state === 'chosen')
    return t.text.chosen(shardName(shard.name, t), shard.bytes === null ? null : f.bytes(shard.bytes));
  if (chosen === null) return null;
  return t.text.chosen(chosen.name, chosen.bytes === null ? null : f.bytes(chosen.bytes));
}

function Preview({ shard }: { readonly shard: ShardView | null }) {
  const { t } = useWords();
  if (shard === null || shard.state !== 'ready') return null;
  const { preview, refused } = shard.report;
  return (
    <>
      {preview === '' ? null : (
        <figure className={css['preview']}>
          <figcaption>{t.text.preview}</figcaption>
          <blockquote dir="auto">{preview}</blockquote>
        </figure>
      )}
      {refused.length === 0 ? null : (
        <ul className={css['refused']}>
          {refused.slice(0, 5).map((file) => (
            <li key={file.name}>{t.text.refused(file.name, file.reason)}</li>
          ))}
          {refused.length > 5 ? <li>{t.people.more(refused.length - 5)}</li> : null}
        </ul>
      )}
    </>
  );
}

function DropZone(props: {
  readonly onFiles: (files: Promise<readonly File[]> | readonly File[]) => Promise<void>;
  readonly onPaste: () => void;
}) {
  const { t } = useWords();
  const [over, setOver] = useState(false);
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement | null>(null);
  const picked = (event: ChangeEvent<HTMLInputElement>): void => {
    void props.onFiles([...(event.target.files ?? [])]);
    // The same file can be picked again after it was changed.
    event.target.value = '';
  };
  return (
    <div
      className={`${css['drop'] ?? ''} ${over ? (css['over'] ?? '') : ''}`}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        void props.onFiles(droppedFiles(event.dataTransfer));
      }}
    >
      <p>{over ? t.text.dropNow : t.text.drop}</p>
      <div className={css['buttons']}>
        <button type="button" className="button" onClick={() => files.current?.click()}>
          {t.text.files}
        </button>
        <button type="button" className="button" onClick={() => folder.current?.click()}>
          {t.text.folder}
        </button>
        <button type="button" className="button" onClick={props.onPaste}>
          {t.text.paste}
        </button>
      </div>
      <input
        ref={files}
        type="file"
        hidden
        multiple
        accept="text/*,.txt,.md,.csv,.json,.log,.tex,.rst"
        onChange={picked}
      />
      <input
        ref={(element) => {
          folder.current = element;
          // React's types do not know this attribute; all browsers do.
          element?.setAttribute('webkitdirectory', '');
        }}
        type="file"
        hidden
        multiple
        onChange={picked}
      />
    </div>
  );
}

function PasteBox(props: { readonly onUse: (text: string) => void; readonly onCancel: () => void }) {
  const { t } = useWords();
  const [text, setText] = useState('');
  return (
    <div className={css['paste']}>
      <label>
        <span>{t.text.pasteLabel}</span>
        <textarea rows={6} dir="auto" value={text} onChange={(event) => setText(event.target.value)} />
      </label>
      <div className={css['buttons']}>
        <button type="button" className="button" disabled={text.trim() === ''} onClick={() => props.onUse(text)}>
          {t.text.pasteUse}
        </button>
        <button type="button" className="button" onClick={props.onCancel}>
          {t.text.pasteCancel}
        </button>
      </div>
    </div>
  );
}

function SamplePicker(props: { readonly onUse: (style: string, label: string) => void }) {
  const { t } = useWords();
  const [id, setId] = useState<SampleStyleId>('pirate');
  const style = t.text.styles[id];
  return (
    <div className={css['sample']}>
      <label>
        {t.text.sampleStyle}
        <select
          className="select"
          value={id}
          onChange={(event) => setId(SAMPLE_STYLE_IDS.find((known) => known === event.target.value) ?? id)}
        >
          {SAMPLE_STYLE_IDS.map((known) => (
            <option key={known} value={known}>
              {t.text.styles[known].name}
            </option>
          ))}
        </select>
      </label>
      <button type="button" className="button" onClick={() => props.onUse(id, style.name)}>
        {t.text.sampleUse}
      </button>
      <p>{style.text}</p>
    </div>
  );
}
