import type { LabNotice } from '../../app/lab/lab-state.ts';
import { Icon } from '../primitives/Icon.tsx';
import { useLabWords, type LabWords } from '../strings/lab-language.tsx';
import { useLab, useLabState } from './lab-context.ts';
import css from './results.module.css';

/** One message about the document itself: its address, a file, a copied link. */
export function LabNoticeBar() {
  const words = useLabWords();
  const { commands } = useLab();
  const notice = useLabState((state) => state.notice);
  return (
    <div aria-live="polite">
      {notice === null ? null : (
        <div className={`${css['notice'] ?? ''} ${notice.kind === 'copied' ? (css['good'] ?? '') : ''}`}>
          <Icon name={notice.kind === 'copied' ? 'check' : 'warn'} />
          <p>{noticeText(notice, words)}</p>
          <button
            type="button"
            className="button button-quiet button-small"
            aria-label={words.t.notices.dismiss}
            onClick={commands.dismiss}
          >
            <Icon name="cross" />
          </button>
        </div>
      )}
    </div>
  );
}

/** Fields of the address that hold the circuit itself; `#` is the whole of it. */
const CIRCUIT_FIELDS: ReadonlySet<string> = new Set(['#', 'z', 'qasm']);

function noticeText(notice: LabNotice, { t }: LabWords): string {
  switch (notice.kind) {
    case 'hash':
      return t.notices.hash(
        notice.fields.some((field) => CIRCUIT_FIELDS.has(field)),
        notice.fields.filter((field) => !CIRCUIT_FIELDS.has(field)),
      );
    case 'file-unreadable':
      return t.notices['file-unreadable'](notice.name);
    case 'unprintable':
      return t.notices.unprintable(notice.message);
    case 'address-too-long':
    case 'too-long':
    case 'copied':
    case 'not-copied':
      return t.notices[notice.kind];
  }
}
