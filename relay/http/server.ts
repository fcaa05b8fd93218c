import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { CHANNEL_PATH, RELAY_KEYS_PATH, UPDATES_PATH } from '../../src/core/federation/endpoints.ts';
import { fail, ok, type Failure, type Result } from '../../src/core/lib/result.ts';
import type { Millis } from '../../src/core/lib/world.ts';
import { readBody } from './body.ts';
import { isHost, securityHeaders } from './headers.ts';
import { createServer, listenFailure, type ServerOptions } from './listen.ts';
import { LiveFeed } from './live.ts';
import { bytes, json, notAllowed, parsePath, refuse } from './reply.ts';
import { IMMUTABLE, type StaticFiles } from './static-files.ts';

/** What the routes need from the relay. Every method is safe to call with hostile input. */
export interface RelayApi {
  /** One line of JSON: RunView. */
  runView(): string;
  /** Public bytes of secure/relay-keys.ts; checked by clients against the pin of the join link. */
  readonly relayKeys: Uint8Array;
  /** Adapter bytes by SHA-256 (hex). */
  adapter(sha256: string): Promise<Result<Uint8Array>>;
  /** Longest sealed update of this run, in bytes. */
  readonly updateBytesMax: number;
  submitUpdate(sealed: Uint8Array): Promise<UploadAnswer>;
  /** A new control socket. `origin`: the host that the client sees, for the handshake's prologue. */
  channel(socket: WebSocket, origin: string): void;
}

export type UploadAnswer =
  /** A sealed acknowledgement (or refusal): only the sender can read it. */
  { readonly sealed: Uint8Array } | { readonly status: 400 | 409 | 425 | 503; readonly error: Failure };

/** 5,000 tabs with a channel and an occasional request each fit (measured: 9 KB a connection). */
const CONNECTIONS_MAX = 12_000;
/** Control sockets; beyond, new tabs are asked to come back. */
const CHANNELS_MAX = 6_000;
/** All uploads in flight together: bounds memory under a burst (5,000 updates of 64 KiB = 320 MiB arrive in two waves). */
const UPLOAD_BYTES_MAX = 256 * 2 ** 20;
/** One control message fits in 1 MiB of plaintext; records add 33 bytes per 64 KiB and the handshake is smaller. */
const FRAME_BYTES_MAX = 2 ** 20 + 1024;
const HEADERS_TIMEOUT_MS: Millis = 10_000;
/** A whole request, body included: 1 MiB in 60 s is slower than any phone in the hall. */
const REQUEST_TIMEOUT_MS: Millis = 60_000;
/** Longer than the heartbeat of proxies and than the pause between two rounds, so that updates reuse the connection. */
const KEEP_ALIVE_MS: Millis = 65_000;
/** A burst of joins after an announcement in a hall. */
const BACKLOG = 4096;

/** One port for pages, API and control sockets. Failures: RELAY_PORT_IN_USE, RELAY_PORT_REFUSED, RELAY_TLS. */
export class RelayServer {
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  readonly #files: StaticFiles;
  readonly #api: RelayApi;
  readonly #options: ServerOptions;
  readonly live: LiveFeed;
  #uploadBytes = 0;
  #uploads = 0;
  #closing = false;

  private constructor(server: Server, files: StaticFiles, api: RelayApi, options: ServerOptions) {
    this.#server = server;
    this.#files = files;
    this.#api = api;
    this.#options = options;
    this.live = new LiveFeed(() => api.runView());
    this.#sockets = new WebSocketServer({
      noServer: true,
      maxPayload: FRAME_BYTES_MAX,
      perMessageDeflate: false,
      clientTracking: true,
    });
    server.maxConnections = CONNECTIONS_MAX;
    server.headersTimeout = HEADERS_TIMEOUT_MS;
    server.requestTimeout = REQUEST_TIMEOUT_MS;
    server.keepAliveTimeout = KEEP_ALIVE_MS;
    server.on('request', (request: IncomingMessage, response: ServerResponse) => void this.#request(request, response));
    server.on('upgrade', (request, socket, head) => {
      this.#upgrade(request, socket as Socket, head);
    });
    // Bytes that are no HTTP: answered and cut, never thrown.
    server.on('clientError', (_error, socket) => {
      if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
      else socket.destroy();
    });
    server.on('tlsClientError', (_error: Error, socket: Socket) => {
      socket.destroy();
    });
  }

  /**
   * The failure that `listen` would meet now, before anything is written: a first start on a port in use must not leave a run
   * behind that the second start would go on with.
   */
  static async check(options: ServerOptions): Promise<Result<null>> {
    const created = await createServer(options);
    if (!created.ok) return created;
    return new Promise((resolve) => {
      created.value.once('error', (error: NodeJS.ErrnoException) => resolve(listenFailure(error, options)));
      created.value.listen({ host: options.host, port: options.port }, () => {
        created.value.close(() => resolve(ok(null)));
      });
    });
  }

  /** Resolves once the port is listening: only now may anybody be told the address. */
  static async listen(files: StaticFiles, api: RelayApi, options: ServerOptions): Promise<Result<RelayServer>> {
    const created = await createServer(options);
    if (!created.ok) return created;
    const relay = new RelayServer(created.value, files, api, options);
    return new Promise((resolve) => {
      created.value.once('error', (error: NodeJS.ErrnoException) => {
        relay.live.close();
        resolve(listenFailure(error, options));
      });
      created.value.listen({ host: options.host, port: options.port, backlog: BACKLOG }, () => {
        created.value.removeAllListeners('error');
        created.value.on('error', () => undefined);
        resolve(ok(relay));
      });
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Updates that are being received or decided. */
  get uploads(): number {
    return this.#uploads;
  }

  /** No new connections, requests or sockets; those in progress go on until `close`. */
  stopAccepting(): void {
    this.#closing = true;
    this.#server.close();
    this.#server.closeIdleConnections();
    this.live.close();
  }

  async close(): Promise<void> {
    this.stopAccepting();
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => {
      if (this.#server.listening) this.#server.close(() => resolve());
      else resolve();
    });
  }

  async #request(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => undefined);
    try {
      const host = request.headers.host;
      if (!isHost(host)) {
        refuse(response, 400, fail('RELAY_HOST', 'the request has no valid Host header').error);
        return;
      }
      const headers = securityHeaders(this.#visibleHost(request, host), this.#tls());
      for (const [name, value] of Object.entries(headers)) if (value !== undefined) response.setHeader(name, value);
      await this.#route(request, response);
    } catch (error) {
      // A bug in one answer must not end the relay for everybody.
      process.stderr.write(`relay: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      if (!response.headersSent) refuse(response, 500, fail('RELAY_INTERNAL', 'the relay made a mistake', true).error);
      else response.destroy();
    }
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parsed = parsePath(request.url ?? '');
    if (parsed === null) return refuse(response, 400, fail('RELAY_PATH', 'the path cannot be read').error);
    const { path, query } = parsed;
    const method = request.method ?? 'GET';
    if (path === UPDATES_PATH) {
      if (method !== 'POST') return notAllowed(response, 'POST');
      return this.#upload(request, response);
    }
    if (method !== 'GET' && method !== 'HEAD') return notAllowed(response, 'GET, HEAD');
    if (path === '/api/run') return json(request, response, 200, this.#api.runView());
    if (path === '/api/live') return this.#follow(response);
    if (path === RELAY_KEYS_PATH) return bytes(request, response, this.#api.relayKeys, 'no-store');
    if (path === '/healthz') return json(request, response, 200, '{"ok":true}');
    if (path.startsWith('/api/adapters/')) return this.#adapter(request, response, path.slice('/api/adapters/'.length));
    const answer = path.startsWith('/api/') ? null : this.#files.answer(path, query, request);
    if (answer === null) return refuse(response, 404, fail('RELAY_NOT_FOUND', 'there is nothing at this path').error);
    response.writeHead(answer.status, answer.headers);
    response.end(method === 'HEAD' ? undefined : (answer.body ?? undefined));
  }

  #follow(response: ServerResponse): void {
    if (this.#closing || !this.live.add(response))
      refuse(response, 503, fail('RELAY_BUSY', 'too many viewers: the page asks again by itself', true).error);
  }

  async #adapter(request: IncomingMessage, response: ServerResponse, sha256: string): Promise<void> {
    const found = await this.#api.adapter(sha256);
    if (!found.ok) return refuse(response, 404, found.error);
    response.setHeader('ETag', `"${sha256}"`);
    bytes(request, response, found.value, IMMUTABLE);
  }

  async #upload(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { updateBytesMax } = this.#api;
    if (this.#closing || this.#uploadBytes + updateBytesMax > Math.max(UPLOAD_BYTES_MAX, updateBytesMax)) {
      response.setHeader('Retry-After', '1');
      response.setHeader('Connection', 'close');
      return refuse(response, 503, fail('RELAY_BUSY', 'too many uploads at once: send it again', true).error);
    }
    this.#uploadBytes += updateBytesMax;
    this.#uploads += 1;
    try {
      const body = await readBody(request, updateBytesMax);
      if (!body.ok) {
        // The rest of the body is not read: the connection cannot be used again.
        response.setHeader('Connection', 'close');
        return refuse(response, body.error.code === 'RELAY_BODY_TOO_LARGE' ? 413 : 400, body.error);
      }
      const answer = await this.#api.submitUpdate(body.value);
      if ('error' in answer) return refuse(response, answer.status, answer.error);
      bytes(request, response, answer.sealed, 'no-store');
    } finally {
      this.#uploadBytes -= updateBytesMax;
      this.#uploads -= 1;
    }
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const refused = this.#refuseUpgrade(request);
    if (refused !== null) {
      socket.end(`HTTP/1.1 ${refused}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    const origin = this.#visibleHost(request, request.headers.host ?? '');
    this.#sockets.handleUpgrade(request, socket, head, (channel) => {
      socket.setNoDelay(true);
      channel.on('error', () => channel.terminate());
      this.#api.channel(channel, origin);
    });
  }

  /** Status line, or null when the socket is welcome. */
  #refuseUpgrade(request: IncomingMessage): string | null {
    if (this.#closing || this.#sockets.clients.size >= CHANNELS_MAX) return '503 Service Unavailable';
    if (parsePath(request.url ?? '')?.path !== CHANNEL_PATH) return '404 Not Found';
    const host = request.headers.host;
    if (!isHost(host)) return '400 Bad Request';
    const { origin } = request.headers;
    // A page of another site must not speak for a tab of ours; programs send no Origin.
    if (origin === undefined) return null;
    const from = URL.canParse(origin) ? new URL(origin).host : null;
    return from === this.#visibleHost(request, host) || from === host.toLowerCase() ? null : '403 Forbidden';
  }

  /** The host in the address bar of the client: a proxy named by --public-url may have put its own into `Host`. */
  #visibleHost(request: IncomingMessage, host: string): string {
    const forwarded = this.#options.publicUrl === null ? undefined : request.headers['x-forwarded-host'];
    return (typeof forwarded === 'string' && isHost(forwarded) ? forwarded : host).toLowerCase();
  }

  #tls(): boolean {
    return this.#options.tls !== null || this.#options.publicUrl?.protocol === 'https:';
  }
}
