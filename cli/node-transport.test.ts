import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unwrap } from '../src/core/lib/result.ts';
import { createNodeTransport } from './node-transport.ts';

let server: Server;
let sockets: WebSocketServer;
let origin = '';
const transport = createNodeTransport();
const never = new AbortController().signal;

beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === '/slow') return;
    if (request.url === '/echo') request.pipe(response);
    else if (request.url === '/missing') response.writeHead(404).end('no');
    else response.end(Buffer.alloc(1000, 7));
  });
  sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => {
    socket.on('message', (data: Buffer) => {
      if (data[0] === 0) socket.close(1001);
      else if (data[0] === 1) socket.send('text');
      else socket.send(data);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  sockets.close();
  server.closeAllConnections();
  server.close();
});

interface Open {
  readonly channel: { send(bytes: Uint8Array): void; close(): void };
  readonly messages: Uint8Array[];
  readonly closed: Promise<string>;
}

async function open(messageBytesMax = 100): Promise<Open> {
  const messages: Uint8Array[] = [];
  let onClose: (reason: string) => void = () => undefined;
  const closed = new Promise<string>((resolve) => {
    onClose = resolve;
  });
  const channel = unwrap(
    await transport.openChannel(`ws://${origin}`, {
      timeoutMs: 2000,
      signal: never,
      messageBytesMax,
      onMessage: (bytes) => messages.push(bytes),
      onClose,
    }),
  );
  return { channel, messages, closed };
}

describe('transport over real sockets', () => {
  it('carries bytes both ways and closes once', async () => {
    const { channel, messages, closed } = await open();
    channel.send(Uint8Array.of(9, 8));
    await expect.poll(() => messages).toEqual([Uint8Array.of(9, 8)]);
    channel.close();
    channel.send(Uint8Array.of(9));
    expect(await closed).toContain('this tab');
  });

  it('tells when the other side closes, sends text, or sends too much', async () => {
    const gone = await open();
    gone.channel.send(Uint8Array.of(0));
    expect(await gone.closed).toContain('1001');
    const text = await open();
    text.channel.send(Uint8Array.of(1));
    expect(await text.closed).toContain('binary');
    const large = await open(3);
    large.channel.send(Uint8Array.of(2, 2, 2, 2));
    expect(await large.closed).toContain('at most 3 bytes');
  });

  it('fails within its deadline, on cancel, and where nobody listens', async () => {
    const options = { timeoutMs: 50, signal: never, answerBytesMax: 10_000 };
    expect(await transport.get(`http://${origin}/slow`, options)).toMatchObject({ error: { code: 'NET_TIMEOUT' } });
    const controller = new AbortController();
    const slow = transport.get(`http://${origin}/slow`, { ...options, timeoutMs: 5000, signal: controller.signal });
    controller.abort();
    expect(await slow).toMatchObject({ error: { code: 'NET_CANCELLED' } });
    expect(await transport.get('http://127.0.0.1:9/x', { ...options, timeoutMs: 2000 })).toMatchObject({
      error: { code: 'NET_UNREACHABLE', retry: true },
    });
    const channel = { timeoutMs: 2000, signal: never, messageBytesMax: 9, onMessage: () => null, onClose: () => null };
    expect(await transport.openChannel('ws://127.0.0.1:9', channel)).toMatchObject({ ok: false });
  });

  it('posts and gets bytes, hands over any status, and bounds the answer', async () => {
    const options = { timeoutMs: 2000, signal: never, answerBytesMax: 1000 };
    const body = Uint8Array.of(1, 2, 3);
    expect(unwrap(await transport.post(`http://${origin}/echo`, body, options))).toEqual({ status: 200, body });
    expect(unwrap(await transport.get(`http://${origin}/missing`, options)).status).toBe(404);
    expect(unwrap(await transport.get(`http://${origin}/`, options)).body).toHaveLength(1000);
    expect(await transport.get(`http://${origin}/`, { ...options, answerBytesMax: 999 })).toMatchObject({
      error: { code: 'NET_TOO_LARGE' },
    });
  });
});
