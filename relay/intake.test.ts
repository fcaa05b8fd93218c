import { createHash, randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { createNodeTransport } from '../cli/node-transport.ts';
import { encodeUpdate } from '../src/core/federation/codec.ts';
import { encodeDelta } from '../src/core/federation/delta-codec.ts';
import type { AdapterRef, RelayMessage, Update } from '../src/core/federation/messages.ts';
import type { RunView } from '../src/core/federation/run-view.ts';
import { updateIdOf } from '../src/core/federation/update-check.ts';
import { unwrap } from '../src/core/lib/result.ts';
import { RelayLink } from '../src/core/vault/relay-link.ts';
import { RelayTrust } from '../src/core/vault/relay-trust.ts';
import { secureRng } from '../src/platform/host.ts';
import { openSuite } from '../src/platform/webcrypto-suite.ts';
import { adapterSize } from '../src/core/learn/adapter.ts';
import type { Relay } from './relay.ts';
import { REPORT, startRelay, TEST_MODEL, testFolders } from './testing/harness.ts';

const folders = testFolders();
const NEVER = new AbortController().signal;

/** A participant that says exactly what a test wants. */
class RawTab {
  readonly id = randomBytes(16).toString('hex');
  readonly token: Uint8Array = randomBytes(32);
  readonly messages: RelayMessage[] = [];
  closed = false;
  #link: RelayLink | null = null;
  readonly #relay: Relay;

  constructor(relay: Relay) {
    this.#relay = relay;
  }

  get link(): RelayLink {
    return this.#link!;
  }

  async connect(id = this.id, token = this.token): Promise<this> {
    this.messages.length = 0;
    const transport = createNodeTransport();
    const origin = this.#relay.baseUrl;
    const pins = { link: this.#relay.fingerprint, remembered: null };
    const trust = new RelayTrust(transport, origin, pins, async () => undefined);
    const suite = await openSuite(secureRng);
    const proof = { participantId: id, token };
    const host = { transport, suite, trust, origin, proof, onTraffic: () => undefined };
    this.#link = unwrap(
      await RelayLink.open(host, 5000, NEVER, {
        onMessage: (message) => this.messages.push(message),
        onClose: () => {
          this.closed = true;
        },
      }),
    );
    this.closed = false;
    return this;
  }

  async join(): Promise<this> {
    await this.connect();
    this.link.send({ type: 'hello', version: 1, report: REPORT });
    await this.until('welcome');
    return this;
  }

  async until<T extends RelayMessage['type']>(type: T): Promise<Extract<RelayMessage, { type: T }>> {
    const found = await vi.waitUntil(() => this.messages.findLast((m) => m.type === type), { timeout: 8000 });
    return found as Extract<RelayMessage, { type: T }>;
  }

  async post(update: Update, updateId = updateIdOf(this.id, update.runId, update.round)): Promise<RelayMessage> {
    const bytes = encodeUpdate(update);
    const pending = { runId: update.runId, round: update.round, updateId, bytes };
    const sealed = unwrap(await this.link.seal(pending));
    return unwrap(await this.link.post(pending, sealed, 10_000, NEVER));
  }
}

let relay: Relay;
let size = 0;
let data = '';
let count = 0;
const tabs: RawTab[] = [];

beforeEach(async () => {
  data = folders.data(`intake-${count++}`);
  relay = await startRelay(folders, data, { rounds: { quorum: 1, roundsMax: 1000, deadlineMs: 60_000 } });
  size = adapterSize(TEST_MODEL, relay.config.adapter);
});
afterEach(async () => {
  for (const tab of tabs.splice(0)) await tab.link.close().catch(() => undefined);
  await relay.stop('end of the test');
});
afterAll(() => {
  folders.remove();
});

function tab(): RawTab {
  const made = new RawTab(relay);
  tabs.push(made);
  return made;
}

async function view(): Promise<RunView> {
  return (await (await fetch(`${relay.baseUrl}/api/run`)).json()) as RunView;
}

function updateFor(round: number, adapter: AdapterRef, changes: Partial<Update> = {}): Update {
  const delta = encodeDelta(new Float32Array(size).fill(0.01), 'int8', secureRng);
  return { version: 1, runId: relay.config.runId, round, adapter, encoding: 'int8', size, delta, ...changes };
}

/** A round that waits for ever: two are invited, the second never sends. */
async function invited(): Promise<{ tab: RawTab; round: number; adapter: AdapterRef }> {
  const first = await tab().join();
  await tab().join();
  const { round, adapter } = await first.until('invite');
  return { tab: first, round, adapter };
}

const post = (body: Uint8Array<ArrayBuffer>): Promise<Response> =>
  fetch(`${relay.baseUrl}/api/updates`, { method: 'POST', body });

describe('intake of updates', () => {
  it('acknowledges only what is on disk, and again for every resend', async () => {
    const { tab, round, adapter } = await invited();
    const update = updateFor(round, adapter);
    const before = (await view()).relay.updatesAccepted;
    expect(await tab.post(update)).toMatchObject({ type: 'accepted', round, duplicate: false, staleness: 0 });
    const digest = createHash('sha256').update(encodeUpdate(update)).digest('hex');
    expect(readdirSync(join(data, 'updates'))).toContain(digest);
    const again = await Promise.all([tab.post(update), tab.post(update), tab.post(update)]);
    for (const answer of again) expect(answer).toMatchObject({ type: 'accepted', duplicate: true });
    await expect.poll(async () => (await view()).relay.updatesAccepted).toBe(before + 1);
  });

  it('counts one of many identical updates that arrive in the same instant', async () => {
    const { tab, round, adapter } = await invited();
    const update = updateFor(round, adapter);
    const before = relay.state.updatesAccepted;
    const answers = await Promise.all(Array.from({ length: 8 }, () => tab.post(update)));
    expect(answers.every((answer) => answer.type === 'accepted')).toBe(true);
    expect(answers.filter((answer) => answer.type === 'accepted' && !answer.duplicate)).toHaveLength(1);
    expect(relay.state.updatesAccepted).toBe(before + 1);
  });

  it('refuses a second update with other numbers under the same id, and writes it into the audit trail', async () => {
    const { tab, round, adapter } = await invited();
    await tab.post(updateFor(round, adapter));
    const other = updateFor(round, adapter, {
      delta: encodeDelta(new Float32Array(size).fill(0.02), 'int8', secureRng),
    });
    expect(await tab.post(other)).toMatchObject({ type: 'refused', code: 'FED_UPDATE_CONFLICT', retry: false });
    await expect.poll(async () => (await view()).events.some((e) => e.kind === 'update-conflict')).toBe(true);
  });

  it('takes the update from a new connection of the same participant and not from another participant', async () => {
    const { tab: first, round, adapter } = await invited();
    const update = updateFor(round, adapter);
    await first.link.close();
    await first.join();
    expect(await first.post(update)).toMatchObject({ type: 'accepted', duplicate: false });
    const other = await tab().join();
    const answer = await other.post(updateFor(round, adapter), updateIdOf(first.id, update.runId, round));
    expect(answer).toMatchObject({ type: 'refused', code: 'FED_UPDATE_ID' });
  });

  const nan = new Uint8Array(new Float32Array([Number.NaN]).buffer);
  it.each<[string, string, (round: number, adapter: AdapterRef) => Update]>([
    ['another run', 'FED_UPDATE_RUN', (r, a) => updateFor(r, a, { runId: 'f'.repeat(32) })],
    ['a round from the future', 'FED_ROUND_UNKNOWN', (r, a) => updateFor(r + 50, a)],
    ['another base adapter', 'FED_UPDATE_ADAPTER', (r, a) => updateFor(r, { ...a, sha256: '0'.repeat(64) })],
    ['another encoding', 'FED_UPDATE_ENCODING', (r, a) => updateFor(r, a, { encoding: 'f32' })],
    ['another size', 'FED_UPDATE_SIZE', (r, a) => updateFor(r, a, { size: size + 1 })],
    ['too few bytes', 'FED_DELTA_LENGTH', (r, a) => updateFor(r, a, { delta: new Uint8Array(3) })],
    [
      'NaN in a scale',
      'FED_DELTA_VALUE',
      (r, a) => {
        const { delta } = updateFor(r, a);
        const broken = delta.slice();
        broken.set(nan);
        return updateFor(r, a, { delta: broken });
      },
    ],
    [
      'an absurd norm',
      'FED_UPDATE_NORM',
      (r, a) => updateFor(r, a, { delta: encodeDelta(new Float32Array(size).fill(1e6), 'int8', secureRng) }),
    ],
  ])('refuses %s', async (_name, code, make) => {
    const { tab, round, adapter } = await invited();
    const update = make(round, adapter);
    expect(await tab.post(update)).toMatchObject({ type: 'refused', code, retry: false });
    expect(relay.state.updates.has(updateIdOf(tab.id, update.runId, update.round))).toBe(false);
  });

  it('answers 425 to an unknown session, 400 to changed bytes and 413 to too many', async () => {
    const { tab, round, adapter } = await invited();
    const update = updateFor(round, adapter);
    const id = updateIdOf(tab.id, update.runId, round);
    const pending = { runId: update.runId, round, updateId: id, bytes: encodeUpdate(update) };
    const sealed = unwrap(await tab.link.seal(pending));
    const stranger = Uint8Array.from(sealed);
    stranger.set(randomBytes(16), 1);
    expect((await post(stranger)).status).toBe(425);
    const changed = Uint8Array.from(sealed);
    changed[changed.length - 1]! ^= 1;
    const refused = await post(changed);
    expect([refused.status, ((await refused.json()) as { error: { code: string } }).error.code]).toEqual([
      400,
      'SEC_AUTHENTICATION',
    ]);
    expect((await post(new Uint8Array(sealed.length + 100_000))).status).toBe(413);
    expect((await post(new Uint8Array(0))).status).toBe(400);
    expect((await tab.post(update)).type).toBe('accepted');
  });

  it('survives random bodies', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (body) => {
        expect([400, 425]).toContain((await post(Uint8Array.from(body))).status);
      }),
      { numRuns: 60 },
    );
    expect((await fetch(`${relay.baseUrl}/healthz`)).status).toBe(200);
  });
});

describe('control socket', () => {
  it('refuses an id with another token, and says so only inside the channel', async () => {
    const first = await tab().join();
    const thief = tab();
    await thief.connect(first.id, randomBytes(32));
    expect(await thief.until('refused')).toMatchObject({ code: 'FED_IDENTITY', retry: false });
    await expect.poll(() => thief.closed).toBe(true);
    expect(first.closed).toBe(false);
  });

  it('closes a connection whose first message is no hello', async () => {
    const made = await tab().connect();
    made.link.send({ type: 'heartbeat', sentAt: 1 });
    expect(await made.until('refused')).toMatchObject({ code: 'FED_HELLO' });
    await expect.poll(() => made.closed).toBe(true);
  });

  it('cuts a flood of messages', async () => {
    const made = await tab().join();
    for (let i = 0; i < 400; i++) made.link.send({ type: 'heartbeat', sentAt: i });
    await expect.poll(() => made.closed, { timeout: 5000 }).toBe(true);
  });

  it('survives frames that are no handshake', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), fc.boolean(), async (bytes, asText) => {
        const code = await new Promise<number>((resolve) => {
          const socket = new WebSocket(`${relay.baseUrl.replace('http', 'ws')}/api/channel`);
          socket.on('open', () => {
            socket.send(asText ? Buffer.from(bytes).toString('hex') : bytes);
          });
          socket.on('close', resolve);
          socket.on('error', () => undefined);
        });
        expect(code).toBe(4001);
      }),
      { numRuns: 30 },
    );
    expect((await fetch(`${relay.baseUrl}/healthz`)).status).toBe(200);
  });
});
