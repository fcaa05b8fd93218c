import type { Prng } from '../src/core/lib/prng.ts';
import type { Faults } from './plan.ts';
import type { VirtualTime } from './virtual-time.ts';

/** One channel between a tab and the relay. Each end closes for itself: the other may learn it late or never. */
export interface Connection {
  readonly id: string;
  readonly participantId: string;
  /** `spoiled`: the seal would not open on it, so only a refusal may come of it. */
  readonly toRelay: (bytes: Uint8Array, spoiled: boolean) => void;
  readonly toTab: (bytes: Uint8Array, spoiled: boolean) => void;
  readonly onTabClosed: () => void;
  readonly onRelayClosed: () => void;
  tabOpen: boolean;
  relayOpen: boolean;
  /** Looks open and delivers nothing. */
  blackHole: boolean;
  upAt: number;
  downAt: number;
}

export interface NetworkCounts {
  frames: number;
  bytes: number;
  dropped: number;
  duplicated: number;
  malformed: number;
}

/** Delays, loses, repeats, reorders and spoils what is sent, from the seed. Without faults it is ordered and reliable. */
export class Network {
  readonly counts: NetworkCounts = { frames: 0, bytes: 0, dropped: 0, duplicated: 0, malformed: 0 };
  readonly #time: VirtualTime;
  readonly #prng: Prng;
  readonly #faults: Faults;

  constructor(time: VirtualTime, prng: Prng, faults: Faults) {
    this.#time = time;
    this.#prng = prng;
    this.#faults = faults;
  }

  get troubled(): boolean {
    return this.#time.now < this.#faults.untilMs;
  }

  /** True with this probability while faults last. */
  happens(probability: number): boolean {
    return probability > 0 && this.troubled && this.#prng.float() < probability;
  }

  delay(): number {
    const { delayMs, slow } = this.#faults;
    const base = 1 + this.#prng.below(Math.max(1, Math.round(delayMs)));
    return this.happens(slow / 10) ? base + this.#prng.below(5000) : base;
  }

  up(connection: Connection, bytes: Uint8Array): void {
    this.#frame(connection, 'up', bytes);
  }

  down(connection: Connection, bytes: Uint8Array): void {
    this.#frame(connection, 'down', bytes);
  }

  #frame(connection: Connection, way: 'up' | 'down', bytes: Uint8Array): void {
    this.counts.frames += 1;
    this.counts.bytes += bytes.length;
    const { frameDrop, frameDuplicate, frameMalformed, frameReorder } = this.#faults;
    if (connection.blackHole) {
      this.counts.dropped += 1;
      return;
    }
    // A record that is missing or out of order does not open, and the channel ends (docs/SPEC-CHANNEL.md).
    if (this.happens(frameDrop) || this.happens(frameReorder)) {
      this.counts.dropped += 1;
      this.cut(connection);
      return;
    }
    if (this.happens(frameMalformed)) {
      this.counts.malformed += 1;
      this.#deliver(connection, way, this.spoil(bytes), true);
    }
    if (this.happens(frameDuplicate)) {
      this.counts.duplicated += 1;
      this.#deliver(connection, way, bytes, false);
    }
    this.#deliver(connection, way, bytes, false);
  }

  #deliver(connection: Connection, way: 'up' | 'down', bytes: Uint8Array, spoiled: boolean): void {
    const { now } = this.#time;
    const at = Math.max(now + this.delay(), way === 'up' ? connection.upAt : connection.downAt);
    if (way === 'up') connection.upAt = at;
    else connection.downAt = at;
    this.#time.after(at - now, () => {
      if (way === 'up' && connection.relayOpen) connection.toRelay(bytes, spoiled);
      if (way === 'down' && connection.tabOpen) connection.toTab(bytes, spoiled);
    });
  }

  spoil(bytes: Uint8Array): Uint8Array {
    const prng = this.#prng;
    if (prng.below(3) === 0) return bytes.slice(0, prng.below(bytes.length));
    const out = bytes.slice();
    for (let n = 1 + prng.below(3); n > 0; n--) out[prng.below(out.length)] = prng.below(256);
    return out;
  }

  /** The connection breaks; each end learns it in its own time. */
  cut(connection: Connection): void {
    this.#time.after(this.delay(), () => {
      if (!connection.tabOpen) return;
      connection.tabOpen = false;
      connection.onTabClosed();
    });
    this.#time.after(this.delay(), () => {
      if (!connection.relayOpen) return;
      connection.relayOpen = false;
      connection.onRelayClosed();
    });
  }

  /** One end closes; the other hears of it after a delay, unless nothing gets through. */
  close(connection: Connection, by: 'tab' | 'relay'): void {
    if (by === 'tab') connection.tabOpen = false;
    else connection.relayOpen = false;
    if (connection.blackHole) return;
    this.#time.after(this.delay(), () => {
      if (by === 'tab' && connection.relayOpen) {
        connection.relayOpen = false;
        connection.onRelayClosed();
      } else if (by === 'relay' && connection.tabOpen) {
        connection.tabOpen = false;
        connection.onTabClosed();
      }
    });
  }
}
