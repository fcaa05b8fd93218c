import { createHash } from 'node:crypto';
import { decodeUpdate, encodeRelayMessage } from '../src/core/federation/codec.ts';
import { admitUpdate, baseOf } from '../src/core/federation/coordinator-updates.ts';
import type { CoordinatorEvent, CoordinatorState } from '../src/core/federation/coordinator-types.ts';
import type { RelayMessage } from '../src/core/federation/messages.ts';
import { checkUpdate } from '../src/core/federation/update-check.ts';
import { toHex } from '../src/core/lib/bytes.ts';
import { fail, ok, type Failure, type Result } from '../src/core/lib/result.ts';
import type { Clock, Millis } from '../src/core/lib/world.ts';
import type { CryptoSuite } from '../src/core/secure/suite.ts';
import { openUpdate, parseSealedHeader, sealAck } from '../src/core/secure/update-seal.ts';
import type { BlobStore } from './blobs.ts';
import type { UploadAnswer } from './http/server.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { Numerics } from './numerics.ts';
import type { KnownSession, Sessions } from './sessions.ts';

export interface IntakeHost {
  readonly suite: CryptoSuite;
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly blobs: BlobStore;
  readonly sessions: Sessions;
  readonly adapterSize: number;
  state(): CoordinatorState;
  dispatch(event: CoordinatorEvent): void;
  readonly numerics: Numerics;
  /** Somebody sent two different updates under one id: goes into the audit trail. */
  conflict(participantId: string, round: number): void;
}

/** The coordinator answers in the same turn unless its ledger hangs; then the tab sends the update again. */
const ANSWER_TIMEOUT_MS: Millis = 20_000;

interface Opened {
  readonly known: KnownSession;
  /** Raw and hex. */
  readonly id: Uint8Array;
  readonly updateId: string;
  readonly plaintext: Uint8Array;
}

/**
 * The way of an update: open the seal, decode, check, blob on disk, ledger on disk, coordinator, sealed acknowledgement.
 * Whoever gets an acknowledgement may forget the update; every other answer means that it was not taken.
 */
export class Intake {
  readonly #host: IntakeHost;
  readonly #waiting = new Map<string, ((message: RelayMessage) => void)[]>();
  /** Digests between blob and ledger: their blobs must not be swept away. */
  readonly #writing = new Map<string, number>();

  constructor(host: IntakeHost) {
    this.#host = host;
  }

  async submit(sealed: Uint8Array): Promise<UploadAnswer> {
    const opened = await this.#open(sealed);
    if (!opened.ok) {
      const { error } = opened;
      return { status: error.code === 'SEC_UPDATE_SESSION' ? 425 : 400, error };
    }
    const taken = await this.#take(opened.value);
    if (!taken.ok && UNDECIDED.has(taken.error.code)) return { status: 503, error: taken.error };
    const message = taken.ok ? taken.value : refusal(taken.error);
    const { known, id } = opened.value;
    return { sealed: await sealAck(this.#host.suite, known.session, id, encodeRelayMessage(message)) };
  }

  /** The coordinator's answer. False: nobody waits for it here. */
  answer(updateId: string, message: RelayMessage): boolean {
    const resolve = this.#waiting.get(updateId)?.shift();
    if (resolve === undefined) return false;
    resolve(message);
    return true;
  }

  isWriting(digest: string): boolean {
    return this.#writing.has(digest);
  }

  async #open(sealed: Uint8Array): Promise<Result<Opened>> {
    const { sessions, clock, suite } = this.#host;
    const header = parseSealedHeader(sealed);
    if (!header.ok) return header;
    const known = sessions.find(header.value.sessionId, clock.monotonic());
    if (known === null)
      return fail('SEC_UPDATE_SESSION', 'the relay does not know this session any more: connect and seal again', true);
    const opened = await openUpdate(suite, known.session, sealed);
    if (!opened.ok) return opened;
    const { updateId: id, plaintext } = opened.value;
    return ok({ known, id, updateId: toHex(id), plaintext });
  }

  async #take({ known, updateId, plaintext }: Opened): Promise<Result<RelayMessage>> {
    const { participantId } = known;
    const decoded = decodeUpdate(plaintext);
    if (!decoded.ok) return decoded;
    const update = decoded.value;
    const { round } = update;
    const digest = createHash('sha256').update(plaintext).digest('hex');
    const earlier = await this.#earlier(updateId);
    if (!earlier.ok) return earlier;
    const state = this.#host.state();
    const { config } = state.options;
    const { adapterSize } = this.#host;
    const checked = checkUpdate(update, { config, participantId, updateId, adapterSize, base: baseOf(state, round) });
    if (!checked.ok) return checked;
    const claim = { participantId, round, updateId, digest };
    const admitted = admitUpdate(state, claim, earlier.value);
    if (!admitted.ok) {
      if (admitted.error.code === 'FED_UPDATE_CONFLICT') this.#host.conflict(participantId, round);
      return admitted;
    }
    const mergedIn = earlier.value?.mergedIn ?? null;
    if (admitted.value.duplicate) return this.#conclude({ ...claim, duplicate: true, mergedIn });
    const numbers = this.#host.numerics.decode(update);
    if (!numbers.ok) return numbers;
    const stored = await this.#store(claim, plaintext);
    return stored.ok ? this.#conclude({ ...claim, ...stored.value }) : stored;
  }

  /** What is durably known about this id. */
  async #earlier(updateId: string): Promise<Result<{ digest: string; mergedIn: number | null } | null>> {
    const remembered = this.#host.state().updates.get(updateId);
    if (remembered !== undefined) return ok(remembered);
    return this.#host.ledger.findUpdate(this.#host.state().options.config.runId, updateId);
  }

  async #store(
    claim: { participantId: string; round: number; updateId: string; digest: string },
    plaintext: Uint8Array,
  ): Promise<Result<{ duplicate: boolean; mergedIn: number | null }>> {
    const { blobs, ledger, clock } = this.#host;
    this.#writing.set(claim.digest, (this.#writing.get(claim.digest) ?? 0) + 1);
    try {
      const blob = await blobs.put(plaintext);
      if (!blob.ok) return blob;
      const record = { ...claim, bytes: plaintext.length, acceptedAt: clock.now() };
      const accepted = await ledger.acceptUpdate(this.#host.state().options.config.runId, record);
      if (!accepted.ok) return accepted;
      const { outcome, mergedIn } = accepted.value;
      if (outcome !== 'conflict') return ok({ duplicate: outcome === 'duplicate', mergedIn });
      this.#host.conflict(claim.participantId, claim.round);
      return fail('FED_UPDATE_CONFLICT', `round ${claim.round} already has another update of this participant`);
    } finally {
      const left = (this.#writing.get(claim.digest) ?? 1) - 1;
      if (left === 0) this.#writing.delete(claim.digest);
      else this.#writing.set(claim.digest, left);
    }
  }

  /** Tells the coordinator and waits for its answer. */
  #conclude(event: Omit<Extract<CoordinatorEvent, { type: 'update-durable' }>, 'type'>): Promise<Result<RelayMessage>> {
    return new Promise((resolve) => {
      const line = this.#waiting.get(event.updateId) ?? [];
      const answered = (message: RelayMessage): void => {
        clearTimeout(timer);
        if (line.length === 0) this.#waiting.delete(event.updateId);
        resolve(ok(message));
      };
      const timer = setTimeout(() => {
        const place = line.indexOf(answered);
        if (place >= 0) line.splice(place, 1);
        resolve(fail('RELAY_BUSY', 'the relay did not decide in time: send the update again', true));
      }, ANSWER_TIMEOUT_MS);
      line.push(answered);
      this.#waiting.set(event.updateId, line);
      this.#host.dispatch({ type: 'update-durable', ...event });
    });
  }
}

/** Nothing is known about the update: the tab keeps it and tries again. */
const UNDECIDED: ReadonlySet<string> = new Set([
  'RELAY_BLOB_WRITE',
  'RELAY_LEDGER_WRITE',
  'RELAY_LEDGER_CORRUPT',
  'RELAY_BUSY',
]);

function refusal({ code, message, retry }: Failure): RelayMessage {
  return { type: 'refused', code, message: message.toWellFormed().slice(0, 500).toWellFormed(), retry, round: null };
}
