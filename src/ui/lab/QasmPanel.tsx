import { useId, useMemo, useRef, type UIEvent } from 'react';
import { Icon } from '../primitives/Icon.tsx';
import { Panel } from '../primitives/Panel.tsx';
import { useLabWords } from '../strings/lab-language.tsx';
import { useLab, useLabState } from './lab-context.ts';
import { lineCount, lineNumbers, rangeOf, visualColumn } from './models/text-marks.ts';
import css from './qasm-panel.module.css';

/** As in `tab-size` of the style. */
const TAB = 4;

/** The circuit as text: the other view of the same thing. A mistake is marked where it is. */
export function QasmPanel() {
  const { t } = useLabWords();
  const { commands } = useLab();
  const text = useLabState((state) => state.document.qasm);
  const ready = useLabState((state) => state.ready);
  const failure = useLabState((state) => state.textFailure);
  const box = useRef<HTMLTextAreaElement>(null);
  const moving = useRef<HTMLDivElement>(null);
  const numbers = useRef<HTMLPreElement>(null);
  const id = useId();
  const lines = useMemo(() => lineCount(text), [text]);
  const numbered = useMemo(() => lineNumbers(lines), [lines]);
  const face = !ready ? 'loading' : failure === null ? (text.trim() === '' ? 'empty' : 'live') : 'failed';

  const onScroll = (event: UIEvent<HTMLTextAreaElement>): void => {
    const { scrollTop, scrollLeft } = event.currentTarget;
    if (moving.current !== null) moving.current.style.transform = `translate(${-scrollLeft}px, ${-scrollTop}px)`;
    if (numbers.current !== null) numbers.current.style.transform = `translateY(${-scrollTop}px)`;
  };
  const goTo = (): void => {
    const area = box.current;
    if (area === null || failure === null) return;
    area.focus();
    area.setSelectionRange(...rangeOf(text, failure));
  };
  return (
    <Panel
      title={t.text.title}
      face={face}
      note={failure !== null ? null : text.trim() === '' ? t.text.empty : t.text.hint}
      aside={t.text.lines(lines)}
    >
      {failure === null ? null : (
        <div className={css['problem']} role="alert" id={`${id}-problem`}>
          <Icon name="warn" />
          <p>{failure.message}</p>
          <button type="button" className="button button-small" onClick={goTo}>
            {t.text.goTo(failure.line, failure.column)}
          </button>
        </div>
      )}
      <div className={css['editor']}>
        <div className={css['gutter']} aria-hidden="true">
          <pre ref={numbers}>{numbered}</pre>
        </div>
        <div className={css['field']}>
          <div className={css['marks']} aria-hidden="true">
            <div ref={moving}>
              {failure === null ? null : (
                <>
                  <div
                    className={css['line']}
                    style={{ insetBlockStart: `calc(${failure.line - 1} * var(--line-height))` }}
                  />
                  <div
                    className={css['mark']}
                    style={{
                      insetBlockStart: `calc(${failure.line - 1} * var(--line-height))`,
                      insetInlineStart: `${visualColumn(text, failure, TAB)}ch`,
                      inlineSize: `${failure.length}ch`,
                    }}
                  />
                </>
              )}
            </div>
          </div>
          <textarea
            ref={box}
            className={css['text']}
            aria-label={t.text.label}
            aria-invalid={failure !== null}
            aria-describedby={failure === null ? undefined : `${id}-problem`}
            value={text}
            rows={14}
            wrap="off"
            spellCheck={false}
            autoCapitalize="off"
            autoComplete="off"
            autoCorrect="off"
            dir="ltr"
            onChange={(event) => commands.type(event.target.value)}
            onScroll={onScroll}
          />
        </div>
      </div>
    </Panel>
  );
}
