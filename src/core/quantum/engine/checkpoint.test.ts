import { describe, expect, it } from 'vitest';
import { unwrap } from '../../lib/result.ts';
import { restoreCheckpoint, saveCheckpoint, stateHash } from './checkpoint.ts';
import { createCpuDevice } from './cpu-device.ts';
import { createEngine } from './simulator.ts';
import { named } from './testing/suite.ts';

const engine = createEngine(createCpuDevice());
const state = unwrap(await engine.load(2, named(2, { 1: [0.6, 0], 2: [0, -0.8] })));
const saved = unwrap(await saveCheckpoint(state, 'f64'));

describe('checkpoints', () => {
  it('has the documented layout', () => {
    expect([...saved.subarray(0, 8)]).toEqual([0x50, 0x4c, 0x51, 0x53, 1, 2, 8, 0]);
    expect(saved).toHaveLength(8 + 8 * 8 + 32);
    const view = new DataView(saved.buffer);
    expect(view.getFloat64(8 + 16, true)).toBe(0.6);
    expect(view.getFloat64(8 + 40, true)).toBe(-0.8);
  });

  it('notices any changed byte, and cut or foreign bytes', async () => {
    for (let i = 0; i < saved.length; i++) {
      const damaged = saved.slice();
      damaged[i] = damaged[i]! ^ 16;
      expect(await restoreCheckpoint(engine, damaged)).toMatchObject({ error: { code: 'QUANTUM_CHECKPOINT' } });
    }
    for (const bytes of [saved.subarray(1), saved.subarray(0, -1), new Uint8Array(0), new Uint8Array(200)])
      expect(await restoreCheckpoint(engine, bytes)).toMatchObject({ error: { code: 'QUANTUM_CHECKPOINT' } });
    expect(unwrap(await restoreCheckpoint(engine, saved)).qubits).toBe(2);
  });

  it('hashes amplitudes, not histories', async () => {
    const same = unwrap(await engine.load(2, named(2, { 1: [0.6, 0], 2: [0, -0.8] })));
    const other = unwrap(await engine.load(2, named(2, { 1: [0.6, 0], 2: [0, 0.8] })));
    const hash = unwrap(await stateHash(state, 'f64'));
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(unwrap(await stateHash(same, 'f64'))).toBe(hash);
    expect(unwrap(await stateHash(other, 'f64'))).not.toBe(hash);
  });

  it('keeps float32 states in half of the bytes', async () => {
    const half = unwrap(await saveCheckpoint(state, 'f32'));
    expect(half).toHaveLength(8 + 8 * 4 + 32);
    const back = unwrap(await unwrap(await restoreCheckpoint(engine, half)).amplitudes([1, 2]));
    expect([...back]).toEqual([Math.fround(0.6), 0, 0, Math.fround(-0.8)]);
  });
});
