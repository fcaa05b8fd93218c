import type { ParticipantState } from '../../core/federation/run-view.ts';
import css from './state-mark.module.css';

/** The shapes of workers/stage/shapes.ts on a 12 x 12 grid: the list and the picture show a state by the same mark. */
const PATHS: Readonly<Record<ParticipantState, string>> = {
  waiting: 'M6 2.6a3.4 3.4 0 1 0 0 6.8a3.4 3.4 0 1 0 0-6.8',
  invited: 'M6 .9 11.1 6 6 11.1.9 6Z',
  training: 'M6 1.6a4.4 4.4 0 1 0 0 8.8a4.4 4.4 0 1 0 0-8.8',
  sealing: 'M6 .9 10.4 3.45v5.1L6 11.1 1.6 8.55v-5.1Z',
  sent: 'M6 1.1 11.3 10.2H.7Z',
  merged: 'M6 .5 7.6 4.2l4 .4-3 2.7.9 3.9L6 9.1 2.5 11.2l.9-3.9-3-2.7 4-.4Z',
  paused: 'M2.6 1.6h2.4v8.8H2.6ZM7 1.6h2.4v8.8H7Z',
  away: 'M1.4 4.9h9.2v2.2H1.4Z',
  excluded: 'M2.2 2.2 9.8 9.8M9.8 2.2 2.2 9.8',
};

export function StateMark(props: { readonly state: ParticipantState }) {
  const outline = props.state === 'waiting' || props.state === 'excluded';
  return (
    <svg
      className={`${css['mark'] ?? ''} ${css[props.state] ?? ''}`}
      viewBox="0 0 12 12"
      aria-hidden="true"
      fill={outline ? 'none' : 'currentColor'}
      stroke={outline ? 'currentColor' : 'none'}
      strokeWidth={2}
    >
      <path d={PATHS[props.state]} />
    </svg>
  );
}
