import { describe, expect, it } from 'vitest';
import type { RoundRecord } from '../src/core/federation/coordinator-types.ts';
import type { SpendRecord } from '../src/core/storage/vault-store.ts';
import { Reference } from './reference.ts';

const spend = (round: number): SpendRecord => ({
  runId: 'r',
  seq: round,
  round,
  steps: 1,
  samplingRate: 1,
  noiseMultiplier: 1,
  at: 0,
});

type Closed = Extract<RoundRecord, { kind: 'round-closed' }>;
const commit = (round: number, ids: readonly string[], change: Partial<Closed> = {}): Closed => ({
  kind: 'round-closed',
  round,
  outcome: 'committed',
  closedAt: 0,
  accepted: ids.length,
  late: 0,
  adapterSha256: `a${round}`,
  parentSha256: round === 1 ? null : `a${round - 1}`,
  merged: ids.map((updateId) => ({ updateId, participantId: 'p', round, staleness: 0, weight: 1 })),
  ...change,
});

/** Updates u1 (value 1) and u2 (value 3) are durable; u2 was trained from version 0. */
function prepared(): Reference {
  const reference = new Reference(1);
  reference.made('u1', 'd1', 0, new Float32Array([1]));
  reference.made('u2', 'd2', 0, new Float32Array([3]));
  reference.durable('u1', 'd1');
  reference.durable('u2', 'd2');
  return reference;
}

describe('the second opinion', () => {
  it('agrees with an honest run', () => {
    const reference = prepared();
    reference.leaves('u1', 'd1', 1, [spend(1)], new Map());
    reference.acknowledge('u1');
    reference.close(commit(1, ['u1', 'u2']), new Float32Array([2]));
    reference.finish();
    expect(reference.version).toBe(1);
    expect([...reference.model]).toEqual([2]);
  });

  it('I1: sees an acknowledgement before durability, and one that is never merged', () => {
    expect(() => new Reference(1).acknowledge('u1')).toThrow(/I1/);
    const reference = prepared();
    reference.acknowledge('u2');
    reference.close(commit(1, ['u1']), new Float32Array([1]));
    expect(() => reference.finish()).toThrow(/I1/);
  });

  it('I2: sees an update that counts twice, is unknown, or has two contents', () => {
    const reference = prepared();
    reference.close(commit(1, ['u1']), new Float32Array([1]));
    expect(() => reference.close(commit(2, ['u1']), new Float32Array([2]))).toThrow(/I2/);
    expect(() => prepared().close(commit(1, ['u9']), new Float32Array([1]))).toThrow(/I2/);
    expect(() => prepared().durable('u1', 'd2')).toThrow(/I2/);
    expect(() => prepared().close(commit(1, ['u1'], { outcome: 'abandoned' }), undefined)).toThrow(/I2/);
  });

  it('I3: sees an update that leaves without a record, with two, or with other bytes', () => {
    const reference = prepared();
    expect(() => reference.leaves('u1', 'd1', 1, [], new Map())).toThrow(/I3/);
    expect(() => reference.leaves('u1', 'd1', 1, [spend(1), spend(1)], new Map())).toThrow(/I3/);
    expect(() => reference.leaves('u1', 'd1', 1, [spend(1)], new Map([['u1', 'd0']]))).toThrow(/I3/);
  });

  it('I4, I5: sees a broken chain, a missing adapter, a second commit and an empty one', () => {
    const one = new Float32Array([1]);
    expect(() => prepared().close(commit(1, ['u1'], { parentSha256: 'x' }), one)).toThrow(/I4/);
    expect(() => prepared().close(commit(1, ['u1']), undefined)).toThrow(/I4/);
    expect(() => prepared().close(commit(1, []), one)).toThrow(/I5/);
    const reference = prepared();
    reference.close(commit(1, ['u1']), one);
    expect(() => reference.close(commit(1, ['u2']), one)).toThrow(/I5/);
  });

  it('I7: sees a wrong mean and a missing discount for staleness', () => {
    expect(() => prepared().close(commit(1, ['u1', 'u2']), new Float32Array([2.1]))).toThrow(/I7/);
    const reference = prepared();
    reference.made('u3', 'd3', 1, new Float32Array([0]));
    reference.durable('u3', 'd3');
    reference.close(commit(1, ['u1']), new Float32Array([1]));
    const stale = 1 / Math.sqrt(2);
    expect(() => reference.close(commit(2, ['u2', 'u3']), new Float32Array([2.5]))).toThrow(/I7/);
    const again = prepared();
    again.made('u3', 'd3', 1, new Float32Array([0]));
    again.durable('u3', 'd3');
    again.close(commit(1, ['u1']), new Float32Array([1]));
    again.close(commit(2, ['u2', 'u3']), new Float32Array([1 + (3 * stale) / (1 + stale)]));
  });
});
