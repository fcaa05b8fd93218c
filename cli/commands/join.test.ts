import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { runJoin } from './join.ts';

// Port 9 (discard): nothing listens there, and no test may get so far.
const LINK = 'http://127.0.0.1:9/#k=abc';
let folder = '';
let errors = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plaquette-join-'));
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => vi.restoreAllMocks());

async function run(...argv: string[]): Promise<number> {
  errors = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    errors += String(text);
    return true;
  });
  return runJoin(argv);
}

describe('plaquette join', () => {
  it.each([
    ['no link', [], 'got 0 links'],
    ['a link that is none', ['localhost:8787', '--sample', 'pirate'], 'not a join link'],
    ['no text', [LINK], 'no text'],
    ['two kinds of text', [LINK, '--sample', 'pirate', '--count', '2'], 'expected one'],
    ['an unknown sample', [LINK, '--sample', 'klingon'], 'expected one of pirate'],
    ['no participants', [LINK, '--count', '0'], 'from 1 to'],
    ['too many participants', [LINK, '--count', '1000'], 'from 1 to'],
    ['an unknown option', [LINK, '--speed', 'fast'], '--speed'],
    ['a device, which has no end', [LINK, '--data', '/dev/zero'], 'is not a file'],
    ['a folder', [LINK, '--data', '.'], 'is not a file'],
    ['a missing file', [LINK, '--data', '/nowhere/text.txt'], '/nowhere/text.txt cannot be read'],
  ])('refuses %s with exit code 2 and says why on stderr', async (_name, argv, message) => {
    expect(await run(...argv)).toBe(2);
    expect(errors).toContain(message);
  });

  it('refuses a file of 1 GB before reading it', async () => {
    const path = join(folder, 'huge.txt');
    await writeFile(path, '');
    await truncate(path, 2 ** 30);
    expect(await run(LINK, '--data', path)).toBe(2);
    expect(errors).toContain('more than 16 MB');
  });

  it('fails with exit code 1 when the pin in the link is not one', async () => {
    expect(await run(LINK, '--sample', 'pirate')).toBe(1);
    expect(errors).toContain('expected 43');
  });
});
