import { unwrap } from '../../lib/result.ts';
import type { Rng } from '../../lib/world.ts';
import {
  acceptHandshake,
  ReplayGuard,
  startHandshake,
  type ClientHandshake,
  type RelayFinish,
  type RelayHandshake,
  type RelaySide,
} from '../handshake.ts';
import type { Session } from '../session.ts';
import type { CryptoSuite, KemKeypair } from '../suite.ts';

export const ORIGIN = 'relay.example:8443';
export const BUILD = new Uint8Array(32).fill(7);

export function relaySide(keypair: KemKeypair): RelaySide {
  return { keypair, origin: ORIGIN, buildHash: BUILD, replay: new ReplayGuard() };
}

export interface Handshaken {
  readonly client: Session;
  readonly relay: Session;
  readonly clientSide: ClientHandshake;
  readonly relayHalf: RelayHandshake;
  readonly finish: RelayFinish;
  readonly m1: Uint8Array;
  readonly m2: Uint8Array;
  readonly m3: Uint8Array;
}

/** One whole handshake without a network; `relay.keypair` is of `relaySuite`. */
export async function shakeHands(
  suite: CryptoSuite,
  rng: Rng,
  relay: RelaySide,
  payload: Uint8Array,
  relaySuite: CryptoSuite = suite,
): Promise<Handshaken> {
  const context = { relayPublicKey: relay.keypair.publicKey, origin: relay.origin, buildHash: relay.buildHash };
  const clientSide = unwrap(await startHandshake(suite, context));
  const relayHalf = unwrap(await acceptHandshake(relaySuite, rng, relay, clientSide.m1));
  const { m3, session } = unwrap(await clientSide.onMessage2(relayHalf.m2, payload));
  const finish = unwrap(await relayHalf.onMessage3(m3));
  const { m1 } = clientSide;
  return { client: session, relay: finish.session, clientSide, relayHalf, finish, m1, m2: relayHalf.m2, m3 };
}
