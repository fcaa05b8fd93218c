import { useEffect, useRef, type ReactNode } from 'react';
import { useApp } from '../pages/app-context.ts';
import { useWords } from '../strings/language.tsx';
import css from './dialog.module.css';

export function LeaveDialog(props: { readonly onClose: () => void }) {
  const { t } = useWords();
  const { commands } = useApp();
  return (
    <Dialog title={t.tab.leaveTitle} onClose={props.onClose}>
      <p>{t.tab.leaveText}</p>
      <div className={css['actions']}>
        <button type="button" className="button button-primary" onClick={() => void commands.leave()}>
          {t.tab.leave}
        </button>
        <button type="button" className="button" onClick={props.onClose}>
          {t.tab.cancel}
        </button>
        <button
          type="button"
          className={`button button-quiet ${css['danger'] ?? ''}`}
          onClick={() => void commands.forget()}
        >
          {t.tab.leaveForget}
        </button>
      </div>
    </Dialog>
  );
}

export function ForgetDialog(props: { readonly onClose: () => void }) {
  const { t } = useWords();
  const { commands } = useApp();
  return (
    <Dialog title={t.health.forgetTitle} onClose={props.onClose}>
      <p>{t.health.forgetText}</p>
      <div className={css['actions']}>
        <button
          type="button"
          className="button"
          onClick={() => {
            props.onClose();
            void commands.forget();
          }}
        >
          {t.health.forgetYes}
        </button>
        <button type="button" className="button" onClick={props.onClose}>
          {t.tab.cancel}
        </button>
      </div>
    </Dialog>
  );
}

/** The native modal dialog: focus stays inside, Escape closes, focus returns. */
function Dialog(props: { readonly title: string; readonly onClose: () => void; readonly children: ReactNode }) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog ref={element} className={css['dialog']} aria-labelledby="dialog-title" onClose={props.onClose}>
      <h2 id="dialog-title">{props.title}</h2>
      {props.children}
    </dialog>
  );
}
