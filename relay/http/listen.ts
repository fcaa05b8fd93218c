import { readFile } from 'node:fs/promises';
import http, { type Server } from 'node:http';
import https from 'node:https';
import { fail, ok, type Result } from '../../src/core/lib/result.ts';

export interface ServerOptions {
  readonly host: string;
  readonly port: number;
  /** PEM files. */
  readonly tls: { readonly certPath: string; readonly keyPath: string } | null;
  /** Behind a proxy: where the world sees this relay. Null: `Host` is what the world sees. */
  readonly publicUrl: URL | null;
}

/** Failure RELAY_TLS: the certificate files cannot be used. */
export async function createServer(options: ServerOptions): Promise<Result<Server>> {
  // 16 KiB of headers is Node's default, named here because it is a limit.
  const limits = { maxHeaderSize: 16_384, connectionsCheckingInterval: 5_000, noDelay: true };
  if (options.tls === null) return ok(http.createServer(limits));
  try {
    const [cert, key] = await Promise.all([readFile(options.tls.certPath), readFile(options.tls.keyPath)]);
    return ok(https.createServer({ ...limits, cert, key, minVersion: 'TLSv1.2' }));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return fail('RELAY_TLS', `the certificate or key cannot be used (${why}): --tls-cert and --tls-key name PEM files`);
  }
}

export function listenFailure(error: NodeJS.ErrnoException, options: ServerOptions): Result<never> {
  if (error.code === 'EADDRINUSE')
    return fail(
      'RELAY_PORT_IN_USE',
      `port ${options.port} is in use: stop the other program, or choose another with --port`,
    );
  return fail(
    'RELAY_PORT_REFUSED',
    `cannot listen on ${options.host} port ${options.port} (${error.message}): choose others with --host and --port`,
  );
}
