import { ok, type Result } from '../src/core/lib/result.ts';
import { adapterBytes } from '../src/core/vault/adapter-shelf.ts';
import type { BlobStore } from './blobs.ts';

/** The newest adapters are asked for by every tab at once; a late tab asks for one of the last three. */
const HELD = 4;

/** Adapters by the hash of their bytes: on disk, the newest also in memory. */
export class Adapters {
  readonly #blobs: BlobStore;
  readonly #held = new Map<string, Uint8Array>();

  constructor(blobs: BlobStore) {
    this.#blobs = blobs;
  }

  /** Returns the hash once the bytes are on disk. */
  async put(values: Float32Array): Promise<Result<string>> {
    const bytes = adapterBytes(values);
    const stored = await this.#blobs.put(bytes);
    if (stored.ok) this.#hold(stored.value, bytes);
    return stored;
  }

  async bytes(sha256: string): Promise<Result<Uint8Array>> {
    const held = this.#held.get(sha256);
    if (held !== undefined) return ok(held);
    const read = await this.#blobs.get(sha256);
    if (read.ok) this.#hold(sha256, read.value);
    return read;
  }

  async values(sha256: string): Promise<Result<Float32Array>> {
    const bytes = await this.bytes(sha256);
    return bytes.ok ? ok(new Float32Array(bytes.value.slice().buffer)) : bytes;
  }

  #hold(sha256: string, bytes: Uint8Array): void {
    this.#held.set(sha256, bytes);
    for (const oldest of this.#held.keys()) {
      if (this.#held.size <= HELD) return;
      this.#held.delete(oldest);
    }
  }
}
