import { describe, expect, it } from 'vitest';
import { OUTCOMES_MAX } from './limits.ts';
import { readingOfAll, Tally } from './tally.ts';

const source = (qubit: number, clbit: number, flip?: readonly [number, number]) =>
  ({ kind: 'measure', qubit, clbit, ...(flip === undefined ? {} : { flip }) }) as const;

describe('tally', () => {
  it('counts what is read and nothing else', () => {
    const tally = new Tally({ bits: 4, sources: [source(2, 0), source(0, 3)] }, 0);
    tally.addStates([0b000, 0b010, 0b100, 0b101, 0b111]);
    expect(tally.outcomes).toBe(3);
    expect(tally.counts()).toEqual({ '0000': 2, '0001': 1, '1001': 2 });
  });

  it('reads high qubits, with counters and without', () => {
    for (const qubit of [3, 29]) {
      const tally = new Tally({ bits: 1, sources: [source(qubit, 0)] }, 0);
      tally.addStates([2 ** qubit, 2 ** qubit + 1, 0]);
      expect(tally.counts()).toEqual({ '0': 1, '1': 2 });
    }
  });

  it('writes keys of any length', () => {
    for (const bits of [53, 54, 90]) {
      const tally = new Tally({ bits, sources: [source(0, bits - 1), source(1, 0)] }, 0);
      tally.addStates([1, 1, 2, 0]);
      const zeros = '0'.repeat(bits - 2);
      expect(tally.counts()).toEqual({ [`1${zeros}0`]: 2, [`0${zeros}1`]: 1, [`0${zeros}0`]: 1 });
    }
    const nothing = new Tally({ bits: 0, sources: [] }, 0);
    nothing.addStates([0, 0]);
    expect(nothing.counts()).toEqual({ '': 2 });
  });

  it('keeps the bits of a run that no final measurement overwrites', () => {
    const tally = new Tally({ bits: 3, sources: [source(0, 1)] }, 0);
    tally.addShot(0, Uint8Array.of(1, 1, 0));
    tally.addShot(1, Uint8Array.of(0, 0, 1));
    expect(tally.counts()).toEqual({ '001': 1, '110': 1 });
  });

  it('reads wrongly as often as the readout errors say', () => {
    const shots = 20_000;
    const tally = new Tally({ bits: 2, sources: [source(0, 0, [0.1, 0]), source(1, 1, [0, 0.3])] }, 5);
    tally.addStates(new Float64Array(shots).fill(0b10));
    const counts = tally.counts();
    // Five standard deviations: one false alarm in a million.
    for (const [key, p] of [
      ['00', 0.27],
      ['01', 0.03],
      ['10', 0.63],
      ['11', 0.07],
    ] as const)
      expect(Math.abs(counts[key]! / shots - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / shots));
  });

  it('refuses more outcomes than anybody reads', () => {
    const tally = new Tally(readingOfAll(25), 0);
    tally.addStates(Float64Array.from({ length: OUTCOMES_MAX }, (_, i) => i));
    expect(tally.check().ok).toBe(true);
    tally.addStates([2 ** 24 + 7]);
    expect(tally.check()).toMatchObject({ ok: false, error: { code: 'QUANTUM_SIZE' } });
  });
});
