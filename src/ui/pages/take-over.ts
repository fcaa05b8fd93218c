const JOIN = 'join';

/**
 * React replaces the static first paint of `root`. What a person did before that is not lost: a press of Join (remembered by
 * public/early.js) is carried out, and the focus stays on the button.
 */
export function takeOver(root: HTMLElement, join: () => void): void {
  let focused = document.activeElement?.id === JOIN;
  const onFocus = ({ target }: FocusEvent): void => {
    focused = target instanceof Element && target.id === JOIN;
  };
  document.addEventListener('focusin', onFocus);
  new MutationObserver((_, observer) => {
    observer.disconnect();
    document.removeEventListener('focusin', onFocus);
    const { dataset } = document.documentElement;
    dataset['alive'] = '';
    if (focused) document.getElementById(JOIN)?.focus();
    if (dataset['wanted'] === JOIN) join();
  }).observe(root, { childList: true });
}
