import { describe, expect, it } from 'vitest';
import type { Environment } from '../../app/environment.ts';
import { createFormat } from '../format.ts';
import { en } from '../strings/en.ts';
import { environmentNotices, RELAY_SILENT_MS, situationNotices } from './notices.ts';

const t = en(createFormat('en'));
const FINE: Environment = { secure: true, wasm: true, workers: true, webgpu: true, sharedMemory: true, storage: true };

describe('notices', () => {
  it('are silent where nothing is missing', () => {
    expect(environmentNotices(FINE, t)).toEqual([]);
  });

  it('say that the page was opened insecurely, what follows and what to do, and nothing else', () => {
    const notices = environmentNotices({ ...FINE, secure: false, webgpu: false, sharedMemory: false }, t);
    expect(notices.map(({ id }) => id)).toEqual(['insecure']);
    expect(notices[0]?.text).toMatch(/plain http.*cannot join.*https/su);
    expect(notices[0]?.level).toBe('error');
  });

  it('name each thing that is missing in a sentence of its own', () => {
    const notices = environmentNotices({ ...FINE, webgpu: false, sharedMemory: false, storage: false }, t);
    expect(notices.map(({ id, level }) => [id, level])).toEqual([
      ['no-storage', 'warning'],
      ['no-webgpu', 'info'],
      ['no-shared', 'info'],
    ]);
  });

  it('speak of a silent relay only after a while, with its age', () => {
    const input = { page: { startFailure: null, tab: 'first' as const }, relayFailed: true, storageNotice: null };
    const duration = createFormat('en').duration;
    expect(situationNotices({ ...input, relayAge: RELAY_SILENT_MS - 1 }, t, duration)).toEqual([]);
    expect(situationNotices({ ...input, relayAge: 62_000 }, t, duration)[0]?.text).toContain('62 sec');
    expect(situationNotices({ ...input, relayFailed: false, relayAge: 62_000 }, t, duration)).toEqual([]);
  });
});
