import { beforeAll, describe, expect, it } from 'vitest';
import { AssertionError } from '../lib/assert.ts';
import { concat, fromHex, toHex, utf8 } from '../lib/bytes.ts';
import { Prng } from '../lib/prng.ts';
import { unwrap } from '../lib/result.ts';
import golden from './golden/suite.json' with { type: 'json' };
import { KEM } from './suite-limits.ts';
import type { CryptoSuite, KemKeypair } from './suite.ts';

const hex = (text: string): Uint8Array => unwrap(fromHex(text));
const none = new Uint8Array();

/** u-coordinates of small order and their non-canonical forms (RFC 7748, section 6.1: the result is all zeros). */
export const LOW_ORDER_POINTS: readonly Uint8Array[] = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
].map(hex);

/** Writes a 12-bit coefficient into an ML-KEM encapsulation key (FIPS 203, ByteEncode_12). */
export function withCoefficient(publicKey: Uint8Array, index: number, value: number): Uint8Array {
  const out = Uint8Array.from(publicKey);
  const byte = 3 * Math.floor(index / 2);
  if (index % 2 === 0) {
    out[byte] = value & 255;
    out[byte + 1] = ((out[byte + 1] ?? 0) & 0xf0) | (value >> 8);
  } else {
    out[byte + 1] = ((out[byte + 1] ?? 0) & 0x0f) | ((value & 15) << 4);
    out[byte + 2] = value >> 4;
  }
  return out;
}

function replaced(bytes: Uint8Array, offset: number, by: Uint8Array): Uint8Array {
  const out = Uint8Array.from(bytes);
  out.set(by, offset);
  return out;
}

/** Everything that both suites must do alike. */
export function suiteContract(name: string, open: () => Promise<CryptoSuite>): void {
  describe(`suite ${name}`, () => {
    let suite: CryptoSuite;
    let keypair: KemKeypair;
    beforeAll(async () => {
      suite = await open();
      keypair = unwrap(await suite.kemFromSeed(hex(golden.kem[0]?.seed ?? '')));
    });
    kemContract(
      () => suite,
      () => keypair,
    );
    aeadContract(() => suite);
    hkdfContract(() => suite);
  });
}

function kemContract(suite: () => CryptoSuite, keypair: () => KemKeypair): void {
  it('gives the committed public keys and secrets, also by implicit rejection', async () => {
    expect(golden.kem).toHaveLength(3);
    for (const vector of golden.kem) {
      const pair = unwrap(await suite().kemFromSeed(hex(vector.seed)));
      expect(toHex(pair.publicKey)).toBe(vector.publicKey);
      const ciphertext = hex(vector.ciphertext);
      expect(toHex(unwrap(await suite().decapsulate(pair, ciphertext)))).toBe(vector.secret);
      ciphertext[100] = (ciphertext[100] ?? 0) ^ 1;
      expect(toHex(unwrap(await suite().decapsulate(pair, ciphertext)))).toBe(vector.secretOfFlippedByte100);
    }
  });

  it('agrees on a fresh secret between encapsulation and decapsulation', async () => {
    const secrets = new Set<string>();
    for (let i = 0; i < 4; i++) {
      const pair = await suite().kemKeypair();
      expect(pair.publicKey).toHaveLength(KEM.publicKey);
      const sent = unwrap(await suite().encapsulate(pair.publicKey));
      expect(sent.ciphertext).toHaveLength(KEM.ciphertext);
      expect(sent.secret).toHaveLength(KEM.secret);
      expect(unwrap(await suite().decapsulate(pair, sent.ciphertext))).toEqual(sent.secret);
      secrets.add(toHex(sent.secret));
    }
    expect(secrets.size).toBe(4);
  });

  it('never gives the same ciphertext twice', async () => {
    const first = unwrap(await suite().encapsulate(keypair().publicKey));
    const second = unwrap(await suite().encapsulate(keypair().publicKey));
    expect(first.ciphertext).not.toEqual(second.ciphertext);
  });

  it.each([0, 1, KEM.ciphertext - 1, KEM.ciphertext + 1])('refuses a ciphertext of %i bytes', async (length) => {
    const result = await suite().decapsulate(keypair(), new Uint8Array(length));
    expect(result).toMatchObject({ ok: false, error: { code: 'SEC_KEM_INPUT' } });
  });

  it.each([0, 1184, KEM.publicKey - 1, KEM.publicKey + 1])('refuses a public key of %i bytes', async (length) => {
    const result = await suite().encapsulate(new Uint8Array(length));
    expect(result).toMatchObject({ ok: false, error: { code: 'SEC_KEM_INPUT' } });
  });

  it.each([0, 31, 33, 64])('refuses a seed of %i bytes', async (length) => {
    const result = await suite().kemFromSeed(new Uint8Array(length));
    expect(result).toMatchObject({ ok: false, error: { code: 'SEC_KEM_INPUT' } });
  });

  it.each([3329, 3330, 4095])('refuses a public key with the coefficient %i, at any place', async (value) => {
    for (const index of [0, 1, 383, 767]) {
      const result = await suite().encapsulate(withCoefficient(keypair().publicKey, index, value));
      expect(result, `index ${index}`).toMatchObject({ ok: false, error: { code: 'SEC_KEM_INPUT' } });
    }
    const largest = await suite().encapsulate(withCoefficient(keypair().publicKey, 1, 3328));
    expect(largest.ok).toBe(true);
  });

  it('refuses X25519 parts of small order in public keys and ciphertexts', async () => {
    const sent = unwrap(await suite().encapsulate(keypair().publicKey));
    for (const point of LOW_ORDER_POINTS) {
      const key = replaced(keypair().publicKey, KEM.publicKey - 32, point);
      expect(await suite().encapsulate(key), `point ${toHex(point)}`).toMatchObject({
        error: { code: 'SEC_KEM_INPUT' },
      });
      const ciphertext = replaced(sent.ciphertext, KEM.ciphertext - 32, point);
      const result = await suite().decapsulate(keypair(), ciphertext);
      expect(result, `point ${toHex(point)}`).toMatchObject({ error: { code: 'SEC_KEM_INPUT' } });
    }
  });

  it('gives another secret, not an error, for a changed ciphertext', async () => {
    const sent = unwrap(await suite().encapsulate(keypair().publicKey));
    const prng = new Prng(11);
    const seen = new Set([toHex(sent.secret)]);
    for (let i = 0; i < 12; i++) {
      const changed = Uint8Array.from(sent.ciphertext);
      const index = prng.below(changed.length);
      changed[index] = (changed[index] ?? 0) ^ (1 << prng.below(7));
      seen.add(toHex(unwrap(await suite().decapsulate(keypair(), changed))));
    }
    expect(seen.size).toBe(13);
  });
}

function aeadContract(suite: () => CryptoSuite): void {
  const { aead } = golden;
  const args = [hex(aead.key), hex(aead.nonce), hex(aead.aad)] as const;

  it('seals to the committed bytes and opens them', async () => {
    expect(toHex(await suite().seal(...args, hex(aead.plaintext)))).toBe(aead.sealed);
    expect(toHex(unwrap(await suite().open(...args, hex(aead.sealed))))).toBe(aead.plaintext);
  });

  it('carries empty messages', async () => {
    const sealed = await suite().seal(args[0], args[1], none, none);
    expect(sealed).toHaveLength(16);
    expect(unwrap(await suite().open(args[0], args[1], none, sealed))).toEqual(none);
  });

  it('takes views into larger buffers', async () => {
    const padded = concat(utf8('xx'), hex(aead.sealed), utf8('yy'));
    const opened = await suite().open(...args, padded.subarray(2, padded.length - 2));
    expect(toHex(unwrap(opened))).toBe(aead.plaintext);
  });

  it('refuses every flipped bit, every truncation, and any other key, nonce or aad', async () => {
    const sealed = hex(aead.sealed);
    let refused = 0;
    const refuse = async (...[key, nonce, aad, bytes]: readonly Uint8Array[]): Promise<void> => {
      const result = await suite().open(key ?? none, nonce ?? none, aad ?? none, bytes ?? none);
      expect(result).toMatchObject({ ok: false, error: { code: 'SEC_AUTHENTICATION' } });
      refused += 1;
    };
    for (let bit = 0; bit < 8 * sealed.length; bit++) await refuse(...args, flipped(sealed, bit));
    for (let length = 0; length < sealed.length; length++) await refuse(...args, sealed.subarray(0, length));
    await refuse(...args, concat(sealed, Uint8Array.of(0)));
    await refuse(flipped(args[0], 3), args[1], args[2], sealed);
    await refuse(args[0], flipped(args[1], 3), args[2], sealed);
    await refuse(args[0], args[1], flipped(args[2], 3), sealed);
    await refuse(args[0], args[1], none, sealed);
    expect(refused).toBe(9 * sealed.length + 5);
  });

  it('treats keys and nonces of another size as bugs', async () => {
    await expect(suite().seal(new Uint8Array(16), args[1], none, none)).rejects.toThrow(AssertionError);
    await expect(suite().open(args[0], new Uint8Array(8), none, new Uint8Array(16))).rejects.toThrow(AssertionError);
  });
}

function hkdfContract(suite: () => CryptoSuite): void {
  const { hkdf } = golden;

  it('hashes like FIPS 180-4 says', async () => {
    expect(toHex(await suite().sha384(utf8('abc')))).toBe(
      'cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7',
    );
  });

  it('extracts and expands to the committed keys', async () => {
    const prk = await suite().hkdfExtract(hex(hkdf.salt), hex(hkdf.ikm));
    expect(toHex(prk)).toBe(hkdf.prk);
    for (const length of [1, 47, 48, 49, 100])
      expect(toHex(await suite().hkdfExpand(prk, hex(hkdf.info), length))).toBe(hkdf.okm100.slice(0, 2 * length));
    expect(toHex(await suite().hkdfExtract(none, hex(hkdf.ikm)))).toBe(hkdf.prkOfEmptySalt);
  });
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const out = Uint8Array.from(bytes);
  const index = bit >> 3;
  out[index] = (out[index] ?? 0) ^ (1 << (bit & 7));
  return out;
}
