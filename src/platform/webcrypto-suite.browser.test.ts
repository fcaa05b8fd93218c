import { describe, expect, it } from 'vitest';
import { toHex, utf8 } from '../core/lib/bytes.ts';
import { Prng } from '../core/lib/prng.ts';
import { unwrap } from '../core/lib/result.ts';
import { createNobleSuite } from '../core/secure/noble-suite.ts';
import { suiteContract, withCoefficient } from '../core/secure/suite.contract.ts';
import { relaySide, shakeHands } from '../core/secure/testing/shake-hands.ts';
import { openUpdate, sealUpdate } from '../core/secure/update-seal.ts';
import { openWebcryptoSuite } from './webcrypto-suite.ts';

const rng = { fill: (bytes: Uint8Array): void => void crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>) };

suiteContract('webcrypto (browser)', async () => {
  const suite = await openWebcryptoSuite(rng);
  if (suite === null) throw new Error('no crypto.subtle: the test page is not a secure context');
  return suite;
});
suiteContract('noble (browser)', async () => createNobleSuite(rng));

const native = (await openWebcryptoSuite(rng))?.nativeKem === true;

describe('handshake between suites', () => {
  it.each(['webcrypto', 'noble'] as const)('works with %s on the side of the client', async (kind) => {
    const suites = { webcrypto: (await openWebcryptoSuite(rng))!, noble: createNobleSuite(rng) };
    const [client, relay] = kind === 'webcrypto' ? [suites.webcrypto, suites.noble] : [suites.noble, suites.webcrypto];
    const side = relaySide(await relay.kemKeypair());
    const done = await shakeHands(client, rng, side, utf8('payload'), relay);
    expect(done.finish.payload).toEqual(utf8('payload'));
    const frame = unwrap(await done.client.channel.seal(utf8('up')));
    expect(unwrap(await done.relay.channel.open(frame))).toEqual(utf8('up'));
    const id = new Uint8Array(32).fill(3);
    const sealed = unwrap(await sealUpdate(client, done.client, id, new Uint8Array(150_000)));
    expect(unwrap(await openUpdate(relay, done.relay, sealed)).plaintext).toHaveLength(150_000);
  });
});

describe.skipIf(!native)('native X-Wing (skipped where the browser lacks MLKEM768-X25519)', () => {
  it('keeps fresh private keys out of JavaScript', async () => {
    const suite = await openWebcryptoSuite(rng);
    const keypair = await suite!.kemKeypair();
    expect(keypair.seed).toBeNull();
    expect((keypair.handle as CryptoKey).extractable).toBe(false);
  });

  it('accepts, refuses and answers as noble does on changed keys and ciphertexts', async () => {
    const suite = (await openWebcryptoSuite(rng))!;
    const noble = createNobleSuite(rng);
    const prng = new Prng('differential');
    const seed = new Uint8Array(32);
    prng.fill(seed);
    const here = unwrap(await suite.kemFromSeed(seed));
    const there = unwrap(await noble.kemFromSeed(seed));
    const { ciphertext } = unwrap(await noble.encapsulate(here.publicKey));
    let refused = 0;
    for (let i = 0; i < 150; i++) {
      const index = prng.below(768);
      const changedKey = withCoefficient(here.publicKey, index, prng.below(4096));
      const [a, b] = await Promise.all([suite.encapsulate(changedKey), noble.encapsulate(changedKey)]);
      expect(a.ok, `key ${toHex(changedKey)}`).toBe(b.ok);
      if (!a.ok) refused += 1;
      const changed = Uint8Array.from(ciphertext);
      changed[prng.below(changed.length)] = prng.below(256);
      const [x, y] = [await suite.decapsulate(here, changed), await noble.decapsulate(there, changed)];
      expect(x, `ciphertext ${toHex(changed)}`).toEqual(y);
    }
    expect(refused).toBeGreaterThan(5);
  });
});
