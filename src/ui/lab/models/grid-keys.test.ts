import { describe, expect, it } from 'vitest';
import { PALETTE } from '../../../app/lab/palette.ts';
import { gridCommand, type KeyPress } from './grid-keys.ts';

const size = { rows: 3, columns: 10 };
const cursor = { row: 1, column: 4 };
const press = (key: string, modifiers: Partial<KeyPress> = {}): KeyPress => ({
  key,
  shiftKey: false,
  ctrlKey: false,
  altKey: false,
  metaKey: false,
  ...modifiers,
});
const command = (key: string, modifiers: Partial<KeyPress> = {}, at = cursor) =>
  gridCommand(press(key, modifiers), at, size);

describe('keys of the grid', () => {
  it('move the cursor and stop at the edges', () => {
    expect(command('ArrowUp')).toEqual({ kind: 'cursor', to: { row: 0, column: 4 } });
    expect(command('ArrowUp', {}, { row: 0, column: 0 })).toEqual({ kind: 'cursor', to: { row: 0, column: 0 } });
    expect(command('ArrowRight', {}, { row: 0, column: 9 })).toEqual({ kind: 'cursor', to: { row: 0, column: 9 } });
    expect(command('Home')).toEqual({ kind: 'cursor', to: { row: 1, column: 0 } });
    expect(command('End', { ctrlKey: true })).toEqual({ kind: 'cursor', to: { row: 2, column: 9 } });
  });

  it('place, remove, open, move and add', () => {
    expect(command('h')).toEqual({ kind: 'place', id: 'h' });
    expect(command('Delete')).toEqual({ kind: 'remove' });
    expect(command('Backspace')).toEqual({ kind: 'remove' });
    expect(command('Enter')).toEqual({ kind: 'properties' });
    expect(command('ArrowLeft', { shiftKey: true })).toEqual({ kind: 'move', to: { row: 1, column: 3 } });
    expect(command('+', { shiftKey: true })).toEqual({ kind: 'add-qubit' });
  });

  it('take letters by shift, not by caps lock', () => {
    expect(command('X')).toEqual({ kind: 'place', id: 'x' });
    expect(command('X', { shiftKey: true })).toEqual({ kind: 'place', id: 'rx' });
    expect(command('s', { shiftKey: true })).toEqual({ kind: 'place', id: 'sdg' });
  });

  it('leave the browser its own keys', () => {
    expect(command('ArrowLeft', { altKey: true })).toBeNull();
    expect(command('c', { ctrlKey: true })).toBeNull();
    expect(command('z', { metaKey: true })).toBeNull();
    expect(command('Tab')).toBeNull();
    expect(command('q')).toBeNull();
    expect(command('F5')).toBeNull();
  });

  it('are different for everything in the palette', () => {
    const keys = PALETTE.flatMap(({ key }) => (key === null ? [] : [key]));
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.length).toBeGreaterThan(15);
  });
});
