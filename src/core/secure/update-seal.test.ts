import { beforeAll, describe, expect, it } from 'vitest';
import { concat, sha256, toHex, utf8 } from '../lib/bytes.ts';
import { Prng } from '../lib/prng.ts';
import { unwrap } from '../lib/result.ts';
import type { Session } from './session.ts';
import { createBlindKem, createOpensslSuite } from './testing/openssl-suite.ts';
import { relaySide, shakeHands } from './testing/shake-hands.ts';
import {
  ACK_PLAINTEXT_MAX,
  openAck,
  openUpdate,
  parseSealedHeader,
  SEALED_HEADER,
  sealAck,
  sealedLength,
  sealUpdate,
  UPDATE_PLAINTEXT_MAX,
} from './update-seal.ts';

const rng = new Prng('updates');
const suite = createOpensslSuite(createBlindKem(rng));
const id = sha256(utf8('update 1'));
const otherId = sha256(utf8('update 2'));

function patterned(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 9)) & 255);
}

function flipped(bytes: Uint8Array, index: number, bit: number): Uint8Array {
  const out = Uint8Array.from(bytes);
  out[index] = (out[index] ?? 0) ^ (1 << bit);
  return out;
}

let client: Session;
let relay: Session;
let stranger: Session;
beforeAll(async () => {
  const side = relaySide(await suite.kemKeypair());
  ({ client, relay } = await shakeHands(suite, rng, side, utf8('')));
  ({ client: stranger } = await shakeHands(suite, rng, side, utf8('')));
});

describe('sealed update', () => {
  it.each([0, 1, 65_535, 65_536, 65_537, 131_072, 400_000])('carries %i bytes', async (length) => {
    const sealed = unwrap(await sealUpdate(suite, client, id, patterned(length)));
    expect(sealed).toHaveLength(sealedLength(length));
    const header = unwrap(parseSealedHeader(sealed));
    expect(header).toEqual({ version: 1, sessionId: relay.sessionId, updateId: id });
    const opened = unwrap(await openUpdate(suite, relay, sealed));
    expect(opened.updateId).toEqual(id);
    expect(Buffer.compare(opened.plaintext, patterned(length))).toBe(0);
  });

  it('is the same for a resend and shares no key with a changed update', async () => {
    const [a, b, changed] = await Promise.all(
      [patterned(100), patterned(100), patterned(101)].map((p) => sealUpdate(suite, client, id, p)),
    );
    expect(unwrap(a!)).toEqual(unwrap(b!));
    const body = (sealed: Uint8Array): string => toHex(sealed.subarray(SEALED_HEADER, SEALED_HEADER + 100));
    expect(body(unwrap(changed!))).not.toBe(body(unwrap(a!)));
  });

  it('refuses a flipped bit in any byte', async () => {
    const sealed = unwrap(await sealUpdate(suite, client, id, patterned(300)));
    for (let index = 0; index < sealed.length; index++)
      expect((await openUpdate(suite, relay, flipped(sealed, index, index % 8))).ok, `byte ${index}`).toBe(false);
  });

  it('refuses truncation and extension at every length', async () => {
    const sealed = unwrap(await sealUpdate(suite, client, id, patterned(100)));
    for (let length = 0; length < sealed.length; length++)
      expect((await openUpdate(suite, relay, sealed.subarray(0, length))).ok, `length ${length}`).toBe(false);
    expect((await openUpdate(suite, relay, concat(sealed, new Uint8Array(1)))).ok).toBe(false);
    expect((await openUpdate(suite, relay, concat(sealed, sealed))).ok).toBe(false);
  });

  it('refuses chunks that are dropped, swapped, repeated or taken from another update', async () => {
    const sealed = unwrap(await sealUpdate(suite, client, id, patterned(3 * 65_536)));
    const foreign = unwrap(await sealUpdate(suite, client, otherId, patterned(3 * 65_536)));
    const step = 65_536 + 16;
    const cut = (bytes: Uint8Array): Uint8Array[] =>
      [0, 1, 2].map((i) => bytes.subarray(SEALED_HEADER + i * step, SEALED_HEADER + (i + 1) * step));
    const header = sealed.subarray(0, SEALED_HEADER);
    const [a, b, c] = cut(sealed) as [Uint8Array, Uint8Array, Uint8Array];
    const foreignB = cut(foreign)[1]!;
    for (const parts of [
      [a],
      [a, b],
      [a, c],
      [b, c],
      [b, a, c],
      [a, c, b],
      [a, b, b, c],
      [a, b, c, c],
      [a, foreignB, c],
    ])
      expect(await openUpdate(suite, relay, concat(header, ...parts))).toMatchObject({
        error: { code: 'SEC_AUTHENTICATION' },
      });
    expect((await openUpdate(suite, relay, concat(header, a, b, c))).ok).toBe(true);
  });

  it('belongs to one session and one update id', async () => {
    const sealed = unwrap(await sealUpdate(suite, client, id, patterned(10)));
    expect(await openUpdate(suite, stranger, sealed)).toMatchObject({ error: { code: 'SEC_UPDATE_SESSION' } });
    const relabelled = Uint8Array.from(sealed);
    relabelled.set(stranger.sessionId, 1);
    expect(await openUpdate(suite, stranger, relabelled)).toMatchObject({ error: { code: 'SEC_AUTHENTICATION' } });
    const renamed = Uint8Array.from(sealed);
    renamed.set(otherId, 17);
    expect(await openUpdate(suite, relay, renamed)).toMatchObject({ error: { code: 'SEC_AUTHENTICATION' } });
  });

  it('names other versions, short bodies and oversized updates', async () => {
    expect(parseSealedHeader(new Uint8Array(80))).toMatchObject({ error: { code: 'SEC_UPDATE_SHAPE' } });
    const versioned = unwrap(await sealUpdate(suite, client, id, patterned(1)));
    versioned[0] = 2;
    expect(parseSealedHeader(versioned)).toMatchObject({ error: { code: 'SEC_UPDATE_SHAPE' } });
    const huge = new Uint8Array(UPDATE_PLAINTEXT_MAX + 1);
    expect(await sealUpdate(suite, client, id, huge)).toMatchObject({ error: { code: 'SEC_SIZE' } });
  });

  it('refuses 20,000 random bodies', async () => {
    const prng = new Prng('junk');
    const sealed = unwrap(await sealUpdate(suite, client, id, patterned(64)));
    for (let i = 0; i < 20_000; i++) {
      const junk = new Uint8Array(prng.below(200));
      prng.fill(junk);
      junk.set(sealed.subarray(0, Math.min(junk.length, prng.pick([1, 17, 49, SEALED_HEADER]))));
      expect((await openUpdate(suite, relay, junk)).ok).toBe(false);
    }
  });
});

describe('acknowledgement', () => {
  const yes = utf8('accepted');

  it('comes from the relay, for one update', async () => {
    for (const ack of [yes, new Uint8Array(), patterned(ACK_PLAINTEXT_MAX)]) {
      const sealed = await sealAck(suite, relay, id, ack);
      expect(unwrap(await openAck(suite, client, id, sealed))).toEqual(ack);
      expect((await openAck(suite, client, otherId, sealed)).ok).toBe(false);
      expect((await openAck(suite, stranger, id, sealed)).ok).toBe(false);
    }
  });

  it('is not an update, and an update is not it', async () => {
    const update = unwrap(await sealUpdate(suite, client, id, yes));
    expect((await openAck(suite, client, id, update)).ok).toBe(false);
    expect((await openUpdate(suite, relay, await sealAck(suite, relay, id, yes))).ok).toBe(false);
  });

  it('has another key stream for another text', async () => {
    const [a, b] = [await sealAck(suite, relay, id, utf8('yes')), await sealAck(suite, relay, id, utf8('yet'))];
    expect(a.subarray(17, 19)).not.toEqual(b.subarray(17, 19));
  });

  it('is refused with any byte changed or at any other length', async () => {
    const sealed = await sealAck(suite, relay, id, yes);
    for (let index = 0; index < sealed.length; index++) {
      expect((await openAck(suite, client, id, flipped(sealed, index, index % 8))).ok).toBe(false);
      expect((await openAck(suite, client, id, sealed.subarray(0, index))).ok).toBe(false);
    }
    expect((await openAck(suite, client, id, concat(sealed, yes))).ok).toBe(false);
    expect((await openAck(suite, client, id, new Uint8Array(10_000).fill(1))).ok).toBe(false);
  });
});
