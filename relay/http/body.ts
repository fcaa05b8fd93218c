import type { IncomingMessage } from 'node:http';
import { fail, ok, type Result } from '../../src/core/lib/result.ts';

/**
 * Reads a whole request body of at most `bytesMax`. Stops at the first byte beyond.
 *
 * Failures: RELAY_BODY_TOO_LARGE, RELAY_BODY_INCOMPLETE (retry: the sender went away).
 */
export function readBody(request: IncomingMessage, bytesMax: number): Promise<Result<Buffer>> {
  const declared = Number(request.headers['content-length'] ?? 0);
  const tooLarge = (): Result<never> =>
    fail('RELAY_BODY_TOO_LARGE', `the body has more than ${bytesMax} bytes, the largest update of this run`);
  if (declared > bytesMax) return Promise.resolve(tooLarge());
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    let length = 0;
    request.on('data', (part: Buffer) => {
      length += part.length;
      if (length > bytesMax) {
        request.removeAllListeners('data');
        request.pause();
        resolve(tooLarge());
      } else parts.push(part);
    });
    request.once('end', () => {
      resolve(ok(Buffer.concat(parts)));
    });
    const incomplete = (): void => {
      resolve(fail('RELAY_BODY_INCOMPLETE', 'the body ended early: send it again', true));
    };
    request.once('aborted', incomplete);
    request.once('error', incomplete);
    request.once('close', incomplete);
  });
}
