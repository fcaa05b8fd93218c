import { ADAPTER_SIZE_MAX } from '../federation/codec.ts';
import { adapterPath } from '../federation/endpoints.ts';
import type { AdapterRef } from '../federation/messages.ts';
import { sha256Hex } from '../lib/bytes.ts';
import { fail, ok, type Result } from '../lib/result.ts';
import type { Millis } from '../lib/world.ts';
import type { Transport } from './ports.ts';

/** The one in training, the newest, and one that is on its way out. */
const KEPT = 3;

/** Global adapters by hash. What comes from the relay is believed only if the hash fits. */
export class AdapterShelf {
  readonly #transport: Transport;
  readonly #origin: string;
  readonly #values = new Map<string, Float32Array>();

  constructor(transport: Transport, origin: string) {
    this.#transport = transport;
    this.#origin = origin;
  }

  get(ref: AdapterRef): Float32Array | undefined {
    return this.#values.get(ref.sha256);
  }

  put(ref: AdapterRef, values: Float32Array): void {
    this.#values.delete(ref.sha256);
    this.#values.set(ref.sha256, values);
    for (const sha256 of this.#values.keys()) {
      if (this.#values.size <= KEPT) return;
      this.#values.delete(sha256);
    }
  }

  /** Failures: those of Transport, FED_ADAPTER_FETCH (retry), FED_ADAPTER_HASH, FED_ADAPTER_NUMBERS. */
  async fetch(ref: AdapterRef, timeoutMs: Millis, signal: AbortSignal): Promise<Result<Float32Array>> {
    const known = this.get(ref);
    if (known !== undefined) return ok(known);
    const url = this.#origin + adapterPath(ref.sha256);
    const answer = await this.#transport.get(url, { timeoutMs, signal, answerBytesMax: 4 * ADAPTER_SIZE_MAX });
    if (!answer.ok) return answer;
    if (answer.value.status !== 200)
      return fail('FED_ADAPTER_FETCH', `the relay answered ${answer.value.status} for adapter ${ref.version}`, true);
    const decoded = decodeAdapter(answer.value.body, ref.sha256);
    if (decoded.ok) this.put(ref, decoded.value);
    return decoded;
  }
}

/** Little-endian f32, as every host of browsers and Node stores it. */
function decodeAdapter(body: Uint8Array, sha256: string): Result<Float32Array> {
  const hash = sha256Hex(body);
  if (hash !== sha256 || body.length % 4 !== 0)
    return fail(
      'FED_ADAPTER_HASH',
      `the adapter's ${body.length} bytes have hash ${hash.slice(0, 12)}, expected ${sha256.slice(0, 12)}; it is not used`,
    );
  const values = new Float32Array(body.slice().buffer);
  if (!values.every(Number.isFinite))
    return fail('FED_ADAPTER_NUMBERS', 'the adapter holds numbers that are not finite; it is not used');
  return ok(values);
}

/** The bytes whose SHA-256 names an adapter. */
export function adapterBytes(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice();
}
