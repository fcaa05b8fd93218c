import type { Result } from '../lib/result.ts';
import type { Millis } from '../lib/world.ts';
import type { VaultStore } from '../storage/vault-store.ts';

/**
 * The way to the relay. Browser: platform/web-transport.ts; Node: cli/node-transport.ts. Failures: NET_UNREACHABLE,
 * NET_TIMEOUT, NET_CANCELLED, NET_TOO_LARGE, all retryable except the last.
 */
export interface Transport {
  /** Opens one ordered channel of binary messages. Resolves once it is open. */
  openChannel(url: string, options: ChannelOptions): Promise<Result<Channel>>;
  /** Every HTTP status is a success here; only a missing or oversized answer is a failure. */
  post(url: string, body: Uint8Array, options: RequestOptions): Promise<Result<HttpAnswer>>;
  get(url: string, options: RequestOptions): Promise<Result<HttpAnswer>>;
}

export interface ChannelOptions {
  readonly timeoutMs: Millis;
  readonly signal: AbortSignal;
  /** Larger messages close the channel. */
  readonly messageBytesMax: number;
  readonly onMessage: (bytes: Uint8Array) => void;
  /** Exactly once per opened channel, also after `close`. */
  readonly onClose: (reason: string) => void;
}

export interface Channel {
  /** Messages sent after the close are dropped; `onClose` has told. */
  send(bytes: Uint8Array): void;
  /** Bytes handed over but not yet on the wire. */
  readonly bufferedBytes: number;
  close(): void;
}

export interface RequestOptions {
  readonly timeoutMs: Millis;
  readonly signal: AbortSignal;
  readonly answerBytesMax: number;
  /** Called while the body arrives; `total` is null where the server did not say. */
  readonly onProgress?: (loaded: number, total: number | null) => void;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: Uint8Array;
}

export interface OpenedStore {
  readonly store: VaultStore;
  /** Why it is not durable, as a sentence; null if it is. */
  readonly notice: string | null;
}

/** Opens the storage compartment of one identity. `notice` may be called at any later time. */
export type OpenStore = (identity: string, notice: (sentence: string) => void) => Promise<Result<OpenedStore>>;
