import { useCallback, useEffect, useRef, useState, type PointerEvent as ReactPointerEvent } from 'react';
import type { Cell } from '../../app/lab/edit.ts';
import type { PaletteId } from '../../app/lab/palette.ts';

/** What is carried: something new from the palette, or what stands in a cell. */
export type Cargo = { readonly kind: 'new'; readonly id: PaletteId } | { readonly kind: 'cell'; readonly from: Cell };

export interface Drag {
  readonly cargo: Cargo;
  readonly label: string;
  readonly x: number;
  readonly y: number;
  /** The cell under the pointer. */
  readonly over: Cell | null;
}

export interface GateDrag {
  readonly drag: Drag | null;
  /** For `onPointerDown`: a press that moves becomes a drag, any other stays a click. */
  readonly begin: (event: ReactPointerEvent, cargo: Cargo, label: string) => void;
  /** True once after a drag: the click that the browser sends then is not one. */
  readonly wasDrag: () => boolean;
}

/** Shorter ways are the tremble of a click. */
const WAY_MIN_PX = 6;

/**
 * Pointer events rather than the browser's drag and drop: they are the same for mouse, pen and finger. Palette buttons
 * leave sideways swipes to scrolling (touch-action: pan-x); cells are dragged by mouse and pen only, so that a finger scrolls.
 */
export function useGateDrag(onDrop: (cargo: Cargo, cell: Cell) => void): GateDrag {
  const [drag, setDrag] = useState<Drag | null>(null);
  const dropped = useRef(onDrop);
  useEffect(() => {
    dropped.current = onDrop;
  });
  const stop = useRef<() => void>(() => undefined);
  const dragged = useRef(false);

  const begin = useCallback((event: ReactPointerEvent, cargo: Cargo, label: string): void => {
    if (event.button !== 0 || (cargo.kind === 'cell' && event.pointerType === 'touch')) return;
    stop.current();
    dragged.current = false;
    const start = { x: event.clientX, y: event.clientY, id: event.pointerId };
    let now: Drag | null = null;
    const onMove = (move: PointerEvent): void => {
      if (move.pointerId !== start.id) return;
      if (now === null && Math.hypot(move.clientX - start.x, move.clientY - start.y) < WAY_MIN_PX) return;
      move.preventDefault();
      now = { cargo, label, x: move.clientX, y: move.clientY, over: cellAt(move.clientX, move.clientY) };
      setDrag(now);
    };
    const end = (): void => {
      removeEventListener('pointermove', onMove);
      removeEventListener('pointerup', onUp);
      removeEventListener('pointercancel', end);
      removeEventListener('keydown', onKey);
      now = null;
      setDrag(null);
    };
    const onUp = (up: PointerEvent): void => {
      if (up.pointerId !== start.id) return;
      const last = now;
      end();
      if (last === null) return;
      dragged.current = true;
      // The click comes right after the release, or not at all.
      setTimeout(() => {
        dragged.current = false;
      }, 0);
      const cell = cellAt(up.clientX, up.clientY);
      if (cell !== null) dropped.current(cargo, cell);
    };
    const onKey = (key: KeyboardEvent): void => {
      if (key.key === 'Escape') end();
    };
    addEventListener('pointermove', onMove);
    addEventListener('pointerup', onUp);
    addEventListener('pointercancel', end);
    addEventListener('keydown', onKey);
    stop.current = end;
  }, []);

  useEffect(() => () => stop.current(), []);
  const wasDrag = useCallback((): boolean => {
    const was = dragged.current;
    dragged.current = false;
    return was;
  }, []);
  return { drag, begin, wasDrag };
}

function cellAt(x: number, y: number): Cell | null {
  const cell = document.elementFromPoint(x, y)?.closest<HTMLElement>('[data-cell]')?.dataset['cell'];
  const [row, column] = (cell ?? '').split(' ').map(Number);
  return cell === undefined || row === undefined || column === undefined ? null : { row, column };
}
