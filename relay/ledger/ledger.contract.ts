import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { unwrap } from '../../src/core/lib/result.ts';
import type { RoundRecord } from '../../src/core/federation/coordinator-types.ts';
import type { Ledger, UpdateRecord } from './ledger.ts';

const RUN = 'a'.repeat(32);

function update(participantId: string, round: number, digest = 'd0'): UpdateRecord {
  return { updateId: `${participantId}-${round}`, participantId, round, digest, bytes: 100, acceptedAt: 5 };
}

function opened(round: number): RoundRecord {
  return { kind: 'round-opened', round, invited: ['p', 'q'], openedAt: 2, deadlineAt: 3 };
}

function committed(
  round: number,
  adapterSha256: string,
  parentSha256: string | null,
  merged: readonly string[] = [],
): RoundRecord {
  return {
    kind: 'round-closed',
    round,
    outcome: 'committed',
    closedAt: 9,
    accepted: 2,
    late: 1,
    adapterSha256,
    parentSha256,
    merged: merged.map((participantId) => {
      return { updateId: `${participantId}-${round}`, participantId, round, staleness: 0, weight: 1 };
    }),
  };
}

const CONFLICT = { ok: false, error: { code: 'RELAY_LEDGER_CONFLICT' } };

/** What every ledger must promise. `open` gives an empty one. */
export function ledgerContract(name: string, open: () => Promise<Ledger>): void {
  describe(`ledger ${name}`, () => {
    const ledgers: Ledger[] = [];
    async function started(): Promise<Ledger> {
      const ledger = await open();
      ledgers.push(ledger);
      const signedConfig = new Uint8Array([1, 2, 3]);
      unwrap(await ledger.startRun({ runId: RUN, signedConfig, fingerprint: 'f', startedAt: 1 }));
      return ledger;
    }
    afterEach(async () => {
      for (const ledger of ledgers.splice(0)) await ledger.close();
    });

    it('has no run at first, then the newest', async () => {
      const ledger = await open();
      ledgers.push(ledger);
      expect(unwrap(await ledger.run())).toBeNull();
      const first = { runId: RUN, signedConfig: new Uint8Array([7]), fingerprint: 'f', startedAt: 1 };
      unwrap(await ledger.startRun(first));
      expect(unwrap(await ledger.run())).toEqual(first);
      unwrap(await ledger.startRun({ ...first, runId: 'b'.repeat(32) }));
      expect(unwrap(await ledger.run())?.runId).toBe('b'.repeat(32));
      expect(await ledger.startRun(first)).toMatchObject(CONFLICT);
    });

    it('keeps a participant as it first came and moves only the time it was seen last', async () => {
      const ledger = await started();
      const p = { participantId: 'p', tokenHash: 't', joinedAt: 1, lastSeenAt: 1, roundsMerged: 0 };
      unwrap(await ledger.putParticipant(RUN, p));
      unwrap(
        await ledger.putParticipant(RUN, { ...p, tokenHash: 'other', joinedAt: 7, lastSeenAt: 8, roundsMerged: 5 }),
      );
      expect(unwrap(await ledger.participants(RUN))).toEqual([{ ...p, lastSeenAt: 8 }]);
    });

    it('accepts an update once: same bytes are a duplicate, other bytes a conflict', async () => {
      const ledger = await started();
      expect(unwrap(await ledger.acceptUpdate(RUN, update('p', 1)))).toEqual({
        outcome: 'accepted',
        digest: 'd0',
        mergedIn: null,
      });
      expect(unwrap(await ledger.acceptUpdate(RUN, update('p', 1)))).toEqual({
        outcome: 'duplicate',
        digest: 'd0',
        mergedIn: null,
      });
      expect(unwrap(await ledger.acceptUpdate(RUN, update('p', 1, 'd1')))).toEqual({
        outcome: 'conflict',
        digest: 'd0',
        mergedIn: null,
      });
      expect(unwrap(await ledger.updates(RUN))).toEqual([{ ...update('p', 1), mergedIn: null }]);
      expect(unwrap(await ledger.findUpdate(RUN, 'p-1'))).toEqual({ ...update('p', 1), mergedIn: null });
      expect(unwrap(await ledger.findUpdate(RUN, 'p-2'))).toBeNull();
    });

    it('counts each update once under any interleaving of concurrent sends', async () => {
      const sends = fc.array(fc.tuple(fc.constantFrom('p', 'q', 'r'), fc.nat(3), fc.constantFrom('x', 'y')), {
        minLength: 1,
        maxLength: 40,
      });
      await fc.assert(
        fc.asyncProperty(sends, async (list) => {
          const ledger = await started();
          const results = await Promise.all(list.map(([p, r, d]) => ledger.acceptUpdate(RUN, update(p, r, d))));
          const first = new Map<string, string>();
          list.forEach(([p, r, d], i) => {
            const key = `${p}${r}`;
            const before = first.get(key);
            const expected = before === undefined ? 'accepted' : before === d ? 'duplicate' : 'conflict';
            expect(unwrap(results[i]!).outcome).toBe(expected);
            if (before === undefined) first.set(key, d);
          });
          expect(unwrap(await ledger.updates(RUN))).toHaveLength(first.size);
        }),
        { numRuns: 20 },
      );
    });

    it('keeps a round as it was opened, with those who were invited later', async () => {
      const ledger = await started();
      unwrap(await ledger.persistRound(RUN, opened(1)));
      const longer = { round: 1, invited: ['p', 'q', 'late'], openedAt: 2, deadlineAt: 3 };
      unwrap(await ledger.persistRound(RUN, { kind: 'round-opened', ...longer }));
      const open = { closedAt: null, accepted: 0, late: 0, adapterSha256: null, loss: null, accuracy: null };
      expect(unwrap(await ledger.rounds(RUN))).toEqual([{ ...longer, ...open, outcome: 'open' }]);
    });

    it('commits a round with its updates in one step and counts them to their participants', async () => {
      const ledger = await started();
      const p = { participantId: 'p', tokenHash: 't', joinedAt: 1, lastSeenAt: 1 } as const;
      unwrap(await ledger.putParticipant(RUN, { ...p, roundsMerged: 0 }));
      unwrap(await ledger.persistRound(RUN, opened(1)));
      unwrap(await ledger.acceptUpdate(RUN, update('p', 1)));
      unwrap(await ledger.acceptUpdate(RUN, update('q', 1)));
      unwrap(await ledger.persistRound(RUN, committed(1, 'A1', null, ['p'])));
      expect(unwrap(await ledger.rounds(RUN))).toMatchObject([
        { outcome: 'committed', adapterSha256: 'A1', accepted: 2, late: 1, closedAt: 9, loss: null },
      ]);
      expect(unwrap(await ledger.updates(RUN)).map((u) => [u.participantId, u.mergedIn])).toEqual([
        ['p', 1],
        ['q', null],
      ]);
      expect(unwrap(await ledger.participants(RUN))[0]?.roundsMerged).toBe(1);
      expect(unwrap(await ledger.acceptUpdate(RUN, update('p', 1)))).toMatchObject({ mergedIn: 1 });
    });

    it('adds a loss to a committed round and to no other', async () => {
      const ledger = await started();
      const evaluated = { kind: 'round-evaluated', round: 1, loss: 3.5, accuracy: 0.25 } as const;
      unwrap(await ledger.persistRound(RUN, opened(1)));
      expect(await ledger.persistRound(RUN, evaluated)).toMatchObject(CONFLICT);
      unwrap(await ledger.persistRound(RUN, committed(1, 'A1', null)));
      unwrap(await ledger.persistRound(RUN, evaluated));
      expect(unwrap(await ledger.rounds(RUN))).toMatchObject([{ loss: 3.5, accuracy: 0.25, adapterSha256: 'A1' }]);
    });

    it('commits a round exactly once and only on top of the last committed adapter', async () => {
      const ledger = await started();
      expect(await ledger.persistRound(RUN, committed(1, 'A1', null))).toMatchObject(CONFLICT);
      unwrap(await ledger.persistRound(RUN, opened(1)));
      expect(await ledger.persistRound(RUN, committed(1, 'A1', 'A0'))).toMatchObject(CONFLICT);
      unwrap(await ledger.persistRound(RUN, committed(1, 'A1', null)));
      expect(await ledger.persistRound(RUN, committed(1, 'A9', 'A1'))).toMatchObject(CONFLICT);
      expect(await ledger.persistRound(RUN, opened(1))).toMatchObject(CONFLICT);
      unwrap(await ledger.persistRound(RUN, opened(2)));
      expect(await ledger.persistRound(RUN, committed(2, 'A2', null))).toMatchObject(CONFLICT);
      const abandoned: RoundRecord = {
        ...(committed(2, 'A2', null) as RoundRecord & { kind: 'round-closed' }),
        outcome: 'abandoned',
        adapterSha256: null,
      };
      unwrap(await ledger.persistRound(RUN, abandoned));
      expect(await ledger.persistRound(RUN, abandoned)).toMatchObject(CONFLICT);
      unwrap(await ledger.persistRound(RUN, opened(3)));
      unwrap(await ledger.persistRound(RUN, committed(3, 'A3', 'A1')));
      expect(unwrap(await ledger.rounds(RUN)).map((r) => r.adapterSha256)).toEqual(['A1', null, 'A3']);
    });

    it('remembers the loss of the untrained adapter', async () => {
      const ledger = await started();
      expect(unwrap(await ledger.baseline(RUN))).toBeNull();
      unwrap(await ledger.putBaseline(RUN, { round: 0, loss: 4.25, accuracy: 0.125 }));
      expect(unwrap(await ledger.baseline(RUN))).toEqual({ round: 0, loss: 4.25, accuracy: 0.125 });
    });

    it('returns the newest events, oldest first, and ignores a repeated number', async () => {
      const ledger = await started();
      const event = (seq: number, text: string) =>
        ({ seq, at: seq, severity: 'info', kind: 'k', text, participant: null }) as const;
      unwrap(await ledger.appendEvents(RUN, [event(1, 'a'), event(2, 'b')]));
      unwrap(await ledger.appendEvents(RUN, [event(2, 'other'), event(3, 'c')]));
      expect(unwrap(await ledger.events(RUN, 2)).map((e) => e.text)).toEqual(['b', 'c']);
    });

    it('keeps runs apart', async () => {
      const ledger = await started();
      unwrap(await ledger.acceptUpdate(RUN, update('p', 1)));
      const other = 'c'.repeat(32);
      unwrap(
        await ledger.startRun({ runId: other, signedConfig: new Uint8Array([1]), fingerprint: 'f', startedAt: 2 }),
      );
      expect(unwrap(await ledger.updates(other))).toEqual([]);
      expect(unwrap(await ledger.acceptUpdate(other, update('p', 1, 'd1'))).outcome).toBe('accepted');
    });
  });
}
