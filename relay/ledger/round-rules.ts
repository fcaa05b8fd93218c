import type { RoundFact, RoundRecord } from '../../src/core/federation/coordinator-types.ts';

/**
 * Why a record contradicts the ledger, or null. `known` is the row of the same round, `head` the adapter of the last commit
 * (null before the first). The last line of defence of "exactly one commit per round" and of the hash chain: the coordinator
 * should never get here.
 */
export function refuseRound(record: RoundRecord, known: RoundFact | null, head: string | null): string | null {
  switch (record.kind) {
    case 'round-opened':
      return known === null || known.outcome === 'open' ? null : `round ${record.round} is ${known.outcome} already`;
    case 'round-closed':
      if (known?.outcome !== 'open') return `round ${record.round} is ${known?.outcome ?? 'unknown'}, expected open`;
      if (record.outcome === 'committed' && record.parentSha256 !== head)
        return `round ${record.round} builds on adapter ${record.parentSha256}, the last committed one is ${head}`;
      return null;
    case 'round-evaluated':
      return known?.outcome === 'committed' ? null : `round ${record.round} is not committed`;
  }
}
