import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unwrap } from '../lib/result.ts';
import { circuitOf, gate } from './circuit/builder.ts';
import type { Circuit, Operation } from './circuit/circuit.ts';
import { createCpuDevice } from './engine/cpu-device.ts';
import { createEngine } from './engine/simulator.ts';
import { createMirrorCircuit } from './mirror-circuit.ts';

const engine = createEngine(createCpuDevice());

async function probabilities(circuit: Circuit): Promise<Float64Array> {
  const { state } = unwrap(await engine.run(unwrap(await engine.prepare(circuit))));
  const all = unwrap(await state.probabilities(Array.from({ length: circuit.qubits }, (_, q) => q)));
  state.dispose();
  return all;
}

describe('mirror circuit', () => {
  it('returns to its expected bit string for every seed, width and depth', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 9 }), async (...args) => {
        const { circuit, expected } = createMirrorCircuit(...args);
        const all = await probabilities(circuit);
        expect(Math.abs(all[expected]! - 1)).toBeLessThan(1e-12);
        expect(Math.abs(all.reduce((sum, p) => sum + p, 0) - 1)).toBeLessThan(1e-12);
      }),
    );
  });

  it('is the same for a seed, and spreads its outcomes over seeds', () => {
    expect(createMirrorCircuit(5, 4, 3)).toEqual(createMirrorCircuit(5, 4, 3));
    const outcomes = new Set(Array.from({ length: 200 }, (_, seed) => createMirrorCircuit(seed, 4, 2).expected));
    expect(outcomes.size).toBe(16);
  });

  it('entangles on the way: half of it is far from every bit string', async () => {
    const { operations } = createMirrorCircuit(3, 8, 6).circuit;
    const all = await probabilities(circuitOf(8, operations.slice(0, operations.length / 2)));
    expect(Math.max(...all)).toBeLessThan(0.1);
  });

  it('shows a single wrong gate anywhere: left out, or turned by 0.2', async () => {
    const { circuit, expected } = createMirrorCircuit(9, 5, 4);
    const { operations } = circuit;
    const fidelity = async (list: readonly Operation[]): Promise<number> =>
      (await probabilities(circuitOf(5, list)))[expected]!;
    let shown = 0;
    for (let index = 0; index < operations.length; index++) {
      expect(await fidelity(operations.toSpliced(index, 0, gate('ry', [2], [0.2])))).toBeLessThan(0.9975);
      if ((await fidelity(operations.toSpliced(index, 1))) < 0.999) shown += 1;
    }
    // Pauli gates of the middle layer that happen to be the identity, or a phase, cannot show.
    expect(shown).toBeGreaterThan(operations.length - 8);
  });
});
