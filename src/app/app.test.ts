import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createStore } from 'zustand/vanilla';
import { runView } from '../../tests/fixtures/run-views.ts';
import { sessionView } from '../../tests/fixtures/session-views.ts';
import type { SessionCommands, SessionView } from '../core/session/session-view.ts';
import { canJoin, readEnvironment } from './environment.ts';
import { createLiveFeed, relayNow, type LiveFeed, type LiveFeedOptions, type LiveStream } from './live-feed.ts';
import { createParticipantApp, type ParticipantPorts, type StartOutcome } from './participant-app.ts';
import { readPreferences, type Preferences } from './preferences.ts';
import { readRunView } from './run-view-check.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe('run view', () => {
  it('is taken when it is whole', () => {
    expect(readRunView(JSON.stringify(runView())).ok).toBe(true);
  });

  it('is refused with a reason when it is broken, foreign or of another version', () => {
    const codes = [
      '<html>',
      'null',
      '{}',
      JSON.stringify({ ...runView(), version: 2 }),
      JSON.stringify({ ...runView(), now: 'x' }),
      JSON.stringify({ ...runView(), participants: null }),
    ].map((text) => {
      const read = readRunView(text);
      return read.ok ? 'ok' : read.error.code;
    });
    expect(codes).toEqual(['VIEW_FORMAT', 'VIEW_FORMAT', 'VIEW_VERSION', 'VIEW_VERSION', 'VIEW_FORMAT', 'VIEW_FORMAT']);
  });
});

interface FeedWorld {
  readonly feed: LiveFeed;
  readonly streams: LiveStream[];
  readonly asked: string[];
  answer: () => Promise<{ ok: boolean; status: number; text: () => Promise<string> }>;
}

function feedWorld(mode: LiveFeedOptions['mode']): FeedWorld {
  const streams: LiveStream[] = [];
  const asked: string[] = [];
  const good = (): ReturnType<FeedWorld['answer']> =>
    Promise.resolve({ ok: true, status: 200, text: () => Promise.resolve(JSON.stringify(runView())) });
  const world = { streams, asked, answer: good } as { -readonly [K in keyof FeedWorld]: FeedWorld[K] };
  world.feed = createLiveFeed({
    mode,
    pollMs: 1_000,
    fetch: (url) => {
      asked.push(url);
      return world.answer();
    },
    openStream: () => {
      const stream: LiveStream = { onmessage: null, onerror: null, close: () => undefined };
      streams.push(stream);
      return stream;
    },
    now: () => Date.now(),
    hidden: () => false,
  });
  return world;
}

describe('live feed', () => {
  it('asks at once and then at its pace, without a stream where it polls', async () => {
    const { feed, asked, streams } = feedWorld('poll');
    await vi.advanceTimersByTimeAsync(3_500);
    expect(asked.length).toBe(4);
    expect(streams).toHaveLength(0);
    expect(feed.store.getState().view?.round).toBe(12);
    feed.stop();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asked.length).toBe(4);
  });

  it('takes what the stream says, and asks only when the stream is quiet', async () => {
    const { feed, asked, streams } = feedWorld('stream');
    await vi.advanceTimersByTimeAsync(10);
    expect(asked).toHaveLength(1);
    for (let i = 0; i < 5; i++) {
      streams[0]?.onmessage?.({ data: JSON.stringify(runView({ round: 20 + i })) });
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect(feed.store.getState().view?.round).toBe(24);
    expect(asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(6_000);
    expect(asked.length).toBeGreaterThan(1);
    feed.stop();
  });

  it('polls while the stream is down and opens another one', async () => {
    const world = feedWorld('stream');
    await vi.advanceTimersByTimeAsync(10);
    world.streams[0]?.onerror?.();
    await vi.advanceTimersByTimeAsync(8_000);
    expect(world.asked.length).toBeGreaterThan(3);
    expect(world.streams.length).toBe(2);
    world.feed.stop();
  });

  it('keeps the last view when the relay is gone, says so, and recovers by itself', async () => {
    const world = feedWorld('poll');
    await vi.advanceTimersByTimeAsync(10);
    const good = world.answer;
    world.answer = () => Promise.reject(new Error('refused'));
    await vi.advanceTimersByTimeAsync(2_000);
    expect(world.feed.store.getState()).toMatchObject({ failure: { code: 'VIEW_RELAY' }, view: { round: 12 } });
    world.answer = () => Promise.resolve({ ok: false, status: 503, text: () => Promise.resolve('') });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(world.feed.store.getState().failure?.message).toContain('503');
    world.answer = good;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(world.feed.store.getState().failure).toBeNull();
    world.feed.stop();
  });

  it('counts the relay’s time from its own clock, whatever the local one says', () => {
    const state = { view: runView({ now: 5_000 }), receivedAt: 100 };
    expect(relayNow(state, 350)).toBe(5_250);
    expect(relayNow(state, 50)).toBe(5_000);
  });
});

interface FakeSession extends SessionCommands {
  readonly calls: string[];
  emit(view: SessionView): void;
}

function fakeSession(): FakeSession {
  let view = sessionView(0, { life: { state: 'ready', left: false } });
  const listeners = new Set<(view: SessionView) => void>();
  const calls: string[] = [];
  const done = (name: string) => async (): Promise<void> => void calls.push(name);
  const good = (name: string) => async (): Promise<{ ok: true; value: null }> => {
    calls.push(name);
    return { ok: true, value: null };
  };
  return {
    calls,
    emit: (next) => {
      view = next;
      for (const listener of listeners) listener(next);
    },
    view: () => view,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    open: async () => ({ ok: true, value: { rejoining: false } }),
    chooseShard: async (source) =>
      source.kind === 'text' && source.name === 'bad.bin'
        ? { ok: false, error: { code: 'SHARD_BINARY', message: 'bad.bin is not text.', retry: false } }
        : good('choose')(),
    join: good('join'),
    pause: done('pause'),
    resume: done('resume'),
    leave: done('leave'),
    forget: done('forget'),
    write: good('write'),
    stopWriting: done('stop'),
    evaluate: async () => ({ ok: false, error: { code: 'X', message: 'x', retry: false } }),
    exportAdapter: async () => ({ ok: true, value: { weights: new Uint8Array(3), config: '{}' } }),
    close: done('close'),
  };
}

function appWorld(start: ParticipantPorts['start'], remembered = false) {
  const saved: string[] = [];
  let joined = remembered;
  const live: LiveFeed = {
    store: createStore(() => ({ view: null, receivedAt: 0, transport: 'poll' as const, failure: null })),
    refresh: () => undefined,
    stop: () => undefined,
  };
  const app = createParticipantApp({
    live,
    preferences: createStore<Preferences>(() => ({ theme: 'auto', language: 'en' })),
    environment: readEnvironment(globalThis),
    start,
    saveFile: (name) => saved.push(name),
    openStage: async () => null,
    remember: { get: () => joined, set: (value) => (joined = value) },
  });
  return { app, saved, joined: () => joined };
}

function started(session: SessionCommands, replaced = new Promise<void>(() => undefined)): StartOutcome {
  return { kind: 'started', session, rejoining: false, replaced };
}

const TEXT = {
  source: { kind: 'text' as const, name: 'a.txt', bytes: new Uint8Array(3) },
  name: 'a.txt',
  bytes: 3,
  keep: true,
};

describe('participant app', () => {
  it('starts nothing before the click', async () => {
    const start = vi.fn(async () => started(fakeSession()));
    const { app } = appWorld(start);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(start).not.toHaveBeenCalled();
    expect(app.session.getState().view).toBeNull();
  });

  it('joins with the text that was chosen before, and remembers it', async () => {
    const session = fakeSession();
    const { app, joined } = appWorld(async () => started(session));
    await app.commands.chooseText(TEXT);
    expect(session.calls).toEqual([]);
    await app.commands.join();
    expect(session.calls).toEqual(['choose', 'join']);
    expect(joined()).toBe(true);
  });

  it('does not join with a text that was refused, and says why', async () => {
    const session = fakeSession();
    const { app, joined } = appWorld(async () => started(session));
    await app.commands.chooseText({ ...TEXT, source: { ...TEXT.source, name: 'bad.bin' } });
    await app.commands.join();
    expect(session.calls).toEqual([]);
    expect(app.page.getState().textFailure).toBe('bad.bin is not text.');
    expect(joined()).toBe(false);
  });

  it('starts once however often the button is pressed', async () => {
    const start = vi.fn(async () => started(fakeSession()));
    const { app } = appWorld(start);
    await Promise.all([app.commands.join(), app.commands.join(), app.commands.join()]);
    expect(start).toHaveBeenCalledTimes(1);
  });

  it('starts by itself when this tab was joined before it was reloaded', async () => {
    const start = vi.fn(async () => started(fakeSession()));
    const { app } = appWorld(start, true);
    await vi.advanceTimersByTimeAsync(0);
    expect(start).toHaveBeenCalledWith('first');
    expect(app.page.getState().start).toBe('running');
  });

  it('offers a choice when another tab is the participant, and takes the person’s answer', async () => {
    const start = vi.fn(async (choice: string): Promise<StartOutcome> =>
      choice === 'first' ? { kind: 'second' } : started(fakeSession()),
    );
    const { app } = appWorld(start);
    await app.commands.join();
    expect(app.page.getState()).toMatchObject({ tab: 'second', start: 'idle' });
    await app.commands.join('own');
    expect(app.page.getState()).toMatchObject({ tab: 'first', start: 'running' });
  });

  it('lets go and says so when another tab takes over', async () => {
    let replace = (): void => undefined;
    const replaced = new Promise<void>((resolve) => {
      replace = resolve;
    });
    const session = fakeSession();
    const { app } = appWorld(async () => started(session, replaced));
    await app.commands.join();
    replace();
    await vi.advanceTimersByTimeAsync(0);
    expect(app.page.getState()).toMatchObject({ tab: 'replaced', start: 'idle' });
    expect(app.session.getState().view).toBeNull();
    session.emit(sessionView(0));
    expect(app.session.getState().view).toBeNull();
  });

  it('says why it could not start and can be tried again', async () => {
    const outcomes: StartOutcome[] = [{ kind: 'failed', message: 'No WebAssembly.' }, started(fakeSession())];
    const { app } = appWorld(async () => outcomes.shift() ?? { kind: 'second' });
    await app.commands.join();
    expect(app.page.getState()).toMatchObject({ start: 'failed', startFailure: 'No WebAssembly.' });
    await app.commands.join();
    expect(app.page.getState()).toMatchObject({ start: 'running', startFailure: null });
  });

  it('saves both files of the adapter', async () => {
    const { app, saved } = appWorld(async () => started(fakeSession()));
    await app.commands.join();
    await app.commands.download();
    expect(saved).toEqual(['adapter_model.safetensors', 'adapter_config.json']);
    expect(app.page.getState().download).toBe('idle');
  });

  it('forgets that it was joined when the person leaves', async () => {
    const { app, joined } = appWorld(async () => started(fakeSession()));
    await app.commands.join();
    await app.commands.leave();
    expect(joined()).toBe(false);
  });
});

describe('environment', () => {
  it('joins only where cryptography, WebAssembly and workers exist', () => {
    const fine = { secure: true, wasm: true, workers: true, webgpu: false, sharedMemory: false, storage: false };
    expect(canJoin(fine)).toBe(true);
    for (const missing of ['secure', 'wasm', 'workers']) expect(canJoin({ ...fine, [missing]: false })).toBe(false);
  });

  it('recognises SIMD where it exists, as in this Node', () => {
    expect(readEnvironment(globalThis).wasm).toBe(true);
  });
});

describe('preferences', () => {
  it('follow the system until the person chooses, and ignore what they do not know', () => {
    const stored = (values: Record<string, string>) => ({
      getItem: (key: string) => values[key] ?? null,
      setItem: () => undefined,
    });
    expect(readPreferences(null, 'de-AT')).toEqual({ theme: 'auto', language: 'de' });
    expect(readPreferences(stored({}), 'fr')).toEqual({ theme: 'auto', language: 'en' });
    expect(readPreferences(stored({ 'plaquette-theme': 'dark', 'plaquette-language': 'en' }), 'de')).toEqual({
      theme: 'dark',
      language: 'en',
    });
    expect(readPreferences(stored({ 'plaquette-theme': 'pink', 'plaquette-language': 'xx' }), 'de')).toEqual({
      theme: 'auto',
      language: 'en',
    });
  });
});
