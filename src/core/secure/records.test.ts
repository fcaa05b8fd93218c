import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { at } from '../lib/assert.ts';
import { concat, utf8, type Bytes } from '../lib/bytes.ts';
import { Prng } from '../lib/prng.ts';
import { unwrap } from '../lib/result.ts';
import { createNobleSuite } from './noble-suite.ts';
import {
  MESSAGE_MAX,
  openChannel,
  RECORD_HEADER,
  RECORD_PLAINTEXT_MAX,
  type Channel,
  type DirectionKeys,
} from './records.ts';
import { createBlindKem, createOpensslSuite } from './testing/openssl-suite.ts';

const suite = createOpensslSuite(createBlindKem(new Prng(0)));

function keys(seed: string): DirectionKeys {
  const prng = new Prng(seed);
  const key = new Uint8Array(32);
  const iv = new Uint8Array(12);
  prng.fill(key);
  prng.fill(iv);
  return { key, iv };
}

const UP = keys('up');
const DOWN = keys('down');
const client = (): Channel => openChannel(suite, UP, DOWN);
const relay = (): Channel => openChannel(suite, DOWN, UP);

function patterned(length: number): Bytes {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8)) & 255);
}

describe('channel', () => {
  it.each([0, 1, 65_535, 65_536, 65_537, 200_000, MESSAGE_MAX])('carries a message of %i bytes', async (length) => {
    const message = patterned(length);
    const frame = unwrap(await client().seal(message));
    const records = Math.max(1, Math.ceil(length / RECORD_PLAINTEXT_MAX));
    expect(frame).toHaveLength(length + records * (RECORD_HEADER + 16));
    expect(Buffer.compare(unwrap(await relay().open(frame)), message)).toBe(0);
  });

  it('carries any sequence of messages both ways', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.boolean(), fc.uint8Array({ maxLength: 90 }))), async (messages) => {
        const [a, b] = [client(), relay()];
        for (const [up, message] of messages) {
          const [from, to] = up ? [a, b] : [b, a];
          expect(unwrap(await to.open(unwrap(await from.seal(message))))).toEqual(new Uint8Array(message));
        }
      }),
    );
  });

  it('keeps the order of calls that overlap', async () => {
    const slowFirst = {
      ...suite,
      async seal(...args: Parameters<typeof suite.seal>) {
        for (let i = 0; i < (args[3].length > 10 ? 50 : 0); i++) await Promise.resolve();
        return suite.seal(...args);
      },
    };
    const from = openChannel(slowFirst, UP, DOWN);
    const to = relay();
    const order: number[] = [];
    const sent = await Promise.all(
      [100, 1, 50, 2].map(async (length) => {
        const frame = unwrap(await from.seal(patterned(length)));
        order.push(length);
        return frame;
      }),
    );
    expect(order).toEqual([100, 1, 50, 2]);
    const got = await Promise.all(sent.map((frame) => to.open(frame)));
    expect(got.map((result) => unwrap(result).length)).toEqual([100, 1, 50, 2]);
  });

  it('refuses to seal more than a message may have, and stays open', async () => {
    const from = client();
    expect(await from.seal(new Uint8Array(MESSAGE_MAX + 1))).toMatchObject({ error: { code: 'SEC_SIZE' } });
    expect(unwrap(await relay().open(unwrap(await from.seal(utf8('x')))))).toEqual(utf8('x'));
  });

  it('refuses everything after the first failure and after close', async () => {
    const [from, to] = [client(), relay()];
    const [one, two] = [unwrap(await from.seal(utf8('1'))), unwrap(await from.seal(utf8('2')))];
    expect(await to.open(two)).toMatchObject({ error: { code: 'SEC_SEQUENCE' } });
    expect(to.closed).toBe(true);
    expect(await to.open(one)).toMatchObject({ error: { code: 'SEC_CLOSED' } });
    expect(await to.seal(one)).toMatchObject({ error: { code: 'SEC_CLOSED' } });
    from.close();
    expect(await from.seal(one)).toMatchObject({ error: { code: 'SEC_CLOSED' } });
  });

  it('interoperates with noble', async () => {
    const noble = openChannel(createNobleSuite(new Prng(0)), DOWN, UP);
    const message = patterned(70_000);
    expect(Buffer.compare(unwrap(await noble.open(unwrap(await client().seal(message)))), message)).toBe(0);
  });
});

describe('channel, hostile frames', () => {
  /** A relay that has taken `before` frames refuses `frame`. */
  async function refused(frame: Uint8Array, before: readonly Uint8Array[] = []): Promise<string> {
    const to = relay();
    for (const earlier of before) unwrap(await to.open(earlier));
    const result = await to.open(frame);
    expect(result.ok, `frame ${Buffer.from(frame.subarray(0, 40)).toString('hex')}`).toBe(false);
    return result.ok ? '' : result.error.code;
  }

  it('accepts none of 100,000 mutated frames', async () => {
    const from = client();
    const frames: Bytes[] = [];
    for (let i = 0; i < 4; i++) frames.push(unwrap(await from.seal(patterned(40 * i))));
    const prng = new Prng('mutations');
    const codes = new Map<string, number>();
    for (let i = 0; i < 100_000; i++) {
      const position = i % frames.length;
      const honest = at(frames, position);
      const mutated = mutate(honest, frames, prng);
      if (Buffer.compare(mutated, honest) === 0) {
        i -= 1;
        continue;
      }
      const code = await refused(mutated, frames.slice(0, position));
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
    expect([...codes.keys()].sort()).toEqual(['SEC_AUTHENTICATION', 'SEC_RECORD', 'SEC_SEQUENCE', 'SEC_SIZE']);
    expect(codes.get('SEC_AUTHENTICATION')).toBeGreaterThan(20_000);
  });

  it('refuses every flipped bit of a frame', async () => {
    const frame = unwrap(await client().seal(patterned(20)));
    const codes = new Set<string>();
    for (let bit = 0; bit < 8 * frame.length; bit++) {
      const flipped = Uint8Array.from(frame);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      codes.add(await refused(flipped));
    }
    expect(codes.size).toBe(4);
  });

  it('refuses reflection, other sessions, replay, loss and reordering', async () => {
    const from = client();
    const [one, two] = [unwrap(await from.seal(utf8('1'))), unwrap(await from.seal(utf8('2')))];
    const reflected = unwrap(await relay().seal(utf8('1')));
    expect(await refused(reflected)).toBe('SEC_AUTHENTICATION');
    const other = unwrap(await openChannel(suite, keys('other'), DOWN).seal(utf8('1')));
    expect(await refused(other)).toBe('SEC_AUTHENTICATION');
    expect(await refused(one, [one])).toBe('SEC_SEQUENCE');
    expect(await refused(two)).toBe('SEC_SEQUENCE');
    expect(await refused(concat(one, two))).toBe('SEC_RECORD');
  });

  it('refuses a long message whose records are dropped, swapped, repeated or cut off', async () => {
    const from = client();
    const frame = unwrap(await from.seal(patterned(3 * RECORD_PLAINTEXT_MAX)));
    const step = RECORD_HEADER + RECORD_PLAINTEXT_MAX + 16;
    const [a, b, c] = [0, 1, 2].map((i) => frame.subarray(i * step, (i + 1) * step)) as [Bytes, Bytes, Bytes];
    for (const parts of [[a], [a, b], [b, c], [a, c], [a, c, b], [a, a, b, c], [a, b, c, c], [c]])
      await refused(concat(...parts));
    expect(Buffer.compare(unwrap(await relay().open(concat(a, b, c))), patterned(3 * RECORD_PLAINTEXT_MAX))).toBe(0);
  });

  it('refuses a record that says it is longer than allowed before reading it', async () => {
    const frame = new Uint8Array(RECORD_HEADER + 100);
    frame[0] = 0x17;
    new DataView(frame.buffer).setUint32(13, 0xffffffff);
    expect(await refused(frame)).toBe('SEC_SIZE');
  });

  it('refuses a message over the limit although every record of it is authentic', async () => {
    // Made with the keys of the client, record by record, as a broken client could.
    const whole = unwrap(await client().seal(patterned(RECORD_PLAINTEXT_MAX + 1)));
    const step = RECORD_HEADER + RECORD_PLAINTEXT_MAX + 16;
    const parts: Uint8Array[] = [];
    for (let seq = 0; seq <= MESSAGE_MAX / RECORD_PLAINTEXT_MAX; seq++) {
      const header = whole.slice(0, RECORD_HEADER);
      new DataView(header.buffer).setBigUint64(5, BigInt(seq));
      const nonce = Uint8Array.from(UP.iv);
      nonce[11] = (nonce[11] ?? 0) ^ seq;
      parts.push(header, await suite.seal(UP.key, nonce, header, patterned(RECORD_PLAINTEXT_MAX)));
    }
    expect(parts[0]).toHaveLength(RECORD_HEADER);
    expect(step * 17).toBe(concat(...parts).length);
    expect(await refused(concat(...parts))).toBe('SEC_SIZE');
  });
});

/** One of: flip, overwrite, truncate, extend, duplicate, splice two frames, swap two bytes. */
function mutate(frame: Bytes, all: readonly Bytes[], prng: Prng): Bytes {
  const out = Uint8Array.from(frame);
  const index = prng.below(out.length);
  switch (prng.below(8)) {
    case 0:
    case 1:
      out[index] = (out[index] ?? 0) ^ (1 << prng.below(8));
      return out;
    case 2:
      out[index] = prng.below(256);
      return out;
    case 3:
      return out.slice(0, index);
    case 4: {
      const tail = new Uint8Array(1 + prng.below(40));
      prng.fill(tail);
      return concat(out, tail);
    }
    case 5:
      return concat(out, prng.pick(all));
    case 6: {
      const other = prng.pick(all);
      return concat(out.subarray(0, index), other.subarray(Math.min(index, other.length)));
    }
    default: {
      const other = prng.below(out.length);
      [out[index], out[other]] = [at(out, other), at(out, index)];
      return out;
    }
  }
}
