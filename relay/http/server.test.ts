import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import http from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { fail, ok, unwrap } from '../../src/core/lib/result.ts';
import { RelayServer, type RelayApi, type UploadAnswer } from './server.ts';
import { StaticFiles } from './static-files.ts';

const root = mkdtempSync(join(tmpdir(), 'plaquette-http-'));
const SCRIPT = 'export const text = "plaquette";'.repeat(50);
const ADAPTER = new Uint8Array([1, 2, 3, 4]);
const ADAPTER_SHA = createHash('sha256').update(ADAPTER).digest('hex');
let view = { round: 0 };
let uploads: Uint8Array[] = [];
let answer: UploadAnswer = { sealed: new Uint8Array([9]) };
let origins: string[] = [];

const api: RelayApi = {
  runView: () => JSON.stringify(view),
  relayKeys: new Uint8Array([7, 7]),
  adapter: async (sha) => (sha === ADAPTER_SHA ? ok(ADAPTER) : fail('RELAY_BLOB_MISSING', 'no such adapter')),
  updateBytesMax: 1000,
  submitUpdate: async (sealed) => {
    uploads.push(sealed);
    return answer;
  },
  channel: (socket, origin) => {
    origins.push(origin);
    socket.on('message', (data) => {
      socket.send(data as Buffer);
    });
  },
};

let server: RelayServer;
let base = '';

beforeAll(async () => {
  const web = join(root, 'web');
  mkdirSync(join(web, 'assets'), { recursive: true });
  mkdirSync(join(web, 'models', 'm'), { recursive: true });
  writeFileSync(join(root, 'secret.txt'), 'outside');
  writeFileSync(join(web, 'index.html'), '<!doctype html><title>tab</title>');
  writeFileSync(join(web, 'audience.html'), '<!doctype html><title>hall</title>');
  writeFileSync(join(web, 'robots.txt'), 'User-agent: *\n');
  writeFileSync(join(web, '.hidden'), 'no');
  writeFileSync(join(web, 'assets', 'a-1234.js'), SCRIPT);
  writeFileSync(join(web, 'assets', 'a-1234.js.br'), brotliCompressSync(SCRIPT));
  writeFileSync(join(web, 'assets', 'a-1234.js.gz'), gzipSync(SCRIPT));
  writeFileSync(join(web, 'assets', 'k.wasm'), new Uint8Array([0, 97, 115, 109]));
  writeFileSync(join(web, 'models', 'm', 'model.safetensors'), 'weights');
  const files = unwrap(await StaticFiles.load(web));
  server = unwrap(await RelayServer.listen(files, api, { host: '127.0.0.1', port: 0, tls: null, publicUrl: null }));
  base = `http://127.0.0.1:${server.port}`;
});

afterAll(async () => {
  await server.close();
  rmSync(root, { recursive: true, force: true });
});

/** fetch normalises paths and hides encodings: this does not. */
function raw(
  path: string,
  options: http.RequestOptions = {},
): Promise<{ status: number; headers: http.IncomingHttpHeaders; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const request = http.request(
      { host: '127.0.0.1', port: server.port, path, agent: false, ...options },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) });
        });
      },
    );
    request.on('error', reject);
    request.end();
  });
}

describe('pages', () => {
  it.each([
    ['/', 'tab', 'text/html; charset=utf-8'],
    ['/audience', 'hall', 'text/html; charset=utf-8'],
    ['/robots.txt', 'User-agent', 'text/plain; charset=utf-8'],
    ['/assets/k.wasm', '\0asm', 'application/wasm'],
    ['/assets/a-1234.js', 'plaquette', 'text/javascript; charset=utf-8'],
  ])('serves %s', async (path, text, type) => {
    const got = await raw(path);
    expect(got.status).toBe(200);
    expect(got.headers['content-type']).toBe(type);
    expect(got.body.toString()).toContain(text);
  });

  it.each(['/', '/assets/a-1234.js', '/api/run', '/nothing', '/api/relay-keys', '/healthz'])(
    'sends the security headers with %s',
    async (path) => {
      const { headers } = await raw(path);
      expect(headers['cross-origin-opener-policy']).toBe('same-origin');
      expect(headers['cross-origin-embedder-policy']).toBe('require-corp');
      expect(headers['cross-origin-resource-policy']).toBe('same-origin');
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['referrer-policy']).toBe('no-referrer');
      expect(headers['permissions-policy']).toContain('camera=()');
      expect(headers['strict-transport-security']).toBeUndefined();
      const policy = headers['content-security-policy'] ?? '';
      expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval';");
      expect(policy).toContain(`ws://127.0.0.1:${server.port} wss://127.0.0.1:${server.port}`);
      expect(policy).toContain("require-trusted-types-for 'script'; trusted-types plaquette");
      expect(policy).not.toContain('unsafe-inline');
      expect(policy).not.toContain("'unsafe-eval'");
    },
  );

  it('keeps hashed files for ever and asks again for the rest', async () => {
    expect((await raw('/assets/a-1234.js')).headers['cache-control']).toContain('immutable');
    expect((await raw('/')).headers['cache-control']).toBe('no-cache');
    expect((await raw('/models/m/model.safetensors')).headers['cache-control']).toBe('no-cache');
    const sha = createHash('sha256').update('weights').digest('hex');
    const named = await raw(`/models/m/model.safetensors?sha256=${sha}`);
    expect(named.headers['cache-control']).toContain('immutable');
  });

  it('answers 304 to the tag that it gave', async () => {
    const first = await raw('/');
    const again = await raw('/', { headers: { 'if-none-match': `"other", ${first.headers.etag}` } });
    expect(again.status).toBe(304);
    expect(again.body).toHaveLength(0);
    expect((await raw('/', { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
  });

  it('sends the compressed form that the client accepts', async () => {
    const accept = (encoding: string) => raw('/assets/a-1234.js', { headers: { 'accept-encoding': encoding } });
    const br = await accept('gzip, deflate, br');
    expect(br.headers['content-encoding']).toBe('br');
    expect(br.body).toEqual(brotliCompressSync(SCRIPT));
    expect((await accept('gzip')).headers['content-encoding']).toBe('gzip');
    expect((await accept('br;q=0, gzip;q=0')).headers['content-encoding']).toBeUndefined();
    expect((await accept('')).body.toString()).toBe(SCRIPT);
    expect(br.headers.etag).not.toBe((await accept('gzip')).headers.etag);
  });

  it.each([
    '/../secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/assets/../../secret.txt',
    '/assets/..%5c..%5csecret.txt',
    '//secret.txt',
    '/.hidden',
    '/assets',
    '/assets/',
    '/assets/a-1234.js.br',
    '/index.html%00.txt',
    '/api/adapters/..%2f..%2fsecret.txt',
    '/api/unknown',
  ])('has nothing at %s', async (path) => {
    const got = await raw(path);
    expect(got.status).toBe(404);
    expect(got.body.toString()).not.toContain('outside');
  });

  it.each(['/%', `/${'a'.repeat(3000)}`])('refuses the unreadable path %s', async (path) => {
    expect((await raw(path)).status).toBe(400);
  });

  it('answers HEAD without a body and other methods with 405', async () => {
    const head = await raw('/', { method: 'HEAD' });
    expect([head.status, head.body.length, Number(head.headers['content-length']) > 0]).toEqual([200, 0, true]);
    const posted = await raw('/', { method: 'POST' });
    expect([posted.status, posted.headers.allow]).toEqual([405, 'GET, HEAD']);
    expect((await raw('/api/updates')).headers.allow).toBe('POST');
  });

  it('does not copy a strange Host into the policy', async () => {
    const got = await raw('/', { headers: { host: "x; script-src 'unsafe-inline'" } });
    expect(got.status).toBe(400);
    expect(got.headers['content-security-policy']).toBeUndefined();
  });

  it('says what to do where the pages were not built', async () => {
    const loaded = await StaticFiles.load(join(root, 'nowhere'));
    expect(loaded).toMatchObject({ error: { code: 'RELAY_PAGES_MISSING' } });
    expect(!loaded.ok && loaded.error.message).toContain('npm run build');
  });
});

describe('api', () => {
  it('gives run, keys, adapters and health', async () => {
    view = { round: 3 };
    expect(JSON.parse((await raw('/api/run')).body.toString())).toEqual({ round: 3 });
    expect([...(await raw('/api/relay-keys')).body]).toEqual([7, 7]);
    expect(JSON.parse((await raw('/healthz')).body.toString())).toEqual({ ok: true });
    const adapter = await raw(`/api/adapters/${ADAPTER_SHA}`);
    expect([...adapter.body]).toEqual([1, 2, 3, 4]);
    expect(adapter.headers['cache-control']).toContain('immutable');
    expect((await raw('/api/adapters/zz')).status).toBe(404);
  });

  it('hands an update over and returns the sealed answer', async () => {
    uploads = [];
    answer = { sealed: new Uint8Array([1, 2]) };
    const response = await fetch(`${base}/api/updates`, { method: 'POST', body: new Uint8Array(1000).fill(5) });
    expect(response.status).toBe(200);
    expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([1, 2]);
    expect(uploads.map((u) => u.length)).toEqual([1000]);
  });

  it.each([400, 409, 425, 503] as const)('passes on a refusal with status %d as JSON', async (status) => {
    answer = { status, error: fail('FED_X', 'what to do', true).error };
    const response = await fetch(`${base}/api/updates`, { method: 'POST', body: 'x' });
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ error: { code: 'FED_X', message: 'what to do', retry: true } });
  });

  it('refuses a body that is too long, declared or not, before it is all here', async () => {
    uploads = [];
    const declared = await fetch(`${base}/api/updates`, { method: 'POST', body: new Uint8Array(1001) });
    expect(declared.status).toBe(413);
    const streamed = await fetch(`${base}/api/updates`, {
      method: 'POST',
      duplex: 'half',
      body: new ReadableStream<Uint8Array>({
        pull(controller) {
          controller.enqueue(new Uint8Array(400));
        },
      }),
    } as RequestInit).then(
      (response) => response.status,
      () => 413, // the relay may cut the connection while the client still writes
    );
    expect(streamed).toBe(413);
    expect(uploads).toEqual([]);
    expect((await raw('/healthz')).status).toBe(200);
  });

  it('survives bytes that are no HTTP and a body that ends early', async () => {
    for (const bytes of [
      '\x00\x01\x02\r\n\r\n',
      'POST /api/updates HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\nabc',
    ]) {
      await new Promise<void>((resolve) => {
        const socket = connect(server.port, '127.0.0.1', () => {
          socket.write(bytes, 'latin1');
          setTimeout(() => {
            socket.destroy();
            resolve();
          }, 50);
        });
        socket.on('error', () => undefined);
      });
    }
    expect((await raw('/healthz')).status).toBe(200);
  });
});

describe('live feed', () => {
  it('sends the picture at once and again on change, at most four times a second', async () => {
    view = { round: 1 };
    const response = await fetch(`${base}/api/live`);
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const reader = response.body!.getReader();
    const seen: number[] = [];
    const started = performance.now();
    const changes = setInterval(() => {
      view = { round: view.round + 1 };
      server.live.changed();
    }, 10);
    let buffer = '';
    while (performance.now() - started < 1100) {
      const { value } = await reader.read();
      buffer += new TextDecoder().decode(value);
      for (const match of buffer.matchAll(/data: (.*)\n\n/g)) seen.push((JSON.parse(match[1]!) as typeof view).round);
      buffer = buffer.slice(buffer.lastIndexOf('\n\n') + 2);
    }
    clearInterval(changes);
    await reader.cancel();
    expect(seen[0]).toBe(1);
    expect(seen.length).toBeGreaterThanOrEqual(3);
    expect(seen.length).toBeLessThanOrEqual(7);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  });
});

describe('control socket', () => {
  const open = (path: string, headers: Record<string, string> = {}): Promise<string> =>
    new Promise((resolve) => {
      const socket = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, { headers });
      socket.on('open', () => {
        socket.send('hi');
      });
      socket.on('message', (data) => {
        resolve((data as Buffer).toString());
        socket.terminate();
      });
      socket.on('unexpected-response', (_request, response) => {
        resolve(String(response.statusCode));
      });
      socket.on('error', () => undefined);
    });

  it('opens for programs and for pages of this relay, not for other sites', async () => {
    origins = [];
    expect(await open('/api/channel')).toBe('hi');
    expect(await open('/api/channel', { origin: base })).toBe('hi');
    expect(await open('/api/channel', { origin: 'https://evil.example' })).toBe('403');
    expect(await open('/api/channel', { origin: 'null' })).toBe('403');
    expect(await open('/elsewhere')).toBe('404');
    expect(origins).toEqual([`127.0.0.1:${server.port}`, `127.0.0.1:${server.port}`]);
  });

  it('cuts a frame over the limit and lives on', async () => {
    const code = await new Promise<number>((resolve) => {
      const socket = new WebSocket(`ws://127.0.0.1:${server.port}/api/channel`);
      socket.on('open', () => {
        socket.send(new Uint8Array(2 ** 20 + 2048));
      });
      socket.on('close', resolve);
      socket.on('error', () => undefined);
    });
    expect([1006, 1009]).toContain(code);
    expect((await raw('/healthz')).status).toBe(200);
  });
});

describe('port', () => {
  it('says what to do when it is in use', async () => {
    const files = unwrap(await StaticFiles.load(join(root, 'web')));
    const options = { host: '127.0.0.1', port: server.port, tls: null, publicUrl: null };
    const second = await RelayServer.listen(files, api, options);
    expect(second).toMatchObject({ error: { code: 'RELAY_PORT_IN_USE' } });
    expect(!second.ok && second.error.message).toContain('--port');
  });

  it('names certificate and key when they cannot be read', async () => {
    const files = unwrap(await StaticFiles.load(join(root, 'web')));
    const tls = { certPath: join(root, 'no.pem'), keyPath: join(root, 'no.key') };
    const started = await RelayServer.listen(files, api, { host: '127.0.0.1', port: 0, tls, publicUrl: null });
    expect(started).toMatchObject({ error: { code: 'RELAY_TLS' } });
  });
});
