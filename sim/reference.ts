import type { RoundRecord } from '../src/core/federation/coordinator-types.ts';
import { at } from '../src/core/lib/assert.ts';
import type { SpendRecord } from '../src/core/storage/vault-store.ts';

/** A broken promise of the protocol. The message names the invariant; `simulate` adds the seed. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

export function promise(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Violation(message);
}

interface Released {
  readonly trainedFrom: number;
  readonly delta: Float32Array;
}

/**
 * A dull second opinion on the whole run: it sees what tabs released, what was acknowledged and what was committed, and
 * recomputes the model with its own arithmetic. It shares no state with the machines under test.
 */
export class Reference {
  /** By update id and digest: two tabs may well send the same bytes. */
  readonly #released = new Map<string, Released>();
  readonly #digestOf = new Map<string, string>();
  readonly #acknowledged = new Set<string>();
  readonly #mergedIn = new Map<string, number>();
  readonly #commits = new Map<number, string>();
  #model: Float64Array;
  #version = 0;
  #head: string | null = null;
  late = 0;

  constructor(size: number) {
    this.#model = new Float64Array(size);
  }

  get acknowledged(): number {
    return this.#acknowledged.size;
  }

  get merged(): number {
    return this.#mergedIn.size;
  }

  get model(): Float64Array {
    return this.#model;
  }

  get version(): number {
    return this.#version;
  }

  /** An update leaves a tab. Invariant 3: its spend is in the journal, once; a resend has the same bytes. */
  leaves(
    updateId: string,
    digest: string,
    round: number,
    journal: readonly SpendRecord[],
    sent: Map<string, string>,
  ): void {
    const spends = journal.filter((record) => record.round === round).length;
    promise(spends === 1, `I3: update for round ${round} left with ${spends} journal records`);
    const earlier = sent.get(updateId);
    promise(earlier === undefined || earlier === digest, `I3: update for round ${round} was sent with other bytes`);
    sent.set(updateId, digest);
  }

  /** What an encoded update holds, told by whoever made it. */
  made(updateId: string, digest: string, trainedFrom: number, delta: Float32Array): void {
    this.#released.set(`${updateId} ${digest}`, { trainedFrom, delta: delta.slice() });
  }

  /** The ledger has taken an update. */
  durable(updateId: string, digest: string): void {
    const earlier = this.#digestOf.get(updateId);
    promise(earlier === undefined || earlier === digest, 'I2: the ledger holds two updates of one id');
    promise(this.#released.has(`${updateId} ${digest}`), 'I2: the ledger took an update that nobody made');
    this.#digestOf.set(updateId, digest);
  }

  /** The relay says "accepted". Invariant 1: it is durable by then. */
  acknowledge(updateId: string): void {
    promise(this.#digestOf.has(updateId), 'I1: acknowledged before it was durable');
    this.#acknowledged.add(updateId);
  }

  /** Invariants 2, 4, 5, 7. `values`: the adapter that the relay made. */
  close(record: Extract<RoundRecord, { kind: 'round-closed' }>, values: Float32Array | undefined): void {
    if (record.outcome === 'abandoned') {
      promise(record.merged.length === 0, 'I2: an abandoned round merged updates');
      return;
    }
    const { round, adapterSha256 } = record;
    promise(!this.#commits.has(round), `I5: round ${round} was committed twice`);
    promise(record.parentSha256 === this.#head, `I4: round ${round} does not continue the chain`);
    promise(adapterSha256 !== null && values !== undefined, `I4: round ${round} commits an adapter that is not stored`);
    this.#merge(record);
    this.#commits.set(round, adapterSha256);
    this.#head = adapterSha256;
    this.#version += 1;
    for (let i = 0; i < values.length; i++) {
      const difference = Math.abs(at(values, i) - at(this.#model, i));
      promise(difference <= 1e-5, `I7: value ${i} of version ${this.#version} is off by ${difference}`);
    }
  }

  #merge(record: Extract<RoundRecord, { kind: 'round-closed' }>): void {
    const sum = new Float64Array(this.#model.length);
    let total = 0;
    for (const { updateId, round } of record.merged) {
      promise(!this.#mergedIn.has(updateId), `I2: an update of round ${round} was merged twice`);
      const released = this.#released.get(`${updateId} ${this.#digestOf.get(updateId)}`);
      promise(released !== undefined, 'I2: an unknown update was merged');
      this.#mergedIn.set(updateId, record.round);
      if (round !== record.round) this.late += 1;
      const weight = (1 + this.#version - released.trainedFrom) ** -0.5;
      total += weight;
      released.delta.forEach((value, i) => {
        sum[i] = at(sum, i) + weight * value;
      });
    }
    promise(total > 0, 'I5: a commit without updates');
    this.#model = this.#model.map((value, i) => value + at(sum, i) / total);
  }

  /** At the end of a finished run. Invariant 1: everything acknowledged is in the model. */
  finish(): void {
    for (const updateId of this.#acknowledged)
      promise(this.#mergedIn.has(updateId), 'I1: an acknowledged update was never merged');
  }
}
