import { fail, ok, type Result } from '../core/lib/result.ts';
import type { HttpAnswer, RequestOptions } from '../core/vault/ports.ts';

/** One request over the host's fetch, with a deadline for the whole exchange and a bound on the answer. */
export async function httpRequest(
  url: string,
  body: Uint8Array<ArrayBuffer> | null,
  options: RequestOptions,
): Promise<Result<HttpAnswer>> {
  const deadline = AbortSignal.timeout(options.timeoutMs);
  const signal = AbortSignal.any([deadline, options.signal]);
  try {
    const init: RequestInit = body === null ? { method: 'GET' } : { method: 'POST', body, headers: OCTETS };
    const response = await fetch(url, { ...init, signal, credentials: 'omit', redirect: 'error' });
    const bytes = await readAll(response, options);
    if (bytes === null)
      return fail('NET_TOO_LARGE', `${path(url)} answered with more than ${options.answerBytesMax} bytes`);
    return ok({ status: response.status, body: bytes });
  } catch (error) {
    if (options.signal.aborted) return fail('NET_CANCELLED', `${path(url)} was cancelled`, true);
    if (deadline.aborted)
      return fail('NET_TIMEOUT', `${path(url)} did not answer within ${options.timeoutMs / 1000} s`, true);
    const detail = error instanceof Error ? error.message : String(error);
    return fail('NET_UNREACHABLE', `${path(url)} could not be reached (${detail})`, true);
  }
}

const OCTETS = { 'Content-Type': 'application/octet-stream' };

async function readAll(response: Response, options: RequestOptions): Promise<Uint8Array | null> {
  const declared = response.headers.get('content-length');
  // With a content coding the header counts other bytes than the ones that arrive here.
  const total = declared === null || response.headers.has('content-encoding') ? null : Number(declared);
  const reader = response.body?.getReader();
  if (reader === undefined) return new Uint8Array();
  const parts: Uint8Array[] = [];
  let loaded = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    loaded += value.length;
    if (loaded > options.answerBytesMax || (total ?? 0) > options.answerBytesMax) {
      await reader.cancel();
      return null;
    }
    parts.push(value);
    options.onProgress?.(loaded, total);
  }
  const whole = new Uint8Array(loaded);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

function path(url: string): string {
  return url.replace(/^[a-z]+:\/\/[^/]*/, '');
}
