import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unwrap } from '../lib/result.ts';
import { createCpuEngine } from './cpu-engine.ts';
import { gates } from './gates.ts';
import { createMirrorCircuit, fidelityWith } from './mirror-circuit.ts';

const engine = createCpuEngine();

describe('mirror circuit', () => {
  it('returns to its expected bit string for every seed, width and depth', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 9 }), async (...args) => {
        const { circuit, expected } = createMirrorCircuit(...args);
        const { fidelity, norm } = fidelityWith(unwrap(await engine.run(circuit)), expected);
        expect(fidelity).toBeGreaterThan(1 - 1e-12);
        expect(Math.abs(norm - 1)).toBeLessThan(1e-12);
      }),
    );
  });

  it('is the same for a seed, and spreads its outcomes over seeds', () => {
    expect(createMirrorCircuit(5, 4, 3)).toEqual(createMirrorCircuit(5, 4, 3));
    const outcomes = new Set(Array.from({ length: 200 }, (_, seed) => createMirrorCircuit(seed, 4, 2).expected));
    expect(outcomes.size).toBe(16);
  });

  it('entangles on the way: half of it is far from every bit string', async () => {
    const { circuit } = createMirrorCircuit(3, 8, 6);
    const half = { ...circuit, gates: circuit.gates.slice(0, circuit.gates.length / 2) };
    const state = unwrap(await engine.run(half));
    let largest = 0;
    for (let i = 0; i < state.length; i += 2) largest = Math.max(largest, state[i]! ** 2 + state[i + 1]! ** 2);
    expect(largest).toBeLessThan(0.1);
  });

  it('shows a single wrong gate anywhere: left out, or turned by 0.2', async () => {
    const { circuit, expected } = createMirrorCircuit(9, 5, 4);
    let shown = 0;
    for (let index = 0; index < circuit.gates.length; index++) {
      const without = circuit.gates.filter((_, i) => i !== index);
      const turned = circuit.gates.toSpliced(index, 0, gates.ry(0.2, 2));
      const worst = await Promise.all(
        [without, turned].map(async (list) => {
          const state = unwrap(await engine.run({ ...circuit, gates: list }));
          return fidelityWith(state, expected).fidelity;
        }),
      );
      expect(worst[1]).toBeLessThan(0.9975);
      if (worst[0]! < 0.999) shown += 1;
    }
    // Pauli gates of the middle layer that happen to be the identity, or a phase, cannot show.
    expect(shown).toBeGreaterThan(circuit.gates.length - 8);
  });
});
