import { fail, ok, type Result } from '../core/lib/result.ts';
import type { Channel, ChannelOptions, Transport } from '../core/vault/ports.ts';
import { httpRequest } from './http.ts';

/** What browsers' WebSocket and the one of the ws package have in common. */
export interface SocketLike {
  binaryType: string;
  readonly bufferedAmount: number;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null;
  onerror: ((event: never) => void) | null;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(code?: number): void;
}

/** Transport over fetch and WebSocket. `openSocket` makes a socket; the default is the host's own. */
export function createTransport(openSocket: (url: string) => SocketLike = hostSocket): Transport {
  return {
    openChannel: (url, options) => openChannel(openSocket, url, options),
    post: (url, body, options) => httpRequest(url, body as Uint8Array<ArrayBuffer>, options),
    get: (url, options) => httpRequest(url, null, options),
  };
}

function hostSocket(url: string): SocketLike {
  return new WebSocket(url) as SocketLike;
}

function openChannel(
  openSocket: (url: string) => SocketLike,
  url: string,
  options: ChannelOptions,
): Promise<Result<Channel>> {
  if (options.signal.aborted) return Promise.resolve(cancelled());
  return new Promise((resolve) => {
    let socket: SocketLike;
    try {
      socket = openSocket(url);
    } catch (error) {
      resolve(fail('NET_UNREACHABLE', `no socket to the relay: ${error instanceof Error ? error.message : 'refused'}`));
      return;
    }
    let state: 'opening' | 'open' | 'closed' = 'opening';
    socket.binaryType = 'arraybuffer';
    const end = (failure: Result<never>, reason: string): void => {
      if (state === 'closed') return;
      const wasOpen = state === 'open';
      state = 'closed';
      clearTimeout(timer);
      options.signal.removeEventListener('abort', onAbort);
      socket.close();
      if (wasOpen) options.onClose(reason);
      else resolve(failure);
    };
    const onAbort = (): void => end(cancelled(), 'closed by this tab');
    const onTimeout = (): void =>
      end(fail('NET_TIMEOUT', `no connection to the relay within ${options.timeoutMs / 1000} s`, true), 'timeout');
    const timer = setTimeout(onTimeout, options.timeoutMs);
    options.signal.addEventListener('abort', onAbort, { once: true });
    socket.onopen = () => {
      clearTimeout(timer);
      if (state !== 'opening') return;
      state = 'open';
      resolve(ok(channelOver(socket, () => state === 'open', onAbort)));
    };
    socket.onmessage = ({ data }) => {
      if (state !== 'open') return;
      if (!(data instanceof ArrayBuffer) || data.byteLength > options.messageBytesMax) {
        end(
          cancelled(),
          `the relay sent something other than a binary message of at most ${options.messageBytesMax} bytes`,
        );
        return;
      }
      options.onMessage(new Uint8Array(data));
    };
    const unreachable = fail('NET_UNREACHABLE', 'the relay cannot be reached; this tab tries again', true);
    socket.onclose = ({ code, reason }) => end(unreachable, `connection closed (${code}${reason && `, ${reason}`})`);
    socket.onerror = () => end(unreachable, 'connection failed');
  });
}

function channelOver(socket: SocketLike, isOpen: () => boolean, close: () => void): Channel {
  return {
    send: (bytes) => {
      if (isOpen()) socket.send(bytes as Uint8Array<ArrayBuffer>);
    },
    get bufferedBytes() {
      return socket.bufferedAmount;
    },
    close,
  };
}

function cancelled(): Result<never> {
  return fail('NET_CANCELLED', 'the connection was given up', true);
}
