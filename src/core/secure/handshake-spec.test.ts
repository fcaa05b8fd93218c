import { createCipheriv, createHash, createHmac, hkdfSync } from 'node:crypto';
import { ml_kem768_x25519 as xwing } from '@noble/post-quantum/hybrid.js';
import { expect, it } from 'vitest';
import { utf8 } from '../lib/bytes.ts';
import { Prng } from '../lib/prng.ts';
import { unwrap } from '../lib/result.ts';
import type { KemKeypair } from './suite.ts';
import { createNobleSuite } from './noble-suite.ts';
import { BUILD, ORIGIN, relaySide, shakeHands } from './testing/shake-hands.ts';

// docs/SPEC-CHANNEL.md read as a program, with OpenSSL and no code of the implementation.
const cat = (...parts: readonly (Uint8Array | string)[]): Buffer =>
  Buffer.concat(parts.map((part) => Buffer.from(part)));
const sha384 = (bytes: Uint8Array): Buffer => createHash('sha384').update(bytes).digest();
const extract = (salt: Uint8Array, key: Uint8Array): Buffer => createHmac('sha384', salt).update(key).digest();

function expand(key: Uint8Array, info: Uint8Array, length: number): Buffer {
  return createHmac('sha384', key)
    .update(cat(info, Uint8Array.of(1)))
    .digest()
    .subarray(0, length);
}

function gcm(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(aad);
  return cat(cipher.update(plaintext), cipher.final(), cipher.getAuthTag());
}

it('[CH2] to [CH7] give exactly the bytes of the implementation', async () => {
  const suite = createNobleSuite(new Prng('spec'));
  const ephemerals: KemKeypair[] = [];
  const watched = {
    ...suite,
    async kemKeypair() {
      const pair = await suite.kemKeypair();
      ephemerals.push(pair);
      return pair;
    },
  };
  const relay = relaySide(await suite.kemKeypair());
  const { m1, m2, m3, client, relay: there } = await shakeHands(watched, new Prng(1), relay, utf8('who'));
  const relayKey = relay.keypair.publicKey;
  const ssStatic = xwing.decapsulate(m1.subarray(4, 1124), relay.keypair.seed!);
  const ssEphemeral = xwing.decapsulate(m2.subarray(4, 1124), ephemerals[0]!.seed!);
  const zero = new Uint8Array(12);

  const id = createHash('sha256').update(relayKey).digest();
  const h0 = sha384(cat('PLQ-NK/1', [0, 1] as never, id, relayKey, BUILD, Uint8Array.of(ORIGIN.length), ORIGIN, '\0'));
  const h1 = sha384(cat(h0, m1.subarray(4, 4 + 1120 + 1216)));
  const ck1 = extract(h0, ssStatic);
  const m1Tag = gcm(expand(ck1, cat('PLQ k1', h1), 32), zero, h1, new Uint8Array());
  expect(cat(Uint8Array.of(1, 1, 0x09, 0x30), m1.subarray(4, 2340), m1Tag)).toEqual(Buffer.from(m1));

  const h2 = sha384(cat(h1, m1Tag, m2.subarray(4, 4 + 1120 + 32)));
  const ck2 = extract(ck1, ssEphemeral);
  const k2 = expand(ck2, cat('PLQ k2', h2), 32);
  const m2Sealed = gcm(k2, zero, h2, cat(client.sessionId, new Uint8Array(5)));
  expect(cat(Uint8Array.of(2, 1, 0x04, 0xa5), m2.subarray(4, 1156), m2Sealed)).toEqual(Buffer.from(m2));

  const h3 = sha384(cat(h2, m2Sealed));
  const k3 = expand(ck2, cat('PLQ k3', h3), 32);
  const m3Sealed = gcm(k3, zero, h3, cat(Uint8Array.of(0, 3), 'who', Uint8Array.of(0, 0)));
  expect(cat(Uint8Array.of(3, 1, 0, 23), m3Sealed)).toEqual(Buffer.from(m3));

  const h4 = sha384(cat(h3, m3Sealed));
  expect(h4).toEqual(Buffer.from(there.transcript));
  const secret = expand(ck2, cat('PLQ exporter', h4), 48);
  const info = cat(Uint8Array.of(5), 'label', Uint8Array.of(0, 3), 'ctx');
  expect(expand(secret, info, 40)).toEqual(Buffer.from(await client.exporter('label', utf8('ctx'), 40)));

  const header = Buffer.from('1700000000000000000000000000000002', 'hex');
  const iv = expand(ck2, cat('PLQ r2c iv', h4), 12);
  const record = gcm(expand(ck2, cat('PLQ r2c key', h4), 32), iv, header, Buffer.from('hi'));
  expect(cat(header, record)).toEqual(Buffer.from(unwrap(await there.channel.seal(utf8('hi')))));
  iv[11] = iv[11]! ^ 1;
  header[12] = 1;
  const second = gcm(expand(ck2, cat('PLQ r2c key', h4), 32), iv, header, Buffer.from('yo'));
  expect(cat(header, second)).toEqual(Buffer.from(unwrap(await there.channel.seal(utf8('yo')))));
});

it('uses the HKDF of RFC 5869 as OpenSSL has it', async () => {
  const suite = createNobleSuite(new Prng('hkdf'));
  const prk = await suite.hkdfExtract(utf8('salt'), utf8('key'));
  const okm = await suite.hkdfExpand(prk, utf8('info'), 200);
  expect(Buffer.from(okm)).toEqual(Buffer.from(hkdfSync('sha384', 'key', 'salt', 'info', 200)));
});
