import type { ParticipantState } from '../../src/core/federation/run-view.ts';

type Path = Pick<Path2D, 'arc' | 'moveTo' | 'lineTo' | 'closePath' | 'rect'>;

/** One shape per state, so that colour never speaks alone. The same shapes stand in the list (ui/primitives/StateMark.tsx). */
export function traceShape(path: Path, state: ParticipantState, x: number, y: number, r: number): void {
  switch (state) {
    case 'waiting':
    case 'training':
      path.moveTo(x + r, y);
      path.arc(x, y, r, 0, 2 * Math.PI);
      return;
    case 'invited':
      return polygon(path, 4, x, y, r * 1.2, 0);
    case 'sealing':
      return polygon(path, 6, x, y, r * 1.15, Math.PI / 6);
    case 'sent':
      return polygon(path, 3, x, y + r * 0.15, r * 1.3, -Math.PI / 2);
    case 'merged':
      return star(path, x, y, r * 1.45);
    case 'paused':
      path.rect(x - r * 0.85, y - r, r * 0.6, r * 2);
      path.rect(x + r * 0.25, y - r, r * 0.6, r * 2);
      return;
    case 'away':
      path.rect(x - r, y - r * 0.28, r * 2, r * 0.56);
      return;
    case 'excluded':
      path.moveTo(x - r, y - r);
      path.lineTo(x + r, y + r);
      path.moveTo(x + r, y - r);
      path.lineTo(x - r, y + r);
      return;
  }
}

/** Shapes that are an outline, not a filled area. */
export function isOutline(state: ParticipantState): boolean {
  return state === 'waiting' || state === 'excluded';
}

function polygon(path: Path, corners: number, x: number, y: number, r: number, turn: number): void {
  for (let i = 0; i < corners; i++) {
    const angle = turn + (i * 2 * Math.PI) / corners;
    if (i === 0) path.moveTo(x + r * Math.cos(angle), y + r * Math.sin(angle));
    else path.lineTo(x + r * Math.cos(angle), y + r * Math.sin(angle));
  }
  path.closePath();
}

function star(path: Path, x: number, y: number, r: number): void {
  for (let i = 0; i < 10; i++) {
    const angle = -Math.PI / 2 + (i * Math.PI) / 5;
    const at = i % 2 === 0 ? r : r * 0.5;
    if (i === 0) path.moveTo(x + at * Math.cos(angle), y + at * Math.sin(angle));
    else path.lineTo(x + at * Math.cos(angle), y + at * Math.sin(angle));
  }
  path.closePath();
}
