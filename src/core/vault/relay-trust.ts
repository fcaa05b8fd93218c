import { RELAY_KEYS_PATH } from '../federation/endpoints.ts';
import { fail, ok, type Result } from '../lib/result.ts';
import type { Millis } from '../lib/world.ts';
import { fingerprintOf, openRelayBundle, type RelayBundle } from '../secure/relay-keys.ts';
import type { Transport } from './ports.ts';

/** Magic, X-Wing key and ML-DSA-44 key are 2,547 bytes. */
const BUNDLE_BYTES_MAX = 4096;

/** Which relay this participant talks to: the pin of the join link, else the keys seen at the first visit. */
export class RelayTrust {
  readonly #transport: Transport;
  readonly #origin: string;
  readonly #linkPin: string | null;
  readonly #remember: (pin: string) => Promise<void>;
  #rememberedPin: string | null;
  #bundle: RelayBundle | null = null;

  constructor(
    transport: Transport,
    origin: string,
    pins: { readonly link: string | null; readonly remembered: string | null },
    remember: (pin: string) => Promise<void>,
  ) {
    this.#transport = transport;
    this.#origin = origin;
    this.#linkPin = pins.link;
    this.#rememberedPin = pins.remembered;
    this.#remember = remember;
  }

  /** Null before the first `keys`. */
  get rootPublicKey(): Uint8Array | null {
    return this.#bundle?.rootPublicKey ?? null;
  }

  /** After a handshake that failed: the relay may have new keys. */
  forgetBundle(): void {
    this.#bundle = null;
  }

  /** Failures: those of Transport and SEC_RELAY_FETCH (retry); SEC_RELAY_PIN, SEC_RELAY_BUNDLE, SEC_PIN_CHANGED (final). */
  async keys(timeoutMs: Millis, signal: AbortSignal): Promise<Result<RelayBundle>> {
    if (this.#bundle !== null) return ok(this.#bundle);
    const url = this.#origin + RELAY_KEYS_PATH;
    const answer = await this.#transport.get(url, { timeoutMs, signal, answerBytesMax: BUNDLE_BYTES_MAX });
    if (!answer.ok) return answer;
    const { status, body } = answer.value;
    if (status !== 200) return fail('SEC_RELAY_FETCH', `the relay answered ${status} instead of its keys`, true);
    const pin = this.#linkPin ?? this.#rememberedPin ?? fingerprintOf(body);
    const opened = openRelayBundle(body, pin);
    if (!opened.ok) return this.#linkPin === null && opened.error.code === 'SEC_RELAY_PIN' ? pinChanged() : opened;
    if (this.#rememberedPin === null) {
      this.#rememberedPin = pin;
      await this.#remember(pin);
    }
    this.#bundle = opened.value;
    return opened;
  }
}

function pinChanged(): Result<never> {
  return fail(
    'SEC_PIN_CHANGED',
    'the relay shows other keys than at your last visit, so nothing was sent: either the organiser has set it up anew (then open the new join link, which names the new keys) or somebody stands in between',
  );
}

/** No use trying again without the user: another pin, another version. */
export function isFinalRefusal(code: string): boolean {
  return FINAL.has(code);
}

const FINAL: ReadonlySet<string> = new Set([
  'SEC_PIN_CHANGED',
  'SEC_RELAY_PIN',
  'SEC_RELAY_BUNDLE',
  'SEC_HANDSHAKE_VERSION',
  'SEC_HANDSHAKE_KEY',
]);
