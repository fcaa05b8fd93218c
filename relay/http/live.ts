import type { ServerResponse } from 'node:http';
import type { Millis } from '../../src/core/lib/world.ts';

/** At most four pictures a second: faster than people read, slow enough for 500 viewers on one core. */
const INTERVAL_MS: Millis = 250;
/** Proxies drop silent streams after 30 to 60 s. */
const HEARTBEAT_MS: Millis = 15_000;
/** Each viewer is a socket and a buffer; a hall needs one, a curious crowd some hundreds. */
const VIEWERS_MAX = 512;
/** A viewer with this much unsent is gone or too slow: it is cut and reconnects by itself (EventSource). */
const BACKLOG_BYTES_MAX = 1 << 20;

/** Server-sent events (HTML standard, section 9.2): the whole picture again on every change, so a missed one does no harm. */
export class LiveFeed {
  readonly #snapshot: () => string;
  readonly #viewers = new Set<ServerResponse>();
  readonly #heartbeat: NodeJS.Timeout;
  #timer: NodeJS.Timeout | null = null;
  #lastAt = -Infinity;

  /** `snapshot` gives one line of JSON. */
  constructor(snapshot: () => string) {
    this.#snapshot = snapshot;
    this.#heartbeat = setInterval(() => {
      this.#send(': still here\n\n');
    }, HEARTBEAT_MS);
    this.#heartbeat.unref();
  }

  get viewers(): number {
    return this.#viewers.size;
  }

  /** Takes over the response, whose head has not been written. False: there are too many viewers. */
  add(response: ServerResponse): boolean {
    if (this.#viewers.size >= VIEWERS_MAX) return false;
    response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-store' });
    // Reconnect after 1 s.
    response.write(`retry: 1000\n\n${frame(this.#snapshot())}`);
    this.#viewers.add(response);
    response.once('close', () => this.#viewers.delete(response));
    response.on('error', () => this.#viewers.delete(response));
    return true;
  }

  /** Something changed: the viewers hear of it now, or at the end of the present interval. */
  changed(): void {
    if (this.#timer !== null || this.#viewers.size === 0) return;
    const wait = Math.max(0, this.#lastAt + INTERVAL_MS - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#lastAt = performance.now();
      this.#send(frame(this.#snapshot()));
    }, wait);
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#heartbeat);
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const viewer of this.#viewers) viewer.end();
    this.#viewers.clear();
  }

  #send(text: string): void {
    for (const viewer of this.#viewers) {
      if (viewer.writableLength > BACKLOG_BYTES_MAX) viewer.destroy();
      else viewer.write(text);
    }
  }
}

function frame(json: string): string {
  return `data: ${json}\n\n`;
}
