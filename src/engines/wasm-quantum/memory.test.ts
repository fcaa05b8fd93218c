import { describe, expect, it } from 'vitest';
import { Prng } from '../../core/lib/prng.ts';
import { unwrap } from '../../core/lib/result.ts';
import { CONTROL } from './layout.ts';
import { EngineMemory, PROGRAM_WINDOW_BYTES } from './memory.ts';

const PAGE = 65_536;
const TILE = 2 ** 19;
/** Pages for control words, program and one scratch tile, as EngineMemory.open counts them. */
const INITIAL = 2 + (2 * PROGRAM_WINDOW_BYTES) / PAGE + 10;

/** A memory of its own with room for `heap` more pages. */
function small(heap: number): EngineMemory {
  const maximum = INITIAL + heap;
  return new EngineMemory(new WebAssembly.Memory({ initial: INITIAL, maximum }), maximum, false, 1, TILE);
}

describe('memory of the engine', () => {
  it('lays out control words, program, scratch tiles and heap without overlap', () => {
    const memory = unwrap(EngineMemory.open(true, 4, TILE));
    expect(memory.shared).toBe(true);
    expect(memory.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(memory.control()).toHaveLength(CONTROL.bytes / 4);
    expect(memory.constants).toBeGreaterThanOrEqual(CONTROL.bytes);
    expect(memory.constants + 256).toBeLessThanOrEqual(memory.programFrom);
    expect(memory.programEnd - memory.programFrom).toBe(2 * PROGRAM_WINDOW_BYTES);
    for (let thread = 0; thread < 4; thread++)
      expect(memory.scratch(thread + 1) - memory.scratch(thread)).toBeGreaterThan(TILE);
    const state = unwrap(memory.reserve(PAGE));
    expect(state).toBeGreaterThanOrEqual(memory.scratch(4));
    expect(memory.buffer.byteLength).toBeGreaterThanOrEqual(state + PAGE);
  });

  it('gives ranges that never overlap, keep what is in them, and come back', () => {
    const prng = new Prng('allocator');
    const memory = small(200);
    const held: { from: number; bytes: number; mark: number }[] = [];
    let refused = 0;
    let mark = 1;
    for (let round = 0; round < 2000; round++) {
      if (held.length > 0 && prng.below(5) < 2) {
        const [gone] = held.splice(prng.below(held.length), 1);
        if (gone !== undefined) memory.release(gone.from, gone.bytes);
        continue;
      }
      const bytes = 1 + prng.below(12 * PAGE);
      const reserved = memory.reserve(bytes);
      if (!reserved.ok) {
        expect(reserved.error).toMatchObject({ code: 'QUANTUM_MEMORY', retry: true });
        refused += 1;
        const used = held.reduce((sum, range) => sum + Math.ceil(range.bytes / PAGE), 0);
        expect(used, 'refused while most of it is free').toBeGreaterThan(60);
        continue;
      }
      const from = reserved.value;
      expect(from % PAGE).toBe(0);
      expect(from).toBeGreaterThanOrEqual(memory.scratch(1));
      expect(from + bytes).toBeLessThanOrEqual(memory.buffer.byteLength);
      for (const other of held) expect(from >= other.from + other.bytes || from + bytes <= other.from).toBe(true);
      new Uint8Array(memory.buffer, from, bytes).fill(mark);
      held.push({ from, bytes, mark });
      mark = (mark % 255) + 1;
    }
    expect(refused).toBeGreaterThan(0);
    for (const { from, bytes, mark } of held) {
      const content = new Uint8Array(memory.buffer, from, bytes);
      expect([content[0], content[bytes >> 1], content[bytes - 1]]).toEqual([mark, mark, mark]);
    }
  });

  it('joins what is released: everything fits again in one piece', () => {
    const memory = small(64);
    const whole = memory.heapBytesMax;
    for (const order of [
      [0, 1, 2, 3],
      [3, 2, 1, 0],
      [1, 3, 0, 2],
    ]) {
      const quarter = Math.floor(whole / 4 / PAGE) * PAGE;
      const parts = order.map(() => unwrap(memory.reserve(quarter)));
      for (const i of order) memory.release(parts[i] ?? 0, quarter);
      const all = unwrap(memory.reserve(whole));
      memory.release(all, whole);
    }
    expect(memory.buffer.byteLength).toBe(memory.pagesMax * PAGE);
  });

  it('grows from the free end of what it has, and no further than asked', () => {
    const memory = small(64);
    const free = memory.buffer.byteLength - memory.scratch(1);
    const before = memory.buffer.byteLength;
    const from = unwrap(memory.reserve(free + PAGE));
    expect(from).toBe(memory.scratch(1));
    expect(memory.buffer.byteLength).toBe(before + PAGE);
    memory.release(from, free + PAGE);
    unwrap(memory.reserve(PAGE));
    expect(memory.buffer.byteLength).toBe(before + PAGE);
  });

  it('refuses more than there is, says how much was asked for, and still gives the rest', () => {
    const memory = small(64);
    const refused = memory.reserve(memory.heapBytesMax + 1);
    expect(refused).toMatchObject({ ok: false, error: { code: 'QUANTUM_MEMORY', retry: true } });
    if (!refused.ok) expect(refused.error.message).toMatch(/a state of \d+ MiB does not fit/u);
    expect(memory.reserve(memory.heapBytesMax).ok).toBe(true);
    expect(memory.reserve(1).ok).toBe(false);
  });
});
