import type { Result } from '../lib/result.ts';
import type { Millis } from '../lib/world.ts';

/**
 * What a participant keeps. Implementations: IndexedDB (platform/idb-vault-store.ts), memory, files (Node).
 * Every write resolves only when durable; each method is one transaction. Failures: STORE_FULL, STORE_BLOCKED, STORE_LOST, STORE_CORRUPT.
 */
export interface VaultStore {
  readonly durable: boolean;
  identity(): Promise<Result<IdentityRecord | null>>;
  putIdentity(record: IdentityRecord): Promise<Result<null>>;
  /** In order of `seq`. */
  journal(runId: string): Promise<Result<readonly SpendRecord[]>>;
  /** Privacy spend and the pending update in ONE transaction: the spend is on disk before the update can leave. */
  appendSpend(record: SpendRecord, pending: PendingUpdate): Promise<Result<null>>;
  pending(runId: string): Promise<Result<readonly PendingUpdate[]>>;
  /** Removes the pending update once it is acknowledged or refused for good; the spend stays. */
  settle(runId: string, round: number, outcome: 'accepted' | 'refused'): Promise<Result<null>>;
  snapshot(runId: string): Promise<Result<AdapterSnapshot | null>>;
  putSnapshot(snapshot: AdapterSnapshot): Promise<Result<null>>;
  setting(key: string): Promise<Result<unknown>>;
  putSetting(key: string, value: unknown): Promise<Result<null>>;
  clear(): Promise<Result<null>>;
  close(): Promise<void>;
}

export interface IdentityRecord {
  /** 16 bytes, hex. */
  readonly participantId: string;
  /** 32 random bytes that prove to the relay that this is the same participant; sent only inside the sealed channel. */
  readonly token: Uint8Array;
  readonly createdAt: Millis;
  /** SHA-256 (base64url) of the relay's public keys that this identity belongs to. */
  readonly relayPin: string | null;
}

export interface SpendRecord {
  readonly runId: string;
  readonly seq: number;
  readonly round: number;
  readonly steps: number;
  readonly samplingRate: number;
  readonly noiseMultiplier: number;
  readonly at: Millis;
}

export interface PendingUpdate {
  readonly runId: string;
  readonly round: number;
  /** SHA-256 (hex) of participant id, run and round: the same for every resend. */
  readonly updateId: string;
  /** Encoded Update (federation/codec.ts), plaintext; sealed anew for each channel session. */
  readonly bytes: Uint8Array;
}

export interface AdapterSnapshot {
  readonly runId: string;
  readonly version: number;
  readonly sha256: string;
  readonly values: Float32Array;
  readonly at: Millis;
}
