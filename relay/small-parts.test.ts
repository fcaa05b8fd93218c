import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { LossPoint } from '../src/core/federation/run-view.ts';
import { fail, ok, unwrap } from '../src/core/lib/result.ts';
import type { Session } from '../src/core/secure/session.ts';
import { secureRng } from '../src/platform/host.ts';
import { openSuite } from '../src/platform/webcrypto-suite.ts';
import { loadOrCreateKeys } from './keys.ts';
import { MemoryLedger } from './ledger/memory-ledger.ts';
import { Participants } from './participants.ts';
import { ProbeQueue } from './probe-queue.ts';
import { RateLimit } from './rate-limit.ts';
import { Sessions } from './sessions.ts';
import { Turns } from './turns.ts';

const folder = mkdtempSync(join(tmpdir(), 'plaquette-parts-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('relay keys', () => {
  it('are made once, readable by the owner only, and refused when damaged', async () => {
    const suite = await openSuite(secureRng);
    const path = join(folder, 'relay.key');
    const first = unwrap(await loadOrCreateKeys(path, suite, secureRng));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(unwrap(await loadOrCreateKeys(path, suite, secureRng)).fingerprint).toBe(first.fingerprint);
    truncateSync(path, 40);
    expect(await loadOrCreateKeys(path, suite, secureRng)).toMatchObject({ error: { code: 'SEC_RELAY_KEYS' } });
  });

  it('say what to do when the folder is missing', async () => {
    const made = await loadOrCreateKeys(join(folder, 'no', 'key'), await openSuite(secureRng), secureRng);
    expect(made).toMatchObject({ error: { code: 'RELAY_DATA_NOT_WRITABLE' } });
  });
});

describe('participants', () => {
  const RUN = { runId: 'r', signedConfig: new Uint8Array([1]), fingerprint: 'f', startedAt: 1 };
  const proof = { participantId: 'a'.repeat(32), token: new Uint8Array(randomBytes(32)) };

  it('belong to whoever showed the id first, also after a restart', async () => {
    const ledger = new MemoryLedger();
    unwrap(await ledger.startRun(RUN));
    const first = new Participants(ledger, 'r', []);
    expect(unwrap(await first.authenticate(proof, 5))).toEqual({ returning: false });
    expect(unwrap(await first.authenticate(proof, 6))).toEqual({ returning: true });
    const thief = { ...proof, token: new Uint8Array(32) };
    expect(await first.authenticate(thief, 7)).toMatchObject({ error: { code: 'FED_IDENTITY', retry: false } });
    const records = unwrap(await ledger.participants('r'));
    expect(JSON.stringify(records)).not.toContain(Buffer.from(proof.token).toString('hex'));
    const second = new Participants(ledger, 'r', records);
    expect(unwrap(await second.authenticate(proof, 8))).toEqual({ returning: true });
    expect((await second.authenticate(thief, 9)).ok).toBe(false);
    await second.seen(proof.participantId, 10);
    expect(unwrap(await ledger.participants('r'))).toMatchObject([{ joinedAt: 5, lastSeenAt: 10 }]);
  });

  it('are not known when the ledger could not write them', async () => {
    let full = true;
    class FullLedger extends MemoryLedger {
      override putParticipant(...args: Parameters<MemoryLedger['putParticipant']>) {
        return full ? Promise.resolve(fail('RELAY_LEDGER_WRITE', 'full', true)) : super.putParticipant(...args);
      }
    }
    const ledger = new FullLedger();
    unwrap(await ledger.startRun(RUN));
    const participants = new Participants(ledger, 'r', []);
    const both = await Promise.all([participants.authenticate(proof, 1), participants.authenticate(proof, 1)]);
    for (const result of both) expect(result).toMatchObject({ error: { code: 'RELAY_LEDGER_WRITE' } });
    full = false;
    expect(unwrap(await participants.authenticate(proof, 2))).toEqual({ returning: false });
  });
});

describe('rate limit', () => {
  it('lets the burst through, then so many per second, and is not fooled by a clock that goes back', () => {
    const limit = new RateLimit(10, 3, 0);
    expect([0, 0, 0, 0].map((at) => limit.take(at))).toEqual([true, true, true, false]);
    expect(limit.take(50)).toBe(false);
    expect(limit.take(160)).toBe(true);
    expect(limit.take(0)).toBe(false);
    expect([1e9, 1e9, 1e9, 1e9].map((at) => limit.take(at))).toEqual([true, true, true, false]);
  });
});

describe('sessions', () => {
  const session = (byte: number): Session => ({ sessionId: new Uint8Array(16).fill(byte) }) as Session;

  it('are found while they live and for a minute after', () => {
    const sessions = new Sessions();
    const one = session(1);
    sessions.add('p', one, 0);
    expect(sessions.find(one.sessionId, 1e6)?.participantId).toBe('p');
    sessions.end(one, 1e6);
    expect(sessions.find(one.sessionId, 1e6 + 59_000)).not.toBeNull();
    expect(sessions.find(one.sessionId, 1e6 + 61_000)).toBeNull();
    expect(sessions.find(session(2).sessionId, 0)).toBeNull();
  });

  it('are bounded in number', () => {
    const sessions = new Sessions();
    const first = session(0);
    sessions.add('first', first, 0);
    for (let i = 0; i < 10_000; i++) {
      const sessionId = new Uint8Array(16);
      new DataView(sessionId.buffer).setUint32(4, i + 1);
      sessions.add('flood', { sessionId } as Session, 0);
    }
    expect(sessions.find(first.sessionId, 0)).toBeNull();
  });
});

describe('turns', () => {
  it('does one thing at a time, in order, lets others run between, and refuses when too many wait', async () => {
    const turns = new Turns(3);
    const log: string[] = [];
    const job = (n: number) =>
      turns.run(async () => {
        log.push(`begin ${n}`);
        await Promise.resolve();
        log.push(`end ${n}`);
        return ok(n);
      });
    const running = [job(1), job(2), job(3), job(4)];
    setImmediate(() => log.push('other'));
    const results = await Promise.all(running);
    expect(results.map((r) => (r.ok ? r.value : r.error.code))).toEqual([1, 2, 3, 'RELAY_BUSY']);
    expect(log.filter((entry) => entry !== 'other')).toEqual([1, 2, 3].flatMap((n) => [`begin ${n}`, `end ${n}`]));
    expect(log.indexOf('other')).toBeLessThan(log.indexOf('end 3'));
  });

  it('goes on after work that throws', async () => {
    const turns = new Turns(3);
    await expect(turns.run(() => Promise.reject(new Error('bug')))).rejects.toThrow('bug');
    expect(await turns.run(async () => ok(5))).toEqual(ok(5));
  });
});

describe('probe queue', () => {
  it('measures in order, skips the oldest when it cannot keep up, and survives a failing probe', async () => {
    const points: LossPoint[] = [];
    let free: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      free = resolve;
    });
    const probe = {
      evaluate: async (adapter: Float32Array) => {
        await gate;
        if (adapter[0] === 4) throw new Error('broken');
        return { loss: adapter[0] ?? 0, accuracy: 0 };
      },
      close: async () => undefined,
    };
    const queue = new ProbeQueue(probe, (point) => points.push(point));
    for (let round = 0; round < 6; round++) queue.add(round, Float32Array.of(round));
    free();
    await expect.poll(() => points.map((point) => point.round)).toEqual([0, 3, 5]);
  });
});
