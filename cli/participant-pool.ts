import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { STYLES } from '../src/core/corpus/styles.ts';
import type { JoinLink } from '../src/core/federation/endpoints.ts';
import { assert, at } from '../src/core/lib/assert.ts';
import { fail, ok, type Failure, type Result } from '../src/core/lib/result.ts';
import type { HeadlessOptions, HeadlessSource, HeadlessSummary } from './headless.ts';

export type ThreadMessage =
  | { readonly type: 'news'; readonly summary: HeadlessSummary }
  | { readonly type: 'ended'; readonly summary: HeadlessSummary }
  | { readonly type: 'failed'; readonly failure: Failure };

export interface PoolOptions {
  readonly link: JoinLink;
  /** One per participant. */
  readonly sources: readonly HeadlessSource[];
  /** Each participant gets a folder in it; null = in memory. */
  readonly stateDir: string | null;
  readonly onNews: (summary: HeadlessSummary) => void;
}

export interface ParticipantPool {
  /** Settles when every participant has ended, in order. */
  readonly ended: Promise<readonly Result<HeadlessSummary>[]>;
  /** All leave the run politely. */
  stop(): Promise<void>;
}

/** Each has a model and kernels of its own, about 60 MB. */
export const PARTICIPANTS_MAX = 64;
/** A participant that trains hears a stop between two steps. */
const STOP_MS_MAX = 5_000;

/** Sample styles in turn, each with a seed of its own, so that no two participants have the same text. */
export function sampleSources(count: number): HeadlessSource[] {
  return Array.from({ length: count }, (_, i) => ({
    kind: 'sample',
    style: at(STYLES, i % STYLES.length).id,
    seed: i + 1,
  }));
}

/** Headless participants, each in a thread of its own with the same code as a tab. JOIN_THREAD: the program is not built. */
export function startParticipants(options: PoolOptions): Result<ParticipantPool> {
  const { link, sources, stateDir, onNews } = options;
  assert(sources.length >= 1 && sources.length <= PARTICIPANTS_MAX, `${sources.length} participants`);
  const file = fileURLToPath(new URL('./participant-thread.js', import.meta.url));
  if (!existsSync(file)) return fail('JOIN_THREAD', `${file} is missing: run "npm run build"`);
  const threads = sources.map((source, i) => {
    const label = `participant ${i + 1}`;
    const folder = stateDir === null ? null : join(stateDir, `participant-${i + 1}`);
    return startThread(file, { link, source, stateDir: folder, label }, onNews);
  });
  return ok({
    ended: Promise.all(threads.map((thread) => thread.ended)),
    async stop() {
      await Promise.all(threads.map((thread) => thread.stop()));
    },
  });
}

interface Thread {
  readonly ended: Promise<Result<HeadlessSummary>>;
  stop(): Promise<void>;
}

function startThread(file: string, options: HeadlessOptions, onNews: PoolOptions['onNews']): Thread {
  const worker = new Worker(file, { workerData: options });
  const ended = new Promise<Result<HeadlessSummary>>((resolve) => {
    worker.on('message', (message: ThreadMessage) => {
      if (message.type === 'news') onNews(message.summary);
      else if (message.type === 'ended') resolve(ok(message.summary));
      else resolve({ ok: false, error: message.failure });
    });
    worker.on('error', (error) => resolve(fail('JOIN_THREAD', `${options.label} crashed: ${error.message}`)));
    worker.on('exit', (code) => resolve(fail('JOIN_THREAD', `${options.label} ended early with code ${code}`)));
  });
  return {
    ended,
    async stop() {
      worker.postMessage('stop');
      const timer = setTimeout(() => void worker.terminate(), STOP_MS_MAX);
      await ended;
      clearTimeout(timer);
      await worker.terminate();
    },
  };
}
