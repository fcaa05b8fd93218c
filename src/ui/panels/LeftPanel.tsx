import { useState } from 'react';
import type { LeftThisTab } from '../../core/session/session-view.ts';
import { hexRows } from '../models/hex.ts';
import { useSession } from '../pages/app-context.ts';
import { Panel } from '../primitives/Panel.tsx';
import { useWords } from '../strings/language.tsx';
import { MadeStrip } from './MadeStrip.tsx';
import css from './left-panel.module.css';

/** The complete list of what left the tab, with the very bytes on demand. */
export function LeftPanel() {
  const { t, f } = useWords();
  const left = useSession((view) => view?.left ?? null);
  const sentBytes = useSession((view) => view?.traffic.sentBytes ?? 0);
  const last = left?.at(-1);
  // Unfolded for those who have not seen it work; it does not fold by itself while somebody reads.
  const [open, setOpen] = useState(last === undefined);
  return (
    <Panel
      title={t.left.title}
      face={last === undefined ? 'empty' : 'live'}
      note={last === undefined ? t.left.empty : t.left.total(f.bytes(sum(left ?? [])), left?.length ?? 0)}
      aside={
        sentBytes > 0 && last !== undefined
          ? `${t.tab.round(last.round)} · ${last.accepted ? t.left.accepted : t.left.pending}`
          : undefined
      }
    >
      {last === undefined ? null : <Latest entry={last} />}
      <details className={css['how']} open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>{t.left.how}</summary>
        <MadeStrip />
        <p className={css['robust']}>{t.left.robust}</p>
      </details>
    </Panel>
  );
}

function sum(left: readonly LeftThisTab[]): number {
  return left.reduce((total, entry) => total + entry.bytes, 0);
}

function Latest({ entry }: { readonly entry: LeftThisTab }) {
  const { t, f } = useWords();
  const [shown, setShown] = useState(false);
  return (
    <>
      <dl className={css['facts']}>
        <div>
          <dt>{t.left.sealed}</dt>
          <dd>{f.bytes(entry.bytes)}</dd>
        </div>
        <div>
          <dt>{t.left.plain}</dt>
          <dd>{f.bytes(entry.plaintextBytes)}</dd>
        </div>
        <div>
          <dt>{t.left.clip}</dt>
          <dd>{f.decimal(entry.clipNorm, 2)}</dd>
        </div>
        <div>
          <dt>{t.left.noise}</dt>
          <dd>{t.left.noiseValue(entry.noiseMultiplier)}</dd>
        </div>
        <div className={css['wide']}>
          <dt>{t.left.suite}</dt>
          <dd>{entry.suite}</dd>
        </div>
      </dl>
      {entry.noiseMultiplier === 0 ? <p className={css['off']}>{t.left.noiseOff}</p> : null}
      <div>
        <button type="button" className="button" aria-expanded={shown} onClick={() => setShown(!shown)}>
          {shown ? t.left.hideBytes : t.left.showBytes}
        </button>
      </div>
      {shown ? <Bytes entry={entry} /> : null}
    </>
  );
}

function Bytes({ entry }: { readonly entry: LeftThisTab }) {
  const { t, f } = useWords();
  return (
    <figure className={css['bytes']}>
      <figcaption>{t.left.bytesNote(Math.floor(entry.previewHex.length / 2), f.bytes(entry.bytes))}</figcaption>
      <pre tabIndex={0}>{hexRows(entry.previewHex).join('\n')}</pre>
    </figure>
  );
}
