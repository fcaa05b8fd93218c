/** The host, injected. Core code never touches a clock, a timer or a random source of its own. */

/** Milliseconds since 1970-01-01T00:00Z, or a duration. */
export type Millis = number;

export interface Clock {
  /** Wall clock: may jump in either direction. Use for what people read and for deadlines shared with others. */
  now(): Millis;
  /** Monotonic, arbitrary origin. Use for durations. */
  monotonic(): Millis;
  /** Resolves after `delayMs`, or rejects with the signal's reason. Never waits for ever: `delayMs` is finite. */
  sleep(delayMs: Millis, signal?: AbortSignal): Promise<void>;
}

/** A source of random bytes. In production it is `crypto.getRandomValues`; in tests and `sim` a seeded generator. */
export interface Rng {
  fill(bytes: Uint8Array): void;
}

export type Unsubscribe = () => void;
