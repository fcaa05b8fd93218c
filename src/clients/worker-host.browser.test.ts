import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import fragileUrl from './testing/fragile.worker.ts?worker&url';
import type { Fragile } from './testing/fragile.worker.ts';
import { trustedScriptUrl } from '../platform/trusted-url.ts';
import { WorkerHost } from './worker-host.ts';

let host: WorkerHost<Fragile, string>;
let events: string[];
let restarts: number;
let created: number;

beforeEach(() => {
  events = [];
  restarts = 0;
  created = 0;
  host = new WorkerHost<Fragile, string>({
    name: 'quantum',
    create: () => {
      created += 1;
      return new Worker(trustedScriptUrl(fragileUrl), { type: 'module' });
    },
    pingDeadlineMs: 300,
    startDeadlineMs: 5_000,
    pingIntervalMs: 50,
  });
  host.onEvent((event) => events.push(event));
  host.onRestart(() => (restarts += 1));
});
afterEach(() => host.close());

const echo = (): ReturnType<typeof host.call<string>> => host.call((door) => door.echo('hello'), 5_000);

describe('worker host', () => {
  it('carries calls and events, and knows how long a ping takes', async () => {
    expect(await echo()).toEqual({ ok: true, value: 'hello' });
    await expect.poll(() => events).toEqual(['attached']);
    await expect
      .poll(() => host.health)
      .toMatchObject({ alive: true, restarts: 0, lastPingMs: expect.any(Number) as number });
  });

  it('gives up a call at its deadline and leaves the worker alone', async () => {
    await echo();
    const answer = await host.call((door) => door.never(), 50);
    expect(answer).toMatchObject({ ok: false, error: { code: 'WORKER_TIMEOUT', retry: true } });
    expect(await echo()).toMatchObject({ ok: true });
    expect(created).toBe(1);
  });

  it('turns a throw into a failure', async () => {
    const answer = await host.call((door) => door.throws(), 5_000);
    expect(answer).toMatchObject({
      ok: false,
      error: { code: 'WORKER_CRASHED', message: expect.stringContaining('a bug') as string },
    });
  });

  it.each(['spin', 'end'] as const)('replaces a worker that %ss, ends its calls, and goes on', async (way) => {
    await echo();
    await expect.poll(() => host.health.alive).toBe(true);
    const lost = await host.call((door) => door[way](), 20_000);
    expect(lost).toMatchObject({ ok: false, error: { code: 'WORKER_CRASHED', retry: true } });
    expect(restarts).toBe(1);
    expect(await echo()).toEqual({ ok: true, value: 'hello' });
    await expect.poll(() => host.health).toMatchObject({ alive: true, restarts: 1 });
    await expect.poll(() => events).toEqual(['attached', 'attached']);
  });

  it('stops starting a worker that always dies, and says so', async () => {
    for (let i = 0; i < 6; i++) {
      await expect.poll(() => host.health.alive, { timeout: 10_000 }).toBe(true);
      await host.call((door) => door.end(), 20_000);
    }
    expect(host.health).toMatchObject({ alive: false, restarts: 6 });
    expect(await echo()).toMatchObject({ ok: false, error: { code: 'WORKER_DEAD', retry: false } });
    expect(created).toBe(6);
  });
});
