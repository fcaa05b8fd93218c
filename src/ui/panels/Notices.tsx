import { Icon } from '../primitives/Icon.tsx';
import { useNow } from '../primitives/use-now.ts';
import { environmentNotices, situationNotices, type Notice } from '../models/notices.ts';
import { useApp, useLive, usePage, useSession } from '../pages/app-context.ts';
import { useWords } from '../strings/language.tsx';
import css from './notices.module.css';

const ICONS = { error: 'stop', warning: 'warn', info: 'note' } as const;

/** Sentences about what is missing, broken or different here: what matters now on top of the page, the rest at its end. */
export function Notices({ loud = false }: { readonly loud?: boolean }) {
  const { t, f } = useWords();
  const page = usePage((state) => state);
  const failure = useLive((state) => state.failure);
  const receivedAt = useLive((state) => (state.view === null ? null : state.receivedAt));
  const storageNotice = useSession((view) => view?.storage.notice ?? null);
  const now = useNow(failure !== null);
  const notices = [
    ...environmentNotices(page.environment, t),
    ...situationNotices(
      {
        page,
        relayAge: receivedAt === null ? null : now - receivedAt,
        relayFailed: failure !== null,
        storageNotice,
      },
      t,
      f.duration,
    ),
  ];
  const shown = notices.filter((notice) => (notice.level === 'info') !== loud);
  if (shown.length === 0 && !(loud && page.tab === 'second')) return null;
  return (
    <div className={loud ? css['stack'] : css['quiet']}>
      {shown.map((notice) => (
        <Line key={notice.id} notice={notice} />
      ))}
      {loud && page.tab === 'second' ? <SecondTab /> : null}
    </div>
  );
}

/** Another tab of this browser is this participant: take over, or be somebody else. */
function SecondTab() {
  const { t } = useWords();
  const { commands } = useApp();
  return (
    <div className={`${css['notice'] ?? ''} ${css['warning'] ?? ''}`} role="alert">
      <Icon name="warn" />
      <div>
        <p>{t.notices.second}</p>
        <p className={css['actions']}>
          <button type="button" className="button" onClick={() => void commands.join('take-over')}>
            {t.notices.takeOver}
          </button>
          <button type="button" className="button" onClick={() => void commands.join('own')}>
            {t.notices.ownIdentity}
          </button>
        </p>
      </div>
    </div>
  );
}

function Line({ notice }: { readonly notice: Notice }) {
  const { t } = useWords();
  const { commands } = useApp();
  return (
    <p
      className={`${css['notice'] ?? ''} ${css[notice.level] ?? ''}`}
      role={notice.level === 'error' ? 'alert' : undefined}
      data-notice={notice.id}
    >
      <Icon name={ICONS[notice.level]} />
      <span>{notice.text}</span>
      {notice.id === 'relay' ? (
        <button type="button" className="button button-small" onClick={() => commands.refresh()}>
          {t.chrome.tryAgain}
        </button>
      ) : null}
    </p>
  );
}
