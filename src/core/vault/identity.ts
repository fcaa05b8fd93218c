import { toHex } from '../lib/bytes.ts';
import { fail, ok, type Result } from '../lib/result.ts';
import type { Millis, Rng } from '../lib/world.ts';
import { createMemoryVaultStore } from '../storage/memory-vault-store.ts';
import type { IdentityRecord, VaultStore } from '../storage/vault-store.ts';
import type { OpenedStore } from './ports.ts';

export interface OpenedIdentity {
  readonly store: VaultStore;
  readonly notice: string | null;
  readonly identity: IdentityRecord;
  readonly returning: boolean;
}

/** The stored identity, or a new one: also where the join link names another relay than the stored one belongs to. */
export async function openIdentity(
  opened: OpenedStore,
  pin: string | null,
  rng: Rng,
  now: Millis,
): Promise<Result<OpenedIdentity>> {
  const { store, notice } = opened;
  const known = await store.identity();
  if (!known.ok) return known;
  const before = known.value;
  const otherRelay = before !== null && pin !== null && before.relayPin !== null && before.relayPin !== pin;
  // The token proves an identity to one relay; another one must not see it.
  const identity = before === null || otherRelay ? newIdentity(rng, now, pin) : before;
  if (identity === before) return ok({ store, notice, identity, returning: true });
  const stored = await store.putIdentity(identity);
  const moved = otherRelay
    ? 'This link leads to another relay than last time: there, this tab is a new participant.'
    : null;
  if (stored.ok) return ok({ store, notice: notice ?? moved, identity, returning: false });
  if (stored.error.code !== 'STORE_FULL') return stored;
  await store.close();
  const memory = createMemoryVaultStore();
  await memory.putIdentity(identity);
  const full = `${sentence(stored.error.message)} Everything works, but closing this tab forgets this participant.`;
  return ok({ store: memory, notice: full, identity, returning: false });
}

function newIdentity(rng: Rng, createdAt: Millis, relayPin: string | null): IdentityRecord {
  const random = new Uint8Array(48);
  rng.fill(random.subarray(0));
  return { participantId: toHex(random.subarray(0, 16)), token: random.slice(16), createdAt, relayPin };
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** A link without `#pin=...` gives null; anything else must look like a pin. */
export function checkPin(pin: string | null): Result<null> {
  if (pin === null || /^[A-Za-z0-9_-]{43}$/.test(pin)) return ok(null);
  return fail(
    'SEC_RELAY_PIN',
    `the pin in the link has ${pin.length} characters, expected 43; copy the whole link again`,
  );
}
