import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeParticipantMessage, encodeUpdate } from '../src/core/federation/codec.ts';
import { decodeDelta, encodeDelta } from '../src/core/federation/delta-codec.ts';
import { updateIdOf } from '../src/core/federation/update-check.ts';
import { adapterSize } from '../src/core/learn/adapter.ts';
import { fromHex } from '../src/core/lib/bytes.ts';
import { Prng } from '../src/core/lib/prng.ts';
import { unwrap } from '../src/core/lib/result.ts';
import type { CryptoSuite } from '../src/core/secure/suite.ts';
import { sealUpdate } from '../src/core/secure/update-seal.ts';
import { secureRng } from '../src/platform/host.ts';
import { openSuite } from '../src/platform/webcrypto-suite.ts';
import type { Relay } from './relay.ts';
import { startRelay, TEST_MODEL, testFolders } from './testing/harness.ts';
import { HostileClient, STAGES, type Stage } from './testing/hostile-client.ts';

const SEED = 'attack 1';
const folders = testFolders();
const prng = new Prng(SEED);
let relay: Relay;
let suite: CryptoSuite;
/** Connected through every attack. */
let honest: HostileClient;

const rounds = { quorum: 1, roundsMax: 1000, deadlineMs: 60_000 };

beforeAll(async () => {
  suite = await openSuite(secureRng);
  relay = await startRelay(folders, folders.data('attack'), { rounds });
  honest = await HostileClient.connect(relay, suite, 'hello');
});
afterAll(async () => {
  honest.end();
  await relay.stop('end of the test');
  folders.remove();
});

function noise(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, () => prng.below(256));
}

function flipped(frame: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = Uint8Array.from(frame);
  const at = prng.below(out.length);
  out[at]! ^= 1 << prng.below(8);
  return out;
}

/** One of every way to be wrong, from frames of another, complete session. */
function wrongFrames(other: readonly Uint8Array[]): (Uint8Array | string)[] {
  return [
    '{"type":"hello"}',
    new Uint8Array(0),
    noise(1),
    noise(17),
    noise(2356),
    noise(60_000),
    ...other.flatMap((frame) => [frame, flipped(frame), flipped(frame), frame.slice(0, -1), concat(frame, noise(1))]),
  ];
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array([...a, ...b]);
}

async function isAlive(): Promise<void> {
  expect((await fetch(`${relay.baseUrl}/healthz`)).status).toBe(200);
  await honest.say(encodeParticipantMessage({ type: 'heartbeat', sentAt: 7 }));
  expect(await honest.hear('heartbeat')).toMatchObject({ sentAt: 7 });
}

describe(`frames on the control socket (seed ${SEED})`, () => {
  it.each<Stage>([...STAGES])('after %s: each wrong frame ends its own connection and nothing else', async (stage) => {
    const other = await HostileClient.connect(relay, suite, 'hello');
    other.end();
    for (const frame of wrongFrames(other.sent)) {
      const client = await HostileClient.connect(relay, suite, stage);
      // Everything after the first wrong frame is ignored, also what would be right.
      client.send(frame);
      client.send(noise(40));
      expect(await client.closed).toBe(4001);
    }
    await isAlive();
  });

  it.each<Stage>(['nothing', 'hello'])('after %s: a frame over the limit is cut before it is here', async (stage) => {
    const client = await HostileClient.connect(relay, suite, stage);
    client.send(new Uint8Array(4 << 20));
    expect(await client.closed).toBe(1009);
    await isAlive();
  });

  it('ends a channel whose records are repeated, reordered or come from the other direction', async () => {
    const beat = encodeParticipantMessage({ type: 'heartbeat', sentAt: 1 });
    const repeated = await HostileClient.connect(relay, suite, 'hello');
    repeated.send(repeated.sent.at(-1)!);
    expect(await repeated.closed).toBe(4001);
    const reordered = await HostileClient.connect(relay, suite, 'hello');
    await reordered.session!.channel.seal(beat);
    await reordered.say(beat);
    expect(await reordered.closed).toBe(4001);
    await isAlive();
  });

  it('[WR4] answers each sealed message that is none with its code, and ends the connection after 20', async () => {
    const client = await HostileClient.connect(relay, suite, 'hello');
    const hello = encodeParticipantMessage({ type: 'leave' });
    const cases: [Uint8Array, string][] = [
      [new Uint8Array(0), 'FED_WIRE_SIZE'],
      [new Uint8Array(65_537), 'FED_WIRE_SIZE'],
      [Uint8Array.of(0xff), 'FED_WIRE_CBOR'],
      [hello.slice(0, -1), 'FED_WIRE_CBOR'],
      [Uint8Array.of(0xa0), 'FED_WIRE_TYPE'],
    ];
    for (const [plaintext, code] of cases) {
      await client.say(plaintext);
      expect(await client.hear('refused')).toMatchObject({ code, retry: false });
    }
    for (let i = cases.length; i < 20; i++) await client.say(noise(30));
    await client.closed;
    await isAlive();
  });
});

describe(`posted updates (seed ${SEED})`, () => {
  const post = (body: Uint8Array<ArrayBuffer>): Promise<Response> =>
    fetch(`${relay.baseUrl}/api/updates`, { method: 'POST', body });

  it('refuses 500 bodies that are noise, cut, flipped or prolonged, each with a code', async () => {
    const { session } = honest;
    const sealed = unwrap(await sealUpdate(suite, session!, noise(32), noise(300)));
    const before = relay.state.updatesAccepted;
    for (let i = 0; i < 500; i++) {
      const kind = prng.below(4);
      let body = noise(prng.below(500));
      if (kind === 1) body = Uint8Array.from(sealed.subarray(0, prng.below(sealed.length)));
      if (kind === 2) body = flipped(sealed);
      if (kind === 3) body = concat(sealed, noise(1 + prng.below(50)));
      const answer = await post(body);
      expect([400, 425]).toContain(answer.status);
      const { error } = (await answer.json()) as { error: { code: string } };
      expect(error.code).toMatch(/^SEC_/);
    }
    expect(relay.state.updatesAccepted).toBe(before);
    await isAlive();
  });

  it('counts an update once when its sealed bytes are replayed at the same time, later and from a dead session', async () => {
    const client = await HostileClient.connect(relay, suite, 'hello');
    const { round, adapter } = await client.hear('invite');
    const size = adapterSize(TEST_MODEL, relay.config.adapter);
    const make = (value: number): Uint8Array => {
      const delta = encodeDelta(new Float32Array(size).fill(value), 'int8', secureRng);
      unwrap(decodeDelta(delta, size, 'int8'));
      const { runId } = relay.config;
      return encodeUpdate({ version: 1, runId, round, adapter, encoding: 'int8', size, delta });
    };
    const id = unwrap(fromHex(updateIdOf(client.id, relay.config.runId, round)));
    const first = Uint8Array.from(unwrap(await sealUpdate(suite, client.session!, id, make(0.01))));
    const second = Uint8Array.from(unwrap(await sealUpdate(suite, client.session!, id, make(0.02))));
    const before = relay.state.updatesAccepted;
    const answers = await Promise.all([first, second, first, second, first].map((body) => post(body)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(relay.state.updatesAccepted).toBe(before + 1);
    const merged = [...relay.state.updates.values()].filter(
      (u) => u.updateId === updateIdOf(client.id, relay.config.runId, round),
    );
    expect(merged).toHaveLength(1);
    client.end();
    await client.closed;
    expect((await post(first)).status).toBe(200);
    expect(relay.state.updatesAccepted).toBe(before + 1);
    await relay.stop('restart');
    relay = await startRelay(folders, folders.data('attack'), { rounds });
    const stale = await post(first);
    expect([stale.status, ((await stale.json()) as { error: { code: string } }).error.code]).toEqual([
      425,
      'SEC_UPDATE_SESSION',
    ]);
    expect(relay.state.updatesAccepted).toBe(before + 1);
    honest.end();
    honest = await HostileClient.connect(relay, suite, 'hello');
    await isAlive();
  });
});
