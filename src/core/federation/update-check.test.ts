import { describe, expect, it } from 'vitest';
import { UPDATES, CONFIG, HEX16 } from './testing/wire-cases.ts';
import { checkUpdate, publicIdOf, updateIdOf } from './update-check.ts';

const update = UPDATES['int8']!;
const expectation = {
  config: CONFIG,
  participantId: HEX16,
  updateId: updateIdOf(HEX16, CONFIG.runId, update.round),
  adapterSize: update.size,
  base: update.adapter,
};

describe('update id', () => {
  it('[UP1] is the same for every resend and differs by participant, run and round', () => {
    const other = 'ff'.repeat(16);
    const ids = [
      updateIdOf(HEX16, HEX16, 1),
      updateIdOf(other, HEX16, 1),
      updateIdOf(HEX16, other, 1),
      updateIdOf(HEX16, HEX16, 11),
    ];
    expect(new Set(ids).size).toBe(4);
    expect(updateIdOf(HEX16, HEX16, 1)).toBe(ids[0]);
    expect(ids[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(publicIdOf(HEX16)).toMatch(/^[0-9a-f]{8}$/);
  });
});

describe('checkUpdate', () => {
  it('[UP2] passes an update of this run, sender, round and shape', () => {
    expect(checkUpdate(update, expectation)).toEqual({ ok: true, value: update });
    expect(checkUpdate(update, { ...expectation, base: null })).toMatchObject({ ok: true });
  });

  it.each([
    ['FED_UPDATE_RUN', { ...update, runId: 'ff'.repeat(16) }],
    ['FED_UPDATE_ID', { ...update, round: 5 }],
    ['FED_UPDATE_ADAPTER', { ...update, adapter: { ...update.adapter, version: 2 } }],
    ['FED_UPDATE_ADAPTER', { ...update, adapter: { ...update.adapter, sha256: 'ff'.repeat(32) } }],
    ['FED_UPDATE_ENCODING', { ...update, encoding: 'f32' as const }],
    ['FED_UPDATE_SIZE', { ...update, size: 4 }],
  ])('[UP2] refuses with %s, for good', (code, wrong) => {
    expect(checkUpdate(wrong, expectation)).toMatchObject({ ok: false, error: { code, retry: false } });
  });
});
