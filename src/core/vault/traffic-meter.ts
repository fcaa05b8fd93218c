import type { VaultEvent } from '../contracts/vault-service.ts';
import type { Millis } from '../lib/world.ts';

type TrafficEvent = Extract<VaultEvent, { type: 'traffic' }>;

/** A panel is read by people; the worker's border costs something. */
const EVERY_MS: Millis = 1_000;

/** Counts bytes on the wire, and tells when there is something new, at most once a second. */
export class TrafficMeter {
  #sentBytes = 0;
  #receivedBytes = 0;
  #told = '';
  #toldMono: Millis = -Infinity;

  count(sent: number, received: number): void {
    this.#sentBytes += sent;
    this.#receivedBytes += received;
  }

  /** null: nothing new, or too soon. */
  news(mono: Millis, queued: number, roundTripMs: Millis | null): TrafficEvent | null {
    if (mono - this.#toldMono < EVERY_MS) return null;
    const event: TrafficEvent = {
      type: 'traffic',
      sentBytes: this.#sentBytes,
      receivedBytes: this.#receivedBytes,
      queued,
      roundTripMs,
    };
    const text = JSON.stringify(event);
    if (text === this.#told) return null;
    this.#told = text;
    this.#toldMono = mono;
    return event;
  }
}
