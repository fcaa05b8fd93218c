import { BrandMark } from '../primitives/Brand.tsx';
import { Icon, type IconName } from '../primitives/Icon.tsx';
import { LanguageSwitch, ThemeSwitch } from '../primitives/Switches.tsx';
import type { ConnectionState } from '../../core/contracts/vault-service.ts';
import { useWallNow } from '../primitives/use-now.ts';
import { useLive, usePage, useSession } from '../pages/app-context.ts';
import { useWords } from '../strings/language.tsx';
import css from './top-bar.module.css';

const LOOKS: Readonly<Record<ConnectionState, { readonly icon: IconName; readonly look: string }>> = {
  offline: { icon: 'cross', look: 'warning' },
  connecting: { icon: 'ring', look: 'quiet' },
  securing: { icon: 'lock', look: 'quiet' },
  connected: { icon: 'check', look: 'good' },
  refused: { icon: 'stop', look: 'error' },
  left: { icon: 'cross', look: 'quiet' },
};

export function TopBar() {
  return (
    <header className="bar">
      <a className="brand" href="/">
        <BrandMark />
        Plaquette
      </a>
      <div className="bar-tools">
        <ConnectionPill />
        <LabLink />
        <LanguageSwitch />
        <ThemeSwitch />
      </div>
    </header>
  );
}

/** Where there is room for it: on a phone the bar holds one row only. */
function LabLink() {
  const { t } = useWords();
  return (
    <a className={css['lab']} href="/lab">
      {t.chrome.lab}
    </a>
  );
}

/** Word and icon of the connection: of the participant's channel once it exists, before that of the relay itself. */
function ConnectionPill() {
  const { t } = useWords();
  const starting = usePage((state) => state.start === 'starting');
  const connection = useSession((view) => view?.connection ?? null);
  const started = useSession((view) => view !== null && view.life.state !== 'closed' && view.life.state !== 'ready');
  const known = useLive((state) => state.view !== null);
  const failed = useLive((state) => state.failure !== null);
  if (starting || (connection !== null && started)) {
    const state = connection?.state ?? 'connecting';
    const { icon, look } = LOOKS[state];
    return (
      <span className={`${css['pill'] ?? ''} ${css[look] ?? ''}`}>
        <Icon name={icon} />
        {t.connection[state]}
        <Retry retryAt={connection?.retryAt ?? null} />
      </span>
    );
  }
  if (!known && !failed) return null;
  return (
    <span className={`${css['pill'] ?? ''} ${css['relay'] ?? ''} ${css[failed ? 'warning' : 'quiet'] ?? ''}`}>
      <Icon name={failed ? 'warn' : 'check'} />
      {failed ? t.connection.relayGone : t.connection.relaySeen}
    </span>
  );
}

function Retry({ retryAt }: { readonly retryAt: number | null }) {
  const { t } = useWords();
  const now = useWallNow(retryAt !== null);
  if (retryAt === null) return null;
  const wait = Math.ceil((retryAt - now) / 1000) * 1000;
  return wait > 0 ? <span className={css['retry']}>{t.connection.retryIn(wait)}</span> : null;
}
