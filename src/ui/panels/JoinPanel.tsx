import { useEffect, useId, useState } from 'react';
import type { QrPath } from '../models/qr-path.ts';
import { useWords } from '../strings/language.tsx';
import screen from './screen.module.css';
import css from './join-panel.module.css';

/** The join link as a QR code and as text. Dark on white in both themes: cameras expect it. */
export function JoinPanel({ url, className }: { readonly url: string; readonly className: string | undefined }) {
  const { t } = useWords();
  const id = useId();
  const [qr, setQr] = useState<QrPath | null>(null);
  useEffect(() => {
    let gone = false;
    import('../models/qr-path.ts').then(
      ({ qrPath }) => {
        if (!gone) setQr(qrPath(url));
      },
      // Without the chunk the link stands alone.
      () => undefined,
    );
    return () => {
      gone = true;
    };
  }, [url]);
  return (
    <section className={`${screen['panel'] ?? ''} ${css['join'] ?? ''} ${className ?? ''}`} aria-labelledby={id}>
      <div className={css['words']}>
        <h2 id={id}>{t.audience.join}</h2>
        <p className={screen['small']}>{t.audience.joinNote}</p>
        <a href={url}>{shortUrl(url)}</a>
      </div>
      <div className={css['code']}>
        {qr === null ? null : (
          <svg
            viewBox={`0 0 ${qr.size} ${qr.size}`}
            role="img"
            aria-label={t.audience.qr(url)}
            shapeRendering="crispEdges"
          >
            <path d={qr.path} fill="#0b1215" />
          </svg>
        )}
      </div>
    </section>
  );
}

/** Host and path without the key fingerprint: that part is only for the code. */
function shortUrl(url: string): string {
  try {
    const { host, pathname } = new URL(url);
    return host + (pathname === '/' ? '' : pathname);
  } catch {
    return url;
  }
}
