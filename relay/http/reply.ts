import type { IncomingMessage, ServerResponse } from 'node:http';
import { fail, type Failure } from '../../src/core/lib/result.ts';

/** Our longest path has 100 characters. */
const URL_CHARS_MAX = 2048;

/** Path decoded, query apart; null where it cannot be read. */
export function parsePath(url: string): { readonly path: string; readonly query: URLSearchParams } | null {
  if (url.length > URL_CHARS_MAX || !url.startsWith('/')) return null;
  const [path = '', query = ''] = url.split('?', 2);
  try {
    return { path: decodeURIComponent(path), query: new URLSearchParams(query) };
  } catch {
    return null;
  }
}

export function json(request: IncomingMessage, response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Cache-Control': 'no-store',
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

export function bytes(request: IncomingMessage, response: ServerResponse, body: Uint8Array, cache: string): void {
  response.writeHead(200, {
    'Content-Type': 'application/octet-stream',
    'Cache-Control': cache,
    'Content-Length': body.length,
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

export function notAllowed(response: ServerResponse, allow: string): void {
  response.setHeader('Allow', allow);
  refuse(response, 405, fail('RELAY_METHOD', `this path takes ${allow}`).error);
}

export function refuse(response: ServerResponse, status: number, error: Failure): void {
  const body = JSON.stringify({ error });
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Cache-Control': 'no-store',
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(body);
}
