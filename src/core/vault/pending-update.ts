import { encodeUpdate } from '../federation/codec.ts';
import { encodeDelta } from '../federation/delta-codec.ts';
import { PROTOCOL_VERSION, type AdapterRef } from '../federation/messages.ts';
import type { DeltaEncoding } from '../federation/delta-codec.ts';
import type { Rng } from '../lib/world.ts';
import type { PendingUpdate, SpendRecord } from '../storage/vault-store.ts';

/** The bytes of an update as they are journaled and, unchanged at every attempt, sent. `delta` is finite. */
export function encodePending(
  { runId, round }: SpendRecord,
  updateId: string,
  adapter: AdapterRef,
  delta: Float32Array,
  encoding: DeltaEncoding,
  rng: Rng,
): PendingUpdate {
  const bytes = encodeUpdate({
    version: PROTOCOL_VERSION,
    runId,
    round,
    adapter,
    encoding,
    size: delta.length,
    delta: encodeDelta(delta, encoding, rng),
  });
  return { runId, round, updateId, bytes };
}
