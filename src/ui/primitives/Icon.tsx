export type IconName = 'check' | 'ring' | 'dot' | 'warn' | 'stop' | 'note' | 'lock' | 'file' | 'cross';

/** Drawn on a 16 x 16 grid with a 2-unit pen. Always beside a word, therefore hidden from assistive technology. */
const PATHS: Readonly<Record<IconName, string>> = {
  check: 'M3 8.5 6.6 12 13 4.6',
  ring: 'M8 3a5 5 0 1 0 0 10A5 5 0 1 0 8 3',
  dot: 'M8 6.5a1.5 1.5 0 1 0 0 3a1.5 1.5 0 1 0 0-3',
  warn: 'M8 2.2 14.6 13.4H1.4ZM8 6.6v3M8 11.6v.1',
  stop: 'M5.2 2h5.6L14 5.2v5.6L10.8 14H5.2L2 10.8V5.2ZM8 5v3.6M8 11v.1',
  note: 'M8 2a6 6 0 1 0 0 12A6 6 0 1 0 8 2M8 7.4V11M8 5v.1',
  lock: 'M3.5 7.2h9v6.3h-9ZM5.4 7V5a2.6 2.6 0 0 1 5.2 0v2',
  file: 'M4 1.8h5L12.6 5.4v8.8H4ZM9 1.8v3.6h3.6',
  cross: 'M4 4l8 8M12 4l-8 8',
};

export function Icon(props: { readonly name: IconName }) {
  return (
    <svg
      viewBox="0 0 16 16"
      width="1em"
      height="1em"
      aria-hidden="true"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.8}
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d={PATHS[props.name]} />
    </svg>
  );
}
