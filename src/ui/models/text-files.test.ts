import { describe, expect, it } from 'vitest';
import { SHARD_BYTES_MAX } from '../../core/session/session-view.ts';
import { readFiles, type TextFile } from './text-files.ts';

function file(name: string, text: string, size = text.length): TextFile {
  return { name, size, arrayBuffer: async () => new TextEncoder().encode(text).buffer };
}

describe('chosen files', () => {
  it('become one text or several, with the size of all', async () => {
    const one = await readFiles([file('a.txt', 'hello')], true);
    expect(one).toMatchObject({
      kind: 'text',
      text: { name: 'a.txt', bytes: 5, keep: true, source: { kind: 'text' } },
    });
    const two = await readFiles([file('a.txt', 'hello'), file('b.txt', 'you')], false);
    expect(two).toMatchObject({ kind: 'text', text: { name: 'a.txt + 1', bytes: 8, source: { kind: 'texts' } } });
  });

  it('are refused by their size before a byte is read', async () => {
    const huge: TextFile = {
      name: 'huge.txt',
      size: 1e9,
      arrayBuffer: () => Promise.reject(new Error('must not be read')),
    };
    expect(await readFiles([huge], true)).toEqual({ kind: 'large', bytes: 1e9 });
    const many = Array.from({ length: 3 }, (_, index) => file(`${index}`, 'x', SHARD_BYTES_MAX / 2));
    expect((await readFiles(many, true)).kind).toBe('large');
  });

  it('name the one that cannot be read', async () => {
    const gone: TextFile = { name: 'gone.txt', size: 3, arrayBuffer: () => Promise.reject(new Error('moved')) };
    expect(await readFiles([file('a', 'a'), gone], true)).toEqual({ kind: 'unreadable', name: 'gone.txt' });
  });

  it('without any content are none: empty files, hidden files, an empty folder', async () => {
    expect(await readFiles([], true)).toEqual({ kind: 'none' });
    expect(await readFiles([file('empty.txt', ''), file('.DS_Store', 'xx')], true)).toEqual({ kind: 'none' });
  });
});
