import { describe, expect, it } from 'vitest';
import { Prng } from '../../core/lib/prng.ts';
import { bits } from '../../core/quantum/plan/passes.ts';
import { BLOCK_BYTES, UNIT_BYTES } from './layout.ts';
import { parity, TileMap } from './tile-map.ts';

/** A tile of at least ten qubits with the lowest five in it, like those of plans. */
function randomMap(prng: Prng): TileMap {
  const qubits = 10 + prng.below(19);
  let tile = 31;
  const rest = prng.shuffle(Array.from({ length: qubits - 5 }, (_, i) => i + 5));
  for (const q of rest.slice(0, 5 + prng.below(qubits - 9))) tile |= 1 << q;
  return new TileMap(qubits, tile, 1 + prng.below(2));
}

describe('tile maps', () => {
  it('give every qubit one bit, inside the tile or of its number, in the order of the qubits', () => {
    const prng = new Prng('tile map');
    for (let round = 0; round < 100; round++) {
      const map = randomMap(prng);
      const all = Array.from({ length: map.qubits }, (_, q) => q);
      const inside = all.filter((q) => (map.tile >>> q) & 1);
      const outside = all.filter((q) => !((map.tile >>> q) & 1));
      expect(inside.map((q) => map.local(q))).toEqual(inside.map((_, i) => i));
      expect(outside.map((q) => map.out(q))).toEqual(outside.map((_, i) => i));
      expect(outside.every((q) => map.local(q) === -1) && inside.every((q) => map.out(q) === -1)).toBe(true);
      expect([map.tileBits, map.outBits]).toEqual([inside.length, outside.length]);
      // Two numbers of 4 or 8 bytes an amplitude; a vector of 16 bytes holds 2^laneBits numbers.
      expect(map.tileBytes).toBe((2 ** map.tileBits * UNIT_BYTES) / 2 ** map.laneBits);
      expect(map.blocks).toBe(map.tileBytes / BLOCK_BYTES);
      expect(all.filter((q) => map.isLane(q))).toEqual(all.slice(0, map.laneBits));
    }
  });

  it('split a set of qubits without losing one, and agree with the strides', () => {
    const prng = new Prng('split');
    for (let round = 0; round < 200; round++) {
      const map = randomMap(prng);
      const mask = prng.below(2 ** map.qubits);
      const split = map.split(mask);
      const expected = { lanes: 0, units: 0, high: 0, out: 0 };
      for (const q of bits(mask)) {
        if (map.out(q) >= 0) expected.out += 2 ** map.out(q);
        else if (map.isLane(q)) expected.lanes += 2 ** q;
        else if (map.stride(q) < BLOCK_BYTES) expected.units += map.stride(q) / UNIT_BYTES;
        else expected.high += map.stride(q);
      }
      expect(split, `tile ${map.tile.toString(2)}, mask ${mask.toString(2)}`).toEqual(expected);
      const parts = [split.lanes, split.units, split.high, split.out].flatMap((part) => bits(part));
      expect(parts).toHaveLength(bits(mask).length);
      expect(split.high).toBeLessThan(map.tileBytes);
    }
  });

  it('say how far the halves of a qubit are apart: its place among the units of the tile', () => {
    const map = new TileMap(12, 0b1010_1111_1111, 2);
    expect([2, 3, 7, 9, 11].map((q) => map.stride(q) / UNIT_BYTES)).toEqual([1, 2, 32, 64, 128]);
  });
});

describe('parity', () => {
  it('is the number of ones, modulo 2', () => {
    const prng = new Prng('parity');
    const ones = (value: number): number => Array.from(value.toString(2)).filter((digit) => digit === '1').length;
    for (const value of [0, 1, 3, 2 ** 31, 2 ** 32 - 1, ...Array.from({ length: 1000 }, () => prng.uint32())])
      expect(parity(value), value.toString(2)).toBe(ones(value) % 2);
  });
});
