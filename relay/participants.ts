import { createHash } from 'node:crypto';
import type { IdentityProof } from '../src/core/federation/endpoints.ts';
import { equalConstantTime, utf8 } from '../src/core/lib/bytes.ts';
import { fail, ok, type Result } from '../src/core/lib/result.ts';
import type { Millis } from '../src/core/lib/world.ts';
import type { Ledger, ParticipantRecord } from './ledger/ledger.ts';

/** Ten runs' worth of a full relay: identities are forgotten with the run, so more is a flood. */
const PARTICIPANTS_MAX = 100_000;

/** Who has ever been in this run. The first to show an id owns it; afterwards only its token proves it. */
export class Participants {
  readonly #ledger: Ledger;
  readonly #runId: string;
  readonly #known = new Map<string, ParticipantRecord>();
  /** First visits whose record is being written: a second connection of the same tab waits for the first. */
  readonly #writing = new Map<string, Promise<Result<null>>>();

  constructor(ledger: Ledger, runId: string, records: readonly ParticipantRecord[]) {
    this.#ledger = ledger;
    this.#runId = runId;
    for (const record of records) this.#known.set(record.participantId, record);
  }

  /** Failures: FED_IDENTITY (final: the id belongs to somebody else), FED_FULL, RELAY_LEDGER_WRITE. */
  async authenticate(proof: IdentityProof, now: Millis): Promise<Result<{ readonly returning: boolean }>> {
    const { participantId } = proof;
    const tokenHash = createHash('sha256').update(proof.token).digest('hex');
    const known = this.#known.get(participantId);
    if (known !== undefined) {
      if (!equalConstantTime(utf8(known.tokenHash), utf8(tokenHash)))
        return fail('FED_IDENTITY', 'this participant id belongs to somebody else; forget the identity and join anew');
      const written = await (this.#writing.get(participantId) ?? Promise.resolve(ok(null)));
      return written.ok ? ok({ returning: true }) : written;
    }
    if (this.#known.size >= PARTICIPANTS_MAX)
      return fail('FED_FULL', `this run has its ${PARTICIPANTS_MAX} participants; join the next one`);
    const record = { participantId, tokenHash, joinedAt: now, lastSeenAt: now, roundsMerged: 0 };
    this.#known.set(participantId, record);
    const writing = this.#ledger.putParticipant(this.#runId, record);
    this.#writing.set(participantId, writing);
    const written = await writing;
    this.#writing.delete(participantId);
    if (!written.ok) this.#known.delete(participantId);
    return written.ok ? ok({ returning: false }) : written;
  }

  /** Not awaited by anybody: when it was seen last is for people only. */
  async seen(participantId: string, now: Millis): Promise<void> {
    const known = this.#known.get(participantId);
    if (known !== undefined) await this.#ledger.putParticipant(this.#runId, { ...known, lastSeenAt: now });
  }
}
