import { beforeAll, describe, expect, it } from 'vitest';
import { concat, fromHex, sha256Hex, toHex, utf8 } from '../lib/bytes.ts';
import { Prng } from '../lib/prng.ts';
import { unwrap } from '../lib/result.ts';
import golden from './golden/handshake.json' with { type: 'json' };
import { acceptHandshake, ReplayGuard, startHandshake, type RelaySide } from './handshake.ts';
import { createNobleKem, createNobleSuite } from './noble-suite.ts';
import { LOW_ORDER_POINTS, withCoefficient } from './suite.contract.ts';
import type { CryptoSuite } from './suite.ts';
import { createBlindKem, createOpensslSuite } from './testing/openssl-suite.ts';
import { BUILD, ORIGIN, relaySide, shakeHands } from './testing/shake-hands.ts';
import { CLIENT_PAYLOAD_MAX, M1_LENGTH, M2_LENGTH } from './transcript.ts';

const payload = utf8('participant and token');

/** Writes `by` at `offset`. */
function replaced(bytes: Uint8Array, offset: number, by: Uint8Array): Uint8Array {
  const out = Uint8Array.from(bytes);
  out.set(by, offset);
  return out;
}

function flipAt(bytes: Uint8Array, index: number, bit: number): Uint8Array {
  return replaced(bytes, index, Uint8Array.of((bytes[index] ?? 0) ^ (1 << bit)));
}

async function setUp(suite: CryptoSuite, seed: string): Promise<{ relay: RelaySide; rng: Prng }> {
  return { relay: relaySide(await suite.kemKeypair()), rng: new Prng(`relay ${seed}`) };
}

/** Runs a handshake in which `change` may replace each message; says on which sides a session came out. */
async function tampered(
  suite: CryptoSuite,
  relay: RelaySide,
  rng: Prng,
  change: (message: 1 | 2 | 3, bytes: Uint8Array) => Uint8Array,
): Promise<{ client: boolean; relay: boolean; codes: readonly string[] }> {
  const context = { relayPublicKey: relay.keypair.publicKey, origin: ORIGIN, buildHash: BUILD };
  const client = unwrap(await startHandshake(suite, context));
  const half = await acceptHandshake(suite, rng, relay, change(1, client.m1));
  if (!half.ok) return { client: false, relay: false, codes: [half.error.code] };
  const finish = await client.onMessage2(change(2, half.value.m2), payload);
  if (!finish.ok) return { client: false, relay: false, codes: [finish.error.code] };
  const done = await half.value.onMessage3(change(3, finish.value.m3));
  return { client: true, relay: done.ok, codes: done.ok ? [] : [done.error.code] };
}

describe('handshake', () => {
  const suite = createNobleSuite(new Prng('handshake'));
  let relay: RelaySide;
  let rng: Prng;
  beforeAll(async () => {
    ({ relay, rng } = await setUp(suite, 'handshake'));
  });

  it('gives both sides one session and the relay the payload', async () => {
    const { client, relay: there, finish, m1, m2 } = await shakeHands(suite, rng, relay, payload);
    expect([m1.length, m2.length]).toEqual([M1_LENGTH, M2_LENGTH]);
    expect(finish.payload).toEqual(payload);
    expect(client.sessionId).toEqual(there.sessionId);
    expect(client.transcript).toEqual(there.transcript);
    const context = utf8('context');
    expect(await client.exporter('test', context, 32)).toEqual(await there.exporter('test', context, 32));
    const hello = unwrap(await client.channel.seal(utf8('hello')));
    expect(unwrap(await there.channel.open(hello))).toEqual(utf8('hello'));
    const welcome = unwrap(await there.channel.seal(utf8('welcome')));
    expect(unwrap(await client.channel.open(welcome))).toEqual(utf8('welcome'));
  });

  it('exports other keys for another label, context, length or session', async () => {
    const one = (await shakeHands(suite, rng, relay, payload)).client;
    const two = (await shakeHands(suite, rng, relay, payload)).client;
    const keys = [
      await one.exporter('a', utf8('bc'), 32),
      await one.exporter('ab', utf8('c'), 32),
      await one.exporter('a', utf8('bd'), 32),
      await two.exporter('a', utf8('bc'), 32),
    ];
    expect(new Set(keys.map(toHex)).size).toBe(4);
  });

  it('carries payloads of 0 to 4096 bytes', async () => {
    for (const length of [0, 1, CLIENT_PAYLOAD_MAX]) {
      const sent = new Uint8Array(length).fill(5);
      expect((await shakeHands(suite, rng, relay, sent)).finish.payload).toEqual(sent);
    }
    await expect(shakeHands(suite, rng, relay, new Uint8Array(CLIENT_PAYLOAD_MAX + 1))).rejects.toThrow('payload');
  });

  it.each([
    ['relay key', async (r: RelaySide) => ({ ...r, keypair: await suite.kemKeypair() })],
    ['origin', async (r: RelaySide) => ({ ...r, origin: 'evil.example:8443' })],
    ['build', async (r: RelaySide) => ({ ...r, buildHash: new Uint8Array(32) })],
  ])('ends at M1 where the relay has another %s than the client expects', async (_what, other) => {
    const context = { relayPublicKey: relay.keypair.publicKey, origin: ORIGIN, buildHash: BUILD };
    const { m1 } = unwrap(await startHandshake(suite, context));
    const result = await acceptHandshake(suite, rng, await other(relay), m1);
    expect(result).toMatchObject({ ok: false, error: { code: 'SEC_HANDSHAKE_AUTHENTICATION' } });
  });

  it('refuses ciphertexts and ephemeral keys that are malformed or swapped', async () => {
    const { m1, m2 } = await shakeHands(suite, rng, relay, payload);
    const fresh = (): RelaySide => ({ ...relay, replay: new ReplayGuard() });
    const swapped = replaced(m1, 4, m2.subarray(4, 4 + 1120));
    const curve = 4 + 1120 + 1216 - 32;
    const low = LOW_ORDER_POINTS.map((point) => replaced(m1, 4 + 1120 - 32, point));
    const lowKeys = LOW_ORDER_POINTS.map((point) => replaced(m1, curve, point));
    const coefficient = concat(
      m1.subarray(0, 1124),
      withCoefficient(m1.subarray(1124, 1124 + 1216), 5, 3329),
      m1.subarray(1124 + 1216),
    );
    for (const bad of [swapped, ...low, ...lowKeys, coefficient])
      expect((await acceptHandshake(suite, rng, fresh(), bad)).ok).toBe(false);
    expect((await acceptHandshake(suite, rng, fresh(), m1)).ok).toBe(true);
  });

  it('refuses an ephemeral key with a coefficient >= q also from a client that means it', async () => {
    const context = { relayPublicKey: relay.keypair.publicKey, origin: ORIGIN, buildHash: BUILD };
    const kem = createNobleKem(rng);
    const hostile: CryptoSuite = {
      ...suite,
      async kemKeypair() {
        const pair = await kem.kemKeypair();
        return { ...pair, publicKey: withCoefficient(pair.publicKey, 9, 3329) };
      },
    };
    const { m1 } = unwrap(await startHandshake(hostile, context));
    const result = await acceptHandshake(suite, rng, relay, m1);
    expect(result).toMatchObject({ ok: false, error: { code: 'SEC_HANDSHAKE_KEY' } });
  });

  it('blames the way, not the pinned key, for a malformed ciphertext in M2', async () => {
    for (const point of LOW_ORDER_POINTS) {
      const result = await tampered(suite, relay, rng, (m, b) => (m === 2 ? replaced(b, 4 + 1120 - 32, point) : b));
      expect(result).toEqual({ client: false, relay: false, codes: ['SEC_HANDSHAKE_AUTHENTICATION'] });
    }
  });

  it('refuses a malformed pinned key before sending anything', async () => {
    for (const relayPublicKey of [new Uint8Array(), withCoefficient(relay.keypair.publicKey, 0, 4095)]) {
      const result = await startHandshake(suite, { relayPublicKey, origin: ORIGIN, buildHash: BUILD });
      expect(result).toMatchObject({ ok: false, error: { code: 'SEC_HANDSHAKE_KEY' } });
    }
  });

  it('refuses flipped bytes with the real KEM (every 61st byte of each message)', async () => {
    let tried = 0;
    for (const [message, length] of [
      [1, M1_LENGTH],
      [2, M2_LENGTH],
    ] as const)
      for (let index = message; index < length; index += 61) {
        const result = await tampered(suite, relay, rng, (m, b) => (m === message ? flipAt(b, index, index % 8) : b));
        expect(result, `M${message} byte ${index}`).toMatchObject({ client: false, relay: false });
        tried += 1;
      }
    expect(tried).toBeGreaterThan(55);
  });
});

describe('handshake, every byte (a KEM that notices nothing: only the transcript refuses)', () => {
  const suite = createOpensslSuite(createBlindKem(new Prng('blind')));
  const bits = new Prng('bits');
  let relay: RelaySide;
  let rng: Prng;
  let lengths: Readonly<Record<1 | 2 | 3, number>>;
  beforeAll(async () => {
    ({ relay, rng } = await setUp(suite, 'blind'));
    const { m1, m2, m3 } = await shakeHands(suite, rng, relay, payload);
    lengths = { 1: m1.length, 2: m2.length, 3: m3.length };
  });

  it.each([1, 2, 3] as const)(
    'a flipped byte anywhere in M%i never yields a session on both sides',
    async (message) => {
      for (let index = 0; index < lengths[message]; index++) {
        const bit = bits.below(8);
        const result = await tampered(suite, relay, rng, (m, b) => (m === message ? flipAt(b, index, bit) : b));
        expect(result, `byte ${index} bit ${bit}`).toMatchObject({ client: message === 3, relay: false });
      }
    },
  );

  it.each([1, 2, 3] as const)('M%i truncated or extended at any length is refused', async (message) => {
    let tried = 0;
    for (let length = 0; length < lengths[message] + 3; length++) {
      if (length === lengths[message]) continue;
      const resize = (bytes: Uint8Array): Uint8Array => replaced(new Uint8Array(length), 0, bytes.subarray(0, length));
      const result = await tampered(suite, relay, rng, (m, b) => (m === message ? resize(b) : b));
      expect(result, `length ${length}`).toMatchObject({ client: message === 3, relay: false });
      tried += 1;
    }
    expect(tried).toBe(lengths[message] + 2);
  });

  it.each([1, 2, 3] as const)('M%i shortened with a matching header is refused', async (message) => {
    const shorten = (bytes: Uint8Array): Uint8Array => {
      const short = bytes.slice(0, -1);
      new DataView(short.buffer).setUint16(2, short.length - 4);
      return short;
    };
    const result = await tampered(suite, relay, rng, (m, b) => (m === message ? shorten(b) : b));
    expect(result).toMatchObject({ client: message === 3, relay: false });
  });

  it('refuses other versions and other message types by name', async () => {
    const header = async (bytes: readonly number[]): Promise<readonly string[]> =>
      (await tampered(suite, relay, rng, (m, b) => (m === 1 ? replaced(b, 0, Uint8Array.from(bytes)) : b))).codes;
    expect(await header([1, 0])).toEqual(['SEC_HANDSHAKE_VERSION']);
    expect(await header([1, 2])).toEqual(['SEC_HANDSHAKE_VERSION']);
    expect(await header([2, 1])).toEqual(['SEC_HANDSHAKE_SHAPE']);
    expect(await header([0x17, 1])).toEqual(['SEC_HANDSHAKE_SHAPE']);
  });

  it('refuses replays and splices of M1, M2 and M3 of other sessions', async () => {
    const old = await shakeHands(suite, rng, relay, payload);
    for (const message of [1, 2, 3] as const) {
      const bytes = { 1: old.m1, 2: old.m2, 3: old.m3 }[message];
      const result = await tampered(suite, relay, rng, (m, b) => (m === message ? bytes : b));
      expect(result, `M${message}`).toMatchObject({ relay: false });
      expect(result.client).toBe(message === 3);
    }
    expect(await acceptHandshake(suite, rng, relay, old.m1)).toMatchObject({ error: { code: 'SEC_HANDSHAKE_REPLAY' } });
  });

  it('gives an M1 replayed to a relay that forgot it no session', async () => {
    const old = await shakeHands(suite, rng, relay, payload);
    const half = unwrap(await acceptHandshake(suite, rng, { ...relay, replay: new ReplayGuard() }, old.m1));
    expect(half.m2).not.toEqual(old.m2);
    expect(await half.onMessage3(old.m3)).toMatchObject({ error: { code: 'SEC_HANDSHAKE_AUTHENTICATION' } });
  });

  it('takes each message once, also after a failure', async () => {
    const done = await shakeHands(suite, rng, relay, payload);
    expect(await done.clientSide.onMessage2(done.m2, payload)).toMatchObject({
      error: { code: 'SEC_HANDSHAKE_STATE' },
    });
    expect(await done.relayHalf.onMessage3(done.m3)).toMatchObject({ error: { code: 'SEC_HANDSHAKE_STATE' } });
    const context = { relayPublicKey: relay.keypair.publicKey, origin: ORIGIN, buildHash: BUILD };
    const client = unwrap(await startHandshake(suite, context));
    const half = unwrap(await acceptHandshake(suite, rng, relay, client.m1));
    expect((await client.onMessage2(flipAt(half.m2, 9, 1), payload)).ok).toBe(false);
    expect(await client.onMessage2(half.m2, payload)).toMatchObject({ error: { code: 'SEC_HANDSHAKE_STATE' } });
  });

  it('survives 2,000 random byte strings as any message', async () => {
    const prng = new Prng('junk');
    for (let i = 0; i < 2000; i++) {
      const junk = new Uint8Array(prng.pick([0, 1, 4, 30, M1_LENGTH, M2_LENGTH, 9000]));
      prng.fill(junk);
      if (prng.below(2) === 0 && junk.length >= 4) junk.set([1, 1, (junk.length - 4) >> 8, (junk.length - 4) & 255]);
      expect((await acceptHandshake(suite, rng, relay, junk)).ok).toBe(false);
    }
  });
});

describe('ReplayGuard', () => {
  it('remembers the last keys up to its capacity', () => {
    const guard = new ReplayGuard(3);
    const key = (n: number): Uint8Array => Uint8Array.of(n);
    expect([1, 2, 3].map((n) => guard.first(key(n)))).toEqual([true, true, true]);
    expect(guard.first(key(1))).toBe(false);
    expect(guard.first(key(4))).toBe(true);
    expect([3, 2, 1].map((n) => guard.first(key(n)))).toEqual([false, false, true]);
  });
});

describe('handshake wire', () => {
  it('has the committed bytes, computed by two independent symmetric back-ends', async () => {
    for (const make of [(rng: Prng) => createNobleSuite(rng), (rng: Prng) => createOpensslSuite(createNobleKem(rng))]) {
      const suite = make(new Prng(golden.suiteSeed));
      const keypair = unwrap(await suite.kemFromSeed(unwrap(fromHex(golden.relaySeed))));
      const done = await shakeHands(suite, new Prng(golden.relayRngSeed), relaySide(keypair), utf8(golden.payload));
      expect({
        m1: sha256Hex(done.m1),
        m2: sha256Hex(done.m2),
        m3: toHex(done.m3),
        sessionId: toHex(done.relay.sessionId),
        transcript: toHex(done.relay.transcript),
        exporter: toHex(await done.client.exporter('golden', utf8('context'), 32)),
        recordUp: toHex(unwrap(await done.client.channel.seal(utf8('up')))),
        recordDown: toHex(unwrap(await done.relay.channel.seal(utf8('down')))),
      }).toEqual(golden.expected);
    }
  });
});
