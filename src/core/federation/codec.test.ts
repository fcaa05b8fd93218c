import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { encode, rfc8949EncodeOptions } from 'cborg';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Prng } from '../lib/prng.ts';
import type { Result } from '../lib/result.ts';
import {
  cleanReport,
  CONTROL_BYTES_MAX,
  decodeParticipantMessage,
  decodeRelayMessage,
  decodeUpdate,
  encodeParticipantMessage,
  encodeRelayMessage,
  encodeUpdate,
  UPDATE_BYTES_MAX,
} from './codec.ts';
import { PARTICIPANT_MESSAGES, RELAY_MESSAGES, REPORT, UPDATES } from './testing/wire-cases.ts';

const GOLDEN = new URL('golden/', import.meta.url);
const cbor = (value: unknown): Uint8Array => encode(value, rfc8949EncodeOptions);

const KINDS = {
  participant: { cases: PARTICIPANT_MESSAGES, encode: encodeParticipantMessage, decode: decodeParticipantMessage },
  relay: { cases: RELAY_MESSAGES, encode: encodeRelayMessage, decode: decodeRelayMessage },
  update: { cases: UPDATES, encode: encodeUpdate, decode: decodeUpdate },
} as const;
type Kind = keyof typeof KINDS;
const KIND_NAMES = Object.keys(KINDS) as Kind[];

function encodeCase(kind: Kind, name: string): Uint8Array {
  if (kind === 'participant') return encodeParticipantMessage(PARTICIPANT_MESSAGES[name]!);
  if (kind === 'relay') return encodeRelayMessage(RELAY_MESSAGES[name]!);
  return encodeUpdate(UPDATES[name]!);
}

const code = (result: Result<unknown>): string => (result.ok ? 'ok' : result.error.code);

/** Bytes that must be refused, by the name `<code>--<kind>--<what>`. */
function invalidCases(): Record<string, Uint8Array> {
  const leave = encodeParticipantMessage({ type: 'leave' });
  const heartbeat = PARTICIPANT_MESSAGES['heartbeat'];
  const hello = PARTICIPANT_MESSAGES['hello'];
  const update = UPDATES['int8'];
  return {
    'FED_WIRE_SIZE--participant--empty': new Uint8Array(0),
    'FED_WIRE_CBOR--participant--truncated': leave.slice(0, -1),
    'FED_WIRE_CBOR--participant--trailing-byte': Uint8Array.of(...leave, 0),
    'FED_WIRE_CBOR--participant--nested-1000-deep': new Uint8Array(1000).fill(0x81),
    'FED_WIRE_CBOR--participant--tag': Uint8Array.of(0xc1, 0x00),
    'FED_WIRE_CBOR--participant--undefined': cbor({ type: 'leave', x: undefined }),
    'FED_WIRE_CBOR--participant--nan': cbor({ type: 'heartbeat', sentAt: Number.NaN }),
    'FED_WIRE_CBOR--participant--infinity': cbor({ type: 'heartbeat', sentAt: Number.POSITIVE_INFINITY }),
    'FED_WIRE_CBOR--participant--indefinite-map': Uint8Array.of(0xbf, ...leave.slice(1), 0xff),
    'FED_WIRE_CBOR--participant--duplicate-key': Uint8Array.of(0xa2, ...leave.slice(1), ...leave.slice(1)),
    'FED_WIRE_CBOR--participant--long-length': Uint8Array.of(0xb8, 0x01, ...leave.slice(1)),
    'FED_WIRE_CBOR--participant--2-to-64-items': Uint8Array.of(0x9b, 255, 255, 255, 255, 255, 255, 255, 255),
    'FED_WIRE_TYPE--participant--list': cbor([1, 2]),
    'FED_WIRE_TYPE--participant--text': cbor('leave'),
    'FED_WIRE_TYPE--participant--unknown-type': cbor({ type: 'shutdown' }),
    'FED_WIRE_TYPE--participant--prototype-type': cbor({ type: 'constructor' }),
    'FED_WIRE_TYPE--participant--no-type': cbor({ round: 1 }),
    'FED_WIRE_TYPE--participant--type-of-the-other-side': encodeRelayMessage(RELAY_MESSAGES['closed']!),
    'FED_WIRE_SHAPE--participant--proto-key': cborMap(['type', 'leave'], ['__proto__', 1]),
    'FED_WIRE_SHAPE--participant--extra-key': cbor({ type: 'leave', why: 'x' }),
    'FED_WIRE_SHAPE--participant--missing-key': cbor({ type: 'heartbeat' }),
    'FED_WIRE_SHAPE--participant--text-for-number': cbor({ ...heartbeat, sentAt: '5' }),
    'FED_WIRE_SHAPE--participant--negative-time': cbor({ ...heartbeat, sentAt: -1 }),
    'FED_WIRE_SHAPE--participant--round-0': cbor({ type: 'decline', round: 0, reason: 'paused' }),
    'FED_WIRE_SHAPE--participant--round-half': cbor({ type: 'decline', round: 1.5, reason: 'paused' }),
    'FED_WIRE_SHAPE--participant--long-engine': cbor({ type: 'report', report: { ...REPORT, engine: 'x'.repeat(65) } }),
    'FED_WIRE_SHAPE--participant--fidelity-above-1': cbor({ type: 'report', report: { ...REPORT, fidelity: 1.01 } }),
    'FED_WIRE_SHAPE--participant--report-is-list': cbor({ type: 'report', report: [] }),
    'FED_WIRE_CANONICAL--participant--key-order': cborMap(['sentAt', 5], ['type', 'heartbeat']),
    'FED_WIRE_CANONICAL--participant--float-for-integer': floatTime(),
    'FED_WIRE_CANONICAL--participant--broken-utf8': brokenText(),
    'FED_VERSION--participant--version-2': cbor({ ...hello, version: 2 }),
    'FED_VERSION--participant--version-2-with-other-keys': cbor({ type: 'hello', version: 2, hi: true }),
    'FED_WIRE_SHAPE--participant--version-text': cbor({ ...hello, version: '1' }),
    'FED_WIRE_SHAPE--relay--code-lower-case': cbor({ ...RELAY_MESSAGES['refused'], code: 'oops' }),
    'FED_WIRE_SHAPE--relay--adapter-hash-upper-case': cbor({
      ...RELAY_MESSAGES['closed'],
      adapter: { version: 1, sha256: 'A'.repeat(64) },
    }),
    'FED_WIRE_SHAPE--relay--config-is-text': cbor({ ...RELAY_MESSAGES['welcome'], signedConfig: 'abc' }),
    'FED_VERSION--relay--version-0': cbor({ ...RELAY_MESSAGES['welcome'], version: 0 }),
    'FED_WIRE_SHAPE--update--empty-delta': cbor({ ...update, delta: new Uint8Array(0) }),
    'FED_WIRE_SHAPE--update--unknown-encoding': cbor({ ...update, encoding: 'f16' }),
    'FED_WIRE_SHAPE--update--size-0': cbor({ ...update, size: 0 }),
    'FED_VERSION--update--version-7': cbor({ ...update, version: 7 }),
    'FED_WIRE_CBOR--update--list-bomb': Uint8Array.of(0x99, 0x10, 0x00, ...new Uint8Array(4096)),
  };
}

/** A map whose keys stay in the given order. */
function cborMap(...entries: [string, unknown][]): Uint8Array {
  const parts = entries.flatMap(([key, value]) => [...cbor(key), ...cbor(value)]);
  return Uint8Array.of(0xa0 + entries.length, ...parts);
}

/** {type: "heartbeat", sentAt: 5.0}: a float where the shortest form is an integer. */
function floatTime(): Uint8Array {
  const head = [...cbor('type'), ...cbor('heartbeat'), ...cbor('sentAt')];
  return Uint8Array.of(0xa2, ...head, 0xf9, 0x45, 0x00);
}

/** A report whose engine is one byte that is no UTF-8. */
function brokenText(): Uint8Array {
  const bytes = cbor({ type: 'report', report: { ...REPORT, engine: 'QQ', quantumEngine: '' } });
  const at = bytes.indexOf(0x51);
  bytes[at] = 0xff;
  return bytes;
}

describe('codec', () => {
  it('[WR1] reads back every kind of message', () => {
    let count = 0;
    for (const kind of KIND_NAMES)
      for (const [name, value] of Object.entries(KINDS[kind].cases)) {
        expect(KINDS[kind].decode(encodeCase(kind, name))).toEqual({ ok: true, value });
        count += 1;
      }
    expect(count).toBeGreaterThan(20);
  });

  it('[WR2] refuses each invalid golden case with its code', () => {
    const cases = Object.entries(invalidCases());
    expect(cases.length).toBeGreaterThan(40);
    for (const [name, bytes] of cases) {
      const [expected, kind] = name.split('--') as [string, Kind];
      expect(`${name}: ${code(KINDS[kind].decode(bytes))}`).toBe(`${name}: ${expected}`);
    }
  });

  it('[WR2] refuses more bytes than the bound before it looks at them', () => {
    expect(code(decodeParticipantMessage(new Uint8Array(CONTROL_BYTES_MAX + 1)))).toBe('FED_WIRE_SIZE');
    expect(code(decodeRelayMessage(new Uint8Array(CONTROL_BYTES_MAX)))).toBe('FED_WIRE_CBOR');
    expect(code(decodeUpdate(new Uint8Array(UPDATE_BYTES_MAX + 1)))).toBe('FED_WIRE_SIZE');
  });

  it('[WR2] does not build what a list bomb of 16 MiB describes', () => {
    const bomb = new Uint8Array(16 * 1024 * 1024);
    bomb.set([0x9a, 0x00, 0xff, 0xff, 0xf0]);
    const started = performance.now();
    expect(code(decodeUpdate(bomb))).toBe('FED_WIRE_CBOR');
    expect(performance.now() - started).toBeLessThan(200);
  });

  it('[WR3] says that a version mismatch is final', () => {
    const result = decodeParticipantMessage(cbor({ ...PARTICIPANT_MESSAGES['hello'], version: 2 }));
    expect(result).toMatchObject({ ok: false, error: { code: 'FED_VERSION', retry: false } });
  });

  it('carries an update of several megabytes', () => {
    const delta = new Uint8Array(5_000_000).map((_, i) => i);
    const value = { ...UPDATES['int8']!, size: 5_000_000, delta };
    const result = decodeUpdate(encodeUpdate(value));
    expect(result.ok && Buffer.compare(result.value.delta, delta)).toBe(0);
  });

  it('refuses to encode what it would refuse to decode', () => {
    expect(() => encodeParticipantMessage({ type: 'heartbeat', sentAt: Number.NaN })).toThrow(/sentAt/);
  });

  it('brings any measured report into the range of the wire', () => {
    const anyNumber = fc.oneof(fc.double(), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -0, -1));
    fc.assert(
      fc.property(anyNumber, anyNumber, fc.string({ unit: 'binary', maxLength: 99 }), (a, b, engine) => {
        const report = cleanReport({
          ...REPORT,
          engine,
          tokensPerSecond: a,
          fidelity: b,
          epsilon: a,
          shardTokensApprox: b,
        });
        const bytes = encodeParticipantMessage({ type: 'report', report });
        expect(decodeParticipantMessage(bytes)).toMatchObject({ ok: true });
      }),
    );
  });
});

describe('golden bytes', () => {
  const files = () => readdirSync(GOLDEN).filter((name) => name.endsWith('.bin'));
  const expected = (): Map<string, Uint8Array> => {
    const all = new Map<string, Uint8Array>();
    for (const kind of KIND_NAMES)
      for (const name of Object.keys(KINDS[kind].cases)) all.set(`valid--${kind}--${name}.bin`, encodeCase(kind, name));
    for (const [name, bytes] of Object.entries(invalidCases())) all.set(`${name}.bin`, bytes);
    return all;
  };

  it('[WR1] are what this version writes, and nothing is missing', () => {
    if (process.env['PLAQUETTE_GOLDEN'] === 'write') {
      mkdirSync(GOLDEN, { recursive: true });
      for (const [name, bytes] of expected()) writeFileSync(new URL(name, GOLDEN), bytes);
    }
    expect(files().length).toBeGreaterThan(60);
    expect(files().sort()).toEqual([...expected().keys()].sort());
    for (const [name, bytes] of expected())
      expect(`${name} ${Buffer.from(bytes).toString('hex')}`).toBe(
        `${name} ${readFileSync(new URL(name, GOLDEN)).toString('hex')}`,
      );
  });

  it.each(files())('%s decodes as its name says', (name) => {
    const [verdict, kind] = name.split('--') as [string, Kind];
    const bytes = new Uint8Array(readFileSync(new URL(name, GOLDEN)));
    expect(code(KINDS[kind].decode(bytes))).toBe(verdict === 'valid' ? 'ok' : verdict);
  });
});

describe('malformed bytes', () => {
  const CASES = 10_000;

  it(`[WR2] ${CASES} seeded cases: no exception, a typed refusal or a message that encodes to the same bytes`, () => {
    const prng = new Prng('malformed');
    const seeds = KIND_NAMES.flatMap((kind) =>
      Object.keys(KINDS[kind].cases).map((name) => ({ kind, bytes: encodeCase(kind, name) })),
    );
    const verdicts = new Map<string, number>();
    const unsound: string[] = [];
    for (let i = 0; i < CASES; i++) {
      const { kind, bytes } = prng.pick(seeds);
      const mutant = mutate(bytes, prng);
      const result: Result<unknown> = KINDS[kind].decode(mutant);
      verdicts.set(code(result), (verdicts.get(code(result)) ?? 0) + 1);
      const sound = result.ok
        ? Buffer.compare(cbor(result.value), mutant) === 0
        : result.error.message.length > 10 && result.error.message.length < 400;
      if (!sound) unsound.push(Buffer.from(mutant).toString('hex'));
    }
    expect(unsound).toEqual([]);
    for (const kind of [
      'ok',
      'FED_WIRE_CBOR',
      'FED_WIRE_TYPE',
      'FED_WIRE_SHAPE',
      'FED_WIRE_CANONICAL',
      'FED_WIRE_SIZE',
    ])
      expect(`${kind} ${(verdicts.get(kind) ?? 0) > 0}`).toBe(`${kind} true`);
  });

  function randomBytes(prng: Prng, length: number): Uint8Array {
    return Uint8Array.from({ length }, () => prng.below(256));
  }

  function mutate(bytes: Uint8Array, prng: Prng): Uint8Array {
    const out = bytes.slice();
    switch (prng.below(6)) {
      case 0:
        return out.slice(0, prng.below(out.length));
      case 1:
        return randomBytes(prng, prng.below(200));
      case 2: {
        const at = prng.below(out.length);
        const inserted = randomBytes(prng, 1 + prng.below(4));
        return Uint8Array.of(...out.slice(0, at), ...inserted, ...out.slice(at));
      }
      case 3: {
        const at = prng.below(out.length);
        return Uint8Array.of(...out.slice(0, at), ...out.slice(at + 1 + prng.below(8)));
      }
      case 4: {
        const at = prng.below(out.length);
        return Uint8Array.of(...out.slice(0, at), ...bytes.slice(prng.below(at + 1)));
      }
      default:
        for (let n = 1 + prng.below(4); n > 0; n--) out[prng.below(out.length)] = prng.below(256);
        return out;
    }
  }
});
