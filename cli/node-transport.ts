import { WebSocket } from 'ws';
import type { Transport } from '../src/core/vault/ports.ts';
import { createTransport, type SocketLike } from '../src/platform/web-transport.ts';

/** Node 20 has fetch but no WebSocket of its own. Records are incompressible, so deflate would only cost memory. */
export function createNodeTransport(): Transport {
  return createTransport((url) => new WebSocket(url, { perMessageDeflate: false }) as unknown as SocketLike);
}
